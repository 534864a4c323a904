//! Goods with terms, both ways: what the catalogue and the asker say of the lines of a command, and what records
//! keep.

use super::Names;
use super::define::wrong;
use super::enter::{Refused, on_line};
use super::read::sku;
use crate::limits::SERIALS_MAX;
use crate::message::{
    self, ErrorBody, Exception, GoodsMessage, ItemInput, ItemTerms, KitPart, KitSold, Lot, Piece, SaleLine,
};
use crate::value::{Amount, Day, Quantity, Text};
use onhand_engine::catalogue::Item;
use onhand_engine::date::Date;
use onhand_engine::goods::{self, AgeChecked, Amounts, Goods, PARTS_MAX, Part, SoldGoods, Terms, Traced, Under, kit};
use onhand_engine::ids::{SkuCode, SkuId};
use onhand_engine::money::Minor;
use onhand_engine::qty::{Qty, Unit};
use onhand_engine::refusal::{Refusal, name_of};
use std::collections::HashMap;
use std::sync::Arc;

/// The number of an exception: a tax that the seller said lower than the shop's rules do.
const UNDERTAXED: u16 = 3060;

/// What there is to say of the goods of a command, gathered line by line. Nothing, and no allocation, while all
/// items are plain.
#[derive(Default)]
pub(super) struct Gathered(Option<Box<Goods>>);

impl Gathered {
    /// Takes in the item of a line.
    pub(super) fn see(&mut self, at: usize, item: &Item, names: &impl Names) {
        if let Some(terms) = &item.terms {
            self.under(at, item.sku, terms, names);
        }
    }

    #[cold]
    fn under(&mut self, at: usize, sku: SkuId, terms: &Arc<Terms>, names: &impl Names) {
        let line = line_no(at);
        let goods = self.0.get_or_insert_default();
        goods.under.push(Under { line, sku, terms: Arc::clone(terms) });
        for part in terms.parts.iter() {
            let Some(terms) = names.item_numbered(part.sku).and_then(|item| item.terms.clone()) else { continue };
            goods.under.push(Under { line, sku: part.sku, terms });
        }
    }

    /// Takes in what a line says of its pieces.
    pub(super) fn hear(&mut self, at: usize, line: &SaleLine) -> Result<(), Refused> {
        if line.serials.is_empty() && line.lot.is_none() && line.expiry.is_none() {
            return Ok(());
        }
        if line.serials.len() > SERIALS_MAX {
            let text = format!("a line may name {SERIALS_MAX} serial numbers");
            return Err(on_line(ErrorBody::new(1001, text), "serials", Some(at)));
        }
        self.0.get_or_insert_default().traced.push(Traced {
            line: line_no(at),
            serials: line.serials.iter().map(|serial| serial.0.clone()).collect(),
            lot: line.lot.as_ref().map(|lot| lot.0.clone()),
            expiry: line.expiry.map(|day| day.0),
        });
        Ok(())
    }

    /// Takes in that a line's tax was said lower than it is here.
    #[cold]
    pub(super) fn is_undertaxed(&mut self, at: usize, sku: SkuId, said: Minor, own: Minor) {
        let (line, number) = (line_no(at), UNDERTAXED);
        let exception = goods::Exception { line, sku, number, amounts: Some(Amounts { said, own }) };
        self.0.get_or_insert_default().undertaxed.push(exception);
    }

    /// All of it as it is sold on a day, with who looked at the buyer's age.
    pub(super) fn sold(
        mut self,
        age: Option<&message::AgeChecked>,
        today: impl FnOnce() -> Date,
    ) -> Option<Box<Goods>> {
        if let Some(age) = age {
            let birth = age.birth_date.map(|day| day.0);
            self.0.get_or_insert_default().age = Some(AgeChecked { by: age.by.0.clone(), birth });
        }
        if let Some(goods) = &mut self.0 {
            goods.today = Some(today());
        }
        self.0
    }

    pub(super) fn goods(self) -> Option<Box<Goods>> {
        self.0
    }
}

fn line_no(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(u16::MAX)
}

/// What one of an item costs the shop, as far as the catalogue knows.
pub(super) fn unit_cost(item: &Item, names: &impl Names) -> Option<Minor> {
    kit::unit_cost(item, |part| names.item_numbered(part)?.unit_cost)
}

/// A kit has no stock of its own: nothing of it can be counted or corrected.
pub(super) fn check_has_stock(item: &Item, names: &impl Names) -> Result<(), Refused> {
    if item.terms.as_ref().is_some_and(|terms| terms.is_kit()) {
        let error = super::refusal(&Refusal::KitHasNoStock { sku: item.sku }, names);
        return Err(Box::new(error.at("sku")));
    }
    Ok(())
}

/// The items that one request defines, by their codes: parts of its kits are looked for among them first, whether
/// or not the catalogue has them, so that a repeat says the same.
#[derive(Default)]
pub(super) struct Together(HashMap<SkuCode, (SkuId, Unit)>);

impl Together {
    /// Empty, and no allocation, where there are no kits.
    pub(super) fn of(items: &[ItemInput]) -> Self {
        let is_kit = |item: &ItemInput| item.terms.as_ref().is_some_and(|terms| !terms.parts.is_empty());
        if !items.iter().any(is_kit) {
            return Self::default();
        }
        let placed = |(at, item): (usize, &ItemInput)| (item.sku.0.clone(), (SkuId::in_request(at), item.unit.into()));
        Self(items.iter().enumerate().map(placed).collect())
    }

