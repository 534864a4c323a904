//! Rules of accounts and books by hand: what an account holds for whom and until when, whose grant is ended, what
//! tenders come to, and what of trade stands in a session's books.
#![allow(clippy::unwrap_used)]

mod build;

use build::{LOCATION, TEA, run, run_at, sell, with_tea};
use onhand_engine::account::{
    self, AccountAsk, AccountKind, Accounts, Cause, Entry, HOLD, Measure, RedemptionAsk, Take, Way,
};
use onhand_engine::answer::Answer;
use onhand_engine::cash_rounding::Paid;
use onhand_engine::command::{
    Action, Channel, Command, Disposition, Said, SaleLine, Sell, Standing, Tender, TenderKind,
};
use onhand_engine::date::Date;
use onhand_engine::decide::Decision;
use onhand_engine::drawer::books::{Deposits, Flow};
use onhand_engine::drawer::report::{Count, Counted, Denomination};
use onhand_engine::drawer::trade::Part;
use onhand_engine::drawer::{Ask, Happening};
use onhand_engine::event::Event;
use onhand_engine::ids::{AccountId, CommandId, Label, LocationId, OrderId, Seq, SessionNo, TillNo};
use onhand_engine::layaway::Happening as Layaway;
use onhand_engine::money::{Currency, Minor};
use onhand_engine::payment::settlement::Mismatch;
use onhand_engine::qty::Qty;
use onhand_engine::refusal::Refusal;
use onhand_engine::returns::{KnownSale, Portion, SaleRef, TakeBack, What, grant_first};
use onhand_engine::tax::{PriceBasis, TaxRounding};
use onhand_engine::time::Timestamp;
use onhand_engine::world::PlaceState;
use std::collections::BTreeSet;

const ACCOUNT: AccountId = AccountId(7);
const NOW: Timestamp = Timestamp(1_000);

fn take(kind: AccountKind, way: Way) -> Take {
    let measure = if kind.is_of_uses() { Measure::Uses } else { Measure::Money(Currency::EUR) };
    let (account, amount, limit) = (ACCOUNT, Minor(1), Minor(1));
    Take { account, kind, measure, amount, worth: amount, by_code: true, by_customer: false, way, limit }
}

fn hold(sale: u128, take: Take) -> AccountAsk {
    AccountAsk::Hold { take, sale: CommandId(sale), at: LOCATION, fact: false }
}

fn ask(accounts: &mut Accounts, ask: &AccountAsk) -> Result<Entry, Refusal> {
    match account::decide(accounts, ACCOUNT, ask, NOW)? {
        Decision::Happens(Event::Account { account, entry }) => {
            accounts.apply(account, &entry);
            Ok(entry)
        }
        other => panic!("{other:?}"),
    }
}

/// Whoever comes after a holder that is gone finds what is held, for which sale, and when to ask after it.
#[test]
fn what_is_held_is_known_with_its_sale_and_deadline() {
    let mut accounts = Accounts::default();
    let (kind, measure) = (AccountKind::GiftCard, Measure::Money(Currency::EUR));
    let entry =
        ask(&mut accounts, &AccountAsk::Issue { kind, measure, amount: Minor(9), expires: None, owner: None }).unwrap();
    assert_eq!(entry.hold(), None);
    assert_eq!(accounts.holds().count(), 0);
    let entry = ask(&mut accounts, &hold(31, take(kind, Way::Out))).unwrap();
    let (sale, held) = entry.hold().unwrap();
    assert_eq!((sale, held.amount, held.deadline), (CommandId(31), Minor(1), NOW.plus(HOLD)));
    ask(&mut accounts, &hold(32, take(kind, Way::In))).unwrap();
    let found: Vec<_> = accounts.holds().collect();
    let until = NOW.plus(HOLD);
    assert_eq!(found, [(ACCOUNT, CommandId(31), until), (ACCOUNT, CommandId(32), until)]);
    let mut coupons = Accounts::default();
    let entry = ask(&mut coupons, &hold(33, take(AccountKind::Coupon, Way::Out))).unwrap();
    assert_eq!(entry.hold().map(|(sale, hold)| (sale, hold.amount)), Some((CommandId(33), Minor(1))));
}

