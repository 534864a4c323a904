//! What limits returns without a receipt, as tables: what is set, what was given that day, and what one more gets.
#![allow(clippy::unwrap_used, dead_code)]

mod build;

use build::{LOCATION, TEA, sale_line, sell};
use onhand_engine::account::{AccountKind, Measure, Take, Way};
use onhand_engine::chain::Chain;
use onhand_engine::command::{Action, Channel, Command, Disposition, Said, Sell, Standing, Tender, TenderKind};
use onhand_engine::date::Date;
use onhand_engine::decide::{Decision, decide};
use onhand_engine::event::{Event, Record};
use onhand_engine::fingerprint::Fingerprint;
use onhand_engine::goods::{Goods, Terms, Traced, Under};
use onhand_engine::ids::{AccountId, Code, CommandId, Label, LocationId, UserCode};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::people::{By, Capabilities, Capability, Limits as RoleLimits, UserNo};
use onhand_engine::refusal::Refusal;
use onhand_engine::returns::unreceipted::{Asked, Limits, Most, OverLimit, PerCustomer};
use onhand_engine::time::Timestamp;
use onhand_engine::world::PlaceState;
use std::sync::Arc;

fn label(text: &str) -> Label {
    Label::new(text).unwrap()
}

/// One return of so much: an item of 1.00 at a time.
fn asked(euros: i64, on: u32, limits: Limits, customer: Option<&str>, standing: Standing) -> Command {
    let unreceipted = Asked {
        standing,
        customer: customer.map(label),
        day: Date::numbered(on).unwrap(),
        limits,
        counted: Box::default(),
        closed: vec![],
    };
    let action = Action::Return {
        till: None,
        currency: Currency::EUR,
        lines: vec![sale_line(TEA, euros)],
        said: Said::default(),
        disposition: Disposition::Resell,
        tenders: vec![],
        accounts: Box::default(),
        of: None,
        goods: None,
        unreceipted: Some(Box::new(unreceipted)),
    };
    Command { id: CommandId(1), location: LOCATION, channel: Channel::Till, action }
}

/// Decides it, and folds it in where it happens.
fn run(place: &mut PlaceState, command: &Command) -> Result<Event, Refusal> {
    let now = Timestamp(1);
    let Decision::Happens(event) = decide(place, command, now)? else { panic!() };
    let fingerprint = Fingerprint::of(command);
    let by = By::default();
    let record = Record { time: now, command: command.id, fingerprint, location: LOCATION, by, event };
    place.apply(&record);
    Ok(record.event)
}

fn euros(amount: i64) -> Option<Minor> {
    Some(Minor(amount * 100))
}

#[test]
fn what_is_over_a_limit_is_refused_and_counts_for_nothing() {
    let one = Limits { amount_max: euros(50), ..Limits::default() };
    let money = Limits { per_day: Most { amount: euros(80), returns: None }, ..Limits::default() };
    let often = Limits { per_day: Most { amount: None, returns: Some(2) }, ..Limits::default() };
    let most = Most { amount: euros(10), returns: Some(1) };
    let named = Limits { per_customer: Some(PerCustomer { days: 30, most }), ..Limits::default() };
    let both = Limits { amount_max: euros(50), ..often };
    let (today, tomorrow) = (20_260_331, 20_260_401);
    for (limits, steps) in [
        (Limits::default(), &[(900, today, None, 0), (900, today, None, 0)][..]),
        (one, &[(50, today, None, 0), (51, today, None, 3102), (50, today, None, 0)]),
        (money, &[(50, today, None, 0), (31, today, None, 3103), (30, today, None, 0), (1, today, None, 3103)]),
        (money, &[(80, today, None, 0), (1, today, None, 3103), (80, tomorrow, None, 0), (1, tomorrow, None, 3103)]),
        (often, &[(9, today, None, 0), (9, today, None, 0), (1, today, None, 3104), (1, tomorrow, None, 0)]),
        (often, &[(9, today, None, 0), (9, tomorrow, None, 0), (9, tomorrow, None, 0), (1, tomorrow, None, 3104)]),
        (both, &[(51, today, None, 3102), (9, today, None, 0), (9, today, None, 0), (9, today, None, 3104)]),
        // What a customer got is known by the customer's accounts; here it is only asked who it is.
        (named, &[(9, today, None, 3105), (99, today, Some("ann"), 0)]),
    ] {
        let mut place = PlaceState::default();
        for (no, (amount, on, customer, expected)) in steps.iter().enumerate() {
            let before = place.clone();
            let found = run(&mut place, &asked(*amount, *on, limits, *customer, Standing::Request));
            let number = found.err().map_or(0, |refusal| refusal.number());
            assert_eq!(number, *expected, "{limits:?}: step {no} of {steps:?}");
            assert!(number == 0 || place == before, "a refusal changes nothing");
        }
    }
}

