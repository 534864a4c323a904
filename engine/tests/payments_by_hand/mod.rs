//! Payments by hand: what a late answer does, what keeps goods held, which amounts can be, what is settled.

use super::{Shop, approval, start};
use crate::build::{LOCATION, TEA, reserve, sell};
use onhand_engine::account::{Account, AccountKind, Hold, Ledger, Measure, Way};
use onhand_engine::command::{Action, Channel, Sell, Standing};
use onhand_engine::event::Event;
use onhand_engine::ids::{CommandId, Label, LocationId, PaymentId, ReservationId};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::payment::card::{Last4, Safe};
use onhand_engine::payment::settlement::{Line, MISSING_MAX, Mismatch, Settled, Settlement};
use onhand_engine::payment::{
    ATTEMPT, Approval, GRACE, Happening, LIFE, Payment, PaymentAsk, REFUNDS_MAX, Refund, Refused, Report, Stage, Start,
    Task, USES_MAX,
};
use onhand_engine::refusal::Refusal;
use onhand_engine::time::{Millis, Timestamp};
use onhand_engine::training::simulated;
use std::collections::{BTreeMap, BTreeSet};

fn of(shop: &Shop, id: u128) -> &Payment {
    shop.place.store.payments.get(PaymentId(id)).unwrap()
}

fn sold(shop: &mut Shop, sale: u128, standing: Standing, uses: &[(u128, i64)]) -> Result<Option<Event>, Refusal> {
    let payments = uses.iter().map(|(id, amount)| (PaymentId(*id), Minor(*amount))).collect();
    let action = Action::Sell(Sell { payments, standing, ..sell(&[(TEA, 1)]) });
    shop.run_as(CommandId(sale), Channel::Till, action)
}

fn approve(shop: &mut Shop, id: u128, taken: bool) -> Event {
    let report = Report::Approved(approval(&format!("tx{id}"), taken));
    shop.report(id, report).unwrap().unwrap()
}

/// A sale that has happened counts on a payment that is not decided. What a terminal then takes beyond it goes back.
#[test]
fn what_was_taken_beyond_the_sale_goes_back() {
    for (asked, paid, taken, captured, rest) in [
        (500, 400, true, 500, Some(100)),
        (500, 500, true, 500, None),
        (500, 400, false, 400, None),
        (500, 500, false, 500, None),
    ] {
        let mut shop = Shop::open();
        shop.start(1, start(100, asked)).unwrap();
        shop.ask(1, PaymentAsk::Take(None)).unwrap();
        sold(&mut shop, 100, Standing::Fact, &[(1, paid)]).unwrap();
        approve(&mut shop, 1, taken);
        let payment = of(&shop, 1);
        assert_eq!(payment.stage, if taken { Stage::Captured } else { Stage::Capturing });
        assert_eq!(payment.captured(), Minor(captured), "{asked} {paid} {taken}");
        let refunds: Vec<i64> = payment.refunds.iter().map(|refund| refund.amount.0).collect();
        assert_eq!(refunds, Vec::from_iter(rest));
        shop.settle();
        assert_eq!(of(&shop, 1).captured(), Minor(captured));
        assert_eq!(of(&shop, 1).stage, Stage::Captured);
    }
}

/// Nobody knows what came of it: it waits until it expires, unless it is sold or wanted no more.
#[test]
fn what_nobody_knows_of_waits_while_it_is_wanted() {
    let lost = |before: &dyn Fn(&mut Shop), after: &dyn Fn(&mut Shop)| {
        let mut shop = Shop::open();
        shop.start(1, start(100, 500)).unwrap();
        shop.ask(1, PaymentAsk::Take(None)).unwrap();
        before(&mut shop);
        shop.report(1, Report::Unknown).unwrap();
        after(&mut shop);
        assert_eq!(of(&shop, 1).stage, Stage::Unknown);
        of(&shop, 1).until
    };
    let nothing = |_: &mut Shop| {};
    let sell = |shop: &mut Shop| drop(sold(shop, 100, Standing::Fact, &[(1, 500)]).unwrap());
    let give_up = |shop: &mut Shop| drop(shop.ask(1, PaymentAsk::GiveUp).unwrap());
    assert_eq!(lost(&nothing, &nothing), Some(Timestamp(1_000).plus(LIFE)));
    assert_eq!(lost(&sell, &nothing), None);
    assert_eq!(lost(&nothing, &sell), None);
    assert_eq!(lost(&give_up, &nothing), None);
    assert_eq!(lost(&nothing, &give_up), None);
}

