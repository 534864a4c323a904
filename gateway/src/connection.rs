//! One WebSocket as its worker sees it: what waits to be written, what is unanswered, who is asking.

use crate::clock;
use crate::fault::Fault;
use crate::figures::socket::Streams;
use crate::keys::Principal;
use crate::link::Link;
use crate::outbox::Outbox;
use crate::payments::PaymentWatch;
use crate::people::Signed;
use crate::prices::PriceWatch;
use crate::server::Place;
use crate::shares::Share;
use crate::watching::Watching;
use bytes::Bytes;
use onhand_actors::directory::Directory;
use onhand_engine::people::By;
use onhand_protocol::value::Id;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::io::ReadBuf;
use tokio::sync::Notify;

/// No version of the people: it counts them from one.
const NEVER_SEEN: u64 = 0;

/// Why the server ends a connection.
#[derive(Clone, Debug)]
pub(crate) enum Closing {
    /// The server stops: everything taken is answered first.
    Stopping,
    /// The client is told the error, then closed.
    Fault(Fault),
}

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// All was taken; more may follow.
    Clear,
    /// The client takes no more since this moment.
    Blocked(Instant),
    /// There is nobody any more.
    Gone,
}

pub(crate) struct Connection {
    pub(crate) id: u64,
    pub(crate) watching: RefCell<Watching>,
    pub(crate) streams: RefCell<Streams>,
    pub(crate) prices: RefCell<PriceWatch>,
    pub(crate) payments: RefCell<PaymentWatch>,
    link: Box<dyn Link>,
    outbox: RefCell<Outbox>,
    flow: Cell<Flow>,
    in_flight: Cell<usize>,
    principal: Cell<Option<Principal>>,
    /// Who is signed in, and the version of the people in which that was looked at.
    person: Cell<Option<(Signed, u64)>>,
    /// Goes up whenever somebody signs in or out.
    turn: Cell<u64>,
    looking_at_pin: Cell<bool>,
    /// Whether whoever is there trains: until the connection ends.
    pub(crate) trains: Cell<bool>,
    /// What whoever is asking has in flight, on all connections of this worker.
    pub(crate) share: RefCell<Rc<Share>>,
    /// Until when nothing is read of one who was refused because too much waits.
    paused: Cell<Option<Instant>>,
    closing: RefCell<Option<Box<Closing>>>,
    wake: Notify,
    answered: Cell<bool>,
    told: Cell<bool>,
    _place: Option<Arc<Place>>,
}

impl Connection {
    pub(crate) fn new(id: u64, principal: Option<Principal>, place: Option<Arc<Place>>, link: Box<dyn Link>) -> Self {
        Self {
            id,
            watching: RefCell::default(),
            streams: RefCell::default(),
            prices: RefCell::default(),
            payments: RefCell::default(),
            link,
            outbox: RefCell::default(),
            flow: Cell::new(Flow::Clear),
            in_flight: Cell::new(0),
            principal: Cell::new(principal),
            person: Cell::new(None),
            turn: Cell::new(0),
            looking_at_pin: Cell::new(false),
            trains: Cell::new(false),
            share: RefCell::default(),
            paused: Cell::new(None),
            closing: RefCell::new(None),
            wake: Notify::new(),
            answered: Cell::new(false),
            told: Cell::new(false),
            _place: place,
        }
    }

    pub(crate) fn principal(&self) -> Option<Principal> {
        self.principal.get()
    }

    pub(crate) fn set_principal(&self, principal: Principal) {
        self.principal.set(Some(principal));
    }

    /// Whether a subscription may be called so: no other of this connection is.
    pub(crate) fn check_new(&self, id: Id) -> Result<(), Fault> {
        let known = self.watching.borrow().knows(id.0) || self.streams.borrow().knows(id);
        if known || self.prices.borrow().knows(id) || self.payments.borrow().knows(id) {
            return Err(Fault::new(1008, "this id was already used for a subscription of this connection").at("id"));
        }
        Ok(())
    }

    /// Who asks for what comes from here: the device, and whoever is signed in. Somebody whose PIN was
    /// changed is signed in no more.
    pub(crate) fn by(&self, directory: &Directory) -> By {
        let device = self.principal.get().and_then(|principal| principal.device());
        let Some((signed, seen)) = self.person.get() else { return By { device, ..By::default() } };
        let version = directory.people_version();
        if seen != version {
            if !signed.is_current(&directory.people()) {
                self.sign_out();
                return By { device, ..By::default() };
            }
            self.person.set(Some((signed, version)));
        }
        By { device, user: Some(signed.user), approver: None }
    }

    /// Nobody is signed in any more. Names the turn in which somebody else may sign in.
    pub(crate) fn sign_out(&self) -> u64 {
        self.person.set(None);
        self.turn.set(self.turn.get() + 1);
        self.turn.get()
    }

