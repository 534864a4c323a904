//! The shop's prices in words: books, promotions, dated rates, quotes.

use super::reading::{self, Reading};
use super::{LOCATION, Shop, clock};
use onhand_engine::answer::Answer;
use onhand_engine::catalogue::{Location, LocationKind};
use onhand_engine::command::{Action, Channel, Said, SaleLine, Sell, Standing};
use onhand_engine::event::{Event, Record};
use onhand_engine::fingerprint::Fingerprint;
use onhand_engine::ids::{CommandId, Label, LocationCode, LocationId, SkuId, TillNo};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::people::By;
use onhand_engine::pricing::{LocalPeriod, PriceBook, PriceRow, Terms};
use onhand_engine::promotion::{Benefit, Off, Part, Promotion, Scope};
use onhand_engine::qty::Qty;
use onhand_engine::quote::{Basket, BasketLine, ByHand, NamedPrice, Pricing, Quote, Why, explain};
use onhand_engine::refusal::Refusal;
use onhand_engine::tax::{DatedRate, RatePpm, gaps};
use onhand_engine::time::{Millis, Period, Timestamp};
use std::fmt::Write as _;
use std::sync::Arc;

/// What a line of a sale says about its item.
struct Asked {
    lines: Vec<BasketLine>,
    channel: Channel,
    group: Option<Label>,
    coupons: Vec<Label>,
    exempt: Option<Label>,
    discount: Option<ByHand>,
}

/// What a sale keeps of how its prices came about.
pub(super) fn kept(pricing: Option<&Pricing>) -> String {
    let mut text = String::new();
    for (no, line) in pricing.iter().flat_map(|pricing| &pricing.lines).enumerate() {
        for discount in &line.discounts {
            let name = match &discount.why {
                Why::Promotion(code) => code,
                Why::Person(reason) => reason,
            };
            let _ = write!(text, " off{}={}:{name}", no + 1, discount.amount.0);
        }
        if let Some(instead) = &line.overridden {
            let list = instead.list_price.map_or("-".to_owned(), |price| price.0.to_string());
            let reason = instead.reason.as_ref().map_or(String::new(), |reason| format!(":{reason}"));
            let _ = write!(text, " instead{}={list}{reason}", no + 1);
        }
    }
    text
}

impl Shop {
    pub(super) fn location(&self) -> Location {
        Location {
            id: LOCATION,
            code: LocationCode::new("S1").unwrap(),
            name: "Shop".into(),
            kind: LocationKind::Shop,
            currency: Currency::EUR,
            tax: self.tax.clone(),
            zone: self.zone.clone(),
        }
    }

    fn of_chain(&mut self, action: Action) -> String {
        let event: Event = match self.world.chain.decide(&action) {
            Ok(event) => event,
            Err(refusal) => return self.refused(&refusal),
        };
        self.commands += 1;
        let answer = event.answer();
        self.world.apply(&Record {
            time: self.now,
            command: CommandId(2_000_000 + self.commands),
            fingerprint: Fingerprint::default(),
            location: LocationId::CHAIN,
            by: By::default(),
            event,
        });
        match answer {
            Answer::PriceBookDefined { prices } => format!("defined prices={prices}"),
            Answer::PromotionsDefined { changed: 0, .. } => "defined".to_owned(),
            Answer::PromotionsDefined { .. } => "changed".to_owned(),
            Answer::PriceBookEnded | Answer::PromotionEnded => "ended".to_owned(),
            other => panic!("not about prices: {other:?}"),
        }
    }

    fn terms(&self, reading: &mut Reading) -> Terms {
        let [from, until] = ["from", "until"].map(|name| reading.value(name));
        let moment = |text: &String| Some(Timestamp(text.strip_suffix('s')?.parse::<u64>().unwrap() * 1_000));
        let wall = |text: &String| (!text.ends_with('s')).then(|| clock::wall(text));
        let period = Period { from: from.as_ref().and_then(moment), until: until.as_ref().and_then(moment) };
        let local = LocalPeriod { from: from.as_ref().and_then(wall), until: until.as_ref().and_then(wall) };
        let channels = reading.value("channel").iter().map(|name| reading::channel(name)).collect();
        let groups = reading.code("group").into_iter().collect();
        let elsewhere = reading.value("at").is_some_and(|place| place != "S1");
        let locations = if elsewhere { vec![LocationId(2)] } else { vec![] };
        Terms {
            channels,
            locations,
            groups,
            period,
            local,
            hours: reading.value("hours").map(|text| clock::hours(&text)),
        }
    }

    /// `book CODE (ITEM PRICE or ITEM PRICE/QUANTITY)...`
    pub(super) fn book(&mut self, reading: &mut Reading) -> String {
        let code = Label::new(&reading.word()).unwrap();
        let terms = self.terms(reading);
        let mut rows = Vec::new();
        while !reading.words.is_empty() {
            let sku = self.sku(&reading.word());
            let word = reading.word();
            let (price, min) = word.split_once('/').unwrap_or((&word, "0"));
            rows.push(PriceRow { sku, min_qty: Qty::parse(min).unwrap(), price: Minor(price.parse().unwrap()) });
        }
        let book = PriceBook::new(code, Currency::EUR, self.tax.basis, terms, rows).unwrap();
        self.of_chain(Action::DefinePriceBook { book: Arc::new(book) })
    }