/// The goods are held longer for an approval that somebody waits for, and for no other.
#[test]
fn an_approval_keeps_the_goods_while_it_is_wanted() {
    let kept = |before: &dyn Fn(&mut Shop)| {
        let mut shop = Shop::open();
        shop.run_as(CommandId(50), Channel::Till, reserve("ann", &[(TEA, 1)])).unwrap();
        let asked = Start { reservation: Some(ReservationId(50)), ..start(100, 500) };
        let Some(Event::Payment { happening, .. }) = shop.start(1, asked).unwrap() else { panic!("it begins") };
        assert_eq!(happening.keeps(), Some((ReservationId(50), Timestamp(1_000).plus(LIFE))));
        shop.ask(1, PaymentAsk::Take(None)).unwrap();
        shop.now = shop.now.plus(LIFE);
        before(&mut shop);
        let Event::Payment { happening, .. } = approve(&mut shop, 1, false) else { panic!("approved") };
        happening.keeps().map(|(id, until)| (id.0, until))
    };
    let until = Timestamp(1_000).plus(LIFE).plus(GRACE);
    assert_eq!(kept(&|_| {}), Some((50, until)));
    assert_eq!(kept(&|shop| drop(shop.report(1, Report::Unknown).unwrap())), Some((50, until)));
    assert_eq!(kept(&|shop| drop(shop.ask(1, PaymentAsk::GiveUp).unwrap())), None);
    assert_eq!(kept(&|shop| drop(shop.report(1, Report::Declined(None)).unwrap())), None);
    assert_eq!(kept(&|shop| drop(sold(shop, 100, Standing::Fact, &[(1, 500)]).unwrap())), None);
    assert_eq!(Happening::Captured.keeps(), None);
}

/// Goods that are held once are paid for by one sale, by as many cards as it likes.
#[test]
fn held_goods_are_paid_for_by_one_sale() {
    let mut shop = Shop::open();
    shop.run_as(CommandId(50), Channel::Till, reserve("ann", &[(TEA, 1)])).unwrap();
    let asked = |sale| Start { reservation: Some(ReservationId(50)), ..start(sale, 250) };
    shop.start(1, asked(100)).unwrap();
    approve(&mut shop, 1, false);
    shop.start(2, asked(100)).unwrap();
    shop.ask(2, PaymentAsk::Take(None)).unwrap();
    assert_eq!(shop.start(3, asked(101)), Err(Refused::NotHeld.into()));
    // Given up and not decided: the goods are free for another sale.
    shop.ask(1, PaymentAsk::GiveUp).unwrap();
    shop.ask(2, PaymentAsk::GiveUp).unwrap();
    shop.start(3, asked(101)).unwrap();
}

/// Amounts are above zero and at most the largest there is, wherever they are named.
#[test]
fn amounts_of_payments_have_bounds() {
    let mut shop = Shop::open();
    let beyond = Minor(Minor::MAX.0 + 1);
    for amount in [Minor::ZERO, Minor(-1), beyond] {
        assert_eq!(shop.start(1, start(100, amount.0)), Err(Refusal::BadAmount));
    }
    shop.start(1, start(100, Minor::MAX.0)).unwrap();
    approve(&mut shop, 1, false);
    for amount in [Minor::ZERO, Minor(-1), beyond] {
        assert_eq!(sold(&mut shop, 100, Standing::Request, &[(1, amount.0)]), Err(Refusal::BadAmount));
        assert_eq!(sold(&mut shop, 100, Standing::Fact, &[(1, amount.0)]), Err(Refusal::BadAmount));
    }
    sold(&mut shop, 100, Standing::Request, &[(1, Minor::MAX.0)]).unwrap();
    for amount in [Minor::ZERO, Minor(-1), beyond] {
        assert_eq!(shop.ask(1, PaymentAsk::Refund(amount)), Err(Refusal::BadAmount));
    }
    shop.ask(1, PaymentAsk::Refund(Minor::MAX)).unwrap();
}

