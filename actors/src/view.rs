//! The published view: what is durable, for every thread to read. Never the truth; the actors are.

use crate::figures::Spot;
use crate::figures::stockouts::{Stockouts, is_out};
use crate::meters::payments::PaymentMeters;
use crate::port::{LevelChange, PaymentChange};
use dashmap::DashMap;
use hashbrown::DefaultHashBuilder;
use onhand_engine::drawer::Happening;
use onhand_engine::event::{Event, Record};
use onhand_engine::ids::{LocationId, OrderId, PaymentId, ReservationId, SessionNo, SkuId, TillNo};
use onhand_engine::layaway::{self, Layaway};
use onhand_engine::level::Level;
use onhand_engine::payment::{Payment, Stage};
use onhand_engine::report::{Sessions, Span};
use onhand_engine::store::{Reservation, Totals};
use onhand_engine::tax::PriceBasis;
use onhand_engine::time::Timestamp;
use onhand_engine::world::PlaceState;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

type Map<K, V> = DashMap<K, V, DefaultHashBuilder>;

/// A change of a live reservation that became durable.
#[derive(Debug)]
pub(crate) enum HoldChange {
    Live(LocationId, ReservationId, Reservation),
    Extended(LocationId, ReservationId, Timestamp),
    Ended(LocationId, ReservationId),
}

/// A layaway as it is now; none: it is closed.
#[derive(Debug)]
pub(crate) struct LayawayChange {
    pub(crate) at: LocationId,
    pub(crate) name: OrderId,
    pub(crate) open: Option<Arc<Layaway>>,
}

/// The layaway that an event may have changed, by the name of its order.
pub(crate) fn layaway_of(event: &Event) -> Option<&OrderId> {
    match event {
        Event::Layaway { layaway, .. } => Some(layaway),
        event => event.sale()?.order.as_ref(),
    }
}

/// A till session that was opened or closed.
#[derive(Debug)]
pub(crate) struct SessionChange {
    spot: (LocationId, TillNo),
    session: SessionNo,
    span: Span,
}

impl SessionChange {
    /// What a record changes about a session.
    pub(crate) fn of(record: &Record) -> Option<Self> {
        let Event::Drawer { till, happening } = &record.event else { return None };
        let (session, span) = match happening {
            Happening::SessionOpened { session, opened, business_day, basis, .. } => {
                (*session, Span { opened: *opened, closed: None, business_day: *business_day, basis: *basis })
            }
            // The rest was published when it was opened.
            Happening::SessionClosed { z, .. } => {
                let (opened, closed, business_day) = (z.opened, Some(z.read), z.business_day);
                (z.session, Span { opened, closed, business_day, basis: PriceBasis::TaxInclusive })
            }
            Happening::CashMoved { .. } | Happening::NoSaleOpened { .. } => return None,
        };
        Some(Self { spot: (record.location, *till), session, span })
    }
}

/// Levels, totals, live reservations and till sessions as of the last durable record.
#[derive(Default)]
pub(crate) struct View {
    levels: Map<Spot, (Level, Timestamp)>,
    listing: Map<LocationId, BTreeSet<SkuId>>,
    totals: Map<LocationId, [Totals; 3]>,
    holds: Map<(LocationId, ReservationId), Reservation>,
    /// Which of them are suspended baskets.
    suspended: Map<LocationId, BTreeSet<ReservationId>>,
    layaways: Map<LocationId, BTreeMap<OrderId, Arc<Layaway>>>,
    /// By till; session 1 is the first.
    sessions: Map<(LocationId, TillNo), Vec<Span>>,
    /// Those that are not ended.
    payments: Map<LocationId, BTreeMap<PaymentId, Arc<Payment>>>,
    payment_meters: PaymentMeters,
    pub(crate) stockouts: Stockouts,
}

impl HoldChange {
    /// What a record changes among the live reservations.
    pub(crate) fn each(record: &Record, mut tell: impl FnMut(HoldChange)) {
        let at = record.location;
        match &record.event {
            Event::Reserved { reservation, owner, channel, deadline, lines, freed } => {
                freed.iter().for_each(|freed| tell(HoldChange::Ended(at, freed.reservation)));
                let (owner, lines) = (owner.clone(), lines.clone());
                let (channel, deadline, suspended, pieces) = (*channel, *deadline, None, Box::default());
                let live = Reservation { owner, channel, deadline, lines, suspended, pieces };
                tell(HoldChange::Live(at, *reservation, live));
            }
            Event::Layaway { happening, .. } => {
                if let layaway::Happening::Opened { freed, .. } = &**happening {
                    freed.iter().for_each(|freed| tell(HoldChange::Ended(at, freed.reservation)));
                }
            }
            Event::Basket { happening, .. } => {
                happening.freed().iter().for_each(|freed| tell(HoldChange::Ended(at, freed.reservation)));
                if let Some((id, held)) = happening.held() {
                    tell(HoldChange::Live(at, id, held.clone()));
                }
            }
            Event::Extended { reservation, deadline } => tell(HoldChange::Extended(at, *reservation, *deadline)),
            Event::Payment { happening, .. } => {
                if let Some((reservation, deadline)) = happening.keeps() {
                    tell(HoldChange::Extended(at, reservation, deadline));
                }
            }
            Event::Released(freed) | Event::Expired(freed) => tell(HoldChange::Ended(at, freed.reservation)),
            Event::SaleRecorded(sale) => {
                sale.freed.iter().for_each(|freed| tell(HoldChange::Ended(at, freed.reservation)));
            }
            Event::Allocated { freed, .. } => {
                freed.iter().for_each(|freed| tell(HoldChange::Ended(at, freed.reservation)));
            }
            _ => {}
        }
    }
}

