//! The rival: one tokio task with a map of rows, and a thread that releases what it decided.

use crate::rig::Count;
use hashbrown::{HashMap, HashSet};
use onhand_actors::port::{Envelope, LevelChange, Outcome, Port, Ticket};
use onhand_engine::answer::Answer;
use onhand_engine::command::Command;
use onhand_engine::decide::{Decision, decide};
use onhand_engine::event::Record;
use onhand_engine::fingerprint::Fingerprint;
use onhand_engine::ids::{CommandId, LocationId, Seq, SkuId};
use onhand_engine::level::Level;
use onhand_engine::people::By;
use onhand_engine::store::Totals;
use onhand_engine::time::Timestamp;
use onhand_engine::world::PlaceState;
use onhand_persistence::format;
use onhand_persistence::log::Recovered;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{SystemTime, UNIX_EPOCH};

/// Batches on their way to the task, and from it to the releasing thread.
const QUEUE: usize = 64;

pub(crate) struct Bare {
    sender: tokio::sync::mpsc::Sender<Vec<Envelope>>,
    worker: JoinHandle<f64>,
    releaser: JoinHandle<()>,
}

struct Released {
    bytes: Vec<u8>,
    records: u64,
    replies: Vec<(Ticket, Outcome)>,
    levels: Vec<LevelChange>,
    totals: [Totals; 3],
}

struct Task {
    place: PlaceState,
    remembered: HashMap<CommandId, (Fingerprint, Timestamp, Answer)>,
    order: VecDeque<CommandId>,
    out: crossbeam::channel::Sender<Released>,
}

impl Bare {
    pub(crate) fn start(mut recovered: Recovered, count: Arc<Count>) -> Self {
        let (sender, mut receiver) = tokio::sync::mpsc::channel::<Vec<Envelope>>(QUEUE);
        let (out, released) = crossbeam::channel::bounded(QUEUE);
        let place = recovered.world.places.remove(&LocationId(1)).unwrap();
        let mut task = Task { place, remembered: HashMap::default(), order: VecDeque::new(), out };
        let worker = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let before = crate::rig::thread_seconds();
            runtime.block_on(async move {
                while let Some(first) = receiver.recv().await {
                    let mut batch = vec![first];
                    while batch.len() < 4
                        && let Ok(next) = receiver.try_recv()
                    {
                        batch.push(next);
                    }
                    task.run(batch);
                }
                crate::rig::thread_seconds() - before
            })
        });
        let releaser = std::thread::spawn(move || release(&released, &count));
        Self { sender, worker, releaser }
    }

    pub(crate) fn submit(&self, batch: Vec<Envelope>) {
        self.sender.blocking_send(batch).unwrap();
    }

    /// Ends it. What the task used of a processor, in seconds.
    pub(crate) fn stop(self) -> f64 {
        drop(self.sender);
        let used = self.worker.join().unwrap();
        self.releaser.join().unwrap();
        used
    }
}

impl Task {
    fn run(&mut self, batches: Vec<Vec<Envelope>>) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let now = Timestamp(u64::try_from(now.as_millis()).unwrap());
        let mut bytes = Vec::new();
        let mut records = 0;
        let mut replies = Vec::new();
        let mut touched: HashSet<SkuId> = HashSet::default();
        for Envelope { ticket, command, .. } in batches.into_iter().flatten() {
            let outcome = self.one(&command, now, &mut bytes, &mut records, &mut touched);
            replies.push((ticket, outcome));
        }
        let level =
            |sku: SkuId| LevelChange { location: LocationId(1), sku, time: now, level: self.place.rows[&sku].level() };
        let levels = touched.into_iter().map(level).collect();
        let totals = self.place.store.totals;
        self.out.send(Released { bytes, records, replies, levels, totals }).unwrap();
    }

    fn one(
        &mut self,
        command: &Command,
        now: Timestamp,
        bytes: &mut Vec<u8>,
        records: &mut u64,
        touched: &mut HashSet<SkuId>,
    ) -> Outcome {
        let fingerprint = Fingerprint::of(command);
        if let Some((_, time, answer)) = self.remembered.get(&command.id) {
            return Outcome::Done { seq: Seq(0), time: *time, answer: answer.clone() };
        }
        let event = match decide(&self.place, command, now) {
            Ok(Decision::Happens(event)) => event,
            Ok(Decision::Already(answer)) => return Outcome::Done { seq: Seq(0), time: now, answer },
            Err(refusal) => return Outcome::Refused(refusal),
        };
        let (location, by) = (command.location, By::default());
        let record = Record { time: now, command: command.id, fingerprint, location, by, event };
        format::encode(&record, bytes);
        self.place.apply(&record);
        record.event.each_change(|sku, _| {
            touched.insert(sku);
        });
        let answer = record.event.answer();
        self.order.push_back(command.id);
        self.remembered.insert(command.id, (fingerprint, now, answer.clone()));
        *records += 1;
        Outcome::Done { seq: Seq(*records), time: now, answer }
    }
}

/// Publishes and answers, as the log thread does after its append.
fn release(released: &crossbeam::channel::Receiver<Released>, count: &Count) {
    let view: Mutex<HashMap<SkuId, (Level, Timestamp)>> = Mutex::default();
    let totals: Mutex<[Totals; 3]> = Mutex::default();
    let mut last = 0;
    while let Ok(mut one) = released.recv() {
        std::hint::black_box(&one.bytes);
        for change in &one.levels {
            view.lock().unwrap().insert(change.sku, (change.level, change.time));
        }
        *totals.lock().unwrap() = one.totals;
        for (_, outcome) in &mut one.replies {
            if let Outcome::Done { seq, .. } = outcome {
                seq.0 += last;
            }
        }
        last += one.records;
        count.outcomes(one.replies);
        count.levels(Arc::from(one.levels));
    }
}
