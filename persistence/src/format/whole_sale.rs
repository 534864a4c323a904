//! A sale with all that only some sales have: a closed session it came late for, accounts and cards that pay
//! for it, what there is to say about its prices, and about its goods.

use super::DecodeError;
use super::account::RedemptionPart;
use super::event::Sale;
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
    /// In a box: few of these sales name payments.
    payments: Option<Box<PaidPart>>,
    goods: Option<SoldGoods>,
}

impl WholeSale {
    /// Whether a sale needs this form.
    pub(super) fn is_needed(sale: &event::Sale) -> bool {
        let (paid, said) = (sale.redemption.is_some() || sale.payments.is_some(), sale.pricing.is_some());
        paid || said || sale.late.is_some() || sale.goods.is_some()
    }

    pub(super) fn read(self) -> Result<event::Sale, DecodeError> {
        Ok(event::Sale {
            late: self.session.map(SessionNo),
            redemption: self.redemption.map(RedemptionPart::read).transpose()?.map(Box::new),
            pricing: self.pricing.map(TryInto::try_into).transpose()?,
            goods: self.goods.map(SoldGoods::read).transpose()?.map(Box::new),
            payments: self.payments.map(|paid| Paid::try_from(*paid)).transpose()?.map(Box::new),
            ..self.sale.try_into()?
        })
    }
}

impl From<&event::Sale> for WholeSale {
    fn from(sale: &event::Sale) -> Self {
        Self {
            sale: sale.into(),
            session: sale.late.map(|session| session.0),
            redemption: sale.redemption.as_deref().map(Into::into),
            pricing: sale.pricing.as_deref().map(Into::into),
            goods: sale.goods.as_deref().map(Into::into),
            payments: sale.payments.as_deref().map(|paid| Box::new(paid.into())),
        }
    }
}
