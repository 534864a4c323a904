//! Who takes part in a command: into whose mailboxes it goes.

use super::{Coming, NO_STORE, Shard};
use crate::drained::NOBODY;
use crate::mailbox::ActorRef;
use crate::port::{Envelope, Outcome, Ticket};
use onhand_engine::basket::{self, NamedLine};
use onhand_engine::command::{Action, Channel, Command, SaleLine, SkuQty};
use onhand_engine::goods::{Goods, each_asked};
use onhand_engine::ids::{CommandId, LocationId, OrderId, ReservationId, SkuId};
use onhand_engine::layaway;
use onhand_engine::payment::PaymentAsk;
use onhand_engine::people::By;
use onhand_engine::refusal::Refusal;
use onhand_engine::returns::KnownSale;
use onhand_engine::store::OrderState;

impl Shard {
    pub(super) fn enqueue(&mut self, envelope: Envelope) {
        // What a known sale takes may be found otherwise by now; its accounts are being asked all the same.
        let is_paying = !self.redemptions.is_idle() && self.redemptions.is_paying(envelope.command.id);
        if is_paying || self.needs_paying(&envelope) { self.pay(envelope) } else { self.take_in(envelope) }
    }

    /// Puts a command into the mailboxes of its participants.
    pub(super) fn take_in(&mut self, envelope: Envelope) {
        let mut participants = std::mem::take(&mut self.participants);
        participants.clear();
        match self.participants_of(&envelope.command, &mut participants) {
            Ok(store) => {
                let job = self.post.take_in(envelope, store);
                for actor in &participants {
                    self.post.join(job, *actor, self.places.mailbox(*actor));
                }
                if self.post.is_ready(job) {
                    self.ready.push_back(job);
                }
            }
            Err(refusal) => {
                self.ran_since_yield += 1;
                self.decided += 1;
                self.tally.refused(refusal.number());
                // Nothing on its way to the log could have changed this.
                self.direct.push(envelope.port, envelope.ticket, Outcome::Refused(refusal));
                participants.iter().for_each(|actor| self.places.passivate(*actor));
            }
        }
        self.participants = participants;
    }

    /// Who takes part in a command: its SKUs and its till; the store when there is nobody else. What
    /// a store sums up, and what ending reservations give back, may come in any order.
    fn participants_of(&mut self, command: &Command, into: &mut Vec<ActorRef>) -> Result<u32, Refusal> {
        if command.location == LocationId::CHAIN {
            into.push(ActorRef::Chain);
            return Ok(NO_STORE);
        }
        let store = self.places.store(command.location, &self.shared.directory)?;
        let mut behind = [None, None];
        match command.action.asked() {
            Action::Sell(sell) => {
                self.add_moved(store, sell.lines.iter().map(SaleLine::sku_qty), sell.goods.as_deref(), into)?;
                into.extend(sell.till.map(|no| ActorRef::Till(self.places.till(store, no))));
                behind = [sell.reservation.map(Coming::Reservation), sell.order.clone().map(Coming::Order)];
            }
            Action::Return { till, lines, of, goods, .. } => {
                self.add_moved(store, lines.iter().map(SaleLine::sku_qty), goods.as_deref(), into)?;
                of.iter().try_for_each(|of| self.add_sold(store, &of.sale, into))?;
                into.extend(till.map(|no| ActorRef::Till(self.places.till(store, no))));
            }
            Action::Exchange { back, sell, .. } => {
                self.add_moved(store, sell.lines.iter().map(SaleLine::sku_qty), sell.goods.as_deref(), into)?;
                self.add_sold(store, &back.sale, into)?;
                into.extend(sell.till.map(|no| ActorRef::Till(self.places.till(store, no))));
            }
            Action::Reserve { lines, goods, .. } => {
                self.add_moved(store, lines.iter().copied(), goods.as_deref(), into)?;
                self.expect(store, Coming::Reservation(ReservationId(command.id.0)), into);
            }
            Action::Layaway { till, layaway: order, ask } => {
                let goods = match ask {
                    layaway::Ask::Open { lines, goods, .. } => {
                        self.add_moved(store, lines.iter().map(SaleLine::sku_qty), goods.as_deref(), into)?;
                        Vec::new()
                    }
                    layaway::Ask::Deposit { .. } => Vec::new(),
                    layaway::Ask::Cancel { .. } => self.skus_allocated(store, order),
                };
                self.add_skus(store, goods.into_iter(), into)?;
                into.push(ActorRef::Till(self.places.till(store, *till)));
                behind[0] = Some(Coming::Order(order.clone()));
                if let layaway::Ask::Open { reservation, .. } = ask {
                    behind[1] = reservation.map(Coming::Reservation);
                    self.expect(store, Coming::Order(order.clone()), into);
                }
            }
            Action::Basket { till, ask } => {
                let needed = match ask {
                    basket::Ask::Suspend { basket, goods, .. } => {
                        let mut skus = Vec::new();
                        let lines = basket.lines.iter().map(NamedLine::sku_qty);
                        each_asked(lines, goods.as_deref(), |line| skus.push(line.sku));
                        skus
                    }
                    basket::Ask::Recall { basket, .. } => self.skus_held(store, *basket),
                    basket::Ask::VoidLine { line, reservation } => {
                        let held = reservation.map_or_else(Vec::new, |id| self.skus_held(store, id));
                        std::iter::once(line.sku).chain(held).collect()
                    }
                };
                self.add_skus(store, needed.into_iter(), into)?;
                into.push(ActorRef::Till(self.places.till(store, *till)));
                behind[0] = match ask {
                    basket::Ask::Suspend { .. } => None,
                    basket::Ask::Recall { basket, .. } => Some(Coming::Reservation(*basket)),
                    basket::Ask::VoidLine { reservation, .. } => reservation.map(Coming::Reservation),
                };
                if !matches!(ask, basket::Ask::VoidLine { .. }) {
                    self.expect(store, Coming::Reservation(ReservationId(command.id.0)), into);
                }
            }
            Action::Allocate { order, lines, reservation, goods, .. } => {
                self.add_moved(store, lines.iter().copied(), goods.as_deref(), into)?;
                behind[0] = reservation.map(Coming::Reservation);
                self.expect(store, Coming::Order(order.clone()), into);
            }
            Action::Receive { lines, goods } => {
                self.add_moved(store, lines.iter().copied(), goods.as_deref(), into)?;
            }
            Action::Adjust { sku, .. } | Action::Count { sku, .. } | Action::SetPolicy { sku, .. } => {
                self.add_skus(store, std::iter::once(*sku), into)?;
            }
            Action::Extend { reservation, .. } | Action::Release { reservation } | Action::Expire { reservation } => {
                let skus = self.skus_held(store, *reservation);
                self.add_skus(store, skus.into_iter(), into)?;
                behind[0] = Some(Coming::Reservation(*reservation));
            }
            Action::Payment { ask, .. } => {
                if let PaymentAsk::Start(start) = ask {
                    behind[0] = start.reservation.map(Coming::Reservation);
                }
            }
            Action::Deallocate { order } => {
                let open = self.skus_allocated(store, order);
                self.add_skus(store, open.into_iter(), into)?;
                behind[0] = Some(Coming::Order(order.clone()));
            }
            Action::DefineItems { .. }
            | Action::DefineLocation { .. }
            | Action::CreateKey { .. }
            | Action::RevokeKey { .. }
            | Action::GrantReturn(_)
            | Action::SetDrawerRules { .. }
            | Action::Account { .. }
            | Action::Redemption(_)
            | Action::SetLabels { .. }
            | Action::SetReturnLimits { .. }
            | Action::DefinePriceBook { .. }
            | Action::EndPriceBook { .. }
            | Action::DefinePromotions { .. }
            | Action::EndPromotion { .. }
            | Action::DefineRole { .. }
            | Action::DefineUser { .. }
            | Action::SetPin { .. }
            | Action::DisableUser { .. }
            | Action::RequirePeople { .. }
            | Action::IfKnown { .. } => {}
            Action::Drawer { till, .. } => into.push(ActorRef::Till(self.places.till(store, *till))),
        }
        into.extend(behind.into_iter().flatten().filter_map(|name| self.coming.get(&(store, name)).copied()));
        if into.is_empty() {
            into.push(ActorRef::Store(store));
        }
        Ok(store)
    }

