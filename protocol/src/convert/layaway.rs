//! Layaways, both ways.

use super::Names;
use super::account;
use super::enter::{Desk, Entered, Refused, Sold, said, tenders, till};
use super::priced::{self, For};
use super::read::{event_tenders, sale_lines};
use crate::limits::PAGE_MAX;
use crate::message::{self, DepositTally, ErrorBody, LayawayList, LayawayMessage, ReportDeposits, Tender};
use crate::value::{Amount, Currency, Id, Text, Time};
use crate::write::Object;
use onhand_engine::catalogue::Location;
use onhand_engine::command::{Action, Standing, TenderKind};
use onhand_engine::drawer::books::{Deposits, Tally};
use onhand_engine::ids::{OrderId, TillNo};
use onhand_engine::layaway::{Ask, Layaway, Told};
use onhand_engine::money::Minor;
use onhand_engine::time::{Millis, Timestamp};
use std::sync::Arc;

pub(super) fn open<N: Names>(desk: &Desk<'_, N>, body: &message::OpenLayaway) -> Result<Entered, Refused> {
    desk.at(&body.location, None, |place| {
        place.check_currency(body.currency.0);
        let whose = For { group: body.group.as_ref(), ..For::anybody(desk.channel) };
        let sold = Sold {
            lines: &body.lines,
            tenders: &[],
            till: Some(body.till),
            currency: body.currency.0,
            whose,
            age: None,
        };
        let priced = place.sell(&sold, Standing::Request)?;
        let ask = Ask::Open {
            customer: body.customer.0.clone(),
            lines: priced.lines,
            ttl: Millis(body.ttl_s.saturating_mul(1_000)),
            fee: body.fee.map_or(Ok(Minor::ZERO), |fee| amount(fee.0, Minor::ZERO, "fee".to_owned()))?,
            tenders: money(&body.tenders)?,
            said: priced::said(&sold, said(&body.lines)),
            reservation: body.reservation.map(Id::reservation),
            goods: priced.goods,
        };
        asked(body.till, &body.layaway, ask)
    })
}

pub(super) fn deposit<N: Names>(desk: &Desk<'_, N>, body: &message::Deposit) -> Result<Entered, Refused> {
    desk.at(&body.location, None, |place| {
        place.check_currency(body.currency.0);
        if body.tenders.is_empty() {
            return Err(Box::new(ErrorBody::new(1001, "a deposit has a tender").at("tenders")));
        }
        asked(body.till, &body.layaway, Ask::Deposit { tenders: money(&body.tenders)? })
    })
}

pub(super) fn cancel<N: Names>(desk: &Desk<'_, N>, body: &message::CancelLayaway) -> Result<Entered, Refused> {
    desk.at(&body.location, None, |place| {
        place.check_currency(body.currency.0);
        let ask = Ask::Cancel { tenders: money(&body.tenders)?, reason: body.reason.0.clone() };
        asked(body.till, &body.layaway, ask)
    })
}

fn asked(no: u16, name: &crate::value::OrderName, ask: Ask) -> Result<Action, Refused> {
    till(Some(no)).map(|_| Action::Layaway { till: TillNo(no), layaway: name.0.clone(), ask })
}

fn amount(amount: Minor, min: Minor, field: String) -> Result<Minor, Refused> {
    if (min..=Minor::MAX).contains(&amount) {
        return Ok(amount);
    }
    let text = format!("the amount is not from {} to 10,000,000,000,000 minor units", min.0);
    Err(Box::new(ErrorBody::new(3003, text).at(field)))
}

/// Means of payment that lie in a drawer; none is taken from an account.
fn money(given: &[Tender]) -> Result<Vec<onhand_engine::command::Tender>, Refused> {
    account::check_none(given)?;
    let paid = tenders(given)?;
    for (at, tender) in paid.iter().enumerate() {
        amount(tender.amount, Minor(1), format!("tenders[{at}].amount"))?;
        if !TenderKind::MONEY.contains(&tender.kind) {
            let text = "a deposit is paid and given back with money";
            return Err(Box::new(ErrorBody::new(1001, text).at(format!("tenders[{at}].type"))));
        }
    }
    Ok(paid)
}

/// The word for what came of it.
pub(super) const fn word(told: &Told) -> &'static str {
    match told {
        Told::Opened { .. } => "layaway_opened",
        Told::Deposited { .. } => "deposited",
        Told::Cancelled { .. } => "layaway_cancelled",
    }
}

/// Writes what a reply has beside its place and time.
pub(super) fn fields(object: &mut Object<'_>, told: &Told) {
    match told {
        Told::Opened { due, deposits, left } => {
            object.time("due", *due);
            object.amount("deposits", *deposits);
            object.amount("left", *left);
        }
        Told::Deposited { deposits, left } => {
            object.amount("deposits", *deposits);
            object.amount("left", *left);
        }
        Told::Cancelled { tenders, kept } => {
            // A Vec takes whatever is written, and no map here has a key that is not a string.
            let _ = serde_json::to_writer(object.field("tenders"), &event_tenders(tenders));
            object.amount("kept", *kept);
        }
    }
}

/// A page of the open layaways of a location.
#[must_use]
pub fn layaways(
    open: &[(OrderId, Arc<Layaway>)],
    location: &Location,
    now: Timestamp,
    names: &impl Names,
) -> LayawayList {
    let message = |(name, open): &(OrderId, Arc<Layaway>)| {
        let paid = TenderKind::MONEY.map(|kind| onhand_engine::command::Tender { kind, amount: open.paid_with(kind) });
        let paid: Vec<_> = paid.into_iter().filter(|tender| tender.amount > Minor::ZERO).collect();
        LayawayMessage {
            layaway: Text(name.clone()),
            customer: Text(open.customer.clone()),
            opened: Time(open.opened),
            due: Time(open.due),
            late: open.due <= now,
            currency: Currency(location.currency),
            total: Amount(open.gross()),
            deposits: Amount(open.deposited()),
            paid_with: event_tenders(&paid),
            left: Amount(open.left()),
            fee: Amount(open.fee),
            lines: sale_lines(&open.lines, names),
        }
    };
    let next = open.last().filter(|_| open.len() == PAGE_MAX).map(|(name, _)| Text(name.clone()));
    LayawayList { layaways: open.iter().map(message).collect(), next }
}

/// What a session took and gave back; none where nothing of it moved.
pub(super) fn deposits(deposits: &Deposits, used: Minor) -> Option<ReportDeposits> {
    if *deposits == Deposits::default() && used == Minor::ZERO {
        return None;
    }
    let tallies = |tallies: &[Tally]| {
        let moved = TenderKind::MONEY.into_iter().zip(tallies).filter(|(_, tally)| tally.count > 0);
        moved
            .map(|(kind, tally)| DepositTally { kind: kind.into(), count: tally.count, amount: Amount(tally.amount) })
            .collect()
    };
    Some(ReportDeposits {
        taken: tallies(&deposits.taken),
        given_back: tallies(&deposits.given_back),
        kept: Amount(deposits.kept.amount),
        used: Amount(used),
    })
}
