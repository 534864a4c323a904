//! Fingerprints: kept in the log, so their values never change; each part of a command counts.
#![allow(clippy::unwrap_used)]

mod build;

use build::{LOCATION, TEA, line, owner, reserve, sale_line, sell};
use onhand_engine::account::{AccountKind, Measure, Take, Way};
use onhand_engine::cash_rounding::{CashRounding, Direction, RoundingRule, Tie};
use onhand_engine::command::{
    Action, Bucket, Channel, Command, Disposition, Policy, Said, Sell, Standing, Tender, TenderKind,
};
use onhand_engine::date::{Date, Weekday};
use onhand_engine::drawer::report::{Count, Counted, Denomination};
use onhand_engine::drawer::rules::{Account, DrawerRules};
use onhand_engine::drawer::{Ask, BusinessDay, Movement};
use onhand_engine::fingerprint::Fingerprint;
use onhand_engine::ids::{
    AccountId, CommandId, Label, LocationId, OrderId, PaymentId, ReservationId, SessionNo, SkuId, TillNo,
};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::payment::card::Safe;
use onhand_engine::payment::{ATTEMPT, PaymentAsk, Report, Start};
use onhand_engine::people::{Capabilities, Limits as RoleLimits};
use onhand_engine::pricing::{Hours, LocalPeriod, PriceBook, PriceRow, Terms};
use onhand_engine::qty::Qty;
use onhand_engine::returns::unreceipted::{Asked, Limits, Most, PerCustomer};
use onhand_engine::scan::Layout;
use onhand_engine::tax::PriceBasis;
use onhand_engine::time::Millis;
use onhand_engine::zone::Wall;

fn command(action: Action) -> Command {
    Command { id: CommandId(1), location: LOCATION, channel: Channel::Web, action }
}

fn of(action: Action) -> Fingerprint {
    Fingerprint::of(&command(action))
}

fn whole_sale() -> Sell {
    Sell {
        till: Some(TillNo(3)),
        tenders: vec![Tender { kind: TenderKind::Card, amount: Minor(300) }],
        reservation: Some(ReservationId(u128::MAX / 3)),
        owner: Some(owner("ann")),
        order: Some(OrderId::new("W-1").unwrap()),
        ..sell(&[(TEA, 1), (SkuId(7), 2)])
    }
}

/// Logs that are kept hold these: a repeat after an upgrade must still be known.
#[test]
fn the_values_never_change() {
    let sale = of(Action::Sell(whole_sale()));
    assert_eq!([sale.op, sale.lines, sale.money, sale.rest], [4_070_863_373, 487_783_293, 3_096_832_238, 72_598_744]);
    let held = of(reserve("ann", &[(TEA, 2)]));
    assert_eq!([held.op, held.lines, held.money, held.rest], [47_207_252, 3_841_779_847, 1_339_080_641, 2_031_439_926]);
}

#[test]
fn the_part_that_differs_is_named() {
    let first = of(Action::Sell(whole_sale()));
    assert_eq!(first.differs_in(&of(Action::Sell(whole_sale()))), None);
    let lines = "lines: items or quantities";
    let money = "amounts, taxes or tenders";
    let rest = "owner, reservation, order, till, time or reason";
    type Change = fn(&mut Sell);
    let changes: [(&str, Change); 14] = [
        (rest, |s| s.session = Some(SessionNo(1))),
        (lines, |s| s.lines[0].sku = SkuId(8)),
        (lines, |s| s.lines[1].qty = build::line(TEA, 3).qty),
        (lines, |s| s.lines.swap(0, 1)),
        (lines, |s| s.lines.push(sale_line(TEA, 1))),
        (money, |s| s.said = s.said.and(Some(Minor(101)))),
        (money, |s| s.said = s.said.and(None)),
        (money, |s| s.tenders[0].kind = TenderKind::Cash),
        (money, |s| s.currency = Currency::parse("USD").unwrap()),
        (rest, |s| s.standing = Standing::Fact),
        (rest, |s| s.till = None),
        (rest, |s| s.reservation = None),
        (rest, |s| s.owner = Some(owner("bob"))),
        (rest, |s| s.order = None),
    ];
    for (at, (field, change)) in changes.iter().enumerate() {
        let mut other = whole_sale();
        change(&mut other);
        assert_eq!(first.differs_in(&of(Action::Sell(other))), Some(*field), "change {at}");
    }
    let elsewhere = Command { location: LocationId(2), ..command(Action::Sell(whole_sale())) };
    let by_till = Command { channel: Channel::Till, ..command(Action::Sell(whole_sale())) };
    for other in [elsewhere, by_till] {
        assert_eq!(first.differs_in(&Fingerprint::of(&other)), Some("op, location or channel"));
    }
}

