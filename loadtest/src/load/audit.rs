//! The auditor: a pure judge. He is told what was asked, answered, logged and counted, and says what
//! does not fit together.

use super::books::{Books, Ms, Wrong};
use super::goods::{Goods, Place};
use super::ledger::{At, End, Fate, Kind, Ledger};
use serde::Serialize;
use std::collections::HashMap;

/// So many findings are written out; the others are counted.
const WRITTEN_MAX: usize = 50;

/// The auditor's verdict.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// Whether nothing was found.
    pub ok: bool,
    /// What was found, in sentences.
    pub findings: Vec<String>,
    /// How many more there were.
    pub findings_more: u64,
    /// Sales, reservations and releases acknowledged, each of which is in the log exactly once.
    pub acknowledged: u64,
    /// Requests without an answer, whose outcome was found by asking again with the same id.
    pub resolved: u64,
    /// Of these, those that had happened or then did.
    pub resolved_accepted: u64,
    /// Sales, reservations and releases of this run in the log.
    pub logged: u64,
    /// Refusals for want of stock that were compared with what the log had at that moment.
    pub refusals_compared: u64,
    /// Units received before and during the run, at all places.
    pub units_received: i64,
    /// Units acknowledged as sold.
    pub units_acknowledged: i64,
    /// Looks at the stock of single places while it was being sold.
    pub probes: u64,
    /// Places that somebody asked for.
    pub places_asked: u64,
    /// Places where at least one unit was sold.
    pub places_sold: u64,
    /// Sockets that watched.
    pub watchers: u64,
    /// How the shoppers' reservations ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reservations: Option<Reservations>,
    /// The item that everybody wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flash_drop: Option<FlashDrop>,
}

/// How reservations ended, by the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reservations {
    /// Begun.
    pub begun: u64,
    /// Bought.
    pub sold: u64,
    /// Let go by the shopper.
    pub released: u64,
    /// Ended by themselves.
    pub expired: u64,
}

/// The item of which there were few.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FlashDrop {
    /// Units there were.
    pub units: i64,
    /// Requests for one.
    pub asked: u64,
    /// Refused for want of stock.
    pub refused: u64,
    /// Buyers who got one, at a till or with a reservation.
    pub winners: i64,
    /// Units that nobody got.
    pub left: i64,
}

/// What the log says happened.
#[derive(Clone, Copy, Debug)]
pub struct Logged<'a> {
    /// Its place in the log.
    pub seq: &'a str,
    /// The id of the command; of an expiry, the reservation's.
    pub command: u128,
    /// What happened, such as `recorded`.
    pub event: &'a str,
    /// When it was decided, in milliseconds since the run began.
    pub at_ms: Ms,
    /// Until when a reservation lives, in the same time.
    pub deadline_ms: Option<Ms>,
}

/// When a request was sent and answered, in milliseconds since the run began.
#[derive(Clone, Copy, Debug, Default)]
pub struct Span {
    /// Sent.
    pub sent_ms: u32,
    /// Answered.
    pub answered_ms: u32,
}

/// Judges one run.
#[derive(Debug)]
pub struct Auditor {
    goods: Goods,
    pub(super) ledger: Ledger,
    pub(super) books: Books,
    /// Per place: units received, acknowledged and logged as sold, whether asked for, and whether it was
    /// refused as short.
    received: Vec<i64>,
    acknowledged: Vec<i64>,
    logged: Vec<i64>,
    asked: Vec<bool>,
    short: Vec<bool>,
    on_hand: Vec<Option<i64>>,
    /// Refusals for want of stock, by first place and time of sending: the earliest answer. If that one
    /// was right, so were those that took longer.
    refused: HashMap<(Place, Kind, u32), u32>,
    /// The slowest answer: so late may stock that came back have become sellable.
    slowest_ms: u32,
    flash_asked: u64,
    flash_refused: u64,
    audit: Audit,
}

/// Clocks and the rounding of times may differ by so much more.
const TOLERANCE_MS: Ms = 50;

impl Auditor {
    /// Knows what was received, and nothing else yet. `run` names the run in its ids.
    #[must_use]
    pub fn new(goods: Goods, run: u64, connections: usize) -> Self {
        let places = goods.places() as usize;
        Self {
            ledger: Ledger::new(run, connections),
            books: Books::new(&goods),
            received: (0..goods.places()).map(|place| goods.units_before(place)).collect(),
            acknowledged: vec![0; places],
            logged: vec![0; places],
            asked: vec![false; places],
            short: vec![false; places],
            on_hand: vec![None; places],
            refused: HashMap::new(),
            slowest_ms: 0,
            flash_asked: 0,
            flash_refused: 0,
            audit: Audit::default(),
            goods,
        }
    }

