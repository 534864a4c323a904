//! HTTP for tests that have no futures of their own.

use crate::wire::{self, Response, block_on};
use serde_json::Value;

/// A read with a key.
pub fn get(address: &str, path: &str, key: &str) -> Response {
    block_on(wire::get(address, key, path))
}

/// A command with a key and an id.
pub fn post(address: &str, path: &str, key: &str, id: &str, body: &Value) -> Response {
    let op = path.strip_prefix("/v1/").unwrap();
    block_on(wire::post(address, key, op, id, body))
}