/// A price list that changed between two tries of one sale must not turn the second into another.
#[test]
fn what_the_shop_filled_in_does_not_count() {
    let first = of(Action::Sell(whole_sale()));
    let mut repriced = whole_sale();
    repriced.lines[0].unit_price = Minor(101);
    repriced.lines[0].taxed.net = Minor(101);
    repriced.lines[0].taxed.tax = Minor(1);
    assert_eq!(first.differs_in(&of(Action::Sell(repriced))), None);
}

#[test]
fn amounts_count_in_their_order_and_with_their_absence() {
    let said = |amounts: &[Option<i64>]| amounts.iter().fold(Said::default(), |said, a| said.and(a.map(Minor)));
    let all = [&[][..], &[None], &[Some(0)], &[Some(1)], &[Some(1), Some(2)], &[Some(2), Some(1)], &[None, Some(1)]];
    for (n, one) in all.iter().enumerate() {
        assert!(all[..n].iter().all(|other| said(other) != said(one)), "{one:?}");
    }
}

fn adjust(bucket: Bucket, reason: &str) -> Action {
    Action::Adjust { sku: TEA, bucket, delta: Qty::units(1), reason: Label::new(reason).unwrap() }
}

fn labels(location: u32, layouts: &[&str]) -> Action {
    let layouts = layouts.iter().map(|text| Layout::parse(text).unwrap()).collect();
    Action::SetLabels { location: LocationId(location), layouts }
}

fn back(disposition: Disposition) -> Action {
    let lines = vec![sale_line(TEA, 1)];
    Action::Return {
        till: None,
        currency: Currency::EUR,
        lines,
        said: Said::default(),
        disposition,
        tenders: vec![],
        accounts: Box::default(),
        of: None,
        goods: None,
        unreceipted: None,
    }
}

/// The same without a receipt, of somebody or nobody, asked for or already happened.
fn unreceipted(customer: Option<&str>, standing: Standing, limits: Limits) -> Action {
    let Action::Return { till, currency, lines, said, disposition, tenders, accounts, of, goods, .. } =
        back(Disposition::Resell)
    else {
        panic!("a return")
    };
    let customer = customer.map(|name| Label::new(name).unwrap());
    let day = Date::parse("2026-01-31").unwrap();
    let asked = Asked { standing, customer, day, limits, counted: Box::default(), closed: vec![] };
    let unreceipted = Some(Box::new(asked));
    Action::Return { till, currency, lines, said, disposition, tenders, accounts, of, goods, unreceipted }
}

/// What limits a return follows from what is set: it may have changed when the same return comes again.
#[test]
fn what_limits_a_return_makes_no_other_of_it() {
    let limits = Limits { amount_max: Some(Minor(5)), ..Limits::default() };
    assert_eq!(of(unreceipted(None, Standing::Request, limits)), of(back(Disposition::Resell)));
    let ann = |limits| of(unreceipted(Some("ann"), Standing::Fact, limits));
    assert_eq!(ann(limits), ann(Limits::default()));
}

fn set_limits(at: u32, limits: Option<Limits>) -> Action {
    Action::SetReturnLimits { at: LocationId(at), limits }
}

fn role(discount_ppm_max: Option<u32>, refund_max: Option<i64>) -> Action {
    let limits = RoleLimits { discount_ppm_max, refund_max: refund_max.map(Minor) };
    Action::DefineRole { role: Label::new("clerk").unwrap(), capabilities: Capabilities::NONE, limits }
}

