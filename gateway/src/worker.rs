//! A worker: one thread with its event loop, the sockets dealt to it, and one port to the actors.
//!
//! Everything a worker has belongs to its thread, so nothing here is locked. What the actors leave
//! arrives through the inbox: one wake for a durable batch, however many replies it carries. Each
//! socket with something to say is written to once for all of it, by the worker itself; the tasks of
//! the connections only read.

use crate::connection::{Closing, Connection};
use crate::fault::Fault;
use crate::figures::WorkerFigures;
use crate::inbox::Inbox;
use crate::keys::Principal;
use crate::link::Link;
use crate::live::Live;
use crate::names::Cache;
use crate::pending::{Pending, Taken, Waiter};
use crate::rights::Address;
use crate::server::{Place, Shared};
use crate::shares::{Share, Shares};
use crate::wire::{self, Asked};
use crate::{clock, elsewhere, giving, http, metrics, session, training};
use hashbrown::HashMap;
use hyper::upgrade::OnUpgrade;
use onhand_actors::port::{Envelope, Outcome, PaymentChange, PortId, Ticket};
use onhand_engine::command::Command;
use onhand_engine::ids::Seq;
use onhand_engine::people::By;
use onhand_engine::refusal::Refusal;
use onhand_engine::time::Millis;
use onhand_protocol::convert::Entered;
use onhand_protocol::message::{Body, Channel, Malformed, Request};
use onhand_protocol::value::Id;
use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinSet;

/// HTTP commands handed over in one turn.
const HTTP_TURN_MAX: usize = 1_024;
/// HTTP commands and upgrades that wait for the worker before more are told 5001.
pub(crate) const HTTP_QUEUE_MAX: usize = 4_096;
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);
/// A shard whose commands wait this long is pressed: nobody may have more than a fair share in flight.
const PRESSED: Millis = Millis(50);
/// What one who was refused because too much waits is asked to wait before the next try.
pub(crate) const RETRY_MS: u64 = 20;
/// Sockets written to in one turn of a tick: then the others on this thread have theirs.
const TICK_TURN: usize = 32;
/// Of its time a worker spends at most one part in so many on telling levels: the more sockets watch,
/// the longer a tick. Sales come first.
const TICK_SHARE: u32 = 2;

/// A new connection.
pub(crate) struct Arrived {
    pub(crate) socket: std::net::TcpStream,
    pub(crate) peer: SocketAddr,
    pub(crate) place: Place,
    /// Where it came in.
    pub(crate) address: Address,
}

/// What the HTTP handlers, which know no worker, ask of it.
pub(crate) enum FromHttp {
    /// Decide a command.
    Command(By, Box<Command>, oneshot::Sender<Outcome>),
    /// Go on as a WebSocket.
    Upgrade(Upgrade),
}

/// A connection that leaves HTTP.
pub(crate) struct Upgrade {
    pub(crate) on_upgrade: OnUpgrade,
    pub(crate) principal: Option<Principal>,
    pub(crate) place: Option<Arc<Place>>,
    /// Whether sales may come as compact binary messages.
    pub(crate) compact: bool,
    /// Where it came in.
    pub(crate) address: Address,
}

pub(crate) struct Worker {
    pub(crate) shared: Arc<Shared>,
    inbox: Arc<Inbox>,
    port: PortId,
    pub(crate) figures: Arc<WorkerFigures>,
    pending: RefCell<Pending>,
    /// Commands to be handed over, by the shard of their location.
    batches: RefCell<Vec<Vec<Envelope>>>,
    /// Room for the requests that a session reads in its turn.
    pub(crate) requests: RefCell<Vec<Result<Request, Malformed>>>,
    connections: RefCell<HashMap<u64, Rc<Connection>>>,
    live: RefCell<Live>,
    /// The connections that watch payments.
    payment_watchers: RefCell<HashMap<u64, Rc<Connection>>>,
    pub(crate) names: Cache,
    shares: RefCell<Shares>,
    /// The shares of those who are connected.
    holders: RefCell<HashMap<Principal, Rc<Share>>>,
    /// Whether each shard is so pressed that shares matter.
    pressed: RefCell<Vec<bool>>,
    /// A command waits to be handed over.
    asked: Notify,
    /// A level that somebody watches has changed, the first since the last tick.
    changed: Notify,
    last_id: Cell<u64>,
    stopping: Cell<bool>,
}

