//! A shop that is spoken to in words: the scenarios' way into the engine, blind to its API.
//!
//! It does what the server does around the engine: numbers names, reads quantities, prices lines,
//! taxes them, checks units, keeps the time and lets reservations expire.

mod accounts;
mod basket;
mod clock;
mod drawer;
mod giving;
mod goods;
mod grants;
mod layaway;
mod payment;
mod pricing;
mod reading;

use onhand_engine::answer::Answer;
use onhand_engine::basket::Ask;
use onhand_engine::catalogue::Item;
use onhand_engine::command::{Action, Channel, Command, Sell, SkuQty, Tender};
use onhand_engine::decide::{Decision, decide};
use onhand_engine::drawer::Happening;
use onhand_engine::drawer::journal::JournalLine;
use onhand_engine::event::{Event, Record};
use onhand_engine::fingerprint::Fingerprint;
use onhand_engine::ids::{CommandId, Label, LocationId, ReceiptNo, ReservationId, SkuId, TillNo};
use onhand_engine::level::Level;
use onhand_engine::money::Minor;
use onhand_engine::payment::Refused;
use onhand_engine::people::By;
use onhand_engine::qty::{Qty, Unit};
use onhand_engine::refusal::{Refusal, name_of};
use onhand_engine::returns::KnownSale;
use onhand_engine::tax::{TaxRate, TaxRules, parts_of};
use onhand_engine::time::{Millis, Timestamp};
use onhand_engine::world::{PlaceState, World};
use onhand_engine::zone::Zone;
use reading::Reading;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

const LOCATION: LocationId = LocationId(1);

/// One location, its catalogue and its clock.
pub(crate) struct Shop {
    world: World,
    items: Vec<Item>,
    reservations: Vec<String>,
    sales: Vec<KnownSale>,
    tax: TaxRules,
    zone: Option<Arc<Zone>>,
    now: Timestamp,
    commands: u128,
    /// Of the last session that was closed.
    journal: Vec<JournalLine>,
    accounts: Vec<String>,
    paid_sales: Vec<String>,
    /// Returns that were granted and are not decided yet.
    granted: BTreeMap<CommandId, Command>,
    payments: Vec<String>,
    refunds: Vec<String>,
}

impl Shop {
    /// A new shop: no stock, tax at 0 % inside the price.
    pub(crate) fn open() -> Self {
        let world = World { places: [(LOCATION, PlaceState::default())].into(), ..World::default() };
        let mut shop = Self {
            world,
            items: vec![],
            reservations: vec![],
            sales: vec![],
            tax: TaxRules::default(),
            zone: None,
            now: Timestamp(0),
            commands: 0,
            journal: vec![],
            accounts: vec![],
            paid_sales: vec![],
            granted: BTreeMap::new(),
            payments: vec![],
            refunds: vec![],
        };
        shop.play("tax inclusive line standard=0");
        shop
    }

    /// Plays one line and says what came of it.
    pub(crate) fn play(&mut self, line: &str) -> String {
        let mut reading = Reading::of(line);
        let outcome = match reading.word().as_str() {
            "item" => self.define(&mut reading),
            "kit" | "terms" => self.set_terms(&mut reading),
            "tax" => self.set_tax(&mut reading),
            "zone" => self.set_zone(&mut reading),
            "clock" => self.set_clock(&mut reading),
            "wall" => self.wall(),
            "time" => self.pass_time(reading.millis()),
            "show" => self.show(&mut reading),
            "totals" => self.totals(reading.channel()),
            "till" => self.till(&mut reading),
            "parts" => self.parts(&mut reading),
            "journal" => self.journal(),
            verb if grants::VERBS.contains(&verb) => self.granting(verb, &mut reading),
            "suspended" => self.suspended(),
            "layaways" => self.layaways(),
            verb if accounts::VERBS.contains(&verb) => self.of_account(verb, &mut reading),
            verb if payment::VERBS.contains(&verb) => self.of_payment(verb, &mut reading),
            "book" => self.book(&mut reading),
            "promotion" => self.promotion(&mut reading),
            "end" => self.end(&mut reading),
            "rate" => self.dated_rate(&mut reading),
            "quote" => self.quote_in_numbers(&mut reading),
            "why" => self.quote_in_words(&mut reading),
            "gaps" => self.gaps(&mut reading),
            verb => self.command(verb, &mut reading),
        };
        reading.end();
        assert_eq!(self.world.check(), Vec::<String>::new(), "after {line}");
        outcome
    }

