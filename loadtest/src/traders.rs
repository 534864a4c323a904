//! Simulated cashiers, shoppers and storekeepers who trade gently in the sample chain.
//!
//! They speak to the server over the wire like any stranger, with one shared connection, one request
//! each at a time. They go on until told to stop; whatever fails, they wait and try again.

use crate::chance::{Chance, Zipf};
use crate::paying::{Card, Cards, give_up, tenders};
use crate::sample::{self, PLACES, Place, SampleItem};
use futures_util::future::{Either, join_all, join4, select};
use onhand_engine::ids::{LocationCode, Owner, SkuCode};
use onhand_engine::money::Currency;
use onhand_engine::qty::{Qty, Unit};
use onhand_protocol::client::{self, Client};
use onhand_protocol::message::{
    AskedLine, Body, Channel, Disposition, Get, LocationKind, Quote, Receive, Release, Request, Reserve, Return,
    SaleLine, Sell, Success,
};
use onhand_protocol::value::{Amount, Currency as WireCurrency, Id, Label, Quantity, Text};
use std::convert::Infallible;
use std::pin::pin;
use std::time::Duration;

/// How lively the trade is.
#[derive(Clone, Debug)]
pub struct Options {
    /// Tills in each shop.
    pub tills_per_shop: u16,
    /// Shoppers on the website at a time.
    pub shoppers: u16,
    /// Time between two customers at one till.
    pub between_customers: Duration,
    /// Time between two clicks of one shopper.
    pub between_clicks: Duration,
    /// Time between two looks of one storekeeper at the shelves.
    pub between_looks: Duration,
    /// Whose driver takes cards at the tills; none: everybody pays in cash.
    pub cards: Option<Label>,
}

impl Default for Options {
    /// About three sales a second in all.
    fn default() -> Self {
        Self {
            tills_per_shop: 2,
            shoppers: 6,
            between_customers: Duration::from_millis(3_500),
            between_clicks: Duration::from_millis(4_000),
            between_looks: Duration::from_millis(1_500),
            cards: None,
        }
    }
}

/// How long a shopper's basket is held, in seconds.
const HOLD_S: u64 = 60;
/// The longest wait after failures.
const BACKOFF_MAX: Duration = Duration::from_secs(10);
/// How many of a hundred customers pay by card, where that is possible.
const CARDS_PCT: u64 = 60;
/// At or below this much on hand a storekeeper orders a case.
const CASE_AT: Qty = Qty::units(2);

/// Trades until the signal comes. Never fails: errors are waited out.
///
/// # Errors
/// [`sample::SampleError`] when the embedded catalogue is wrong; a test reads it.
pub async fn run(url: &str, key: &str, options: Options, stop: impl Future) -> Result<(), sample::SampleError> {
    let mut items = sample::items()?;
    // Popularity has nothing to do with the order of the catalogue.
    items.sort_by_key(|item| crate::replay::ids::derive(&["sample popularity", item.sku.as_str()]).0);
    let world = World { zipf: Zipf::new(items.len()), items, options };
    let trade = pin!(trade(url, key, &world));
    let stop = pin!(stop);
    match select(stop, trade).await {
        Either::Left(_) => Ok(()),
        Either::Right((never, _)) => match never {},
    }
}

struct World {
    items: Vec<SampleItem>,
    zipf: Zipf,
    options: Options,
}

/// Everyone trades over one connection; when it breaks all pause and a new one is made.
async fn trade(url: &str, key: &str, world: &World) -> Infallible {
    let mut wait = Duration::from_millis(200);
    let mut chance = Chance::any();
    loop {
        if let Ok(client) = Client::connect(url, key).await {
            wait = Duration::from_millis(200);
            everyone(&client, world).await;
        }
        tokio::time::sleep(chance.around(wait)).await;
        wait = (wait * 2).min(BACKOFF_MAX);
    }
}

/// Ends when the connection does.
async fn everyone(client: &Client, world: &World) {
    let cards = Cards::default();
    let shops = || PLACES.iter().filter(|place| place.kind == LocationKind::Shop);
    let tills = shops().flat_map(|place| (1..=world.options.tills_per_shop).map(move |till| (place, till)));
    let cashiers = join_all(tills.map(|(place, till)| cashier(client, world, &cards, place, till)));
    let shoppers = join_all((0..world.options.shoppers).map(|_| shopper(client, world)));
    let storekeepers = join_all(PLACES.iter().map(|place| storekeeper(client, world, place)));
    let told = cards.tell(client, world.options.cards.as_ref());
    join4(cashiers, shoppers, storekeepers, told).await;
}

