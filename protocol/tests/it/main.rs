//! The wire from outside: what is accepted, what is refused and how, what is answered.
#![allow(clippy::unwrap_used, missing_docs)]

mod book;
mod commands;
mod docs;
mod refusals;
mod replies;
