//! One run: prepare, ask for the planned time, settle, judge.

use super::audit::Auditor;
use super::conditions::{Conditions, busy_ns};
use super::desk::{DRAIN, Desk, Flash, Turns, open_all};
use super::goods::{Goods, Place, Scenario};
use super::keys::Keys;
use super::ledger::Fate;
use super::measure::{Measure, Now};
use super::phrases::Phrases;
use super::plan::{FLASH_DROP, Plan};
use super::report::Report;
use super::seller::Seller;
use super::watcher::{Gallery, Seen, watch};
use super::{Error, Options, Rate, prepare, settle};
use crate::chance::Chance;
use crate::clock::{Stopwatch, wall_ms};
use onhand_engine::ids::LocationCode;
use onhand_protocol::client::{self, Client, Patience, Reconnecting, Socket};
use onhand_protocol::message::{Body, Ping, Request, Success};
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
/// How long everybody may take to begin watching.
const WATCHING_WITHIN: Duration = Duration::from_secs(30);
/// How many of the watchers note when each level came: all would take much memory.
const TIMED_WATCHERS: usize = 200;
/// The most connections; their number is part of each request's id.
const CONNECTIONS_MAX: usize = 1_000_000;
/// The flash drop has a unit for every so manieth who wants one, but not more than this.
const RIVALS_PER_UNIT: f64 = 5.0;
const FLASH_UNITS_MAX: f64 = 1e6;
/// How long shoppers hold a unit: a twentieth of the run, within these bounds.
const HOLD_MS: std::ops::RangeInclusive<u64> = 1_000..=5_000;

/// A stage of a run, for whoever watches.
#[derive(Clone, Debug)]
pub enum Stage {
    /// Locations, items, goods, connections.
    Preparing,
    /// It begins, in these phases: name, start and end in seconds.
    Begins(Vec<(String, f64, f64)>),
    /// Asking.
    Running(Box<Now>),
    /// Waiting for the last answers, and for reservations to end.
    Settling,
    /// Reading the log back; so many events so far.
    Auditing(u64),
}

/// Who takes part: connections by what they do.
#[derive(Clone, Copy, Debug)]
struct Cast {
    tills: usize,
    shoppers: usize,
    watchers: usize,
}

impl Cast {
    fn of(options: &Options) -> Self {
        let all = options.connections.max(1);
        match options.scenario {
            Scenario::Watchers => Self { tills: SELLERS_WHEN_WATCHED, shoppers: 0, watchers: options.connections },
            Scenario::Holiday => {
                let quarter = (all / 4).max(1);
                Self { tills: quarter, shoppers: quarter, watchers: all.saturating_sub(2 * quarter).max(1) }
            }
            _ => Self { tills: all, shoppers: 0, watchers: 0 },
        }
    }
}

/// Makes a run. Tells how it stands four times a second.
///
/// # Errors
/// [`Error`] when the server cannot be reached or refuses what the run needs. Findings are no error.
pub async fn load(options: Options, tell: impl FnMut(Stage)) -> Result<Report, Error> {
    LocalSet::new().run_until(run(options, tell)).await
}

async fn run(options: Options, mut tell: impl FnMut(Stage)) -> Result<Report, Error> {
    options.check()?;
    if options.connections > CONNECTIONS_MAX {
        return Err(Error::Connections(options.connections));
    }
    if options.prefix.len() > 16 || LocationCode::new(&options.prefix).is_err() {
        return Err(Error::Prefix(options.prefix));
    }
    tell(Stage::Preparing);
    let cast = Cast::of(&options);
    let sellers = cast.tills + cast.shoppers;
    let run = Chance::any().next();
    let prefix = format!("{}-{:06x}", options.prefix, run & 0xff_ffff);
    let plan = plan(&options);
    let hold_ms = (plan.end_us() / 20_000).clamp(*HOLD_MS.start(), *HOLD_MS.end());
    let goods = Goods::new(options.scenario, &prefix, sellers, flash_units(&plan), hold_ms);
    let client = Client::connect(&options.server, &options.key).await?;
    let begin = prepare::prepare(&client, &goods).await?;
    let keys = Keys::of(&options, &prefix).await?;
    let mut sockets = open_all(&options, &keys.till, cast.tills).await?;
    sockets.extend(open_all(&options, &keys.web, cast.shoppers).await?);
    let watching = open_all(&options, &keys.web, cast.watchers).await?;
    let desk = Rc::new(Desk {
        phrases: Phrases::new(&goods),
        measure: RefCell::new(Measure::new(plan.steps().len(), cast.shoppers > 0)),
        flash_percent: Flash::by_phase(&plan, hold_ms),
        auditor: RefCell::new(Auditor::new(goods, run >> 8, sellers)),
        chance: RefCell::new(Chance::new(run)),
        watch: Cell::new(Stopwatch::start()),
        start_ms: Cell::new(0),
        ahead_ms: ahead_ms(&client).await?,
        sellers,
        tills: cast.tills,
        keys,
        patience_us: u64::try_from(options.patience.as_micros()).unwrap_or(u64::MAX),
        open: Cell::new(true),
        next: Cell::new(0),
        due: Cell::new(0),
        taken: Cell::new(0),
        over: Notify::new(),
        conditions: Conditions::before(&options.server, &options.key).await,
        client_busy: Cell::new(0.0),
        plan,
        options,
    });
    let seen = start_watching(&desk, watching).await?;
    let base = settle::versions(&desk, &client).await?;
    let phase = |step: &super::plan::Step| (step.name.clone(), step.start_us as f64 / 1e6, step.end_us as f64 / 1e6);
    tell(Stage::Begins(desk.plan.steps().iter().map(phase).collect()));
    let turns: Vec<Rc<Turns>> = (0..sellers).map(|_| Rc::new(Turns::idle())).collect();
    desk.start();
    let seconds = ask(&desk, &turns, sockets, &mut tell).await;
    tell(Stage::Settling);
    settle::resolve(&desk).await?;
    settle::expire(&desk).await;
    settle::read_log(&desk, begin, |read| tell(Stage::Auditing(read))).await?;
    settle::count(&desk).await?;
    settle::watchers(&desk, &seen, &base).await?;
    let report = Report::of(&desk, &prefix, seconds);
    // Those who still watch are cut off by it, which is no finding.
    desk.keys.revoke(&desk.options).await;
    Ok(report)
}

