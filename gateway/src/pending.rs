//! Requests on their way: who waits for the outcome of which ticket.

use crate::connection::Connection;
use crate::shares::Share;
use crate::wire::Asked;
use onhand_actors::port::{Outcome, Ticket};
use onhand_engine::ids::LocationId;
use std::rc::Rc;
use std::time::Instant;
use tokio::sync::oneshot;

/// Who waits.
pub(crate) enum Waiter {
    /// A WebSocket.
    Socket(Rc<Connection>, Asked, Taken),
    /// An HTTP request.
    Request(oneshot::Sender<Outcome>),
}

/// Whose share of what is in flight a request counts in: that of its key and that of its location.
pub(crate) struct Taken {
    pub(crate) share: Rc<Share>,
    pub(crate) location: LocationId,
}

struct Slot {
    generation: u32,
    taken: Option<(Waiter, Instant)>,
}

/// A table of waiters. A ticket names a slot and its generation, so that an answer that came twice
/// could never reach somebody else.
#[derive(Default)]
pub(crate) struct Pending {
    slots: Vec<Slot>,
    free: Vec<u32>,
}

impl Pending {
    pub(crate) fn insert(&mut self, waiter: Waiter, now: Instant) -> Ticket {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { generation: 0, taken: None });
            u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
        });
        let Some(slot) = usize::try_from(index).ok().and_then(|index| self.slots.get_mut(index)) else {
            return Ticket(u64::MAX);
        };
        slot.taken = Some((waiter, now));
        Ticket(u64::from(slot.generation) << 32 | u64::from(index))
    }

    pub(crate) fn remove(&mut self, ticket: Ticket) -> Option<(Waiter, Instant)> {
        let index = u32::try_from(ticket.0 & u64::from(u32::MAX)).ok()?;
        let slot = self.slots.get_mut(usize::try_from(index).ok()?)?;
        if u64::from(slot.generation) != ticket.0 >> 32 {
            return None;
        }
        let taken = slot.taken.take()?;
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(index);
        Some(taken)
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::clock;

    #[test]
    fn a_ticket_is_good_once() {
        let mut pending = Pending::default();
        let waiter = || Waiter::Request(oneshot::channel().0);
        let first = pending.insert(waiter(), clock::now());
        assert!(pending.remove(first).is_some());
        let second = pending.insert(waiter(), clock::now());
        assert_ne!(first, second);
        assert!(pending.remove(first).is_none());
        assert_eq!(pending.len(), 1);
        assert!(pending.remove(second).is_some());
    }
}