    /// Of a run without anything: what stands in the place of one that is closed.
    pub(super) fn empty() -> Self {
        Self::new(Goods::new(super::goods::Scenario::HotSku, "", 0, 0, 0), 0, 0)
    }

    /// What is sold.
    #[must_use]
    pub fn goods(&self) -> &Goods {
        &self.goods
    }

    /// How many findings there are so far.
    #[must_use]
    pub fn findings(&self) -> u64 {
        self.audit.findings.len() as u64 + self.audit.findings_more
    }

    fn find(&mut self, what: String) {
        if self.audit.findings.len() < WRITTEN_MAX {
            self.audit.findings.push(what);
        } else {
            self.audit.findings_more += 1;
        }
    }

    /// Goods are on their way to a place: from now on they may be sold.
    pub fn receives(&mut self, place: Place, units: i64) {
        self.received[place as usize] += units;
    }

    /// A request goes out for one unit of each place of its basket; gives its number on the connection.
    /// `about` is the reservation it is about, on the same connection.
    pub fn asks(&mut self, connection: usize, kind: Kind, first: Place, about: Option<usize>) -> usize {
        self.asked[first as usize] = true;
        if self.goods.flash().is_some_and(|(flash, _)| flash == first) && matches!(kind, Kind::Sale | Kind::Reserve) {
            self.flash_asked += 1;
        }
        self.ledger.ask(connection, kind, first, about)
    }

    /// Its answer came. Whether it is the first.
    pub fn answered(&mut self, at: At, fate: Fate, span: Span) -> bool {
        if self.ledger.fate(at) != Fate::InDoubt {
            let id = self.ledger.name(at);
            self.find(format!("doubled: request {id} was answered twice"));
            return false;
        }
        self.ledger.set_fate(at, fate);
        self.slowest_ms = self.slowest_ms.max(span.answered_ms.saturating_sub(span.sent_ms));
        let (kind, first) = (self.ledger.kind(at), self.ledger.place(at));
        match (fate, kind) {
            (Fate::Accepted, _) => {
                self.audit.acknowledged += 1;
                if kind.done() == "recorded" {
                    self.sold(kind, first);
                }
            }
            (Fate::Short, Kind::Sale | Kind::Reserve) => {
                self.short[first as usize] = true;
                if self.goods.flash().is_some_and(|(flash, _)| flash == first) {
                    self.flash_refused += 1;
                }
                let earliest = self.refused.entry((first, kind, span.sent_ms)).or_insert(span.answered_ms);
                *earliest = (*earliest).min(span.answered_ms);
            }
            (Fate::Short, Kind::Purchase | Kind::Release) => {
                let (id, name) = (self.ledger.name(at), self.goods.name(first));
                self.find(format!("purchase {id} was refused as short, and its unit of {name} was reserved"));
            }
            (Fate::InDoubt | Fate::Gone | Fate::Failed, _) => {}
        }
        true
    }

    fn sold(&mut self, kind: Kind, first: Place) {
        for place in self.goods.basket(kind, first) {
            self.acknowledged[place as usize] += 1;
            let (sold, units) = (self.acknowledged[place as usize], self.received[place as usize]);
            if sold == units + 1 {
                let name = self.goods.name(place);
                self.find(format!("oversold: more than the {units} units of {name} were acknowledged"));
            }
        }
    }

    /// An answer that was missing was got by asking again.
    pub fn resolved(&mut self, at: (usize, usize), fate: Fate, span: Span) {
        self.audit.resolved += 1;
        self.audit.resolved_accepted += u64::from(fate == Fate::Accepted);
        self.answered(at, fate, span);
    }

    /// Units of a place acknowledged so far.
    #[must_use]
    pub fn acknowledged(&self, place: Place) -> i64 {
        self.acknowledged[place as usize]
    }

    /// A look at a place in passing: at least what had been acknowledged before the look must be gone.
    pub fn probed(&mut self, place: Place, acknowledged_before: i64, on_hand_milli: i64) {
        self.audit.probes += 1;
        let gone_milli = self.received[place as usize] * 1000 - on_hand_milli;
        if gone_milli < acknowledged_before * 1000 {
            let name = self.goods.name(place);
            self.find(format!(
                "stale: {name} showed {} units gone after {acknowledged_before} were acknowledged",
                gone_milli / 1000
            ));
        }
        if on_hand_milli < 0 {
            let name = self.goods.name(place);
            self.find(format!("oversold: {name} stood below zero"));
        }
    }

