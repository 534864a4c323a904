//! The messages of onhand on the wire, their limits, and the client everyone shares.
//!
//! Responsible for: the shape of every request and reply ([`message`]), their limits ([`limits`]),
//! turning them into the engine's types and back ([`convert`]), the table of HTTP routes ([`routes`]) and the OpenAPI document
//! ([`openapi`]), and with the feature `client` a WebSocket and an HTTP client.
//!
//! Not responsible for: rules (engine), sockets of the server and who may do what (gateway), or
//! bytes on disk (persistence).

pub mod card_code;
#[cfg(feature = "client")]
pub mod client;
pub mod compact;
pub mod convert;
pub mod coupon;
#[cfg(feature = "client")]
pub mod http_client;
pub mod limits;
pub mod message;
pub mod openapi;
pub mod place;
pub mod routes;
pub mod schema;
pub mod time;
pub mod value;
pub mod when;
mod write;
