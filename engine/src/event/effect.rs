//! What an event changes, and what whoever asked for it is told.

use super::{Event, Freed, Return, Sale};
use crate::account::Entry;
use crate::answer::{Answer, Excepted, Refunding};
use crate::command::{SaleLine, SkuQty};
use crate::goods::{Kit, SoldGoods, each_moved};
use crate::ids::SkuId;
use crate::layaway;
use crate::payment::Happening;
use crate::stock::Change;

impl Sale {
    fn each_change<'a>(&'a self, tell: &mut impl FnMut(SkuId, Change<'a>)) {
        each_freed(&self.freed, tell);
        let order = self.order.as_ref();
        self.each_moved(|line| tell(line.sku, Change::Sold { qty: line.qty, order }));
    }

    /// Tells what left: of a kit, its parts.
    pub fn each_moved(&self, tell: impl FnMut(SkuQty)) {
        each_moved(self.lines.iter().map(SaleLine::sku_qty), kits(self.goods.as_deref()), tell);
    }
}

impl Return {
    /// Money alone changes no stock.
    fn each_change<'a>(&'a self, tell: &mut impl FnMut(SkuId, Change<'a>)) {
        each_moved(self.lines.iter().map(SaleLine::sku_qty), kits(self.goods.as_deref()), |line| {
            if line.qty.is_positive() {
                tell(line.sku, Change::Returned { qty: line.qty, disposition: self.disposition });
            }
        });
    }
}

impl Event {
    /// Tells every SKU that this event touches what changes for it, in the event's order.
    pub fn each_change<'a>(&'a self, mut tell: impl FnMut(SkuId, Change<'a>)) {
        match self {
            Event::SaleRecorded(sale) => sale.each_change(&mut tell),
            Event::Reserved { reservation, lines, freed, .. } => {
                each_freed(freed, &mut tell);
                for line in lines {
                    tell(line.sku, Change::Reserved { reservation: *reservation, qty: line.qty });
                }
            }
            Event::Released(freed) | Event::Expired(freed) => {
                each_freed(std::slice::from_ref(freed), &mut tell);
            }
            Event::Layaway { layaway: order, happening, .. } => match &**happening {
                layaway::Happening::Opened { goods, freed, .. } => {
                    each_freed(freed, &mut tell);
                    for line in goods {
                        tell(line.sku, Change::Allocated { order, qty: line.qty });
                    }
                }
                layaway::Happening::Deposited { .. } => {}
                layaway::Happening::Cancelled { goods, .. } => {
                    for line in goods {
                        tell(line.sku, Change::Deallocated { order });
                    }
                }
            },
            Event::Basket { happening, .. } => {
                each_freed(happening.freed(), &mut tell);
                if let Some((reservation, held)) = happening.held() {
                    for line in &held.lines {
                        tell(line.sku, Change::Reserved { reservation, qty: line.qty });
                    }
                }
            }
            Event::Allocated { order, lines, freed, .. } => {
                each_freed(freed, &mut tell);
                for line in lines {
                    tell(line.sku, Change::Allocated { order, qty: line.qty });
                }
            }
            Event::Deallocated { order, lines } => {
                for line in lines {
                    tell(line.sku, Change::Deallocated { order });
                }
            }
            Event::GoodsReceived { lines } => {
                for line in lines {
                    tell(line.sku, Change::Received { qty: line.qty });
                }
            }
            Event::GoodsReturned(back) => back.each_change(&mut tell),
            Event::Exchanged { back, sale } => {
                sale.each_change(&mut tell);
                back.each_change(&mut tell);
            }
            Event::StockAdjusted { sku, bucket, delta, .. } => {
                tell(*sku, Change::Adjusted { bucket, delta: *delta });
            }
            Event::Counted { sku, variance, .. } => tell(*sku, Change::Counted { variance: *variance }),
            Event::PolicySet { sku, policy } => tell(*sku, Change::Policy { policy: *policy }),
            Event::Extended { .. }
            | Event::ItemsDefined { .. }
            | Event::LocationDefined { .. }
            | Event::KeyCreated { .. }
            | Event::KeyRevoked { .. }
            | Event::ReturnGranted { .. }
            | Event::GrantEnded { .. }
            | Event::Drawer { .. }
            | Event::DrawerRulesSet { .. }
            | Event::Account { .. }
            | Event::Settled { .. }
            | Event::LabelsSet { .. }
            | Event::ReturnLimitsSet { .. }
            | Event::PriceBookDefined { .. }
            | Event::PriceBookEnded { .. }
            | Event::PromotionsDefined { .. }
            | Event::PromotionEnded { .. }
            | Event::RoleDefined { .. }
            | Event::UserDefined { .. }
            | Event::PinSet { .. }
            | Event::UserDisabled { .. }
            | Event::PeopleRequired { .. }
            | Event::Payment { .. } => {}
        }
    }

