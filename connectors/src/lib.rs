//! Other platforms: their catalogues read into ours, and drivers for providers of card payments.
//!
//! Responsible for: recognising a product file by its header (our own CSV, Shopify, WooCommerce,
//! Complete Journey; plain or gzip), reading it exactly, listing by line what is wrong with it and
//! how to mend it, and sending it to a server in one piece.
//!
//! Not responsible for: what the server does with it, printing, prices by customer or promotion.

pub mod amount;
pub mod catalogue;
pub mod import;
pub mod payments;

mod check;
mod formats;
mod https;
mod parts;
mod table;
mod terms;

pub use catalogue::{Catalogue, Finding, Format, Kit, KitPart, ReadOptions, Severity, StockLine, read, read_bytes};
pub use import::{ImportError, ImportOptions, Outcome, Progress, Stock, Summary, import};