/// One sale names so many payments, each once, and gives up no payment that was given up before.
#[test]
fn a_sale_names_so_many_payments() {
    let mut shop = Shop::open();
    let uses: Vec<(u128, i64)> = (1..=USES_MAX as u128 + 1).map(|no| (no, 10)).collect();
    for (id, amount) in &uses {
        shop.start(*id, start(100, *amount)).unwrap();
        approve(&mut shop, *id, false);
    }
    let refused = sold(&mut shop, 100, Standing::Request, &uses);
    assert_eq!(refused, Err(Refusal::TooManyLines { max: USES_MAX }));
    let twice = sold(&mut shop, 100, Standing::Request, &[(1, 10), (1, 10)]);
    assert_eq!(twice, Err(Refused::Amount { has: 0 }.into()));
    let Some(Event::SaleRecorded(sale)) = sold(&mut shop, 100, Standing::Request, &uses[..USES_MAX]).unwrap() else {
        panic!("a sale")
    };
    let paid = sale.payments.unwrap();
    assert_eq!((paid.uses.len(), paid.given_up), (USES_MAX, vec![PaymentId(USES_MAX as u128 + 1)]));

    let mut shop = Shop::open();
    shop.start(1, start(100, 10)).unwrap();
    approve(&mut shop, 1, false);
    shop.start(2, start(100, 10)).unwrap();
    shop.ask(2, PaymentAsk::Take(None)).unwrap();
    shop.ask(2, PaymentAsk::GiveUp).unwrap();
    assert_eq!(shop.ask(2, PaymentAsk::GiveUp), Ok(None), "once is enough");
    let Some(Event::SaleRecorded(sale)) = sold(&mut shop, 100, Standing::Request, &[(1, 10)]).unwrap() else {
        panic!("a sale")
    };
    assert_eq!(sale.payments.unwrap().given_up, []);
}

/// What has happened is covered by what was approved for it or may still be, and by nothing else.
#[test]
fn a_fact_is_covered_by_what_is_approved_or_may_be() {
    type Before = fn(&mut Shop);
    let cases: [(Before, bool); 7] = [
        (|_| {}, false),
        (|shop| drop(shop.ask(1, PaymentAsk::Take(None)).unwrap()), true),
        (|shop| drop((shop.ask(1, PaymentAsk::Take(None)).unwrap(), shop.report(1, Report::Unknown).unwrap())), true),
        (|shop| drop(approve(shop, 1, false)), true),
        (|shop| drop(approve(shop, 1, true)), true),
        (|shop| drop(shop.report(1, Report::Declined(None)).unwrap()), false),
        (|shop| drop((shop.ask(1, PaymentAsk::Take(None)).unwrap(), shop.ask(1, PaymentAsk::GiveUp).unwrap())), false),
    ];
    for (no, (before, expected)) in cases.into_iter().enumerate() {
        let mut shop = Shop::open();
        shop.start(1, start(100, 500)).unwrap();
        before(&mut shop);
        let Some(Event::SaleRecorded(sale)) = sold(&mut shop, 100, Standing::Fact, &[(1, 500)]).unwrap() else {
            panic!("a fact is never refused")
        };
        assert_eq!(sale.payments.unwrap().uses[0].covered, expected, "case {no}");
    }
}

