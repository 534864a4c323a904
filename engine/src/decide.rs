//! Decide: state, command and time in; one event or a numbered refusal out. Nothing is changed.
//!
//! Checks come in a fixed order: identity (the caller did form and rights), state, stock.

mod back;
pub(crate) mod demand;
pub(crate) mod form;
pub(crate) mod goods;
mod settling;

use crate::account;
use crate::answer::Answer;
use crate::basket;
use crate::command::{Action, Bucket, Channel, Command, SaleLine, Sell, SkuQty, Standing, Tender};
use crate::drawer;
use crate::event::{Event, Freed, Sale};
use crate::goods::{Goods, moved};
use crate::ids::{LocationId, OrderId, Owner, ReceiptNo, ReservationId, SessionNo, SkuId, TillNo};
use crate::layaway;
use crate::money::Minor;
use crate::payment;
use crate::qty::Qty;
use crate::refusal::Refusal;
use crate::stock::StockRow;
use crate::store::{OrderState, Store};
use crate::till::Till;
use crate::time::{Millis, Timestamp};
use crate::training;
use back::{exchange, give_back, grant_for, redemption, without_receipt};
use demand::{Claim, Shortage, ending, live, refuse_short, shortages, summed, without_repeats};
use form::{check_lines, check_sale_lines, check_takes, check_tenders, check_ttl};
pub(crate) use settling::settled_refund;
use settling::{Settling, gross, rounding, settled};

/// The most lines one basket may have.
pub const LINES_MAX: usize = 500;
/// The shortest time a reservation may have: 1 second.
pub const TTL_MIN: Millis = Millis(1_000);
/// The longest time a reservation may have: 7 days.
pub const TTL_MAX: Millis = Millis(7 * 24 * 3_600_000);

/// The actors a command at one location touches, as `decide` may see them.
pub trait Place {
    /// The SKU actor's state; `None` when it was never touched.
    fn row(&self, sku: SkuId) -> Option<&StockRow>;
    /// The store actor's state.
    fn store(&self) -> &Store;
    /// The till actor's state; `None` when it has rung up nothing yet.
    fn till(&self, no: TillNo) -> Option<&Till>;
}

/// What came of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Something happens: apply it, log it, answer with [`Event::answer`].
    Happens(Event),
    /// It had happened already under another id: answer, change nothing.
    Already(Answer),
}

