//! Baskets that are not paid yet, both ways.

use super::Names;
use super::answer::{Asked, quantities};
use super::enter::{Desk, Entered, Place, Refused, on_line, till, ttl};
use super::goods::Gathered;
use super::priced;
use super::read::sku;
use crate::message::{self, BasketList, ErrorBody, SaleLine, SkuQuantity, SuspendedBasket, TaxAsItWas};
use crate::value::{Amount, Day, Id, Quantity, Text, Time};
use crate::write::Object;
use onhand_engine::basket::{self, Ask, NamedLine, TTL_DEFAULT, Told, VoidedLine};
use onhand_engine::command::{Action, SkuQty};
use onhand_engine::ids::{ReservationId, TillNo};
use onhand_engine::money::Minor;
use onhand_engine::store::Reservation;
use onhand_engine::tax::RatePpm;
use std::sync::Arc;

pub(super) fn suspend<N: Names>(desk: &Desk<'_, N>, body: &message::Suspend) -> Result<Entered, Refused> {
    let mut entered = desk.at(&body.location, body.channel, |place| {
        place.check_currency(body.currency.0);
        let ttl = match (body.ttl_s, body.ttl_ms) {
            (None, None) => TTL_DEFAULT,
            (seconds, ms) => ttl(seconds, ms)?,
        };
        let mut goods = Gathered::default();
        let basket = Arc::new(basket_in(&body.basket, place, &mut goods)?);
        asked(body.till, Ask::Suspend { owner: body.owner.0.clone(), ttl, basket, goods: goods.goods() })
    })?;
    entered.asked.against = entered.asked.against.map(|why| if why.line.is_some() { inside(why) } else { why });
    Ok(entered)
}

/// An error about a line of the basket.
fn inside(mut error: Refused) -> Refused {
    error.field = error.field.map(|field| format!("basket.{field}"));
    error
}

pub(super) fn recall<N: Names>(desk: &Desk<'_, N>, body: &message::Recall) -> Result<Entered, Refused> {
    desk.at(&body.location, None, |_| {
        let (basket, owner) = (body.basket.reservation(), body.owner.0.clone());
        asked(body.till, Ask::Recall { basket, owner, ttl: ttl(body.ttl_s, body.ttl_ms)? })
    })
}

pub(super) fn void_line<N: Names>(desk: &Desk<'_, N>, body: &message::VoidLine) -> Result<Entered, Refused> {
    desk.at(&body.location, None, |place| {
        place.check_currency(body.currency.0);
        let item = place.item_of(body.sku.as_ref(), body.gtin, None)?;
        let line = VoidedLine {
            sku: item.sku,
            qty: place.above_zero(&item, body.qty, None)?,
            amount: amount(body.amount, "amount", None)?,
            reason: body.reason.0.clone(),
            person: body.person.clone().map(|person| person.0),
        };
        asked(body.till, Ask::VoidLine { line, reservation: body.reservation.map(Id::reservation) })
    })
}

fn asked(no: u16, ask: Ask) -> Result<Action, Refused> {
    till(Some(no)).map(|_| Action::Basket { till: TillNo(no), ask })
}

fn amount(amount: Amount, field: &str, line: Option<usize>) -> Result<Minor, Refused> {
    if (Minor::ZERO..=Minor::MAX).contains(&amount.0) {
        return Ok(amount.0);
    }
    Err(on_line(ErrorBody::new(3003, "the amount is not from 0 to 10,000,000,000,000 minor units"), field, line))
}

fn basket_in<N: Names>(
    asked: &message::Basket,
    place: &Place<'_, N>,
    goods: &mut Gathered,
) -> Result<basket::Basket, Refused> {
    place.check_count(asked.lines.len())?;
    if asked.coupons.len() > basket::COUPONS_MAX {
        let text = format!("a basket may show {} coupons", basket::COUPONS_MAX);
        return Err(Box::new(ErrorBody::new(1001, text).at("basket.coupons")));
    }
    let lines = asked.lines.iter().enumerate().map(|(at, line)| line_in(line, at, place, goods));
    Ok(basket::Basket {
        lines: lines.collect::<Result<_, _>>().map_err(inside)?,
        group: asked.group.clone().map(|group| group.0),
        coupons: asked.coupons.iter().map(|coupon| coupon.0.clone()).collect(),
        tax_exempt: asked.tax_exempt.clone().map(|reason| reason.0),
        customer: asked.customer.clone().map(|customer| customer.0),
        note: asked.note.clone().map(|note| note.0),
        person: asked.person.clone().map(|person| person.0),
    })
}

