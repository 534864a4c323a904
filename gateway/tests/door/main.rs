//! The door over real loopback sockets, on the memory log.
#![allow(clippy::unwrap_used, unreachable_pub)]

mod bad_input;
mod baskets;
mod card_numbers;
mod clocks;
mod commands;
mod compact;
mod customers;
mod drawer;
mod figures;
mod goods;
mod harness;
mod layaways;
mod limits;
mod live;
mod own_prices;
mod pages;
mod people;
mod prices;
mod report_rows;
mod reports;
mod return_limits;
mod rights;
mod scan;
mod stopping;
mod training;
