//! Real transactions replayed over the wire, the lines of a basket as one sale at their own value.

pub mod ids;
pub mod transactions;
