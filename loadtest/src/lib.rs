//! Traffic from outside: recorded days replayed, believable traders for the demo, load tests.
//!
//! Responsible for: a file of real transactions sent as tills would send them ([`replay`]), the
//! sample chain of the demo ([`sample`]), cashiers and shoppers who trade in it ([`traders`]), and load
//! at a planned rate with an auditor ([`load`]).
//!
//! Not responsible for: judging what the server did with a replay (tests compute that on their own),
//! printing.

mod chance;
pub mod clock;
pub mod load;
mod paying;
pub mod replay;
pub mod sample;
pub mod traders;