    /// `promotion CODE KIND ...`; `on=` items and, with `~`, categories.
    pub(super) fn promotion(&mut self, reading: &mut Reading) -> String {
        let code = Label::new(&reading.word()).unwrap();
        let (on, not) = (reading.value("on").unwrap_or_default(), reading.value("not").unwrap_or_default());
        let scope = Scope { except: self.scope(&not).skus, ..self.scope(&on) };
        let number = |reading: &mut Reading| -> i64 { reading.word().parse().unwrap() };
        let off = |kind: &str, number: i64| match kind {
            "percent" => Off::Percent(RatePpm(u32::try_from(number).unwrap())),
            _ => Off::Amount(Minor(number)),
        };
        let kind = reading.word();
        let benefit = match kind.as_str() {
            "percent" | "amount" => Benefit::Each { scope, off: off(&kind, number(reading)) },
            "price" => Benefit::Price { scope, price: Minor(number(reading)) },
            "buy" => {
                let buy = u32::try_from(number(reading)).unwrap();
                assert_eq!(reading.word(), "get");
                let get = u32::try_from(number(reading)).unwrap();
                Benefit::BuyGet { scope, buy, get, off: RatePpm(1_000_000) }
            }
            "spend" => {
                let at_least = Minor(number(reading));
                let kind = reading.word();
                Benefit::Spend { scope, at_least, off: off(&kind, number(reading)) }
            }
            "set" => {
                let price = Minor(number(reading));
                let mut parts = Vec::new();
                while !reading.words.is_empty() {
                    let word = reading.word();
                    let (units, items) = word.split_once(':').unwrap();
                    parts.push(Part { scope: self.scope(items), units: units.parse().unwrap() });
                }
                Benefit::Set { parts, price }
            }
            other => panic!("no such promotion: {other}"),
        };
        let name = reading.value("name").unwrap_or(code.to_string()).replace('_', " ");
        let has_amounts = !matches!(benefit, Benefit::BuyGet { .. } | Benefit::Each { off: Off::Percent(_), .. });
        let promotion = Promotion {
            code,
            name: name.into(),
            benefit,
            currency: has_amounts.then_some(Currency::EUR),
            terms: self.terms(reading),
            coupon: reading.code("coupon"),
            uses: None,
            priority: reading.value("priority").map_or(0, |text| text.parse().unwrap()),
            exclusive: reading.value("exclusive").is_some(),
        };
        if let Err(flaw) = promotion.check() {
            return format!("refused {} {}", flaw.field, flaw.why);
        }
        self.of_chain(Action::DefinePromotions { promotions: vec![Arc::new(promotion)] })
    }

    fn scope(&mut self, text: &str) -> Scope {
        let mut scope = Scope::default();
        for name in text.split(',').filter(|name| !name.is_empty()) {
            match name.strip_prefix('~') {
                Some(category) => scope.categories.push(category.into()),
                None => scope.skus.push(self.sku(name)),
            }
        }
        scope.skus.sort_unstable();
        scope
    }

    /// `end book CODE` and `end promotion CODE`.
    pub(super) fn end(&mut self, reading: &mut Reading) -> String {
        let (what, code) = (reading.word(), Label::new(&reading.word()).unwrap());
        self.of_chain(match what.as_str() {
            "book" => Action::EndPriceBook { book: code },
            _ => Action::EndPromotion { promotion: code },
        })
    }

    /// `rate CLASS PPM`: a dated rate.
    pub(super) fn dated_rate(&mut self, reading: &mut Reading) -> String {
        let (class, ppm) = (Label::new(&reading.word()).unwrap(), reading.minor());
        let Terms { channels, period, .. } = self.terms(reading);
        let parts = vec![RatePpm(u32::try_from(ppm.0).unwrap())];
        self.tax.dated.push(DatedRate { class, channel: channels.first().copied(), period, parts });
        String::new()
    }

