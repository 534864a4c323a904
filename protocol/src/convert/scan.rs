//! What was scanned becomes an item with its quantity or price, as a line of a sale takes it.

use super::Names;
use super::enter::Refused;
use super::refusal::refusal;
use crate::limits::LAYOUTS_MAX;
use crate::message::{ErrorBody, ItemScanned};
use crate::value::{Amount, Currency, Day, Gtin, Quantity, Text};
use onhand_engine::catalogue::{Item, Location};
use onhand_engine::date::Date;
use onhand_engine::money::Minor;
use onhand_engine::qty::{Qty, Unit};
use onhand_engine::refusal::Refusal;
use onhand_engine::scan::price::PriceError;
use onhand_engine::scan::{self, Layout, Measure, ScanError, Scanned};
use std::sync::Arc;

/// Reads what was scanned at a location that has these layouts.
///
/// # Errors
/// [`ErrorBody`]: 1014 and 1021 for what cannot be read, 1003 for what is not in the catalogue, 1022 for what
/// has expired, and the numbers of quantities and amounts for what the symbol says of them.
pub fn scan(
    code: &str,
    location: &Location,
    layouts: &[Layout],
    today: Date,
    names: &impl Names,
) -> Result<ItemScanned, Refused> {
    let scanned = scan::read(code, layouts, today).map_err(unreadable)?;
    let (gtin, item) = find(&scanned, names)?;
    let of_item = |number, text: String| {
        let error = ErrorBody::new(number, format!("{}: {text}", item.code));
        Box::new(ErrorBody { sku: Some((&item.code).into()), ..error }.at("code"))
    };
    if let Some(expiry) = scanned.expiry.filter(|expiry| *expiry < today) {
        return Err(of_item(1022, format!("its last day was {expiry}")));
    }
    let measure = scanned.measure.unwrap_or_default();
    let amount = match measure.price.map(|price| price.in_minor_units(location.currency)).transpose() {
        Ok(amount) => amount,
        Err(PriceError::OtherCurrency) => return Err(of_item(3001, "its price is in another currency".into())),
        Err(PriceError::NotAnAmount) => {
            let text = format!("its price is no amount of {}", location.currency);
            return Err(of_item(3003, text));
        }
    };
    let qty = quantity(&item, measure, amount).map_err(|why| at_code(refusal(&why, names)))?;
    if let Some(qty) = qty {
        item.check_qty(qty).map_err(|why| at_code(refusal(&why, names)))?;
    }
    Ok(ItemScanned {
        sku: (&item.code).into(),
        name: item.name.to_string(),
        gtin: Gtin(gtin),
        unit: item.unit.into(),
        qty: qty.map(Quantity),
        amount: amount.map(Amount),
        currency: amount.map(|_| Currency(location.currency)),
        lot: scanned.lot.map(Text),
        serial: scanned.serial.map(Text),
        expiry: scanned.expiry.map(Day),
        best_before: scanned.best_before.map(Day),
        produced: scanned.produced.map(Day),
    })
}

fn unreadable(why: ScanError) -> Refused {
    let number = if matches!(why, ScanError::Gtin(_)) { 1014 } else { 1021 };
    at_code(ErrorBody::new(number, format!("the code {why}")))
}

fn at_code(error: ErrorBody) -> Refused {
    Box::new(error.at("code"))
}

fn find(scanned: &Scanned, names: &impl Names) -> Result<(onhand_engine::gtin::Gtin, Arc<Item>), Refused> {
    let numbers = [Some(scanned.gtin), scanned.or];
    let found = numbers.into_iter().flatten().find_map(|gtin| Some((gtin, names.item_by_gtin(gtin)?)));
    found.ok_or_else(|| {
        at_code(ErrorBody::new(1003, format!("no item in the catalogue has the bar code {}", scanned.gtin)))
    })
}

/// How much it is. None: it is not sold by the piece, and nobody knows before it is weighed.
fn quantity(item: &Item, measure: Measure, amount: Option<Minor>) -> Result<Option<Qty>, Refusal> {
    let by_piece = item.unit == Unit::Each;
    let no_price = Refusal::NoPrice { sku: item.sku };
    match (measure.weight, measure.count, amount) {
        (Some(weight), _, _) if item.unit == Unit::Kilogram => Ok(Some(weight)),
        (_, Some(count), _) if by_piece => Ok(Some(count)),
        // What has a price on it is one piece, or what its price makes.
        (None, None, Some(_)) if by_piece => Ok(Some(Qty::units(1))),
        (None, None, Some(amount)) => {
            item.price.and_then(|price| scan::quantity_for(amount, price)).ok_or(no_price).map(Some)
        }
        (None, None, None) => Ok(by_piece.then_some(Qty::units(1))),
        // A weight of what is sold by the piece, a count of what is sold by weight.
        _ => Err(Refusal::BadQuantity { sku: item.sku }),
    }
}

/// The layouts of a location's own labels.
pub(super) fn layouts(texts: &[String]) -> Result<Vec<Layout>, Refused> {
    let wrong = |at: usize, text: String| Box::new(ErrorBody::new(1023, text).at(format!("layouts[{at}]")));
    if texts.len() > LAYOUTS_MAX {
        let text = format!("a location may have {LAYOUTS_MAX} layouts");
        return Err(Box::new(ErrorBody::new(1023, text).at("layouts")));
    }
    let mut layouts: Vec<Layout> = Vec::with_capacity(texts.len());
    for (at, text) in texts.iter().enumerate() {
        let layout = Layout::parse(text).map_err(|why| wrong(at, format!("{text:.40?}: a layout {why}")))?;
        if let Some(other) = layouts.iter().find(|other| other.collides(&layout)) {
            return Err(wrong(at, format!("{layout} begins as {other} does: a label could be read both ways")));
        }
        layouts.push(layout);
    }
    Ok(layouts)
}
