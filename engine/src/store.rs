//! A store: what a location sold, its live reservations and its orders. Warehouses have one too.

use crate::account::{Account, Accounts, Settling};
use crate::basket::Suspended;
use crate::command::{Channel, SaleLine, SkuQty};
use crate::drawer::rules::DrawerRules;
use crate::event::{Event, Freed, Return, Sale};
use crate::goods::{Piece, Serials};
use crate::ids::{CommandId, OrderId, Owner, ReservationId, Seq};
use crate::layaway::{self, Layaways};
use crate::money::Minor;
use crate::payment::{Payments, check_granted};
use crate::qty::Qty;
use crate::returns::unreceipted::OfDay;
use crate::returns::{GivenBack, Grant, PendingGrant};
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What one channel sold at a location.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Sales recorded.
    pub sales: u64,
    /// Lines in them.
    pub lines: u64,
    /// Units sold.
    pub units: Qty,
    /// Revenue without tax.
    pub net: Minor,
    /// Tax on it.
    pub tax: Minor,
    /// Returns recorded.
    pub returns: u64,
    /// Units that came back.
    pub returned_units: Qty,
    /// Money given back, without tax.
    pub returned_net: Minor,
    /// Tax given back.
    pub returned_tax: Minor,
    /// Units sold as facts that stock did not cover.
    pub oversold: Qty,
}

/// A live reservation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// Who it is for.
    pub owner: Owner,
    /// Where the demand came from.
    pub channel: Channel,
    /// When it ends by itself.
    pub deadline: Timestamp,
    /// What it holds.
    pub lines: Vec<SkuQty>,
    /// The basket it is for, while that is suspended: then it belongs to whoever recalls it, and to no
    /// owner.
    pub suspended: Option<Arc<Suspended>>,
    /// The pieces that it holds by their serial numbers. Lines are those of its basket.
    pub pieces: Box<[Piece]>,
}

impl Reservation {
    /// Whether it holds anything.
    #[must_use]
    pub fn holds(&self) -> bool {
        !self.lines.is_empty() || !self.pieces.is_empty()
    }
}

/// Where an order stands here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderState {
    /// Units are allocated: what was asked, and what is still to be fulfilled of it.
    Open {
        /// What was asked.
        asked: Vec<SkuQty>,
        /// What is still allocated.
        left: Vec<SkuQty>,
    },
    /// Fulfilled or cancelled.
    Closed,
}

/// The state of a store actor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Store {
    /// What was sold, per [`Channel::index`].
    pub totals: [Totals; 3],
    /// Live reservations.
    pub reservations: BTreeMap<ReservationId, Reservation>,
    /// Orders that were ever allocated or sold here.
    pub orders: BTreeMap<OrderId, OrderState>,
    /// What was given back of sales made here, by their place in the log. Most sales have none.
    pub given_back: BTreeMap<Seq, GivenBack>,
    /// What of that was granted to returns of which it is not known yet whether they stand, by their command.
    pub grants: BTreeMap<CommandId, PendingGrant>,
    /// Sales and returns of which not all others have done their part.
    pub settling: Settling,
    /// The accounts of a virtual location; none anywhere else.
    pub accounts: Accounts,
    /// Card payments for sales of this location.
    pub payments: Payments,
    /// Goods set aside against deposits, once there were any.
    pub layaways: Option<Box<Layaways>>,
    /// An index of `reservations`: whose is which.
    owners: BTreeSet<(Owner, ReservationId)>,
    /// Another: which of them are suspended baskets.
    suspended: BTreeSet<ReservationId>,
    /// What its drawers go by, once it was set.
    pub drawer_rules: Option<Box<DrawerRules>>,
    /// What was sold by its serial number.
    pub serials: Serials,
    /// What was given without a receipt on the latest day that it was.
    pub returns_of_day: Option<OfDay>,
}

impl Store {
    /// The live reservations of an owner, in the order of their names.
    pub fn reservations_of(&self, owner: &Owner) -> impl Iterator<Item = ReservationId> {
        let names = (owner.clone(), ReservationId(0))..=(owner.clone(), ReservationId(u128::MAX));
        self.owners.range(names).map(|(_, id)| *id)
    }

