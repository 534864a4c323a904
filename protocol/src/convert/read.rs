//! The engine's state and events as HTTP reads answer them.

use super::{Names, account, goods, payment, people, unreceipted};
use crate::message::read::{
    EventLine, EventMessage, EventTender, KeyMessage, LocationMessage, QuoteName, ReservationMessage, TotalsMessage,
};
use crate::message::{
    AccountLine, AskedLine, DatedRate, GoodsMessage, ItemInput, Rate, Role, SkuQuantity, TaxGap, TaxGaps, TaxInput,
};
use crate::value::{Amount, Currency, Day, Gtin, Id, Position, Quantity, Sku, Text, Time, UserCode};
use crate::when::When;
use onhand_engine::account::{Entry, Redemption};
use onhand_engine::basket;
use onhand_engine::catalogue::{Item, Key, KeyId, Location};
use onhand_engine::command::{Bucket, Channel, SaleLine, SkuQty, Standing, Tender};
use onhand_engine::drawer::Happening;
use onhand_engine::event::{Event, Record};
use onhand_engine::goods::SoldGoods;
use onhand_engine::ids::{Code, LocationId, ReceiptNo, ReservationId, Seq, SkuId, TillNo};
use onhand_engine::layaway;
use onhand_engine::people::UserNo;
use onhand_engine::qty::Qty;
use onhand_engine::quote::Pricing;
use onhand_engine::returns::unreceipted::Limits;
use onhand_engine::scan::Layout;
use onhand_engine::store::{Reservation, Totals};
use onhand_engine::tax::Gap;

/// An item, as `define_items` takes it.
#[must_use]
pub fn item(item: &Item, names: &impl Names) -> ItemInput {
    ItemInput {
        sku: Text(item.code.clone()),
        name: item.name.to_string(),
        gtins: item.gtins.iter().copied().map(Gtin).collect(),
        unit: item.unit.into(),
        tax_class: Text(item.tax_class.clone()),
        price: item.price.map(Amount),
        category: item.category.to_string(),
        terms: item.terms.as_ref().map(|terms| Box::new(goods::terms_message(terms, names))),
        unit_cost: item.unit_cost.map(Amount),
    }
}

/// A location, as `define_location` takes it, the layouts of its labels, and what limits returns there.
#[must_use]
pub fn location(location: &Location, labels: &[Layout], limits: Limits) -> LocationMessage {
    let rate = |rate: &onhand_engine::tax::TaxRate| {
        let class = Text(rate.class.clone());
        match rate.parts.as_slice() {
            [whole] => Rate { class, rate_ppm: Some(whole.0), parts_ppm: None, compound: false },
            parts => Rate {
                class,
                rate_ppm: None,
                parts_ppm: Some(parts.iter().map(|part| part.0).collect()),
                compound: false,
            },
        }
    };
    LocationMessage {
        code: Text(location.code.clone()),
        name: location.name.to_string(),
        kind: location.kind.into(),
        currency: Currency(location.currency),
        tax: TaxInput {
            basis: location.tax.basis.into(),
            rounding: location.tax.rounding.into(),
            rates: location.tax.rates.iter().map(rate).collect(),
            dated: location.tax.dated.iter().map(dated_rate).collect(),
        },
        time_zone: location.zone.as_ref().map(|zone| zone.name.to_string()),
        labels: labels.iter().map(ToString::to_string).collect(),
        return_limits: unreceipted::limits_out(limits),
    }
}

/// What a location sold, per channel that has sold or taken back anything.
pub fn totals<'a>(location: &'a Location, totals: &'a [Totals; 3]) -> impl Iterator<Item = TotalsMessage> + 'a {
    let used = |(_, totals): &(Channel, &Totals)| totals.sales > 0 || totals.returns > 0;
    Channel::ALL.into_iter().zip(totals).filter(used).map(|(channel, totals)| TotalsMessage {
        location: Text(location.code.clone()),
        channel: channel.into(),
        currency: Currency(location.currency),
        sales: totals.sales,
        lines: totals.lines,
        units: Quantity(totals.units),
        net: Amount(totals.net),
        tax: Amount(totals.tax),
        returns: totals.returns,
        returned_units: Quantity(totals.returned_units),
        returned_net: Amount(totals.returned_net),
        returned_tax: Amount(totals.returned_tax),
        oversold: Quantity(totals.oversold),
    })
}