#[test]
fn rules_of_returns_and_roles_differ() {
    let nobody = Limits::default();
    let most = |amount: Option<i64>, returns| Most { amount: amount.map(Minor), returns };
    let daily = |per_day| Some(Limits { per_day, ..nobody });
    let customer = |days, most| Some(Limits { per_customer: Some(PerCustomer { days, most }), ..nobody });
    let all = [
        unreceipted(None, Standing::Request, nobody),
        unreceipted(None, Standing::Fact, nobody),
        unreceipted(Some("ann"), Standing::Request, nobody),
        unreceipted(Some("ann"), Standing::Fact, nobody),
        unreceipted(Some("bob"), Standing::Fact, nobody),
        set_limits(0, None),
        set_limits(1, None),
        set_limits(1, Some(nobody)),
        set_limits(1, Some(Limits { can_be_lifted: true, ..nobody })),
        set_limits(1, Some(Limits { amount_max: Some(Minor(0)), ..nobody })),
        set_limits(1, Some(Limits { amount_max: Some(Minor(1)), ..nobody })),
        set_limits(1, daily(most(Some(1), None))),
        set_limits(1, daily(most(None, Some(0)))),
        set_limits(1, daily(most(None, Some(1)))),
        set_limits(1, customer(7, most(None, None))),
        set_limits(1, customer(8, most(None, None))),
        set_limits(1, customer(7, most(Some(1), None))),
        set_limits(1, customer(7, most(None, Some(1)))),
        role(None, None),
        role(Some(0), None),
        role(Some(1), None),
        role(None, Some(0)),
        role(None, Some(1)),
    ];
    for (at, one) in all.iter().enumerate() {
        for other in &all[at + 1..] {
            assert_ne!(of(one.clone()), of(other.clone()), "{one:?} and {other:?}");
        }
    }
}

fn of_payment(payment: u128, ask: PaymentAsk) -> Action {
    Action::Payment { payment: PaymentId(payment), ask }
}

fn book(terms: Terms) -> Action {
    let rows = vec![PriceRow { sku: TEA, min_qty: Qty::ZERO, price: Minor(5) }];
    let code = Label::new("B").unwrap();
    let book = PriceBook::new(code, Currency::EUR, PriceBasis::TaxInclusive, terms, rows).unwrap();
    Action::DefinePriceBook { book: book.into() }
}

/// Accounts and payments that are named, and whom a price book is for.
#[test]
fn accounts_payments_and_terms_differ() {
    let take = |account, amount| Take {
        account: AccountId(account),
        kind: AccountKind::GiftCard,
        measure: Measure::Money(Currency::EUR),
        amount: Minor(amount),
        worth: Minor(amount),
        by_code: true,
        by_customer: false,
        way: Way::Out,
        limit: Minor::ZERO,
    };
    let paid_by = |takes: &[Take]| Action::Sell(Sell { takes: takes.into(), ..whole_sale() });
    let start = |amount, token: Option<&str>| {
        of_payment(
            1,
            PaymentAsk::Start(Box::new(Start {
                sale: CommandId(7),
                till: None,
                provider: Label::new("sim").unwrap(),
                currency: Currency::EUR,
                amount: Minor(amount),
                token: token.map(|token| Safe::new(token).unwrap()),
                reservation: None,
                attempt: ATTEMPT,
            })),
        )
    };
    let report = |report| of_payment(1, PaymentAsk::Report(Box::new(report)));
    let hours = |from| Some([Hours::new(&[Weekday::Friday], from, 1_200).unwrap()].into());
    let local = |from, until| Terms { local: LocalPeriod { from, until }, ..Terms::default() };
    let all = [
        paid_by(&[]),
        paid_by(&[take(1, 5)]),
        paid_by(&[take(2, 5)]),
        paid_by(&[take(1, 6)]),
        paid_by(&[Take { kind: AccountKind::StoreCredit, ..take(1, 5) }]),
        paid_by(&[Take { measure: Measure::Points, ..take(1, 5) }]),
        start(5, None),
        start(6, None),
        start(5, Some("tok_1")),
        start(5, Some("tok_2")),
        of_payment(1, PaymentAsk::GiveUp),
        of_payment(2, PaymentAsk::GiveUp),
        of_payment(1, PaymentAsk::Refund(Minor(1))),
        of_payment(1, PaymentAsk::Refund(Minor(2))),
        of_payment(1, PaymentAsk::Read),
        of_payment(1, PaymentAsk::Take(None)),
        of_payment(1, PaymentAsk::Take(Some(Safe::new("pi_1").unwrap()))),
        of_payment(1, PaymentAsk::Take(Some(Safe::new("pi_2").unwrap()))),
        of_payment(1, PaymentAsk::Due),
        report(Report::Captured),
        report(Report::Voided),
        report(Report::Refunded(CommandId(1))),
        report(Report::Refunded(CommandId(2))),
        book(Terms::default()),
        book(Terms { channels: vec![Channel::Web], ..Terms::default() }),
        book(Terms { locations: vec![LOCATION], ..Terms::default() }),
        book(Terms { groups: vec![Label::new("staff").unwrap()], ..Terms::default() }),
        book(Terms { hours: hours(600), ..Terms::default() }),
        book(Terms { hours: hours(601), ..Terms::default() }),
        book(local(Some(Wall(1)), None)),
        book(local(None, Some(Wall(1)))),
    ];
    for (at, one) in all.iter().enumerate() {
        for other in &all[at + 1..] {
            assert_ne!(of(one.clone()), of(other.clone()), "{one:?} and {other:?}");
        }
    }
}