/// An account is opened once for the return that gets it; one that was there before is not opened.
#[test]
fn an_account_that_is_there_is_not_opened() {
    let mut accounts = Accounts::default();
    let kind = AccountKind::StoreCredit;
    ask(&mut accounts, &hold(31, take(kind, Way::Open))).unwrap();
    ask(&mut accounts, &hold(31, take(kind, Way::Open))).unwrap();
    let mut accounts = Accounts::default();
    let measure = Measure::Money(Currency::EUR);
    ask(&mut accounts, &AccountAsk::Issue { kind, measure, amount: Minor(9), expires: None, owner: None }).unwrap();
    ask(&mut accounts, &hold(31, take(kind, Way::In))).unwrap();
    let refused = ask(&mut accounts, &hold(31, take(kind, Way::Open)));
    assert_eq!(refused, Err(Refusal::IdReused { field: "the account's id" }));
}

/// The uses of a coupon by all and by one customer are counted apart, and no money is a use.
#[test]
fn uses_are_counted_by_whose_they_are() {
    let mut accounts = Accounts::default();
    let (by_all, by_one) = (take(AccountKind::Coupon, Way::Out), take(AccountKind::CustomerCoupon, Way::Out));
    let money = Measure::Money(Currency::EUR);
    ask(&mut accounts, &hold(31, by_one)).unwrap();
    assert_eq!(ask(&mut accounts, &hold(32, by_all)), Err(Refusal::WrongAccount { field: "type" }));
    ask(&mut accounts, &AccountAsk::Confirm { sale: CommandId(31), at: LOCATION }).unwrap();
    assert_eq!(ask(&mut accounts, &hold(32, by_one)), Err(Refusal::CouponUsedByCustomer));
    let mut accounts = Accounts::default();
    ask(&mut accounts, &hold(31, by_all)).unwrap();
    ask(&mut accounts, &AccountAsk::Confirm { sale: CommandId(31), at: LOCATION }).unwrap();
    assert_eq!(ask(&mut accounts, &hold(32, by_all)), Err(Refusal::CouponUsedUp));
    // An account of this kind that counts money has no uses to give.
    let mut accounts = Accounts::default();
    let (kind, amount) = (AccountKind::Coupon, Minor(9));
    ask(&mut accounts, &AccountAsk::Issue { kind, measure: money, amount, expires: None, owner: None }).unwrap();
    assert_eq!(ask(&mut accounts, &hold(31, by_all)), Err(Refusal::WrongAccount { field: "type" }));
}

#[test]
fn what_an_account_is_loaded_for_names_its_sale() {
    let sale = CommandId(31);
    let causes = [(Cause::Paid, None, "paid"), (Cause::Earned(sale), Some(sale), "earned")];
    for (cause, of, name) in causes.into_iter().chain([(Cause::Refund(sale), Some(sale), "refund")]) {
        assert_eq!((cause.sale(), cause.name()), (of, name));
    }
}

fn decided(place: &mut PlaceState, id: u128, action: Action) -> Decision {
    run_at(place, id, Channel::Till, action, NOW).unwrap()
}

fn known(units: i64) -> KnownSale {
    let lines = sell(&[(TEA, units)]).lines;
    let (of, tenders, takes) = (SaleRef { location: LOCATION, seq: Seq(5) }, vec![], vec![]);
    KnownSale {
        of,
        till: Some(TillNo(1)),
        lines,
        tenders,
        takes,
        payments: vec![],
        coupons: None,
        goods: None,
        time: NOW,
        late: None,
    }
}

fn back(units: i64) -> TakeBack {
    let what = What::Goods(Qty::units(units));
    let portions = vec![Portion { line: 0, what }];
    TakeBack { sale: known(9), portions, void: None, serials: vec![], granted: None }
}

fn returned(of: TakeBack, tenders: Vec<Tender>) -> Action {
    Action::Return {
        till: Some(TillNo(1)),
        currency: Currency::EUR,
        lines: vec![],
        said: Said::default(),
        disposition: Disposition::Resell,
        tenders,
        accounts: Box::default(),
        goods: None,
        of: Some(Box::new(of)),
        unreceipted: None,
    }
}