/// A live reservation.
#[must_use]
pub fn reservation(
    id: ReservationId,
    location: &Location,
    live: &Reservation,
    names: &impl Names,
) -> ReservationMessage {
    let line = |line: &SkuQty| AskedLine { sku: sku(line.sku, names), qty: Quantity(line.qty) };
    ReservationMessage {
        reservation: Id::from(id),
        location: Text(location.code.clone()),
        owner: Text(live.owner.clone()),
        channel: live.channel.into(),
        deadline: Time(live.deadline),
        lines: live.lines.iter().map(line).collect(),
    }
}

/// The public half of a key as people see it: 16 hexadecimal digits.
#[must_use]
pub fn key_id(id: KeyId) -> String {
    format!("{:016x}", id.0)
}

/// A key; `secret` is the whole key, in the answer that makes it.
#[must_use]
pub fn key_message(key: &Key, secret: Option<String>) -> KeyMessage {
    KeyMessage {
        id: key_id(key.id),
        role: Role::from(key.role),
        holder: Text(key.holder.clone()),
        created: Time(key.created),
        revoked: key.revoked.map(Time),
        key: secret,
    }
}

/// One event of the feed.
#[must_use]
pub fn event(seq: Seq, record: &Record, names: &impl Names) -> EventMessage {
    let teller = Teller { names, location: record.location };
    let blank = EventMessage {
        seq: Position(seq),
        time: Time(record.time),
        command: Id::from(record.command),
        location: names.location_numbered(record.location).map(|location| Text(location.code.clone())),
        event: word(&record.event).to_owned(),
        by: super::by(record.by, names),
        channel: None,
        completed: None,
        sale: None,
        returned: Vec::new(),
        receipt: None,
        lines: Vec::new(),
        tenders: Vec::new(),
        oversold: Vec::new(),
        disposition: None,
        layaway: None,
        basket: None,
        reservation: None,
        owner: None,
        deadline: None,
        order: None,
        reason: None,
        bucket: None,
        counted: None,
        items: None,
        key: None,
        till: None,
        session: None,
        business_day: None,
        amount: None,
        person: None,
        z: None,
        accounts: Vec::new(),
        payments: Vec::new(),
        settlement: Vec::new(),
        rules: None,
        quote: None,
        tax_exempt: None,
        goods: None,
        customer: None,
        lifted: Vec::new(),
        role: None,
        capabilities: None,
        limits: None,
        user: None,
        roles: None,
        disabled: None,
        required: None,
    };
    teller.fill(blank, &record.event).refunding(&record.event)
}

/// What accounts pay of a sale, or get back with a return.
fn others(redemption: Option<&Redemption>) -> Vec<AccountLine> {
    redemption.iter().flat_map(|redemption| &redemption.takes).map(account::taken).collect()
}

struct Teller<'a, N> {
    names: &'a N,
    location: LocationId,
}

