//! A shard: the actix actor that hosts the actors of its locations on one arbiter.
//!
//! What can wake it: commands in its inbox, news from the log thread, a deadline, its own yield.

mod counting;
mod grants;
mod payments;
mod redemptions;
mod restoring;
mod routing;
mod running;
mod waiting;

pub(crate) use redemptions::StepPort;

use crate::drained::{Drained, NOBODY, Replies};
use crate::mailbox::{ActorRef, JobId, PostOffice};
use crate::meters::Tally;
use crate::places::Places;
use crate::port::{Envelope, LevelChange, Outcome, PortId, Spent, Ticket};
use crate::quarantine::Quarantine;
use crate::remembered::Remembered;
use crate::shared::{Inbox, News, Shared};
use crate::wheel::Wheel;
use actix::{Actor, ActorContext, ActorFutureExt, AsyncContext, Context, Handler, Message, SpawnHandle, WrapFuture};
use crossbeam::channel::Sender;
use hashbrown::HashMap;
use onhand_engine::ids::{OrderId, ReservationId, Seq, SkuId};
use onhand_engine::people::People;
use onhand_engine::refusal::Refusal;
use onhand_engine::time::Timestamp;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Commands one drain decides before it lets the sockets of its arbiter have their turn.
const DRAIN_BUDGET: usize = 1_024;
/// Commands one actor decides in a row before the next has its turn.
const ACTOR_BUDGET: usize = 32;
/// Deadlines one drain takes up.
const DUE_BUDGET: usize = 512;
/// Commands whose actors are fetched from memory together.
const READ_AHEAD: usize = 32;
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
    port: PortId,
    ticket: Ticket,
}

