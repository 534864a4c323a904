//! Stock as the log tells it, change by change: what could be promised when, and how each reservation
//! ended.

use super::goods::{Goods, Place};
use super::ledger::{At, End, Kind, Ledger};
use std::collections::{BTreeMap, HashMap};

/// A time of the log, in milliseconds since the run began; before it, below zero.
pub(super) type Ms = i64;

/// What the log says of one place so far.
#[derive(Clone, Debug, Default)]
struct Row {
    /// Units that can be promised.
    free: i64,
    /// Since when there are none; none: there are some.
    short_since: Option<Ms>,
    /// When there were none, from and to.
    short: Vec<(Ms, Ms)>,
}

/// Stock by place.
#[derive(Debug)]
pub(super) struct Books {
    rows: Vec<Row>,
    /// Of places that are watched: when each change was decided. Each raised the version by one.
    changes: BTreeMap<Place, Vec<Ms>>,
    /// Deadlines of reservations that are live.
    deadlines: HashMap<At, Ms>,
}

/// What is wrong with an event, beside what came before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// More was promised than there was.
    Oversold(Place),
    /// The reservation had ended, or never begun.
    NotLive(At),
    /// It ended before its time.
    Early(At),
}

impl Books {
    /// With what was received before the run.
    pub(super) fn new(goods: &Goods) -> Self {
        let row = |place: Place| {
            let free = goods.units_before(place);
            Row { free, short_since: (free < 1).then_some(Ms::MIN), short: Vec::new() }
        };
        let changes = goods.all_watched().into_iter().map(|place| (place, Vec::new())).collect();
        Self { rows: (0..goods.places()).map(row).collect(), changes, deadlines: HashMap::new() }
    }

    /// When each change of a watched place was decided.
    pub(super) fn changes(&self, place: Place) -> &[Ms] {
        self.changes.get(&place).map_or(&[], Vec::as_slice)
    }

    /// Units come or go: what can be promised changes by so many, in so many changes of the row.
    fn change(&mut self, place: Place, by: i64, changes: usize, at: Ms) -> Option<Wrong> {
        if let Some(known) = self.changes.get_mut(&place) {
            known.extend(std::iter::repeat_n(at, changes));
        }
        let row = &mut self.rows[place as usize];
        row.free += by;
        match row.short_since {
            None if row.free < 1 => row.short_since = Some(at),
            Some(since) if row.free >= 1 => {
                row.short.push((since, at));
                row.short_since = None;
            }
            _ => {}
        }
        (row.free < 0).then_some(Wrong::Oversold(place))
    }

    /// Goods came in.
    pub(super) fn received(&mut self, place: Place, units: i64, at: Ms) {
        // What only grows stock oversells nothing.
        let _ = self.change(place, units, 1, at);
    }

    /// A request of the run happened.
    pub(super) fn happened(&mut self, goods: &Goods, ledger: &mut Ledger, request: At, at: Ms) -> Vec<Wrong> {
        let (kind, first) = (ledger.kind(request), ledger.place(request));
        let mut wrong = Vec::new();
        // A purchase sells what its reservation held: two changes of the row, and nothing less to promise.
        let (by, changes) = match kind {
            Kind::Sale | Kind::Reserve => (-1, 1),
            Kind::Purchase => (0, 2),
            Kind::Release => (1, 1),
        };
        for place in goods.basket(kind, first) {
            wrong.extend(self.change(place, by, changes, at));
        }
        let end = if kind == Kind::Purchase { End::Sold } else { End::Released };
        match ledger.about(request) {
            Some(reservation) => wrong.extend(self.ended(ledger, reservation, end)),
            None if kind != Kind::Sale && kind != Kind::Reserve => wrong.push(Wrong::NotLive(request)),
            None => {}
        }
        wrong
    }

    /// A reservation lives until then.
    pub(super) fn reserved(&mut self, reservation: At, deadline: Ms) {
        self.deadlines.insert(reservation, deadline);
    }

    /// A reservation came to its deadline.
    pub(super) fn expired(&mut self, ledger: &mut Ledger, reservation: At, at: Ms) -> Vec<Wrong> {
        let early = self.deadlines.get(&reservation).is_some_and(|deadline| at < *deadline);
        let place = ledger.place(reservation);
        let wrong = [
            early.then_some(Wrong::Early(reservation)),
            self.change(place, 1, 1, at),
            self.ended(ledger, reservation, End::Expired),
        ];
        wrong.into_iter().flatten().collect()
    }

    fn ended(&mut self, ledger: &mut Ledger, reservation: At, end: End) -> Option<Wrong> {
        self.deadlines.remove(&reservation);
        if !ledger.is_logged(reservation) || ledger.end(reservation) != End::Open {
            return Some(Wrong::NotLive(reservation));
        }
        ledger.set_end(reservation, end);
        None
    }

    /// Whether a place had nothing to promise at some moment between these two.
    pub(super) fn was_short(&self, place: Place, from: Ms, to: Ms) -> bool {
        let row = &self.rows[place as usize];
        if row.short_since.is_some_and(|since| since <= to) {
            return true;
        }
        // Spans follow each other: the first that ends late enough decides.
        let next = row.short.partition_point(|(_, end)| *end < from);
        row.short.get(next).is_some_and(|(begin, _)| *begin <= to)
    }
}

#[cfg(test)]
mod tests {
    use super::super::goods::Scenario;
    use super::*;

    #[test]
    fn the_log_tells_when_there_was_nothing_to_promise() {
        let goods = Goods::new(Scenario::Holiday, "LT1", 2, 1, 1_000);
        let (flash, _) = (goods.items() - 1, 0);
        let mut ledger = Ledger::new(1, 1);
        let mut books = Books::new(&goods);
        assert!(books.was_short(flash, 0, 10), "not on sale yet");
        books.received(flash, 1, 100);
        let held = (0, ledger.ask(0, Kind::Reserve, flash, None));
        ledger.log(held);
        assert_eq!(books.happened(&goods, &mut ledger, held, 200), []);
        books.reserved(held, 1_200);
        assert!(!books.was_short(flash, 101, 199) && books.was_short(flash, 101, 200));
        assert_eq!(books.expired(&mut ledger, held, 1_200), []);
        assert!(books.was_short(flash, 500, 600) && !books.was_short(flash, 1_201, 9_000));
        let late = (0, ledger.ask(0, Kind::Purchase, flash, Some(held.1)));
        assert_eq!(books.happened(&goods, &mut ledger, late, 1_300), [Wrong::NotLive(held)]);
        assert_eq!(books.changes(flash), [100, 200, 1_200, 1_300, 1_300]);
    }

    #[test]
    fn what_was_promised_twice_or_ended_early_is_wrong() {
        let goods = Goods::new(Scenario::LastItem, "LT1", 2, 0, 0);
        let mut ledger = Ledger::new(1, 1);
        let mut books = Books::new(&goods);
        let first = (0, ledger.ask(0, Kind::Reserve, 3, None));
        ledger.log(first);
        assert_eq!(books.happened(&goods, &mut ledger, first, 5), []);
        let second = (0, ledger.ask(0, Kind::Sale, 3, None));
        assert_eq!(books.happened(&goods, &mut ledger, second, 6), [Wrong::Oversold(3)]);
        books.reserved(first, 1_000);
        assert_eq!(books.expired(&mut ledger, first, 999), [Wrong::Early(first)]);
        assert_eq!(books.expired(&mut ledger, first, 1_000), [Wrong::NotLive(first)]);
    }
}
