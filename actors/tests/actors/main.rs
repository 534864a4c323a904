//! What the actors promise, on a log in memory. Nothing here sleeps: it waits for what is to happen.
#![allow(clippy::unwrap_used)]

mod accounts;
mod baskets;
mod card_refunds;
mod deadlines;
mod drawers;
mod faults;
mod figures;
mod panics;
mod people;
mod racing;
mod repeats;
mod returning;
mod rig;
mod rules;
mod selling;