/// Only what is to be done can fail, and nothing is given up that has ended.
#[test]
fn what_is_not_being_done_does_not_fail() {
    let mut shop = Shop::open();
    let why = || Report::Failed(Safe::new("printer_out_of_paper").unwrap());
    shop.start(1, start(100, 500)).unwrap();
    shop.ask(1, PaymentAsk::Take(None)).unwrap();
    assert_eq!(shop.report(1, why()), Err(Refused::Stage { stage: Stage::Sent }.into()));
    shop.report(1, Report::Unknown).unwrap();
    assert!(shop.report(1, why()).unwrap().is_some());
    shop.report(1, Report::Declined(None)).unwrap();
    assert_eq!(shop.report(1, why()), Err(Refused::Stage { stage: Stage::Declined }.into()));
    assert_eq!(shop.ask(1, PaymentAsk::GiveUp), Ok(None));
    assert!(!of(&shop, 1).given_up);
}

#[test]
fn a_receipt_may_show_four_digits() {
    assert_eq!(Last4::new("4242").unwrap().as_str(), "4242");
    assert_eq!(Last4::new("0007").unwrap().as_str(), "0007");
}

/// Each state that cannot be is told.
#[test]
fn broken_payments_and_accounts_are_told() {
    let mut shop = Shop::open();
    shop.start(1, start(100, 500)).unwrap();
    let asked = of(&shop, 1).clone();
    approve(&mut shop, 1, false);
    let approved = of(&shop, 1).clone();
    sold(&mut shop, 100, Standing::Request, &[(1, 500)]).unwrap();
    shop.report(1, Report::Captured).unwrap();
    let captured = of(&shop, 1).clone();
    let back = |amount| Refund::new(CommandId(7), Minor(amount));
    let sum = |amount| Start { amount: Minor(amount), ..captured.start.clone() };
    let sound = [
        asked.clone(),
        approved.clone(),
        captured.clone(),
        Payment { sold: Some(Minor(499)), ..captured.clone() },
        Payment { refunds: vec![back(500)], ..captured.clone() },
        Payment { refunds: vec![back(500)], sold: None, ..captured.clone() },
    ];
    let broken = [
        Payment { approval: approved.approval.clone(), ..asked.clone() },
        Payment { approval: None, ..approved.clone() },
        Payment { start: sum(0), ..asked.clone() },
        Payment { sold: Some(Minor(0)), ..captured.clone() },
        Payment { sold: Some(Minor(501)), ..captured.clone() },
        Payment { refunds: vec![back(501)], ..captured.clone() },
        Payment { refunds: vec![back(400), back(101)], ..captured.clone() },
        Payment { refunds: vec![back(499)], sold: None, ..captured.clone() },
        Payment { refunds: vec![back(1)], ..approved.clone() },
    ];
    for (payment, is_sound) in sound.iter().zip([true; 6]).chain(broken.iter().zip([false; 9])) {
        assert_eq!(payment.check().is_ok(), is_sound, "{payment:?}");
        let mut place = shop.place.clone();
        place.store.payments.put(PaymentId(1), payment.clone());
        assert_eq!(place.check().is_empty(), is_sound, "{payment:?}");
    }

    let hold = |amount, short| {
        let (at, deadline, way) = (LocationId(1), Timestamp(0), Way::Out);
        BTreeMap::from([(CommandId(1), Hold { at, amount: Minor(amount), short: Minor(short), deadline, way })])
    };
    let account = |issued, redeemed, holds| {
        let ledger = Ledger { issued: Minor(issued), redeemed: Minor(redeemed), ..Ledger::default() };
        let (kind, measure) = (AccountKind::GiftCard, Measure::Money(Currency::EUR));
        Account { kind, measure, ledger, expires: None, disabled: None, holds, owner: None }.check().is_ok()
    };
    assert!(account(500, 500, BTreeMap::new()) && account(500, 0, hold(500, 0)) && account(500, 0, hold(0, 9)));
    assert!(!account(500, 501, BTreeMap::new()), "below zero");
    assert!(!account(500, 0, hold(501, 0)), "more is held than there is");
    assert!(!account(500, 0, hold(-1, 0)) && !account(500, 0, hold(0, -1)), "a hold below zero");
}