    /// Every class that cannot be taxed, by channel: now, or with `for=` from now on.
    pub(super) fn gaps(&mut self, reading: &mut Reading) -> String {
        let items: Vec<_> = self.items.iter().cloned().map(Arc::new).collect();
        let ahead = reading.value("for").map(|text| reading::millis(&text));
        let until = self.now.plus(ahead.unwrap_or(Millis(1)));
        let found = gaps(&items, &[Arc::new(self.location())], self.now, until);
        let seconds = |moment: Timestamp| moment.0 / 1_000;
        let one = |gap: &onhand_engine::tax::Gap| {
            let text = format!("{}:{}x{}", gap.channel.name(), gap.class, gap.items);
            ahead.map_or(text.clone(), |_| format!("{text}[{}..{})", seconds(gap.from), seconds(gap.until)))
        };
        found.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    /// Whether anything but a price per unit on each line, or nothing at all, is said.
    pub(super) fn sells_by_rules(&self, reading: &Reading) -> bool {
        let has_prices = self.items.iter().any(|item| item.price.is_some());
        has_prices || !self.world.chain.rules().are_plain() || !self.tax.dated.is_empty() || reading.has("exempt")
    }

    /// Lines of `ITEM QUANTITY`, each with `@PRICE` or `@PRICE:REASON`, and `-AMOUNT:REASON` or `-PART%:REASON`; then `off=`
    /// with what is taken off the basket.
    fn asked(&mut self, reading: &mut Reading) -> Asked {
        let mut lines = Vec::new();
        while !reading.words.is_empty() {
            let (sku, qty): (SkuId, Qty) = (self.sku(&reading.word()), reading.qty());
            let item = Arc::new(self.items[sku.index()].clone());
            let mut line = BasketLine { item, qty, named: None, taxed: None, discount: None };
            while let Some(rest) = reading.words.last().and_then(|word| word.strip_prefix(['@', '-'])) {
                if reading.words.last().is_some_and(|word| word.starts_with('-')) {
                    line.discount = Some(by_hand(rest));
                } else {
                    let (amount, reason) = rest.split_once(':').unwrap_or((rest, ""));
                    let (amount, reason) = (Minor(amount.parse().unwrap()), Label::new(reason).ok());
                    line.named = Some(NamedPrice { unit_price: amount, amount: amount.times(qty), reason });
                }
                reading.word();
            }
            lines.push(line);
        }
        let coupons = reading.value("coupons").unwrap_or_default();
        Asked {
            lines,
            channel: reading.value("channel").map_or(Channel::Till, |name| reading::channel(&name)),
            group: reading.code("group"),
            coupons: coupons.split(',').filter_map(|code| Label::new(code).ok()).collect(),
            exempt: reading.code("exempt"),
            discount: reading.value("off").map(|text| by_hand(&text)),
        }
    }

    fn quoted(&self, asked: &Asked) -> Result<Quote, Refusal> {
        let location = self.location();
        let basket = Basket {
            location: &location,
            channel: asked.channel,
            group: asked.group.as_ref(),
            coupons: &asked.coupons,
            exempt: asked.exempt.as_ref(),
            discount: asked.discount.as_ref(),
            lines: &asked.lines,
        };
        self.world.chain.rules().quote(&basket, self.now).map_err(|none| none.why)
    }

    pub(super) fn quote_in_numbers(&mut self, reading: &mut Reading) -> String {
        let asked = self.asked(reading);
        let quote = match self.quoted(&asked) {
            Ok(quote) => quote,
            Err(refusal) => return self.refused(&refusal),
        };
        let mut text = String::new();
        for line in &quote.lines {
            let _ = write!(text, "{} {}@{}", line.item.code, line.qty, line.unit_price.0);
            for discount in &line.discounts {
                let (Why::Promotion(name) | Why::Person(name)) = &discount.why;
                let _ = write!(text, " -{}:{name}", discount.amount.0);
            }
            let _ = write!(text, " ={} | ", line.left().0);
        }
        format!("{text}net={} tax={} total={}", quote.net().0, quote.tax().0, quote.gross().0)
    }

    pub(super) fn quote_in_words(&mut self, reading: &mut Reading) -> String {
        let asked = self.asked(reading);
        match self.quoted(&asked) {
            Ok(quote) => explain(&quote, &self.location()).join(" "),
            Err(refusal) => self.refused(&refusal),
        }
    }

    pub(super) fn sell_by_rules(
        &mut self,
        till: Option<TillNo>,
        channel: Channel,
        reading: &mut Reading,
    ) -> Result<Action, Refusal> {
        let (tenders, standing) = (reading.tenders(), reading.value("standing"));
        let (reservation, owner, order) = (self.hold(reading), reading.code("owner"), reading.code("order"));
        let asked = Asked { channel, ..self.asked(reading) };
        let quote = self.quoted(&asked)?;
        let line = |line: &onhand_engine::quote::QuoteLine| SaleLine {
            sku: line.item.sku,
            qty: line.qty,
            unit_price: line.unit_price,
            taxed: line.taxed,
            unit_cost: self.unit_cost(&line.item),
        };
        Ok(Action::Sell(Sell {
            standing: if standing.as_deref() == Some("fact") { Standing::Fact } else { Standing::Request },
            till,
            currency: Currency::EUR,
            lines: quote.lines.iter().map(line).collect(),
            said: Said::default(),
            tenders,
            reservation,
            owner,
            order,
            pricing: quote.pricing(),
            session: None,
            takes: Box::default(),
            goods: None,
            payments: Box::default(),
        }))
    }
}

/// `AMOUNT:REASON` or `PART%:REASON`.
pub(super) fn by_hand(text: &str) -> ByHand {
    let (off, reason) = text.split_once(':').unwrap();
    let off = match off.strip_suffix('%') {
        Some(part) => Off::Percent(RatePpm(u32::try_from(Qty::parse(part).unwrap().milli() * 10).unwrap())),
        None => Off::Amount(Minor(off.parse().unwrap())),
    };
    ByHand { off, reason: Label::new(reason).unwrap() }
}
