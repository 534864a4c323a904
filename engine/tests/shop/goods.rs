//! Goods with terms: `kit`, `terms`, and what a command says of its pieces.

use super::Shop;
use super::reading::Reading;
use onhand_engine::basket::Ask;
use onhand_engine::catalogue::Item;
use onhand_engine::command::{Action, SkuQty};
use onhand_engine::date::Date;
use onhand_engine::event::Event;
use onhand_engine::goods::define::with_terms;
use onhand_engine::goods::kit::unit_cost;
use onhand_engine::goods::{AgeChecked, Goods, Only, Part, SoldGoods, Terms, Traced, Under};
use onhand_engine::ids::Code;
use onhand_engine::money::Minor;
use onhand_engine::qty::Qty;
use onhand_engine::refusal::name_of;
use onhand_engine::returns::{Portion, What};
use std::fmt::Write as _;
use std::sync::Arc;

impl Shop {
    /// `kit GIFT TEA 2 MUG 1 ..`, a part's worth behind `@`; and terms of any item: `terms WINE min_age=18 only=store
    /// blocked=recalled max=2 serials=yes lots=yes`. `terms WINE` takes them all away.
    pub(super) fn set_terms(&mut self, reading: &mut Reading) -> String {
        let sku = self.sku(&reading.word());
        let mut parts = Vec::new();
        while !reading.words.is_empty() {
            let (sku, qty) = (self.sku(&reading.word()), reading.qty());
            let worth = reading.words.last().and_then(|word| word.strip_prefix('@')?.parse().ok()).map(Minor);
            if worth.is_some() {
                reading.word();
            }
            parts.push(Part { sku, qty, worth: worth.unwrap_or_default() });
        }
        let terms = Terms {
            parts: parts.into(),
            edition: 0,
            min_age: reading.value("min_age").map(|age| age.parse().unwrap()),
            only: reading.value("only").map(|only| Only::ALL.into_iter().find(|one| one.name() == only).unwrap()),
            blocked: reading.code("blocked"),
            max_per_order: reading.value("max").map(|max| Qty::parse(&max).unwrap()),
            serials: reading.value("serials").is_some(),
            lots: reading.value("lots").is_some(),
        };
        let item = Item { terms: Some(Arc::new(terms)), ..self.items[sku.index()].clone() };
        let known: Vec<Arc<Item>> = self.items.iter().cloned().map(Arc::new).collect();
        match with_terms(&known, vec![item]) {
            Ok(items) => {
                for item in items {
                    let at = item.sku.index();
                    self.items[at] = item;
                }
            }
            Err(refusal) => return self.refused(&refusal),
        }
        String::new()
    }

    /// What one of an item costs the shop.
    pub(super) fn unit_cost(&self, item: &Item) -> Option<Minor> {
        unit_cost(item, |part| self.items[part.index()].unit_cost)
    }

    /// What there is to say of the goods of a command: `serials=0:A+B,1:C lot=0:L1 expiry=0:2026-01-31
    /// age=ann age=ann:2001-02-03`, lines counting from 0.
    pub(super) fn say_goods(&self, action: &mut Action, reading: &mut Reading) {
        let (lines, goods): (Vec<SkuQty>, _) = match action {
            Action::Sell(sell) => (sell.lines.iter().map(|line| line.sku_qty()).collect(), &mut sell.goods),
            Action::Return { lines, goods, of: None, .. } => (lines.iter().map(|line| line.sku_qty()).collect(), goods),
            Action::Reserve { lines, goods, .. }
            | Action::Allocate { lines, goods, .. }
            | Action::Receive { lines, goods } => (lines.clone(), goods),
            Action::Basket { ask: Ask::Suspend { basket, goods, .. }, .. } => {
                (basket.lines.iter().map(|line| line.sku_qty()).collect(), goods)
            }
            _ => return,
        };
        let today = self.location().day(self.now);
        let mut said = Goods::default();
        for (line, asked) in (0..).zip(&lines) {
            let Some(terms) = &self.items[asked.sku.index()].terms else { continue };
            said.under.push(Under { line, sku: asked.sku, terms: Arc::clone(terms) });
            for part in terms.parts.iter() {
                let terms = self.items[part.sku.index()].terms.clone();
                said.under.extend(terms.map(|terms| Under { line, sku: part.sku, terms }));
            }
        }
        let mut traced: Vec<Traced> = (0..).zip(&lines).map(|(line, _)| Traced { line, ..Traced::default() }).collect();
        for name in ["serials", "lot", "expiry"] {
            for of_line in reading.value(name).iter().flat_map(|text| text.split(',')) {
                let (line, text) = of_line.split_once(':').unwrap();
                let traced = &mut traced[line.parse::<usize>().unwrap()];
                match name {
                    "serials" => traced.serials = text.split('+').map(|one| Code::new(one).unwrap()).collect(),
                    "lot" => traced.lot = Some(Code::new(text).unwrap()),
                    _ => traced.expiry = Some(Date::parse(text).unwrap()),
                }
            }
        }
        traced.retain(|traced| *traced != Traced { line: traced.line, ..Traced::default() });
        said.traced = traced;
        said.age = reading.value("age").map(|text| {
            let (by, birth) = text.split_once(':').map_or((text.as_str(), None), |(by, birth)| (by, Some(birth)));
            AgeChecked { by: Code::new(by).unwrap(), birth: birth.map(|birth| Date::parse(birth).unwrap()) }
        });
        *goods = said.boxed();
        if let Some(goods) = goods {
            goods.today = Some(today);
        }
    }

    /// What the record keeps of its goods that a person should see.
    pub(super) fn told_goods(&self, event: &Event) -> String {
        let goods = match event {
            Event::SaleRecorded(sale) => sale.goods.as_deref(),
            Event::Exchanged { sale, .. } => sale.goods.as_deref(),
            Event::GoodsReturned(back) => back.goods.as_deref(),
            _ => None,
        };
        let mut text = String::new();
        let Some(SoldGoods { pieces, exceptions, lots, .. }) = goods else { return text };
        for piece in pieces {
            let _ = write!(text, " {}:{}", self.name(piece.sku), piece.serial);
        }
        for lot in lots {
            let _ = write!(text, " lot={}", lot.lot.as_ref().map_or("-", |lot| lot.as_str()));
        }
        for one in exceptions {
            let _ = write!(text, " exception={}:{}", self.name(one.sku), name_of(one.number));
        }
        text
    }

    /// `LINE:ITEMxQTY`: a part of the kits that a line is.
    pub(super) fn part_portion(&self, word: &str) -> Option<Portion> {
        let (line, part) = word.split_once(':')?;
        let (item, qty) = part.split_once('x')?;
        let what = What::Part { sku: self.known(item), qty: Qty::parse(qty).unwrap() };
        Some(Portion { line: line.parse().unwrap(), what })
    }
}
