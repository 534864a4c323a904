//! The rules everyone shares: stock, sale, price, promotion, money, tax, identifiers.
//!
//! Responsible for: what a command means. `decide` takes the state, a command and the time, and
//! returns one event or a numbered refusal; `apply` folds an event into the state and cannot fail.
//!
//! Not responsible for: clock, randomness, I/O, async, floats, or where it is kept. Who asked is a
//! parameter (`people`): whether they are who they say was found out before.

#![deny(
    clippy::float_arithmetic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::iter_over_hash_type
)]

pub mod account;
pub mod answer;
pub mod basket;
pub mod card_number;
pub mod cash_rounding;
pub mod catalogue;
pub mod chain;
pub mod command;
pub mod date;
pub mod decide;
pub mod digest;
pub mod drawer;
pub mod event;
pub mod fingerprint;
pub mod goods;
pub mod gtin;
mod hash;
pub mod ids;
pub mod layaway;
pub mod level;
pub mod money;
pub mod payment;
pub mod people;
pub mod pricing;
pub mod promotion;
pub mod qty;
pub mod quote;
pub mod refusal;
pub mod report;
pub mod returns;
pub mod rules;
pub mod scan;
pub mod stock;
pub mod store;
pub mod tax;
pub mod till;
pub mod time;
pub mod training;
pub mod world;
pub mod zone;