    /// An event of the log. Those of others are passed over.
    pub fn logged(&mut self, event: Logged<'_>) {
        let Some(at) = self.ledger.find(event.command) else { return };
        if event.event == "expired" {
            let wrong = self.books.expired(&mut self.ledger, at, event.at_ms);
            return self.wrong(&wrong, event.seq);
        }
        let (kind, id) = (self.ledger.kind(at), self.ledger.name(at));
        if event.event != kind.done() {
            self.find(format!("the log has {} for {} {id}", event.event, kind.name()));
            return;
        }
        self.audit.logged += 1;
        if kind.done() == "recorded" {
            for place in self.goods.basket(kind, self.ledger.place(at)) {
                self.logged[place as usize] += 1;
            }
        }
        if !self.ledger.log(at) {
            self.find(format!("doubled: {} {id} is in the log again, at {}", kind.name(), event.seq));
        }
        if matches!(self.ledger.fate(at), Fate::Short | Fate::Gone | Fate::Failed) {
            self.find(format!("{} {id} was refused, but the log has it at {}", kind.name(), event.seq));
        }
        if let (Kind::Reserve, Some(deadline_ms)) = (kind, event.deadline_ms) {
            self.books.reserved(at, deadline_ms);
        }
        let wrong = self.books.happened(&self.goods, &mut self.ledger, at, event.at_ms);
        self.wrong(&wrong, event.seq);
    }

    /// Goods that came in during the run, as the log has it.
    pub fn goods_came(&mut self, place: Place, units: i64, at_ms: Ms) {
        self.books.received(place, units, at_ms);
    }

    fn wrong(&mut self, wrong: &[Wrong], seq: &str) {
        for one in wrong {
            self.find(match one {
                Wrong::Oversold(place) => {
                    format!(
                        "oversold: at {seq} of the log more of {} was promised than there was",
                        self.goods.name(*place)
                    )
                }
                Wrong::NotLive(at) => {
                    format!("reservation {} ended at {seq} of the log, and was not live", self.ledger.name(*at))
                }
                Wrong::Early(at) => {
                    format!("reservation {} ended at {seq} of the log, before its deadline", self.ledger.name(*at))
                }
            });
        }
    }

    /// What the server says is there, and how much of it is reserved, when all is quiet.
    pub fn counted(&mut self, place: Place, on_hand_milli: i64, reserved_milli: i64) {
        self.on_hand[place as usize] = Some(on_hand_milli);
        if reserved_milli != 0 {
            let (name, units) = (self.goods.name(place), reserved_milli / 1000);
            self.find(format!("{name}: {units} units are still reserved after all reservations have ended"));
        }
    }

    /// One more watcher, who saw an older version after a newer one so often.
    pub fn watcher(&mut self, watcher: usize, went_back: u64) {
        self.audit.watchers += 1;
        if went_back > 0 {
            self.find(format!("stale: watcher {watcher} saw an older version after a newer one, {went_back} times"));
        }
    }

    /// What a watcher saw of a place at last, beside the server's own level, when all is quiet.
    pub fn watched(&mut self, watcher: usize, place: Place, last_version: u64, server_version: u64) {
        if last_version != server_version {
            let name = self.goods.name(place);
            self.find(format!(
                "stale: watcher {watcher} was left at version {last_version} of {name}, the server is at {server_version}"
            ));
        }
    }

    /// Something else that must not be.
    pub fn found(&mut self, what: String) {
        self.find(what);
    }

    /// The verdict, once the log was read and everything counted.
    #[must_use]
    pub fn close(mut self) -> Audit {
        self.each_acknowledgement_is_logged();
        for place in 0..self.goods.places() {
            self.place_adds_up(place);
        }
        self.refusals_were_right();
        self.reservations_ended();
        let count = |flags: &mut dyn Iterator<Item = bool>| flags.filter(|flag| *flag).count() as u64;
        self.audit.places_asked = count(&mut self.asked.iter().copied());
        self.audit.places_sold = count(&mut self.acknowledged.iter().map(|units| *units > 0));
        self.audit.units_acknowledged = self.acknowledged.iter().sum();
        self.audit.units_received = self.received.iter().sum();
        self.audit.flash_drop = self.goods.flash().map(|(place, _)| FlashDrop {
            units: self.received[place as usize],
            asked: self.flash_asked,
            refused: self.flash_refused,
            winners: self.acknowledged[place as usize],
            left: self.on_hand[place as usize].unwrap_or(0) / 1000,
        });
        self.audit.ok = self.audit.findings.is_empty();
        self.audit
    }