/// Sells basket after basket; now and then a customer brings something back.
async fn cashier(client: &Client, world: &World, cards: &Cards, place: &Place, till: u16) {
    let Some(location) = code(place) else { return };
    let mut chance = Chance::any();
    let mut sold: Vec<SaleLine> = Vec::new();
    while !client.is_closed() {
        tokio::time::sleep(chance.around(world.options.between_customers)).await;
        if chance.percent(4)
            && let Some(line) = sold.pop()
        {
            let disposition = if chance.percent(80) { Disposition::Resell } else { Disposition::Damaged };
            let (location, currency) = (location.clone(), euro());
            let goods = Return {
                location,
                till: Some(till),
                currency,
                lines: vec![line],
                disposition,
                tenders: vec![],
                customer: None,
                completed: false,
            };
            let _ = ask(client, Body::Return(goods)).await;
            continue;
        }
        let mut lines = world.basket(&mut chance, 5);
        let sale = Id::mint();
        let mut card = None;
        if let Some(provider) = world.options.cards.as_ref().filter(|_| chance.percent(CARDS_PCT)) {
            let Some(total) = total(client, &location, &lines).await else { continue };
            match cards.ask_for(client, (&location, till), provider, (sale, total)).await {
                Card::Approved(payment) => card = Some(payment),
                Card::Declined => {}
                Card::Left => continue,
            }
        }
        // What the shelf does not have, the customer cannot bring to the till. Of the card, only what is sold is taken.
        while !lines.is_empty() {
            let Some(total) = total(client, &location, &lines).await else { break };
            let paid = Sell {
                lines: lines.iter().map(sale_line).collect(),
                tenders: tenders(total, card),
                ..sell(&location, Channel::Till, Some(till))
            };
            let Some(missing) = short(ask_as(sale, client, Body::Sell(paid)).await) else { break };
            lines.retain(|line| line.sku.0 != missing);
        }
        if let Some(payment) = card.filter(|_| lines.is_empty()) {
            give_up(client, &location, payment).await;
        }
        if chance.percent(20) {
            sold = lines.iter().take(1).map(sale_line).collect();
        }
    }
}

/// Fills baskets on the website: some are bought, some let go, some forgotten until they expire.
async fn shopper(client: &Client, world: &World) {
    let mut chance = Chance::any();
    while !client.is_closed() {
        tokio::time::sleep(chance.around(world.options.between_clicks)).await;
        // Most is shipped from the warehouse, some collected in a shop.
        let place = if chance.percent(75) { PLACES.last() } else { chance.pick(&PLACES) };
        let Some(location) = place.and_then(code) else { continue };
        let Ok(owner) = Owner::new(&format!("cart-{:08x}", chance.below(1 << 32))) else { continue };
        let lines = world.basket(&mut chance, 3);
        let reserve = Reserve {
            location: location.clone(),
            channel: Some(Channel::Web),
            owner: Text(owner),
            ttl_s: Some(HOLD_S),
            ttl_ms: None,
            lines: lines.clone(),
        };
        let Ok(Success::Reserved(held)) = ask(client, Body::Reserve(reserve)).await else { continue };
        tokio::time::sleep(chance.around(world.options.between_clicks * 2)).await;
        match chance.below(100) {
            0..60 => {
                let lines = lines.iter().map(sale_line).collect();
                let reservation = Some(held.reservation);
                let sale = Sell { lines, reservation, ..sell(&location, Channel::Web, None) };
                let _ = ask(client, Body::Sell(sale)).await;
            }
            60..85 => {
                let _ = ask(client, Body::Release(Release { location, reservation: held.reservation })).await;
            }
            _ => {}
        }
    }
}

