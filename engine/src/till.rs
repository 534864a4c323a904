//! A till: its gapless receipt numbers, what it took, and its drawer.

use crate::basket;
use crate::command::{Tender, TenderKind};
use crate::drawer::Drawer;
use crate::event::Event;
use crate::ids::ReceiptNo;
use crate::money::Minor;

/// The state of a till actor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Till {
    /// The last receipt number it gave.
    pub last_receipt: ReceiptNo,
    /// Sales rung up, exchanges among them.
    pub sales: u64,
    /// Returns taken.
    pub returns: u64,
    /// Money taken minus money given back, per [`TenderKind::index`].
    pub takings: [Minor; 7],
    /// Its drawer, once anything happened to it.
    pub drawer: Option<Box<Drawer>>,
}

impl Till {
    /// The number of the next receipt.
    #[must_use]
    pub const fn next_receipt(&self) -> ReceiptNo {
        ReceiptNo(self.last_receipt.0.saturating_add(1))
    }

    /// Folds in an event of this till.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::SaleRecorded(sale) => {
                self.last_receipt = self.next_receipt();
                self.sales = self.sales.saturating_add(1);
                self.take(&sale.tenders, sale.gross(), Minor::plus);
                if let Some(drawer) = &mut self.drawer {
                    drawer.sell(sale);
                }
            }
            Event::GoodsReturned(back) => {
                self.last_receipt = self.next_receipt();
                self.returns = self.returns.saturating_add(1);
                self.take(&back.tenders, back.gross(), Minor::minus);
                if let Some(drawer) = &mut self.drawer {
                    drawer.take_back(back);
                }
            }
            // One receipt, and one entry: the difference.
            Event::Exchanged { back, sale } => {
                self.last_receipt = self.next_receipt();
                self.sales = self.sales.saturating_add(1);
                self.take(&sale.tenders, sale.gross().minus(back.gross()), Minor::plus);
                if let Some(drawer) = &mut self.drawer {
                    drawer.exchange(back, sale);
                }
            }
            Event::Basket { happening, .. } => {
                if let (basket::Happening::LineVoided { line, .. }, Some(drawer)) = (&**happening, &mut self.drawer) {
                    drawer.void_line(line.amount);
                }
            }
            Event::Layaway { happening, .. } => {
                self.bank(happening.taken(), Minor::plus);
                self.bank(happening.given_back(), Minor::minus);
                if let Some(drawer) = &mut self.drawer {
                    drawer.lay_away(happening);
                }
            }
            Event::Drawer { happening, .. } => self.drawer.get_or_insert_default().apply(happening),
            _ => {}
        }
    }

    /// What must hold at every step: a receipt for each sale and return, and no other.
    ///
    /// # Errors
    /// The sentence says what does not.
    pub fn check(&self) -> Result<(), &'static str> {
        if self.last_receipt.0 != self.sales.saturating_add(self.returns) {
            return Err("its receipt numbers are not as many as its sales and returns");
        }
        self.drawer.as_ref().map_or(Ok(()), |drawer| drawer.check())
    }

    fn take(&mut self, tenders: &[Tender], gross: Minor, fold: fn(Minor, Minor) -> Minor) {
        let unsaid = [Tender { kind: TenderKind::Other, amount: gross }];
        let tenders = if tenders.is_empty() { &unsaid } else { tenders };
        self.bank(tenders, fold);
    }

    fn bank(&mut self, tenders: &[Tender], fold: fn(Minor, Minor) -> Minor) {
        for tender in tenders {
            if let Some(sum) = self.takings.get_mut(tender.kind.index()) {
                *sum = fold(*sum, tender.amount);
            }
        }
    }
}
