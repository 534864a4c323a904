//! What the books of a session keep beside money: what became of goods that came back, and what goods had cost.

use super::Bytes;
use crate::drawer::books::Books;

impl Bytes {
    pub(super) fn kept_of_returns(&mut self, books: &Books) {
        for tally in books.dispositions.iter().chain([&books.voids]) {
            self.number(tally.count);
            self.minor(tally.amount);
        }
        let costs = &books.costs;
        costs.returned.iter().chain([&costs.sold]).for_each(|sum| self.minor(*sum));
        [costs.sold_unknown, costs.returned_unknown].iter().for_each(|count| self.number(*count));
    }
}
