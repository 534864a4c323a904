//! The sample chain of the demo: four shops and a web warehouse that sell food, kitchenware and gifts.
//!
//! All of it is made up, and the same every time: items from `sample/items.csv`, which is in our own
//! import format; stock drawn from the codes. Bar codes begin with 299, which GS1 leaves to shops.

use crate::replay::ids;
use onhand_engine::ids::{Label, LocationCode, SkuCode};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::qty::{Qty, Unit};
use onhand_protocol::client::{self, Client};
use onhand_protocol::message::{
    AskedLine, Basis, Body, DefineItems, DefineLocation, Get, ItemInput, LocationKind, Rate, Receive, Request,
    Rounding, SafetyStock, SetPolicy, Success, TaxInput,
};
use onhand_protocol::value::{Amount, Currency as WireCurrency, Gtin, Id, Quantity, Text};

/// The items, in our own import format.
pub const ITEMS_CSV: &str = include_str!("../sample/items.csv");

/// Items in one request: a message holds 64 KiB.
const ITEMS_PER_REQUEST: usize = 200;
/// Lines in one delivery.
const LINES_PER_REQUEST: usize = 250;

/// One place of the chain.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Its code.
    pub code: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub kind: LocationKind,
}

/// Every place; the last is the web warehouse.
pub const PLACES: [Place; 5] = [
    Place { code: "S1", name: "Harbour Street", kind: LocationKind::Shop },
    Place { code: "S2", name: "Market Hall", kind: LocationKind::Shop },
    Place { code: "S3", name: "Station Arcade", kind: LocationKind::Shop },
    Place { code: "S4", name: "Riverside", kind: LocationKind::Shop },
    Place { code: "WEB", name: "Web warehouse", kind: LocationKind::Warehouse },
];

/// What the file does not say about one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleItem {
    /// Its code.
    pub sku: SkuCode,
    /// How it is counted.
    pub unit: Unit,
    /// Its shelf price.
    pub price: Minor,
    input: ItemInput,
}

/// The sample cannot be read: it was changed and is wrong.
#[derive(Debug, thiserror::Error)]
#[error("the sample's line {line}: {problem}")]
pub struct SampleError {
    line: u64,
    problem: String,
}

