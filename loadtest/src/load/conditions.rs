//! Where and how a run was made: figures say nothing without it.

use super::desk::Desk;
use onhand_protocol::http_client::HttpClient;
use serde::{Deserialize, Serialize};

/// Where and how a run was made.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Conditions {
    /// Version of the load tester.
    pub version: String,
    /// The server's address.
    pub server: String,
    /// What the server calls itself, with its version.
    pub server_version: String,
    /// How many shards it has: one for each core it may use.
    pub server_shards: usize,
    /// The load tester's processor, as the system names it.
    pub processor: String,
    /// How many cores of it this process may use.
    pub cores: usize,
    /// The operating system.
    pub system: String,
    /// The load average of a minute here, before the run and at its end.
    pub load_average: [f64; 2],
    /// How much of one core the load tester needed while it asked; near 1 it was the limit itself.
    pub client_busy: f64,
    /// When it ended, in milliseconds since 1970.
    pub ended_ms: i64,
    /// The command line that made it, without its key.
    pub command: String,
}

#[derive(Deserialize)]
struct Status {
    server: String,
    #[serde(default)]
    inbox_depth: Vec<u64>,
}

/// So busy that the figures may be the load tester's own.
const BUSY: f64 = 0.9;

impl Conditions {
    /// Before the run: who is asked, and where we are.
    pub(super) async fn before(server: &str, key: &str) -> Self {
        let cpu = read("/proc/cpuinfo");
        let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let release = read("/proc/sys/kernel/osrelease");
        let status = HttpClient::new(server, Some(key)).get("/v1/status").await;
        let status: Option<Status> = status.ok().and_then(|status| status.json().ok());
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            server: server.to_owned(),
            server_version: status.as_ref().map_or_else(|| "unknown".to_owned(), |status| status.server.clone()),
            server_shards: status.map_or(0, |status| status.inbox_depth.len()),
            processor: model.map_or("unknown", |(_, name)| name).trim().to_owned(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            system: format!("{} {}", std::env::consts::OS, release.trim()),
            load_average: [load_average(), 0.0],
            ..Self::default()
        }
    }

    /// At its end.
    pub(super) fn after(&self, desk: &Desk) -> Self {
        Self {
            load_average: [self.load_average[0], load_average()],
            client_busy: desk.client_busy.get(),
            ended_ms: crate::clock::wall_ms(),
            ..self.clone()
        }
    }

    /// Whether the load tester itself may have been the limit.
    #[must_use]
    pub fn client_was_busy(&self) -> bool {
        self.client_busy > BUSY
    }
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn load_average() -> f64 {
    read("/proc/loadavg").split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(0.0)
}

/// How long this thread has been on a processor, in nanoseconds; 0 where the system does not say.
pub(super) fn busy_ns() -> u64 {
    read("/proc/thread-self/schedstat").split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(0)
}