    fn skus_allocated(&self, store: u32, order: &OrderId) -> Vec<SkuId> {
        match self.places.stores[store as usize].store.orders.get(order) {
            Some(OrderState::Open { left, .. }) => left.iter().map(|line| line.sku).collect(),
            _ => Vec::new(),
        }
    }

    fn skus_held(&self, store: u32, reservation: ReservationId) -> Vec<SkuId> {
        let live = self.places.stores[store as usize].store.reservations.get(&reservation);
        live.iter().flat_map(|live| &live.lines).map(|line| line.sku).collect()
    }

    /// The items that lines move: of a kit, its parts.
    fn add_moved(
        &mut self,
        store: u32,
        lines: impl Iterator<Item = SkuQty>,
        goods: Option<&Goods>,
        into: &mut Vec<ActorRef>,
    ) -> Result<(), Refusal> {
        if goods.is_none() {
            return self.add_skus(store, lines.map(|line| line.sku), into);
        }
        let mut skus = Vec::new();
        each_asked(lines, goods, |line| skus.push(line.sku));
        self.add_skus(store, skus.into_iter(), into)
    }

    /// The items that left with a known sale.
    fn add_sold(&mut self, store: u32, sale: &KnownSale, into: &mut Vec<ActorRef>) -> Result<(), Refusal> {
        let mut skus = Vec::new();
        sale.each_moved(|line| skus.push(line.sku));
        self.add_skus(store, skus.into_iter(), into)
    }

    fn add_skus(
        &mut self,
        store: u32,
        skus: impl Iterator<Item = SkuId>,
        into: &mut Vec<ActorRef>,
    ) -> Result<(), Refusal> {
        for sku in skus {
            into.push(ActorRef::Sku(sku, self.places.sku(store, sku, &self.shared.directory)?));
        }
        Ok(())
    }

    fn expect(&mut self, store: u32, name: Coming, participants: &[ActorRef]) {
        if let Some(first) = participants.first() {
            self.coming.insert((store, name), *first);
        }
    }
}

/// The command by which the server ends a reservation. Its id is the reservation's own, marked, so
/// that it is neither the id of the command that reserved nor anybody else's.
pub(super) fn expire(location: LocationId, reservation: ReservationId) -> Envelope {
    const MARK: u128 = u128::from_be_bytes(*b"reservation over");
    let command = Command {
        id: CommandId(reservation.0 ^ MARK),
        location,
        channel: Channel::Web,
        action: Action::Expire { reservation },
    };
    Envelope { port: NOBODY, ticket: Ticket(0), by: By::default(), command }
}
