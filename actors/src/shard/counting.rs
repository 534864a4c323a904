//! What a shard counts for those who watch, and how it hands it over.

use super::Shard;
use crate::figures::count_margins;
use crate::figures::part::Part;
use crate::figures::totals_since;
use crate::places::Places;
use crate::remembered::Remembered;
use onhand_engine::command::Command;
use onhand_engine::event::{Event, Freed, Record};
use onhand_engine::ids::{CommandId, ReservationId};
use onhand_engine::layaway;
use onhand_engine::refusal::Refusal;
use onhand_engine::time::{Millis, Timestamp};
use std::collections::VecDeque;
use std::sync::atomic::Ordering;

const SECOND_MS: u64 = 1_000;
/// Ended reservations that may stand among the live ones before they are sorted out.
const ENDED_MAX: usize = 1_024;

/// What was decided in the second that runs.
#[derive(Default)]
pub(super) struct Counting {
    /// Whether somebody collects.
    wanted: bool,
    part: Box<Part>,
    /// Stores whose totals have changed since they were told.
    untold: Vec<u32>,
    /// Reservations in the order in which they began; some have ended.
    began: VecDeque<(Timestamp, u32, ReservationId)>,
    /// Whether the first of them may have ended, or a first one begun, since it was shown.
    unshown: bool,
}

#[derive(Clone, Copy)]
enum Ending {
    Sold,
    Released,
    Expired,
}

impl Counting {
    /// Takes over the reservations that were recovered. One that began before the answers that are
    /// still remembered is at least so old.
    pub(super) fn load(&mut self, places: &Places, remembered: &Remembered, now: Timestamp) {
        let ids = places.stores.iter().zip(0..).flat_map(|(store, at)| {
            let own = store.store.reservations.keys();
            own.map(move |id| (at, *id))
        });
        let mut all: Vec<_> = ids.map(|(at, id)| (began_at(remembered, id, now), at, id)).collect();
        all.sort_unstable();
        self.began = all.into();
        self.unshown = true;
    }

    /// How long until what was counted is to be handed over; nothing when there is nothing.
    pub(super) fn next_in(&self, now: Timestamp) -> Option<Millis> {
        let end = (self.part.second + 1) * SECOND_MS;
        (!self.is_empty()).then(|| Millis(end.saturating_sub(now.0)))
    }

    /// What lives was read anew.
    pub(super) fn look_again(&mut self) {
        self.unshown = true;
    }

    fn is_empty(&self) -> bool {
        self.untold.is_empty() && self.part.is_empty()
    }

    fn ended(&mut self, freed: &[Freed], how: Ending, remembered: &Remembered, now: Timestamp) {
        for one in freed {
            let holds = &mut self.part.holds;
            let count = match how {
                Ending::Sold => &mut holds.sold,
                Ending::Released => &mut holds.released,
                Ending::Expired => &mut holds.expired,
            };
            *count += 1;
            let age_ms = now.0.saturating_sub(began_at(remembered, one.reservation, now).0);
            *holds.ages_s.entry(age_ms / SECOND_MS).or_default() += 1;
        }
    }

    /// When the oldest live reservation began.
    fn oldest(&mut self, places: &Places, live: usize) -> Option<Timestamp> {
        let is_live = |(_, store, id): &(Timestamp, u32, ReservationId)| {
            let store = places.stores.get(*store as usize);
            store.is_some_and(|store| store.store.reservations.contains_key(id))
        };
        if self.began.len() > 2 * live + ENDED_MAX {
            self.began.retain(is_live);
        }
        while self.began.front().is_some_and(|oldest| !is_live(oldest)) {
            self.began.pop_front();
        }
        self.began.front().map(|(began, _, _)| *began)
    }
}