    /// Somebody is signed in, unless the turn is another's by now.
    pub(crate) fn sign_in(&self, signed: Signed, turn: u64) -> bool {
        let is_theirs = self.turn.get() == turn;
        if is_theirs {
            self.person.set(Some((signed, NEVER_SEEN)));
        }
        is_theirs
    }

    /// Marks that a PIN of this connection is being looked at, or not; as it was before.
    pub(crate) fn set_looking_at_pin(&self, mark: bool) -> bool {
        self.looking_at_pin.replace(mark)
    }

    /// Puts a message where it waits to be written; its length.
    pub(crate) fn say(&self, write: impl FnOnce(&mut Vec<u8>)) -> usize {
        self.outbox.borrow_mut().text(write)
    }

    /// Puts a compact answer behind those that wait to be written in one binary message; its length.
    pub(crate) fn say_compact(&self, write: impl FnOnce(&mut Vec<u8>)) -> usize {
        self.outbox.borrow_mut().compact(write)
    }

    /// The same with a frame that others get too.
    pub(crate) fn share(&self, frame: Bytes) {
        self.outbox.borrow_mut().share(frame);
    }

    /// The same with what the WebSocket protocol itself has to say.
    pub(crate) fn framed(&self, bytes: &[u8]) {
        self.outbox.borrow_mut().framed(bytes);
    }

    /// Says the answer to a request that was in flight; its length.
    pub(crate) fn answer(&self, write: impl FnOnce(&mut Vec<u8>)) -> usize {
        self.one_less();
        self.say(write)
    }

    /// The same in a compact message.
    pub(crate) fn answer_compact(&self, write: impl FnOnce(&mut Vec<u8>)) -> usize {
        self.one_less();
        self.say_compact(write)
    }

    /// A request is not in flight any more.
    pub(crate) fn one_less(&self) {
        self.in_flight.set(self.in_flight.get().saturating_sub(1));
        if self.in_flight.get() == 0 && self.is_closing() {
            self.wake();
        }
    }

    /// Writes what waits, as much as the client takes now; nothing while it takes nothing. Its session
    /// is woken when that changes how things stand.
    pub(crate) fn flush(&self) -> Flow {
        if self.flow.get() == Flow::Clear {
            self.write();
            if self.flow.get() != Flow::Clear {
                self.wake();
            }
        }
        self.flow.get()
    }

    fn write(&self) {
        let mut outbox = self.outbox.borrow_mut();
        if outbox.is_empty() {
            return self.flow.set(Flow::Clear);
        }
        self.flow.set(match (outbox.write(self.link.as_ref()), self.flow.get()) {
            (Ok(true), _) => Flow::Clear,
            (Ok(false), Flow::Blocked(since)) => Flow::Blocked(since),
            (Ok(false), _) => Flow::Blocked(clock::now()),
            (Err(_), _) => Flow::Gone,
        });
    }

    pub(crate) fn flow(&self) -> Flow {
        self.flow.get()
    }

    /// Ready when a client that took nothing has taken what waited, or has gone.
    pub(crate) fn poll_flush(&self, context: &mut Context<'_>) -> Poll<()> {
        while matches!(self.flow.get(), Flow::Blocked(_)) {
            match self.link.poll_writable(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(())) => self.write(),
                Poll::Ready(Err(_)) => self.flow.set(Flow::Gone),
            }
        }
        Poll::Ready(())
    }

    pub(crate) fn poll_read(&self, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        self.link.poll_read(context, into)
    }

    /// Who was told to wait is not read for half that time, and costs nobody anything meanwhile; then what
    /// it had sent before it knew is answered too.
    pub(crate) fn pause(&self, told_ms: u64) {
        self.paused.set(Some(clock::now() + Duration::from_millis(told_ms / 2)));
    }

    /// Until when nothing is read.
    pub(crate) fn paused(&self) -> Option<Instant> {
        self.paused.get()
    }

    /// The pause is over.
    pub(crate) fn go_on(&self) {
        self.paused.set(None);
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.get()
    }

    /// A request is on its way to the actors.
    pub(crate) fn asked(&self) {
        self.in_flight.set(self.in_flight.get() + 1);
    }

    /// Marks it as having answers to be written, or not; as it was before.
    pub(crate) fn mark_answered(&self, mark: bool) -> bool {
        self.answered.replace(mark)
    }

    /// Marks it as having levels to be written, or not; as it was before.
    pub(crate) fn mark_told(&self, mark: bool) -> bool {
        self.told.replace(mark)
    }

    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Resolves when its session has something to look at.
    pub(crate) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Ends the connection at the next turn of its session.
    pub(crate) fn close(&self, why: Closing) {
        let at_once = matches!(why, Closing::Fault(_));
        let mut closing = self.closing.borrow_mut();
        if closing.is_none() || at_once {
            *closing = Some(Box::new(why));
        }
        self.wake.notify_one();
    }

    pub(crate) fn closing(&self) -> Option<Closing> {
        self.closing.borrow().as_deref().cloned()
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.borrow().is_some()
    }
}