fn charge(payment: u128, amount: i64) -> Line {
    let transaction = Safe::new(&format!("tx{payment}")).unwrap();
    let (payment, amount) = (Some(PaymentId(payment)), Minor(amount));
    Line { payment, transaction, is_refund: false, refund: None, amount }
}

fn back(payment: u128, refund: Option<u128>, amount: i64) -> Line {
    Line { is_refund: true, refund: refund.map(CommandId), ..charge(payment, amount) }
}

fn settle_until(shop: &mut Shop, until: Timestamp, lines: Vec<Line>) -> Result<Settled, Refusal> {
    let provider = Label::new("sim").unwrap();
    let asked = Settlement { name: provider.clone(), provider, currency: Currency::EUR, until, lines };
    match shop.ask(900, PaymentAsk::Settle(Box::new(asked)))? {
        Some(Event::Payment { happening: Happening::Settled(settled), .. }) => Ok(*settled),
        other => panic!("{other:?}"),
    }
}

fn settle(shop: &mut Shop, lines: Vec<Line>) -> Vec<(Option<u32>, Mismatch, i64)> {
    let settled = settle_until(shop, Timestamp(u64::MAX), lines).unwrap();
    settled.discrepancies.iter().map(|one| (one.line, one.mismatch, one.ours.0)).collect()
}

/// A payment of 500 that was captured and sold.
fn paid(shop: &mut Shop, id: u128) {
    shop.start(id, start(100 + id, 500)).unwrap();
    approve(shop, id, true);
    sold(shop, 100 + id, Standing::Request, &[(id, 500)]).unwrap();
}

/// The provider knows a refund by its name for longer than answers are remembered. A payment has so many.
#[test]
fn a_name_is_one_refunds_and_so_many_there_may_be() {
    let mut shop = Shop::open();
    paid(&mut shop, 1);
    let refund = |shop: &mut Shop, id: u128, amount| {
        let action = Action::Payment { payment: PaymentId(1), ask: PaymentAsk::Refund(Minor(amount)) };
        shop.run_as(CommandId(id), Channel::Till, action)
    };
    refund(&mut shop, 1_000, 5).unwrap();
    assert_eq!(refund(&mut shop, 1_000, 5), Ok(None), "it is asked already");
    assert!(matches!(refund(&mut shop, 1_000, 6), Err(Refusal::IdReused { .. })));
    for id in 1..REFUNDS_MAX as u128 {
        refund(&mut shop, 1_000 + id, 1).unwrap();
    }
    assert_eq!(refund(&mut shop, 2_000, 1), Err(Refused::TooMany { max: REFUNDS_MAX }.into()));
}

/// Refunds are matched by our name for them, once, and by their amount.
#[test]
fn refunds_are_settled_by_their_name() {
    let mut shop = Shop::open();
    paid(&mut shop, 1);
    let refund = |shop: &mut Shop, id: u128, amount| {
        let payment = PaymentId(1);
        let action = Action::Payment { payment, ask: PaymentAsk::Refund(Minor(amount)) };
        shop.run_as(CommandId(id), Channel::Till, action).unwrap();
    };
    refund(&mut shop, 71, 100);
    refund(&mut shop, 72, 150);
    assert!(of(&shop, 1).is_unsettled());
    assert_eq!(settle(&mut shop, vec![charge(1, 500)]), [], "what did not go back yet is not missing");
    assert!(!of(&shop, 1).is_unsettled(), "what did not go back yet is not missing");
    shop.report(1, Report::Refunded(CommandId(71))).unwrap();
    assert!(of(&shop, 1).is_unsettled());
    assert_eq!(settle(&mut shop, vec![]), [(None, Mismatch::MissingRefund, 100)]);
    let lines = vec![back(1, Some(79), 100), back(1, Some(71), 99), back(1, Some(71), 100), back(1, Some(71), 100)];
    // What does not match is named, and not missing beside.
    let expected =
        [(Some(0), Mismatch::UnknownRefund, 0), (Some(1), Mismatch::Amount, 100), (Some(3), Mismatch::Twice, 100)];
    assert_eq!(settle(&mut shop, lines), expected);
    assert!(!of(&shop, 1).is_unsettled());
    shop.report(1, Report::Refunded(CommandId(72))).unwrap();
    assert_eq!(settle(&mut shop, vec![back(1, Some(72), 150)]), [], "settled by this one");
    assert_eq!(settle(&mut shop, vec![]), []);
    assert_eq!(settle(&mut shop, vec![back(1, Some(72), 150)]), [(Some(0), Mismatch::Twice, 150)]);
}

