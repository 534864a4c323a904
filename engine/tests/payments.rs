//! Card payments under random asks, reports and delays: no sale has two payments that are not decided, no
//! payment is sold twice, and every approval ends with its sale or goes back. T31 in small.
#![allow(clippy::unwrap_used)]

mod build;
mod payments_by_hand;

use build::{LOCATION, TEA, line, reserve, sell};
use onhand_engine::command::{Action, Channel, Command, Sell, Standing};
use onhand_engine::decide::{Decision, decide};
use onhand_engine::event::{Event, Record};
use onhand_engine::fingerprint::Fingerprint;
use onhand_engine::ids::{CommandId, Label, PaymentId, ReservationId, TillNo};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::payment::card::{Card, Last4, Safe, SafeError, Token};
use onhand_engine::payment::settlement::{Line, Mismatch, Settlement};
use onhand_engine::payment::{
    ATTEMPT, Approval, Happening, KEPT, OPEN_MAX, OPEN_PER_TILL_MAX, PaymentAsk, Refused, Report, Stage, Start, Task,
};
use onhand_engine::people::By;
use onhand_engine::refusal::Refusal;
use onhand_engine::time::{Millis, Timestamp};
use onhand_engine::world::PlaceState;
use proptest::prelude::*;

struct Shop {
    place: PlaceState,
    now: Timestamp,
    commands: u128,
    captured: Vec<PaymentId>,
}

impl Shop {
    fn open() -> Self {
        let mut shop =
            Self { place: PlaceState::default(), now: Timestamp(1_000), commands: 1 << 64, captured: vec![] };
        shop.run(Action::Receive { lines: vec![line(TEA, 1_000)], goods: None }).unwrap();
        shop
    }

    fn run(&mut self, action: Action) -> Result<Option<Event>, Refusal> {
        self.commands += 1;
        self.run_as(CommandId(self.commands), Channel::Till, action)
    }

    fn run_as(&mut self, id: CommandId, channel: Channel, action: Action) -> Result<Option<Event>, Refusal> {
        let command = Command { id, location: LOCATION, channel, action };
        let Decision::Happens(event) = decide(&self.place, &command, self.now)? else { return Ok(None) };
        let fingerprint = Fingerprint::of(&command);
        let record = Record { time: self.now, command: id, fingerprint, location: LOCATION, by: By::default(), event };
        self.place.apply(&record);
        assert_eq!(self.place.check(), Vec::<String>::new());
        if let Event::Payment { payment, happening: Happening::Captured } = &record.event {
            assert!(!self.captured.contains(payment), "captured twice");
            self.captured.push(*payment);
        }
        Ok(Some(record.event))
    }

    fn start(&mut self, id: u128, start: Start) -> Result<Option<Event>, Refusal> {
        let ask = PaymentAsk::Start(Box::new(start));
        self.run_as(CommandId(id), Channel::Till, Action::Payment { payment: PaymentId(id), ask })
    }

    fn ask(&mut self, id: u128, ask: PaymentAsk) -> Result<Option<Event>, Refusal> {
        self.run(Action::Payment { payment: PaymentId(id), ask })
    }

    fn report(&mut self, id: u128, report: Report) -> Result<Option<Event>, Refusal> {
        self.ask(id, PaymentAsk::Report(Box::new(report)))
    }

    fn pass(&mut self, millis: u64) {
        self.now = self.now.plus(Millis(millis));
        loop {
            let open = self.place.store.payments.open();
            let mut due = open.filter(|(_, payment)| payment.until.is_some_and(|until| until <= self.now));
            let Some(id) = due.next().map(|(id, _)| id) else { return };
            drop(due);
            self.ask(id.0, PaymentAsk::Due).unwrap();
        }
    }

