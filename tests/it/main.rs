//! End-to-end promises, one module each, in one binary.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr, unreachable_pub, reason = "tests may")]

mod accounts;
mod bad_input;
mod baskets;
mod browser;
mod card_numbers;
mod clocks;
mod coupons;
mod crash;
mod disk_full;
mod drawer;
mod exactly_once;
mod fault_proxy;
mod harness;
mod http;
mod killing;
mod kits;
mod last_item;
mod layaways;
mod layering;
mod load;
mod localstripe;
mod paying;
mod payments;
mod people;
mod planted;
mod program;
mod recorded_days;
mod refunding;
mod returning;
mod scanned;
mod stranger;
mod stripe;
mod tidy;
mod unreceipted;
mod wire;
