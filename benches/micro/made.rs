//! What the steps work on: a shop with 100,000 items, sales of them, and an address book.

use crate::NOW;
use crate::chance::Chance;
use crate::sample::{SHOP, item, location};
use onhand_engine::catalogue::{Item, Location};
use onhand_engine::command::{Action, Channel, Command, Said, SaleLine, Sell, Standing};
use onhand_engine::decide::{Decision, decide};
use onhand_engine::event::Record;
use onhand_engine::fingerprint::Fingerprint;
use onhand_engine::gtin::Gtin;
use onhand_engine::ids::{CommandId, LocationCode, LocationId, SkuCode, SkuId, Version};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::people::By;
use onhand_engine::qty::Qty;
use onhand_engine::stock::StockRow;
use onhand_engine::tax::{RatePpm, Taxed};
use onhand_engine::world::PlaceState;
use onhand_persistence::format::encode;
use onhand_protocol::convert::Names;
use std::sync::Arc;

const SKUS: u32 = 100_000;
/// Different commands that are taken in turn.
const COMMANDS: usize = 4_096;

/// A request as a till sends it.
pub(crate) fn sale_text(lines: usize) -> String {
    let lines = vec![r#"{"sku":"TEA-EARL-GREY","qty":"1"}"#; lines].join(",");
    let id = "0190a0b0-7000-7000-8000-000000000001";
    format!(r#"{{"op":"sell","id":"{id}","location":"S1","till":3,"currency":"EUR","lines":[{lines}]}}"#)
}

/// Knows one item at one location.
pub(crate) struct Book {
    item: Arc<Item>,
    location: Arc<Location>,
}

impl Default for Book {
    fn default() -> Self {
        Self { item: Arc::new(item()), location: Arc::new(location()) }
    }
}

impl Names for Book {
    fn item(&self, code: &SkuCode) -> Option<Arc<Item>> {
        (self.item.code == *code).then(|| self.item.clone())
    }

    fn item_by_gtin(&self, _: Gtin) -> Option<Arc<Item>> {
        None
    }

    fn item_numbered(&self, sku: SkuId) -> Option<Arc<Item>> {
        (self.item.sku == sku).then(|| self.item.clone())
    }

    fn location(&self, code: &LocationCode) -> Option<Arc<Location>> {
        (self.location.code == *code).then(|| self.location.clone())
    }

    fn location_numbered(&self, id: LocationId) -> Option<Arc<Location>> {
        (self.location.id == id).then(|| self.location.clone())
    }
}

/// Plenty of every item.
pub(crate) fn place() -> PlaceState {
    let full = || StockRow::from_parts(Qty::units(900_000_000), Qty::ZERO, Version(1), None);
    PlaceState { rows: (0..SKUS).map(|sku| (SkuId(sku), full())).collect(), ..PlaceState::default() }
}

/// Sales of so many items each, spread over all.
pub(crate) fn commands(lines: usize) -> Vec<Command> {
    let mut chance = Chance::new(7);
    (0..COMMANDS).map(|_| command(lines, &mut chance)).collect()
}

fn command(lines: usize, chance: &mut Chance) -> Command {
    let taxed = Taxed { net: Minor(500), tax: Minor(105), rate: RatePpm(210_000) };
    let mut line = || SaleLine {
        sku: SkuId(chance.below(SKUS)),
        qty: Qty::units(1),
        unit_price: Minor(605),
        taxed,
        unit_cost: None,
    };
    let action = Action::Sell(Sell {
        standing: Standing::Request,
        till: None,
        currency: Currency::EUR,
        lines: (0..lines).map(|_| line()).collect(),
        said: Said::default(),
        tenders: Vec::new(),
        reservation: None,
        owner: None,
        order: None,
        session: None,
        takes: Box::default(),
        payments: Box::default(),
        pricing: None,
        goods: None,
    });
    let id = CommandId(u128::from(chance.next()) << 64 | u128::from(chance.next()));
    Command { id, location: SHOP, channel: Channel::Till, action }
}

/// What becomes of a command.
pub(crate) fn record(place: &PlaceState, command: &Command) -> Record {
    let Ok(Decision::Happens(event)) = decide(place, command, NOW) else { panic!("there is enough") };
    let fingerprint = Fingerprint::of(command);
    Record { time: NOW, command: command.id, fingerprint, location: SHOP, by: By::default(), event }
}

/// So many sales of one line.
pub(crate) fn records(count: usize) -> Vec<Record> {
    let place = place();
    commands(1).iter().take(count).map(|command| record(&place, command)).collect()
}

pub(crate) fn encoded(records: &[Record]) -> Vec<u8> {
    let mut bytes = Vec::new();
    records.iter().for_each(|record| encode(record, &mut bytes));
    bytes
}