    /// Drivers do what is to be done, until nothing is.
    fn settle(&mut self) {
        for _ in 0..64 {
            self.pass(20 * 60_000);
            let tasks: Vec<_> =
                self.place.store.payments.open().filter_map(|(id, payment)| Some((id.0, payment.task()?))).collect();
            for (id, task) in tasks {
                let report = match task {
                    Task::Authorise => continue,
                    Task::Inquire => Report::NotFound,
                    Task::Capture(_) => Report::Captured,
                    Task::Void => Report::Voided,
                    Task::Refund(refund, _) => Report::Refunded(refund),
                };
                self.report(id, report).unwrap();
            }
        }
    }
}

fn start(sale: u128, amount: i64) -> Start {
    Start {
        sale: CommandId(sale),
        till: Some(TillNo(1)),
        provider: Label::new("sim").unwrap(),
        currency: Currency::EUR,
        amount: Minor(amount),
        reservation: None,
        attempt: ATTEMPT,
    }
}

fn approval(transaction: &str, taken: bool) -> Approval {
    let card = Card { last4: Last4::new("4242"), ..Card::default() };
    Approval { transaction: Safe::new(transaction).unwrap(), card, taken }
}

#[derive(Clone, Debug)]
enum Step {
    Start(u128, u128),
    Ask(u128, PaymentAsk),
    Sell(u128, Vec<u128>, bool),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let payment = 1_u128..8;
    let sale = 100_u128..103;
    let report = prop_oneof![
        3 => (any::<bool>(), 0..3_u8)
            .prop_map(|(taken, no)| Report::Approved(approval(&format!("tx{no}"), taken))),
        1 => Just(Report::Declined(None)),
        2 => Just(Report::Unknown),
        1 => Just(Report::NotFound),
        1 => Just(Report::Captured),
        1 => Just(Report::Voided),
        1 => Just(Report::Failed(Safe::new("why").unwrap())),
    ];
    let ask = prop_oneof![
        1 => Just(PaymentAsk::GiveUp),
        3 => Just(PaymentAsk::Take),
        1 => (1..600_i64).prop_map(|amount| PaymentAsk::Refund(Minor(amount))),
        6 => report.prop_map(|report| PaymentAsk::Report(Box::new(report))),
    ];
    prop_oneof![
        4 => (payment.clone(), sale.clone()).prop_map(|(payment, sale)| Step::Start(payment, sale)),
        8 => (payment.clone(), ask).prop_map(|(payment, ask)| Step::Ask(payment, ask)),
        3 => (sale, prop::collection::vec(payment, 1..3), any::<bool>())
            .prop_map(|(sale, payments, fact)| Step::Sell(sale, payments, fact)),
        2 => (1_u64..400_000).prop_map(Step::Pass),
    ]
}

proptest! {
    #[test]
    fn t31_every_approval_ends_with_its_sale_or_goes_back(steps in prop::collection::vec(step(), 1..80)) {
        let mut shop = Shop::open();
        let mut sold = Vec::new();
        for step in steps {
            match step {
                Step::Start(payment, sale) => drop(shop.start(payment, start(sale, 500))),
                Step::Ask(payment, ask) => drop(shop.ask(payment, ask)),
                Step::Pass(millis) => shop.pass(millis),
                Step::Sell(sale, payments, fact) if !sold.contains(&sale) => {
                    let standing = if fact { Standing::Fact } else { Standing::Request };
                    let payments = payments.iter().map(|id| (PaymentId(*id), Minor(500))).collect();
                    let sell = Sell { standing, payments, ..sell(&[(TEA, 1)]) };
                    let done = shop.run_as(CommandId(sale), Channel::Till, Action::Sell(sell));
                    prop_assert!(done.is_ok() || !fact, "a fact was refused: {done:?}");
                    if done.is_ok() {
                        sold.push(sale);
                    }
                }
                Step::Sell(..) => {}
            }
            for sale in 100..103 {
                let undecided = shop.place.store.payments.of_sale(CommandId(sale));
                let undecided = undecided.filter(|(_, payment)| payment.stage.is_undecided()).count();
                prop_assert!(undecided <= 1, "{undecided} payments of sale {sale} are not decided");
            }
        }
        shop.settle();
        for (id, payment) in shop.place.store.payments.list() {
            prop_assert!(!payment.is_open(), "{id} is still open: {payment:?}");
            let went_back = payment.stage == Stage::Voided || payment.refunded() == payment.captured();
            let has_sale = payment.sold.is_some() && sold.contains(&payment.start.sale.0);
            prop_assert!(payment.approval.is_none() || has_sale || went_back, "{id} is lost: {payment:?}");
        }
    }
}