impl Worker {
    pub(crate) fn new(shared: Arc<Shared>, no: usize) -> Rc<Self> {
        let inbox = Arc::new(Inbox::default());
        let port = shared.handle.register(inbox.clone());
        let shards = shared.handle.waits().count();
        let figures = shared.desk.worker(no);
        Rc::new(Self {
            shared,
            inbox,
            port,
            figures,
            pending: RefCell::default(),
            batches: RefCell::new((0..shards).map(|_| Vec::new()).collect()),
            requests: RefCell::default(),
            connections: RefCell::default(),
            live: RefCell::default(),
            payment_watchers: RefCell::default(),
            names: Cache::default(),
            shares: RefCell::default(),
            holders: RefCell::default(),
            pressed: RefCell::default(),
            asked: Notify::new(),
            changed: Notify::new(),
            last_id: Cell::new(0),
            stopping: Cell::new(false),
        })
    }

    /// A new WebSocket.
    pub(crate) fn connect(
        &self,
        principal: Option<Principal>,
        place: Option<Arc<Place>>,
        link: Box<dyn Link>,
    ) -> Rc<Connection> {
        principal.iter().for_each(|principal| self.figures.came(principal));
        let id = self.last_id.get() + 1;
        self.last_id.set(id);
        let connection = Rc::new(Connection::new(id, principal, place, link));
        if let Some(principal) = principal {
            self.identify(&connection, principal);
        }
        self.connections.borrow_mut().insert(id, connection.clone());
        if self.stopping.get() {
            connection.close(Closing::Stopping);
        }
        connection
    }

    /// A WebSocket says whose it is. All connections of one key share what they may have in flight.
    pub(crate) fn identify(&self, connection: &Connection, principal: Principal) {
        connection.set_principal(principal);
        let mut holders = self.holders.borrow_mut();
        connection.share.replace(holders.entry(principal).or_default().clone());
    }

    /// A WebSocket has ended.
    pub(crate) fn disconnect(&self, connection: &Connection) {
        self.connections.borrow_mut().remove(&connection.id);
        let mut watchers = self.payment_watchers.borrow_mut();
        watchers.remove(&connection.id);
        self.inbox.set_payments_watched(!watchers.is_empty());
        drop(watchers);
        connection.principal().iter().for_each(|principal| self.figures.left(principal));
        let ended = connection.watching.borrow_mut().clear();
        let mut live = self.live.borrow_mut();
        for (subscription, watched) in ended {
            self.shared.meters.watched.decrement(wire::gauge(watched.watch.weight()));
            live.remove(connection.id, subscription, &watched);
        }
        self.inbox.set_watched(!live.is_empty());
    }

    /// Begins a subscription.
    pub(crate) fn subscribe(&self, connection: &Rc<Connection>, id: u128, asked: wire::Subscribing) {
        let wire::Subscribing { watched, since } = asked;
        self.shared.meters.watched.increment(wire::gauge(watched.watch.weight()));
        let watched = self.live.borrow_mut().add(connection, id, watched);
        // Watched first, read afterwards: nothing falls between the snapshot and the changes.
        self.inbox.set_watched(true);
        connection.watching.borrow_mut().add(id, watched, since, &self.shared.handle);
    }

    /// A connection watches payments from now on, until it ends.
    pub(crate) fn watch_payments(&self, connection: &Rc<Connection>) {
        self.payment_watchers.borrow_mut().insert(connection.id, connection.clone());
        self.inbox.set_payments_watched(true);
    }

    /// Tells those who watch how payments stand.
    fn tell_payments(&self, changes: &[PaymentChange]) {
        for connection in self.payment_watchers.borrow().values() {
            let mut own = connection.payments.borrow_mut();
            // Every one of them, not the first that fits.
            if changes.iter().filter(|change| own.note(change)).count() > 0 {
                connection.wake();
            }
        }
    }

