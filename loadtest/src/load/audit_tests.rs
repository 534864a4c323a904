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

/// A shopper holds one of two units of the flash drop from the tenth to the thousand and tenth
/// millisecond, and asks to buy it; so it stands before the last answer.
fn held() -> (Auditor, (usize, usize), (usize, usize)) {
    let goods = Goods::new(Scenario::Holiday, "LT1", 2, 2, 1_000);
    let (flash, units) = goods.flash().unwrap();
    let mut auditor = Auditor::new(goods, 7, 1);
    auditor.receives(flash, units);
    let hold = (0, auditor.asks(0, Kind::Reserve, flash, None));
    auditor.answered(hold, Fate::Accepted, Span::default());
    let buy = (0, auditor.asks(0, Kind::Purchase, flash, Some(hold.1)));
    auditor.goods_came(flash, units, 5);
    log(&mut auditor, hold, "reserved", 10);
    (auditor, hold, buy)
}

fn log(auditor: &mut Auditor, at: (usize, usize), event: &str, at_ms: i64) {
    let deadline_ms = (event == "reserved").then_some(at_ms + 1_000);
    let command = auditor.ledger.id(at);
    auditor.logged(Logged { seq: "9", command, event, at_ms, deadline_ms });
}

/// The shelves as they should be, but for the flash drop.
fn close(mut auditor: Auditor, left: i64, reserved: i64) -> Audit {
    let (flash, _) = auditor.goods().flash().unwrap();
    for place in 0..auditor.goods().places() {
        let milli = auditor.goods().units_before(place) * 1_000;
        auditor.counted(place, milli, 0);
    }
    auditor.counted(flash, left * 1_000, reserved * 1_000);
    auditor.close()
}

#[test]
fn what_is_held_is_bought_and_adds_up() {
    let (mut auditor, _, buy) = held();
    auditor.answered(buy, Fate::Accepted, Span::default());
    log(&mut auditor, buy, "recorded", 500);
    let audit = close(auditor, 1, 0);
    assert!(audit.ok, "{:?}", audit.findings);
    let (drop, ended) = (audit.flash_drop.unwrap(), audit.reservations.unwrap());
    assert_eq!((drop.units, drop.asked, drop.winners, drop.left), (2, 1, 1, 1));
    assert_eq!((ended.begun, ended.sold, ended.released, ended.expired), (1, 1, 0, 0));
}

#[test]
fn a_reservation_that_never_ends_is_found() {
    let (mut auditor, _, buy) = held();
    auditor.answered(buy, Fate::Failed, Span::default());
    let audit = close(auditor, 2, 1);
    found(&audit, "never ended");
    found(&audit, "still reserved");
}

#[test]
fn who_comes_in_time_is_not_told_that_it_is_gone() {
    let (mut auditor, hold, buy) = held();
    auditor.answered(buy, Fate::Gone, Span::default());
    log(&mut auditor, hold, "expired", 1_010);
    let audit = close(auditor, 2, 0);
    assert!(audit.ok, "it did expire: {:?}", audit.findings);
    let (mut auditor, hold, buy) = held();
    auditor.answered(buy, Fate::Gone, Span::default());
    log(&mut auditor, hold, "expired", 900);
    found(&close(auditor, 2, 0), "before its deadline");
    let (mut auditor, _, buy) = held();
    auditor.answered(buy, Fate::Gone, Span::default());
    found(&close(auditor, 2, 0), "is gone, and it was not");
    let (mut auditor, _, buy) = held();
    auditor.answered(buy, Fate::Short, Span::default());
    found(&close(auditor, 2, 0), "its unit of");
}

/// One unit was free at all times: whoever was refused for want of stock was refused wrongly.
#[test]
fn a_refusal_is_compared_with_the_stock_at_its_time() {
    let refused = |span| {
        let (mut auditor, _, buy) = held();
        auditor.answered(buy, Fate::Accepted, Span::default());
        log(&mut auditor, buy, "recorded", 500);
        let (flash, _) = auditor.goods().flash().unwrap();
        let other = (0, auditor.asks(0, Kind::Sale, flash, None));
        auditor.answered(other, Fate::Short, span);
        close(auditor, 1, 0)
    };
    found(&refused(Span { sent_ms: 400, answered_ms: 410 }), "undersold");
    let early = refused(Span { sent_ms: 1, answered_ms: 2 });
    assert!(early.ok, "the goods had not come: {:?}", early.findings);
    assert_eq!(early.refusals_compared, 1);
}
