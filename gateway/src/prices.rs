//! Prices for those who ask: what a basket would cost, and word when that may have changed.
//!
//! A connection that watches prices is told the newest version of the selling rules, once for all its
//! watches; versions that came and went while it took nothing are passed over.

use crate::connection::Connection;
use crate::fault::Fault;
use crate::keys::Principal;
use crate::worker::Worker;
use crate::{outbox, wire};
use bytes::Bytes;
use onhand_actors::handle::Handle;
use onhand_engine::rules::RulesVersion;
use onhand_protocol::convert;
use onhand_protocol::message::{Prices, PricesVersion, Quote, Success};
use onhand_protocol::value::{Id, Time};
use std::rc::Rc;

/// Watches of one connection: one is enough, and a page may have a few parts that do not know each other.
const WATCHES_MAX: usize = 8;

/// What one connection is to be told about prices.
#[derive(Default)]
pub(crate) struct PriceWatch {
    ids: Vec<Id>,
    /// The version it was told last.
    told: RulesVersion,
}

impl PriceWatch {
    pub(crate) fn knows(&self, id: Id) -> bool {
        self.ids.contains(&id)
    }

    /// Ends a watch; false when there is none of this name.
    pub(crate) fn remove(&mut self, id: Id) -> bool {
        let before = self.ids.len();
        self.ids.retain(|known| *known != id);
        self.ids.len() < before
    }

    /// Whether there is a version that it was not told.
    pub(crate) fn is_due(&self, version: RulesVersion) -> bool {
        !self.ids.is_empty() && self.told < version
    }

    /// The newest version as a frame, if it was not told yet.
    pub(crate) fn next_frame(&mut self, handle: &Handle) -> Option<Bytes> {
        let version = handle.directory().rules_version();
        if !self.is_due(version) {
            return None;
        }
        self.told = version;
        let push = Prices { prices: said(version, handle) };
        let mut out = Vec::new();
        outbox::text_frame(&mut out, |out| {
            // A Vec takes whatever is written.
            let _ = serde_json::to_writer(out, &push);
        });
        Some(out.into())
    }
}

fn said(version: RulesVersion, handle: &Handle) -> PricesVersion {
    PricesVersion { version: version.0, time: Time(handle.now()) }
}

/// Begins to watch: the answer has the version to start from.
pub(crate) fn begin(worker: &Worker, connection: &Rc<Connection>, id: Id) -> Result<(), Fault> {
    connection.check_new(id)?;
    let handle = &worker.shared.handle;
    let mut watch = connection.prices.borrow_mut();
    if watch.ids.len() >= WATCHES_MAX {
        return Err(Fault::new(5007, format!("a connection may watch prices {WATCHES_MAX} times")));
    }
    watch.ids.push(id);
    // Read after it is on the list: a change from here on is told.
    let version = handle.directory().rules_version();
    watch.told = version;
    let success = Success::WatchingPrices(said(version, handle));
    connection.say(|out| wire::write_success(out, id, success));
    Ok(())
}

/// Answers what a basket would cost.
pub(crate) fn quote(
    worker: &Worker,
    connection: &Connection,
    id: Id,
    asked: &Quote,
    principal: Principal,
) -> Result<(), Fault> {
    let book = worker.names.over(worker.shared.handle.directory());
    let quoted = convert::quote(asked, principal.role().channel(), &book)?;
    connection.say(|out| wire::write_success(out, id, Success::Quoted(quoted)));
    Ok(())
}