    fn place(&self) -> &PlaceState {
        &self.world.places[&LOCATION]
    }

    fn define(&mut self, reading: &mut Reading) -> String {
        let sku = self.sku(&reading.word());
        let item = &mut self.items[sku.index()];
        if let Some(unit) = reading.value("unit") {
            item.unit = Unit::named(&unit).unwrap();
        }
        if let Some(class) = reading.value("class") {
            item.tax_class = Label::new(&class).unwrap();
        }
        if let Some(price) = reading.value("price") {
            item.price = Some(Minor(price.parse().unwrap()));
        }
        if let Some(cost) = reading.value("cost") {
            item.unit_cost = Some(Minor(cost.parse().unwrap()));
        }
        if let Some(category) = reading.value("category") {
            item.category = category.into();
        }
        String::new()
    }

    fn set_tax(&mut self, reading: &mut Reading) -> String {
        self.tax = reading.tax_rules();
        String::new()
    }

    fn pass_time(&mut self, while_ms: Millis) -> String {
        self.now = self.now.plus(while_ms);
        let store = &self.place().store;
        let mut due: Vec<_> = store.reservations.iter().map(|(id, held)| (held.deadline, *id)).collect();
        due.retain(|(deadline, _)| *deadline <= self.now);
        due.sort_unstable();
        let expired = due.iter().map(|(_, id)| self.outcome(Channel::Till, Action::Expire { reservation: *id }));
        let mut told = expired.collect::<Vec<_>>();
        told.extend(self.payments_due());
        told.join(" ")
    }

    fn show(&self, reading: &mut Reading) -> String {
        self.counts([self.known(&reading.word())])
    }

    fn totals(&self, channel: Channel) -> String {
        let t = self.place().store.totals[channel.index()];
        let sold = format!("sales={} lines={} units={} net={} tax={}", t.sales, t.lines, t.units, t.net.0, t.tax.0);
        let back = format!("returns={} returned={}", t.returns, t.returned_units);
        format!("{sold} {back} refunded={} oversold={}", t.returned_net.plus(t.returned_tax).0, t.oversold)
    }

    fn till(&self, reading: &mut Reading) -> String {
        let till = &self.place().tills[&reading.till().unwrap()];
        let mut text = format!("receipts={} sales={} returns={}", till.last_receipt.0, till.sales, till.returns);
        for (kind, sum) in reading::TENDERS.iter().zip(till.takings).filter(|(_, sum)| *sum != Minor::ZERO) {
            let _ = write!(text, " {kind}={}", sum.0);
        }
        text
    }

    /// How the tax of a price is made up: `parts CLASS AMOUNT`.
    fn parts(&self, reading: &mut Reading) -> String {
        let (class, amount) = (Label::new(&reading.word()).unwrap(), reading.minor());
        let taxed = self.tax.assess(&[(&class, amount)]).unwrap()[0];
        let rate: &TaxRate = self.tax.rates.iter().find(|rate| rate.class == class).unwrap();
        let parts = parts_of(taxed.tax, rate).iter().map(|(_, part)| part.0.to_string()).collect::<Vec<_>>();
        format!("net={} tax={} parts={} gross={}", taxed.net.0, taxed.tax.0, parts.join("+"), taxed.gross().0)
    }

