//! The wire from outside: what is accepted, what is refused and how, what is answered.
#![allow(clippy::unwrap_used, missing_docs)]

mod accounts;
mod book;
#[cfg(feature = "client")]
mod client;
mod commands;
mod compact;
mod docs;
mod fuzz;
mod people;
mod refusals;
mod replies;
