//! Sessions without sockets: a stream and a sink that do as they are told, on real actors.
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
use onhand_engine::qty::{Qty, Unit};
use onhand_engine::tax::TaxRules;
use onhand_persistence::memory::MemoryLog;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Waker};
use tokio::sync::watch;

/// Both ends of a line that is no socket.
#[derive(Clone, Default)]
struct Line(Rc<RefCell<Ends>>);

#[derive(Default)]
struct Ends {
    said: VecDeque<Message>,
    heard: VecDeque<Message>,
    gone: bool,
    /// The client takes nothing.
    stuck: bool,
    wakers: Vec<Waker>,
}

impl Line {
    fn change(&self, change: impl FnOnce(&mut Ends)) {
        let mut ends = self.0.borrow_mut();
        change(&mut ends);
        ends.wakers.drain(..).for_each(Waker::wake);
    }

    fn say(&self, message: &Value) {
        self.change(|ends| ends.said.push_back(Message::text(message.to_string())));
    }

    async fn hear(&self) -> Value {
        let heard = async {
            loop {
                let next = self.0.borrow_mut().heard.pop_front();
                match next {
                    Some(Message::Text(text)) => return serde_json::from_str(&text).unwrap(),
                    Some(_) => {}
                    None => tokio::task::yield_now().await,
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), heard).await.unwrap()
    }
}

impl Stream for Line {
    type Item = Result<Message, WsError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut ends = self.0.borrow_mut();
        match ends.said.pop_front() {
            Some(message) => Poll::Ready(Some(Ok(message))),
            None if ends.gone => Poll::Ready(None),
            None => {
                ends.wakers.push(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Sink<Message> for Line {
    type Error = WsError;

    fn poll_ready(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), WsError>> {
        let mut ends = self.0.borrow_mut();
        if ends.stuck {
            ends.wakers.push(context.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, item: Message) -> Result<(), WsError> {
        self.0.borrow_mut().heard.push_back(item);
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), WsError>> {
        self.poll_ready(context)
    }

    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), WsError>> {
        self.poll_ready(context)
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
        let minted = keys::mint(onhand_engine::catalogue::Role::Admin, Label::new("a").unwrap(), handle.now()).unwrap();
        let rig = Self {
            worker: Worker::new(shared),
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
        };
        rig.decide(LocationId::CHAIN, Action::DefineItems { items: vec![item] });
        let (_, arrivals) = tokio::sync::mpsc::channel(1);
        tokio::task::spawn_local(worker::run(rig.worker.clone(), arrivals));
        rig
    }

    fn decide(&self, location: LocationId, action: Action) {
        self.ids.set(self.ids.get() + 1);
        let command = Command { id: CommandId(self.ids.get()), location, channel: Channel::Till, action };
        self.handle.submit(&mut vec![Envelope { port: self.desk.0, ticket: Ticket(0), command }]);
        let outcome = self.desk.1.recv_timeout(Duration::from_secs(20)).unwrap();
        assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    }

    fn receive(&self) {
        let lines = vec![SkuQty { sku: SkuId(0), qty: Qty::units(1) }];
        self.decide(LocationId(1), Action::Receive { lines });
    }

    fn session(&self, line: &Line) -> tokio::task::JoinHandle<()> {
        let who = Principal::Key { id: self.key, role: onhand_engine::catalogue::Role::Admin };
        let connection = self.worker.connect(Some(who), None);
        tokio::task::spawn_local(run(self.worker.clone(), connection, line.clone()))
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
        let connection = rig.worker.connect(None, None);
        let session = tokio::task::spawn_local(run(rig.worker.clone(), connection, line.clone()));
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
