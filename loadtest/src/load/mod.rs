//! Load at a planned rate, and an auditor who checks that nothing was sold twice or lost.
//!
//! Open loop: the plan says when each request is due, and its latency counts from that moment, so a
//! server that stalls cannot make its own numbers look better by being asked less.

pub mod audit;
mod books;
pub mod compare;
pub mod conditions;
mod desk;
pub mod gate;
pub mod goods;
pub mod html;
mod keys;
mod ledger;
mod measure;
mod phrases;
pub mod plan;
mod plot;
mod prepare;
pub mod report;
mod run;
mod seller;
mod settle;
mod svg;
mod tables;
mod watcher;
mod wire;

pub use measure::{Now, Second};
pub use run::{Stage, load};

use goods::Scenario;
use onhand_protocol::client;
use plan::Profile;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

/// How fast to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// Always as many unanswered requests as allowed; latency then counts from sending.
    Max,
    /// So many a second, planned evenly, whatever the server does.
    PerSecond(NonZeroU32),
}

impl FromStr for Rate {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "max" {
            return Ok(Self::Max);
        }
        text.parse().map(Self::PerSecond).map_err(|_| "the rate is \"max\" or a whole number of requests a second")
    }
}

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Max => f.write_str("max"),
            Self::PerSecond(rate) => write!(f, "{rate}"),
        }
    }
}

/// What to do to which server.
#[derive(Clone, Debug)]
pub struct Options {
    /// The server, such as `http://127.0.0.1:7070`.
    pub server: String,
    /// A key of role admin: the run makes its own locations and items.
    pub key: String,
    /// What is asked.
    pub scenario: Scenario,
    /// How fast.
    pub rate: Rate,
    /// Multipliers of the rate by time.
    pub profile: Option<Profile>,
    /// Planned requests that could not be sent for so long are given up, and counted.
    pub patience: Duration,
    /// Connections; in `watchers` those who watch, in `holiday` a quarter tills, a quarter shoppers, and
    /// half who watch.
    pub connections: usize,
    /// Unanswered requests per connection.
    pub in_flight: usize,
    /// Sales in one message; their answers come one by one.
    pub per_message: usize,
    /// How long, without preparing and settling.
    pub duration: Duration,
    /// What the codes of its locations and items begin with; a random ending is added.
    pub prefix: String,
}

impl Options {
    /// Whether these fit together.
    ///
    /// # Errors
    /// [`Error::NeedsRate`] when phases are wanted without a rate to multiply, [`Error::OwnPhases`] for a
    /// holiday with a profile.
    pub fn check(&self) -> Result<(), Error> {
        let holiday = self.scenario == Scenario::Holiday;
        if self.rate == Rate::Max && (holiday || self.profile.is_some()) {
            return Err(Error::NeedsRate);
        }
        if holiday && self.profile.is_some() {
            return Err(Error::OwnPhases);
        }
        Ok(())
    }
}

/// Why a run ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection, or the server refuses what the run needs.
    #[error(transparent)]
    Client(#[from] client::Error),
    /// The prefix cannot begin a code.
    #[error("--prefix {0:?} cannot begin a code: give up to 16 letters and digits")]
    Prefix(String),
    /// Phases multiply a rate.
    #[error("phases multiply a planned rate: give --rate a number, not max")]
    NeedsRate,
    /// A holiday has phases of its own.
    #[error("holiday has phases of its own: leave out --profile, and give --duration")]
    OwnPhases,
    /// The subscriptions were not answered.
    #[error("not all watchers could begin to watch within 30 s")]
    Watching,
    /// More connections than can be numbered.
    #[error("{0} connections are more than the 1,000,000 a run can number")]
    Connections(usize),
}