fn line_in<N: Names>(
    line: &SaleLine,
    at: usize,
    place: &Place<'_, N>,
    goods: &mut Gathered,
) -> Result<NamedLine, Refused> {
    let item = place.sold_item(line, at)?;
    goods.see(at, &item, place.names);
    goods.hear(at, line)?;
    let money = |named: Option<Amount>, field: &str| named.map(|named| amount(named, field, Some(at))).transpose();
    let tax =
        line.tax.map(|tax| Ok::<_, Refused>((amount(tax.amount, "tax.amount", Some(at))?, RatePpm(tax.rate_ppm))));
    let discount = line.discount.as_ref().map(|discount| {
        discount.amount.map(|off| amount(off, "discount.amount", Some(at))).transpose()?;
        priced::by_hand(discount, Some(at))
    });
    Ok(NamedLine {
        sku: item.sku,
        qty: place.above_zero(&item, line.qty, at)?,
        unit_price: money(line.unit_price, "unit_price")?,
        amount: money(line.amount, "amount")?,
        tax: tax.transpose()?,
        price_reason: line.price_reason.clone().map(|reason| reason.0),
        discount: discount.transpose()?,
    })
}

fn basket_out(suspended: &basket::Suspended, names: &impl Names) -> message::Basket {
    let basket = &suspended.basket;
    let line = |line: &NamedLine| SaleLine {
        sku: Some(sku(line.sku, names)),
        gtin: None,
        qty: Quantity(line.qty),
        amount: line.amount.map(Amount),
        unit_price: line.unit_price.map(Amount),
        tax: line.tax.map(|(tax, rate)| TaxAsItWas { amount: Amount(tax), rate_ppm: rate.0 }),
        price_reason: line.price_reason.as_ref().map(Into::into),
        discount: line.discount.as_ref().map(priced::by_hand_out),
        serials: Vec::new(),
        lot: None,
        expiry: None,
    };
    let mut lines: Vec<SaleLine> = basket.lines.iter().map(line).collect();
    for traced in &suspended.traced {
        if let Some(line) = lines.get_mut(usize::from(traced.line)) {
            line.serials = traced.serials.iter().cloned().map(Text).collect();
            line.lot = traced.lot.clone().map(Text);
            line.expiry = traced.expiry.map(Day);
        }
    }
    message::Basket {
        lines,
        group: basket.group.as_ref().map(Into::into),
        coupons: basket.coupons.iter().map(Into::into).collect(),
        tax_exempt: basket.tax_exempt.as_ref().map(Into::into),
        customer: basket.customer.as_ref().map(Into::into),
        note: basket.note.as_ref().map(Into::into),
        person: basket.person.as_ref().map(Into::into),
    }
}

/// The word for what came of it.
pub(super) const fn word(told: &Told) -> &'static str {
    match told {
        Told::Suspended { .. } => "suspended",
        Told::Recalled { .. } => "recalled",
        Told::LineVoided => "line_voided",
    }
}

/// Writes what a reply has beside its place and time.
pub(super) fn fields(object: &mut Object<'_>, asked: &Asked, told: &Told, names: &impl Names) {
    match told {
        Told::Suspended { deadline, short } => {
            object.uuid("basket", asked.id.0);
            object.time("deadline", *deadline);
            if !short.is_empty() {
                quantities(object.field("short"), short, names);
            }
        }
        Told::Recalled { deadline, held, basket } => {
            if !held.is_empty() || basket.has_pieces() {
                object.uuid("reservation", asked.id.0);
            }
            object.time("deadline", *deadline);
            quantities(object.field("held"), held, names);
            object.number("till", u64::from(basket.till.0));
            object.time("suspended", basket.at);
            // A Vec takes whatever is written, and no map here has a key that is not a string.
            let _ = serde_json::to_writer(object.field("basket"), &basket_out(basket, names));
        }
        Told::LineVoided => {}
    }
}

/// The baskets suspended at a location, the oldest first.
#[must_use]
pub fn baskets(suspended: &[(ReservationId, Reservation)], names: &impl Names) -> BasketList {
    let quantity = |line: &SkuQty| SkuQuantity { sku: sku(line.sku, names), qty: Quantity(line.qty) };
    let message = |(id, held): &(ReservationId, Reservation)| {
        let one = held.suspended.as_deref()?;
        Some(SuspendedBasket {
            basket: Id::from(*id),
            till: one.till.0,
            suspended: Time(one.at),
            deadline: Time(held.deadline),
            lines: u32::try_from(one.basket.lines.len()).unwrap_or(u32::MAX),
            held: held.lines.iter().map(quantity).collect(),
            customer: one.basket.customer.as_ref().map(Into::into),
            note: one.basket.note.as_ref().map(Into::into),
            person: one.basket.person.as_ref().map(Into::into),
        })
    };
    let mut baskets: Vec<SuspendedBasket> = suspended.iter().filter_map(message).collect();
    baskets.sort_by_key(|one| (one.suspended, one.basket));
    BasketList { baskets }
}
