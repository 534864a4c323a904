//! Bytes with faults: what the log promises, for every backend.
#![allow(clippy::unwrap_used, missing_docs)]

mod baskets;
mod conformance;
mod drawer;
mod faults;
mod format;
mod golden;
mod goods;
mod layaways;
mod payments;
mod people;
mod pricing;
mod refunds;
mod returns;
mod samples;
mod segments;
mod unreceipted;
