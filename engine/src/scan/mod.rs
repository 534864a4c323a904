//! What a scanner reads.

pub mod percent;
