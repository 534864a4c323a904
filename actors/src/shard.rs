//! A shard: the actix actor that hosts the actors of its locations on one arbiter.
//!
//! What can wake it: commands in its inbox, news from the log thread, a deadline, its own yield.

use crate::directory::ChainChange;
use crate::drained::{Drained, NOBODY, Replies};
use crate::mailbox::{ActorRef, JobId, PostOffice};
use crate::places::Places;
use crate::port::{Envelope, LevelChange, Outcome, Ticket};
use crate::remembered::{Known, Remembered};
use crate::shared::{News, Shared};
use crate::view::HoldChange;
use crate::wheel::Wheel;
use actix::{Actor, ActorFutureExt, AsyncContext, Context, Handler, Message, SpawnHandle, WrapFuture};
use crossbeam::channel::Sender;
use hashbrown::HashMap;
use onhand_engine::answer::Answer;
use onhand_engine::command::{Action, Channel, Command};
use onhand_engine::decide::{Decision, decide};
use onhand_engine::event::{Event, Record};
use onhand_engine::fingerprint::Fingerprint;
use onhand_engine::ids::{CommandId, LocationId, OrderId, ReservationId, Seq, SkuId};
use onhand_engine::refusal::Refusal;
use onhand_engine::store::OrderState;
use onhand_engine::time::Timestamp;
use onhand_persistence::format;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Commands one drain decides before it lets the sockets of its arbiter have their turn.
const DRAIN_BUDGET: usize = 1_024;
/// Commands one actor decides in a row before the next has its turn.
const ACTOR_BUDGET: usize = 32;
/// Deadlines one drain takes up.
const DUE_BUDGET: usize = 512;
/// The longest sleep while a deadline is pending: the machine's clock may be set.
const SLEEP_MAX_MS: u64 = 1_000;
const NO_STORE: u32 = u32::MAX;

/// There is something to do.
pub(crate) struct Wake;

impl Message for Wake {
    type Result = ();
}

/// What a command that waits will bring about; a command that names it waits behind it.
#[derive(PartialEq, Eq, Hash)]
enum Coming {
    Reservation(ReservationId),
    Order(OrderId),
}

/// A repeat of a command whose record is on its way.
struct WaitingRepeat {
    number: u64,
    port: crate::port::PortId,
    ticket: Ticket,
}

/// One shard.
pub(crate) struct Shard {
    no: usize,
    shared: Arc<Shared>,
    log: Sender<Drained>,
    places: Places,
    post: PostOffice,
    ready: VecDeque<JobId>,
    remembered: Remembered,
    wheel: Wheel,
    alarm: Option<(Timestamp, SpawnHandle)>,
    coming: HashMap<Coming, ActorRef>,
    /// Number of the drain, so that it publishes each SKU and store once.
    drain: u32,
    out: Drained,
    direct: Replies,
    touched_skus: Vec<u32>,
    touched_stores: Vec<u32>,
    /// Drains on their way to the log.
    in_flight: usize,
    waiting_repeats: Vec<WaitingRepeat>,
    spare: Vec<Drained>,
    /// Taken from the inbox and not yet in a mailbox.
    arrived: std::vec::IntoIter<Envelope>,
    participants: Vec<ActorRef>,
    /// The SKU actors of the job that runs.
    running: Vec<u32>,
    reservations: usize,
    due: Vec<(u32, ReservationId)>,
    news: Vec<News>,
    ran_since_yield: usize,
    yielding: bool,
    done: Option<std::sync::mpsc::SyncSender<usize>>,
}

impl Actor for Shard {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        self.drain(ctx);
    }
}

impl Handler<Wake> for Shard {
    type Result = ();

    fn handle(&mut self, _: Wake, ctx: &mut Context<Self>) {
        self.drain(ctx);
    }
}

