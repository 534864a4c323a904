//! Sessions without sockets: a line that does as it is told, on real actors.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::limits::Limits;
use crate::server::{Shared, fresh};
use crate::worker;
use onhand_actors::handle::{self, Handle};
use onhand_actors::port::{Envelope, LevelChange, Outcome, Port, Ticket};
use onhand_engine::catalogue::{Item, KeyId, Location, LocationKind};
use onhand_engine::command::{Action, Channel, Command, SkuQty};
use onhand_engine::ids::{Code, CommandId, Label, LocationId, SkuId};
use onhand_engine::money::Currency;
use onhand_engine::people::By;
use onhand_engine::qty::{Qty, Unit};
use onhand_engine::tax::TaxRules;
use onhand_persistence::memory::MemoryLog;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::io::IoSlice;
use std::sync::{Mutex, mpsc};
use std::task::Waker;
use tokio::sync::watch;

/// The general address, JSON only.
const GENERAL: At = At { address: Address::General, compact: false };

/// Both ends of a line that is no socket.
#[derive(Clone)]
struct Line(Rc<RefCell<Ends>>);

struct Ends {
    /// The client's side of the protocol, and the bytes either way.
    client: WebSocketContext,
    wires: Wires,
    gone: bool,
    /// The client takes nothing.
    stuck: bool,
    wakers: Vec<Waker>,
}

#[derive(Default)]
struct Wires {
    said: Vec<u8>,
    heard: VecDeque<u8>,
}

impl Read for Wires {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.heard.is_empty() {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.heard.read(into)
    }
}

impl Write for Wires {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.said.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Default for Line {
    fn default() -> Self {
        let client = WebSocketContext::new(Role::Client, None);
        let wires = Wires::default();
        Self(Rc::new(RefCell::new(Ends { client, wires, gone: false, stuck: false, wakers: Vec::new() })))
    }
}

impl Line {
    fn change(&self, change: impl FnOnce(&mut Ends)) {
        let mut ends = self.0.borrow_mut();
        change(&mut ends);
        ends.wakers.drain(..).for_each(Waker::wake);
    }

    fn say(&self, message: &Value) {
        self.change(|Ends { client, wires, .. }| {
            client.write(wires, Message::text(message.to_string())).unwrap();
            client.flush(wires).unwrap();
        });
    }

    async fn hear(&self) -> Value {
        let heard = async {
            loop {
                let next = {
                    let Ends { client, wires, .. } = &mut *self.0.borrow_mut();
                    client.read(wires)
                };
                match next {
                    Ok(Message::Text(text)) => return serde_json::from_str(&text).unwrap(),
                    Ok(_) => {}
                    Err(_) => tokio::task::yield_now().await,
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), heard).await.unwrap()
    }
}

impl Link for Line {
    fn poll_read(&self, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        let mut ends = self.0.borrow_mut();
        if ends.wires.said.is_empty() && !ends.gone {
            ends.wakers.push(context.waker().clone());
            return Poll::Pending;
        }
        let count = ends.wires.said.len().min(into.remaining());
        into.put_slice(&ends.wires.said[..count]);
        ends.wires.said.drain(..count);
        Poll::Ready(Ok(()))
    }

