//! The stock of one SKU at one location: the state of a SKU actor.

use crate::command::{Bucket, Channel, Disposition, Policy, Standing};
use crate::ids::{Label, OrderId, ReservationId, Version};
use crate::level::Level;
use crate::qty::Qty;
use std::collections::BTreeMap;

/// The counts of one SKU at one location. A row is small while nothing is held; what is rare lives
/// behind one pointer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StockRow {
    on_hand: Qty,
    reserved: Qty,
    allocated: Qty,
    unavailable: Qty,
    incoming: Qty,
    version: u64,
    detail: Option<Box<Detail>>,
}

/// Who holds what, and the rules where they differ from the default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detail {
    /// Units held per live reservation.
    pub holds: BTreeMap<ReservationId, Qty>,
    /// Units bound per open order.
    pub allocations: BTreeMap<OrderId, Qty>,
    /// Units not for sale, by reason.
    pub unavailable: Vec<(Label, Qty)>,
    /// The stock rules here.
    pub policy: Policy,
}

/// What an event changes for one SKU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    /// Units left with a customer; an order's allocation is used first.
    Sold {
        /// How much.
        qty: Qty,
        /// The order it fulfils.
        order: Option<&'a OrderId>,
    },
    /// Units are held.
    Reserved {
        /// By which reservation.
        reservation: ReservationId,
        /// How much.
        qty: Qty,
    },
    /// A reservation ended.
    Freed {
        /// Which.
        reservation: ReservationId,
    },
    /// Units are bound to an order.
    Allocated {
        /// Which.
        order: &'a OrderId,
        /// How much.
        qty: Qty,
    },
    /// An order's allocation ended.
    Deallocated {
        /// Which.
        order: &'a OrderId,
    },
    /// Goods came in.
    Received {
        /// How much.
        qty: Qty,
    },
    /// Goods came back.
    Returned {
        /// How much.
        qty: Qty,
        /// What becomes of them.
        disposition: Disposition,
    },
    /// A correction.
    Adjusted {
        /// Which count.
        bucket: &'a Bucket,
        /// By how much.
        delta: Qty,
    },
    /// A count.
    Counted {
        /// Counted minus on hand at the time of counting.
        variance: Qty,
    },
    /// New rules.
    Policy {
        /// The rules.
        policy: Policy,
    },
}

impl StockRow {
    /// Units physically here by our books; below zero after facts that stock did not cover.
    #[must_use]
    pub const fn on_hand(&self) -> Qty {
        self.on_hand
    }

    /// How many events have changed it.
    #[must_use]
    pub const fn version(&self) -> Version {
        Version(self.version)
    }

    /// The rules here.
    #[must_use]
    pub fn policy(&self) -> Policy {
        self.detail.as_ref().map(|detail| detail.policy).unwrap_or_default()
    }

    /// The rare part, where there is one.
    #[must_use]
    pub fn detail(&self) -> Option<&Detail> {
        self.detail.as_deref()
    }

    /// Units held by a reservation.
    #[must_use]
    pub fn held_by(&self, reservation: ReservationId) -> Qty {
        self.detail.as_ref().map_or(Qty::ZERO, |d| find(&d.holds, &reservation))
    }

    /// Units bound to an order.
    #[must_use]
    pub fn allocated_to(&self, order: &OrderId) -> Qty {
        self.detail.as_ref().map_or(Qty::ZERO, |d| find(&d.allocations, order))
    }

    /// Available to promise before flooring: on hand - reserved - allocated - unavailable - safety
    /// stock of the channel. The one formula of availability; every read path shows its result.
    #[must_use]
    pub fn promise(&self, channel: Channel) -> Qty {
        self.uncommitted().minus(self.safety_stock(channel))
    }

    /// What an asker can have who holds `held` of it and whose order is allocated `bound` of it:
    /// what is available to promise, and what is theirs. When facts have eaten into promises, or
    /// the safety stock was raised since, theirs still counts as far as it is here: a hold never
    /// counts against its own owner. Orders come before holds. A fact may use the safety stock.
    #[must_use]
    pub fn available_to(&self, channel: Channel, standing: Standing, held: Qty, bound: Qty) -> Qty {
        let open = match standing {
            Standing::Request => self.promise(channel),
            Standing::Fact => self.uncommitted(),
        };
        let here = self.on_hand.minus(self.unavailable);
        let theirs = bound.min(here.floored()).plus(held.min(here.minus(self.allocated).floored()));
        open.plus(held).plus(bound).max(theirs)
    }

