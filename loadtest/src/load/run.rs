//! One run: prepare, ask for the planned time, settle, judge.

use super::audit::Auditor;
use super::goods::{Goods, Scenario};
use super::ledger::{Fate, ending};
use super::measure::{Measure, Now};
use super::report::Report;
use super::seller::{DRAIN, Desk, Seller, Turns, open_all};
use super::watcher::{Newest, Seen, watch};
use super::{Error, Options, Rate, prepare, settle};
use crate::chance::Chance;
use crate::clock::Stopwatch;
use onhand_engine::ids::LocationCode;
use onhand_protocol::client::Client;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::{JoinHandle, LocalSet};

/// How often the figures are told, and a line of the series ends.
const INTERVALS_PER_S: u32 = 4;
/// Who sells while others watch.
const SELLERS_WHEN_WATCHED: usize = 4;
/// No interval ends so shortly before the end.
const LAST_INTERVAL_MIN: Duration = Duration::from_millis(100);
/// How long the last requests of the plan may wait for their turn.
const LAST_SENT_WITHIN: Duration = Duration::from_millis(100);
/// How many of the watchers note when each level came: all would take much memory.
const TIMED_WATCHERS: usize = 200;
/// The most connections; their number is part of each request's id.
const CONNECTIONS_MAX: usize = 1_000_000;

/// A stage of a run, for whoever watches.
#[derive(Clone, Copy, Debug)]
pub enum Stage {
    /// Locations, items, goods, connections.
    Preparing,
    /// Asking.
    Running(Now),
    /// Reading the log back; so many events so far.
    Auditing(u64),
}

/// Makes a run. Tells how it stands four times a second.
///
/// # Errors
/// [`Error`] when the server cannot be reached or refuses what the run needs. Findings are no error.
pub async fn load(options: Options, tell: impl FnMut(Stage)) -> Result<Report, Error> {
    LocalSet::new().run_until(run(options, tell)).await
}

async fn run(options: Options, mut tell: impl FnMut(Stage)) -> Result<Report, Error> {
    let (sellers, watchers) = match options.scenario {
        Scenario::Watchers => (SELLERS_WHEN_WATCHED, options.connections),
        _ => (options.connections.max(1), 0),
    };
    if options.connections > CONNECTIONS_MAX {
        return Err(Error::Connections(options.connections));
    }
    tell(Stage::Preparing);
    let run = Chance::any().next();
    let prefix = format!("{}-{:06x}", options.prefix, run & 0xff_ffff);
    if options.prefix.len() > 16 || LocationCode::new(&options.prefix).is_err() {
        return Err(Error::Prefix(options.prefix));
    }
    let goods = Goods::new(options.scenario, &prefix, sellers);
    let client = Client::connect(&options.server, &options.key).await?;
    let begin = prepare::prepare(&client, &goods).await?;
    let sockets = open_all(&options, sellers).await?;
    let watching = open_all(&options, watchers).await?;
    let desk = Rc::new(Desk {
        endings: (0..goods.places()).map(|place| ending(&goods, place)).collect(),
        auditor: RefCell::new(Auditor::new(goods, run >> 8, sellers)),
        measure: RefCell::new(Measure::new()),
        chance: RefCell::new(Chance::new(run)),
        watch: Stopwatch::start(),
        open: Cell::new(true),
        next: Cell::new(0),
        over: Notify::new(),
        options,
    });
    let seen = start_watching(&desk, watching);
    let turns: Vec<Rc<Turns>> = (0..sellers).map(|_| Rc::default()).collect();
    let selling: Vec<JoinHandle<()>> = (0..)
        .zip(sockets)
        .zip(&turns)
        .map(|((at, socket), turns)| {
            tokio::task::spawn_local(Seller::new(Rc::clone(&desk), Rc::clone(turns), at).run(socket))
        })
        .collect();

    let seconds = ask(&desk, &turns, &client, &mut tell).await;
    let unsent = turns.iter().map(|turns| turns.due.borrow().len() as u64).sum();
    let drained = tokio::time::timeout(DRAIN, futures_util::future::join_all(selling)).await;
    let elapsed = desk.watch.elapsed();
    desk.measure.borrow_mut().end_interval(elapsed);
    if drained.is_err() {
        no_answer(&desk);
    }
    settle::resolve(&desk).await?;
    let decided_ms = settle::read_log(&desk, begin, |read| tell(Stage::Auditing(read))).await?;
    settle::count(&desk).await?;
    settle::watchers(&desk, &seen, &decided_ms).await?;
    Ok(Report::of(&desk, &prefix, seconds, unsent))
}

