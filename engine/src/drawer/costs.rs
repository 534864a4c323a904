//! What goods had cost the shop, of those that were sold and of those that came back. Nothing is guessed: a line
//! of which nobody knows it is counted instead.

use crate::command::{Disposition, SaleLine};
use crate::money::Minor;

/// What goods had cost the shop, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Costs {
    /// Of what was sold.
    pub sold: Minor,
    /// Of what came back, above zero, per [`Disposition::index`].
    pub returned: [Minor; Disposition::ALL.len()],
    /// Lines sold of which it is not known.
    pub sold_unknown: u64,
    /// Lines of goods that came back of which it is not known.
    pub returned_unknown: u64,
}

impl Costs {
    /// Adds a line that was sold.
    pub(super) fn sell(&mut self, line: &SaleLine) {
        match line.cost() {
            Some(cost) => self.sold = self.sold.plus(cost),
            None => self.sold_unknown = self.sold_unknown.saturating_add(1),
        }
    }

    /// Adds a line that came back. Where money went back alone, the goods stay sold.
    pub(super) fn take_back(&mut self, line: &SaleLine, disposition: Disposition) {
        match (line.cost(), self.returned.get_mut(disposition.index())) {
            (Some(cost), Some(sum)) => *sum = sum.plus(cost),
            _ if line.qty.is_positive() => self.returned_unknown = self.returned_unknown.saturating_add(1),
            _ => {}
        }
    }

    /// Of what came back, whatever became of it.
    #[must_use]
    pub fn back(&self) -> Minor {
        self.returned.iter().copied().sum()
    }

    /// Lines of which it is not known.
    #[must_use]
    pub const fn unknown(&self) -> u64 {
        self.sold_unknown.saturating_add(self.returned_unknown)
    }
}