impl Shard {
    pub(crate) fn new(
        no: usize,
        shared: Arc<Shared>,
        log: Sender<Drained>,
        places: Places,
        remembered: Remembered,
        done: std::sync::mpsc::SyncSender<usize>,
    ) -> Self {
        let mut shard = Self {
            no,
            shared,
            log,
            places,
            post: PostOffice::default(),
            ready: VecDeque::new(),
            remembered,
            wheel: Wheel::default(),
            alarm: None,
            coming: HashMap::new(),
            drain: 0,
            out: Drained { shard: no, ..Drained::default() },
            direct: Replies::default(),
            touched_skus: Vec::new(),
            touched_stores: Vec::new(),
            in_flight: 0,
            waiting_repeats: Vec::new(),
            spare: Vec::new(),
            arrived: Vec::new().into_iter(),
            participants: Vec::new(),
            running: Vec::new(),
            reservations: 0,
            due: Vec::new(),
            news: Vec::new(),
            ran_since_yield: 0,
            yielding: false,
            done: Some(done),
        };
        shard.reservations = shard.places.reservation_count();
        for (at, store) in shard.places.stores.iter().enumerate() {
            for (id, live) in &store.store.reservations {
                shard.wheel.insert(live.deadline, u32::try_from(at).unwrap_or(NO_STORE), *id);
            }
        }
        shard
    }

    fn drain(&mut self, ctx: &mut Context<Self>) {
        if self.yielding {
            return;
        }
        self.shared.inboxes[self.no].awake();
        self.take_news();
        if self.in_flight >= self.shared.options.log_queue_max && !self.is_stopped() {
            self.want_news();
            if self.in_flight >= self.shared.options.log_queue_max {
                return;
            }
        }
        let now = self.shared.clock.now();
        self.drain = self.drain.wrapping_add(1);
        self.take_inbox();
        self.take_due(now);
        let ran = self.run_ready(now);
        self.remembered.evict(now, 2 * DRAIN_BUDGET);
        self.send_off(now);
        self.publish_gauges(ran);
        self.sleep_or_yield(now, ctx);
    }

    fn is_stopped(&self) -> bool {
        self.shared.stopped.load(Ordering::Acquire)
    }

    fn want_news(&mut self) {
        self.shared.inboxes[self.no].want_news();
        self.take_news();
    }

    fn take_news(&mut self) {
        let mut news = std::mem::take(&mut self.news);
        self.shared.inboxes[self.no].take_news(&mut news);
        for News { first, mut drained } in news.drain(..) {
            self.in_flight -= 1;
            if first.0 > 0 {
                self.remembered.durable(drained.remembered.iter().map(|at| Seq(first.0 + u64::from(*at))));
            }
            drained.clear();
            self.spare.push(drained);
        }
        self.news = news;
        self.answer_waiting_repeats();
    }

    fn answer_waiting_repeats(&mut self) {
        if self.waiting_repeats.is_empty() {
            return;
        }
        let stopped = self.is_stopped();
        let Self { waiting_repeats, remembered, direct, .. } = self;
        waiting_repeats.retain(|repeat| {
            let outcome = match remembered.durable_entry(repeat.number) {
                Some(entry) => Outcome::Done { seq: entry.seq, time: entry.time, answer: entry.answer.clone() },
                None if stopped => Outcome::Refused(Refusal::LogStopped),
                None => return true,
            };
            direct.push(repeat.port, repeat.ticket, outcome);
            false
        });
    }

    /// Distributes what came in over the mailboxes, until enough actors have something to do. Behind
    /// a rush on one SKU it looks on for others, so that they get their turn.
    fn take_inbox(&mut self) {
        while self.ready.len() < DRAIN_BUDGET {
            if let Some(envelope) = self.arrived.next() {
                self.enqueue(envelope);
                continue;
            }
            self.arrived = self.shared.inboxes[self.no].take().into_iter();
            if self.arrived.as_slice().is_empty() {
                return;
            }
        }
    }

