//! What goods cost the shop, beside the lines and items that it is of: their own forms are older.

use onhand_engine::catalogue;
use onhand_engine::chain::Chain;
use onhand_engine::command::SaleLine;
use onhand_engine::event::Event;
use onhand_engine::ids::SkuId;
use onhand_engine::money::Minor;
use onhand_engine::time::Timestamp;
use std::sync::Arc;

/// Stands for a cost that is not known.
const UNKNOWN: i64 = -1;

/// The cost of a unit of each line; empty where none is known.
pub(super) fn of_lines(lines: &[SaleLine]) -> Vec<i64> {
    if !are_known(lines) {
        return Vec::new();
    }
    lines.iter().map(|line| line.unit_cost.map_or(UNKNOWN, |cost| cost.0)).collect()
}

/// Whether that of any line is known.
pub(super) fn are_known(lines: &[SaleLine]) -> bool {
    lines.iter().any(|line| line.unit_cost.is_some())
}

/// Gives lines what [`of_lines`] took from them.
pub(super) fn to_lines(costs: Vec<i64>, mut lines: Vec<SaleLine>) -> Vec<SaleLine> {
    for (line, cost) in lines.iter_mut().zip(costs) {
        line.unit_cost = (cost != UNKNOWN).then_some(Minor(cost));
    }
    lines
}

/// The costs of those items of which it is known, by number.
pub(super) fn of_items<'a>(items: impl Iterator<Item = &'a catalogue::Item>) -> Vec<(u32, i64)> {
    items.filter_map(|item| Some((item.sku.0, item.unit_cost?.0))).collect()
}

/// Gives items what [`of_items`] took from them: both are in the same order.
pub(super) fn to_items(costs: &[(u32, i64)], items: &mut [catalogue::Item]) {
    let mut costs = costs.iter().peekable();
    for item in items {
        if let Some((_, cost)) = costs.next_if(|(sku, _)| *sku == item.sku.0) {
            item.unit_cost = Some(Minor(*cost));
        }
    }
}

/// The costs of those items of which it is known, where there are any.
pub(super) fn known(items: &[Arc<catalogue::Item>]) -> Option<Vec<(u32, i64)>> {
    Some(of_items(items.iter().map(|item| &**item))).filter(|costs| !costs.is_empty())
}

/// Gives items of a chain what [`known`] took from them.
pub(super) fn to_chain(costs: &[(u32, i64)], chain: &mut Chain) {
    let known = costs.iter().filter_map(|(sku, _)| chain.item(SkuId(*sku)));
    let mut items: Vec<_> = known.map(|item| (**item).clone()).collect();
    to_items(costs, &mut items);
    chain.apply(&Event::ItemsDefined { items, added: 0 }, Timestamp(0));
}
