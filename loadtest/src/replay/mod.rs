//! Real transactions replayed over the wire, the lines of a basket as one sale at their own value.
//!
//! Every sale is a fact: it is recorded whatever the stock. Its value is taken as it stands in the
//! file, tax 0 at rate 0, because the file does not say what of it was tax; so the revenue of a
//! location is the sum of its values, exactly. Ids are made of store and basket: as long as the
//! server remembers answers, the same file (or any other with the same baskets) again changes nothing.

pub mod ids;
mod lane;
mod prepare;
mod run;
mod summary;
pub mod transactions;

pub use run::replay;
pub use summary::{LocationTotal, Summary};

use indicatif::{ProgressBar, ProgressStyle};
use onhand_engine::money::Currency;
use onhand_engine::qty::Qty;
use onhand_protocol::client;
use onhand_protocol::message::ErrorBody;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;

/// How fast to replay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Speed {
    /// As fast as the server answers.
    #[default]
    Max,
    /// This many times as fast as it happened.
    Times(NonZeroU32),
}

/// What to replay, where to, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The transactions: CSV, plain or gzip.
    pub file: PathBuf,
    /// The server, such as `http://127.0.0.1:7070`.
    pub server: String,
    /// A key that may sell, and define locations where they are missing (admin).
    pub key: String,
    /// The currency of the values.
    pub currency: Currency,
    /// How fast.
    pub speed: Speed,
    /// Units received of each item at each location before anything is sold.
    pub stock: Option<Qty>,
    /// How many connections.
    pub connections: usize,
    /// How many unanswered requests per connection.
    pub in_flight: usize,
}

/// Why a replay ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("{file}: {error}")]
    File {
        /// Which.
        file: String,
        /// Why.
        error: transactions::ReadError,
    },
    /// The stores are no locations yet, and this key may not define them.
    #[error("the stores cannot be defined as locations; use a key of role admin: {0}")]
    Location(Box<ErrorBody>),
    /// No connection, or the server refuses everything this key asks.
    #[error(transparent)]
    Client(#[from] client::Error),
}

impl Options {
    /// Full speed over four connections, values in US dollars.
    #[must_use]
    pub fn new(file: PathBuf, server: String, key: String, currency: Currency) -> Self {
        Self { file, server, key, currency, speed: Speed::Max, stock: None, connections: 4, in_flight: 256 }
    }
}

/// A bar on standard error for [`replay`], with rate and time left; none where that is no terminal.
#[must_use]
pub fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    let style = "{wide_bar} {human_pos} of {human_len} lines, {per_sec:.0}, {eta} left";
    // The template is ours: should it be wrong, the bar looks plain.
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    bar
}

impl FromStr for Speed {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "max" {
            return Ok(Self::Max);
        }
        text.parse().map(Self::Times).map_err(|_| "the speed is \"max\" or a whole number of times real time")
    }
}
