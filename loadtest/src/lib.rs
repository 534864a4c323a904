//! Traffic from outside: recorded days replayed, believable traders for the demo.
//!
//! Responsible for: a file of real transactions sent as tills would send them ([`replay`]), the
//! sample chain of the demo ([`sample`]), and cashiers and shoppers who trade in it ([`traders`]).
//!
//! Not responsible for: judging what the server did (tests compute that on their own), printing.

mod chance;
pub mod clock;
pub mod replay;
pub mod sample;
pub mod traders;