    /// Turns deadlines that have come into commands. A full disk lets them wait.
    fn take_due(&mut self, now: Timestamp) {
        if self.shared.disk_full.load(Ordering::Acquire) || self.is_stopped() {
            return;
        }
        let mut due = std::mem::take(&mut self.due);
        self.wheel.take_due(now, DUE_BUDGET, &mut due);
        for (store, reservation) in due.drain(..) {
            let actor = &self.places.stores[store as usize];
            let is_due = actor.store.reservations.get(&reservation).is_some_and(|live| live.deadline <= now);
            if is_due {
                let location = actor.location;
                self.enqueue(expire(location, reservation));
            }
        }
        self.due = due;
    }

    fn enqueue(&mut self, envelope: Envelope) {
        let mut participants = std::mem::take(&mut self.participants);
        participants.clear();
        match self.participants_of(&envelope.command, &mut participants) {
            Ok(store) => {
                let job = self.post.take_in(envelope, store);
                for actor in &participants {
                    self.post.join(job, *actor, self.places.mailbox(*actor));
                }
                if self.post.is_ready(job) {
                    self.ready.push_back(job);
                }
            }
            Err(refusal) => {
                self.ran_since_yield += 1;
                self.shared.inboxes[self.no].depth.fetch_sub(1, Ordering::Relaxed);
                self.out.replies.push(envelope.port, envelope.ticket, Outcome::Refused(refusal));
                participants.iter().for_each(|actor| self.places.passivate(*actor));
            }
        }
        self.participants = participants;
    }

    /// Who takes part in a command: its SKUs and its till; the store when there is nobody else. What
    /// a store sums up, and what ending reservations give back, may come in any order.
    fn participants_of(&mut self, command: &Command, into: &mut Vec<ActorRef>) -> Result<u32, Refusal> {
        if command.location == LocationId::CHAIN {
            into.push(ActorRef::Chain);
            return Ok(NO_STORE);
        }
        let store = self.places.store(command.location, &self.shared.directory)?;
        let mut behind = None;
        match &command.action {
            Action::Sell(sell) => {
                self.add_skus(store, sell.lines.iter().map(|line| line.sku), into)?;
                into.extend(sell.till.map(|no| ActorRef::Till(self.places.till(store, no))));
                behind = sell.reservation.map(Coming::Reservation);
            }
            Action::Return { till, lines, .. } => {
                self.add_skus(store, lines.iter().map(|line| line.sku), into)?;
                into.extend(till.map(|no| ActorRef::Till(self.places.till(store, no))));
            }
            Action::Reserve { lines, .. } => {
                self.add_skus(store, lines.iter().map(|line| line.sku), into)?;
                self.expect(Coming::Reservation(ReservationId(command.id.0)), into);
            }
            Action::Allocate { order, lines, reservation, .. } => {
                self.add_skus(store, lines.iter().map(|line| line.sku), into)?;
                behind = reservation.map(Coming::Reservation);
                self.expect(Coming::Order(order.clone()), into);
            }
            Action::Receive { lines } => self.add_skus(store, lines.iter().map(|line| line.sku), into)?,
            Action::Adjust { sku, .. } | Action::Count { sku, .. } | Action::SetPolicy { sku, .. } => {
                self.add_skus(store, std::iter::once(*sku), into)?;
            }
            Action::Extend { reservation, .. } | Action::Release { reservation } | Action::Expire { reservation } => {
                let live = self.places.stores[store as usize].store.reservations.get(reservation);
                let skus: Vec<SkuId> = live.iter().flat_map(|live| &live.lines).map(|line| line.sku).collect();
                self.add_skus(store, skus.into_iter(), into)?;
                behind = Some(Coming::Reservation(*reservation));
            }
            Action::Deallocate { order } => {
                let open = match self.places.stores[store as usize].store.orders.get(order) {
                    Some(OrderState::Open { left, .. }) => left.iter().map(|line| line.sku).collect(),
                    _ => Vec::new(),
                };
                self.add_skus(store, open.into_iter(), into)?;
                behind = Some(Coming::Order(order.clone()));
            }
            Action::DefineItems { .. }
            | Action::DefineLocation { .. }
            | Action::CreateKey { .. }
            | Action::RevokeKey { .. } => {}
        }
        into.extend(behind.and_then(|name| self.coming.get(&name).copied()));
        if into.is_empty() {
            into.push(ActorRef::Store(store));
        }
        Ok(store)
    }