    /// The layaways of this location.
    #[must_use]
    pub fn layaways(&self) -> &Layaways {
        static NONE: Layaways = Layaways::NONE;
        self.layaways.as_deref().unwrap_or(&NONE)
    }

    /// The baskets suspended here, in the order of their names.
    pub fn suspended(&self) -> impl Iterator<Item = (ReservationId, &Suspended)> {
        let named = self.suspended.iter().filter_map(|id| Some((*id, self.reservations.get(id)?)));
        named.filter_map(|(id, live)| Some((id, live.suspended.as_deref()?)))
    }

    /// How many they are.
    #[must_use]
    pub fn suspended_count(&self) -> usize {
        self.suspended.len()
    }

    /// What was given back of a sale made here.
    #[must_use]
    pub fn given_back(&self, sale: Seq) -> &GivenBack {
        static NOTHING: GivenBack =
            GivenBack { lines: BTreeMap::new(), tenders: BTreeMap::new(), accounts: BTreeMap::new() };
        self.given_back.get(&sale).unwrap_or(&NOTHING)
    }

    /// What was given back of a sale made here, without what was granted to some of the returns that may
    /// still come to nothing.
    #[must_use]
    pub fn given_without(&self, sale: Seq, leave_out: impl Fn(CommandId) -> bool) -> GivenBack {
        let mut given = self.given_back(sale).clone();
        let pending = self.grants.iter().filter(|(command, pending)| pending.sale == sale && leave_out(**command));
        pending.for_each(|(_, pending)| given.undo(&pending.grant));
        given
    }

    /// What ends when a reservation ends.
    #[must_use]
    pub fn freed(&self, reservation: ReservationId) -> Option<Freed> {
        let live = self.reservations.get(&reservation)?;
        Some(Freed { reservation, lines: live.lines.clone() })
    }

