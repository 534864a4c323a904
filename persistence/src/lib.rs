//! The log and its backends: format, segments, snapshots, recovery, verification, backup.
//!
//! Responsible for: bytes that survive. A record that `append` returned for is there after any
//! crash, exactly once and unchanged, or its damage is found.
//!
//! Not responsible for: what an event means (the engine folds it in), who waits for it, threads of
//! the sale's path.

pub mod batch;
pub mod disk;
pub mod format;
pub mod log;
pub mod memory;
mod recover;
mod remembered;

pub use disk::backup::{Backup, backup, restore};
pub use disk::verify::{Report, audit, state_hash, verify};
pub use disk::{Copier, FjallLog, Options};
pub use memory::MemoryLog;
pub use recover::REMEMBER;