    fn command(&mut self, verb: &str, reading: &mut Reading) -> String {
        let channel = reading.value("channel").map_or(Channel::Till, |name| reading::channel(&name));
        let action = match verb {
            "sell" | "return" => self.sell(verb, channel, reading),
            "give_back" | "void" | "exchange" => self.giving(verb, reading),
            _ if layaway::VERBS.contains(&verb) => self.layaway_action(verb, reading),
            _ if basket::VERBS.contains(&verb) => Ok(self.basket_action(verb, reading)),
            _ => Ok(self.action(verb, reading)),
        };
        let mut action = match action {
            Ok(action) => action,
            Err(refusal) => return self.refused(&refusal),
        };
        let lines = match &action {
            Action::Reserve { lines, .. } | Action::Allocate { lines, .. } | Action::Receive { lines, .. } => {
                lines.clone()
            }
            Action::Sell(Sell { lines, .. }) | Action::Return { lines, .. } => {
                lines.iter().map(|line| SkuQty { sku: line.sku, qty: line.qty }).collect()
            }
            _ => vec![],
        };
        self.say_goods(&mut action, reading);
        let check = |line: &SkuQty| self.items[line.sku.index()].check_qty(line.qty);
        if let Some(refusal) = lines.iter().find_map(|line| check(line).err()) {
            return self.refused(&refusal);
        }
        match reading.value("as") {
            Some(name) => {
                let id = self.sale(&name);
                self.outcome_of(Command { id, location: LOCATION, channel, action })
            }
            None => self.outcome(channel, action),
        }
    }

    fn outcome(&mut self, channel: Channel, action: Action) -> String {
        self.commands += 1;
        // A reservation is named by its command, so its place in the list is the command's id.
        let id = match &action {
            Action::Reserve { .. } | Action::Basket { ask: Ask::Suspend { .. } | Ask::Recall { .. }, .. } => {
                self.reservations.len() as u128
            }
            _ => 1_000_000 + self.commands,
        };
        self.outcome_of(Command { id: CommandId(id), location: LOCATION, channel, action })
    }

    fn outcome_of(&mut self, command: Command) -> String {
        let place = self.world.places.entry(command.location).or_default();
        match decide(place, &command, self.now) {
            Err(refusal) => self.refused(&refusal),
            Ok(Decision::Already(answer @ Answer::Drawer(_))) => self.answered(&answer),
            Ok(Decision::Already(answer)) => format!("already {}", self.answered(&answer)),
            Ok(Decision::Happens(event)) => self.happened(&command, event),
        }
    }

    fn happened(&mut self, command: &Command, event: Event) -> String {
        let mut text = self.answered(&event.answer());
        if let Event::Expired(freed) = &event {
            let _ = write!(text, " {}", self.reservation_name(freed.reservation));
        }
        if let Event::SaleRecorded(sale) = &event {
            self.sales.push(giving::known_sale(self.sales.len() + 1, LOCATION, self.now, sale));
        }
        if let Event::Exchanged { sale, .. } = &event {
            self.sales.push(giving::known_sale(self.sales.len() + 1, LOCATION, self.now, sale));
        }
        if let Event::GoodsReturned(back) = &event
            && back.of.is_some()
        {
            let tax: Minor = back.lines.iter().map(|line| line.taxed.tax).sum();
            let paid = |tender: &Tender| format!("{}:{}", tender.kind.name(), tender.amount.0);
            let paid: Vec<String> = back.tenders.iter().map(paid).collect();
            let _ = write!(text, " tax={} back={}", tax.0, paid.join(","));
        }
        if let Event::SaleRecorded(sale) = &event {
            let tax: Minor = sale.lines.iter().map(|line| line.taxed.tax).sum();
            text += &if tax == Minor::ZERO { String::new() } else { format!(" tax={}", tax.0) };
            text += &drawer::rounding(&sale.tenders);
            text += &pricing::kept(sale.pricing.as_deref());
            if let Some(one) = sale.payments.iter().flat_map(|paid| &paid.uses).find(|one| !one.covered) {
                let _ = write!(text, " uncovered={}", one.amount.0);
            }
        }
        if let Event::GoodsReturned(back) = &event {
            text += &drawer::rounding(&back.tenders);
        }
        text += &self.told_goods(&event);
        if let Event::Drawer { happening: Happening::SessionClosed { journal, .. }, .. } = &event {
            self.journal.clone_from(journal);
        }
        let mut touched = Vec::new();
        event.each_change(|sku, _| touched.push(sku));
        let fingerprint = Fingerprint::of(command);
        let location = command.location;
        let record = Record { time: self.now, command: command.id, fingerprint, location, by: By::default(), event };
        self.world.apply(&record);
        touched.sort_unstable();
        touched.dedup();
        let paid = record.event.sale().and_then(|sale| sale.payments.as_ref());
        let paid = paid.iter().flat_map(|paid| paid.each()).chain(record.event.refunded());
        let standings: Vec<_> = paid.map(|id| self.standing(id)).collect();
        let counts = self.counts(touched);
        format!("{text} {counts} {}", standings.join(" ")).trim_end().to_owned()
    }