/// A charge is settled when the sale is recorded, also before its capture is known, and not before.
#[test]
fn charges_are_settled_once_they_are_sold() {
    let mut shop = Shop::open();
    shop.start(1, start(101, 500)).unwrap();
    approve(&mut shop, 1, false);
    assert!(!of(&shop, 1).is_unsettled());
    assert_eq!(settle(&mut shop, vec![charge(1, 500)]), [(Some(0), Mismatch::NotCaptured, 0)]);
    sold(&mut shop, 101, Standing::Request, &[(1, 400)]).unwrap();
    assert_eq!(of(&shop, 1).task(), Some(Task::Capture(Minor(400))));
    assert_eq!(settle(&mut shop, vec![]), [], "nothing is missing of what is not captured");
    let other = Line { transaction: Safe::new("other").unwrap(), ..charge(1, 400) };
    let found = settle(&mut shop, vec![other, charge(1, 500), charge(1, 400)]);
    assert_eq!(found, [(Some(0), Mismatch::AnotherTransaction, 400), (Some(1), Mismatch::Amount, 400)]);
    shop.report(1, Report::Captured).unwrap();
    assert!(!of(&shop, 1).is_unsettled());
    assert_eq!(settle(&mut shop, vec![]), []);
}

/// What began before a time is missing where no settlement has it; of very many, so many are named.
#[test]
fn what_should_be_settled_by_now_is_missing() {
    let mut shop = Shop::open();
    paid(&mut shop, 1);
    let missing = |shop: &mut Shop, until| settle_until(shop, until, vec![]).unwrap().discrepancies.len();
    assert_eq!(missing(&mut shop, Timestamp(1_000)), 0, "it began at this very moment");
    assert_eq!(missing(&mut shop, Timestamp(1_001)), 1);
    let captured = of(&shop, 1).clone();
    for no in 2..=MISSING_MAX as u128 + 3 {
        let approval = Some(Box::new(approval(&format!("tx{no}"), true)));
        let payment = Payment { start: start(5_000 + no, 500), approval, ..captured.clone() };
        shop.place.store.payments.put(PaymentId(no), payment);
    }
    let settled = settle_until(&mut shop, Timestamp(1_001), vec![charge(1, 500)]).unwrap();
    assert_eq!((settled.discrepancies.len(), settled.more_missing), (MISSING_MAX + 1, 1));
}

#[test]
fn settlements_have_bounds() {
    let mut shop = Shop::open();
    let most = onhand_engine::payment::settlement::LINES_MAX;
    let now = Timestamp(1_000);
    let many = settle_until(&mut shop, now, vec![charge(1, 1); most + 1]);
    assert_eq!(many, Err(Refusal::TooManyLines { max: most }));
    assert_eq!(settle_until(&mut shop, now, vec![charge(1, 1); most]).unwrap().discrepancies.len(), most);
    for amount in [0, -1, Minor::MAX.0 + 1] {
        let refused = settle_until(&mut shop, now, vec![charge(1, 1), charge(1, amount)]);
        assert_eq!(refused, Err(Refusal::BadAmount));
    }
    assert!(settle_until(&mut shop, now, vec![charge(1, Minor::MAX.0)]).is_ok());
    let millis = |millis| Start { attempt: Millis(millis), ..start(100, 1) };
    assert_eq!(shop.start(1, millis(999)), Err(Refusal::BadTtl));
    assert_eq!(shop.start(1, millis(600_001)), Err(Refusal::BadTtl));
    shop.start(1, millis(1_000)).unwrap();
    assert_eq!(of(&shop, 1).until, Some(Timestamp(2_000)));
    shop.start(2, start(101, 1)).unwrap();
    assert_eq!(of(&shop, 2).until, Some(now.plus(ATTEMPT)));
}

