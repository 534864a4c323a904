//! The serial numbers that a location has sold, so that none is sold twice, and those that are held for
//! baskets.

use super::Piece;
use crate::ids::{ReservationId, SkuId};
use crate::scan::Mark;
use std::collections::BTreeMap;

/// The most serial numbers a location remembers as sold, at about 200 bytes each.
pub const SERIALS_MAX: usize = 100_000;

/// The serial numbers sold at one location and not returned, the newest [`SERIALS_MAX`]; and those held there.
#[derive(Clone, Debug, Default)]
pub struct Serials {
    /// Each with its place in the order in which they were sold.
    sold: BTreeMap<(SkuId, Mark), u64>,
    /// The same by that order.
    order: BTreeMap<u64, (SkuId, Mark)>,
    next: u64,
    /// Pieces that live reservations hold.
    held: BTreeMap<(SkuId, Mark), ReservationId>,
}

/// Where it stands in the order matters, and not by which number.
impl PartialEq for Serials {
    fn eq(&self, other: &Self) -> bool {
        self.list().eq(other.list()) && self.held == other.held
    }
}

impl Eq for Serials {}

impl Serials {
    /// Whether a piece is sold and did not come back.
    #[must_use]
    pub fn has(&self, sku: SkuId, serial: &Mark) -> bool {
        self.sold.contains_key(&(sku, serial.clone()))
    }

    /// A piece was sold. Where there are too many, the one sold first is forgotten.
    pub fn sell(&mut self, sku: SkuId, serial: &Mark) {
        let name = (sku, serial.clone());
        if let Some(before) = self.sold.insert(name.clone(), self.next) {
            self.order.remove(&before);
        }
        self.order.insert(self.next, name);
        self.next = self.next.saturating_add(1);
        if self.order.len() > SERIALS_MAX
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.sold.remove(&oldest);
        }
    }

    /// A piece came back.
    pub fn take_back(&mut self, sku: SkuId, serial: &Mark) {
        if let Some(at) = self.sold.remove(&(sku, serial.clone())) {
            self.order.remove(&at);
        }
    }

    /// A reservation holds pieces from now on.
    pub fn hold(&mut self, reservation: ReservationId, pieces: &[Piece]) {
        self.held.extend(pieces.iter().map(|piece| (piece.name(), reservation)));
    }

    /// A reservation that held pieces has ended.
    pub fn let_go(&mut self, reservation: ReservationId, pieces: &[Piece]) {
        for name in pieces.iter().map(Piece::name) {
            if self.held.get(&name) == Some(&reservation) {
                self.held.remove(&name);
            }
        }
    }

    /// The reservation that holds a piece.
    #[must_use]
    pub fn holder(&self, piece: &Piece) -> Option<ReservationId> {
        // Nearly always there is none: then no name is made to look for it.
        if self.held.is_empty() { None } else { self.held.get(&piece.name()).copied() }
    }

    /// How many pieces are held.
    #[must_use]
    pub fn held_count(&self) -> usize {
        self.held.len()
    }

    /// All that were sold, those sold first before the others.
    pub fn list(&self) -> impl ExactSizeIterator<Item = (SkuId, &Mark)> {
        self.order.values().map(|(sku, serial)| (*sku, serial))
    }

    /// What must hold at every step.
    ///
    /// # Errors
    /// The sentence says what does not.
    pub fn check(&self) -> Result<(), &'static str> {
        let known = |(at, name): (&u64, &(SkuId, Mark))| self.sold.get(name) == Some(at);
        if self.order.len() != self.sold.len() || !self.order.iter().all(known) {
            return Err("the order of the sold serial numbers is not that of the sold serial numbers");
        }
        if self.sold.len() > SERIALS_MAX {
            return Err("more serial numbers are remembered as sold than may be");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sold(numbers: &[&str]) -> Serials {
        let mut serials = Serials::default();
        for (no, serial) in (0..).zip(numbers) {
            serials.sell(SkuId(no % 2), &Mark::new(serial).unwrap());
        }
        serials
    }

    #[test]
    fn an_order_of_other_numbers_is_told() {
        assert_eq!(sold(&["A", "B", "C"]).check(), Ok(()));
        let mut without = sold(&["A", "B", "C"]);
        without.order.pop_first();
        assert!(without.check().is_err(), "one is missing");
        let mut other = sold(&["A", "B", "C"]);
        other.order.insert(0, (SkuId(0), Mark::new("Z").unwrap()));
        assert!(other.check().is_err(), "another one stands in its place");
        let mut moved = sold(&["A", "B", "C"]);
        let first = moved.order.pop_first().unwrap();
        moved.order.insert(9, first.1);
        assert!(moved.check().is_err(), "one stands at another place");
    }
}
