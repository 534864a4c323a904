//! The auditor: a pure judge. He is told what was asked, answered, logged and counted, and says what
//! does not fit together.

use super::goods::{Goods, Place};
use super::ledger::{Fate, Ledger};
use serde::Serialize;

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
    /// Sales acknowledged, each of which is in the log exactly once.
    pub acknowledged: u64,
    /// Requests without an answer, whose outcome was found by asking again with the same id.
    pub resolved: u64,
    /// Of these, sales that had happened or then did.
    pub resolved_accepted: u64,
    /// Sales of this run in the log.
    pub logged: u64,
    /// Units received before the run, at all places.
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
}

/// What the log says of a sale.
#[derive(Clone, Copy, Debug)]
pub struct Logged<'a> {
    /// Its place in the log.
    pub seq: &'a str,
    /// The id of the command.
    pub command: u128,
    /// What happened, such as `recorded`.
    pub event: &'a str,
}

/// Judges one run.
#[derive(Debug)]
pub struct Auditor {
    goods: Goods,
    pub(super) ledger: Ledger,
    /// Per place: units acknowledged, units logged, whether asked for, whether refused as short.
    acknowledged: Vec<i64>,
    logged: Vec<i64>,
    asked: Vec<bool>,
    short: Vec<bool>,
    on_hand: Vec<Option<i64>>,
    audit: Audit,
}

impl Auditor {
    /// Knows what was received, and nothing else yet. `run` names the run in its ids.
    #[must_use]
    pub fn new(goods: Goods, run: u64, connections: usize) -> Self {
        let places = goods.places() as usize;
        Self {
            ledger: Ledger::new(run, connections),
            acknowledged: vec![0; places],
            logged: vec![0; places],
            asked: vec![false; places],
            short: vec![false; places],
            on_hand: vec![None; places],
            audit: Audit { units_received: goods.units * i64::from(goods.places()), ..Audit::default() },
            goods,
        }
    }