impl<N: Names> Teller<'_, N> {
    fn fill(&self, blank: EventMessage, event: &Event) -> EventMessage {
        match event {
            Event::SaleRecorded(sale) => EventMessage {
                channel: Some(sale.channel.into()),
                completed: Some(sale.standing == Standing::Fact),
                receipt: self.receipt(sale.receipt),
                lines: self.sale_lines(&sale.lines),
                tenders: event_tenders(&sale.tenders),
                oversold: sale.oversold.iter().map(|line| self.quantity(line)).collect(),
                order: sale.order.as_ref().map(Into::into),
                session: sale.late.map(|session| session.0),
                accounts: others(sale.redemption.as_deref()),
                owner: sale.owner.as_deref().map(Into::into),
                goods: self.goods(sale.goods.as_deref()),
                payments: sale.payments.iter().flat_map(|paid| payment::paid(paid)).collect(),
                ..blank
            }
            .priced(sale.pricing.as_deref()),
            Event::Exchanged { back, sale } => EventMessage {
                sale: back.of.as_ref().map(|of| Position(of.sale.seq)),
                returned: self.sale_lines(&back.lines),
                disposition: Some(back.disposition.into()),
                ..self.fill(blank, &Event::SaleRecorded((**sale).clone()))
            },
            Event::ReturnGranted { pending, .. } => EventMessage {
                sale: Some(Position(pending.sale)),
                lines: self.sale_lines(&pending.grant.lines),
                tenders: event_tenders(&pending.grant.tenders),
                deadline: Some(Time(pending.deadline)),
                accounts: pending.grant.credits.iter().map(account::taken).collect(),
                ..blank
            },
            Event::GrantEnded { sale, .. } => EventMessage { sale: Some(Position(*sale)), ..blank },
            Event::GoodsReturned(back) => EventMessage {
                sale: back.of.as_ref().map(|of| Position(of.sale.seq)),
                reason: back.of.as_ref().and_then(|of| of.void.as_ref()).map(Into::into),
                channel: Some(back.channel.into()),
                receipt: self.receipt(back.receipt),
                lines: self.sale_lines(&back.lines),
                tenders: event_tenders(&back.tenders),
                disposition: Some(back.disposition.into()),
                accounts: others(back.redemption.as_deref()),
                goods: self.goods(back.goods.as_deref()),
                ..unreceipted::told(blank, back)
            },
            Event::Reserved { reservation, owner, channel, deadline, lines, .. } => EventMessage {
                channel: Some((*channel).into()),
                reservation: Some(Id::from(*reservation)),
                owner: Some(owner.into()),
                deadline: Some(Time(*deadline)),
                lines: self.lines(lines),
                ..blank
            },
            Event::Extended { reservation, deadline } => {
                EventMessage { reservation: Some(Id::from(*reservation)), deadline: Some(Time(*deadline)), ..blank }
            }
            Event::Released(freed) | Event::Expired(freed) => EventMessage {
                reservation: Some(Id::from(freed.reservation)),
                lines: self.lines(&freed.lines),
                ..blank
            },
            Event::Allocated { order, lines, .. } | Event::Deallocated { order, lines } => {
                EventMessage { order: Some(order.into()), lines: self.lines(lines), ..blank }
            }
            Event::GoodsReceived { lines } => EventMessage { lines: self.lines(lines), ..blank },
            Event::StockAdjusted { sku, bucket, delta, reason } => EventMessage {
                lines: vec![self.line(*sku, *delta)],
                reason: Some(reason.into()),
                bucket: Some(bucket_word(bucket).to_owned()),
                ..blank
            },
            Event::Counted { sku, counted, variance } => {
                EventMessage { lines: vec![self.line(*sku, *variance)], counted: Some(Quantity(*counted)), ..blank }
            }
            Event::PolicySet { sku, .. } => EventMessage { lines: vec![self.line(*sku, Qty::ZERO)], ..blank },
            Event::ItemsDefined { items, .. } => EventMessage { items: u64::try_from(items.len()).ok(), ..blank },
            Event::LocationDefined { location } => EventMessage { location: Some((&location.code).into()), ..blank },
            Event::KeyCreated { key } => EventMessage { key: Some(key_id(key.id)), ..blank },
            Event::KeyRevoked { key } => EventMessage { key: Some(key_id(*key)), ..blank },
            Event::Drawer { till, happening } => {
                self.drawer(EventMessage { till: Some(till.0), ..blank }, *till, happening)
            }
            Event::Layaway { till, layaway, happening } => {
                let blank = EventMessage { till: Some(till.0), layaway: Some(layaway.into()), ..blank };
                self.layaway(blank, happening)
            }
            Event::Basket { till, happening } => self.basket(EventMessage { till: Some(till.0), ..blank }, happening),
            Event::DrawerRulesSet { .. } => blank,
            Event::PriceBookDefined { book } => {
                let items = u64::try_from(book.rows().len()).ok();
                EventMessage { rules: Some((&book.code).into()), items, ..blank }
            }
            Event::PriceBookEnded { book: code } | Event::PromotionEnded { promotion: code } => {
                EventMessage { rules: Some(code.into()), ..blank }
            }
            Event::PromotionsDefined { promotions, .. } => {
                EventMessage { items: u64::try_from(promotions.len()).ok(), ..blank }
            }
            Event::LabelsSet { location, .. } | Event::ReturnLimitsSet { at: location, .. } => {
                let location = self.names.location_numbered(*location);
                EventMessage { location: location.map(|location| Text(location.code.clone())), ..blank }
            }
            Event::Account { account, entry } => EventMessage {
                reason: if let Entry::Disabled { reason, .. } = entry { Some(reason.into()) } else { None },
                deadline: match entry {
                    Entry::Held { hold, .. } | Entry::Opened { hold, .. } => Some(Time(hold.deadline)),
                    _ => None,
                },
                accounts: vec![account::line(*account, entry)],
                ..blank
            },
            Event::Payment { payment, happening } => payment::happened(blank, *payment, happening),
            Event::RoleDefined { role, capabilities, limits } => EventMessage {
                role: Some(role.into()),
                capabilities: Some(capabilities.each().map(Into::into).collect()),
                limits: people::limits(*limits),
                ..blank
            },
            Event::UserDefined { code, roles, .. } => {
                EventMessage { user: Some(code.into()), roles: Some(roles.iter().map(Into::into).collect()), ..blank }
            }
            Event::PinSet { user, .. } => EventMessage { user: self.user(*user), ..blank },
            Event::UserDisabled { user, disabled } => {
                EventMessage { user: self.user(*user), disabled: Some(*disabled), ..blank }
            }
            Event::PeopleRequired { at, required } => EventMessage {
                location: self.names.location_numbered(*at).map(|location| (&location.code).into()),
                required: Some(*required),
                ..blank
            },
            Event::Settled { sale, unpaid } => {
                let line = |take| AccountLine { sale: Some(Id::from(*sale)), ..account::taken(take) };
                EventMessage { accounts: unpaid.iter().map(line).collect(), ..blank }
            }
        }
    }

    fn layaway(&self, blank: EventMessage, happening: &layaway::Happening) -> EventMessage {
        match happening {
            layaway::Happening::Opened { layaway, tenders, .. } => EventMessage {
                owner: Some((&layaway.customer).into()),
                deadline: Some(Time(layaway.due)),
                lines: self.sale_lines(&layaway.lines),
                tenders: event_tenders(tenders),
                ..blank
            },
            layaway::Happening::Deposited { tenders, .. } => EventMessage { tenders: event_tenders(tenders), ..blank },
            layaway::Happening::Cancelled { goods, tenders, kept, reason } => EventMessage {
                lines: self.lines(goods),
                tenders: event_tenders(tenders),
                amount: Some(Amount(*kept)),
                reason: Some(reason.into()),
                ..blank
            },
        }
    }

    fn basket(&self, blank: EventMessage, happening: &basket::Happening) -> EventMessage {
        match happening {
            basket::Happening::Suspended { reservation, held, .. } => {
                let basket = held.suspended.as_ref().map(|suspended| &suspended.basket);
                let lines = basket.iter().flat_map(|basket| &basket.lines);
                EventMessage {
                    channel: Some(held.channel.into()),
                    basket: Some(Id::from(*reservation)),
                    owner: Some((&held.owner).into()),
                    deadline: Some(Time(held.deadline)),
                    lines: lines.map(|line| self.line(line.sku, line.qty)).collect(),
                    person: basket.and_then(|basket| basket.person.as_ref()).map(Into::into),
                    ..blank
                }
            }
            basket::Happening::Recalled { reservation, held, freed, .. } => EventMessage {
                channel: Some(held.channel.into()),
                basket: Some(Id::from(freed.reservation)),
                reservation: held.holds().then_some(Id::from(*reservation)),
                owner: Some((&held.owner).into()),
                deadline: Some(Time(held.deadline)),
                lines: self.lines(&held.lines),
                ..blank
            },
            basket::Happening::LineVoided { line, freed } => EventMessage {
                reservation: freed.as_ref().map(|freed| Id::from(freed.reservation)),
                lines: vec![self.line(line.sku, line.qty)],
                amount: Some(Amount(line.amount)),
                reason: Some((&line.reason).into()),
                person: line.person.as_ref().map(Into::into),
                ..blank
            },
        }
    }

    fn drawer(&self, blank: EventMessage, till: TillNo, happening: &Happening) -> EventMessage {
        match happening {
            Happening::SessionOpened { session, business_day, float, .. } => EventMessage {
                session: Some(session.0),
                business_day: Some(Day(*business_day)),
                amount: Some(Amount(*float)),
                ..blank
            },
            Happening::CashMoved { amount, reason, person, .. } => EventMessage {
                amount: Some(Amount(*amount)),
                reason: Some(reason.into()),
                person: Some(person.into()),
                ..blank
            },
            Happening::NoSaleOpened { reason } => EventMessage { reason: Some(reason.into()), ..blank },
            Happening::SessionClosed { z, .. } => EventMessage {
                session: Some(z.session.0),
                business_day: Some(Day(z.business_day)),
                z: self.names.location_numbered(self.location).map(|at| Box::new(super::drawer::report(z, &at, till))),
                ..blank
            },
        }
    }

    fn goods(&self, goods: Option<&SoldGoods>) -> Option<Box<GoodsMessage>> {
        goods.map(|goods| Box::new(goods::sold(goods, self.names)))
    }

    fn receipt(&self, receipt: Option<(TillNo, ReceiptNo)>) -> Option<String> {
        let (till, no) = receipt?;
        Some(super::answer::receipt_text(&self.names.location_numbered(self.location)?.code, till, no))
    }

    fn user(&self, no: UserNo) -> Option<UserCode> {
        self.names.user_numbered(no).map(Text)
    }

    fn quantity(&self, line: &SkuQty) -> SkuQuantity {
        SkuQuantity { sku: sku(line.sku, self.names), qty: Quantity(line.qty) }
    }

    fn line(&self, number: SkuId, qty: Qty) -> EventLine {
        let sku = sku(number, self.names);
        EventLine {
            sku,
            qty: Quantity(qty),
            unit_price: None,
            net: None,
            tax: None,
            rate_ppm: None,
            discounts: Vec::new(),
            list_price: None,
            price_reason: None,
        }
    }

    fn lines(&self, lines: &[SkuQty]) -> Vec<EventLine> {
        lines.iter().map(|line| self.line(line.sku, line.qty)).collect()
    }

    fn sale_lines(&self, lines: &[SaleLine]) -> Vec<EventLine> {
        let line = |line: &SaleLine| EventLine {
            unit_price: Some(Amount(line.unit_price)),
            net: Some(Amount(line.taxed.net)),
            tax: Some(Amount(line.taxed.tax)),
            rate_ppm: Some(line.taxed.rate.0),
            ..self.line(line.sku, line.qty)
        };
        lines.iter().map(line).collect()
    }
}