    /// Ends a subscription; false when there is none of this name.
    pub(crate) fn unsubscribe(&self, connection: &Connection, id: u128) -> bool {
        let Some(watched) = connection.watching.borrow_mut().remove(id) else { return false };
        self.shared.meters.watched.decrement(wire::gauge(watched.watch.weight()));
        let mut live = self.live.borrow_mut();
        live.remove(connection.id, id, &watched);
        self.inbox.set_watched(!live.is_empty());
        true
    }

    /// Puts a command into the batch. It is handed over once everybody who has something to ask in this
    /// turn of the event loop has asked.
    pub(crate) fn ask(&self, by: By, command: Command, waiter: Waiter, now: Instant) {
        if command.location.is_training() {
            for delivery in training::deliveries(&self.shared.handle, &command) {
                // Nobody waits for it: the command behind it finds the goods, or is refused.
                self.put(By::default(), delivery, Waiter::Request(oneshot::channel().0), now);
            }
        }
        self.put(by, command, waiter, now);
    }

    fn put(&self, by: By, command: Command, waiter: Waiter, now: Instant) {
        let ticket = self.pending.borrow_mut().insert(waiter, now);
        let mut batches = self.batches.borrow_mut();
        let Some(batch) = batches.get_mut(self.shared.handle.shard_of(command.location)) else { return };
        if batch.is_empty() {
            self.asked.notify_one();
        }
        batch.push(Envelope { port: self.port, ticket, by, command });
    }

    /// Puts a command of a WebSocket into the batch.
    pub(crate) fn ask_for(
        self: &Rc<Self>,
        connection: &Rc<Connection>,
        by: By,
        command: Command,
        asked: Asked,
        now: Instant,
    ) -> Result<(), Fault> {
        let (command, asked) = match connection.trains.get() {
            true => training::enter(self.shared.handle.directory(), command, asked)?,
            false => (command, asked),
        };
        let first = elsewhere::asks(&self.shared.handle, &command);
        if !first.is_empty() {
            self.ask_elsewhere(connection, by, (command, asked), first);
            return Ok(());
        }
        self.ask_here(connection, by, (command, asked), now)
    }

    pub(crate) fn ask_here(
        &self,
        connection: &Rc<Connection>,
        by: By,
        (command, asked): (Command, Asked),
        now: Instant,
    ) -> Result<(), Fault> {
        let (location, share) = (command.location, connection.share.borrow().clone());
        let mut shares = self.shares.borrow_mut();
        let pressed = self.pressed.borrow().get(self.shared.handle.shard_of(location)).copied();
        if pressed == Some(true) {
            shares.check(&share, location, RETRY_MS)?;
        }
        shares.take(&share, location);
        connection.asked();
        self.ask(by, command, Waiter::Socket(connection.clone(), asked, Taken { share, location }), now);
        Ok(())
    }

    /// Has a request of a WebSocket decided that names a sale: the log is read before, so it takes its
    /// time beside the others. It counts among those in flight from the start.
    pub(crate) fn ask_about(
        self: &Rc<Self>,
        connection: &Rc<Connection>,
        by: By,
        request: (Id, Body, Channel),
        sale: Seq,
    ) {
        connection.asked();
        let (worker, connection) = (Rc::clone(self), Rc::clone(connection));
        tokio::task::spawn_local(async move {
            let id = request.0;
            let entered = giving::enter(&worker.shared.handle, request, sale, connection.trains.get()).await;
            let asked = entered.and_then(|Entered { command, asked }| {
                worker.ask_for(&connection, by, command, Asked::Text(asked), clock::now())
            });
            // What was asked now counts in the place of the request.
            connection.one_less();
            if let Err(fault) = asked {
                metrics::error(fault.number);
                connection.say(|out| wire::write_error(out, Some(id), &fault));
                connection.flush();
            }
        });
    }

    /// Hands the batch to the actors.
    fn submit(&self) {
        for (shard, batch) in self.batches.borrow_mut().iter_mut().enumerate().filter(|(_, batch)| !batch.is_empty()) {
            self.shared.meters.commands.increment(wire::count(batch.len()));
            self.shared.handle.submit_to(shard, batch);
        }
        self.look_at_pressure();
    }

    fn look_at_pressure(&self) {
        let mut pressed = self.pressed.borrow_mut();
        pressed.clear();
        pressed.extend(self.shared.handle.waits().map(|wait| wait > PRESSED));
    }

