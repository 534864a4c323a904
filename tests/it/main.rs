//! End-to-end promises, one module each, in one binary.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr, reason = "tests may")]

mod layering;
mod tidy;
