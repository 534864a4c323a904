//! One WebSocket as its worker sees it: what waits to be written, what is unanswered, who is asking.

use crate::fault::Fault;
use crate::keys::Principal;
use crate::live::Watching;
use crate::server::Place;
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// Why the server ends a connection.
#[derive(Clone, Debug)]
pub(crate) enum Closing {
    /// The server stops: everything taken is answered first.
    Stopping,
    /// The client is told the error, then closed.
    Fault(Fault),
}

pub(crate) struct Connection {
    pub(crate) id: u64,
    pub(crate) watching: RefCell<Watching>,
    /// Replies not written yet: bounded, since nothing is read while they wait.
    replies: RefCell<Vec<Utf8Bytes>>,
    in_flight: Cell<usize>,
    principal: Cell<Option<Principal>>,
    closing: RefCell<Option<Closing>>,
    wake: Notify,
    cut: Notify,
    marked: Cell<bool>,
    _place: Option<Arc<Place>>,
}

impl Connection {
    pub(crate) fn new(id: u64, principal: Option<Principal>, place: Option<Arc<Place>>) -> Self {
        Self {
            id,
            watching: RefCell::default(),
            replies: RefCell::default(),
            in_flight: Cell::new(0),
            principal: Cell::new(principal),
            closing: RefCell::new(None),
            wake: Notify::new(),
            cut: Notify::new(),
            marked: Cell::new(false),
            _place: place,
        }
    }

    pub(crate) fn principal(&self) -> Option<Principal> {
        self.principal.get()
    }

    pub(crate) fn set_principal(&self, principal: Principal) {
        self.principal.set(Some(principal));
    }

    /// Puts a message where the session writes it. The session's own turn ends with writing; whoever
    /// else calls this wakes it.
    pub(crate) fn say(&self, message: Utf8Bytes) {
        self.replies.borrow_mut().push(message);
    }

    /// Says the answer to a request that was in flight, and wakes the session.
    pub(crate) fn answer(&self, message: Utf8Bytes) {
        self.in_flight.set(self.in_flight.get().saturating_sub(1));
        self.say(message);
        self.wake();
    }

    pub(crate) fn take_replies(&self) -> Vec<Utf8Bytes> {
        std::mem::take(&mut self.replies.borrow_mut())
    }

    pub(crate) fn has_replies(&self) -> bool {
        !self.replies.borrow().is_empty()
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.get()
    }

    /// A request is on its way to the actors.
    pub(crate) fn asked(&self) {
        self.in_flight.set(self.in_flight.get() + 1);
    }

    /// Marks it as having changed levels; false when it was already.
    pub(crate) fn mark(&self) -> bool {
        !self.marked.replace(true)
    }

    pub(crate) fn unmark(&self) {
        self.marked.set(false);
    }

    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Resolves when something waits to be written, or the connection is to end.
    pub(crate) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Ends the connection: at the next turn of its session, also when that waits for a slow client.
    pub(crate) fn close(&self, why: Closing) {
        let at_once = matches!(why, Closing::Fault(_));
        let mut closing = self.closing.borrow_mut();
        if closing.is_none() || at_once {
            *closing = Some(why);
        }
        self.wake.notify_one();
        if at_once {
            self.cut.notify_one();
        }
    }

    pub(crate) fn closing(&self) -> Option<Closing> {
        self.closing.borrow().clone()
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.borrow().is_some()
    }

    /// Resolves when it must end even though the client takes nothing.
    pub(crate) async fn cut(&self) {
        self.cut.notified().await;
    }
}