    /// Folds in an event of this location.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::SaleRecorded(sale) => self.sold(sale),
            Event::GoodsReturned(back) => self.take_back(back),
            Event::Exchanged { back, sale } => {
                self.sold(sale);
                self.take_back(back);
            }
            Event::ReturnGranted { command, pending } => {
                self.end_grant(*command, false);
                let grant = &pending.grant;
                self.given_back.entry(pending.sale).or_default().take(grant);
                grant.pieces.iter().for_each(|piece| self.serials.take_back(piece.sku, &piece.serial));
                self.grants.insert(*command, (**pending).clone());
            }
            Event::GrantEnded { command, kept, refunds, .. } => {
                self.end_grant(*command, *kept);
                self.payments.refund(*command, refunds);
            }
            Event::Reserved { reservation, owner, channel, deadline, lines, freed } => {
                // It takes the place of these: their pieces stay held.
                let taken_over = freed.iter().filter_map(|one| self.reservations.get(&one.reservation));
                let pieces = taken_over.flat_map(|one| one.pieces.iter().cloned()).collect();
                self.free(freed);
                let (owner, lines) = (owner.clone(), lines.clone());
                let (channel, deadline, suspended) = (*channel, *deadline, None);
                self.insert(*reservation, Reservation { owner, channel, deadline, lines, suspended, pieces });
            }
            Event::Layaway { layaway, happening, .. } => self.set_aside(layaway, happening),
            Event::Basket { happening, .. } => {
                self.free(happening.freed());
                if let Some((id, held)) = happening.held() {
                    self.insert(id, held.clone());
                }
            }
            Event::Extended { reservation, deadline } => {
                self.extend(*reservation, *deadline);
            }
            Event::Released(freed) | Event::Expired(freed) => self.free(std::slice::from_ref(freed)),
            Event::Allocated { order, lines, freed, asked } => {
                self.free(freed);
                let asked = asked.as_ref().map_or_else(|| lines.clone(), |asked| asked.to_vec());
                self.orders.insert(order.clone(), OrderState::Open { asked, left: lines.clone() });
            }
            Event::Deallocated { order, .. } => {
                self.orders.insert(order.clone(), OrderState::Closed);
            }
            Event::DrawerRulesSet { rules } => self.drawer_rules = Some(rules.clone()),
            Event::Account { account, entry } => self.accounts.apply(*account, entry),
            Event::Settled { sale, .. } => self.settling.end(*sale),
            Event::Payment { payment, happening } => {
                if let Some((reservation, deadline)) = happening.keeps() {
                    self.extend(reservation, deadline);
                }
                self.payments.apply(*payment, happening);
            }
            _ => {}
        }
    }

    /// Puts a live reservation in place, as an event or a snapshot says.
    pub fn insert(&mut self, id: ReservationId, reservation: Reservation) {
        if reservation.suspended.is_some() {
            self.suspended.insert(id);
        } else {
            self.owners.insert((reservation.owner.clone(), id));
        }
        self.serials.hold(id, &reservation.pieces);
        self.reservations.insert(id, reservation);
    }

    fn extend(&mut self, reservation: ReservationId, deadline: Timestamp) {
        if let Some(live) = self.reservations.get_mut(&reservation) {
            live.deadline = deadline;
        }
    }

    fn set_aside(&mut self, name: &OrderId, happening: &layaway::Happening) {
        match happening {
            layaway::Happening::Opened { goods, freed, .. } => {
                self.free(freed);
                self.orders.insert(name.clone(), OrderState::Open { asked: goods.clone(), left: goods.clone() });
            }
            layaway::Happening::Deposited { .. } => {}
            layaway::Happening::Cancelled { .. } => {
                self.orders.insert(name.clone(), OrderState::Closed);
            }
        }
        self.layaways.get_or_insert_default().apply(name, happening);
    }

    fn free(&mut self, freed: &[Freed]) {
        for one in freed {
            if let Some(ended) = self.reservations.remove(&one.reservation) {
                self.serials.let_go(one.reservation, &ended.pieces);
                if ended.suspended.is_some() {
                    self.suspended.remove(&one.reservation);
                } else {
                    self.owners.remove(&(ended.owner, one.reservation));
                }
            }
        }
    }

    /// What must hold at every step.
    ///
    /// # Errors
    /// The sentence says what does not.
    pub fn check(&self) -> Result<(), &'static str> {
        let owned = |(owner, id): &(Owner, ReservationId)| {
            self.reservations.get(id).is_some_and(|live| live.owner == *owner && live.suspended.is_none())
        };
        let suspended = |id: &ReservationId| self.reservations.get(id).is_some_and(|live| live.suspended.is_some());
        let indexed = self.owners.len().saturating_add(self.suspended.len());
        if indexed != self.reservations.len() || !self.owners.iter().all(owned) {
            return Err("the index of owners is not that of the live reservations");
        }
        if !self.suspended.iter().all(suspended) {
            return Err("the index of suspended baskets is not that of the live reservations");
        }
        if self.reservations.values().any(|live| !live.holds() && live.suspended.is_none()) {
            return Err("a live reservation holds nothing");
        }
        let mut pieces = self.reservations.iter().flat_map(|(id, live)| live.pieces.iter().map(|piece| (*id, piece)));
        let count = self.reservations.values().map(|live| live.pieces.len()).sum::<usize>();
        if count != self.serials.held_count() || !pieces.all(|(id, piece)| self.serials.holder(piece) == Some(id)) {
            return Err("the held serial numbers are not those of the live reservations");
        }
        let empty = |state: &OrderState| matches!(state, OrderState::Open { left, .. } if left.is_empty());
        if self.orders.values().any(empty) {
            return Err("an order with nothing left is open");
        }
        if self.grants.values().any(|pending| !self.given_back.contains_key(&pending.sale)) {
            return Err("what was granted is not booked as given back");
        }
        let is_kept =
            |name: &OrderId, left: Minor| left > Minor::ZERO || self.orders.get(name) != Some(&OrderState::Closed);
        if !self.layaways().open.iter().all(|(name, open)| is_kept(name, open.deposited())) {
            return Err("a layaway with nothing left is open");
        }
        self.layaways().check()?;
        self.serials.check()?;
        self.accounts.list.values().try_for_each(Account::check)?;
        self.payments.check()?;
        check_granted(self)
    }

    fn sold(&mut self, sale: &Sale) {
        self.free(&sale.freed);
        if let Some(order) = &sale.order {
            self.fulfil(order, sale);
            if let Some(layaways) = &mut self.layaways {
                let is_closed = self.orders.get(order) == Some(&OrderState::Closed);
                layaways.sold(order, sale, is_closed);
            }
        }
        if let Some(goods) = &sale.goods {
            goods.pieces.iter().for_each(|piece| self.serials.sell(piece.sku, &piece.serial));
        }
        if let Some(redemption) = &sale.redemption {
            self.settling.begin(redemption);
        }
        if let Some(paid) = &sale.payments {
            self.payments.sold(&paid.uses, &paid.given_up);
        }
        let oversold = sale.oversold.iter().map(|line| line.qty).sum();
        if let Some(totals) = self.totals.get_mut(sale.channel.index()) {
            totals.sold(&sale.lines, oversold);
        }
    }

    fn take_back(&mut self, back: &Return) {
        if let Some(redemption) = &back.redemption {
            self.settling.begin(redemption);
        }
        if let Some(totals) = self.totals.get_mut(back.channel.index()) {
            totals.returned(&back.lines);
        }
        let pieces = back.goods.as_ref().map_or(&[][..], |goods| &goods.pieces);
        if let Some(of) = back.of.as_ref().filter(|of| !of.granted) {
            let (portions, lines, tenders) = (of.portions.clone(), back.lines.clone(), back.tenders.clone());
            let given = self.given_back.entry(of.sale.seq).or_default();
            let (credits, refunds) = (Vec::new(), Vec::new());
            given.take(&Grant { portions, lines, tenders, credits, pieces: pieces.to_vec(), refunds });
        }
        if let Some(refunds) = back.begun() {
            self.payments.refund(refunds.id, &refunds.parts);
        }
        pieces.iter().for_each(|piece| self.serials.take_back(piece.sku, &piece.serial));
        if let Some(unreceipted) = &back.unreceipted {
            self.returns_of_day = Some(OfDay::with(self.returns_of_day, unreceipted.day, back.gross()));
        }
    }

    fn end_grant(&mut self, command: CommandId, kept: bool) {
        let Some(pending) = self.grants.remove(&command).filter(|_| !kept) else { return };
        pending.grant.pieces.iter().for_each(|piece| self.serials.sell(piece.sku, &piece.serial));
        let given = self.given_back.entry(pending.sale).or_default();
        given.undo(&pending.grant);
        if given.is_empty() {
            self.given_back.remove(&pending.sale);
        }
    }

    fn fulfil(&mut self, order: &OrderId, sale: &Sale) {
        let state = self.orders.entry(order.clone()).or_insert(OrderState::Closed);
        let OrderState::Open { left, .. } = state else { return };
        sale.each_moved(|line| {
            for open in left.iter_mut().filter(|open| open.sku == line.sku) {
                open.qty = open.qty.minus(line.qty).floored();
            }
        });
        left.retain(|open| open.qty.is_positive());
        if left.is_empty() {
            *state = OrderState::Closed;
        }
    }
}

impl Totals {
    fn sold(&mut self, lines: &[SaleLine], oversold: Qty) {
        self.sales = self.sales.saturating_add(1);
        self.lines = self.lines.saturating_add(u64::try_from(lines.len()).unwrap_or(u64::MAX));
        for line in lines {
            self.units = self.units.plus(line.qty);
            self.net = self.net.plus(line.taxed.net);
            self.tax = self.tax.plus(line.taxed.tax);
        }
        self.oversold = self.oversold.plus(oversold);
    }

    fn returned(&mut self, lines: &[SaleLine]) {
        self.returns = self.returns.saturating_add(1);
        for line in lines {
            self.returned_units = self.returned_units.plus(line.qty);
            self.returned_net = self.returned_net.plus(line.taxed.net);
            self.returned_tax = self.returned_tax.plus(line.taxed.tax);
        }
    }
}
