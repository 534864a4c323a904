//! A worker: one thread with its event loop, the sockets dealt to it, and one port to the actors.
//!
//! Everything a worker has belongs to its thread, so nothing here is locked. What the actors leave
//! arrives through the inbox: one wake for a durable batch, however many replies it carries.

use crate::clock;
use crate::connection::{Closing, Connection};
use crate::fault::Fault;
use crate::http;
use crate::inbox::Inbox;
use crate::keys::Principal;
use crate::live::Live;
use crate::metrics;
use crate::pending::{Pending, Waiter};
use crate::server::{Place, Shared};
use crate::session;
use crate::wire::{self, Asked};
use hashbrown::HashMap;
use hyper::upgrade::OnUpgrade;
use onhand_actors::port::{Envelope, LevelChange, Outcome, PortId, Ticket};
use onhand_engine::command::Command;
use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

/// HTTP commands handed over in one turn.
const HTTP_TURN_MAX: usize = 1_024;
/// HTTP commands and upgrades that wait for the worker before more are told 5001.
pub(crate) const HTTP_QUEUE_MAX: usize = 4_096;
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

/// A new connection.
pub(crate) struct Arrived {
    pub(crate) socket: std::net::TcpStream,
    pub(crate) peer: SocketAddr,
    pub(crate) place: Place,
}

/// What the HTTP handlers, which know no worker, ask of it.
pub(crate) enum FromHttp {
    /// Decide a command.
    Command(Box<Command>, oneshot::Sender<Outcome>),
    /// Go on as a WebSocket.
    Upgrade(Upgrade),
}

/// A connection that leaves HTTP.
pub(crate) struct Upgrade {
    pub(crate) on_upgrade: OnUpgrade,
    pub(crate) principal: Option<Principal>,
    pub(crate) place: Option<Arc<Place>>,
}

pub(crate) struct Worker {
    pub(crate) shared: Arc<Shared>,
    inbox: Arc<Inbox>,
    port: PortId,
    pending: RefCell<Pending>,
    batch: RefCell<Vec<Envelope>>,
    connections: RefCell<HashMap<u64, Rc<Connection>>>,
    live: RefCell<Live>,
    /// Connections with changed levels that were not woken yet.
    dirty: RefCell<Vec<Rc<Connection>>>,
    ticked: Cell<Instant>,
    last_id: Cell<u64>,
    stopping: Cell<bool>,
}

impl Worker {
    pub(crate) fn new(shared: Arc<Shared>) -> Rc<Self> {
        let inbox = Arc::new(Inbox::default());
        let port = shared.handle.register(inbox.clone());
        Rc::new(Self {
            shared,
            inbox,
            port,
            pending: RefCell::default(),
            batch: RefCell::default(),
            connections: RefCell::default(),
            live: RefCell::default(),
            dirty: RefCell::default(),
            ticked: Cell::new(clock::now()),
            last_id: Cell::new(0),
            stopping: Cell::new(false),
        })
    }

    /// A new WebSocket.
    pub(crate) fn connect(&self, principal: Option<Principal>, place: Option<Arc<Place>>) -> Rc<Connection> {
        let id = self.last_id.get() + 1;
        self.last_id.set(id);
        let connection = Rc::new(Connection::new(id, principal, place));
        self.connections.borrow_mut().insert(id, connection.clone());
        if self.stopping.get() {
            connection.close(Closing::Stopping);
        }
        connection
    }

    /// A WebSocket has ended.
    pub(crate) fn disconnect(&self, connection: &Connection) {
        self.connections.borrow_mut().remove(&connection.id);
        let ended = connection.watching.borrow_mut().clear();
        let mut live = self.live.borrow_mut();
        for (subscription, watch) in ended {
            self.shared.meters.watched.decrement(wire::gauge(watch.weight()));
            live.remove(connection.id, subscription, &watch);
        }
        self.inbox.set_watched(!live.is_empty());
    }

    /// Begins a subscription.
    pub(crate) fn subscribe(&self, connection: &Rc<Connection>, id: u128, asked: wire::Subscribing) {
        let wire::Subscribing { watch, audience, since } = asked;
        self.shared.meters.watched.increment(wire::gauge(watch.weight()));
        self.live.borrow_mut().add(connection, id, &watch);
        // Watched first, read afterwards: nothing falls between the snapshot and the changes.
        self.inbox.set_watched(true);
        connection.watching.borrow_mut().add(id, watch, audience, since, &self.shared.handle);
    }

    /// Ends a subscription; false when there is none of this name.
    pub(crate) fn unsubscribe(&self, connection: &Connection, id: u128) -> bool {
        let Some(watch) = connection.watching.borrow_mut().remove(id) else { return false };
        self.shared.meters.watched.decrement(wire::gauge(watch.weight()));
        let mut live = self.live.borrow_mut();
        live.remove(connection.id, id, &watch);
        self.inbox.set_watched(!live.is_empty());
        true
    }