    fn uncommitted(&self) -> Qty {
        self.on_hand.minus(self.reserved).minus(self.allocated).minus(self.unavailable)
    }

    fn safety_stock(&self, channel: Channel) -> Qty {
        self.policy().safety_stock.get(channel.index()).copied().unwrap_or_default()
    }

    /// Available to promise: never below zero.
    #[must_use]
    pub fn atp(&self, channel: Channel) -> Qty {
        self.promise(channel).floored()
    }

    /// What may be shown of it.
    #[must_use]
    pub fn level(&self) -> Level {
        Level {
            version: self.version(),
            on_hand: self.on_hand,
            reserved: self.reserved,
            allocated: self.allocated,
            unavailable: self.unavailable,
            incoming: self.incoming,
            low_at: self.policy().low_at,
            atp: Channel::ALL.map(|channel| self.atp(channel)),
        }
    }

    /// Folds a change in. Cannot fail.
    pub fn apply(&mut self, change: Change<'_>) {
        self.version = self.version.saturating_add(1);
        match change {
            Change::Sold { qty, order } => {
                self.on_hand = self.on_hand.minus(qty);
                if let Some(order) = order {
                    self.use_allocation(order, qty);
                }
            }
            Change::Reserved { reservation, qty } => {
                self.reserved = self.reserved.plus(qty);
                add(&mut self.detail_mut().holds, reservation, qty);
            }
            Change::Freed { reservation } => {
                let held = take(&mut self.detail_mut().holds, &reservation);
                self.reserved = self.reserved.minus(held);
            }
            Change::Allocated { order, qty } => {
                self.allocated = self.allocated.plus(qty);
                add(&mut self.detail_mut().allocations, order.clone(), qty);
            }
            Change::Deallocated { order } => {
                let bound = take(&mut self.detail_mut().allocations, order);
                self.allocated = self.allocated.minus(bound);
            }
            Change::Received { qty } => {
                self.on_hand = self.on_hand.plus(qty);
                self.incoming = self.incoming.minus(qty).floored();
            }
            Change::Returned { qty, disposition } => self.take_back(qty, disposition),
            Change::Adjusted { bucket, delta } => self.adjust(bucket, delta),
            Change::Counted { variance } => self.on_hand = self.on_hand.plus(variance),
            Change::Policy { policy } => self.detail_mut().policy = policy,
        }
        self.drop_empty_detail();
    }