#[test]
fn what_has_happened_is_recorded_with_what_it_was_over() {
    let per_day = Most { amount: euros(10), returns: Some(1) };
    let per_customer = Some(PerCustomer { days: 30, most: Most::default() });
    let limits = Limits { amount_max: euros(20), per_day, per_customer, can_be_lifted: false };
    let mut place = PlaceState::default();
    let first = run(&mut place, &asked(10, 20_260_331, limits, Some("ann"), Standing::Request)).unwrap();
    let mut late = asked(30, 20_260_331, limits, None, Standing::Fact);
    // Tenders that do not add up are a fact, too.
    if let Action::Return { tenders, .. } = &mut late.action {
        *tenders = vec![Tender { kind: TenderKind::Cash, amount: Minor(1) }];
    }
    let event = run(&mut place, &late).unwrap();
    assert!(event.is_exceptional());
    let Event::GoodsReturned(asked_for) = &first else { panic!() };
    assert!(!first.is_exceptional() && !asked_for.has_happened(), "a request is none");
    let Event::GoodsReturned(back) = &event else { panic!() };
    assert!(back.has_happened());
    let told = back.goods.as_ref().unwrap().exceptions.iter();
    let told: Vec<_> = told.map(|one| (one.number, one.amounts.map(|two| (two.said.0, two.own.0)))).collect();
    assert_eq!(told, [(3102, Some((3_000, 2_000))), (3103, Some((4_000, 1_000))), (3104, None), (3105, None)]);
    let of_day = place.store.returns_of_day.unwrap();
    assert_eq!((of_day.returns, of_day.amount), (2, Minor(4_000)), "it counts all the same");
    // One that comes late for a day that is over counts for nothing any more.
    run(&mut place, &asked(5, 20_260_330, limits, None, Standing::Fact)).unwrap();
    assert_eq!(place.store.returns_of_day, Some(of_day));
}

/// What has happened stands without an account that takes nothing in; what is asked for does not.
#[test]
fn an_account_that_is_closed_is_an_exception_of_what_has_happened() {
    let to = |account: u128, amount: i64| {
        let (kind, measure, amount) = (AccountKind::StoreCredit, Measure::Money(Currency::EUR), Minor(amount));
        let (account, way, limit) = (AccountId(account), Way::In, Minor::ZERO);
        Take { account, kind, measure, amount, worth: amount, by_code: false, by_customer: false, way, limit }
    };
    let refusals = [
        (Refusal::AccountDisabled, true),
        (Refusal::AccountExpired, true),
        (Refusal::UnknownAccount, true),
        (Refusal::WrongAccount { field: "currency" }, true),
        (Refusal::IdReused { field: "location" }, false),
        (Refusal::DiskFull, false),
    ];
    for (why, is_closed) in refusals {
        for standing in [Standing::Request, Standing::Fact] {
            let mut command = asked(30, 20_260_331, Limits::default(), None, standing);
            let Action::Return { accounts, tenders, unreceipted: Some(asked), .. } = &mut command.action else {
                panic!()
            };
            *accounts = [to(7, 2_000), to(8, 1_000)].into();
            *tenders = vec![Tender { kind: TenderKind::StoreCredit, amount: Minor(3_000) }];
            assert_eq!(asked.goes_without(AccountId(7), &why), is_closed && standing == Standing::Fact, "{why:?}");
            let before = Fingerprint::of(&command);
            let event = run(&mut PlaceState::default(), &command).unwrap();
            assert_eq!(Fingerprint::of(&command), before, "it is the same command when it comes again");
            let Event::GoodsReturned(back) = &event else { panic!() };
            let exceptions = back.goods.as_ref().map_or(vec![], |goods| goods.exceptions.clone());
            let told: Vec<_> = exceptions.iter().map(|one| (one.number, one.amounts.unwrap().said)).collect();
            let taken: Vec<_> = back.redemption.as_ref().unwrap().takes.iter().map(|take| take.amount.0).collect();
            if is_closed && standing == Standing::Fact {
                assert_eq!((told, taken), (vec![(why.number(), Minor(2_000))], vec![0, 1_000]));
            } else {
                assert_eq!((told, taken), (vec![], vec![2_000, 1_000]));
            }
        }
    }
}