/// Decides a command of one location.
///
/// # Errors
/// The numbered [`Refusal`]; nothing changes.
pub fn decide(place: &impl Place, command: &Command, now: Timestamp) -> Result<Decision, Refusal> {
    let channel = command.channel;
    if command.location.is_of_accounts() && !matches!(command.action, Action::Account { .. } | Action::IfKnown { .. }) {
        return Err(Refusal::UnknownLocation);
    }
    training::check(command)?;
    let event = match &command.action {
        Action::Sell(sell) => sell_basket(place, sell, command, now)?,
        Action::Reserve { owner, ttl, lines, goods } => {
            let lines = goods::asked(lines, goods.as_deref(), channel)?;
            reserve(place, command, owner, *ttl, &lines, now)?
        }
        Action::Extend { reservation, ttl } => {
            check_ttl(*ttl)?;
            live(place, *reservation)?;
            Event::Extended { reservation: *reservation, deadline: now.plus(*ttl) }
        }
        Action::Release { reservation } => Event::Released(live(place, *reservation)?),
        Action::Expire { reservation } => expire(place, *reservation, now)?,
        Action::Allocate { order, lines, reservation, owner, goods } => {
            let goods = goods.as_deref();
            return allocate(place, order, (lines, goods), *reservation, owner.as_ref(), channel);
        }
        Action::Deallocate { order } => deallocate(place, order)?,
        Action::Receive { lines, goods } => {
            check_lines(lines)?;
            let lines = moved(lines, goods.as_deref());
            goods::check_moved(&lines)?;
            Event::GoodsReceived { lines }
        }
        Action::Return { till, disposition, tenders, of: Some(of), .. } => {
            check_tenders(tenders)?;
            give_back(place, command, *till, *disposition, of)?
        }
        Action::Return { of: None, .. } => without_receipt(place, command)?,
        Action::GrantReturn(ask) => {
            check_tenders(&ask.payout.tenders)?;
            check_takes(&ask.payout.accounts)?;
            grant_for(place, ask, now)?
        }
        Action::Exchange { back, disposition, sell } => exchange(place, (command, now), back, *disposition, sell)?,
        Action::Adjust { sku, bucket, delta, reason } => {
            check_adjustment(place, *sku, bucket, *delta)?;
            Event::StockAdjusted { sku: *sku, bucket: bucket.clone(), delta: *delta, reason: reason.clone() }
        }
        Action::Count { sku, counted, on_hand_then } => {
            if *counted < Qty::ZERO || *counted > Qty::MAX {
                return Err(Refusal::BadQuantity { sku: *sku });
            }
            let then = on_hand_then.unwrap_or_else(|| place.row(*sku).map_or(Qty::ZERO, StockRow::on_hand));
            Event::Counted { sku: *sku, counted: *counted, variance: counted.minus(then) }
        }
        Action::SetPolicy { sku, policy } => {
            if policy.safety_stock.iter().chain([&policy.low_at]).any(|qty| *qty < Qty::ZERO || *qty > Qty::MAX) {
                return Err(Refusal::BadQuantity { sku: *sku });
            }
            Event::PolicySet { sku: *sku, policy: *policy }
        }
        Action::IfKnown { number, .. } => return Err(Refusal::NotAnyMore { number: *number }),
        Action::DefineItems { .. }
        | Action::DefineLocation { .. }
        | Action::CreateKey { .. }
        | Action::RevokeKey { .. }
        | Action::SetLabels { .. }
        | Action::SetReturnLimits { .. }
        | Action::DefinePriceBook { .. }
        | Action::EndPriceBook { .. }
        | Action::DefinePromotions { .. }
        | Action::EndPromotion { .. }
        | Action::DefineRole { .. }
        | Action::DefineUser { .. }
        | Action::SetPin { .. }
        | Action::DisableUser { .. }
        | Action::RequirePeople { .. } => {
            return Err(Refusal::UnknownLocation);
        }
        Action::Drawer { till, ask } => {
            let drawer = place.till(*till).and_then(|till| till.drawer.as_deref());
            return drawer::decide::decide(*till, drawer, place.store(), ask, now);
        }
        Action::Layaway { till, layaway, ask } => layaway::decide::decide(place, command, (*till, layaway), ask, now)?,
        Action::Basket { till, ask } => basket::decide::decide(place, command, *till, ask, now)?,
        Action::SetDrawerRules { rules } => Event::DrawerRulesSet { rules: rules.clone() },
        Action::Account { account, ask } => {
            if command.location.real() != LocationId::of_account(*account) {
                return Err(Refusal::UnknownLocation);
            }
            return account::decide(&place.store().accounts, *account, ask, now);
        }
        Action::Redemption(ask) => return account::decide_redemption(place.store(), ask),
        Action::Payment { payment, ask } => return payment::decide(place.store(), command, *payment, ask, now),
    };
    Ok(Decision::Happens(event))
}

fn sell_basket(place: &impl Place, sell: &Sell, command: &Command, now: Timestamp) -> Result<Event, Refusal> {
    sold(place, sell, &sell.tenders, gross(&sell.lines), (command, now)).map(Event::SaleRecorded)
}