/// A SKU actor that changed in this drain.
struct Touched {
    sku: SkuId,
    store: u32,
    at: u32,
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
    wheel: Wheel<ReservationId>,
    redemptions: redemptions::Redemptions,
    waiting: waiting::Waiting,
    errands: Wheel<waiting::Errand>,
    alarm: Option<(Timestamp, SpawnHandle)>,
    /// By store: who stands behind it must be of the same location, whose actors it then shares.
    coming: HashMap<(u32, Coming), ActorRef>,
    /// Number of the drain, so that it publishes each SKU and store once.
    drain: u32,
    out: Drained,
    direct: Replies,
    touched_skus: Vec<Touched>,
    touched_stores: Vec<u32>,
    /// Drains on their way to the log.
    in_flight: usize,
    waiting_repeats: Vec<WaitingRepeat>,
    spare: Vec<Drained>,
    /// Lists of commands that are done with, by the port that they came from.
    spent: Vec<Vec<Spent>>,
    /// Taken from the inbox and not yet in a mailbox.
    arrived: VecDeque<Envelope>,
    /// When the first of these came.
    arrived_since: Timestamp,
    participants: Vec<ActorRef>,
    /// The SKU actors of the job that runs.
    running: Vec<(SkuId, u32)>,
    reservations: usize,
    quarantine: Quarantine,
    /// The people as they were published, and in which version.
    people: Arc<People>,
    people_version: u64,
    /// Drains sent to the log so far, and come back from it.
    sent: u64,
    durable: u64,
    /// Locations closed in this drain.
    doubtful: Vec<u32>,
    tally: Tally,
    counting: counting::Counting,
    /// Commands of the inbox decided in this drain.
    decided: usize,
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
        let shards = shared.inboxes.len();
        let mut shard = Self {
            no,
            shared,
            log,
            places,
            post: PostOffice::default(),
            ready: VecDeque::new(),
            remembered,
            wheel: Wheel::default(),
            redemptions: redemptions::Redemptions::new(no, shards),
            waiting: waiting::Waiting::default(),
            errands: Wheel::default(),
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
            spent: Vec::new(),
            arrived: VecDeque::new(),
            arrived_since: Timestamp::default(),
            participants: Vec::new(),
            running: Vec::new(),
            reservations: 0,
            quarantine: Quarantine::default(),
            people: Arc::default(),
            people_version: 0,
            sent: 0,
            durable: 0,
            doubtful: Vec::new(),
            tally: Tally::default(),
            counting: counting::Counting::default(),
            decided: 0,
            due: Vec::new(),
            news: Vec::new(),
            ran_since_yield: 0,
            yielding: false,
            done: Some(done),
        };
        shard.reservations = shard.places.reservation_count();
        let now = shard.shared.clock.now();
        shard.counting.load(&shard.places, &shard.remembered, now);
        shard.publish_gauges(0);
        for (at, store) in shard.places.stores.iter().enumerate() {
            for (id, live) in &store.store.reservations {
                shard.wheel.insert(live.deadline, u32::try_from(at).unwrap_or(NO_STORE), *id);
            }
        }
        for at in 0..shard.places.stores.len() {
            shard.look_after(u32::try_from(at).unwrap_or(NO_STORE), now);
        }
        shard
    }

    /// A panic that is nobody's in particular must not leave askers waiting: everything is refused.
    fn drain(&mut self, ctx: &mut Context<Self>) {
        if !self.yielding && catch_unwind(AssertUnwindSafe(|| self.drain_once(ctx))).is_err() {
            self.shared.meters.panics.increment(1);
            self.shared.stop("a shard panicked");
        }
    }

    fn drain_once(&mut self, ctx: &mut Context<Self>) {
        self.shared.inboxes[self.no].awake();
        self.take_news();
        // While writes are refused, nothing more goes to the log, and the refusals must not wait for it.
        if self.in_flight >= self.shared.options.log_queue_max && self.is_writable() {
            self.want_news();
            if self.in_flight >= self.shared.options.log_queue_max {
                self.publish_wait();
                return;
            }
        }
        let now = self.shared.clock.now();
        self.drain = self.drain.wrapping_add(1);
        self.hand_over(now);
        self.restore(now);
        self.take_returned(now);
        self.take_inbox();
        self.take_due(now);
        self.take_errands(now);
        let ran = self.run_ready(now);
        self.run_stirred(now);
        self.remembered.evict(now, 2 * DRAIN_BUDGET);
        self.send_off(now);
        self.hand_over_steps();
        self.publish_gauges(ran);
        self.sleep_or_yield(now, ctx);
    }

    fn is_stopped(&self) -> bool {
        self.shared.stopped.load(Ordering::Acquire)
    }

    fn is_writable(&self) -> bool {
        !self.shared.disk_full.load(Ordering::Acquire) && !self.is_stopped()
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
            self.durable += 1;
            if let Some(first) = first {
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
                Some(entry) => Outcome::Done { seq: entry.seq, time: entry.time, answer: entry.answer() },
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
            let ahead = self.arrived.len();
            if ahead.is_multiple_of(READ_AHEAD) {
                // Filled whole and taken from the front, it is all in one piece.
                let next = &self.arrived.as_slices().0[..ahead.min(READ_AHEAD)];
                self.places.read_ahead(next);
                self.remembered.read_ahead(next.iter().map(|envelope| envelope.command.id));
            }
            if let Some(envelope) = self.arrived.pop_front() {
                self.enqueue(envelope);
                continue;
            }
            let mut arrived = Vec::from(std::mem::take(&mut self.arrived));
            self.arrived_since = self.shared.inboxes[self.no].take(&mut arrived);
            self.arrived = arrived.into();
            if self.arrived.is_empty() {
                return;
            }
        }
    }

    /// Turns deadlines that have come into commands. A full disk lets them wait.
    fn take_due(&mut self, now: Timestamp) {
        if !self.is_writable() {
            return;
        }
        let mut due = std::mem::take(&mut self.due);
        self.wheel.take_due(now, DUE_BUDGET, &mut due);
        for (store, reservation) in due.drain(..) {
            let actor = &self.places.stores[store as usize];
            let is_due = actor.store.reservations.get(&reservation).is_some_and(|live| live.deadline <= now);
            if is_due {
                let late_ms = now.0.saturating_sub(actor.store.reservations[&reservation].deadline.0);
                self.shared.meters.expiry_late_seconds.record(Duration::from_millis(late_ms));
                let location = actor.location;
                self.enqueue(routing::expire(location, reservation));
            }
        }
        self.due = due;
    }

    fn run_ready(&mut self, now: Timestamp) -> usize {
        // Taken out while it works, so that commands are read where they lie.
        let mut post = std::mem::take(&mut self.post);
        let mut ran = 0;
        while ran < DRAIN_BUDGET {
            let Some(job) = self.ready.pop_front() else { break };
            ran += self.run_streak(&mut post, job, now);
        }
        self.post = post;
        ran
    }

    /// Runs a job and, within the actor's budget, those that waited behind it alone.
    fn run_streak(&mut self, post: &mut PostOffice, first: JobId, now: Timestamp) -> usize {
        let mut job = first;
        let mut ran = 0;
        loop {
            ran += 1;
            self.running.clear();
            post.skus_of(job, &mut self.running);
            if let Some((envelope, store)) = post.open(job) {
                self.run(store, envelope, now);
            }
            match self.leave(post, job) {
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
    fn leave(&mut self, post: &mut PostOffice, job: JobId) -> Option<JobId> {
        let mut next = None;
        while let Some(actor) = post.next_actor(job) {
            let became_ready = post.leave(job, self.places.mailbox(actor));
            self.places.passivate(actor);
            match (became_ready, next) {
                (Some(ready), None) => next = Some(ready),
                (Some(ready), Some(_)) => self.ready.push_back(ready),
                (None, _) => {}
            }
        }
        if let Some(done) = post.forget(job) {
            self.spend(done);
        }
        next
    }

    /// Keeps what a command was made of for the port that it came from.
    fn spend(&mut self, Envelope { port, command, .. }: Envelope) {
        let Some(spent) = Spent::of(command).filter(|_| port != NOBODY) else { return };
        let at = usize::from(port.0);
        if self.spent.len() <= at {
            self.spent.resize_with(at + 1, Vec::new);
        }
        self.spent[at].push(spent);
    }

    /// One message to the log per drain. Refusals ride along, so that a rival is refused only when the
    /// sale that beat it is durable; with nothing on its way they need not wait.
    fn send_off(&mut self, now: Timestamp) {
        self.shared.inboxes[self.no].depth.fetch_sub(std::mem::take(&mut self.decided), Ordering::Relaxed);
        let Self { places, touched_skus, touched_stores, out, quarantine, .. } = self;
        if !quarantine.is_empty() {
            touched_skus.retain(|touched| !quarantine.has(touched.store));
            touched_stores.retain(|at| !quarantine.has(*at));
        }
        out.levels.extend(touched_skus.drain(..).map(|Touched { sku, store, at }| {
            let location = places.stores[store as usize].location;
            LevelChange { location, sku, time: now, level: places.skus[at as usize].row.level() }
        }));
        out.totals.extend(touched_stores.drain(..).map(|at| {
            let actor = &places.stores[at as usize];
            (actor.location, actor.store.totals)
        }));
        let tells = self.out.records > 0 || !self.out.levels.is_empty() || self.out.part.is_some();
        if tells || (self.in_flight > 0 && !self.out.replies.is_empty()) {
            let mut next = self.spare.pop().unwrap_or_default();
            next.shard = self.no;
            next.replies.expect(&self.out.replies);
            let out = std::mem::replace(&mut self.out, next);
            self.shared.log_queue.fetch_add(1, Ordering::Relaxed);
            self.in_flight += 1;
            self.sent += 1;
            // The queue has room for every shard's limit, and this shard is below its own.
            if let Err(error) = self.log.try_send(out) {
                self.shared.stop("the log thread is gone");
                self.in_flight -= 1;
                let mut lost = error.into_inner();
                lost.replies.fail(&Refusal::LogStopped);
                self.shared.ports.deliver(&mut lost.replies);
            }
        } else {
            self.shared.ports.deliver(&mut self.out.replies);
        }
        for store in self.doubtful.drain(..) {
            self.quarantine.close(store, self.sent);
        }
        self.shared.ports.deliver(&mut self.direct);
        self.shared.ports.give_back(&mut self.spent);
    }

    fn publish_gauges(&mut self, ran: usize) {
        self.ran_since_yield += ran;
        self.publish_oldest();
        let inbox = &self.shared.inboxes[self.no];
        inbox.sku_actors.store(self.places.sku_count(), Ordering::Relaxed);
        inbox.reservations.store(self.reservations, Ordering::Relaxed);
        let meters = &self.shared.meters;
        meters.add(&mut self.tally);
        meters.inbox_depth[self.no].set(float(inbox.depth.load(Ordering::Relaxed)));
        meters.log_queue.set(float(self.shared.log_queue.load(Ordering::Relaxed)));
        let all = |of: fn(&Inbox) -> &AtomicUsize| {
            float(self.shared.inboxes.iter().map(|inbox| of(inbox).load(Ordering::Relaxed)).sum())
        };
        meters.sku_actors.set(all(|inbox| &inbox.sku_actors));
        meters.reservations.set(all(|inbox| &inbox.reservations));
        self.publish_wait();
    }

    /// Since when the oldest command waits: whoever asks now is refused when that is long ago.
    fn publish_wait(&self) {
        let inbox = &self.shared.inboxes[self.no];
        let waits = !self.arrived.is_empty() || !self.ready.is_empty();
        inbox.set_oldest(if waits { Some(self.arrived_since) } else { inbox.waiting_since() });
    }

    /// Yields when there is work left or the sockets have waited long enough; else sees to it that
    /// whatever it waits for will wake it.
    fn sleep_or_yield(&mut self, now: Timestamp, ctx: &mut Context<Self>) {
        let writable = self.is_writable();
        let due = [self.wheel.next_in(now), self.errands.next_in(now)];
        let is_due = writable && due.into_iter().flatten().any(|next| next.0 == 0);
        let has_work = is_due || !self.ready.is_empty() || !self.arrived.is_empty();
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
        if !self.waiting_repeats.is_empty() || !writable || self.is_stopping() || !self.quarantine.is_empty() {
            self.want_news();
            self.shared.ports.deliver(&mut self.direct);
        }
        self.finish_when_stopping(ctx);
        self.set_alarm(now, ctx);
    }

    fn set_alarm(&mut self, now: Timestamp, ctx: &mut Context<Self>) {
        if !self.is_writable() {
            return;
        }
        let next = [self.wheel.next_in(now), self.errands.next_in(now), self.counting.next_in(now)]
            .into_iter()
            .flatten()
            .min();
        let Some(next) = next else { return };
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
        if !self.redemptions.is_idle() || !self.waiting.is_empty() {
            return;
        }
        if !self.shared.inboxes[self.no].close() {
            return;
        }
        if let Some(done) = self.done.take() {
            let _ = done.send(self.no);
        }
        ctx.stop();
    }
}

fn float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