/// Digits that look like a card's number are in no text about a payment.
#[test]
fn no_text_about_a_payment_holds_a_card_number() {
    assert_eq!(Token::new("tok_4111111111111111"), Err(SafeError::CardNumber));
    assert_eq!(Token::new("4111 1111 1111 1111"), Err(SafeError::CardNumber));
    assert!(matches!(Token::new(""), Err(SafeError::Code(_))));
    assert!(Token::new("pm_1Nh8XZ2eZvKYlo2C").is_ok());
    assert_eq!(Last4::new("12345"), None);
    assert_eq!(Last4::new("12 4"), None);
}

#[test]
fn so_many_payments_may_be_open_and_no_more() {
    let mut shop = Shop::open();
    for no in 0..OPEN_PER_TILL_MAX as u128 {
        shop.start(no + 1, start(10_000 + no, 1)).unwrap();
    }
    let refused = shop.start(9_000, start(9_999, 1));
    assert_eq!(refused, Err(Refused::TooMany { max: OPEN_PER_TILL_MAX }.into()));
    shop.ask(1, PaymentAsk::GiveUp).unwrap();
    shop.start(9_000, start(9_999, 1)).unwrap();
    for no in shop.place.store.payments.open_count()..OPEN_MAX {
        let no = no as u128;
        let till = Some(TillNo(u16::try_from(2 + no / 50).unwrap()));
        shop.place.store.payments.put(
            PaymentId(20_000 + no),
            onhand_engine::payment::Payment {
                start: Start { till, ..start(20_000 + no, 1) },
                ..shop.place.store.payments.get(PaymentId(2)).unwrap().clone()
            },
        );
    }
    let refused = shop.start(50_000, Start { till: None, ..start(50_000, 1) });
    assert_eq!(refused, Err(Refused::TooMany { max: OPEN_MAX }.into()));
}

/// What has ended is forgotten after a time, a few with each new payment, so that it does not add up.
#[test]
fn payments_that_ended_long_ago_are_forgotten() {
    let mut shop = Shop::open();
    for no in 1..=6 {
        shop.start(no, start(100 + no, 1)).unwrap();
        shop.ask(no, PaymentAsk::GiveUp).unwrap();
    }
    shop.pass(KEPT.0);
    shop.start(7, start(107, 1)).unwrap();
    assert_eq!(shop.place.store.payments.list().len(), 7, "kept for its time");
    shop.pass(1);
    shop.start(8, start(108, 1)).unwrap();
    assert_eq!(shop.place.store.payments.list().len(), 4);
    shop.start(9, start(109, 1)).unwrap();
    assert_eq!(shop.place.store.payments.list().map(|(id, _)| id.0).collect::<Vec<_>>(), [7, 8, 9]);
}