/// A basket of which so much is due.
fn sold(
    place: &impl Place,
    sell: &Sell,
    tenders: &[Tender],
    due: Minor,
    (command, now): (&Command, Timestamp),
) -> Result<Sale, Refusal> {
    let channel = command.channel;
    check_sale_lines(&sell.lines)?;
    check_tenders(tenders)?;
    let late = late_for(place, sell)?;
    let corrected = layaway::decide::checked_deposits(place, sell)?;
    let tenders = corrected.as_deref().unwrap_or(tenders);
    let settled = settled(rounding(place), due, tenders, Settling::Sale);
    let tenders = match sell.standing {
        Standing::Request => settled?,
        Standing::Fact => settled.unwrap_or_else(|_| tenders.to_vec()),
    };
    check_takes(&sell.takes)?;
    let freed = match sell.standing {
        Standing::Request => {
            check_open(place, sell.order.as_ref())?;
            ending(place, sell.reservation, sell.owner.as_ref())?
        }
        // A fact is never refused: a reservation that is gone has nothing left to free.
        Standing::Fact => ending(place, None, sell.owner.as_ref())?
            .into_iter()
            .chain(sell.reservation.and_then(|id| place.store().freed(id)))
            .collect(),
    };
    let freed = without_repeats(freed);
    let goods = match &sell.goods {
        None => None,
        Some(goods) => goods::sold(place, sell, goods, (channel, &freed), now)?,
    };
    let claim = Claim { channel, standing: sell.standing, freed: &freed, order: sell.order.as_ref() };
    let shortages = match goods.as_deref() {
        None => shortages(place, sell.lines.iter().map(SaleLine::sku_qty), &claim),
        Some(goods) => shortages(place, goods::moved_by(&sell.lines, goods)?.into_iter(), &claim),
    };
    if sell.standing == Standing::Request {
        refuse_short(&shortages)?;
    }
    let payments = payment::paid(place.store(), sell, command.id, &freed)?;
    Ok(Sale {
        standing: sell.standing,
        channel,
        receipt: next_receipt(place, sell.till),
        lines: sell.lines.clone(),
        tenders,
        oversold: shortages.iter().map(|short| SkuQty { sku: short.sku, qty: short.short_by }).collect(),
        freed,
        order: sell.order.clone(),
        late,
        redemption: redemption(command, sell.takes.to_vec(), None),
        pricing: sell.pricing.clone(),
        goods,
        payments,
        owner: sell.owner.clone().map(Box::new),
    })
}

/// The closed session that a sale names, where it comes late.
fn late_for(place: &impl Place, sell: &Sell) -> Result<Option<SessionNo>, Refusal> {
    let Some(named) = sell.session else { return Ok(None) };
    let drawer = sell.till.and_then(|no| place.till(no)).and_then(|till| till.drawer.as_deref());
    drawer::decide::session_of(sell.till, drawer, named, sell.standing == Standing::Fact)
}

fn reserve(
    place: &impl Place,
    command: &Command,
    owner: &Owner,
    ttl: Millis,
    lines: &[SkuQty],
    now: Timestamp,
) -> Result<Event, Refusal> {
    check_lines(lines)?;
    check_ttl(ttl)?;
    let reservation = new_reservation(place, command)?;
    let mut lines = summed(lines.iter().copied());
    let mut claim = Claim { channel: command.channel, standing: Standing::Request, freed: &[], order: None };
    let short = shortages(place, lines.iter().copied(), &claim);
    let freed = if short.is_empty() { Vec::new() } else { in_the_way(place, owner, &short) };
    if !short.is_empty() {
        claim.freed = &freed;
        refuse_short(&shortages(place, lines.iter().copied(), &claim))?;
        lines = with_the_rest(lines, &freed);
    }
    Ok(Event::Reserved {
        reservation,
        owner: owner.clone(),
        channel: command.channel,
        deadline: now.plus(ttl),
        lines,
        freed,
    })
}

/// The name of the reservation that a command makes. It may live longer than its answer is remembered: its
/// name stays its own.
pub(crate) fn new_reservation(place: &impl Place, command: &Command) -> Result<ReservationId, Refusal> {
    let reservation = ReservationId(command.id.0);
    if place.store().reservations.contains_key(&reservation) {
        return Err(Refusal::IdReused { field: "id: a reservation of this name is live" });
    }
    Ok(reservation)
}

/// The owner's own reservations of what is short. A hold never counts against its owner: the new
/// reservation takes the place of these.
fn in_the_way(place: &impl Place, owner: &Owner, short: &[Shortage]) -> Vec<Freed> {
    let store = place.store();
    let holds_short = |freed: &Freed| freed.lines.iter().any(|line| short.iter().any(|s| s.sku == line.sku));
    store.reservations_of(owner).filter_map(|id| store.freed(id)).filter(holds_short).collect()
}

