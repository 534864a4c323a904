//! Which business day a record is of.
//!
//! What a till does in a session is of the session's business day, whenever it closes. What came late for a closed
//! session is of the day of the Z that tells of it, the next one of its till: a day whose Zs are made does not
//! change. What happens outside any session, as on the website, is of the day of the calendar.

use super::{Clocks, Scope};
use crate::date::Date;
use crate::drawer::Happening;
use crate::event::{Event, Record};
use crate::ids::{LocationId, SessionNo, TillNo};
use crate::tax::PriceBasis;
use crate::time::{Millis, Timestamp};
use crate::zone::Wall;
use std::collections::BTreeMap;

const DAY: Millis = Millis(24 * 3_600_000);

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
}

impl Walk {
    pub(super) fn new(sessions: Sessions, scope: &Scope) -> Self {
        let days = scope.from..=scope.until;
        let first = |day: Timestamp| scope.clocks.first(scope.location, Wall(day.0));
        let (mut from, _) = first(scope.from.begins());
        let (_, mut until) = first(scope.until.begins().plus(DAY));
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
        Self { sessions, at, from, until }
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
    pub(super) fn day_of(&self, record: &Record, till: Option<TillNo>, clocks: &Clocks) -> (Date, Option<PriceBasis>) {
        let calendar = || clocks.wall(record.location, record.time).date();
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

/// Which session a till was in just before a time, or else which is its next.
fn place_at(spans: &[Span], time: Timestamp) -> (usize, bool) {
    let place = spans.iter().take_while(|span| span.closed.is_some_and(|closed| closed < time)).count();
    (place, spans.get(place).is_some_and(|span| span.opened < time))
}

fn place_of(session: SessionNo) -> usize {
    usize::try_from(session.0.saturating_sub(1)).unwrap_or(usize::MAX)
}
