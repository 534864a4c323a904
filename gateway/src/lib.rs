//! The door of onhand: one port for WebSocket, HTTP, metrics and pages.
//!
//! Responsible for: who is asking and what they may do, limits, reading requests and writing replies,
//! live stock to those who watch, the metrics stream, the pages, health and metrics.
//!
//! Not responsible for: stock (it holds none), rules (engine), what the messages look like
//! (protocol), or what became durable (actors).

mod card_numbers;
mod cards;
mod clock;
mod connection;
mod elsewhere;
mod fault;
mod figures;
mod giving;
mod http;
mod inbox;
pub mod keys;
pub mod limits;
mod link;
mod live;
pub mod metrics;
mod names;
mod office;
mod outbox;
mod pages;
mod payments;
mod pending;
mod people;
mod prices;
mod rights;
pub mod server;
mod session;
mod shares;
mod training;
mod watching;
mod wire;
mod worker;
pub mod zones;

pub use limits::Limits;
pub use server::{Error, Options, Server};
