//! A sale with all that only some sales have: a closed session it came late for, accounts and cards that pay
//! for it, whose it is, what there is to say about its prices, and about its goods.

use super::DecodeError;
use super::account::RedemptionPart;
use super::costs;
use super::event::{Sale, code};
use super::goods::SoldGoods;
use super::payment::PaidPart;
use super::pricing::Pricing;
use onhand_engine::event;
use onhand_engine::ids::SessionNo;
use onhand_engine::payment::Paid;
use rkyv::{Archive, Deserialize, Serialize};

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct WholeSale {
    sale: Sale,
    session: Option<u32>,
    redemption: Option<RedemptionPart>,
    pricing: Option<Pricing>,
    owner: Option<String>,
    /// Per line; empty where none is known.
    costs: Vec<i64>,
    /// In a box: few of these sales name payments.
    payments: Option<Box<PaidPart>>,
    goods: Option<SoldGoods>,
}

impl WholeSale {
    /// Whether a sale needs this form.
    pub(super) fn is_needed(sale: &event::Sale) -> bool {
        sale.pricing.is_some() || Self::is_needed_beside_prices(sale)
    }

    /// The same, if there were nothing to say about its prices.
    pub(super) fn is_needed_beside_prices(sale: &event::Sale) -> bool {
        let paid = sale.redemption.is_some() || sale.payments.is_some();
        paid || sale.late.is_some() || sale.goods.is_some() || sale.owner.is_some()
    }

    pub(super) fn read(self) -> Result<event::Sale, DecodeError> {
        let sale: event::Sale = self.sale.try_into()?;
        Ok(event::Sale {
            late: self.session.map(SessionNo),
            redemption: self.redemption.map(RedemptionPart::read).transpose()?.map(Box::new),
            pricing: self.pricing.map(TryInto::try_into).transpose()?,
            goods: self.goods.map(SoldGoods::read).transpose()?.map(Box::new),
            payments: self.payments.map(|paid| Paid::try_from(*paid)).transpose()?.map(Box::new),
            owner: self.owner.as_deref().map(code).transpose()?.map(Box::new),
            lines: costs::to_lines(self.costs, sale.lines),
            ..sale
        })
    }
}

impl ArchivedWholeSale {
    /// Whether it says that it is this owner's.
    pub(super) fn is_of(&self, owner: &str) -> bool {
        self.owner.as_ref().is_some_and(|said| said.as_str() == owner)
    }
}

impl From<&event::Sale> for WholeSale {
    fn from(sale: &event::Sale) -> Self {
        Self {
            sale: sale.into(),
            session: sale.late.map(|session| session.0),
            redemption: sale.redemption.as_deref().map(Into::into),
            pricing: sale.pricing.as_deref().map(Into::into),
            owner: sale.owner.as_ref().map(ToString::to_string),
            costs: costs::of_lines(&sale.lines),
            goods: sale.goods.as_deref().map(Into::into),
            payments: sale.payments.as_deref().map(|paid| Box::new(paid.into())),
        }
    }
}