    /// Takes what the actors left.
    fn deliver(&self) {
        let waiting = self.inbox.take();
        let mut answered = Vec::new();
        for outcomes in waiting.outcomes {
            self.answer(outcomes, &mut answered);
        }
        for connection in answered {
            connection.mark_answered(false);
            connection.flush();
        }
        let mut live = self.live.borrow_mut();
        for change in waiting.levels.iter().flat_map(|changes| changes.iter()) {
            let handle = &self.shared.handle;
            let is_kit = handle.is_kit(change.sku);
            let mut first = if is_kit { live.note_kit(change.location, change.sku) } else { live.note(change) };
            for kit in handle.kits_with(change.sku) {
                first |= live.note_kit(change.location, kit);
            }
            if first {
                self.changed.notify_one();
            }
        }
        drop(live);
        waiting.payments.iter().for_each(|changes| self.tell_payments(changes));
        self.look_at_pressure();
        if waiting.chain_changed {
            self.check_principals();
            self.tell_prices();
        }
    }

    fn answer(&self, outcomes: Vec<(Ticket, Outcome)>, answered: &mut Vec<Rc<Connection>>) {
        let (mut done, mut declined, mut bytes) = (0, 0, 0);
        let mut sampled = None;
        let mut pending = self.pending.borrow_mut();
        let mut shares = self.shares.borrow_mut();
        let now = clock::now();
        for (ticket, outcome) in outcomes {
            match outcome {
                Outcome::Done { .. } => done += 1,
                Outcome::Refused(_) => declined += 1,
            }
            let Some((waiter, asked_at)) = pending.remove(ticket) else { continue };
            sampled.get_or_insert(asked_at);
            self.figures.answered(now.saturating_duration_since(asked_at));
            match waiter {
                // Nobody may wait any more; the outcome stands all the same.
                Waiter::Request(reply) => drop(reply.send(outcome)),
                Waiter::Socket(connection, asked, Taken { share, location }) => {
                    shares.give_back(&share, location);
                    if let Outcome::Refused(refusal) = &outcome {
                        metrics::error(refusal.number());
                        if let (Refusal::UnknownAccount, Some(principal)) = (refusal, connection.principal()) {
                            self.shared.guesses.miss(principal, now);
                        }
                        if let Refusal::Busy { retry_ms } = refusal {
                            connection.pause(*retry_ms);
                        }
                    }
                    bytes += match &asked {
                        Asked::Text(asked) => {
                            connection.answer(|out| wire::write_reply(out, &self.shared.handle, asked, &outcome))
                        }
                        Asked::Compact(id, against) => {
                            let asked = (*id, against.as_deref());
                            let write =
                                |out: &mut Vec<u8>| wire::write_compact(out, &self.shared.handle, asked, &outcome);
                            connection.answer_compact(write)
                        }
                    };
                    if !connection.mark_answered(true) {
                        answered.push(connection);
                    }
                }
            }
        }
        let meters = &self.shared.meters;
        meters.done.increment(done);
        meters.declined.increment(declined);
        meters.bytes.increment(wire::count(bytes));
        if let Some(at) = sampled {
            meters.answer.record(at.elapsed().as_secs_f64());
        }
    }

    /// Tells levels: at once when it was quiet, else a tick after the last time.
    async fn tell(&self) {
        let mut ready_at = clock::now();
        loop {
            self.changed.notified().await;
            tokio::time::sleep_until(ready_at.into()).await;
            let began = clock::now();
            let mut dirty = Vec::new();
            let told = self.live.borrow_mut().tick(&self.shared.handle, |connection| {
                if !connection.mark_told(true) {
                    dirty.push(connection.clone());
                }
            });
            self.shared.meters.levels.increment(wire::count(told.levels));
            self.shared.meters.bytes.increment(wire::count(told.bytes));
            let mut busy = began.elapsed();
            for some in dirty.chunks(TICK_TURN) {
                let began = clock::now();
                for connection in some {
                    connection.mark_told(false);
                    connection.flush();
                }
                busy += began.elapsed();
                tokio::task::yield_now().await;
            }
            ready_at = began + self.shared.limits.tick.max(busy * TICK_SHARE);
        }
    }