/// A grant is kept or undone by the place that it is for; an undoing that means an older one comes too late.
#[test]
fn a_grant_is_ended_by_whom_it_is_for() {
    let elsewhere = LocationId(2);
    let granted = || {
        let mut place = with_tea(9);
        let action = returned(back(1), vec![]);
        let command = Command { id: CommandId(31), location: LOCATION, channel: Channel::Till, action };
        let (_, ask) = grant_first(&command, None).unwrap();
        decided(&mut place, 2, Action::GrantReturn(Box::new(ask)));
        place
    };
    let sale = CommandId(31);
    let deadline = granted().store.grants[&sale].deadline;
    let already = Decision::Already(Answer::StepTaken);
    let keep = |at| Action::Redemption(RedemptionAsk::KeepGrant { sale, at });
    let undo = |at, deadline| Action::Redemption(RedemptionAsk::UndoGrant { sale, at, deadline });
    let older = Timestamp(deadline.0 - 1);
    for not_meant in
        [keep(elsewhere), undo(elsewhere, None), undo(elsewhere, Some(deadline)), undo(LOCATION, Some(older))]
    {
        let mut place = granted();
        assert_eq!(decided(&mut place, 3, not_meant.clone()), already, "{not_meant:?}");
        assert!(place.store.grants.contains_key(&sale), "{not_meant:?}");
        assert!(!place.store.given_back(Seq(5)).is_empty());
    }
    for (meant, is_back) in
        [(keep(LOCATION), true), (undo(LOCATION, None), false), (undo(LOCATION, Some(deadline)), false)]
    {
        let mut place = granted();
        assert!(matches!(decided(&mut place, 3, meant.clone()), Decision::Happens(_)), "{meant:?}");
        assert!(place.store.grants.is_empty(), "{meant:?}");
        assert_eq!(!place.store.given_back(Seq(5)).is_empty(), is_back, "{meant:?}");
    }
}

fn tender(kind: TenderKind, amount: i64) -> Tender {
    Tender { kind, amount: Minor(amount) }
}

/// Rounding is no money: what was paid is apart from it.
#[test]
fn tenders_come_to_cash_change_other_money_and_rounding() {
    let paid = Paid::of(&[
        tender(TenderKind::Cash, 1_000),
        tender(TenderKind::Cash, 500),
        tender(TenderKind::Cash, -300),
        tender(TenderKind::Card, 250),
        tender(TenderKind::Voucher, 50),
        tender(TenderKind::CashRounding, 2),
    ]);
    let expected = Paid { cash: Minor(1_500), change: Minor(300), other: Minor(300), rounding: Minor(2) };
    assert_eq!(paid, expected);
    assert_eq!((paid.money(), paid.total()), (Minor(1_500), Minor(1_502)));
}

fn drawer(place: &mut PlaceState, ask: Ask) -> Result<Event, Refusal> {
    run(place, 2, Channel::Till, Action::Drawer { till: TillNo(1), ask })
}

fn opened() -> PlaceState {
    let mut place = with_tea(99);
    let business_day = Date::parse("2026-01-31").unwrap();
    drawer(
        &mut place,
        Ask::Open { business_day: business_day.into(), float: Minor(0), basis: PriceBasis::TaxInclusive },
    )
    .unwrap();
    place
}

/// What was sold in a session, and late for another, with tax; what came back is apart from it.
#[test]
fn a_z_tells_what_was_sold_with_what_came_late() {
    let mut place = opened();
    let sale = |units, session: Option<u32>| {
        let standing = if session.is_some() { Standing::Fact } else { Standing::Request };
        Action::Sell(Sell { till: Some(TillNo(1)), standing, session: session.map(SessionNo), ..sell(&[(TEA, units)]) })
    };
    run(&mut place, 10, Channel::Till, sale(2, None)).unwrap();
    drawer(&mut place, Ask::Close { session: None, counts: vec![], pending: 1 }).unwrap();
    let business_day = Date::parse("2026-02-01").unwrap();
    drawer(
        &mut place,
        Ask::Open { business_day: business_day.into(), float: Minor(0), basis: PriceBasis::TaxInclusive },
    )
    .unwrap();
    run(&mut place, 11, Channel::Till, sale(3, None)).unwrap();
    run(&mut place, 12, Channel::Till, sale(4, Some(1))).unwrap();
    run(&mut place, 13, Channel::Till, returned(back(1), vec![tender(TenderKind::Cash, 100)])).unwrap();
    let closed = drawer(&mut place, Ask::Close { session: None, counts: vec![], pending: 0 }).unwrap();
    let Event::Drawer { happening: Happening::SessionClosed { z, .. }, .. } = closed else { panic!("a Z") };
    assert_eq!((z.books.gross_sold(), z.gross_sold()), (Minor(300), Minor(700)));
    assert_eq!(z.books.gross_returned(), Minor(100));
}