/// T2 in small: as many payments start as there are goods, and each that is captured has its goods.
#[test]
fn t2_no_more_payments_start_than_goods_are_held() {
    let mut shop = Shop::open();
    shop.run(Action::Adjust {
        sku: TEA,
        bucket: onhand_engine::command::Bucket::OnHand,
        delta: onhand_engine::qty::Qty::units(-996),
        reason: Label::new("all_but_four").unwrap(),
    })
    .unwrap();
    let mut started = Vec::new();
    for buyer in 0..120_u128 {
        let hold = CommandId(1_000 + buyer);
        let held = shop.run_as(hold, Channel::Web, reserve(&format!("b{buyer}"), &[(TEA, 1)])).is_ok();
        let reservation = held.then_some(ReservationId(hold.0));
        let asked = Start { till: None, reservation, ..start(2_000 + buyer, 100) };
        let payment = 3_000 + buyer;
        let action = Action::Payment { payment: PaymentId(payment), ask: PaymentAsk::Start(Box::new(asked)) };
        match shop.run_as(CommandId(payment), Channel::Web, action) {
            Ok(_) => started.push((buyer, hold)),
            Err(refusal) => assert_eq!(refusal, Refused::NotHeld.into()),
        }
    }
    assert_eq!(started.len(), 4);
    // The customers take longer than their holds would have lasted.
    shop.pass(80_000);
    for (buyer, hold) in started {
        shop.report(3_000 + buyer, Report::Approved(approval("tx", false))).unwrap();
        let payments = [(PaymentId(3_000 + buyer), Minor(100))].into();
        let sell = Sell { payments, reservation: Some(ReservationId(hold.0)), ..sell(&[(TEA, 1)]) };
        shop.run_as(CommandId(2_000 + buyer), Channel::Web, Action::Sell(sell)).unwrap();
    }
    shop.settle();
    assert_eq!(shop.captured.len(), 4);
    assert_eq!(shop.place.rows[&TEA].on_hand(), onhand_engine::qty::Qty::ZERO);
}

/// Each charge and each refund is settled once, whatever the provider says and how often.
#[test]
fn t32_what_is_settled_once_is_settled() {
    let mut shop = Shop::open();
    for no in 1..=3 {
        shop.start(no, start(100 + no, 500)).unwrap();
        shop.report(no, Report::Approved(approval(&format!("tx{no}"), true))).unwrap();
        let payments = [(PaymentId(no), Minor(500))].into();
        let sell = Sell { payments, ..sell(&[(TEA, 1)]) };
        shop.run_as(CommandId(100 + no), Channel::Till, Action::Sell(sell)).unwrap();
    }
    let line = |payment: u128, amount| Line {
        payment: Some(PaymentId(payment)),
        transaction: Safe::new(&format!("tx{payment}")).unwrap(),
        is_refund: false,
        refund: None,
        amount: Minor(amount),
    };
    let settle = |shop: &mut Shop, lines: Vec<Line>| {
        let provider = Label::new("sim").unwrap();
        let (name, currency, until) = (provider.clone(), Currency::EUR, Timestamp(u64::MAX));
        let asked = Settlement { provider, name, currency, until, lines };
        match shop.ask(900, PaymentAsk::Settle(Box::new(asked))).unwrap() {
            Some(Event::Payment { happening: Happening::Settled(settled), .. }) => {
                let found = settled.discrepancies.iter().map(|one| (one.mismatch, one.line)).collect::<Vec<_>>();
                (settled.charges.len(), settled.refunds.len(), found)
            }
            other => panic!("{other:?}"),
        }
    };
    let found = settle(&mut shop, vec![line(1, 500), line(1, 500), line(2, 400), line(9, 1)]);
    let wanted = vec![
        (Mismatch::Twice, Some(1)),
        (Mismatch::Amount, Some(2)),
        (Mismatch::UnknownPayment, Some(3)),
        (Mismatch::Missing, None),
    ];
    assert_eq!(found, (1, 0, wanted));
    // The refund is matched by its amount where the provider did not keep its name.
    shop.ask(2, PaymentAsk::Refund(Minor(200))).unwrap();
    shop.settle();
    let back = Line { is_refund: true, ..line(2, 200) };
    let found = settle(&mut shop, vec![line(2, 500), back.clone(), back, line(1, 500), line(3, 500)]);
    assert_eq!(found, (2, 1, vec![(Mismatch::UnknownRefund, Some(2)), (Mismatch::Twice, Some(3))]));
    assert_eq!(settle(&mut shop, vec![]), (0, 0, vec![]));
}