/// Ann returns; Max has the right; Eve may approve and has not.
fn people() -> Chain {
    let mut chain = Chain::default();
    let mut happens = |action: Action| {
        let event = chain.people.decide(&action).unwrap();
        chain.apply(&event, Timestamp(1));
    };
    use Capability::{Approve, LiftReturnLimits, Return};
    for (name, rights) in [
        ("ann", &[Return][..]),
        ("max", &[Return, Approve, LiftReturnLimits]),
        ("eve", &[Return, Approve]),
        ("bob", &[Return, LiftReturnLimits]),
    ] {
        let (role, capabilities, limits) = (label(name), Capabilities::of(rights), RoleLimits::default());
        happens(Action::DefineRole { role: role.clone(), capabilities, limits });
        happens(Action::DefineUser { code: UserCode::new(name).unwrap(), name: name.into(), roles: vec![role] });
    }
    chain
}

#[test]
fn who_may_lifts_a_limit_where_it_can_be_lifted() {
    let chain = people();
    let no = |name: &str| -> Option<UserNo> {
        (!name.is_empty()).then(|| chain.people.user_by_code(&UserCode::new(name).unwrap()).unwrap().no)
    };
    let limits = Limits { amount_max: euros(20), can_be_lifted: true, ..Limits::default() };
    for (user, approver, expected) in [
        ("", "", 3102),
        ("ann", "", 3102),
        ("ann", "eve", 4013),
        ("ann", "bob", 4013),
        ("ann", "max", 0),
        ("max", "", 0),
        ("bob", "", 0),
        ("eve", "eve", 4013),
    ] {
        let by = By { device: None, user: no(user), approver: no(approver) };
        let check = |event: &Event| chain.people.check_lifted(by, event).err().map_or(0, |why| why.number());
        let mut place = PlaceState::default();
        let large = run(&mut place, &asked(21, 20_260_331, limits, None, Standing::Request)).unwrap();
        assert_eq!(check(&large), expected, "{user} {approver}");
        let Event::GoodsReturned(back) = &large else { panic!() };
        let over = OverLimit::Amount { amount: Minor(2_100), max: Minor(2_000) };
        assert_eq!(back.unreceipted.as_ref().unwrap().lifted, [over], "the record says what was lifted");
        let small = run(&mut place, &asked(20, 20_260_331, limits, None, Standing::Request)).unwrap();
        assert_eq!(check(&small), 0, "{user} {approver}");
    }
}

/// The accounts that count a customer's returns hold their part as those of coupons do.
#[test]
fn what_a_customer_got_is_held_by_accounts() {
    use onhand_engine::account::{AccountAsk, decide};
    let take = |kind, amount, limit| Take {
        account: AccountId(7),
        kind,
        measure: Measure::Uses,
        amount: Minor(amount),
        worth: Minor::ZERO,
        by_code: false,
        by_customer: false,
        way: Way::Out,
        limit: Minor(limit),
    };
    for (take, fact, expected) in [
        (take(AccountKind::CustomerReturns, 1, 1), false, 0),
        (take(AccountKind::CustomerReturns, 1, 0), false, 3107),
        (take(AccountKind::CustomerReturns, 1, 0), true, 0),
        (take(AccountKind::CustomerRefunds, 500, 500), false, 0),
        (take(AccountKind::CustomerRefunds, 501, 500), false, 3106),
        (take(AccountKind::CustomerRefunds, 501, 500), true, 0),
    ] {
        let ask = AccountAsk::Hold { take, sale: CommandId(1), at: LOCATION, fact };
        let found = decide(&PlaceState::default().store.accounts, AccountId(7), &ask, Timestamp(1));
        assert_eq!(found.err().map_or(0, |why| why.number()), expected, "{take:?}");
    }
}

#[test]
fn limits_are_set_per_location_and_for_all_others() {
    let mut chain = Chain::default();
    let some = Limits { amount_max: euros(20), ..Limits::default() };
    let set = |at, limits| Action::SetReturnLimits { at, limits };
    assert_eq!(chain.decide(&set(LocationId(1), Some(some))).unwrap_err(), Refusal::UnknownLocation);
    for limits in [Some(some), None] {
        let event = chain.decide(&set(LocationId::CHAIN, limits)).unwrap();
        chain.apply(&event, Timestamp(1));
        assert_eq!(chain.return_limits().get(&LocationId::CHAIN).copied(), limits);
    }
}