/// Why the sample could not be put on a server.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The sample itself is wrong.
    #[error(transparent)]
    Sample(#[from] SampleError),
    /// The server cannot be reached, or refuses.
    #[error(transparent)]
    Client(#[from] client::Error),
}

/// The items, in the order of the file.
///
/// # Errors
/// [`SampleError`] when the embedded file is wrong; a test reads it.
pub fn items() -> Result<Vec<SampleItem>, SampleError> {
    let mut reader = csv::Reader::from_reader(ITEMS_CSV.as_bytes());
    reader.records().enumerate().map(|(at, record)| item(at as u64 + 2, record)).collect()
}

fn item(line: u64, record: Result<csv::StringRecord, csv::Error>) -> Result<SampleItem, SampleError> {
    let wrong = |problem: String| SampleError { line, problem };
    let record = record.map_err(|error| wrong(error.to_string()))?;
    let cell = |at: usize| record.get(at).unwrap_or("");
    let sku = SkuCode::new(cell(0)).map_err(|error| wrong(format!("sku {error}")))?;
    let unit = Unit::named(cell(3)).ok_or_else(|| wrong("unit".to_owned()))?;
    let tax_class = Label::new(cell(4)).map_err(|error| wrong(format!("tax_class {error}")))?;
    let price = crate::replay::transactions::amount(cell(5), Currency::EUR).ok_or_else(|| wrong("price".to_owned()))?;
    let gtins = cell(2).split_whitespace().map(str::parse::<Gtin>).collect::<Result<Vec<Gtin>, _>>();
    let input = ItemInput {
        sku: Text(sku.clone()),
        name: cell(1).to_owned(),
        gtins: gtins.map_err(|error| wrong(format!("gtin {error}")))?,
        unit: unit.into(),
        tax_class: Text(tax_class),
        price: Some(Amount(price)),
        category: cell(6).to_owned(),
        terms: None,
        unit_cost: Some(Amount(cost(&sku, price))),
    };
    Ok(SampleItem { sku, unit, price, input })
}

/// What a unit costs the chain: 40 to 64 parts in a hundred of its price, tax and all.
fn cost(sku: &SkuCode, price: Minor) -> Minor {
    let draw = ids::derive(&["sample cost", sku.as_str()]).0;
    Minor(price.0 * (40 + i64::try_from(draw % 25).unwrap_or(0)) / 100)
}

/// What lies at a place when the demo begins: most shelves are full, some are nearly empty, and no
/// shop has everything.
#[must_use]
pub fn opening(place: &Place, item: &SampleItem) -> Qty {
    let draw = ids::derive(&["sample stock", place.code, item.sku.as_str()]).0;
    let among = |count: u128, shift: u32| i64::try_from((draw >> shift) % count).unwrap_or(0);
    let units = match (place.kind, among(100, 0)) {
        (LocationKind::Shop, 0..8) => 0,
        (LocationKind::Shop, 8..14) => 1 + among(3, 96),
        (LocationKind::Shop, _) => 6 + among(25, 96),
        (LocationKind::Warehouse, 0..3) => 1 + among(3, 96),
        (LocationKind::Warehouse, _) => 40 + among(80, 96),
    };
    if item.unit == Unit::Each || units == 0 {
        return Qty::units(units);
    }
    Qty::units(units / 2).plus(Qty::from_milli(50 * among(20, 48)))
}

/// Everything that makes the chain, in order. The ids are the same every time.
///
/// # Errors
/// [`SampleError`] when the embedded file is wrong.
pub fn requests() -> Result<Vec<Request>, SampleError> {
    let items = items()?;
    let mut requests = Vec::new();
    let mut push = |what: &str, place: &str, part: usize, body: Body| {
        let id = ids::derive(&["sample", what, place, &part.to_string()]);
        requests.push(Request { id: Id(id.0), approval: None, body });
    };
    for place in &PLACES {
        if let (Some(code), Some(tax)) = (code(place), tax()) {
            let (name, kind, currency) = (place.name.to_owned(), place.kind, WireCurrency(Currency::EUR));
            push(
                "location",
                place.code,
                0,
                Body::DefineLocation(DefineLocation { code, name, kind, currency, tax, time_zone: None }),
            );
        }
    }
    for (part, items) in items.chunks(ITEMS_PER_REQUEST).enumerate() {
        let items = items.iter().map(|item| item.input.clone()).collect();
        push("items", "", part, Body::DefineItems(DefineItems { items }));
    }
    for place in &PLACES {
        let Some(location) = code(place) else { continue };
        let stock =
            items.iter().map(|item| AskedLine { sku: Text(item.sku.clone()), qty: Quantity(opening(place, item)) });
        let stock: Vec<AskedLine> = stock.filter(|line| line.qty.0.is_positive()).collect();
        for (part, item) in items.iter().enumerate() {
            let policy = policy(place, &location, item);
            push("policy", place.code, part, Body::SetPolicy(policy));
        }
        for (part, lines) in stock.chunks(LINES_PER_REQUEST).enumerate() {
            let receive = Receive { location: location.clone(), lines: lines.to_vec() };
            push("stock", place.code, part, Body::Receive(receive));
        }
    }
    Ok(requests)
}

/// Shops keep one piece back from the website, for whoever stands before the shelf.
fn policy(place: &Place, location: &Text<32>, item: &SampleItem) -> SetPolicy {
    let web = if place.kind == LocationKind::Shop { Qty::units(1) } else { Qty::ZERO };
    let low_at = if place.kind == LocationKind::Shop { Qty::units(3) } else { Qty::units(8) };
    SetPolicy {
        location: location.clone(),
        sku: Text(item.sku.clone()),
        safety_stock: SafetyStock { web: Quantity(web), ..SafetyStock::default() },
        low_at: Quantity(low_at),
    }
}

fn code(place: &Place) -> Option<Text<32>> {
    LocationCode::new(place.code).ok().map(Text)
}

/// Prices contain VAT of 20 %, food of 5.5 %.
fn tax() -> Option<TaxInput> {
    let rate = |class: &str, ppm: u32| {
        Some(Rate { class: Text(Label::new(class).ok()?), rate_ppm: Some(ppm), parts_ppm: None, compound: false })
    };
    let rates = vec![rate("standard", 200_000)?, rate("reduced", 55_000)?];
    Some(TaxInput { basis: Basis::TaxInclusive, rounding: Rounding::Line, rates, dated: Vec::new() })
}

/// Puts the chain on a server that does not have it yet. Says whether it did.
///
/// # Errors
/// [`LoadError`]; loading again goes on from there.
pub async fn load(url: &str, key: &str) -> Result<bool, LoadError> {
    let client = Client::connect(url, key).await?;
    let requests = requests()?;
    if is_loaded(&client, &requests).await? {
        return Ok(false);
    }
    // Codes must be known before they are used; what belongs together goes out together.
    for group in requests.chunk_by(|a, b| a.body.op() == b.body.op()) {
        for some in group.chunks(256) {
            for reply in client.send_all(some).await {
                reply?.result.map_err(client::Error::Refused)?;
            }
        }
    }
    Ok(true)
}

/// The last thing loaded is a delivery: has it come?
async fn is_loaded(client: &Client, requests: &[Request]) -> Result<bool, client::Error> {
    let last = requests.iter().rev().find_map(|request| match &request.body {
        Body::Receive(receive) => Some((receive.location.clone(), receive.lines.last()?.sku.clone())),
        _ => None,
    });
    let Some((location, sku)) = last else { return Ok(true) };
    match client.ask(Body::Get(Get { location, sku })).await {
        // One change is its stock rule, the delivery is the second.
        Ok(Success::Level(reply)) => Ok(reply.level.version >= 2),
        Err(client::Error::Refused(error)) if matches!(error.number, 1003 | 1004) => Ok(false),
        Err(error) => Err(error),
        Ok(other) => Err(client::Error::Unreadable(format!("get was answered with {}", other.ok()))),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_sample_is_a_believable_chain() {
        let items = items().unwrap();
        assert_eq!(items.len(), 308);
        assert_eq!(items.iter().map(|item| &item.sku).collect::<HashSet<_>>().len(), 308);
        let gtins: HashSet<&Gtin> = items.iter().flat_map(|item| &item.input.gtins).collect();
        assert_eq!(gtins.len(), 308 - items.iter().filter(|item| item.unit == Unit::Kilogram).count());
        for place in &PLACES {
            let stock: Vec<Qty> = items.iter().map(|item| opening(place, item)).collect();
            assert!(items.iter().zip(&stock).all(|(item, qty)| item.unit.allows(*qty) && *qty >= Qty::ZERO));
            let few = stock.iter().filter(|qty| (Qty::units(1)..=Qty::units(3)).contains(*qty)).count();
            assert!((3..60).contains(&few), "{}: {few}", place.code);
        }
    }

    #[test]
    fn requests_fit_into_messages_and_keep_their_ids() {
        let requests = requests().unwrap();
        assert!(requests.iter().all(|request| request.to_json().len() < 60_000));
        assert_eq!(requests.iter().map(|request| request.id).collect::<HashSet<_>>().len(), requests.len());
        assert_eq!(requests, super::requests().unwrap());
    }
}