fn start_watching(desk: &Rc<Desk>, sockets: Vec<onhand_protocol::client::Socket>) -> Vec<Rc<Seen>> {
    let newest: Rc<Newest> = Rc::default();
    let every = sockets.len().div_ceil(TIMED_WATCHERS).max(1);
    let start = |(at, socket): (usize, _)| {
        let arrivals = at.is_multiple_of(every).then(RefCell::default);
        let seen = Rc::new(Seen { arrivals, ..Seen::default() });
        tokio::task::spawn_local(watch(Rc::clone(desk), Rc::clone(&newest), Rc::clone(&seen), socket));
        seen
    };
    sockets.into_iter().enumerate().map(start).collect()
}

/// Lets everybody ask until the time is over; gives how long that was.
async fn ask(desk: &Rc<Desk>, turns: &[Rc<Turns>], client: &Client, tell: &mut impl FnMut(Stage)) -> f64 {
    let plan = async {
        match desk.options.rate {
            Rate::PerSecond(rate) => desk.plan(turns, u64::from(rate.get())).await,
            Rate::Max => tokio::time::sleep(desk.options.duration).await,
        }
    };
    let look = async {
        let mut every = tokio::time::interval(Duration::from_secs(1) / INTERVALS_PER_S);
        every.tick().await;
        loop {
            every.tick().await;
            // The end makes the last interval; one of a few milliseconds would say nothing.
            if desk.watch.elapsed() + LAST_INTERVAL_MIN > desk.options.duration {
                continue;
            }
            tell(Stage::Running(now(desk, turns)));
        }
    };
    tokio::select! {
        () = plan => {}
        () = look => {}
        () = probe(desk, client) => {}
    }
    let elapsed = desk.watch.elapsed();
    // What became due last is on its way in a moment, unless the server is far behind.
    let behind = || turns.iter().any(|turns| !turns.due.borrow().is_empty());
    let waited = Stopwatch::start();
    while behind() && waited.elapsed() < LAST_SENT_WITHIN {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    desk.open.set(false);
    desk.measure.borrow_mut().end_interval(elapsed);
    desk.over.notify_waiters();
    elapsed.as_secs_f64()
}

fn now(desk: &Desk, turns: &[Rc<Turns>]) -> Now {
    let elapsed = desk.watch.elapsed();
    let mut measure = desk.measure.borrow_mut();
    let last = measure.end_interval(elapsed);
    Now {
        elapsed,
        last,
        accepted: measure.accepted_count(),
        refused: measure.refused_count(),
        errors: measure.error_count(),
        waiting: turns.iter().map(|turns| turns.due.borrow().len()).sum(),
        findings: desk.auditor.borrow().findings(),
        levels: measure.levels,
    }
}

/// The auditor's looks in passing, while it runs.
async fn probe(desk: &Desk, client: &Client) {
    let mut every = tokio::time::interval(Duration::from_millis(200));
    loop {
        every.tick().await;
        let number = desk.next.get();
        let place = desk.auditor.borrow().goods().pick(number, &mut desk.chance.borrow_mut());
        let before = desk.auditor.borrow().acknowledged(place);
        if let Ok(milli) = settle::on_hand(desk, client, place).await {
            desk.auditor.borrow_mut().probed(place, before, milli);
        }
    }
}

fn no_answer(desk: &Desk) {
    let auditor = desk.auditor.borrow();
    let open = auditor.ledger.all().filter(|at| auditor.ledger.fate(*at) == Fate::InDoubt).count() as u64;
    drop(auditor);
    desk.measure.borrow_mut().error("no answer within 10 s", open);
}
