//! The client everyone shares: one WebSocket, many requests in flight, matched by id.
//!
//! Responsible for: connecting, sending, matching replies, live stock, time limits, and in
//! [`Reconnecting`] trying again with the same ids so that everything happens exactly once.
//!
//! Not responsible for: what to do about a refusal.

mod connection;
mod error;
mod feed;
mod payments;
mod reconnecting;

pub(crate) use connection::address;
pub use connection::{Client, Options, Socket, open};
pub use error::Error;
pub use feed::Feed;
pub use payments::ToldPayments;
pub use reconnecting::{Patience, Reconnecting};