    fn try_write(&self, parts: &[IoSlice<'_>]) -> std::io::Result<usize> {
        let mut ends = self.0.borrow_mut();
        if ends.stuck {
            return Err(ErrorKind::WouldBlock.into());
        }
        parts.iter().for_each(|part| ends.wires.heard.extend(part.iter()));
        Ok(parts.iter().map(|part| part.len()).sum())
    }

    fn poll_writable(&self, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        let mut ends = self.0.borrow_mut();
        if ends.stuck {
            ends.wakers.push(context.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }
}

struct Desk(Mutex<mpsc::SyncSender<Outcome>>);

impl Port for Desk {
    fn outcomes(&self, outcomes: Vec<(Ticket, Outcome)>) {
        outcomes.into_iter().for_each(|(_, outcome)| self.0.lock().unwrap().send(outcome).unwrap());
    }
    fn levels(&self, _: Arc<[LevelChange]>) {}
    fn chain_changed(&self) {}
}

/// A shop S1 with an item TEA, one key, and a worker without sockets.
struct Rig {
    handle: Handle,
    worker: Rc<Worker>,
    key: KeyId,
    secret: String,
    desk: (onhand_actors::port::PortId, mpsc::Receiver<Outcome>),
    ids: std::cell::Cell<u128>,
    _stop: watch::Sender<bool>,
}

impl Rig {
    fn new(limits: Limits) -> Self {
        let options = handle::Options { shards: 1, ..handle::Options::default() };
        let handle = Handle::start(options, Box::new(MemoryLog::new()), Default::default()).unwrap();
        let (sender, outcomes) = mpsc::sync_channel(16);
        let desk = (handle.register(Arc::new(Desk(Mutex::new(sender)))), outcomes);
        let (stop, stopping) = watch::channel(false);
        let shared: Arc<Shared> = fresh(handle.clone(), limits, Vec::new(), stopping).unwrap();
        let minted =
            crate::keys::mint(onhand_engine::catalogue::Role::Admin, Label::new("a").unwrap(), handle.now()).unwrap();
        let rig = Self {
            worker: Worker::new(shared, 0),
            handle,
            key: minted.key.id,
            secret: minted.text,
            desk,
            ids: std::cell::Cell::new(0),
            _stop: stop,
        };
        rig.decide(LocationId::CHAIN, Action::CreateKey { key: minted.key });
        let location = Location {
            id: LocationId(0),
            code: Code::new("S1").unwrap(),
            name: "S1".into(),
            kind: LocationKind::Shop,
            currency: Currency::EUR,
            tax: TaxRules::default(),
            zone: None,
        };
        rig.decide(LocationId::CHAIN, Action::DefineLocation { location });
        let item = Item {
            sku: SkuId(0),
            code: Code::new("TEA").unwrap(),
            name: "Tea".into(),
            gtins: Vec::new(),
            unit: Unit::Each,
            tax_class: Label::new("food").unwrap(),
            price: None,
            category: "".into(),
            terms: None,
            unit_cost: None,
        };
        rig.decide(LocationId::CHAIN, Action::DefineItems { items: vec![item] });
        let (_, arrivals) = tokio::sync::mpsc::channel(1);
        tokio::task::spawn_local(worker::run(rig.worker.clone(), arrivals));
        rig
    }

    fn decide(&self, location: LocationId, action: Action) {
        self.ids.set(self.ids.get() + 1);
        let command = Command { id: CommandId(self.ids.get()), location, channel: Channel::Till, action };
        self.handle.submit(&mut vec![Envelope { port: self.desk.0, ticket: Ticket(0), by: By::default(), command }]);
        let outcome = self.desk.1.recv_timeout(Duration::from_secs(20)).unwrap();
        assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    }

    fn receive(&self) {
        let lines = vec![SkuQty { sku: SkuId(0), qty: Qty::units(1) }];
        self.decide(LocationId(1), Action::Receive { lines, goods: None });
    }

    fn session(&self, line: &Line) -> tokio::task::JoinHandle<()> {
        let who = Principal::Key { id: self.key, role: onhand_engine::catalogue::Role::Admin };
        tokio::task::spawn_local(run(self.worker.clone(), Some(who), None, GENERAL, Box::new(line.clone()), Vec::new()))
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.handle.stop();
    }
}

fn id() -> String {
    Id::mint().to_string()
}

async fn locally(test: impl Future<Output = ()>) {
    tokio::task::LocalSet::new().run_until(test).await;
}

#[tokio::test]
async fn a_session_answers_and_ends_with_its_client() {
    locally(async {
        let rig = Rig::new(Limits::default());
        let line = Line::default();
        let session = run(rig.worker.clone(), None, None, GENERAL, Box::new(line.clone()), Vec::new());
        let session = tokio::task::spawn_local(session);
        line.say(&json!({"op": "hello", "id": id(), "key": rig.secret}));
        assert_eq!(line.hear().await["role"], "admin");
        line.say(&json!({"op": "receive", "id": id(), "location": "S1", "lines": [{"sku": "TEA", "qty": 3}]}));
        assert_eq!(line.hear().await["ok"], "received");
        line.say(&json!({"op": "get", "id": id(), "location": "S1", "sku": "TEA"}));
        assert_eq!(line.hear().await["level"]["on_hand"], "3");
        line.change(|ends| ends.gone = true);
        session.await.unwrap();
        assert_eq!(rig.worker.unanswered(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_client_that_was_away_gets_the_newest_level_only() {
    locally(async {
        let rig = Rig::new(Limits::default());
        let line = Line::default();
        let _session = rig.session(&line);
        line.say(&json!({"op": "subscribe", "id": id(), "skus": ["TEA"]}));
        assert_eq!(line.hear().await["ok"], "subscribed");
        line.change(|ends| ends.stuck = true);
        for _ in 0..100 {
            rig.receive();
            tokio::task::yield_now().await;
        }
        line.change(|ends| ends.stuck = false);
        let mut versions = Vec::new();
        while versions.last() != Some(&100) {
            let push = line.hear().await;
            versions.push(push["levels"][0]["version"].as_u64().unwrap());
        }
        assert!(versions.len() <= 3, "conflated, not queued: {versions:?}");
        assert!(versions.is_sorted());
    })
    .await;
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_closed_and_costs_nobody() {
    locally(async {
        let rig = Rig::new(Limits { stalled: Duration::from_millis(50), ..Limits::default() });
        let (stuck, good) = (Line::default(), Line::default());
        let (stuck_session, _good_session) = (rig.session(&stuck), rig.session(&good));
        for line in [&stuck, &good] {
            line.say(&json!({"op": "subscribe", "id": id(), "skus": ["TEA"], "locations": ["S1"]}));
            assert_eq!(line.hear().await["ok"], "subscribed");
        }
        stuck.change(|ends| ends.stuck = true);
        rig.receive();
        assert_eq!(good.hear().await["levels"][0]["version"], 1);
        tokio::time::timeout(Duration::from_secs(20), stuck_session).await.unwrap().unwrap();
        rig.receive();
        assert_eq!(good.hear().await["levels"][0]["version"], 2);
    })
    .await;
}

#[tokio::test]
async fn a_metrics_stream_keeps_nothing_for_a_client_that_takes_nothing() {
    use crate::figures::object::Object;
    use onhand_protocol::message::{Every, MetricsMessage};
    locally(async {
        let rig = Rig::new(Limits::default());
        let desk = &rig.worker.shared.desk;
        let pass = |second: u64| {
            let time = Time(onhand_engine::time::Timestamp(second * 1_000));
            desk.put(Every::Second, Object::new(&MetricsMessage { time, seconds: second, ..Default::default() }));
            desk.tell();
        };
        let (stuck, good) = (Line::default(), Line::default());
        let _sessions = (rig.session(&stuck), rig.session(&good));
        for line in [&stuck, &good] {
            line.say(&json!({"op": "watch_metrics", "id": id()}));
            assert_eq!(line.hear().await["ok"], "watching");
        }
        stuck.change(|ends| ends.stuck = true);
        for second in 1..=200 {
            pass(second);
            assert_eq!(good.hear().await["metrics"]["seconds"], second);
        }
        stuck.change(|ends| ends.stuck = false);
        let mut heard = Vec::new();
        while heard.last() != Some(&200) {
            heard.push(stuck.hear().await["metrics"]["seconds"].as_u64().unwrap());
        }
        assert!(heard.len() <= 3 && heard.is_sorted(), "the newest, not all that was missed: {heard:?}");
        pass(201);
        assert_eq!(stuck.hear().await["metrics"]["seconds"], 201);
    })
    .await;
}

#[tokio::test]
async fn a_connection_cannot_change_its_holder() {
    locally(async {
        let rig = Rig::new(Limits::default());
        let line = Line::default();
        let _session = rig.session(&line);
        let (token, _) = rig.worker.shared.tokens.issue(rig.handle.now()).unwrap();
        line.say(&json!({"op": "hello", "id": id(), "token": token}));
        assert_eq!(line.hear().await["error"]["number"], 4004);
        line.say(&json!({"op": "hello", "id": id(), "key": rig.secret}));
        assert_eq!(line.hear().await["ok"], "hello", "the same key may say it again");
    })
    .await;
}