/// Whatever differs in a payment, the state has another hash.
#[test]
fn every_part_of_a_payment_counts_in_the_hash() {
    let mut shop = Shop::open();
    shop.start(1, start(100, 500)).unwrap();
    approve(&mut shop, 1, false);
    let one = Payment { refunds: vec![], ..of(&shop, 1).clone() };
    let with = |change: &dyn Fn(&mut Payment)| {
        let mut payment = one.clone();
        change(&mut payment);
        payment
    };
    let approved = |change: &dyn Fn(&mut Approval)| with(&|payment| change(payment.approval.as_mut().unwrap()));
    let refund = |id, amount, done, settled| Refund { done, settled, ..Refund::new(CommandId(id), Minor(amount)) };
    let refunds = |all: &[Refund]| with(&|payment| payment.refunds = all.to_vec());
    let all = [
        one.clone(),
        with(&|one| one.start.sale = CommandId(101)),
        with(&|one| one.start.till = None),
        with(&|one| one.start.provider = Label::new("other").unwrap()),
        with(&|one| one.start.currency = Currency::parse("USD").unwrap()),
        with(&|one| one.start.amount = Minor(501)),
        with(&|one| one.start.reservation = Some(ReservationId(0))),
        with(&|one| one.start.reservation = Some(ReservationId(5))),
        with(&|one| one.start.attempt = Millis(5)),
        with(&|one| one.channel = Channel::Web),
        with(&|one| one.at = Timestamp(5)),
        with(&|one| one.expires = Timestamp(5)),
        with(&|one| one.stage = Stage::Capturing),
        with(&|one| one.until = None),
        with(&|one| one.until = Some(Timestamp(0))),
        with(&|one| one.given_up = true),
        with(&|one| one.sold = Some(Minor(0))),
        with(&|one| one.sold = Some(Minor(5))),
        with(&|one| one.approval = None),
        with(&|one| one.reason = Safe::new("why").ok()),
        with(&|one| one.settled = true),
        with(&|one| one.version = 9),
        approved(&|approval| approval.transaction = Safe::new("other").unwrap()),
        approved(&|approval| approval.taken = true),
        approved(&|approval| approval.card.brand = Safe::new("other").ok()),
        approved(&|approval| approval.card.last4 = None),
        approved(&|approval| approval.card.token = Safe::new("other").ok()),
        approved(&|approval| approval.card.authorisation = Safe::new("other").ok()),
        refunds(&[refund(7, 5, false, false)]),
        refunds(&[refund(8, 5, false, false)]),
        refunds(&[refund(7, 6, false, false)]),
        refunds(&[refund(7, 5, true, false)]),
        refunds(&[refund(7, 5, true, true)]),
        refunds(&[refund(7, 5, false, false), refund(7, 5, false, false)]),
    ];
    let hashes: BTreeSet<Vec<u8>> = all
        .iter()
        .map(|payment| {
            let (mut place, mut bytes) = (shop.place.clone(), Vec::new());
            place.store.payments.put(PaymentId(1), payment.clone());
            place.digest(LOCATION, &mut |part| bytes.extend_from_slice(part));
            bytes
        })
        .collect();
    assert_eq!(hashes.len(), all.len());
}