/// A count names at most so many pieces.
#[test]
fn a_count_has_at_most_so_many_lines() {
    let count = |lines: usize| {
        let pieces = vec![Denomination { value: Minor(5), pieces: 1 }; lines];
        let counts = vec![Count { kind: TenderKind::Cash, counted: Counted::Pieces(pieces), reason: None }];
        drawer(&mut opened(), Ask::Close { session: None, counts, pending: 0 }).map(drop)
    };
    let max = (1..).find(|lines| count(lines + 1).is_err()).unwrap();
    assert_eq!(
        count(max + 1),
        Err(Refusal::TooManyLines { max }),
        "the number that it names is the number there may be"
    );
}

/// A word on the wire stands for one thing.
#[test]
fn words_on_the_wire_differ() {
    let mismatches: BTreeSet<&str> = Mismatch::ALL.iter().map(|one| one.name()).collect();
    assert_eq!(mismatches.len(), Mismatch::ALL.len());
    assert_eq!([PriceBasis::TaxInclusive.name(), PriceBasis::TaxExclusive.name()], ["inclusive", "exclusive"]);
    assert_eq!([TaxRounding::Line.name(), TaxRounding::Document.name()], ["line", "document"]);
}

/// What goods had cost, of those that were sold and those that came back; money that went back alone is no goods, and
/// where nobody knows the cost, that is counted instead.
#[test]
fn a_z_tells_what_goods_had_cost() {
    let mut place = opened();
    let sale = |cost: Option<i64>| {
        let lines = sell(&[(TEA, 9)]).lines;
        let lines = lines.into_iter().map(|line| SaleLine { unit_cost: cost.map(Minor), ..line }).collect();
        Action::Sell(Sell { till: Some(TillNo(1)), lines, ..sell(&[]) })
    };
    run(&mut place, 10, Channel::Till, sale(Some(60))).unwrap();
    run(&mut place, 11, Channel::Till, sale(None)).unwrap();
    let costing = |cost: Option<i64>, what| {
        let mut of = TakeBack { portions: vec![Portion { line: 0, what }], ..back(1) };
        of.sale.of.seq = Seq(if cost.is_some() { 5 } else { 6 });
        of.sale.lines[0].unit_cost = cost.map(Minor);
        returned(of, vec![])
    };
    let (goods, money) = (What::Goods(Qty::units(2)), What::Money(Minor(30)));
    run(&mut place, 12, Channel::Till, costing(Some(60), goods)).unwrap();
    run(&mut place, 13, Channel::Till, costing(None, money)).unwrap();
    let z = |place: &PlaceState| {
        let ask = Ask::Close { session: None, counts: vec![], pending: 0 };
        let Event::Drawer { happening: Happening::SessionClosed { z, journal }, .. } =
            drawer(&mut place.clone(), ask).unwrap()
        else {
            panic!("a Z")
        };
        let of_costs = journal.iter().filter(|line| line.is_of_costs());
        let of_costs: Vec<(i64, u64)> = of_costs.map(|line| (line.amount.0, line.unknown_lines)).collect();
        assert!(journal.iter().any(|line| !line.is_of_costs()));
        (z.books.costs, of_costs)
    };
    let (costs, journal) = z(&place);
    assert_eq!((costs.sold, costs.back()), (Minor(540), Minor(120)));
    assert_eq!((costs.sold_unknown, costs.returned_unknown), (1, 0));
    assert_eq!(journal, [(540, 0), (-540, 0), (120, 0), (-120, 0), (0, 1)]);
    run(&mut place, 14, Channel::Till, costing(None, goods)).unwrap();
    let (costs, journal) = z(&place);
    assert_eq!((costs.sold_unknown, costs.returned_unknown, costs.unknown()), (1, 1, 2));
    assert_eq!(journal.last(), Some(&(0, 2)));
}