    fn answered(&self, answer: &Answer) -> String {
        match answer {
            Answer::Recorded { receipt, gross, oversold } => self.recorded(*receipt, *gross, oversold),
            Answer::RecordedWithExceptions(one) => self.recorded(one.receipt, one.gross, &one.oversold),
            Answer::Reserved { deadline } => format!("reserved until={}s", deadline.0 / 1_000),
            Answer::Extended { deadline } => format!("extended until={}s", deadline.0 / 1_000),
            Answer::Returned { receipt: Some((till, no)), gross } => {
                format!("returned receipt=T{}-{} total={}", till.0, no.0, gross.0)
            }
            Answer::Returned { receipt: None, gross } => format!("returned total={}", gross.0),
            Answer::Exchanged { receipt, returned, gross } => {
                let receipt = receipt.map(|(till, no)| format!(" receipt=T{}-{}", till.0, no.0)).unwrap_or_default();
                format!("exchanged{receipt} returned={} total={}", returned.0, gross.0)
            }
            Answer::Refunding(one) => {
                format!("{} refunds={}", self.answered(&one.told), self.parts_of_refund(&one.parts))
            }
            Answer::Counted { variance } => format!("counted variance={variance}"),
            Answer::PolicySet | Answer::DrawerRulesSet => "set".to_owned(),
            Answer::Drawer(told) => drawer::told(told),
            Answer::Basket(told) => self.told_of_basket(told),
            Answer::Layaway(told) => layaway::told(told),
            Answer::AccountIssued { balance, .. } => format!("issued balance={}", balance.0),
            Answer::AccountBooked { balance } => format!("booked balance={}", balance.0),
            Answer::Account(statement) => accounts::said(statement),
            Answer::StepTaken => "done".to_owned(),
            Answer::PaymentStarted { expires } => format!("started until={}s", expires.0 / 1_000),
            Answer::PaymentStep => "noted".to_owned(),
            Answer::Payment(..) => "stands".to_owned(),
            other => format!("{other:?}").to_lowercase(),
        }
    }

    fn recorded(&self, receipt: Option<(TillNo, ReceiptNo)>, gross: Minor, oversold: &[SkuQty]) -> String {
        let mut text = "recorded".to_owned();
        if let Some((till, no)) = receipt {
            let _ = write!(text, " receipt=T{}-{}", till.0, no.0);
        }
        let _ = write!(text, " total={}", gross.0);
        for line in oversold {
            let _ = write!(text, " oversold={}:{}", self.name(line.sku), line.qty);
        }
        text
    }

