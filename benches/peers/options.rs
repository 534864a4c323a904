//! The command line.

use crate::workload::System;
use clap::{Parser, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

/// onhand beside what a shop would use instead: durable sales, accepted ones only, in alternating rounds.
///
/// All servers run on loopback of this machine with their data on the same file system; one client
/// of one thread speaks to all of them. Ratios are of the same round: compare them, not rates of
/// different sittings.
#[derive(Parser)]
#[command(name = "cargo xtask bench peers")]
pub(crate) struct Options {
    /// Rounds; each has every system once in every workload, in an order that changes.
    #[arg(long, value_name = "N", default_value = "5", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) rounds: u16,
    /// Seconds measured of each leg.
    #[arg(long, value_name = "S", default_value = "1.5", value_parser = seconds)]
    pub(crate) seconds: Duration,
    /// Seconds before them that do not count.
    #[arg(long, value_name = "S", default_value = "0.3", value_parser = seconds)]
    pub(crate) warm: Duration,
    /// Only these workloads: hot, spread, baskets, in-flight, several, full, full-in-flight.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Leave these out.
    #[arg(long, value_name = "PEER", value_delimiter = ',')]
    pub(crate) without: Vec<Peer>,
    /// Where the temporary folder for all data is made; by default the system's. Must be on a disk.
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Write everything measured here, as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Write a page with plots here; it opens without a network.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// What `cargo bench` says to every measurement.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Peer {
    Redis,
    Postgresql,
}

impl From<Peer> for System {
    fn from(peer: Peer) -> Self {
        match peer {
            Peer::Redis => System::Redis,
            Peer::Postgresql => System::Postgresql,
        }
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.filter(|seconds| !seconds.is_zero()).ok_or_else(|| "seconds above zero".to_owned())
}
