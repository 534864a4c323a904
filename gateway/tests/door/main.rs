//! The door over real loopback sockets, on the memory log.
#![allow(clippy::unwrap_used, unreachable_pub)]

mod bad_input;
mod commands;
mod compact;
mod figures;
mod harness;
mod live;
mod pages;
mod people;
mod rights;
mod stopping;
