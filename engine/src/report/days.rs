//! Which business day a record is of.
//!
//! What a till does in a session is of the session's business day, whenever it closes. What came late for a closed
//! session is of the day of the Z that tells of it, the next one of its till: a day whose Zs are made does not
//! change. What happens outside any session, as on the website, is of the day of the calendar.

use super::Scope;
use crate::date::Date;
use crate::drawer::Happening;
use crate::event::{Event, Record};
use crate::ids::{LocationId, SessionNo, TillNo};
use crate::tax::PriceBasis;
use crate::time::{Millis, Timestamp};
use std::collections::BTreeMap;

const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 3_600_000;
const DAY: Millis = Millis(24 * HOUR_MS);

/// A till session, from its opening to its closing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// When it was opened.
    pub opened: Timestamp,
    /// When it was closed; none: it is open.
    pub closed: Option<Timestamp>,
    /// The trading date of everything in it.
    pub business_day: Date,
    /// Whether shelf prices contained the tax.
    pub basis: PriceBasis,
}

/// The sessions of each till; number 1 is the first.
pub type Sessions = BTreeMap<(LocationId, TillNo), Vec<Span>>;

/// Where each till is, as the records go by.
#[derive(Debug)]
pub struct Walk {
    sessions: Sessions,
    /// The session that is open at a till, or else the next, counted from zero; and whether it is open.
    at: BTreeMap<(LocationId, TillNo), (usize, bool)>,
    from: Timestamp,
    until: Timestamp,
    offset_min: i32,
}

impl Walk {
    pub(super) fn new(sessions: Sessions, scope: &Scope) -> Self {
        let days = scope.from..=scope.until;
        let mut from = wall_to_utc(scope.from.begins(), scope.offset_min);
        let mut until = wall_to_utc(scope.until.begins().plus(DAY), scope.offset_min);
        let wanted = |(location, till): &(LocationId, TillNo)| {
            scope.location.is_none_or(|only| only == *location) && scope.till.is_none_or(|only| only == *till)
        };
        for spans in sessions.iter().filter(|(spot, _)| wanted(spot)).map(|(_, spans)| spans) {
            let mut before = None;
            for span in spans {
                if days.contains(&span.business_day) {
                    // What came late since the session before is in this one's Z.
                    from = from.min(before.unwrap_or(span.opened));
                    until = until.max(span.closed.unwrap_or(Timestamp(u64::MAX)));
                }
                before = span.closed;
            }
        }
        let at = sessions.iter().map(|(spot, spans)| (*spot, place_at(spans, from))).collect();
        Self { sessions, at, from, until, offset_min: scope.offset_min }
    }

    pub(super) const fn window(&self) -> (Timestamp, Timestamp) {
        (self.from, self.until)
    }

    pub(super) fn is_in_window(&self, time: Timestamp) -> bool {
        (self.from..=self.until).contains(&time)
    }

    /// Takes note of sessions that open and close.
    pub(super) fn see(&mut self, record: &Record) {
        let Event::Drawer { till, happening } = &record.event else { return };
        let spot = (record.location, *till);
        match happening {
            Happening::SessionOpened { session, opened, business_day, basis, .. } => {
                let place = place_of(*session);
                let spans = self.sessions.entry(spot).or_default();
                if spans.len() == place {
                    let (opened, business_day, basis) = (*opened, *business_day, *basis);
                    spans.push(Span { opened, closed: None, business_day, basis });
                }
                self.at.insert(spot, (place, true));
            }
            Happening::SessionClosed { z, .. } => {
                self.at.insert(spot, (place_of(z.session).saturating_add(1), false));
            }
            Happening::CashMoved { .. } | Happening::NoSaleOpened { .. } => {}
        }
    }

    /// The business day of a record, and whether shelf prices contained the tax where its session says so.
    pub(super) fn day_of(&self, record: &Record, till: Option<TillNo>) -> (Date, Option<PriceBasis>) {
        let calendar = || Date::of(wall(record.time, self.offset_min));
        let Some(spot) = till.map(|till| (record.location, till)) else { return (calendar(), None) };
        let spans = self.sessions.get(&spot).map_or(&[][..], Vec::as_slice);
        let (place, is_open) = self.at.get(&spot).copied().unwrap_or_default();
        let current = spans.get(place);
        if let Some(session) = record.event.sale().and_then(|sale| sale.late) {
            let basis = spans.get(place_of(session)).map(|span| span.basis);
            return (current.map_or_else(calendar, |span| span.business_day), basis);
        }
        match current.filter(|_| is_open) {
            Some(span) => (span.business_day, Some(span.basis)),
            None => (calendar(), None),
        }
    }
}

/// The hour of the day by the clock on the wall, 0 to 23.
pub(super) fn hour_of(time: Timestamp, offset_min: i32) -> u8 {
    let hours = wall(time, offset_min).0.checked_div(HOUR_MS).unwrap_or(0);
    u8::try_from(hours.checked_rem(24).unwrap_or(0)).unwrap_or(0)
}

/// Which session a till was in just before a time, or else which is its next.
fn place_at(spans: &[Span], time: Timestamp) -> (usize, bool) {
    let place = spans.iter().take_while(|span| span.closed.is_some_and(|closed| closed < time)).count();
    (place, spans.get(place).is_some_and(|span| span.opened < time))
}

fn place_of(session: SessionNo) -> usize {
    usize::try_from(session.0.saturating_sub(1)).unwrap_or(usize::MAX)
}

fn offset(offset_min: i32) -> u64 {
    u64::from(offset_min.unsigned_abs()).saturating_mul(MINUTE_MS)
}

fn wall(time: Timestamp, offset_min: i32) -> Timestamp {
    let ms = offset(offset_min);
    Timestamp(if offset_min < 0 { time.0.saturating_sub(ms) } else { time.0.saturating_add(ms) })
}

fn wall_to_utc(time: Timestamp, offset_min: i32) -> Timestamp {
    wall(time, offset_min.saturating_neg())
}
