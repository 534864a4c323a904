//! The narrow form of a sale: no reservation, no order, no account, nothing oversold, not late, every number
//! within 32 bits; what there is to say about its prices is not in it (`priced_sale`). Nearly every record of a busy chain is one.

use super::DecodeError;
use super::codes::Coded;
use super::whole_sale::WholeSale;
use onhand_engine::command::{Channel, SaleLine, Standing, Tender, TenderKind};
use onhand_engine::event::Sale;
use onhand_engine::ids::{ReceiptNo, SkuId, TillNo};
use onhand_engine::money::Minor;
use onhand_engine::qty::Qty;
use onhand_engine::tax::{RatePpm, Taxed};
use rkyv::{Archive, Serialize};

#[derive(Archive, Serialize, Default)]
pub(super) struct NarrowSale {
    /// Standing in the low half, channel in the high half.
    flags: u8,
    /// Zero: no receipt.
    till: u16,
    receipt: u32,
    lines: Vec<NarrowLine>,
    tenders: Vec<NarrowTender>,
}

#[derive(Archive, Serialize)]
pub(super) struct NarrowLine {
    sku: u32,
    qty: i32,
    unit_price: i32,
    net: i32,
    tax: i32,
    rate: u32,
}

#[derive(Archive, Serialize)]
pub(super) struct NarrowTender {
    kind: u8,
    amount: i32,
}

/// The same with what its lines had cost the shop.
#[derive(Archive, Serialize, Default)]
pub(super) struct CostedSale {
    pub(super) sale: NarrowSale,
    /// Per line and unit; [`NO_COST`] where it is not known. Empty: of no line.
    costs: Vec<i32>,
}

const NO_COST: i32 = -1;

impl CostedSale {
    /// Takes the sale over, if it fits. Its lists keep their room from sale to sale.
    pub(super) fn fill(&mut self, sale: &Sale) -> bool {
        self.costs.clear();
        if sale.lines.iter().any(|line| line.unit_cost.is_some()) {
            let cost = |line: &SaleLine| line.unit_cost.map_or(Ok(NO_COST), |cost| i32::try_from(cost.0)).ok();
            for line in &sale.lines {
                let Some(cost) = cost(line) else { return false };
                self.costs.push(cost);
            }
        }
        self.sale.fill(sale)
    }

    /// Whether what any line had cost is known.
    pub(super) fn has_costs(&self) -> bool {
        !self.costs.is_empty()
    }
}

impl ArchivedCostedSale {
    pub(super) fn read_into(&self, sale: &mut Sale) -> Result<(), DecodeError> {
        self.sale.read_into(sale)?;
        for (line, cost) in sale.lines.iter_mut().zip(self.costs.iter()) {
            let cost = cost.to_native();
            line.unit_cost = (cost != NO_COST).then(|| Minor(cost.into()));
        }
        Ok(())
    }
}

/// A sale that another is read into.
pub(super) fn blank() -> Sale {
    Sale {
        standing: Standing::Request,
        channel: Channel::Till,
        receipt: None,
        lines: Vec::new(),
        tenders: Vec::new(),
        oversold: Vec::new(),
        freed: Vec::new(),
        order: None,
        late: None,
        redemption: None,
        payments: None,
        pricing: None,
        owner: None,
        goods: None,
    }
}

impl NarrowSale {
    fn fill(&mut self, sale: &Sale) -> bool {
        self.try_fill(sale).is_some()
    }

    fn try_fill(&mut self, sale: &Sale) -> Option<()> {
        let is_plain = sale.oversold.is_empty() && sale.freed.is_empty() && sale.order.is_none();
        if !is_plain || WholeSale::is_needed_beside_prices(sale) {
            return None;
        }
        (self.till, self.receipt) = match sale.receipt {
            None => (0, 0),
            Some((TillNo(0), _)) => return None,
            Some((TillNo(till), ReceiptNo(receipt))) => (till, u32::try_from(receipt).ok()?),
        };
        self.flags = sale.standing.code() | (sale.channel.code() << 4);
        self.lines.clear();
        for line in &sale.lines {
            self.lines.push(NarrowLine::of(line)?);
        }
        self.tenders.clear();
        for tender in &sale.tenders {
            self.tenders.push(NarrowTender { kind: tender.kind.code(), amount: tender.amount.0.try_into().ok()? });
        }
        Some(())
    }
}

impl NarrowLine {
    fn of(line: &SaleLine) -> Option<Self> {
        Some(Self {
            sku: line.sku.0,
            qty: line.qty.milli().try_into().ok()?,
            unit_price: line.unit_price.0.try_into().ok()?,
            net: line.taxed.net.0.try_into().ok()?,
            tax: line.taxed.tax.0.try_into().ok()?,
            rate: line.taxed.rate.0,
        })
    }
}

impl ArchivedNarrowSale {
    /// Takes the place of another sale, with the room of its lists.
    pub(super) fn read_into(&self, sale: &mut Sale) -> Result<(), DecodeError> {
        let receipt = match self.till.to_native() {
            0 => None,
            till => Some((TillNo(till), ReceiptNo(u64::from(self.receipt.to_native())))),
        };
        sale.standing = Standing::from_code(self.flags & 0x0f)?;
        sale.channel = Channel::from_code(self.flags >> 4)?;
        sale.receipt = receipt;
        sale.lines.clear();
        sale.lines.extend(self.lines.iter().map(ArchivedNarrowLine::read));
        sale.tenders.clear();
        for tender in self.tenders.iter() {
            let kind = TenderKind::from_code(tender.kind)?;
            sale.tenders.push(Tender { kind, amount: Minor(tender.amount.to_native().into()) });
        }
        sale.oversold.clear();
        sale.freed.clear();
        sale.order = None;
        sale.late = None;
        sale.redemption = None;
        sale.pricing = None;
        sale.goods = None;
        sale.payments = None;
        sale.owner = None;
        Ok(())
    }
}

impl ArchivedNarrowLine {
    fn read(&self) -> SaleLine {
        SaleLine {
            sku: SkuId(self.sku.to_native()),
            qty: Qty::from_milli(self.qty.to_native().into()),
            unit_price: Minor(self.unit_price.to_native().into()),
            taxed: Taxed {
                net: Minor(self.net.to_native().into()),
                tax: Minor(self.tax.to_native().into()),
                rate: RatePpm(self.rate.to_native()),
            },
            unit_cost: None,
        }
    }
}
