//! Faults planted on purpose: the auditor finds each, and nothing where there is nothing.

use super::super::goods::{Goods, Scenario};
use super::{Audit, Auditor, Logged, Span};
use crate::load::ledger::{Fate, Kind};

/// Two connections ask for items 0 and 1 of one unit each: the first gets both, the second nothing.
struct Run {
    auditor: Auditor,
    events: Vec<(u128, &'static str)>,
    on_hand: Vec<i64>,
}

fn clean() -> Run {
    let goods = Goods::new(Scenario::LastItem, "LT1", 2, 0, 0);
    let places = goods.places() as usize;
    let mut auditor = Auditor::new(goods, 7, 2);
    let mut events = Vec::new();
    for place in 0..2 {
        let winner = (0, auditor.asks(0, Kind::Sale, place, None));
        let loser = (1, auditor.asks(1, Kind::Sale, place, None));
        auditor.answered(winner, Fate::Accepted, Span::default());
        auditor.answered(loser, Fate::Short, Span::default());
        events.push((auditor.ledger.id(winner), "recorded"));
    }
    let mut on_hand = vec![1000; places];
    on_hand[..2].fill(0);
    // Somebody else's sale.
    events.push((1, "recorded"));
    Run { auditor, events, on_hand }
}

impl Run {
    fn close(mut self) -> Audit {
        for (command, event) in self.events {
            self.auditor.logged(Logged { seq: "9", command, event, at_ms: 0, deadline_ms: None });
        }
        for (place, milli) in (0..).zip(self.on_hand) {
            self.auditor.counted(place, milli, 0);
        }
        self.auditor.close()
    }
}

fn found(audit: &Audit, word: &str) {
    assert!(!audit.ok);
    assert!(audit.findings.iter().any(|finding| finding.contains(word)), "{word}: {:?}", audit.findings);
}

#[test]
fn a_clean_run_has_no_findings() {
    let audit = clean().close();
    assert_eq!((audit.ok, &audit.findings), (true, &Vec::new()));
    assert_eq!((audit.acknowledged, audit.logged, audit.places_asked, audit.places_sold), (2, 2, 2, 2));
}

#[test]
fn a_doubled_acknowledgement_is_found() {
    let mut run = clean();
    run.events.push(run.events[0]);
    found(&run.close(), "doubled");
    let mut run = clean();
    run.auditor.answered((0, 0), Fate::Accepted, Span::default());
    found(&run.close(), "answered twice");
}

#[test]
fn two_winners_of_the_last_one_are_found_at_once() {
    let mut run = clean();
    let third = (1, run.auditor.asks(1, Kind::Sale, 0, None));
    run.auditor.answered(third, Fate::Accepted, Span::default());
    assert_eq!(run.auditor.findings(), 1);
    run.events.push((run.auditor.ledger.id(third), "recorded"));
    found(&run.close(), "oversold");
}

#[test]
fn a_lost_unit_is_found() {
    let mut run = clean();
    run.on_hand[5] = 0;
    found(&run.close(), "lost unit");
    let mut run = clean();
    run.on_hand[0] = 1000;
    found(&run.close(), "lost unit");
}

#[test]
fn a_lost_sale_is_found() {
    let mut run = clean();
    run.events.remove(0);
    found(&run.close(), "acknowledged and is not in the log");
}

#[test]
fn a_refusal_of_what_was_there_is_found() {
    let mut run = clean();
    let refused = (1, run.auditor.asks(1, Kind::Sale, 3, None));
    run.auditor.answered(refused, Fate::Short, Span::default());
    found(&run.close(), "undersold");
}

#[test]
fn a_refused_sale_in_the_log_is_found() {
    let mut run = clean();
    run.events.push((run.auditor.ledger.id((1, 0)), "recorded"));
    found(&run.close(), "was refused, but the log has it");
}

#[test]
fn a_stale_level_is_found() {
    let mut run = clean();
    run.auditor.watched(0, 0, 12, 12);
    run.auditor.watched(1, 0, 11, 12);
    found(&run.close(), "left at version 11");
    let mut run = clean();
    run.auditor.watcher(0, 1);
    found(&run.close(), "an older version after a newer one");
    let mut run = clean();
    run.auditor.probed(0, 1, 1000);
    found(&run.close(), "stale");
}

#[test]
fn what_nobody_could_find_out_is_a_finding() {
    let mut run = clean();
    run.auditor.asks(1, Kind::Sale, 0, None);
    found(&run.close(), "could not be found out");
    let mut run = clean();
    let late = (1, run.auditor.asks(1, Kind::Sale, 7, None));
    run.auditor.resolved(late, Fate::Failed, Span::default());
    let audit = run.close();
    assert_eq!((audit.ok, audit.resolved), (true, 1), "{:?}", audit.findings);
}
