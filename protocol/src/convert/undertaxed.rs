//! A till that says its own tax says no less than the shop's rules do, or it is told: where prices exclude tax,
//! the customer would pay less, and the shop owe more.

use super::Names;
use super::enter::{Place, Sold};
use super::goods::Gathered;
use onhand_engine::command;
use onhand_engine::money::Minor;
use onhand_engine::tax::{Occasion, PriceBasis};

impl<N: Names> Place<'_, N> {
    /// Takes note of lines whose tax was said lower than it is here and now. Nothing is looked at where no line says
    /// its tax, or prices contain it: then the customer pays the same, and what is said is what was printed.
    pub(super) fn see_taxes(&self, sold: &Sold<'_>, lines: &[command::SaleLine], goods: &mut Gathered) {
        let tax = &self.location.tax;
        if tax.basis == PriceBasis::TaxInclusive || sold.lines.iter().all(|line| line.tax.is_none()) {
            return;
        }
        let items: Option<Vec<_>> = lines.iter().map(|line| self.names.item_numbered(line.sku)).collect();
        let Some(items) = items else { return };
        let classes: Vec<_> = items.iter().zip(lines).map(|(item, line)| (&item.tax_class, line.taxed.net)).collect();
        let (channel, now) = (sold.whose.channel.into(), self.moment(sold.whose.sold_at));
        let occasion = Occasion { channel, now, is_exempt: sold.whose.exempt.is_some() };
        // A class without a rate here has nothing to compare with.
        let Ok(own) = tax.assess_on(&classes, &occasion) else { return };
        for (at, ((said, line), own)) in sold.lines.iter().zip(lines).zip(&own).enumerate() {
            let (found, owed): (Minor, Minor) = (line.taxed.tax, own.tax);
            if said.tax.is_some() && found < owed {
                goods.is_undertaxed(at, line.sku, found, owed);
            }
        }
    }
}