    fn each_acknowledgement_is_logged(&mut self) {
        let fates = self.ledger.all().map(|at| (at, self.ledger.fate(at), self.ledger.is_logged(at)));
        let wrong: Vec<(At, Fate)> = fates
            .filter(|(_, fate, logged)| *fate == Fate::InDoubt || *fate == Fate::Accepted && !logged)
            .map(|(at, fate, _)| (at, fate))
            .collect();
        for (at, fate) in wrong {
            let (kind, id) = (self.ledger.kind(at).name(), self.ledger.name(at));
            self.find(match fate {
                Fate::Accepted => format!("lost: {kind} {id} was acknowledged and is not in the log"),
                _ => format!("the outcome of {kind} {id} could not be found out"),
            });
        }
    }

    fn place_adds_up(&mut self, place: Place) {
        let at = place as usize;
        let (received, sold, logged) = (self.received[at], self.acknowledged[at], self.logged[at]);
        let name = self.goods.name(place);
        if sold != logged {
            self.find(format!("{name}: {sold} units were acknowledged, the log has {logged}"));
        }
        let Some(on_hand) = self.on_hand[at] else {
            return self.find(format!("{name}: the server does not say what is there"));
        };
        if received * 1000 - on_hand != sold * 1000 {
            let left = on_hand / 1000;
            self.find(format!("lost unit: {name}: {received} received, {sold} acknowledged, {left} left"));
        }
    }

    /// Who was told that there is too little must have asked when it was so, by the log; and where
    /// nobody holds anything for a while, there must be nothing left.
    fn refusals_were_right(&mut self) {
        let slack = Ms::from(self.slowest_ms) + TOLERANCE_MS;
        let refused: Vec<((Place, Kind, u32), u32)> = self.refused.drain().collect();
        self.audit.refusals_compared = refused.len() as u64;
        for ((first, kind, sent_ms), answered_ms) in refused {
            let (from, to) = (Ms::from(sent_ms) - slack, Ms::from(answered_ms) + slack);
            if !self.goods.basket(kind, first).any(|place| self.books.was_short(place, from, to)) {
                let name = self.goods.name(first);
                let at_s = f64::from(sent_ms) / 1000.0;
                self.find(format!(
                    "undersold: {name} was refused as short {at_s:.1} s after the start, and there was some"
                ));
            }
        }
        if self.goods.asks_for(Kind::Reserve) {
            return;
        }
        let refused: Vec<Place> = (0..self.goods.places()).filter(|place| self.short[*place as usize]).collect();
        for first in refused {
            let left = |place: Place| self.on_hand[place as usize].is_some_and(|milli| milli >= 1000);
            if self.goods.basket(Kind::Sale, first).all(left) {
                let name = self.goods.name(first);
                self.find(format!("undersold: {name} was refused as short, and there is some left"));
            }
        }
    }

    /// Each reservation ends once; who was told that theirs is gone came after its deadline.
    fn reservations_ended(&mut self) {
        let mut counts = Reservations::default();
        let mut findings = Vec::new();
        for at in self.ledger.all() {
            match (self.ledger.kind(at), self.ledger.fate(at)) {
                (Kind::Reserve, _) if self.ledger.is_logged(at) => {
                    counts.begun += 1;
                    match self.ledger.end(at) {
                        End::Open => findings.push(format!("reservation {} never ended", self.ledger.name(at))),
                        End::Sold => counts.sold += 1,
                        End::Released => counts.released += 1,
                        End::Expired => counts.expired += 1,
                    }
                }
                (Kind::Purchase | Kind::Release, Fate::Gone) => {
                    let expired = self.ledger.about(at).is_some_and(|held| self.ledger.end(held) == End::Expired);
                    if !expired {
                        let (kind, id) = (self.ledger.kind(at).name(), self.ledger.name(at));
                        findings.push(format!("{kind} {id} was told that its reservation is gone, and it was not"));
                    }
                }
                _ => {}
            }
        }
        findings.into_iter().for_each(|finding| self.find(finding));
        self.audit.reservations = self.goods.asks_for(Kind::Reserve).then_some(counts);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
#[path = "audit_tests.rs"]
mod tests;
