//! The column `terms` of our own layout: words such as `min_age=18 only=store blocked=recalled max_per_order=6
//! serials lots`. An empty cell says nothing, and what the catalogue has stays. What a kit is made of
//! stands in a column of its own.

use crate::catalogue::KitPart;
use onhand_engine::goods::{Only, Terms};
use onhand_engine::ids::Label;
use onhand_engine::qty::{Qty, Unit};
use onhand_protocol::message::{self, ItemTerms};
use onhand_protocol::value::{Quantity, Text};

/// The terms that a cell says; what is wrong with it otherwise.
pub(crate) fn read(cell: &str, unit: Unit) -> Result<Option<Terms>, String> {
    if cell.is_empty() {
        return Ok(None);
    }
    let mut terms = Terms::default();
    for word in cell.split_whitespace() {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        let wrong = || format!("{word:.60?} is nothing that it can have");
        match name {
            "min_age" => terms.min_age = Some(value.parse().map_err(|_| wrong())?),
            "only" => terms.only = Some(Only::ALL.into_iter().find(|only| only.name() == value).ok_or_else(wrong)?),
            "blocked" => terms.blocked = Some(Label::new(value).map_err(|_| wrong())?),
            "max_per_order" => {
                let max = Qty::parse(value).ok().filter(|max| max.is_positive() && unit.allows(*max));
                terms.max_per_order = Some(max.ok_or_else(wrong)?);
            }
            "serials" if value.is_empty() && unit == Unit::Each => terms.serials = true,
            "lots" if value.is_empty() => terms.lots = true,
            _ => return Err(wrong()),
        }
    }
    Ok(Some(terms))
}

/// The same as `define_items` takes them, with what a kit is made of.
pub(crate) fn message(terms: &Terms, parts: &[KitPart]) -> ItemTerms {
    let part = |part: &KitPart| message::KitPart { sku: Text(part.sku.clone()), qty: Quantity(part.qty), worth: None };
    ItemTerms {
        parts: parts.iter().map(part).collect(),
        min_age: terms.min_age,
        only: terms.only.map(Into::into),
        blocked: terms.blocked.clone().map(Text),
        max_per_order: terms.max_per_order.map(Quantity),
        serials: terms.serials,
        lots: terms.lots,
    }
}