/// The lines, and what the reservations they take the place of held of other items.
fn with_the_rest(lines: Vec<SkuQty>, freed: &[Freed]) -> Vec<SkuQty> {
    let held = freed.iter().flat_map(|one| &one.lines);
    let rest: Vec<SkuQty> = held.filter(|held| lines.iter().all(|line| line.sku != held.sku)).copied().collect();
    summed(lines.into_iter().chain(rest))
}

/// An extension may have overtaken the timer: nothing expires before its deadline.
fn expire(place: &impl Place, reservation: ReservationId, now: Timestamp) -> Result<Event, Refusal> {
    match place.store().reservations.get(&reservation) {
        Some(held) if held.deadline <= now => Ok(Event::Expired(live(place, reservation)?)),
        _ => Err(Refusal::UnknownReservation { reservation }),
    }
}

fn allocate(
    place: &impl Place,
    order: &OrderId,
    (named, goods): (&[SkuQty], Option<&Goods>),
    reservation: Option<ReservationId>,
    owner: Option<&Owner>,
    channel: Channel,
) -> Result<Decision, Refusal> {
    check_lines(named)?;
    let asked = summed(named.iter().copied());
    match place.store().orders.get(order) {
        Some(OrderState::Open { asked: before, .. }) if *before == asked => {
            return Ok(Decision::Already(Answer::Allocated));
        }
        Some(OrderState::Open { .. }) => return Err(Refusal::IdReused { field: "lines of the order" }),
        Some(OrderState::Closed) => return Err(Refusal::OrderClosed { order: order.clone() }),
        None => {}
    }
    let lines = goods::asked(named, goods, channel)?;
    let lines = summed(lines.iter().copied());
    let freed = ending(place, reservation, owner)?;
    let claim = Claim { channel, standing: Standing::Request, freed: &freed, order: None };
    refuse_short(&shortages(place, lines.iter().copied(), &claim))?;
    let asked = (asked != lines).then(|| asked.into());
    Ok(Decision::Happens(Event::Allocated { order: order.clone(), lines, freed, asked }))
}

fn deallocate(place: &impl Place, order: &OrderId) -> Result<Event, Refusal> {
    if place.store().layaways().open.contains_key(order) {
        return Err(Refusal::IsLayaway { order: order.clone() });
    }
    match place.store().orders.get(order) {
        Some(OrderState::Open { left, .. }) => Ok(Event::Deallocated { order: order.clone(), lines: left.clone() }),
        Some(OrderState::Closed) => Err(Refusal::OrderClosed { order: order.clone() }),
        None => Err(Refusal::UnknownOrder { order: order.clone() }),
    }
}

fn next_receipt(place: &impl Place, till: Option<TillNo>) -> Option<(TillNo, ReceiptNo)> {
    let no = till?;
    Some((no, place.till(no).map_or(ReceiptNo(1), Till::next_receipt)))
}

/// An order that was fulfilled or cancelled is not sold again, whoever delivers it once more.
fn check_open(place: &impl Place, order: Option<&OrderId>) -> Result<(), Refusal> {
    match order {
        Some(order) if place.store().orders.get(order) == Some(&OrderState::Closed) => {
            Err(Refusal::OrderClosed { order: order.clone() })
        }
        _ => Ok(()),
    }
}

/// On hand may be corrected to anything; what is set aside, or expected, cannot fall below zero.
fn check_adjustment(place: &impl Place, sku: SkuId, bucket: &Bucket, delta: Qty) -> Result<(), Refusal> {
    if delta.is_zero() || delta > Qty::MAX || delta < Qty::MAX.negated() {
        return Err(Refusal::BadQuantity { sku });
    }
    let row = place.row(sku);
    let available = match bucket {
        Bucket::OnHand => return Ok(()),
        Bucket::Incoming => row.map_or(Qty::ZERO, StockRow::incoming),
        Bucket::Unavailable(reason) => row
            .and_then(StockRow::detail)
            .and_then(|detail| detail.unavailable.iter().find(|(known, _)| known == reason))
            .map_or(Qty::ZERO, |(_, qty)| *qty),
    };
    if available.plus(delta) < Qty::ZERO { Err(Refusal::NotSoMany { sku, available }) } else { Ok(()) }
}
