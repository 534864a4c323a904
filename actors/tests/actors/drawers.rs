//! Till sessions hosted: closed ones are found again in the log, also after a restart.

use crate::rig::{Rig, SHOP, WAREHOUSE, options, receive, sell};
use onhand_actors::port::Outcome;
use onhand_engine::answer::Answer;
use onhand_engine::command::Action;
use onhand_engine::date::Date;
use onhand_engine::drawer::report::Report;
use onhand_engine::drawer::{Ask, Happening, Told};
use onhand_engine::event::Event;
use onhand_engine::ids::{LocationId, Seq, SessionNo, TillNo};
use onhand_engine::money::Minor;
use onhand_engine::tax::PriceBasis;

fn ask(rig: &Rig, at: LocationId, till: u16, ask: Ask) -> (Seq, Told) {
    match rig.done(at, Action::Drawer { till: TillNo(till), ask }) {
        Outcome::Done { seq, answer: Answer::Drawer(told), .. } => (seq, told),
        other => panic!("not a drawer's: {other:?}"),
    }
}

fn sell_at(rig: &Rig, at: LocationId, till: u16) {
    let Action::Sell(mut sale) = sell(&[7]) else { panic!("not a sale") };
    sale.till = Some(TillNo(till));
    rig.done(at, Action::Sell(sale));
}

/// A session with so many sales; where its close is in the log, and its Z.
fn session(rig: &Rig, at: LocationId, till: u16, sales: u64) -> (Seq, Report) {
    let business_day = Date::new(2026, 1, 31).unwrap();
    ask(
        rig,
        at,
        till,
        Ask::Open { business_day: business_day.into(), float: Minor(100), basis: PriceBasis::TaxInclusive },
    );
    (0..sales).for_each(|_| sell_at(rig, at, till));
    match ask(rig, at, till, Ask::Close { session: None, counts: vec![], pending: 0 }) {
        (seq, Told::SessionClosed(z)) => (seq, *z),
        other => panic!("not closed: {other:?}"),
    }
}

fn z_of(rig: &Rig, at: LocationId, till: u16, no: u32) -> Option<(Seq, Report)> {
    let (seq, record) = rig.handle.closed_session(at, TillNo(till), SessionNo(no)).unwrap()?;
    let Event::Drawer { happening: Happening::SessionClosed { z, .. }, .. } = record.event else {
        panic!("another record: {record:?}")
    };
    Some((seq, *z))
}

#[test]
fn every_closed_session_is_found_in_the_log() {
    let mut rig = Rig::new();
    [SHOP, WAREHOUSE].into_iter().for_each(|at| drop(rig.done(at, receive(7, 10_000))));
    let mut closed = Vec::new();
    for round in 0..30_u32 {
        for (at, till) in [(SHOP, 1), (SHOP, 2), (WAREHOUSE, 1)] {
            closed.push((at, till, round + 1, session(&rig, at, till, u64::from(round % 3))));
        }
        // Some close in the same millisecond, some hours apart.
        rig.advance([0, 1, 3_600_000][round as usize % 3]);
    }
    for _ in 0..2 {
        for (at, till, no, (seq, z)) in &closed {
            assert_eq!(z_of(&rig, *at, *till, *no), Some((*seq, z.clone())), "Z {no} of till {till}");
        }
        assert_eq!(z_of(&rig, SHOP, 1, 31), None);
        assert_eq!(z_of(&rig, SHOP, 1, 0), None);
        assert_eq!(z_of(&rig, SHOP, 9, 1), None);
        rig = rig.restart(options());
    }
    rig.handle.stop();
}

#[test]
fn an_x_is_in_order_with_the_sales_before_it_and_leaves_no_record() {
    let rig = Rig::new();
    rig.done(SHOP, receive(7, 1_000));
    let business_day = Date::new(2026, 1, 31).unwrap();
    ask(
        &rig,
        SHOP,
        1,
        Ask::Open { business_day: business_day.into(), float: Minor(100), basis: PriceBasis::TaxInclusive },
    );
    for sold in 1..=50 {
        let Action::Sell(mut sale) = sell(&[7]) else { panic!("not a sale") };
        sale.till = Some(TillNo(1));
        rig.send(rig.envelope(SHOP, Action::Sell(sale)));
        let before = rig.handle.observe().last_seq;
        let (seq, told) = ask(&rig, SHOP, 1, Ask::Read);
        let Told::Read(x) = told else { panic!("no X: {told:?}") };
        assert_eq!((seq, x.books.sales), (Seq(0), sold));
        // Told once the sale it counts is durable.
        assert!(rig.handle.observe().last_seq >= before.max(Seq(5 + sold - 1)));
    }
    assert_eq!(rig.handle.observe().last_seq, Seq(5 + 50));
    rig.handle.stop();
}
