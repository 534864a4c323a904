//! An `onhand serve` of its own: a release build as a child process, with a chain, its items and goods.
#![allow(dead_code, reason = "each measurement needs some of it")]

use crate::child::Server;
use onhand_engine::ids::{Code, Label};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::qty::Qty;
use onhand_protocol::client::Client;
use onhand_protocol::http_client::HttpClient;
use onhand_protocol::message::read::LevelPage;
use onhand_protocol::message::{
    AskedLine, Basis, BenefitInput, Body, DefineItems, DefineLocation, DefinePromotions, ItemInput, Items,
    LocationKind, PromotionInput, Rate, Receive, Request, Rounding, Spend, TaxInput, Terms, Unit,
};
use onhand_protocol::value::{Amount, Currency as WireCurrency, Id, Quantity, Text};
use std::fs::File;
use std::path::Path;
use std::process::Command;
use tokio::runtime::Runtime;

/// The price of everything, in cents.
pub(crate) const PRICE: i64 = 450;
/// What the promotion of [`Shop::promote`] takes off a sale, in cents.
pub(crate) const OFF: i64 = 100;
/// What a sale must come to for that.
const OFF_FROM: i64 = 1_000;
/// Lines of one delivery.
const LINES_PER_MESSAGE: usize = 500;

/// A running server with what it sells.
pub(crate) struct Shop {
    pub(crate) server: Server,
    pub(crate) admin: String,
    pub(crate) till: String,
    pub(crate) web: String,
    locations: u32,
    runtime: Runtime,
}

/// The code of an item; always of the same length, so that it can be patched into a message.
pub(crate) fn sku(number: u32) -> String {
    format!("ITEM-{number:06}")
}

/// The code of the location where an item lies.
pub(crate) fn location(number: u32) -> String {
    format!("S{number}")
}

