//! The one program: its command line and wiring.
//!
//! Responsible for: reading the command line, putting the parts together, exit codes.
//!
//! Not responsible for: anything a part does itself.

fn main() {}