/// The field of the request that is over a limit, for whoever asked.
#[test]
fn what_is_over_names_its_field() {
    let (amount, max, left) = (Minor(2), Minor(1), Minor(1));
    for (over, number, field) in [
        (OverLimit::Amount { amount, max }, 3102, "lines"),
        (OverLimit::DayAmount { amount, max }, 3103, "lines"),
        (OverLimit::DayReturns { max: 1 }, 3104, "lines"),
        (OverLimit::NoCustomer, 3105, "customer"),
        (OverLimit::CustomerAmount { left }, 3106, "customer"),
        (OverLimit::CustomerReturns, 3107, "customer"),
    ] {
        assert_eq!((over.number(), over.field()), (number, field), "{over:?}");
    }
}

/// Of a return that has not happened and names nobody, there is nothing to say beside its lines.
#[test]
fn what_is_asked_says_something_or_nothing() {
    for (customer, standing, expected) in [
        (None, Standing::Request, false),
        (Some("ann"), Standing::Request, true),
        (None, Standing::Fact, true),
        (Some("ann"), Standing::Fact, true),
    ] {
        let command = asked(1, 20_260_331, Limits::default(), customer, standing);
        let Action::Return { unreceipted: Some(said), .. } = command.action else { panic!() };
        assert_eq!(said.says_something(), expected, "{customer:?} {standing:?}");
    }
}

/// A piece comes back without a receipt where it was sold. What has happened is recorded, and says which was not.
#[test]
fn a_piece_that_was_not_sold_here_comes_back_as_an_exception() {
    let serials = Arc::new(Terms { serials: true, ..Terms::default() });
    let pieces = |numbers: &[&str]| {
        let under = vec![Under { line: 0, sku: TEA, terms: serials.clone() }];
        let serials = numbers.iter().map(|number| Code::new(number).unwrap()).collect();
        let traced = vec![Traced { serials, ..Traced::default() }];
        Goods { under, traced, ..Goods::default() }.boxed()
    };
    let mut place = PlaceState::default();
    let sold = Sell { standing: Standing::Fact, goods: pieces(&["A1", "A2", "A3"]), ..sell(&[(TEA, 3)]) };
    run(
        &mut place,
        &Command { action: Action::Sell(sold), ..asked(1, 20_260_331, Limits::default(), None, Standing::Fact) },
    )
    .unwrap();
    for (numbers, standing, refused, exceptions) in [
        (&["B1"][..], Standing::Request, 2038, &[][..]),
        (&["A1", "A2"], Standing::Request, 2036, &[]),
        (&["A1"], Standing::Request, 0, &[]),
        (&["A1"], Standing::Request, 2038, &[]),
        (&["A2"], Standing::Fact, 0, &[]),
        (&["A2"], Standing::Fact, 0, &[2038]),
        (&[], Standing::Fact, 0, &[2036]),
        (&["A3", "B1"], Standing::Fact, 0, &[2036]),
    ] {
        let mut command = asked(1, 20_260_331, Limits::default(), None, standing);
        let Action::Return { goods, .. } = &mut command.action else { panic!() };
        *goods = pieces(numbers);
        let found = run(&mut place, &command);
        assert_eq!(found.as_ref().err().map_or(0, |why| why.number()), refused, "{numbers:?} {standing:?}");
        let Ok(Event::GoodsReturned(back)) = found else { continue };
        let told = back.goods.iter().flat_map(|goods| &goods.exceptions).map(|one| (one.line, one.sku, one.number));
        assert!(told.eq(exceptions.iter().map(|number| (0, TEA, *number))), "{numbers:?} {standing:?}: {back:?}");
    }
}

/// What counts for the day is part of the state, and so is which day it is.
#[test]
fn another_day_is_another_hash() {
    let hash = |on, customer| {
        let mut place = PlaceState::default();
        run(&mut place, &asked(5, on, Limits::default(), customer, Standing::Fact)).unwrap();
        let mut bytes = Vec::new();
        place.digest(LOCATION, &mut |part| bytes.extend_from_slice(part));
        bytes
    };
    assert_ne!(hash(20_260_331, None), hash(20_260_401, None));
    assert_eq!(hash(20_260_331, None), hash(20_260_331, Some("ann")), "whose it is stands in the record");
}