#[test]
fn commands_that_look_alike_differ() {
    let reservation = ReservationId(5);
    let alike = [
        Action::Release { reservation },
        Action::Expire { reservation },
        Action::Extend { reservation, ttl: Millis(1_000) },
        Action::Extend { reservation, ttl: Millis(2_000) },
        Action::Release { reservation: ReservationId(5 << 64) },
        Action::Receive { lines: vec![line(TEA, 1)], goods: None },
        reserve("ann", &[(TEA, 1)]),
        Action::Count { sku: TEA, counted: line(TEA, 1).qty, on_hand_then: None },
        Action::Count { sku: TEA, counted: line(TEA, 1).qty, on_hand_then: Some(line(TEA, 0).qty) },
        Action::SetPolicy { sku: TEA, policy: Policy::default() },
        Action::SetPolicy { sku: TEA, policy: Policy { low_at: Qty::units(1), ..Policy::default() } },
        build::policy(TEA, [0, 1, 0]),
        build::policy(TEA, [1, 0, 0]),
        adjust(Bucket::OnHand, "theft"),
        adjust(Bucket::Incoming, "theft"),
        adjust(Bucket::OnHand, "found"),
        adjust(Bucket::Unavailable(Label::new("theft").unwrap()), "theft"),
        back(Disposition::Resell),
        back(Disposition::Damaged),
        back(Disposition::ToSupplier),
        Action::Deallocate { order: OrderId::new("W-1").unwrap() },
        Action::Deallocate { order: OrderId::new("W-10").unwrap() },
        labels(1, &[]),
        labels(2, &[]),
        labels(1, &["20IIIIIVPPPPC"]),
        labels(1, &["21IIIIIVPPPPC"]),
        labels(1, &["20IIIIIVPPPPC", "21IIIIIVPPPPC"]),
    ];
    for (at, one) in alike.iter().enumerate() {
        for other in &alike[at + 1..] {
            assert_ne!(of(one.clone()), of(other.clone()), "{one:?} and {other:?}");
        }
    }
}

