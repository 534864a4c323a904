//! Before the run: its locations, its items, goods on their shelves.

use super::goods::{Goods, Place};
use onhand_engine::ids::{Code, Label};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::qty::Qty;
use onhand_protocol::client::{Client, Error};
use onhand_protocol::message::{
    AskedLine, Basis, Body, DefineItems, DefineLocation, ItemInput, LocationKind, Rate, Receive, Request, Rounding,
    Success, TaxInput, Unit,
};
use onhand_protocol::value::{Amount, Currency as WireCurrency, Quantity, Text};

/// Items of one definition, well below the size limit of a message.
const ITEMS_PER_MESSAGE: usize = 200;
/// Lines of one delivery.
const LINES_PER_MESSAGE: usize = 500;
/// The price of everything, in cents.
const PRICE: i64 = 450;

/// Makes everything; gives the log's position after it.
pub(super) async fn prepare(client: &Client, goods: &Goods) -> Result<u64, Error> {
    let locations: Vec<Body> = (0..goods.locations()).filter_map(|location| define(goods, location)).collect();
    all(client, locations).await?;
    let items: Vec<ItemInput> = (0..goods.items()).filter_map(|number| item(goods, number)).collect();
    let items = items.chunks(ITEMS_PER_MESSAGE);
    all(client, items.map(|items| Body::DefineItems(DefineItems { items: items.to_vec() })).collect()).await?;
    let numbers: Vec<u32> = (0..goods.items()).collect();
    let mut deliveries = Vec::new();
    for location in 0..goods.locations() {
        for numbers in numbers.chunks(LINES_PER_MESSAGE) {
            let place = |number: &u32| location * goods.items() + number;
            let lines: Vec<(Place, i64)> =
                numbers.iter().map(|number| (place(number), goods.units_before(place(number)))).collect();
            deliveries.extend(delivery(goods, &lines));
        }
    }
    all(client, deliveries).await
}

/// Units for these places, which are at one location.
pub(super) fn delivery(goods: &Goods, units: &[(Place, i64)]) -> Option<Body> {
    let units = || units.iter().filter(|(_, units)| *units > 0);
    let line = |(place, units): &(Place, i64)| {
        Some(AskedLine { sku: code(&goods.sku(place % goods.items()))?, qty: Quantity(Qty::units(*units)) })
    };
    let location = code(&goods.location(units().next()?.0 / goods.items()))?;
    Some(Body::Receive(Receive { location, lines: units().filter_map(line).collect() }))
}

/// Sends them, all in flight at once, and gives the last position in the log.
async fn all(client: &Client, bodies: Vec<Body>) -> Result<u64, Error> {
    let mut last = 0;
    for some in bodies.chunks(64) {
        let requests: Vec<Request> = some.iter().cloned().map(Request::new).collect();
        for reply in client.send_all(&requests).await {
            match reply?.result? {
                Success::Received(done) | Success::LocationDefined(done) => last = last.max(done.seq.0.0),
                _ => {}
            }
        }
    }
    Ok(last)
}

fn code<const MAX: usize>(text: &str) -> Option<Text<MAX>> {
    Code::new(text).ok().map(Text)
}

fn define(goods: &Goods, location: u32) -> Option<Body> {
    let standard =
        Rate { class: Text(Label::new("standard").ok()?), rate_ppm: Some(200_000), parts_ppm: None, compound: false };
    let tax =
        TaxInput { basis: Basis::TaxInclusive, rounding: Rounding::Line, rates: vec![standard], dated: Vec::new() };
    Some(Body::DefineLocation(DefineLocation {
        code: code(&goods.location(location))?,
        name: format!("Load test {}", goods.location(location)),
        kind: LocationKind::Shop,
        currency: WireCurrency(Currency::EUR),
        tax,
    }))
}

fn item(goods: &Goods, number: u32) -> Option<ItemInput> {
    Some(ItemInput {
        sku: code(&goods.sku(number))?,
        name: format!("Load test item {}", goods.sku(number)),
        gtins: Vec::new(),
        unit: Unit::Each,
        tax_class: Text(Label::new("standard").ok()?),
        price: Some(Amount(Minor(PRICE))),
        category: "load test".to_owned(),
        terms: None,
        unit_cost: None,
    })
}