    fn refused(&self, refusal: &Refusal) -> String {
        let text = format!("refused {} {}", refusal.number(), name_of(refusal.number()));
        match refusal {
            Refusal::ShortStock { sku, short_by, available } => {
                format!("{text} {} short_by={short_by} available={available}", self.name(*sku))
            }
            Refusal::BadQuantity { sku } => format!("{text} {}", self.name(*sku)),
            Refusal::MoreThanSold { sku, left } => format!("{text} {} left={left}", self.name(*sku)),
            Refusal::MoreThanPaid { left } => format!("{text} left={left}"),
            Refusal::TenderSpent { kind, left } => format!("{text} {} left={left}", kind.name()),
            Refusal::NotSoMany { sku, available } => format!("{text} {} available={available}", self.name(*sku)),
            Refusal::TenderMismatch { due, tendered } => format!("{text} due={due} tendered={tendered}"),
            Refusal::IdReused { field } | Refusal::WrongAccount { field } => format!("{text} {field}"),
            Refusal::BalanceShort { short_by, available } => {
                format!("{text} short_by={short_by} available={available}")
            }
            Refusal::BadKit { part, why, .. } => format!("{text} {}: {why}", self.name(*part)),
            Refusal::ItemBlocked { sku, .. }
            | Refusal::NotForChannel { sku, .. }
            | Refusal::TooManyPerOrder { sku, .. }
            | Refusal::AgeNotChecked { sku, .. }
            | Refusal::ItemExpired { sku, .. } => format!("{text} {}", self.name(*sku)),
            Refusal::TraceMissing { sku, field } => format!("{text} {} {field}", self.name(*sku)),
            Refusal::SerialHeld { sku, serial, reservation } => {
                format!("{text} {}:{serial} by={}", self.name(*sku), self.reservation_name(*reservation))
            }
            Refusal::SerialSold { sku, serial } => format!("{text} {}:{serial}", self.name(*sku)),
            Refusal::SerialNotSold { serial } => format!("{text} {serial}"),
            Refusal::Payment(Refused::Undecided { stage, .. } | Refused::Stage { stage }) => {
                format!("{text} {}", stage.name())
            }
            Refusal::Payment(Refused::Amount { has }) => format!("{text} has={has}"),
            Refusal::DepositMismatch { deposits, tendered } => {
                format!("{text} deposits={deposits} tendered={tendered}")
            }
            Refusal::DepositTooLarge { left } => format!("{text} left={left}"),
            Refusal::BadDiscount { left } => format!("{text} left={left}"),
            Refusal::UnknownCoupon { coupon, .. } => format!("{text} {coupon}"),
            _ => text,
        }
    }

    /// The counts of items: on hand and what the till may promise always, the rest where it is not
    /// zero, the website's where it differs.
    fn counts(&self, skus: impl IntoIterator<Item = SkuId>) -> String {
        let one = |sku: SkuId| {
            let level: Level = self.place().rows.get(&sku).map(|row| row.level()).unwrap_or_default();
            let mut text = format!("| {} on_hand={}", self.name(sku), level.on_hand);
            for (name, qty) in [
                ("reserved", level.reserved),
                ("allocated", level.allocated),
                ("unavailable", level.unavailable),
                ("incoming", level.incoming),
            ] {
                text += &if qty == Qty::ZERO { String::new() } else { format!(" {name}={qty}") };
            }
            let (till, web) = (level.atp(Channel::Till), level.atp(Channel::Web));
            let _ = write!(text, " atp={till}");
            text += &if web == till { String::new() } else { format!(" atp_web={web}") };
            text + if level.low_at.is_positive() && level.is_low(Channel::Web) { " low" } else { "" }
        };
        skus.into_iter().map(one).collect::<Vec<_>>().join(" ")
    }

    fn name(&self, sku: SkuId) -> &str {
        self.items[sku.index()].code.as_str()
    }

    fn reservation_name(&self, id: ReservationId) -> &str {
        &self.reservations[usize::try_from(id.0).unwrap() - 1]
    }
}
