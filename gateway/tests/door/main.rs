//! The door over real loopback sockets, on the memory log.
#![allow(clippy::unwrap_used, unreachable_pub)]

mod commands;
mod harness;
mod pages;
mod stopping;