/// What events come to part by part, as reports add them up, is what stands in the books of their session.
#[test]
fn the_parts_of_events_are_what_the_books_say() {
    let mut place = opened();
    let till = Some(TillNo(1));
    let cash = |amount| vec![tender(TenderKind::Cash, amount)];
    let sold = Sell { till, tenders: cash(900), ..sell(&[(TEA, 9)]) };
    let out = Sell {
        till,
        tenders: vec![tender(TenderKind::Cash, 500), tender(TenderKind::Cash, -300)],
        ..sell(&[(TEA, 4)])
    };
    let in_exchange = |sell: Sell, units| {
        let of = KnownSale { tenders: cash(900), ..known(9) };
        let back = Box::new(TakeBack { sale: of, ..back(units) });
        Action::Exchange { back, disposition: Disposition::Damaged, sell: Box::new(sell) }
    };
    let actions = [
        Action::Sell(sold),
        returned(back(1), cash(100)),
        in_exchange(out, 2),
        in_exchange(Sell { till, tenders: cash(-200), ..sell(&[(TEA, 1)]) }, 3),
    ];
    let (mut sold, mut came_back, mut flow) = (Minor::ZERO, Minor::ZERO, Flow::default());
    for (id, action) in (10_u128..).zip(actions) {
        let event = run(&mut place, id, Channel::Till, action).unwrap();
        event.each_part(PriceBasis::TaxInclusive, &mut |part| match part {
            Part::Sold { line, .. } => sold = sold.plus(line.taxed.gross()),
            Part::CameBack { line, .. } => came_back = came_back.plus(line.taxed.gross()),
            Part::Moved { kind: TenderKind::Cash, flow: one } => {
                flow.taken = flow.taken.plus(one.taken);
                flow.change = flow.change.plus(one.change);
                flow.refunded = flow.refunded.plus(one.refunded);
            }
            other => panic!("{other:?}"),
        });
    }
    let expected = Flow { taken: Minor(1_400), change: Minor(300), refunded: Minor(300) };
    assert_eq!((sold, came_back, flow), (Minor(1_400), Minor(600), expected));
    let ask = Ask::Close { session: None, counts: vec![], pending: 0 };
    let Event::Drawer { happening: Happening::SessionClosed { z, .. }, .. } = drawer(&mut place, ask).unwrap() else {
        panic!("a Z")
    };
    assert_eq!((z.books.gross_sold(), z.books.gross_returned()), (sold, came_back));
    assert_eq!(z.books.tenders[TenderKind::Cash.index()], flow);
}

/// Deposits stand in the books as what was taken, given back and kept; where no fee is kept, nothing is.
#[test]
fn deposits_are_counted_as_they_move() {
    let paid = vec![tender(TenderKind::Cash, 500), tender(TenderKind::Card, 700)];
    let deposited = Layaway::Deposited { tenders: paid.clone(), deposits: Minor(1_200), left: Minor(0) };
    let cancelled = |kept, tenders: &[Tender]| {
        let (goods, tenders, reason) = (vec![], tenders.to_vec(), Label::new("moved").unwrap());
        Layaway::Cancelled { goods, tenders, kept: Minor(kept), reason }
    };
    let mut books = Deposits::default();
    let cash = |books: &Deposits| (books.net(TenderKind::Cash).0, books.net(TenderKind::Card).0);
    books.add(&deposited);
    assert_eq!((cash(&books), books.kept.count), ((500, 700), 0));
    books.add(&cancelled(0, &[tender(TenderKind::Cash, 200)]));
    assert_eq!((cash(&books), books.kept.count, books.kept.amount), ((300, 700), 0, Minor(0)));
    books.add(&cancelled(150, &[tender(TenderKind::Card, 550)]));
    assert_eq!((cash(&books), books.kept.count, books.kept.amount), ((300, 150), 1, Minor(150)));
    // Reports are told the same, one way or the other.
    let told = |happening: Layaway| {
        let layaway = OrderId::new("L-1").unwrap();
        let mut told = vec![];
        let event = Event::Layaway { till: TillNo(1), layaway, happening: Box::new(happening) };
        event.each_part(PriceBasis::TaxInclusive, &mut |part| match part {
            Part::Deposited(tender) => told.push((tender.kind, tender.amount.0)),
            Part::DepositBack(tender) => told.push((tender.kind, -tender.amount.0)),
            other => panic!("{other:?}"),
        });
        told
    };
    assert_eq!(told(deposited), [(TenderKind::Cash, 500), (TenderKind::Card, 700)]);
    assert_eq!(told(cancelled(150, &[tender(TenderKind::Card, 550)])), [(TenderKind::Card, -550)]);
}