    /// Puts a command into the batch; [`Worker::submit`] hands it over.
    pub(crate) fn ask(&self, command: Command, waiter: Waiter, now: Instant) {
        let ticket = self.pending.borrow_mut().insert(waiter, now);
        self.batch.borrow_mut().push(Envelope { port: self.port, ticket, command });
    }

    /// Puts a command of a WebSocket into the batch.
    pub(crate) fn ask_for(&self, connection: &Rc<Connection>, command: Command, asked: Asked, now: Instant) {
        connection.asked();
        self.ask(command, Waiter::Socket(connection.clone(), asked), now);
    }

    /// Hands the batch to the actors.
    pub(crate) fn submit(&self) {
        let mut batch = self.batch.borrow_mut();
        if !batch.is_empty() {
            self.shared.meters.commands.increment(wire::count(batch.len()));
            self.shared.handle.submit(&mut batch);
        }
    }

    /// Takes what the actors left.
    fn deliver(&self) {
        let waiting = self.inbox.take();
        for outcomes in waiting.outcomes {
            self.answer(outcomes);
        }
        for changes in waiting.levels {
            self.mark(&changes);
        }
        if waiting.chain_changed {
            self.check_principals();
        }
        if self.next_tick().is_some_and(|due| due <= clock::now()) {
            self.tick();
        }
    }

    fn answer(&self, outcomes: Vec<(Ticket, Outcome)>) {
        let (mut done, mut declined) = (0, 0);
        let mut sampled = None;
        for (ticket, outcome) in outcomes {
            match outcome {
                Outcome::Done { .. } => done += 1,
                Outcome::Refused(_) => declined += 1,
            }
            let Some((waiter, asked_at)) = self.pending.borrow_mut().remove(ticket) else { continue };
            sampled.get_or_insert(asked_at);
            match waiter {
                // Nobody may wait any more; the outcome stands all the same.
                Waiter::Request(reply) => drop(reply.send(outcome)),
                Waiter::Socket(connection, asked) => {
                    if let Outcome::Refused(refusal) = &outcome {
                        metrics::error(refusal.number());
                    }
                    connection.answer(wire::reply(&self.shared.handle, &asked, &outcome));
                }
            }
        }
        self.shared.meters.done.increment(done);
        self.shared.meters.declined.increment(declined);
        if let Some(at) = sampled {
            self.shared.meters.answer.record(at.elapsed().as_secs_f64());
        }
    }

    fn mark(&self, changes: &[LevelChange]) {
        let live = self.live.borrow();
        let mut dirty = self.dirty.borrow_mut();
        for change in changes {
            live.mark(change, |connection| {
                if connection.mark() {
                    dirty.push(connection.clone());
                }
            });
        }
    }

    /// When changed levels go out: at once when it was quiet, else a tick after the last time.
    fn next_tick(&self) -> Option<Instant> {
        let waits = !self.dirty.borrow().is_empty();
        waits.then(|| self.ticked.get() + self.shared.limits.tick)
    }

    fn tick(&self) {
        self.ticked.set(clock::now());
        for connection in self.dirty.borrow_mut().drain(..) {
            connection.unmark();
            connection.wake();
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

    fn sweep(&self) {
        self.check_principals();
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
pub(crate) async fn run(worker: Rc<Worker>, mut arrivals: mpsc::Receiver<Arrived>) {
    let (to_worker, mut from_http) = mpsc::channel(HTTP_QUEUE_MAX);
    let routes = http::routes(worker.shared.clone(), to_worker);
    let mut stopping = worker.shared.stopping.clone();
    let mut sweep = tokio::time::interval(SWEEP_INTERVAL);
    let mut tasks = JoinSet::new();
    let mut until: Option<Instant> = None;
    while until.is_none_or(|until| !tasks.is_empty() && clock::now() < until) {
        let tick = worker.next_tick();
        tokio::select! {
            () = worker.inbox.wait() => worker.deliver(),
            () = at(tick) => worker.tick(),
            Some(asked) = from_http.recv() => {
                let mut next = Some(asked);
                let now = clock::now();
                for _ in 0..HTTP_TURN_MAX {
                    match next {
                        Some(FromHttp::Command(command, reply)) => worker.ask(*command, Waiter::Request(reply), now),
                        Some(FromHttp::Upgrade(upgrade)) => {
                            tasks.spawn_local(session::upgraded(worker.clone(), upgrade));
                        }
                        None => break,
                    }
                    next = from_http.try_recv().ok();
                }
                worker.submit();
            }
            Some(arrived) = arrivals.recv() => {
                tasks.spawn_local(http::serve(worker.shared.clone(), routes.clone(), arrived));
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
    if worker.unanswered() > 0 {
        tracing::warn!(unanswered = worker.unanswered(), "stopped before everything was answered");
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