/// Looks at one shelf after the other and has a case delivered where little is left.
async fn storekeeper(client: &Client, world: &World, place: &Place) {
    let Some(location) = code(place) else { return };
    let mut chance = Chance::any();
    while !client.is_closed() {
        tokio::time::sleep(chance.around(world.options.between_looks)).await;
        let Some(item) = world.popular(&mut chance) else { continue };
        let sku = Text(item.sku.clone());
        let look = Body::Get(Get { location: location.clone(), sku: sku.clone() });
        let Ok(Success::Level(found)) = ask(client, look).await else { continue };
        if found.level.on_hand.is_none_or(|on_hand| on_hand.0 > CASE_AT) || chance.percent(50) {
            continue;
        }
        let case = if place.kind == LocationKind::Shop { 12 } else { 48 };
        let lines = vec![AskedLine { sku, qty: Quantity(Qty::units(case)) }];
        let _ = ask(client, Body::Receive(Receive { location: location.clone(), lines })).await;
    }
}

impl World {
    fn popular(&self, chance: &mut Chance) -> Option<&SampleItem> {
        self.items.get(self.zipf.rank(chance))
    }

    /// One to so many different items, mostly one piece of each; loose goods by weight.
    fn basket(&self, chance: &mut Chance, lines_max: u64) -> Vec<AskedLine> {
        let wanted = 1 + chance.below(lines_max).min(chance.below(lines_max));
        let mut lines: Vec<AskedLine> = Vec::new();
        for _ in 0..wanted {
            let Some(item) = self.popular(chance) else { break };
            if lines.iter().any(|line| line.sku.0 == item.sku) {
                continue;
            }
            let qty = match item.unit {
                Unit::Each if chance.percent(85) => Qty::units(1),
                Unit::Each => Qty::units(2),
                _ => Qty::from_milli(150 + 10 * i64::try_from(chance.below(60)).unwrap_or(0)),
            };
            lines.push(AskedLine { sku: Text(item.sku.clone()), qty: Quantity(qty) });
        }
        lines
    }
}

/// What a basket costs.
async fn total(client: &Client, location: &Text<32>, lines: &[AskedLine]) -> Option<Amount> {
    let quote = Quote {
        location: location.clone(),
        channel: Some(Channel::Till),
        currency: euro(),
        lines: lines.iter().map(sale_line).collect(),
        group: None,
        coupons: Vec::new(),
        tax_exempt: None,
        discount: None,
        explain: false,
    };
    match ask(client, Body::Quote(quote)).await {
        Ok(Success::Quoted(quoted)) => Some(quoted.total),
        _ => None,
    }
}

/// Asks, and when no answer comes asks the same once more. Nothing is told about failures: the
/// connection's end is what everyone looks at.
pub(crate) async fn ask(client: &Client, body: Body) -> Result<Success, client::Error> {
    ask_as(Id::mint(), client, body).await
}

async fn ask_as(id: Id, client: &Client, body: Body) -> Result<Success, client::Error> {
    let request = Request { id, approval: None, body };
    let reply = match client.call(&request).await {
        Err(client::Error::TimedOut) => client.call(&request).await,
        other => other,
    };
    Ok(reply?.result?)
}

/// The item of which there was too little.
fn short(answer: Result<Success, client::Error>) -> Option<SkuCode> {
    match answer {
        Err(client::Error::Refused(error)) if error.number == 2001 => error.sku.map(|sku| sku.0),
        _ => None,
    }
}

fn sell(location: &Text<32>, channel: Channel, till: Option<u16>) -> Sell {
    Sell {
        location: location.clone(),
        channel: Some(channel),
        till,
        currency: euro(),
        lines: Vec::new(),
        tenders: Vec::new(),
        completed: false,
        sold_at: None,
        reservation: None,
        owner: None,
        order: None,
        session: None,
        group: None,
        coupons: Vec::new(),
        tax_exempt: None,
        customer: None,
        discount: None,
        age_checked: None,
    }
}

fn sale_line(line: &AskedLine) -> SaleLine {
    SaleLine {
        sku: Some(line.sku.clone()),
        gtin: None,
        qty: line.qty,
        amount: None,
        unit_price: None,
        tax: None,
        price_reason: None,
        discount: None,
        expiry: None,
        lot: None,
        serials: vec![],
    }
}

fn code(place: &Place) -> Option<Text<32>> {
    LocationCode::new(place.code).ok().map(Text)
}

pub(crate) fn euro() -> WireCurrency {
    WireCurrency(Currency::EUR)
}