fn plan(options: &Options) -> Plan {
    let rate = match options.rate {
        Rate::Max => 0.0,
        Rate::PerSecond(rate) => f64::from(rate.get()),
    };
    Plan::new(options.scenario, options.profile.as_ref(), rate, options.duration)
}

fn flash_units(plan: &Plan) -> i64 {
    let asked: f64 = plan.steps().iter().filter(|step| step.name == FLASH_DROP).map(super::plan::Step::requests).sum();
    (asked / RIVALS_PER_UNIT).clamp(1.0, FLASH_UNITS_MAX) as i64
}

/// What the server's clock shows beyond ours, by the quickest of a few pings.
async fn ahead_ms(client: &Client) -> Result<i64, Error> {
    let mut best = (Duration::MAX, 0);
    for _ in 0..5 {
        let (asked, before_ms) = (Stopwatch::start(), wall_ms());
        if let Success::Pong(pong) = client.ask(Body::Ping(Ping {})).await? {
            let half_ms = i64::try_from(asked.elapsed().as_millis() / 2).unwrap_or(0);
            let ahead = i64::try_from(pong.time.0.0).unwrap_or(0) - before_ms - half_ms;
            best = best.min((asked.elapsed(), ahead));
        }
    }
    Ok(best.1)
}

/// Gives what each watcher sees, once all of them watch.
async fn start_watching(desk: &Rc<Desk>, sockets: Vec<Socket>) -> Result<Vec<Rc<Seen>>, Error> {
    let gallery: Rc<Gallery> = Rc::default();
    let every = sockets.len().div_ceil(TIMED_WATCHERS).max(1);
    let mut all = Vec::with_capacity(sockets.len());
    for (number, socket) in sockets.into_iter().enumerate() {
        let seen = Rc::new(Seen::new(desk.auditor.borrow().goods().watched(number), number.is_multiple_of(every)));
        let ask = gallery.expect(desk.auditor.borrow().goods(), &seen);
        tokio::task::spawn_local(watch(Rc::clone(desk), Rc::clone(&gallery), Rc::clone(&seen), ask, socket));
        all.push(seen);
    }
    tokio::time::timeout(WATCHING_WITHIN, gallery.ready()).await.map_err(|_| Error::Watching)?;
    Ok(all)
}

