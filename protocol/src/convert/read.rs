//! The engine's state and events as HTTP reads answer them.

use super::Names;
use crate::message::read::{
    EventLine, EventMessage, EventTender, KeyMessage, LocationMessage, ReservationMessage, TotalsMessage,
};
use crate::message::{AskedLine, ItemInput, Rate, Role, SkuQuantity, TaxInput};
use crate::value::{Amount, Currency, Gtin, Id, Position, Quantity, Sku, Text, Time, UserCode};
use onhand_engine::catalogue::{Item, Key, KeyId, Location};
use onhand_engine::command::{Bucket, Channel, SaleLine, SkuQty, Standing, Tender};
use onhand_engine::event::{Event, Record};
use onhand_engine::ids::{Code, LocationId, ReceiptNo, ReservationId, Seq, SkuId, TillNo};
use onhand_engine::people::UserNo;
use onhand_engine::qty::Qty;
use onhand_engine::store::{Reservation, Totals};

/// An item, as `define_items` takes it.
#[must_use]
pub fn item(item: &Item) -> ItemInput {
    ItemInput {
        sku: Text(item.code.clone()),
        name: item.name.to_string(),
        gtins: item.gtins.iter().copied().map(Gtin).collect(),
        unit: item.unit.into(),
        tax_class: Text(item.tax_class.clone()),
        price: item.price.map(Amount),
        category: item.category.to_string(),
    }
}

/// A location, as `define_location` takes it.
#[must_use]
pub fn location(location: &Location) -> LocationMessage {
    let rate = |rate: &onhand_engine::tax::TaxRate| {
        let class = Text(rate.class.clone());
        match rate.parts.as_slice() {
            [whole] => Rate { class, rate_ppm: Some(whole.0), parts_ppm: None },
            parts => Rate { class, rate_ppm: None, parts_ppm: Some(parts.iter().map(|part| part.0).collect()) },
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
        },
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
        reservation: None,
        owner: None,
        deadline: None,
        order: None,
        reason: None,
        bucket: None,
        counted: None,
        items: None,
        key: None,
        role: None,
        capabilities: None,
        user: None,
        roles: None,
        disabled: None,
        required: None,
    };
    teller.fill(blank, &record.event)
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
                tenders: tenders(&sale.tenders),
                oversold: sale.oversold.iter().map(|line| self.quantity(line)).collect(),
                order: sale.order.as_ref().map(Into::into),
                ..blank
            },
            Event::Exchanged { back, sale } => EventMessage {
                sale: back.of.as_ref().map(|of| Position(of.sale.seq)),
                returned: self.sale_lines(&back.lines),
                disposition: Some(back.disposition.into()),
                ..self.fill(blank, &Event::SaleRecorded((**sale).clone()))
            },
            Event::ReturnGranted { sale, grant, .. } => EventMessage {
                sale: Some(Position(sale.seq)),
                lines: self.sale_lines(&grant.lines),
                tenders: tenders(&grant.tenders),
                ..blank
            },
            Event::GoodsReturned(back) => EventMessage {
                sale: back.of.as_ref().map(|of| Position(of.sale.seq)),
                reason: back.of.as_ref().and_then(|of| of.void.as_ref()).map(Into::into),
                channel: Some(back.channel.into()),
                receipt: self.receipt(back.receipt),
                lines: self.sale_lines(&back.lines),
                tenders: tenders(&back.tenders),
                disposition: Some(back.disposition.into()),
                ..blank
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
            Event::RoleDefined { role, capabilities } => EventMessage {
                role: Some(role.into()),
                capabilities: Some(capabilities.each().map(Into::into).collect()),
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
        }
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
        EventLine { sku, qty: Quantity(qty), unit_price: None, net: None, tax: None, rate_ppm: None }
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

/// The code of an item. Every number in an event has one: codes are never taken away.
fn sku(number: SkuId, names: &impl Names) -> Sku {
    let named = names.item_numbered(number).map(|item| item.code.clone());
    let code = named.or_else(|| Code::new(&format!("#{}", number.0)).ok());
    code.map_or_else(|| unreachable!("a number is a printable text"), Text)
}

fn tenders(tenders: &[Tender]) -> Vec<EventTender> {
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
        Event::Exchanged { .. } => "exchanged",
        Event::StockAdjusted { .. } => "adjusted",
        Event::Counted { .. } => "counted",
        Event::PolicySet { .. } => "policy_set",
        Event::ItemsDefined { .. } => "items_defined",
        Event::LocationDefined { .. } => "location_defined",
        Event::KeyCreated { .. } => "key_created",
        Event::KeyRevoked { .. } => "key_revoked",
        Event::RoleDefined { .. } => "role_defined",
        Event::UserDefined { .. } => "user_defined",
        Event::PinSet { .. } => "pin_set",
        Event::UserDisabled { .. } => "user_disabled",
        Event::PeopleRequired { .. } => "people_required",
    }
}