    /// Of a run without anything: what stands in the place of one that is closed.
    pub(super) fn empty() -> Self {
        Self::new(Goods::new(super::goods::Scenario::HotSku, "", 0), 0, 0)
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

    fn name(&self, place: Place) -> String {
        let items = self.goods.items();
        format!("{} at {}", self.goods.sku(place % items), self.goods.location(place / items))
    }

    /// A request goes out for one unit of each place of this basket; gives its number on the connection.
    pub fn asks(&mut self, connection: usize, first: Place) -> usize {
        self.asked[first as usize] = true;
        self.ledger.ask(connection, first)
    }

    /// Its answer came. Whether it is the first.
    pub fn answered(&mut self, at: (usize, usize), fate: Fate) -> bool {
        if self.ledger.fate(at) != Fate::InDoubt {
            let id = uuid::Uuid::from_u128(self.ledger.id(at.0, at.1));
            self.find(format!("request {id} was answered twice"));
            return false;
        }
        self.ledger.set_fate(at, fate);
        let first = self.ledger.place(at);
        match fate {
            Fate::Accepted => {
                self.audit.acknowledged += 1;
                for place in self.goods.basket(first) {
                    self.acknowledged[place as usize] += 1;
                    let sold = self.acknowledged[place as usize];
                    if sold == self.goods.units + 1 {
                        let (name, units) = (self.name(place), self.goods.units);
                        self.find(format!("oversold: more than the {units} units of {name} were acknowledged"));
                    }
                }
            }
            Fate::Short => self.short[first as usize] = true,
            Fate::InDoubt | Fate::Failed => {}
        }
        true
    }

    /// An answer that was missing was got by asking again.
    pub fn resolved(&mut self, at: (usize, usize), fate: Fate) {
        self.audit.resolved += 1;
        self.audit.resolved_accepted += u64::from(fate == Fate::Accepted);
        self.answered(at, fate);
    }

    /// Units of a place acknowledged so far.
    #[must_use]
    pub fn acknowledged(&self, place: Place) -> i64 {
        self.acknowledged[place as usize]
    }

    /// A look at a place in passing: at least what had been acknowledged before the look must be gone.
    pub fn probed(&mut self, place: Place, acknowledged_before: i64, on_hand_milli: i64) {
        self.audit.probes += 1;
        let gone_milli = self.goods.units * 1000 - on_hand_milli;
        if gone_milli < acknowledged_before * 1000 {
            let name = self.name(place);
            self.find(format!(
                "stale: {name} showed {} units gone after {acknowledged_before} were acknowledged",
                gone_milli / 1000
            ));
        }
        if on_hand_milli < 0 {
            let name = self.name(place);
            self.find(format!("oversold: {name} stood below zero"));
        }
    }

    /// An event of the log. Those of others are passed over.
    pub fn logged(&mut self, event: Logged<'_>) {
        let Some(at) = self.ledger.find(event.command) else { return };
        let id = uuid::Uuid::from_u128(event.command);
        if event.event != "recorded" {
            self.find(format!("the log has {} for sale {id}", event.event));
            return;
        }
        self.audit.logged += 1;
        for place in self.goods.basket(self.ledger.place(at)) {
            self.logged[place as usize] += 1;
        }
        if !self.ledger.log(at) {
            self.find(format!("doubled: sale {id} is in the log again, at {}", event.seq));
        }
        if matches!(self.ledger.fate(at), Fate::Short | Fate::Failed) {
            self.find(format!("sale {id} was refused, but the log has it at {}", event.seq));
        }
    }

    /// What the server says is there, when all is quiet.
    pub fn counted(&mut self, place: Place, on_hand_milli: i64) {
        self.on_hand[place as usize] = Some(on_hand_milli);
    }

    /// What a watcher saw at last, beside the server's own level, when all is quiet.
    pub fn watched(&mut self, watcher: usize, last_version: u64, went_back: u64, server_version: u64) {
        self.audit.watchers += 1;
        if went_back > 0 {
            self.find(format!("watcher {watcher} saw an older version after a newer one, {went_back} times"));
        }
        if last_version != server_version {
            self.find(format!(
                "stale: watcher {watcher} was left at version {last_version}, the server is at {server_version}"
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
        let count = |flags: &mut dyn Iterator<Item = bool>| flags.filter(|flag| *flag).count() as u64;
        self.audit.places_asked = count(&mut self.asked.iter().copied());
        self.audit.places_sold = count(&mut self.acknowledged.iter().map(|units| *units > 0));
        self.audit.units_acknowledged = self.acknowledged.iter().sum();
        self.audit.ok = self.audit.findings.is_empty();
        self.audit
    }

    fn each_acknowledgement_is_logged(&mut self) {
        let fates = self.ledger.all().map(|at| (at, self.ledger.fate(at), self.ledger.is_logged(at)));
        let wrong: Vec<_> = fates
            .filter(|(_, fate, logged)| *fate == Fate::InDoubt || *fate == Fate::Accepted && !logged)
            .map(|(at, fate, _)| (self.ledger.id(at.0, at.1), fate))
            .collect();
        for (id, fate) in wrong {
            let id = uuid::Uuid::from_u128(id);
            self.find(match fate {
                Fate::Accepted => format!("lost: sale {id} was acknowledged and is not in the log"),
                _ => format!("the outcome of request {id} could not be found out"),
            });
        }
    }

    fn place_adds_up(&mut self, place: Place) {
        let at = place as usize;
        let (sold, logged) = (self.acknowledged[at], self.logged[at]);
        let name = self.name(place);
        if sold != logged {
            self.find(format!("{name}: {sold} units were acknowledged, the log has {logged}"));
        }
        let Some(on_hand) = self.on_hand[at] else {
            return self.find(format!("{name}: the server does not say what is there"));
        };
        let gone = self.goods.units * 1000 - on_hand;
        if gone != sold * 1000 {
            let (received, left) = (self.goods.units, on_hand / 1000);
            self.find(format!("lost unit: {name}: {received} received, {sold} acknowledged, {left} left"));
        }
    }

    /// Who was told that there is too little must not leave a basket behind that could be filled.
    fn refusals_were_right(&mut self) {
        let refused: Vec<Place> = (0..self.goods.places()).filter(|place| self.short[*place as usize]).collect();
        for first in refused {
            let left = |place: Place| self.on_hand[place as usize].is_some_and(|milli| milli >= 1000);
            if self.goods.basket(first).all(left) {
                let name = self.name(first);
                self.find(format!("undersold: {name} was refused as short, and there is some left"));
            }
        }
    }
}

#[cfg(test)]
#[path = "audit_tests.rs"]
mod tests;