    fn add_skus(
        &mut self,
        store: u32,
        skus: impl Iterator<Item = SkuId>,
        into: &mut Vec<ActorRef>,
    ) -> Result<(), Refusal> {
        for sku in skus {
            into.push(ActorRef::Sku(self.places.sku(store, sku, &self.shared.directory)?));
        }
        Ok(())
    }

    fn expect(&mut self, name: Coming, participants: &[ActorRef]) {
        if let Some(first) = participants.first() {
            self.coming.insert(name, *first);
        }
    }

    fn run_ready(&mut self, now: Timestamp) -> usize {
        let mut ran = 0;
        while ran < DRAIN_BUDGET {
            let Some(job) = self.ready.pop_front() else { break };
            ran += self.run_streak(job, now);
        }
        ran
    }

    /// Runs a job and, within the actor's budget, those that waited behind it alone.
    fn run_streak(&mut self, first: JobId, now: Timestamp) -> usize {
        let mut job = first;
        let mut ran = 0;
        loop {
            ran += 1;
            let Some((envelope, store)) = self.post.open(job) else { return ran };
            self.running.clear();
            self.post.skus_of(job, &mut self.running);
            self.run(store, envelope, now);
            match self.leave(job) {
                Some(next) if ran < ACTOR_BUDGET => job = next,
                Some(next) => {
                    self.ready.push_back(next);
                    return ran;
                }
                None => return ran,
            }
        }
    }

    /// Takes a job out of its mailboxes. The first that became ready by it may run next.
    fn leave(&mut self, job: JobId) -> Option<JobId> {
        let mut next = None;
        while let Some(actor) = self.post.next_actor(job) {
            let became_ready = self.post.leave(job, self.places.mailbox(actor));
            self.places.passivate(actor);
            match (became_ready, next) {
                (Some(ready), None) => next = Some(ready),
                (Some(ready), Some(_)) => self.ready.push_back(ready),
                (None, _) => {}
            }
        }
        self.post.forget(job);
        next
    }

    fn run(&mut self, store: u32, envelope: Envelope, now: Timestamp) {
        let Envelope { port, ticket, command } = envelope;
        if port != NOBODY {
            self.shared.inboxes[self.no].depth.fetch_sub(1, Ordering::Relaxed);
        }
        match &command.action {
            Action::Reserve { .. } => {
                self.coming.remove(&Coming::Reservation(ReservationId(command.id.0)));
            }
            Action::Allocate { order, .. } => {
                self.coming.remove(&Coming::Order(order.clone()));
            }
            _ => {}
        }
        let fingerprint = Fingerprint::of(&command);
        if let Some((first, known)) = self.remembered.find(command.id) {
            if let Some(field) = first.differs_in(&fingerprint) {
                self.out.replies.push(port, ticket, Outcome::Refused(Refusal::IdReused { field }));
                return;
            }
            match known {
                Known::Durable(entry) => {
                    let answer = entry.answer.clone();
                    self.direct.push(port, ticket, Outcome::Done { seq: entry.seq, time: entry.time, answer });
                }
                Known::OnItsWay(number) => self.waiting_repeats.push(WaitingRepeat { number, port, ticket }),
            }
            return;
        }
        if let Some(refusal) = self.closed_for_writes() {
            self.direct.push(port, ticket, Outcome::Refused(refusal));
            return;
        }
        let outcome = match self.decide(store, &command, now) {
            Ok(Decision::Happens(event)) => {
                let record = Record { time: now, command: command.id, fingerprint, location: command.location, event };
                let answer = self.happen(store, &record);
                Outcome::Done { seq: Seq(u64::from(self.out.records)), time: now, answer }
            }
            Ok(Decision::Already(answer)) => Outcome::Done { seq: Seq(0), time: now, answer },
            Err(refusal) => Outcome::Refused(refusal),
        };
        self.out.replies.push(port, ticket, outcome);
    }