/// Lets everybody ask until the time is over and all is answered; gives how long was asked.
async fn ask(desk: &Rc<Desk>, turns: &[Rc<Turns>], sockets: Vec<Socket>, tell: &mut impl FnMut(Stage)) -> f64 {
    let start = |((at, socket), turns): ((usize, Socket), &Rc<Turns>)| {
        tokio::task::spawn_local(Seller::new(Rc::clone(desk), Rc::clone(turns), at).run(socket))
    };
    let selling: Vec<JoinHandle<()>> = (0..).zip(sockets).zip(turns).map(start).collect();
    let planned = desk.options.rate != Rate::Max;
    let patience = Patience { give_up_after: DRAIN, ..Patience::default() };
    let Options { server, key, .. } = &desk.options;
    let link = Reconnecting::new(server, key, client::Options::default(), patience);
    let busy_before_ns = busy_ns();
    let asking = async {
        tokio::select! {
            () = phases(desk, &link) => {}
            () = look(desk, tell) => {}
            () = probe(desk, &link) => {}
        }
        let elapsed = desk.elapsed();
        let busy_ns = busy_ns().saturating_sub(busy_before_ns);
        desk.client_busy.set(busy_ns as f64 / 1e9 / elapsed.as_secs_f64().max(1e-3));
        // What became due last is on its way in a moment, unless the server is far behind.
        let waited = Stopwatch::start();
        if planned {
            desk.advance(turns, desk.plan.end_us());
        }
        while planned && desk.waiting() > 0 && waited.elapsed() < LAST_SENT_WITHIN {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        close(desk, elapsed);
        let drained = tokio::time::timeout(DRAIN, futures_util::future::join_all(selling)).await;
        if drained.is_err() {
            no_answer(desk);
        }
        desk.measure.borrow_mut().end_interval(desk.elapsed(), 0.0);
        elapsed.as_secs_f64()
    };
    tokio::select! {
        seconds = asking => seconds,
        () = desk.conduct(turns), if planned => 0.0,
    }
}

fn close(desk: &Desk, elapsed: Duration) {
    desk.open.set(false);
    let mut measure = desk.measure.borrow_mut();
    measure.unsent(if desk.options.rate == Rate::Max { 0 } else { desk.plan.requests() - desk.taken.get() });
    measure.end_interval(elapsed, desk.plan.rate_at(desk.plan.end_us()));
    measure.leave();
    desk.over.notify_waiters();
}

/// Goes through the phases until the last one is over.
async fn phases(desk: &Desk, link: &Reconnecting) {
    for (number, step) in desk.plan.steps().iter().enumerate() {
        let until = Duration::from_micros(step.start_us).saturating_sub(desk.elapsed());
        tokio::time::sleep(until).await;
        desk.measure.borrow_mut().enter(number);
        let dropped = desk.auditor.borrow().goods().flash().filter(|_| step.name == FLASH_DROP);
        if let Some((place, units)) = dropped {
            drop_flash(desk, link, place, units).await;
        }
    }
    tokio::time::sleep(Duration::from_micros(desk.plan.end_us()).saturating_sub(desk.elapsed())).await;
}

/// Puts the item that everybody wants on sale. A server that is busy or gone for a moment is asked
/// until it does: with the same id, so that it happens once.
async fn drop_flash(desk: &Desk, link: &Reconnecting, place: Place, units: i64) {
    let Some(body) = prepare::delivery(desk.auditor.borrow().goods(), &[(place, units)]) else { return };
    desk.auditor.borrow_mut().receives(place, units);
    let why = match link.call(&Request::new(body)).await {
        Ok(reply) => reply.result.err().map(|error| error.to_string()),
        Err(error) => Some(error.to_string()),
    };
    if let Some(why) = why {
        desk.auditor.borrow_mut().found(format!("the goods of the flash drop could not be received: {why}"));
    }
}

async fn look(desk: &Desk, tell: &mut impl FnMut(Stage)) {
    let mut every = tokio::time::interval(Duration::from_secs(1) / INTERVALS_PER_S);
    every.tick().await;
    loop {
        every.tick().await;
        // The end makes the last interval; one of a few milliseconds would say nothing.
        if desk.elapsed() + LAST_INTERVAL_MIN > Duration::from_micros(desk.plan.end_us()) {
            continue;
        }
        tell(Stage::Running(Box::new(now(desk))));
    }
}

fn now(desk: &Desk) -> Now {
    let elapsed = desk.elapsed();
    let us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
    let mut measure = desk.measure.borrow_mut();
    let last = measure.end_interval(elapsed, desk.plan.rate_at(us));
    Now {
        elapsed,
        phase: desk.plan.phase_at(us),
        last,
        accepted: measure.accepted_count(),
        refused: measure.refused_count(),
        refusal: measure.refusal(),
        errors: measure.error_count(),
        waiting: desk.waiting(),
        unsent: measure.unsent_count(),
        findings: desk.auditor.borrow().findings(),
        levels: measure.levels,
        staleness_ms: measure.take_stale_ms(),
    }
}

/// The auditor's looks in passing, while it runs.
async fn probe(desk: &Desk, link: &Reconnecting) {
    let mut every = tokio::time::interval(Duration::from_millis(200));
    loop {
        every.tick().await;
        let number = desk.next.get().max(desk.due.get());
        let place = desk.auditor.borrow().goods().pick(number, 0, &mut desk.chance.borrow_mut());
        let Ok(client) = link.client().await else { continue };
        let before = desk.auditor.borrow().acknowledged(place);
        if let Ok(milli) = settle::on_hand(desk, &client, place).await {
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