impl View {
    /// Takes over a location as it was recovered.
    pub(crate) fn load(&self, location: LocationId, place: &PlaceState, time: Timestamp) {
        let mut listing = self.listing.entry(location).or_default();
        let mut skus: Vec<SkuId> = place.rows.keys().copied().collect();
        skus.sort_unstable();
        listing.extend(skus);
        drop(listing);
        for (sku, row) in &place.rows {
            self.levels.insert((location, *sku), (row.level(), time));
        }
        let out = place.rows.iter().filter(|(_, row)| !location.is_training() && is_out(&row.level()));
        self.stockouts.load(out.map(|(sku, _)| (location, *sku)), time);
        self.put_totals(location, place.store.totals);
        for (id, live) in &place.store.reservations {
            self.put_hold(HoldChange::Live(location, *id, live.clone()));
        }
        let open = place.store.payments.open().map(|(id, payment)| (id, Arc::new(payment.clone())));
        let open: BTreeMap<PaymentId, Arc<Payment>> = open.collect();
        if !location.is_training() {
            open.values().for_each(|payment| self.payment_meters.load(payment));
        }
        self.payments.insert(location, open);
        if !place.store.layaways().open.is_empty() {
            self.layaways.insert(location, place.store.layaways().open.clone());
        }
        for (till, drawer) in place.tills.iter().filter_map(|(no, till)| Some((*no, till.drawer.as_ref()?))) {
            let closed = drawer.closed.iter().map(|closed| Span {
                opened: closed.opened,
                closed: Some(closed.closed),
                business_day: closed.business_day,
                basis: closed.basis,
            });
            let open = drawer.session.iter().map(|open| Span {
                opened: open.opened,
                closed: None,
                business_day: open.business_day,
                basis: open.basis,
            });
            self.sessions.insert((location, till), closed.chain(open).collect());
        }
    }

    /// Publishes levels, each newer than the one before of its SKU.
    pub(crate) fn put_levels(&self, changes: &[LevelChange]) {
        let shards = self.levels.shards();
        let mut by_shard: Vec<Vec<(u64, &LevelChange)>> = shards.iter().map(|_| Vec::new()).collect();
        for change in changes {
            let hash = self.levels.hash_usize(&(change.location, change.sku));
            by_shard[self.levels.determine_shard(hash)].push((hash as u64, change));
        }
        let mut new = Vec::new();
        for (shard, own) in shards.iter().zip(by_shard).filter(|(_, own)| !own.is_empty()) {
            let mut shard = shard.write();
            let is_of = |change: &LevelChange, spot: &Spot| *spot == (change.location, change.sku);
            // Touched in a loop so short that the processor fetches many at once.
            let touched = own.iter().filter_map(|(hash, change)| shard.get(*hash, |(spot, _)| is_of(change, spot)));
            std::hint::black_box(touched.map(|(_, known)| known.get().1.0).max());
            for (hash, change) in own {
                match shard.get_mut(hash, |(spot, _)| is_of(change, spot)) {
                    Some((_, known)) => {
                        let (before, _) = std::mem::replace(known.get_mut(), (change.level, change.time));
                        self.see(Some(&before), change);
                    }
                    None => new.push(change),
                }
            }
        }
        for change in new {
            let known = self.levels.insert((change.location, change.sku), (change.level, change.time));
            self.see(known.as_ref().map(|(before, _)| before), change);
            self.listing.entry(change.location).or_default().insert(change.sku);
        }
    }

    fn see(&self, before: Option<&Level>, change: &LevelChange) {
        if !change.location.is_training() {
            self.stockouts.see((change.location, change.sku), before, &change.level, change.time);
        }
    }

    /// Publishes the totals of a location.
    pub(crate) fn put_totals(&self, location: LocationId, totals: [Totals; 3]) {
        self.totals.insert(location, totals);
    }

    /// Publishes a change of a reservation.
    pub(crate) fn put_hold(&self, change: HoldChange) {
        match change {
            HoldChange::Live(at, id, live) => {
                if live.suspended.is_some() {
                    self.suspended.entry(at).or_default().insert(id);
                }
                self.holds.insert((at, id), live);
            }
            HoldChange::Extended(at, id, deadline) => {
                if let Some(mut live) = self.holds.get_mut(&(at, id)) {
                    live.deadline = deadline;
                }
            }
            HoldChange::Ended(at, id) => {
                let ended = self.holds.remove(&(at, id));
                if ended.is_some_and(|(_, ended)| ended.suspended.is_some()) {
                    self.suspended.entry(at).or_default().remove(&id);
                }
            }
        }
    }