    fn closed_for_writes(&self) -> Option<Refusal> {
        if self.is_stopped() {
            return Some(Refusal::LogStopped);
        }
        self.shared.disk_full.load(Ordering::Acquire).then_some(Refusal::DiskFull)
    }

    /// Pure, so a panic in it has changed nothing.
    fn decide(&self, store: u32, command: &Command, now: Timestamp) -> Result<Decision, Refusal> {
        let decided = catch_unwind(AssertUnwindSafe(|| {
            if store == NO_STORE {
                return self.places.chain.chain.decide(&command.action).map(Decision::Happens);
            }
            decide(&self.places.view(store, &self.running), command, now)
        }));
        decided.unwrap_or_else(|_| {
            tracing::error!(command = %command.id, "deciding panicked");
            Err(Refusal::Internal)
        })
    }

    /// Folds a record in and puts it on its way. Memory moves ahead of the disk; the world does not.
    fn happen(&mut self, store: u32, record: &Record) -> Answer {
        format::encode(record, &mut self.out.bytes);
        let answer = record.event.answer();
        if store == NO_STORE {
            let chain = &mut self.places.chain.chain;
            chain.apply(&record.event, record.time);
            self.out.chain.extend(ChainChange::of(&record.event, chain));
        } else {
            self.apply(store, record);
        }
        if !matches!(record.event, Event::Expired(_)) {
            self.out.remembered.push(self.out.records);
            self.remembered.insert(record.command, record.fingerprint, record.time, answer.clone());
        }
        self.out.records += 1;
        answer
    }

    fn apply(&mut self, store: u32, record: &Record) {
        let Self { places, touched_skus, drain, running, .. } = self;
        places.apply(store, record, running, |at, actor| {
            if actor.drain != *drain {
                actor.drain = *drain;
                touched_skus.push(at);
            }
        });
        match &record.event {
            Event::SaleRecorded(_) | Event::GoodsReturned(_) => {
                let actor = &mut self.places.stores[store as usize];
                if actor.drain != self.drain {
                    actor.drain = self.drain;
                    self.touched_stores.push(store);
                }
            }
            Event::Reserved { reservation, deadline, .. } | Event::Extended { reservation, deadline } => {
                self.wheel.insert(*deadline, store, *reservation);
            }
            _ => {}
        }
        HoldChange::each(record, |change| {
            match change {
                HoldChange::Live(..) => self.reservations += 1,
                HoldChange::Ended(..) => self.reservations -= 1,
                HoldChange::Extended(..) => {}
            }
            self.out.holds.push(change);
        });
    }

    /// One message to the log per drain. Refusals ride along, so that a rival is refused only when the
    /// sale that beat it is durable; with nothing on its way they need not wait.
    fn send_off(&mut self, now: Timestamp) {
        let Self { places, touched_skus, touched_stores, out, .. } = self;
        out.levels.extend(touched_skus.drain(..).map(|at| {
            let actor = &places.skus[at as usize];
            let location = places.stores[places.doors[at as usize].store as usize].location;
            LevelChange { location, sku: actor.sku, time: now, level: actor.row.level() }
        }));
        out.totals.extend(touched_stores.drain(..).map(|at| {
            let actor = &places.stores[at as usize];
            (actor.location, actor.store.totals)
        }));
        if self.out.records > 0 || (self.in_flight > 0 && !self.out.replies.is_empty()) {
            let mut next = self.spare.pop().unwrap_or_default();
            next.shard = self.no;
            let out = std::mem::replace(&mut self.out, next);
            self.shared.log_queue.fetch_add(1, Ordering::Relaxed);
            self.in_flight += 1;
            // The queue has room for every shard's limit, and this shard is below its own.
            if self.log.try_send(out).is_err() {
                tracing::error!("the log thread is gone");
                self.shared.stopped.store(true, Ordering::Release);
            }
        } else {
            self.shared.ports.deliver(&mut self.out.replies);
        }
        self.shared.ports.deliver(&mut self.direct);
    }