impl Shard {
    /// A record was folded in and is on its way.
    #[inline]
    pub(super) fn count(&mut self, store: u32, record: &Record) {
        let Self { counting, remembered, .. } = self;
        match &record.event {
            Event::Reserved { reservation, .. } => {
                counting.began.push_back((record.time, store, *reservation));
                counting.unshown = true;
            }
            Event::Basket { happening, .. } => {
                if let Some((reservation, _)) = happening.held() {
                    counting.began.push_back((record.time, store, reservation));
                }
                counting.unshown = true;
            }
            Event::SaleRecorded(sale) => counting.unshown |= !sale.freed.is_empty(),
            Event::Released(_) | Event::Expired(_) | Event::Allocated { .. } | Event::Layaway { .. } => {
                counting.unshown = true
            }
            _ => {}
        }
        // Training is nobody's figures.
        if !counting.wanted || record.location.is_training() {
            return;
        }
        if record.event.is_trade() {
            count_margins(&mut counting.part.margins, record.location, &record.event);
        }
        if let Some(sale) = record.event.sale() {
            for line in &sale.lines {
                counting.part.sold.add((record.location, line.sku), line.qty);
            }
            for line in &sale.oversold {
                counting.part.oversold(record.time, (record.location, line.sku));
            }
            for exception in sale.goods.iter().flat_map(|goods| &goods.exceptions) {
                *counting.part.exceptions.entry(exception.number).or_default() += 1;
            }
        }
        match &record.event {
            Event::SaleRecorded(sale) => counting.ended(&sale.freed, Ending::Sold, remembered, record.time),
            Event::Reserved { freed, .. } => {
                counting.part.holds.began += 1;
                counting.ended(freed, Ending::Released, remembered, record.time);
            }
            Event::Layaway { happening, .. } => {
                if let layaway::Happening::Opened { freed, .. } = &**happening {
                    counting.ended(freed, Ending::Sold, remembered, record.time);
                }
            }
            Event::Basket { happening, .. } => {
                counting.part.holds.began += u64::from(happening.held().is_some());
                counting.ended(happening.freed(), Ending::Released, remembered, record.time);
            }
            Event::Allocated { freed, .. } => counting.ended(freed, Ending::Sold, remembered, record.time),
            Event::Released(freed) => {
                counting.ended(std::slice::from_ref(freed), Ending::Released, remembered, record.time);
            }
            Event::Expired(freed) => {
                counting.ended(std::slice::from_ref(freed), Ending::Expired, remembered, record.time);
            }
            _ => {}
        }
    }

    /// A command was refused.
    #[inline]
    pub(super) fn count_refusal(&mut self, command: &Command, refusal: &Refusal) {
        if refusal.number() != 0 {
            self.tally.refused(refusal.number());
        }
        if let Refusal::ShortStock { sku, short_by, .. } = refusal
            && self.counting.wanted
            && !command.location.is_training()
        {
            self.counting.part.short.add((command.location, *sku), *short_by);
        }
    }

    /// The totals of a store have changed.
    pub(super) fn count_store(&mut self, store: u32) {
        let actor = &mut self.places.stores[store as usize];
        if self.counting.wanted && !actor.untold && !actor.location.is_training() {
            actor.untold = true;
            self.counting.untold.push(store);
        }
    }

    /// Puts what the last second brought behind the records it tells of, all of which were sent before.
    /// While writes are refused nothing more goes to the log: then it waits.
    pub(super) fn hand_over(&mut self, now: Timestamp) {
        let second = now.0 / SECOND_MS;
        let open = self.shared.desk.is_open();
        let writable = self.is_writable();
        let Self { counting, places, quarantine, out, .. } = self;
        counting.wanted = open;
        if counting.is_empty() {
            counting.part.second = second;
            return;
        }
        let is_over = counting.part.second != second || counting.part.is_full();
        if !is_over || !writable {
            return;
        }
        let part = &mut counting.part;
        counting.untold.retain(|at| {
            // What memory says of a closed location is in doubt; it is told once it is read back.
            let closed = quarantine.has(*at);
            if !closed {
                let actor = &mut places.stores[*at as usize];
                part.totals.push((actor.location, totals_since(&actor.store.totals, &actor.told)));
                actor.told = actor.store.totals;
                actor.untold = false;
            }
            closed
        });
        if !part.is_empty() {
            out.part = Some(std::mem::take(part));
        }
        part.second = second;
    }

    /// Shows how old the oldest live reservation is.
    pub(super) fn publish_oldest(&mut self) {
        if !std::mem::take(&mut self.counting.unshown) {
            return;
        }
        let oldest = self.counting.oldest(&self.places, self.reservations);
        let shown = oldest.map_or(0, |began| began.0.max(1));
        self.shared.inboxes[self.no].oldest_hold.store(shown, Ordering::Relaxed);
    }
}

/// When a reservation began, as far as it is known: its name is the command's that made it.
fn began_at(remembered: &Remembered, id: ReservationId, now: Timestamp) -> Timestamp {
    remembered.time_of(CommandId(id.0)).unwrap_or_else(|| remembered.horizon(now))
}
