//! Before the first sale: what the file sells must be in the catalogue, and its stores on the map.

use super::lane::Lane;
use super::{Error, Options, ids};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use onhand_engine::ids::{Label, LocationCode, SkuCode};
use onhand_protocol::client::{self, Reconnecting};
use onhand_protocol::message::{
    Basis, Body, DefineItems, DefineLocation, Get, ItemInput, LocationKind, Ping, Rate, Request, Rounding, Success,
    TaxInput, Unit,
};
use onhand_protocol::value::{Currency as WireCurrency, Id, Text, Time};
use std::collections::BTreeSet;

/// Unanswered look-ups at once.
const LOOKUPS: usize = 256;
/// Items of one definition, well below the size limit of a message.
const ITEMS_PER_MESSAGE: usize = 200;

/// Connects without patience, so that a wrong address or key is told at once, and asks for the time.
pub(super) async fn greet(link: &Reconnecting) -> Result<Time, Error> {
    match link.client().await?.ask(Body::Ping(Ping {})).await? {
        Success::Pong(pong) => Ok(pong.time),
        other => Err(client::Error::Unreadable(format!("ping was answered with {}", other.ok())).into()),
    }
}

/// Makes sure that every store is a location; those there are stay as they are.
pub(super) async fn locations(link: &Reconnecting, lanes: &[Lane], options: &Options) -> Result<(), Error> {
    for lane in lanes {
        let Some(line) = lane.jobs.front().and_then(|job| job.lines.first()) else { continue };
        if refusal(link, &lane.store, &line.sku).await? == Some(1004) {
            link.call(&define(&lane.store, options)).await?.result.map_err(Error::Location)?;
        }
    }
    Ok(())
}

/// Makes sure that every item is in the catalogue: what was sold was sold, also when the product
/// file does not have it. Gives those that were added. A key that may not define items adds none;
/// their lines are then passed over, and listed.
pub(super) async fn items(link: &Reconnecting, lanes: &[Lane]) -> Result<Vec<SkuCode>, Error> {
    let Some(store) = lanes.first().map(|lane| &lane.store) else { return Ok(Vec::new()) };
    let lines = lanes.iter().flat_map(|lane| &lane.jobs).flat_map(|job| &job.lines);
    let sold: BTreeSet<&SkuCode> = lines.map(|line| &line.sku).collect();
    let looked_up = stream::iter(sold).map(|sku| async move {
        let unknown = refusal(link, store, sku).await? == Some(1003);
        Ok::<_, Error>(unknown.then(|| sku.clone()))
    });
    let unknown: Vec<Option<SkuCode>> = looked_up.buffered(LOOKUPS).try_collect().await?;
    let unknown: Vec<SkuCode> = unknown.into_iter().flatten().collect();
    for chunk in unknown.chunks(ITEMS_PER_MESSAGE) {
        let items = chunk.iter().filter_map(nameless).collect();
        if link.call(&Request::new(Body::DefineItems(DefineItems { items }))).await?.result.is_err() {
            return Ok(Vec::new());
        }
    }
    Ok(unknown)
}

/// The number with which the server refuses to look a SKU up at a location.
async fn refusal(link: &Reconnecting, store: &LocationCode, sku: &SkuCode) -> Result<Option<u16>, Error> {
    let get = Get { location: Text(store.clone()), sku: Text(sku.clone()) };
    let reply = link.call(&Request::new(Body::Get(get))).await?;
    Ok(reply.result.err().map(|error| error.number))
}

fn nameless(sku: &SkuCode) -> Option<ItemInput> {
    Some(ItemInput {
        sku: Text(sku.clone()),
        name: format!("Item {sku}, not in the product file"),
        gtins: Vec::new(),
        unit: Unit::Each,
        tax_class: Text(Label::new("standard").ok()?),
        price: None,
        category: String::new(),
        terms: None,
        unit_cost: None,
    })
}

fn define(store: &LocationCode, options: &Options) -> Request {
    let zero = Label::new("standard").ok().map(|class| Rate {
        class: Text(class),
        rate_ppm: Some(0),
        parts_ppm: None,
        compound: false,
    });
    let body = Body::DefineLocation(DefineLocation {
        code: Text(store.clone()),
        name: format!("Store {store}"),
        kind: LocationKind::Shop,
        currency: WireCurrency(options.currency),
        tax: TaxInput {
            basis: Basis::TaxExclusive,
            rounding: Rounding::Line,
            rates: zero.into_iter().collect(),
            dated: Vec::new(),
        },
    });
    Request { id: Id(ids::derive(&["location", store.as_str(), options.currency.as_str()]).0), approval: None, body }
}