    fn publish_gauges(&mut self, ran: usize) {
        self.ran_since_yield += ran;
        let inbox = &self.shared.inboxes[self.no];
        inbox.sku_actors.store(self.places.sku_count(), Ordering::Relaxed);
        inbox.reservations.store(self.reservations, Ordering::Relaxed);
    }

    /// Yields when there is work left or the sockets have waited long enough; else sees to it that
    /// whatever it waits for will wake it.
    fn sleep_or_yield(&mut self, now: Timestamp, ctx: &mut Context<Self>) {
        let writable = !self.shared.disk_full.load(Ordering::Acquire) && !self.is_stopped();
        let is_due = writable && self.wheel.next_in(now).is_some_and(|next| next.0 == 0);
        let has_work = is_due || !self.ready.is_empty() || !self.arrived.as_slice().is_empty();
        if has_work || self.ran_since_yield >= DRAIN_BUDGET {
            self.yielding = true;
            self.ran_since_yield = 0;
            let turn = tokio::task::yield_now().into_actor(self).map(|(), shard: &mut Self, ctx| {
                shard.yielding = false;
                shard.drain(ctx);
            });
            ctx.wait(turn);
            return;
        }
        if !self.waiting_repeats.is_empty() || !writable || self.is_stopping() {
            self.want_news();
            self.shared.ports.deliver(&mut self.direct);
        }
        self.finish_when_stopping(ctx);
        self.set_alarm(now, ctx);
    }

    fn set_alarm(&mut self, now: Timestamp, ctx: &mut Context<Self>) {
        let Some(next) = self.wheel.next_in(now) else { return };
        let at = now.plus(next);
        if let Some((set_for, handle)) = self.alarm {
            if set_for <= at {
                return;
            }
            ctx.cancel_future(handle);
        }
        let sleep = Duration::from_millis(next.0.clamp(1, SLEEP_MAX_MS));
        let handle = ctx.run_later(sleep, |shard, ctx| {
            shard.alarm = None;
            shard.drain(ctx);
        });
        self.alarm = Some((at, handle));
    }

    fn is_stopping(&self) -> bool {
        self.shared.stopping.load(Ordering::Acquire)
    }

    /// Lets go of the log once everything taken is durable and answered.
    fn finish_when_stopping(&mut self, ctx: &mut Context<Self>) {
        if !self.is_stopping() || self.in_flight > 0 || self.post.len() > 0 || !self.waiting_repeats.is_empty() {
            return;
        }
        if !self.shared.inboxes[self.no].close() {
            return;
        }
        use actix::ActorContext;
        if let Some(done) = self.done.take() {
            let _ = done.send(self.no);
        }
        ctx.stop();
    }
}

/// The command by which the server ends a reservation. Its id is the reservation's own, marked, so
/// that it is neither the id of the command that reserved nor anybody else's.
fn expire(location: LocationId, reservation: ReservationId) -> Envelope {
    const MARK: u128 = u128::from_be_bytes(*b"reservation over");
    let command = Command {
        id: CommandId(reservation.0 ^ MARK),
        location,
        channel: Channel::Web,
        action: Action::Expire { reservation },
    };
    Envelope { port: NOBODY, ticket: Ticket(0), command }
}
