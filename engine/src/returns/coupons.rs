//! Uses of coupons come back with what they were used for: with the last of the goods on every line that a
//! promotion took something off. Where no line says so, the seller named the prices: with the last of all goods.

use super::{GivenBack, KnownSale, LineBack, apart};
use crate::account::{Take, Way};
use crate::event::Sale;
use crate::money::Minor;
use crate::qty::Qty;
use crate::quote::Why;
use std::collections::BTreeMap;

/// The uses of coupons that a sale took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CouponsUsed {
    /// The uses, each from its account.
    pub uses: Vec<Take>,
    /// The lines that have to come back whole before they do.
    pub lines: Vec<u16>,
}

impl CouponsUsed {
    pub(super) fn of(sale: &Sale, uses: Vec<Take>) -> Option<Box<Self>> {
        if uses.is_empty() {
            return None;
        }
        let priced = sale.pricing.iter().flat_map(|pricing| (0_u16..).zip(&pricing.lines));
        let is_promoted = |why: &Why| matches!(why, Why::Promotion(_));
        let promoted = priced.filter(|(_, line)| line.discounts.iter().any(|one| is_promoted(&one.why)));
        let mut lines: Vec<u16> = promoted.map(|(line, _)| line).collect();
        if lines.is_empty() {
            lines = (0_u16..).zip(&sale.lines).map(|(line, _)| line).collect();
        }
        Some(Box::new(Self { uses, lines }))
    }
}

impl GivenBack {
    /// The uses of coupons that come back once this is given back of the lines of a sale, and did not before.
    pub(super) fn uses_back(&self, sale: &KnownSale, now: &BTreeMap<u16, LineBack>) -> Vec<Take> {
        let Some(coupons) = &sale.coupons else { return Vec::new() };
        if !coupons.lines.iter().all(|line| is_whole(sale, *line, now.get(line))) {
            return Vec::new();
        }
        let left = |take: &Take| {
            let back = self.accounts.get(&take.account).copied().unwrap_or_default();
            let amount = take.amount.minus(back.amount);
            (amount > Minor::ZERO).then_some(Take { amount, worth: Minor::ZERO, way: Way::In, by_code: false, ..*take })
        };
        coupons.uses.iter().filter_map(left).collect()
    }
}

/// Whether all goods of a line are back.
fn is_whole(sale: &KnownSale, line: u16, back: Option<&LineBack>) -> bool {
    let (Some(sold), Some(back)) = (sale.lines.get(usize::from(line)), back) else { return false };
    match sale.kit(line).filter(|_| back.apart.is_some()) {
        Some(kit) => apart::is_all_of_kit(sold.qty, kit, back),
        None => sold.qty.minus(back.qty) <= Qty::ZERO,
    }
}