    fn part(&self, code: &SkuCode, names: &impl Names) -> Option<(SkuId, Unit)> {
        self.0.get(code).copied().or_else(|| names.item(code).map(|item| (item.sku, item.unit)))
    }
}

/// The terms of an item that is defined, together with others.
pub(super) fn terms(
    input: ItemTerms,
    unit: Unit,
    at: usize,
    (together, names): (&Together, &impl Names),
) -> Result<Arc<Terms>, Refused> {
    let field = |name: &str| format!("items[{at}].terms.{name}");
    if input.parts.len() > PARTS_MAX {
        return Err(wrong(1001, field("parts"), "a kit has at most 20 parts"));
    }
    if input.serials && unit != Unit::Each {
        return Err(wrong(1001, field("serials"), "only what is sold by the piece has serial numbers"));
    }
    let absurd = |max: &Quantity| !max.0.is_positive() || max.0 > Qty::MAX || !unit.allows(max.0);
    if input.max_per_order.as_ref().is_some_and(absurd) {
        return Err(wrong(1005, field("max_per_order"), "the most of it is above zero, and whole pieces"));
    }
    let parts = input.parts.into_iter().enumerate().map(|(no, input)| {
        let at = |name: &str| field(&format!("parts[{no}].{name}"));
        let about =
            |error: ErrorBody, name: &str| Box::new(ErrorBody { sku: Some(input.sku.clone()), ..error }.at(at(name)));
        let Some((part, unit)) = together.part(&input.sku.0, names) else {
            let text = format!("there is no item {} in the catalogue, nor among these", input.sku);
            return Err(about(ErrorBody::new(1003, text), "sku"));
        };
        if !input.qty.0.is_positive() || input.qty.0 > Qty::MAX || !unit.allows(input.qty.0) {
            let text = format!("{}: the quantity of a part is above zero, and whole pieces", input.sku);
            return Err(about(ErrorBody::new(1005, text), "qty"));
        }
        let worth = input.worth.map_or(Minor::ZERO, |worth| worth.0);
        if !(Minor::ZERO..=Minor::MAX).contains(&worth) {
            return Err(Box::new(super::refusal(&Refusal::BadAmount, names).at(at("worth"))));
        }
        Ok(Part { sku: part, qty: input.qty.0, worth })
    });
    Ok(Arc::new(Terms {
        parts: parts.collect::<Result<_, Refused>>()?,
        edition: 0,
        min_age: input.min_age,
        only: input.only.map(Into::into),
        blocked: input.blocked.map(|reason| reason.0),
        max_per_order: input.max_per_order.map(|max| max.0),
        serials: input.serials,
        lots: input.lots,
    }))
}

/// The terms of an item as `define_items` takes them.
pub(super) fn terms_message(terms: &Terms, names: &impl Names) -> ItemTerms {
    ItemTerms {
        parts: parts(&terms.parts, names),
        min_age: terms.min_age,
        only: terms.only.map(Into::into),
        blocked: terms.blocked.as_ref().map(Into::into),
        max_per_order: terms.max_per_order.map(Quantity),
        serials: terms.serials,
        lots: terms.lots,
    }
}

fn parts(parts: &[Part], names: &impl Names) -> Vec<KitPart> {
    let part =
        |part: &Part| KitPart { sku: sku(part.sku, names), qty: Quantity(part.qty), worth: Some(Amount(part.worth)) };
    parts.iter().map(part).collect()
}

/// What a person has to look at.
pub(super) fn exceptions(exceptions: &[goods::Exception], names: &impl Names) -> Vec<Exception> {
    let exception = |one: &goods::Exception| Exception {
        line: one.line,
        sku: sku(one.sku, names),
        number: one.number,
        name: name_of(one.number).to_owned(),
        said: one.amounts.map(|amounts| Amount(amounts.said)),
        own: one.amounts.map(|amounts| Amount(amounts.own)),
    };
    exceptions.iter().map(exception).collect()
}

/// What a record keeps of its goods.
pub(super) fn sold(goods: &SoldGoods, names: &impl Names) -> GoodsMessage {
    let kit = |kit: &goods::Kit| KitSold { line: kit.line, parts: parts(&kit.parts, names) };
    let piece = |piece: &goods::Piece| Piece {
        line: piece.line,
        sku: sku(piece.sku, names),
        serial: Text(piece.serial.clone()),
    };
    let lot = |lot: &goods::Lot| Lot { line: lot.line, lot: lot.lot.clone().map(Text), expiry: lot.expiry.map(Day) };
    let age = |age: &AgeChecked| message::AgeChecked { by: Text(age.by.clone()), birth_date: age.birth.map(Day) };
    GoodsMessage {
        kits: goods.kits.iter().map(kit).collect(),
        pieces: goods.pieces.iter().map(piece).collect(),
        lots: goods.lots.iter().map(lot).collect(),
        age_checked: goods.age.as_ref().map(age),
        exceptions: exceptions(&goods.exceptions, names),
    }
}