    /// Publishes payments as they stand after their changes.
    pub(crate) fn put_payments(&self, changes: &[PaymentChange], now: Timestamp) {
        for change in changes {
            let mut own = self.payments.entry(change.location).or_default();
            let before = match change.payment.is_open() {
                true => own.insert(change.id, Arc::clone(&change.payment)),
                false => own.remove(&change.id),
            };
            if !change.location.is_training() {
                self.payment_meters.see(before.as_deref(), &change.payment, now);
            }
        }
    }

    /// When the oldest payment began of which nobody knows what came of it.
    pub(crate) fn oldest_unknown_payment(&self) -> Option<Timestamp> {
        let oldest = |own: &BTreeMap<PaymentId, Arc<Payment>>| {
            own.values().filter(|payment| payment.stage == Stage::Unknown).map(|payment| payment.at).min()
        };
        self.payments.iter().filter_map(|entry| oldest(entry.value())).min()
    }

    /// The payments of a location that are not ended.
    pub(crate) fn payments(&self, location: LocationId) -> Vec<PaymentChange> {
        let own = self.payments.get(&location);
        let change = |(id, payment): (&PaymentId, &Arc<Payment>)| PaymentChange {
            location,
            id: *id,
            payment: Arc::clone(payment),
        };
        own.iter().flat_map(|own| own.iter().map(change).collect::<Vec<_>>()).collect()
    }

    /// Publishes how a layaway stands.
    pub(crate) fn put_layaway(&self, LayawayChange { at, name, open }: LayawayChange) {
        match open {
            Some(open) => drop(self.layaways.entry(at).or_default().insert(name, open)),
            None => {
                if let Some(mut known) = self.layaways.get_mut(&at) {
                    known.remove(&name);
                }
            }
        }
    }

    /// The open layaways of a location after one, in the order of their names, at most so many.
    pub(crate) fn layaways(&self, at: LocationId, after: Option<&OrderId>, max: usize) -> Vec<(OrderId, Arc<Layaway>)> {
        let Some(known) = self.layaways.get(&at) else { return Vec::new() };
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let page = known.range::<OrderId, _>((from, Bound::Unbounded)).take(max);
        page.map(|(name, open)| (name.clone(), Arc::clone(open))).collect()
    }

    /// Publishes that a session was opened or closed.
    pub(crate) fn put_session(&self, change: &SessionChange) {
        let SessionChange { spot, session, span } = change;
        let mut spans = self.sessions.entry(*spot).or_default();
        match spans.get_mut(place_of(*session)) {
            Some(known) => known.closed = span.closed,
            None => spans.push(*span),
        }
    }

    /// When a session was closed, where it was.
    pub(crate) fn closed(&self, location: LocationId, till: TillNo, session: SessionNo) -> Option<Timestamp> {
        self.sessions.get(&(location, till))?.get(place_of(session))?.closed
    }

    /// The sessions of every till of the wanted locations.
    pub(crate) fn sessions(&self, wanted: impl Fn(LocationId) -> bool) -> Sessions {
        let of_wanted = self.sessions.iter().filter(|entry| wanted(entry.key().0));
        of_wanted.map(|entry| (*entry.key(), entry.value().clone())).collect()
    }

    pub(crate) fn level(&self, location: LocationId, sku: SkuId) -> Option<LevelChange> {
        let found = self.levels.get(&(location, sku))?;
        let (level, time) = *found;
        Some(LevelChange { location, sku, time, level })
    }

    pub(crate) fn levels(&self, location: LocationId, after: Option<SkuId>, max: usize) -> Vec<LevelChange> {
        let Some(listing) = self.listing.get(&location) else { return Vec::new() };
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let page: Vec<SkuId> = listing.range((from, Bound::Unbounded)).take(max).copied().collect();
        drop(listing);
        page.into_iter().filter_map(|sku| self.level(location, sku)).collect()
    }

    pub(crate) fn totals(&self, location: LocationId) -> [Totals; 3] {
        self.totals.get(&location).map(|totals| *totals).unwrap_or_default()
    }

    /// The suspended baskets of a location, in the order of their names.
    pub(crate) fn suspended(&self, location: LocationId) -> Vec<(ReservationId, Reservation)> {
        let Some(names) = self.suspended.get(&location).map(|names| names.clone()) else { return Vec::new() };
        names.into_iter().filter_map(|id| Some((id, self.hold(location, id)?))).collect()
    }

    pub(crate) fn hold(&self, location: LocationId, id: ReservationId) -> Option<Reservation> {
        self.holds.get(&(location, id)).map(|live| live.clone())
    }
}

fn place_of(session: SessionNo) -> usize {
    usize::try_from(session.0.saturating_sub(1)).unwrap_or(usize::MAX)
}
