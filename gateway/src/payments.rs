//! Payments for those who watch them: tills and websites at the general address, drivers at their own.
//!
//! A connection is told how each payment it watches stands now; what it has been in between, while the
//! connection took nothing, is passed over.

use crate::connection::Connection;
use crate::fault::Fault;
use crate::worker::Worker;
use crate::{outbox, training, wire};
use bytes::Bytes;
use onhand_actors::handle::Handle;
use onhand_actors::port::PaymentChange;
use onhand_engine::ids::{Label, LocationId, PaymentId, TillNo};
use onhand_protocol::convert;
use onhand_protocol::message::{PaymentMessage, Payments, Pong, Success, WatchPayments};
use onhand_protocol::value::{Id, Time};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Watches of one connection.
const WATCHES_MAX: usize = 8;
/// Locations of one watch.
const LOCATIONS_MAX: usize = 1_000;
/// Payments in one frame.
const CHUNK: usize = 64;

/// What one connection is to be told about payments.
#[derive(Default)]
pub(crate) struct PaymentWatch {
    watches: Vec<Watch>,
    /// As they stand now. No more than are open where it watches, and those that have ended since it took
    /// the last frame.
    due: BTreeMap<(LocationId, PaymentId), PaymentChange>,
}

struct Watch {
    id: Id,
    /// None: everywhere.
    locations: BTreeSet<LocationId>,
    provider: Option<Label>,
    till: Option<TillNo>,
    /// Whether those of training: nobody is told of both.
    trains: bool,
}

impl Watch {
    fn has(&self, change: &PaymentChange) -> bool {
        let start = &change.payment.start;
        change.location.is_training() == self.trains
            && (self.locations.is_empty() || self.locations.contains(&change.location.real()))
            && self.provider.as_ref().is_none_or(|provider| *provider == start.provider)
            && self.till.is_none_or(|till| start.till == Some(till))
    }
}

impl PaymentWatch {
    pub(crate) fn knows(&self, id: Id) -> bool {
        self.watches.iter().any(|watch| watch.id == id)
    }

    /// Ends a watch; false when there is none of this name.
    pub(crate) fn remove(&mut self, id: Id) -> bool {
        let before = self.watches.len();
        self.watches.retain(|watch| watch.id != id);
        let watches = &self.watches;
        self.due.retain(|_, change| watches.iter().any(|watch| watch.has(change)));
        self.watches.len() < before
    }

    /// Takes note of a change; false when nobody here watches it.
    pub(crate) fn note(&mut self, change: &PaymentChange) -> bool {
        let watched = self.watches.iter().any(|watch| watch.has(change));
        if watched {
            self.put(change.clone());
        }
        watched
    }

    /// The snapshot may be ahead of changes that are still on their way.
    fn put(&mut self, change: PaymentChange) {
        let known = self.due.get(&(change.location, change.id));
        if known.is_none_or(|known| known.payment.version <= change.payment.version) {
            self.due.insert((change.location, change.id), change);
        }
    }

    /// The next of them as a frame.
    pub(crate) fn next_frame(&mut self, handle: &Handle) -> Option<Bytes> {
        let mut payments = Vec::new();
        while payments.len() < CHUNK
            && let Some((_, change)) = self.due.pop_first()
        {
            payments.extend(message(handle, &change));
        }
        if payments.is_empty() {
            return None;
        }
        let mut out = Vec::new();
        outbox::text_frame(&mut out, |out| {
            // A Vec takes whatever is written.
            let _ = serde_json::to_writer(out, &Payments { payments });
        });
        Some(out.into())
    }
}

/// How a payment stands, as a message; none where its location has no name.
pub(crate) fn message(handle: &Handle, change: &PaymentChange) -> Option<PaymentMessage> {
    let location = handle.directory().location(change.location.real())?;
    let training = change.location.is_training();
    Some(PaymentMessage { training, ..convert::payment(change.id, &location, &change.payment) })
}

/// Begins to watch: first come those that are not ended.
pub(crate) fn begin(worker: &Worker, connection: &Rc<Connection>, id: Id, asked: WatchPayments) -> Result<(), Fault> {
    connection.check_new(id)?;
    let handle = &worker.shared.handle;
    if asked.locations.len() > LOCATIONS_MAX {
        return Err(Fault::new(1001, format!("name at most {LOCATIONS_MAX} locations")).at("locations"));
    }
    let mut locations = BTreeSet::new();
    for code in &asked.locations {
        locations.insert(wire::location(handle.directory(), &code.0)?.id);
    }
    if connection.payments.borrow().watches.len() >= WATCHES_MAX {
        return Err(Fault::new(5007, format!("a connection may watch payments {WATCHES_MAX} times")));
    }
    let (provider, till) = (asked.provider.map(|label| label.0), asked.till.map(TillNo));
    let watch = Watch { id, locations, provider, till, trains: connection.trains.get() };
    // Watched first, read afterwards: nothing falls between the two.
    worker.watch_payments(connection);
    let everywhere = || handle.directory().locations().iter().map(|location| location.id).collect();
    let places = if watch.locations.is_empty() { everywhere() } else { watch.locations.clone() };
    let open: Vec<_> =
        places.iter().flat_map(|location| handle.payments(training::ledger(*location, watch.trains))).collect();
    let mut own = connection.payments.borrow_mut();
    open.into_iter().filter(|change| watch.has(change)).for_each(|change| own.put(change));
    own.watches.push(watch);
    drop(own);
    let success = Success::WatchingPayments(Pong { time: Time(handle.now()) });
    connection.say(|out| wire::write_success(out, id, success));
    connection.wake();
    Ok(())
}