/// What a drawer is asked differs in each of its fields; what the shop fills in makes no difference.
#[test]
fn asks_of_a_drawer_differ() {
    let asked = |till, ask| of(Action::Drawer { till: TillNo(till), ask });
    let open =
        |day, float, basis| Ask::Open { business_day: Date::parse(day).unwrap().into(), float: Minor(float), basis };
    let moved = |movement, amount, reason, person| Ask::Move {
        movement,
        amount: Minor(amount),
        reason: Label::new(reason).unwrap(),
        person: owner(person),
    };
    let count =
        |kind, counted, reason: Option<&str>| Count { kind, counted, reason: reason.map(|r| Label::new(r).unwrap()) };
    let cash = |amount| count(TenderKind::Cash, Counted::Amount(Minor(amount)), None);
    let piece = |value, pieces| Counted::Pieces(vec![Denomination { value: Minor(value), pieces }]);
    let close = |counts, pending| Ask::Close { session: None, counts, pending };
    let note = |reason| Ask::NoSale { reason: Label::new(reason).unwrap() };
    let day = "2026-01-31";
    let today = |day| Ask::Open {
        business_day: BusinessDay::Today(Date::parse(day).unwrap()),
        float: Minor(100),
        basis: PriceBasis::TaxInclusive,
    };
    assert_eq!(asked(1, today(day)), asked(1, today("2026-02-01")), "a repeat after midnight");
    let all = [
        asked(1, open(day, 100, PriceBasis::TaxInclusive)),
        asked(1, today(day)),
        asked(2, open(day, 100, PriceBasis::TaxInclusive)),
        asked(1, open("2026-02-01", 100, PriceBasis::TaxInclusive)),
        asked(1, open(day, 101, PriceBasis::TaxInclusive)),
        asked(1, moved(Movement::PaidIn, 100, "coins", "ann")),
        asked(1, moved(Movement::PaidOut, 100, "coins", "ann")),
        asked(1, moved(Movement::Drop, 100, "coins", "ann")),
        asked(1, moved(Movement::PaidIn, 101, "coins", "ann")),
        asked(1, moved(Movement::PaidIn, 100, "notes", "ann")),
        asked(1, moved(Movement::PaidIn, 100, "coins", "ben")),
        asked(1, note("coins")),
        asked(1, note("notes")),
        asked(1, Ask::Read),
        asked(1, close(vec![], 0)),
        asked(1, close(vec![], 1)),
        asked(1, Ask::Close { session: Some(SessionNo(2)), counts: vec![], pending: 0 }),
        asked(1, close(vec![cash(100)], 0)),
        asked(1, close(vec![cash(101)], 0)),
        asked(1, close(vec![count(TenderKind::Card, Counted::Amount(Minor(100)), None)], 0)),
        asked(1, close(vec![count(TenderKind::Cash, Counted::Amount(Minor(100)), Some("short"))], 0)),
        asked(1, close(vec![count(TenderKind::Cash, piece(100, 1), None)], 0)),
        asked(1, close(vec![count(TenderKind::Cash, piece(50, 1), None)], 0)),
        asked(1, close(vec![count(TenderKind::Cash, piece(50, 2), None)], 0)),
    ];
    for (i, one) in all.iter().enumerate() {
        assert!(all[i + 1..].iter().all(|other| one.differs_in(other).is_some()), "number {i} is like another");
    }
    assert_eq!(all[0], asked(1, open(day, 100, PriceBasis::TaxExclusive)));
}

#[test]
fn rules_of_drawers_differ() {
    let rule = |step, direction, tie| RoundingRule { step, direction, tie };
    let five = rule(5, Direction::Nearest, Tie::Up);
    let rounding = |due, change| DrawerRules { rounding: Some(CashRounding { due, change }), ..DrawerRules::default() };
    let account = |account, code| DrawerRules {
        accounts: [(account, Label::new(code).unwrap())].into(),
        ..DrawerRules::default()
    };
    let all = [
        DrawerRules::default(),
        rounding(five, five),
        rounding(rule(10, Direction::Nearest, Tie::Up), five),
        rounding(rule(5, Direction::Up, Tie::Up), five),
        rounding(rule(5, Direction::Nearest, Tie::Down), five),
        rounding(five, rule(5, Direction::Down, Tie::Up)),
        account(Account::Safe, "1"),
        account(Account::Safe, "2"),
        account(Account::Drawer, "1"),
    ];
    let prints = all.map(|rules| of(Action::SetDrawerRules { rules: Box::new(rules) }));
    for (i, one) in prints.iter().enumerate() {
        assert!(prints[i + 1..].iter().all(|other| one.differs_in(other).is_some()), "number {i} is like another");
    }
}
