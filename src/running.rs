//! The parts put together on one data directory: log, actors, door.

use crate::chain::Caller;
use crate::fail::Failure;
use onhand_actors::handle::{Handle, Options};
use onhand_engine::card_number;
use onhand_engine::command::Action;
use onhand_gateway::server::{self, Server};
use onhand_persistence::FjallLog;
use onhand_persistence::log::{self, Log, Recovered};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::Serialize;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// How often the log is asked whether it still stands.
const WATCH_EVERY: Duration = Duration::from_millis(200);

/// Opens a data directory, made when it does not exist, and starts the actors on it.
pub(crate) fn start_actors(data: &Path) -> Result<Handle, Failure> {
    onhand_gateway::metrics::start_recording();
    let (log, recovered) = open(data).map_err(|error| Failure::log(data, &error))?;
    Handle::start(Options::default(), log, recovered).map_err(|error| Failure::log(data, &error))
}

/// For what makes no sense on a directory that is not there: a typing mistake must not make a new one.
pub(crate) fn must_exist(data: &Path) -> Result<(), Failure> {
    if data.is_dir() {
        return Ok(());
    }
    Err(Failure::could_not(format!("there is no data directory {}", data.display())))
}

fn open(data: &Path) -> Result<(Box<dyn Log>, Recovered), log::Error> {
    let (log, recovered) = FjallLog::open(onhand_persistence::Options::new(data))?;
    Ok((Box::new(log), recovered))
}

/// Takes as many open files as the system lets this process have: each socket is one, and the usual
/// soft limit is far below what a holiday brings. Where that is refused, the lower limit stays.
fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}

/// Replaces what is kept of the time zones of locations where this program knows better. A server whose disk is full
/// starts all the same.
fn renew_zones(handle: &Handle) {
    let outdated = onhand_gateway::zones::outdated(&handle.directory().locations(), handle.now());
    if outdated.is_empty() {
        return;
    }
    let caller = Caller::new(handle.clone());
    for location in outdated {
        let code = location.code.clone();
        match caller.ask(Action::DefineLocation { location }) {
            Ok(_) => tracing::info!(%code, "its clock is set by newer rules"),
            Err(_) => tracing::warn!(%code, "its clock still goes by old rules"),
        }
    }
}

/// Opens the door.
pub(crate) fn open_door(
    listen: SocketAddr,
    payments: Option<SocketAddr>,
    origins: Vec<String>,
    handle: Handle,
) -> Result<Server, Failure> {
    raise_open_files();
    renew_zones(&handle);
    let mut options = server::Options::new(listen, handle);
    options.payments = payments;
    options.origins = origins;
    Server::start(options).map_err(|error| match error {
        server::Error::AddressInUse(address) => Failure::numbered(
            5009,
            format!(
                "another program listens on {address}. Stop it, or give another address with --listen or --payments."
            ),
        ),
        other => Failure::could_not(other.to_string()),
    })
}

/// Says that the door is open. Scripts wait for the last of these lines.
pub(crate) fn say_listening(server: &Server) -> Result<(), Failure> {
    if let Some(payments) = server.payments_address() {
        say(&format!("payments on http://{payments}"))?;
    }
    say(&format!("listening on http://{}", server.address()))
}

/// A line on standard output, at once. It may quote a file, which may have a card number where none belongs.
pub(crate) fn say(line: &str) -> Result<(), Failure> {
    write_line(&card_number::mask(line))
}

fn write_line(line: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let written = writeln!(out, "{line}").and_then(|()| out.flush());
    written.map_err(|error| Failure::could_not(format!("standard output cannot be written: {error}")))
}

/// The result, for a machine.
pub(crate) fn say_json(what: &impl Serialize) -> Result<(), Failure> {
    write_line(&json(what)?)
}

pub(crate) fn json(what: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(what).map_err(|error| Failure::could_not(error.to_string()))
}

/// The signals by which we are asked to stop.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    pub(crate) fn watch() -> Result<Self, Failure> {
        let watch =
            |kind| signal(kind).map_err(|error| Failure::could_not(format!("signals cannot be watched: {error}")));
        Ok(Self { terminate: watch(SignalKind::terminate())?, interrupt: watch(SignalKind::interrupt())? })
    }

    /// Waits for one of them.
    pub(crate) async fn wait(mut self) {
        self.come().await;
    }

    async fn come(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Who may ask us to stop. Made before the door says that it is open, so that no signal is missed.
pub(crate) struct Stop(Signals);

impl Stop {
    pub(crate) fn watch() -> Result<Self, Failure> {
        Signals::watch().map(Self)
    }

    /// Waits until somebody asks us to stop, or the log has stopped.
    pub(crate) async fn wait(mut self, handle: &Handle) -> Result<(), Failure> {
        let mut look = tokio::time::interval(WATCH_EVERY);
        loop {
            tokio::select! {
                () = self.0.come() => break,
                _ = look.tick() => {
                    if handle.observe().stopped {
                        return Err(Failure::numbered(
                            5003,
                            "a write to the data directory failed, so the log has stopped and so does the server. \
                             Start it again: it recovers what was acknowledged.",
                        ));
                    }
                }
            }
        }
        tracing::info!("stopping");
        Ok(())
    }
}