impl EventMessage {
    /// With how the prices of the sale came about.
    fn priced(mut self, pricing: Option<&Pricing>) -> Self {
        let Some(pricing) = pricing else { return self };
        for (line, kept) in self.lines.iter_mut().zip(&pricing.lines) {
            line.discounts = super::priced::discounts(&kept.discounts);
            if let Some(overridden) = &kept.overridden {
                line.list_price = overridden.list_price.map(Amount);
                line.price_reason = overridden.reason.as_ref().map(Into::into);
            }
        }
        self.quote = Some(QuoteName { version: pricing.version.0, hash: format!("{:016x}", pricing.hash) });
        self.tax_exempt = pricing.exempt.as_ref().map(Into::into);
        self
    }
}

/// What the catalogue cannot be taxed with; with times where a range was asked for.
#[must_use]
pub fn tax_gaps(gaps: &[Gap], with_times: bool, names: &impl Names) -> TaxGaps {
    let time = |moment| with_times.then_some(Time(moment));
    let gap = |gap: &Gap| {
        Some(TaxGap {
            location: Text(names.location_numbered(gap.location)?.code.clone()),
            channel: gap.channel.into(),
            class: Text(gap.class.clone()),
            from: time(gap.from),
            until: time(gap.until),
            items: u64::try_from(gap.items).unwrap_or(u64::MAX),
            first: sku(gap.first, names),
        })
    };
    TaxGaps { gaps: gaps.iter().filter_map(gap).collect() }
}

