//! What the actors promise, on a log in memory. Nothing here sleeps: it waits for what is to happen.
#![allow(clippy::unwrap_used)]

mod deadlines;
mod faults;
mod figures;
mod panics;
mod people;
mod racing;
mod repeats;
mod rig;
mod selling;