impl Shop {
    /// Starts it on an empty folder.
    pub(crate) fn start(folder: &Path, locations: u32, skus: u32, units: i64) -> Result<Self, String> {
        let data = folder.to_string_lossy().into_owned();
        let [admin, till, web] = ["admin", "till", "web"].map(|role| key(&data, role));
        let (admin, till, web) = (admin?, till?, web?);
        let said = File::create(folder.with_extension("log")).map_err(|why| why.to_string())?;
        let mut serve = onhand();
        serve.args(["serve", "--data", &data, "--listen", "127.0.0.1:0"]).stderr(said);
        let server = Server::that_says(&mut serve, "listening on http://")?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|why| why.to_string())?;
        let shop = Self { server, admin, till, web, locations, runtime };
        shop.runtime.block_on(shop.furnish(skus, units)).map_err(|why| format!("onhand: {why}"))?;
        Ok(shop)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.server.address)
    }

    /// Item `n` goes to location `n % locations`.
    async fn furnish(&self, skus: u32, units: i64) -> Result<(), String> {
        let failed = |why: onhand_protocol::client::Error| why.to_string();
        let client = Client::connect(&self.url(), &self.admin).await.map_err(failed)?;
        let wrong = || "a code is wrong".to_owned();
        for number in 0..self.locations {
            client.ask(define(number).ok_or_else(wrong)?).await.map_err(failed)?;
        }
        let items: Vec<ItemInput> = (0..skus).filter_map(item).collect();
        let items = serde_json::to_string(&DefineItems { items }).map_err(|why| why.to_string())?;
        let http = HttpClient::new(&self.url(), Some(&self.admin));
        http.post("/v1/define_items", Some(Id::mint()), items).await.map_err(failed)?;
        for number in 0..self.locations {
            let here: Vec<u32> = (number..skus).step_by(self.locations as usize).collect();
            let deliver = |some: &[u32]| {
                let line =
                    |number: &u32| Some(AskedLine { sku: code(&sku(*number))?, qty: Quantity(Qty::units(units)) });
                let lines = some.iter().filter_map(line).collect();
                Some(Request::new(Body::Receive(Receive { location: code(&location(number))?, lines })))
            };
            let deliveries: Vec<Request> = here.chunks(LINES_PER_MESSAGE).filter_map(deliver).collect();
            for answer in client.send_all(&deliveries).await {
                answer.map_err(failed)?.result.map_err(|refused| refused.message.clone())?;
            }
        }
        Ok(())
    }

    /// Puts a promotion up: an amount off every sale that comes to enough.
    pub(crate) fn promote(&self) -> Result<(), String> {
        let spend = Spend {
            items: Items::default(),
            at_least: Amount(Minor(OFF_FROM)),
            percent_ppm: None,
            amount: Some(Amount(Minor(OFF))),
        };
        let promotion = PromotionInput {
            code: Text(Label::new("off").map_err(|why| format!("{why:?}"))?),
            name: "An amount off".to_owned(),
            benefit: BenefitInput::Spend(spend),
            currency: Some(WireCurrency(Currency::EUR)),
            terms: Terms::default(),
            coupon: None,
            uses: None,
            priority: 0,
            exclusive: false,
        };
        let body = DefinePromotions { promotions: vec![promotion] };
        let body = serde_json::to_string(&body).map_err(|why| why.to_string())?;
        let http = HttpClient::new(&self.url(), Some(&self.admin));
        let defined = self.runtime.block_on(http.post("/v1/define_promotions", Some(Id::mint()), body));
        defined.map(|_| ()).map_err(|why| format!("onhand: {why}"))
    }

    /// Units on hand, everywhere.
    pub(crate) fn units(&self) -> Result<i64, String> {
        let http = HttpClient::new(&self.url(), Some(&self.admin));
        let read = async {
            let mut milli = 0_i64;
            for number in 0..self.locations {
                let mut after = None::<String>;
                loop {
                    let from = after.map_or_else(String::new, |after| format!("&after={after}"));
                    let path = format!("/v1/stock?location={}&limit=1000{from}", location(number));
                    let page: LevelPage = http.get(&path).await?.json()?;
                    milli += page.levels.iter().filter_map(|level| level.on_hand).map(|qty| qty.0.milli()).sum::<i64>();
                    let Some(next) = page.next else { break };
                    after = Some(next.to_string());
                }
            }
            Ok::<i64, onhand_protocol::client::Error>(milli / 1_000)
        };
        self.runtime.block_on(read).map_err(|why| format!("onhand: {why}"))
    }
}

fn onhand() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_onhand"));
    command.env_remove("ONHAND_KEY").env_remove("RUST_LOG");
    command
}

fn key(data: &str, role: &str) -> Result<String, String> {
    let out = onhand().args(["key", "create", "--role", role, "--data", data]).output();
    let out = out.map_err(|why| format!("onhand: {why}"))?;
    if !out.status.success() {
        return Err(format!("onhand key create: {}", String::from_utf8_lossy(&out.stderr)));
    }
    Ok(String::from_utf8_lossy(&out.stdout).trim().to_owned())
}

fn code<const MAX: usize>(text: &str) -> Option<Text<MAX>> {
    Code::new(text).ok().map(Text)
}

fn define(number: u32) -> Option<Body> {
    let standard =
        Rate { class: Text(Label::new("standard").ok()?), rate_ppm: Some(200_000), parts_ppm: None, compound: false };
    Some(Body::DefineLocation(DefineLocation {
        code: code(&location(number))?,
        name: format!("Shop {number}"),
        kind: LocationKind::Shop,
        currency: WireCurrency(Currency::EUR),
        tax: TaxInput {
            basis: Basis::TaxInclusive,
            rounding: Rounding::Line,
            rates: vec![standard],
            dated: Vec::new(),
        },
    }))
}

fn item(number: u32) -> Option<ItemInput> {
    Some(ItemInput {
        sku: code(&sku(number))?,
        name: format!("Item {number}"),
        gtins: Vec::new(),
        unit: Unit::Each,
        tax_class: Text(Label::new("standard").ok()?),
        price: Some(Amount(Minor(PRICE))),
        category: "measured".to_owned(),
        terms: None,
        unit_cost: None,
    })
}