fn dated_rate(rate: &onhand_engine::tax::DatedRate) -> DatedRate {
    let (rate_ppm, parts_ppm) = match rate.parts.as_slice() {
        [whole] => (Some(whole.0), None),
        parts => (None, Some(parts.iter().map(|part| part.0).collect())),
    };
    DatedRate {
        class: Text(rate.class.clone()),
        channel: rate.channel.map(Into::into),
        from: rate.period.from.map(When::Moment),
        until: rate.period.until.map(When::Moment),
        rate_ppm,
        parts_ppm,
        compound: false,
    }
}

/// The code of an item. Every number in an event has one: codes are never taken away.
pub(super) fn sku(number: SkuId, names: &impl Names) -> Sku {
    let named = names.item_numbered(number).map(|item| item.code.clone());
    let code = named.or_else(|| Code::new(&format!("#{}", number.0)).ok());
    code.map_or_else(|| unreachable!("a number is a printable text"), Text)
}

/// Lines with their prices and taxes.
pub(super) fn sale_lines(lines: &[SaleLine], names: &impl Names) -> Vec<EventLine> {
    Teller { names, location: LocationId::CHAIN }.sale_lines(lines)
}

pub(super) fn event_tenders(tenders: &[Tender]) -> Vec<EventTender> {
    tenders.iter().map(|tender| EventTender { kind: tender.kind.into(), amount: Amount(tender.amount) }).collect()
}