    /// Ends the connections whose key was revoked or whose token is over.
    fn check_principals(&self) {
        let now = self.shared.handle.now();
        for connection in self.connections.borrow().values() {
            let Some(principal) = connection.principal() else { continue };
            if let Err(fault) = principal.check(self.shared.handle.directory(), now) {
                connection.close(Closing::Fault(fault));
            }
        }
    }

    /// Wakes the connections that are to be told of changed prices.
    fn tell_prices(&self) {
        let version = self.shared.handle.directory().rules_version();
        for connection in self.connections.borrow().values() {
            if connection.prices.borrow().is_due(version) {
                connection.wake();
            }
        }
    }

    fn sweep(&self) {
        self.check_principals();
        self.holders.borrow_mut().retain(|_, share| Rc::strong_count(share) > 1);
        let now = clock::now();
        for connection in self.connections.borrow().values() {
            connection.watching.borrow_mut().forget(now);
        }
    }

    fn begin_stop(&self) {
        self.stopping.set(true);
        for connection in self.connections.borrow().values() {
            connection.close(Closing::Stopping);
        }
    }

    /// What is still waited for.
    pub(crate) fn unanswered(&self) -> usize {
        self.pending.borrow().len()
    }
}

/// Serves until the server stops and everything taken is answered.
pub(crate) async fn run(worker: Rc<Worker>, arrivals: mpsc::Receiver<Arrived>) {
    tokio::select! {
        () = serve(&worker, arrivals) => {}
        () = pump(&worker) => {}
        () = worker.tell() => {}
    }
    if worker.unanswered() > 0 {
        tracing::warn!(unanswered = worker.unanswered(), "stopped before everything was answered");
    }
}

/// Commands to the actors, outcomes and levels from them.
async fn pump(worker: &Worker) {
    loop {
        tokio::select! {
            biased;
            () = worker.inbox.wait() => worker.deliver(),
            () = worker.asked.notified() => worker.submit(),
        }
    }
}

/// New connections, what HTTP asks, housekeeping.
async fn serve(worker: &Rc<Worker>, mut arrivals: mpsc::Receiver<Arrived>) {
    let (to_worker, mut from_http) = mpsc::channel(HTTP_QUEUE_MAX);
    let routes = http::Routes::new(&worker.shared, &to_worker);
    drop(to_worker);
    let mut stopping = worker.shared.stopping.clone();
    let mut sweep = tokio::time::interval(SWEEP_INTERVAL);
    let mut tasks = JoinSet::new();
    let mut until: Option<Instant> = None;
    while until.is_none_or(|until| !tasks.is_empty() && clock::now() < until) {
        tokio::select! {
            Some(asked) = from_http.recv() => {
                let mut next = Some(asked);
                let now = clock::now();
                for _ in 0..HTTP_TURN_MAX {
                    match next {
                        Some(FromHttp::Command(by, command, reply)) => {
                            worker.ask(by, *command, Waiter::Request(reply), now);
                        }
                        Some(FromHttp::Upgrade(upgrade)) => {
                            tasks.spawn_local(session::upgraded(worker.clone(), upgrade));
                        }
                        None => break,
                    }
                    next = from_http.try_recv().ok();
                }
            }
            Some(arrived) = arrivals.recv() => {
                tasks.spawn_local(http::serve(worker.shared.clone(), routes.at(arrived.address), arrived));
            }
            Some(ended) = tasks.join_next() => if let Err(error) = ended && error.is_panic() {
                tracing::error!("a connection's task panicked; the others go on");
            },
            _ = sweep.tick() => worker.sweep(),
            _ = stopping.wait_for(|stop| *stop), if until.is_none() => {
                until = Some(clock::now() + worker.shared.limits.stop);
                worker.begin_stop();
            }
            () = at(until) => {}
        }
    }
}

/// Resolves at a moment, or never.
async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment.into()).await,
        None => std::future::pending().await,
    }
}

/// The answer to a command that the worker could not take.
pub(crate) fn too_busy() -> Fault {
    Fault::new(5001, "too much is waiting; try again in 50 ms").retry_after(50)
}