/// The feed of events has a word for each thing that happens to a payment.
#[test]
fn what_happens_to_a_payment_has_its_word() {
    for (happening, word) in [
        (Happening::Sent { until: Timestamp(1), transaction: None }, "payment_sent"),
        (Happening::Lost { by_itself: true }, "payment_unknown"),
        (Happening::Declined { reason: None }, "payment_declined"),
        (Happening::GivenUp { by_itself: false }, "payment_given_up"),
        (Happening::Captured, "payment_captured"),
        (Happening::Voided, "payment_voided"),
        (Happening::Refunded { refund: CommandId(7) }, "payment_refunded"),
    ] {
        assert_eq!(happening.name(), word);
    }
}

/// Only what a deadline brought about is the server's own step: for anything else somebody waits.
#[test]
fn what_happens_by_itself_is_nobody_s_answer() {
    for (happening, expected) in [
        (Happening::Lost { by_itself: true }, true),
        (Happening::Lost { by_itself: false }, false),
        (Happening::GivenUp { by_itself: true }, true),
        (Happening::GivenUp { by_itself: false }, false),
        (Happening::Captured, false),
    ] {
        assert_eq!(happening.is_own_step(), expected, "{happening:?}");
    }
}

/// A refund is known by its id for as long as its payment is: repeated after its answer is forgotten, no money goes
/// back a second time.
#[test]
fn a_refund_that_is_repeated_late_is_one_refund() {
    let mut shop = Shop::open();
    shop.start(1, start(100, 500)).unwrap();
    approve(&mut shop, 1, false);
    sold(&mut shop, 100, Standing::Request, &[(1, 500)]).unwrap();
    shop.report(1, Report::Captured).unwrap();
    let mut refund = |id, amount| {
        let ask = PaymentAsk::Refund(Minor(amount));
        shop.run_as(CommandId(id), Channel::Till, Action::Payment { payment: PaymentId(1), ask })
    };
    assert!(matches!(refund(7, 200), Ok(Some(_))));
    assert_eq!(refund(7, 200), Ok(None));
    assert_eq!(refund(7, 100), Err(Refusal::IdReused { field: "amount" }));
    assert!(matches!(refund(8, 200), Ok(Some(_))), "another one is another one");
    assert_eq!(of(&shop, 1).refunded(), Minor(400));
}

/// What a provider says of a payment that is trained: amounts that end in 51 are declined, and anything else is done.
#[test]
fn what_is_simulated_follows_from_the_amount() {
    let said = |shop: &Shop| simulated(PaymentId(1), of(shop, 1));
    for (amount, declined) in [(500, false), (51, true), (1_051, true), (1_050, false), (5_100, false)] {
        let mut shop = Shop::open();
        shop.start(1, start(100, amount)).unwrap();
        match said(&shop) {
            Some(Report::Approved(approval)) => assert!(!declined && !approval.taken, "{amount}"),
            other => assert!(declined && matches!(other, Some(Report::Declined(Some(_)))), "{amount}: {other:?}"),
        }
    }
    let mut shop = Shop::open();
    shop.start(1, start(100, 500)).unwrap();
    shop.ask(1, PaymentAsk::Take(None)).unwrap();
    assert_eq!(said(&shop), None, "somebody else has it");
    shop.report(1, Report::Unknown).unwrap();
    assert!(matches!(said(&shop), Some(Report::Approved(_))), "asked after, it has paid");
    shop.report(1, said(&shop).unwrap()).unwrap();
    assert_eq!(said(&shop), None, "it waits for its sale");
    let mut given_up = Shop { place: shop.place.clone(), captured: vec![], ..Shop::open() };
    given_up.ask(1, PaymentAsk::GiveUp).unwrap();
    assert_eq!(said(&given_up), Some(Report::Voided));
    sold(&mut shop, 100, Standing::Request, &[(1, 500)]).unwrap();
    assert_eq!(said(&shop), Some(Report::Captured));
    shop.report(1, Report::Captured).unwrap();
    let ask = PaymentAsk::Refund(Minor(200));
    shop.run_as(CommandId(7), Channel::Till, Action::Payment { payment: PaymentId(1), ask }).unwrap();
    assert_eq!(said(&shop), Some(Report::Refunded(CommandId(7))));
}