    /// The answer to the command that caused this event: a pure function of it, so that a repeat
    /// gets the same one, also after a restart.
    #[must_use]
    pub fn answer(&self) -> Answer {
        match self {
            Event::SaleRecorded(sale) => recorded(sale),
            Event::Reserved { deadline, .. } => Answer::Reserved { deadline: *deadline },
            Event::Extended { deadline, .. } => Answer::Extended { deadline: *deadline },
            Event::Released(_) => Answer::Released,
            Event::Expired(_) => Answer::Expired,
            Event::Allocated { .. } => Answer::Allocated,
            Event::Deallocated { .. } => Answer::Deallocated,
            Event::GoodsReceived { .. } => Answer::Received,
            Event::GoodsReturned(back) => refunding(back, returned(back)),
            Event::StockAdjusted { .. } => Answer::Adjusted,
            Event::Counted { variance, .. } => Answer::Counted { variance: *variance },
            Event::PolicySet { .. } => Answer::PolicySet,
            Event::ItemsDefined { items, added } => {
                let all = u32::try_from(items.len()).unwrap_or(u32::MAX);
                Answer::ItemsDefined { added: *added, changed: all.saturating_sub(*added) }
            }
            Event::LocationDefined { .. } => Answer::LocationDefined,
            Event::KeyCreated { .. } => Answer::KeyCreated,
            Event::KeyRevoked { .. } => Answer::KeyRevoked,
            Event::ReturnGranted { pending, .. } => Answer::ReturnGranted(Box::new(pending.grant.clone())),
            Event::Exchanged { back, sale } => refunding(back, exchanged(back, sale)),
            Event::Drawer { happening, .. } => Answer::Drawer(happening.told()),
            Event::Basket { happening, .. } => Answer::Basket(happening.told()),
            Event::Layaway { happening, .. } => Answer::Layaway(happening.told()),
            Event::DrawerRulesSet { .. } => Answer::DrawerRulesSet,
            Event::Account { account, entry: Entry::Issued { amount, .. } } => {
                Answer::AccountIssued { account: *account, balance: *amount }
            }
            Event::Account {
                entry:
                    Entry::Loaded { balance, .. }
                    | Entry::Redeemed { sale: None, balance, .. }
                    | Entry::Disabled { balance, .. }
                    | Entry::Assigned { balance, .. },
                ..
            } => Answer::AccountBooked { balance: *balance },
            Event::Account { .. } | Event::Settled { .. } | Event::GrantEnded { .. } => Answer::StepTaken,
            Event::LabelsSet { .. } => Answer::LabelsSet,
            Event::ReturnLimitsSet { .. } => Answer::ReturnLimitsSet,
            Event::PriceBookDefined { book } => {
                Answer::PriceBookDefined { prices: u32::try_from(book.rows().len()).unwrap_or(u32::MAX) }
            }
            Event::PriceBookEnded { .. } => Answer::PriceBookEnded,
            Event::PromotionsDefined { promotions, added } => {
                let all = u32::try_from(promotions.len()).unwrap_or(u32::MAX);
                Answer::PromotionsDefined { added: *added, changed: all.saturating_sub(*added) }
            }
            Event::PromotionEnded { .. } => Answer::PromotionEnded,
            Event::RoleDefined { .. } => Answer::RoleDefined,
            Event::UserDefined { .. } => Answer::UserDefined,
            Event::PinSet { .. } => Answer::PinSet,
            Event::UserDisabled { .. } => Answer::UserDisabled,
            Event::PeopleRequired { .. } => Answer::PeopleRequired,
            Event::Payment { happening: Happening::Started(started), .. } => {
                Answer::PaymentStarted { expires: started.expires }
            }
            Event::Payment { happening: Happening::Settled(settled), .. } => Answer::PaymentsSettled(settled.clone()),
            Event::Payment { .. } => Answer::PaymentStep,
        }
    }
}

fn recorded(sale: &Sale) -> Answer {
    let (receipt, gross, oversold) = (sale.receipt, sale.gross(), sale.oversold.clone().into_boxed_slice());
    match &sale.goods {
        Some(goods) if !goods.exceptions.is_empty() => {
            let exceptions = goods.exceptions.clone().into_boxed_slice();
            Answer::RecordedWithExceptions(Box::new(Excepted { receipt, gross, oversold, exceptions }))
        }
        _ => Answer::Recorded { receipt, gross, oversold },
    }
}

fn returned(back: &Return) -> Answer {
    let (receipt, gross) = (back.receipt, back.gross());
    match &back.goods {
        Some(goods) if !goods.exceptions.is_empty() => {
            let (oversold, exceptions) = (Box::default(), goods.exceptions.clone().into_boxed_slice());
            Answer::ReturnedWithExceptions(Box::new(Excepted { receipt, gross, oversold, exceptions }))
        }
        _ => Answer::Returned { receipt, gross },
    }
}

fn exchanged(back: &Return, sale: &Sale) -> Answer {
    match recorded(sale) {
        Answer::RecordedWithExceptions(sale) => Answer::ExchangedWithExceptions { returned: back.gross(), sale },
        _ => Answer::Exchanged { receipt: sale.receipt, returned: back.gross(), gross: sale.gross() },
    }
}

/// With what goes back to card payments, where anything does.
fn refunding(back: &Return, told: Answer) -> Answer {
    match &back.refunds {
        Some(refunds) => Answer::Refunding(Box::new(Refunding { told, parts: refunds.parts.clone().into() })),
        None => told,
    }
}

fn kits(goods: Option<&SoldGoods>) -> &[Kit] {
    goods.map_or(&[], |goods| &goods.kits)
}

fn each_freed<'a>(freed: &'a [Freed], tell: &mut impl FnMut(SkuId, Change<'a>)) {
    for one in freed {
        for line in &one.lines {
            tell(line.sku, Change::Freed { reservation: one.reservation });
        }
    }
}