const fn bucket_word(bucket: &Bucket) -> &'static str {
    match bucket {
        Bucket::OnHand => "on_hand",
        Bucket::Unavailable(_) => "unavailable",
        Bucket::Incoming => "incoming",
    }
}

fn word(event: &Event) -> &'static str {
    match event {
        Event::SaleRecorded(_) => "recorded",
        Event::Reserved { .. } => "reserved",
        Event::Extended { .. } => "extended",
        Event::Released(_) => "released",
        Event::Expired(_) => "expired",
        Event::Allocated { .. } => "allocated",
        Event::Deallocated { .. } => "deallocated",
        Event::GoodsReceived { .. } => "received",
        Event::GoodsReturned(back) if matches!(&back.of, Some(of) if of.void.is_some()) => "voided",
        Event::GoodsReturned(_) => "returned",
        Event::ReturnGranted { .. } => "return_granted",
        Event::GrantEnded { kept: true, .. } => "return_grant_kept",
        Event::GrantEnded { kept: false, .. } => "return_grant_undone",
        Event::Exchanged { .. } => "exchanged",
        Event::StockAdjusted { .. } => "adjusted",
        Event::Counted { .. } => "counted",
        Event::PolicySet { .. } => "policy_set",
        Event::ItemsDefined { .. } => "items_defined",
        Event::LocationDefined { .. } => "location_defined",
        Event::KeyCreated { .. } => "key_created",
        Event::KeyRevoked { .. } => "key_revoked",
        Event::Drawer { happening, .. } => match happening {
            Happening::SessionOpened { .. } => "session_opened",
            Happening::CashMoved { movement, .. } => movement.name(),
            Happening::NoSaleOpened { .. } => "no_sale",
            Happening::SessionClosed { .. } => "session_closed",
        },
        Event::Layaway { happening, .. } => match **happening {
            layaway::Happening::Opened { .. } => "layaway_opened",
            layaway::Happening::Deposited { .. } => "deposited",
            layaway::Happening::Cancelled { .. } => "layaway_cancelled",
        },
        Event::Basket { happening, .. } => match **happening {
            basket::Happening::Suspended { .. } => "suspended",
            basket::Happening::Recalled { .. } => "recalled",
            basket::Happening::LineVoided { .. } => "line_voided",
        },
        Event::DrawerRulesSet { .. } => "drawer_rules_set",
        Event::Account { entry, .. } => account::word(entry),
        Event::Settled { .. } => "settled",
        Event::LabelsSet { .. } => "labels_set",
        Event::ReturnLimitsSet { .. } => "return_limits_set",
        Event::PriceBookDefined { .. } => "price_book_defined",
        Event::PriceBookEnded { .. } => "price_book_ended",
        Event::PromotionsDefined { .. } => "promotions_defined",
        Event::PromotionEnded { .. } => "promotion_ended",
        Event::RoleDefined { .. } => "role_defined",
        Event::UserDefined { .. } => "user_defined",
        Event::PinSet { .. } => "pin_set",
        Event::UserDisabled { .. } => "user_disabled",
        Event::PeopleRequired { .. } => "people_required",
        Event::Payment { happening, .. } => happening.name(),
    }
}