    /// What must hold at every step: the counters equal their parts, and no part is below zero.
    ///
    /// # Errors
    /// The sentence says which does not.
    pub fn check(&self) -> Result<(), &'static str> {
        let empty = Detail::default();
        let detail = self.detail.as_deref().unwrap_or(&empty);
        if self.reserved != detail.holds.values().copied().sum() {
            return Err("reserved is not the sum of the live reservations");
        }
        if self.allocated != detail.allocations.values().copied().sum() {
            return Err("allocated is not the sum of the open orders");
        }
        if self.unavailable != detail.unavailable.iter().map(|(_, qty)| *qty).sum() {
            return Err("unavailable is not the sum of its reasons");
        }
        if detail.holds.values().any(|qty| !qty.is_positive()) {
            return Err("a reservation holds nothing, or less");
        }
        if detail.allocations.values().any(|qty| !qty.is_positive()) {
            return Err("an order is allocated nothing, or less");
        }
        if self.unavailable < Qty::ZERO || self.incoming < Qty::ZERO {
            return Err("unavailable or incoming is below zero");
        }
        Ok(())
    }

    /// Rebuilds a row from its parts, as a snapshot keeps them.
    #[must_use]
    pub fn from_parts(on_hand: Qty, incoming: Qty, version: Version, detail: Option<Detail>) -> Self {
        let mut row = Self { on_hand, incoming, version: version.0, ..Self::default() };
        if let Some(detail) = detail {
            row.reserved = detail.holds.values().copied().sum();
            row.allocated = detail.allocations.values().copied().sum();
            row.unavailable = detail.unavailable.iter().map(|(_, qty)| *qty).sum();
            row.detail = Some(Box::new(detail));
        }
        row.drop_empty_detail();
        row
    }

    /// Units ordered or in transit to here.
    #[must_use]
    pub const fn incoming(&self) -> Qty {
        self.incoming
    }

    fn use_allocation(&mut self, order: &OrderId, qty: Qty) {
        let detail = self.detail_mut();
        let bound = take(&mut detail.allocations, order);
        let left = bound.minus(qty).floored();
        if left.is_positive() {
            add(&mut detail.allocations, order.clone(), left);
        }
        self.allocated = self.allocated.minus(bound).plus(left);
    }

    fn take_back(&mut self, qty: Qty, disposition: Disposition) {
        if disposition == Disposition::ToSupplier {
            return;
        }
        self.on_hand = self.on_hand.plus(qty);
        if disposition == Disposition::Damaged
            && let Ok(damaged) = Label::new("damaged")
        {
            self.adjust(&Bucket::Unavailable(damaged), qty);
        }
    }

    fn adjust(&mut self, bucket: &Bucket, delta: Qty) {
        match bucket {
            Bucket::OnHand => self.on_hand = self.on_hand.plus(delta),
            Bucket::Incoming => self.incoming = self.incoming.plus(delta).floored(),
            Bucket::Unavailable(reason) => {
                self.unavailable = self.unavailable.plus(delta);
                let parts = &mut self.detail_mut().unavailable;
                match parts.iter_mut().find(|(known, _)| known == reason) {
                    Some((_, qty)) => *qty = qty.plus(delta),
                    None => parts.push((reason.clone(), delta)),
                }
            }
        }
    }

    fn detail_mut(&mut self) -> &mut Detail {
        self.detail.get_or_insert_default()
    }

    fn drop_empty_detail(&mut self) {
        let Some(detail) = &mut self.detail else { return };
        detail.unavailable.retain(|(_, qty)| !qty.is_zero());
        if **detail == Detail::default() {
            self.detail = None;
        }
    }
}

fn find<K: Ord>(parts: &BTreeMap<K, Qty>, key: &K) -> Qty {
    parts.get(key).copied().unwrap_or_default()
}

fn add<K: Ord>(parts: &mut BTreeMap<K, Qty>, key: K, qty: Qty) {
    let have = parts.entry(key).or_default();
    *have = have.plus(qty);
}

fn take<K: Ord>(parts: &mut BTreeMap<K, Qty>, key: &K) -> Qty {
    parts.remove(key).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{Detail, StockRow};
    use crate::ids::{OrderId, ReservationId};
    use crate::qty::Qty;

    /// Every breach is found; such rows cannot be made from outside.
    #[test]
    fn rows_that_cannot_be_are_found() {
        let one = Qty::units(1);
        let nothing_held = Detail { holds: [(ReservationId(1), Qty::ZERO)].into(), ..Detail::default() };
        let order = OrderId::new("W-1").unwrap();
        let nothing_bound = Detail { allocations: [(order, Qty::ZERO)].into(), ..Detail::default() };
        for (row, breach) in [
            (StockRow { reserved: one, ..StockRow::default() }, "reserved is not"),
            (StockRow { allocated: one, ..StockRow::default() }, "allocated is not"),
            (StockRow { unavailable: one, ..StockRow::default() }, "unavailable is not"),
            (StockRow { incoming: one.negated(), ..StockRow::default() }, "below zero"),
            (StockRow { detail: Some(Box::new(nothing_held)), ..StockRow::default() }, "a reservation holds nothing"),
            (
                StockRow { detail: Some(Box::new(nothing_bound)), ..StockRow::default() },
                "an order is allocated nothing",
            ),
        ] {
            let found = row.check().unwrap_err();
            assert!(found.contains(breach), "{found}");
        }
        assert_eq!(StockRow { on_hand: one.negated(), ..StockRow::default() }.check(), Ok(()));
    }
}
