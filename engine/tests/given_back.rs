//! What a sale gives back, by hand: what was granted and is undone leaves nothing behind; who has a part in a
//! return; what a part of a kit is worth; how many accounts get something.
#![allow(clippy::unwrap_used)]

mod build;

use build::{LOCATION, TEA, line, run, sale_line, sell, with_tea};
use onhand_engine::account::{AccountKind, Measure, Redemption, TAKES_MAX, Take, Way};
use onhand_engine::command::{
    Action, Channel, Command, Disposition, Said, SaleLine, Sell, SkuQty, Standing, Tender, TenderKind,
};
use onhand_engine::date::Date;
use onhand_engine::event::{Event, Record};
use onhand_engine::fingerprint::Fingerprint;
use onhand_engine::goods::{Kit, Part, Piece, SoldGoods};
use onhand_engine::ids::{AccountId, Code, CommandId, LocationId, Seq, SkuId};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::people::By;
use onhand_engine::qty::Qty;
use onhand_engine::refusal::Refusal;
use onhand_engine::returns::unreceipted::{Asked, Limits};
use onhand_engine::returns::{
    CouponsUsed, GivenBack, Grant, KnownSale, Payout, Portion, SaleRef, TakeBack, What, grant_first, grant_to,
    may_need_others, payout, takes,
};
use onhand_engine::tax::{RatePpm, Taxed};
use onhand_engine::time::Timestamp;
use proptest::prelude::*;

const ELSEWHERE: LocationId = LocationId(2);
const RADIO: SkuId = SkuId(1);
const CASE: SkuId = SkuId(2);
const STEREO: SkuId = SkuId(3);

fn tender(kind: TenderKind, amount: i64) -> Tender {
    Tender { kind, amount: Minor(amount) }
}

fn taken(account: u128, kind: AccountKind, amount: i64, way: Way) -> Take {
    let measure = Measure::Money(Currency::EUR);
    let (amount, worth, limit) = (Minor(amount), Minor(amount), Minor::ZERO);
    Take { account: AccountId(account), kind, measure, amount, worth, by_code: true, by_customer: false, way, limit }
}

fn known(lines: Vec<SaleLine>, tenders: Vec<Tender>) -> KnownSale {
    let of = SaleRef { location: LOCATION, seq: Seq(5) };
    let (takes, coupons, goods, time) = (vec![], None, None, Timestamp(1));
    KnownSale { of, till: None, lines, tenders, takes, payments: vec![], coupons, goods, time, late: None }
}

fn asked(sale: &KnownSale, portions: Vec<Portion>) -> TakeBack {
    TakeBack { sale: sale.clone(), portions, void: None, serials: vec![], granted: None }
}

fn units(line: u16, units: i64) -> Portion {
    Portion { line, what: What::Goods(Qty::units(units)) }
}

fn back(of: Option<TakeBack>, accounts: &[Take]) -> Action {
    Action::Return {
        till: None,
        currency: Currency::EUR,
        lines: vec![sale_line(TEA, 1)],
        said: Said::default(),
        disposition: Disposition::Resell,
        tenders: vec![],
        accounts: accounts.into(),
        goods: None,
        of: of.map(Box::new),
        unreceipted: None,
    }
}

/// The same of a customer whose returns without a receipt are counted.
fn counted(action: Action, by: &[Take]) -> Action {
    let Action::Return { till, currency, lines, said, disposition, tenders, accounts, goods, of, .. } = action else {
        panic!("a return")
    };
    let unreceipted = Some(Box::new(Asked {
        standing: Standing::Request,
        customer: None,
        day: Date::new(2026, 1, 31).unwrap(),
        limits: Limits::default(),
        counted: by.into(),
        closed: vec![],
    }));
    Action::Return { till, currency, lines, said, disposition, tenders, accounts, goods, of, unreceipted }
}

fn exchange(of: TakeBack, tenders: Vec<Tender>, takes: &[Take]) -> Action {
    let sell = Sell { tenders, takes: takes.into(), ..sell(&[(TEA, 1)]) };
    Action::Exchange { back: Box::new(of), disposition: Disposition::Resell, sell: Box::new(sell) }
}

fn of(action: Action) -> Command {
    Command { id: CommandId(9), location: LOCATION, channel: Channel::Till, action }
}

/// Two stereos of two radios with serial numbers and a case each, on the second line; tea on the first.
fn stereos(unit_cost: Option<Minor>) -> KnownSale {
    let part = |sku, qty, worth| Part { sku, qty: Qty::units(qty), worth: Minor(worth) };
    let parts = [part(RADIO, 2, 30), part(CASE, 1, 10)].into();
    let piece = |no: usize| Piece { line: 1, sku: RADIO, serial: Code::new(&format!("K{no}")).unwrap() };
    let taxed = Taxed { net: Minor(1_600), tax: Minor(320), rate: RatePpm(200_000) };
    let stereo = SaleLine { taxed, unit_price: Minor(960), unit_cost, ..sale_line(STEREO, 2) };
    let goods =
        SoldGoods { kits: vec![Kit { line: 1, parts }], pieces: (1..=4).map(piece).collect(), ..SoldGoods::default() };
    let tenders = vec![tender(TenderKind::GiftCard, 900), tender(TenderKind::Cash, 1_320)];
    let takes = vec![taken(7, AccountKind::GiftCard, 500, Way::Out), taken(8, AccountKind::GiftCard, 400, Way::Out)];
    let sale = known(vec![sale_line(TEA, 3), stereo], tenders);
    KnownSale { takes, goods: Some(Box::new(goods)), ..sale }
}

/// A part of the stereos comes back for its share of what they cost: 960 with tax are 360 for a radio and 240 for a
/// case. So does what the shop paid for them: 101 are 76 for two radios, and 25 for a case.
#[test]
fn a_part_of_a_kit_has_its_share_of_price_and_cost() {
    let sale = stereos(Some(Minor(101)));
    let one = |sku, qty: i64, serials: &[&str]| {
        let what = What::Part { sku, qty: Qty::units(qty) };
        let serials = serials.iter().map(|one| Code::new(one).unwrap()).collect();
        let asked = TakeBack { serials, ..asked(&sale, vec![Portion { line: 1, what }]) };
        GivenBack::default().grant(&asked, &Payout::default()).unwrap().lines[0]
    };
    let radios = one(RADIO, 2, &["K1", "K2"]);
    assert_eq!((radios.sku, radios.taxed.gross(), radios.unit_price), (RADIO, Minor(720), Minor(360)));
    assert_eq!(radios.unit_cost, Some(Minor(38)));
    let radio = one(RADIO, 1, &["K1"]);
    assert_eq!((radio.taxed.gross(), radio.unit_price, radio.unit_cost), (Minor(360), Minor(360), Some(Minor(38))));
    let case = one(CASE, 1, &[]);
    assert_eq!((case.taxed.gross(), case.unit_price, case.unit_cost), (Minor(240), Minor(240), Some(Minor(25))));
    // Whole kits have the price and the cost of the line.
    let whole = GivenBack::default().grant(&asked(&sale, vec![units(1, 2)]), &Payout::default()).unwrap().lines[0];
    assert_eq!((whole.unit_price, whole.unit_cost), (Minor(960), Some(Minor(101))));
    // Where nobody knows what a kit costs, nobody knows it of a part.
    let sale = stereos(None);
    let case = Portion { line: 1, what: What::Part { sku: CASE, qty: Qty::units(1) } };
    let case = GivenBack::default().grant(&asked(&sale, vec![case]), &Payout::default()).unwrap().lines[0];
    assert_eq!(case.unit_cost, None);
}

#[test]
fn a_known_sale_moved_the_parts_of_its_kits() {
    let mut moved: Vec<SkuQty> = vec![];
    stereos(None).each_moved(|line| moved.push(line));
    assert_eq!(moved, [line(TEA, 3), line(RADIO, 4), line(CASE, 2)]);
    moved.clear();
    known(vec![sale_line(TEA, 2), sale_line(CASE, 1)], vec![]).each_moved(|line| moved.push(line));
    assert_eq!(moved, [line(TEA, 2), line(CASE, 1)]);
}

/// What accounts paid can come back to them; a use of a coupon is apart from money, and what came in was no payment.
#[test]
fn only_what_paid_is_known_of_a_sale() {
    let mut place = with_tea(1);
    let Event::SaleRecorded(mut sale) = run(&mut place, 9, Channel::Till, Action::Sell(sell(&[(TEA, 1)]))).unwrap()
    else {
        panic!("a sale")
    };
    let card = taken(7, AccountKind::GiftCard, 60, Way::Out);
    let uses = Take { measure: Measure::Uses, ..taken(8, AccountKind::Coupon, 1, Way::Out) };
    let credit = taken(9, AccountKind::StoreCredit, 40, Way::In);
    let takes = vec![uses, card, credit];
    sale.redemption = Some(Box::new(Redemption { sale: CommandId(9), takes, granted_by: None }));
    let (fingerprint, by) = (Fingerprint::default(), By::default());
    let (time, command, event) = (Timestamp(4), CommandId(9), Event::SaleRecorded(sale));
    let record = Record { time, command, fingerprint, location: LOCATION, by, event };
    let known = KnownSale::of(Seq(5), &record).unwrap();
    assert_eq!(known.takes, [card]);
    assert_eq!(known.coupons.unwrap().uses, [uses]);
    assert_eq!((known.of, known.time), (SaleRef { location: LOCATION, seq: Seq(5) }, Timestamp(4)));
}

/// Nobody else has a part in what a location gives back of its own sale, unless accounts paid for it or get something.
#[test]
fn others_have_a_part_where_accounts_or_another_location_do() {
    let plain = known(vec![sale_line(TEA, 1)], vec![]);
    let by_card = KnownSale { takes: vec![taken(7, AccountKind::GiftCard, 100, Way::Out)], ..plain.clone() };
    let elsewhere = KnownSale { of: SaleRef { location: ELSEWHERE, seq: Seq(5) }, ..plain.clone() };
    let credit = [taken(9, AccountKind::StoreCredit, 100, Way::In)];
    let uses = |of: &[Take]| counted(back(None, &[]), of);
    for (action, expected) in [
        (back(None, &[]), false),
        (uses(&[]), false),
        (uses(&[taken(9, AccountKind::CustomerReturns, 1, Way::Out)]), true),
        (back(None, &credit), true),
        (back(Some(asked(&plain, vec![])), &[]), false),
        (back(Some(asked(&plain, vec![])), &credit), true),
        (back(Some(asked(&by_card, vec![])), &[]), true),
        (back(Some(asked(&elsewhere, vec![])), &[]), true),
        (exchange(asked(&plain, vec![]), vec![], &[]), false),
        (exchange(asked(&plain, vec![]), vec![], &credit), true),
        (exchange(asked(&by_card, vec![]), vec![], &[]), true),
        (exchange(asked(&elsewhere, vec![]), vec![], &[]), true),
        (Action::Sell(sell(&[(TEA, 1)])), false),
        (Action::Sell(Sell { takes: by_card.takes.clone().into(), ..sell(&[(TEA, 1)]) }), true),
        (Action::Receive { lines: vec![line(TEA, 1)], goods: None }, false),
    ] {
        assert_eq!(may_need_others(&of(action.clone())), expected, "{action:?}");
    }
}

/// What accounts are asked to hold for a command: what it names, and what was granted, unless that is worth nothing in
/// what the account counts.
#[test]
fn accounts_are_asked_for_what_was_named_or_granted() {
    let sale = known(vec![sale_line(TEA, 1)], vec![]);
    let (pays, gets) = (taken(7, AccountKind::GiftCard, 60, Way::Out), taken(8, AccountKind::StoreCredit, 40, Way::In));
    let less_than_a_point = Take { amount: Minor::ZERO, ..taken(9, AccountKind::Loyalty, 1, Way::In) };
    let credits = vec![gets, less_than_a_point];
    let grant = Grant { portions: vec![], lines: vec![], tenders: vec![], credits, pieces: vec![], refunds: vec![] };
    let granted = TakeBack { granted: Some(grant), ..asked(&sale, vec![]) };
    assert_eq!(takes(&back(None, &[gets])), [gets]);
    let counts = taken(6, AccountKind::CustomerReturns, 1, Way::Out);
    assert_eq!(takes(&counted(back(None, &[gets]), &[counts])), [gets, counts]);
    assert_eq!(takes(&back(Some(asked(&sale, vec![])), &[gets])), [], "not before it is granted");
    assert_eq!(takes(&back(Some(granted.clone()), &[])), [gets]);
    assert_eq!(takes(&exchange(granted, vec![], &[pays, gets])), [pays, gets]);
    assert_eq!(takes(&Action::Sell(Sell { takes: [pays].into(), ..sell(&[(TEA, 1)]) })), [pays]);
    assert_eq!(takes(&Action::Receive { lines: vec![], goods: None }), []);
}

/// Of an exchange only what is below zero goes out, and only accounts that get something are named.
#[test]
fn the_money_of_an_exchange_goes_out_above_what_is_bought() {
    let sale = known(vec![sale_line(TEA, 3)], vec![tender(TenderKind::Cash, 300)]);
    let pays = taken(7, AccountKind::GiftCard, 10, Way::Out);
    let (gets, opens) =
        (taken(8, AccountKind::StoreCredit, 40, Way::In), taken(9, AccountKind::StoreCredit, 40, Way::Open));
    let paid = vec![tender(TenderKind::Cash, -250), tender(TenderKind::Card, 50), tender(TenderKind::Voucher, 0)];
    let action = exchange(asked(&sale, vec![]), paid, &[pays, gets, opens]);
    let expected = Payout {
        tenders: vec![tender(TenderKind::Cash, 250)],
        accounts: [gets, opens].into(),
        against: Some(Minor(100)),
        rounding: None,
    };
    assert_eq!(payout(&action, None), expected);
    // Three teas of 100 come back against so much: what is above goes out, as it was paid where nobody says how.
    for (against, out) in [(99, 201), (299, 1), (300, 0), (301, 0)] {
        let payout = Payout { against: Some(Minor(against)), ..Payout::default() };
        assert_eq!(payout.settled(Minor(300)), Ok((Minor(out), vec![])), "against {against}");
        let grant = GivenBack::default().grant(&asked(&sale, vec![]), &payout).unwrap();
        let cash = (out > 0).then(|| tender(TenderKind::Cash, out));
        assert_eq!(grant.tenders, Vec::from_iter(cash), "against {against}");
    }
}

/// The same id for returns at two places gets one grant, and no return stands for a sale of elsewhere without one.
#[test]
fn a_grant_is_for_one_return() {
    let mut place = with_tea(9);
    let sale = known(vec![sale_line(TEA, 3)], vec![]);
    let (_, ask) = grant_first(&of(back(Some(asked(&sale, vec![units(0, 3)])), &[])), None).unwrap();
    let again = ask.clone();
    let from_elsewhere = onhand_engine::returns::GrantAsk { to: ELSEWHERE, ..ask.clone() };
    run(&mut place, 2, Channel::Till, Action::GrantReturn(Box::new(ask))).unwrap();
    let refused = run(&mut place, 3, Channel::Till, Action::GrantReturn(Box::new(from_elsewhere)));
    assert_eq!(refused, Err(Refusal::IdReused { field: "location" }));
    // Asked again it takes the place of what it had: all three are still there for it.
    run(&mut place, 4, Channel::Till, Action::GrantReturn(Box::new(again))).unwrap();
    let sold_elsewhere = KnownSale { of: SaleRef { location: ELSEWHERE, seq: Seq(5) }, ..sale };
    let mut command = of(back(Some(asked(&sold_elsewhere, vec![units(0, 1)])), &[]));
    assert_eq!(run(&mut place, 9, Channel::Till, command.action.clone()), Err(Refusal::SoldElsewhere));
    let grant = place.store.grants[&CommandId(9)].grant.clone();
    grant_to(&mut command, grant);
    assert!(run(&mut place, 9, Channel::Till, command.action).is_ok());
}

/// A means of payment that nothing went back by is not kept, so that what is undone leaves all as it was.
#[test]
fn what_came_to_nothing_is_not_kept() {
    let sale = known(vec![sale_line(TEA, 4)], vec![tender(TenderKind::Cash, 400)]);
    let of = |tenders: Vec<Tender>| Grant {
        tenders,
        ..GivenBack::default().grant(&asked(&sale, vec![units(0, 1)]), &Payout::default()).unwrap()
    };
    let (up, down) = (tender(TenderKind::CashRounding, 2), tender(TenderKind::CashRounding, -2));
    let mut given = GivenBack::default();
    given.take(&of(vec![tender(TenderKind::Cash, 100), tender(TenderKind::StoreCredit, 0)]));
    assert_eq!(given.tenders, [(TenderKind::Cash, Minor(100))].into());
    given.take(&of(vec![tender(TenderKind::Cash, 98), up]));
    given.take(&of(vec![tender(TenderKind::Cash, 102), down]));
    assert_eq!(given.tenders, [(TenderKind::Cash, Minor(300))].into());
    let before = given.clone();
    let undone = of(vec![tender(TenderKind::Cash, 98), up]);
    given.take(&undone);
    given.undo(&undone);
    assert_eq!(given, before);
}

/// The uses of coupons come back with the last of the goods that they were for, once, and with no money.
#[test]
fn uses_of_coupons_come_back_with_the_last_of_their_goods() {
    let used = |lines: &[u16]| {
        let use_of =
            |no| Take { measure: Measure::Uses, worth: Minor(9), ..taken(no, AccountKind::Coupon, 2, Way::Out) };
        let coupons = CouponsUsed { uses: vec![use_of(70), use_of(71)], lines: lines.to_vec() };
        let goods = stereos(None).goods.map(|goods| Box::new(SoldGoods { pieces: vec![], ..*goods }));
        KnownSale { coupons: Some(Box::new(coupons)), goods, ..stereos(None) }
    };
    let part = |sku, qty| Portion { line: 1, what: What::Part { sku, qty: Qty::units(qty) } };
    let money = |line| Portion { line, what: What::Money(Minor(1)) };
    // After each step, whether the uses come back with it.
    for (lines, steps) in [
        (&[0][..], vec![(units(0, 2), false), (units(1, 2), false), (units(0, 1), true)]),
        (&[0], vec![(money(0), false), (units(0, 3), true), (units(1, 2), false)]),
        (&[1], vec![(units(0, 3), false), (units(1, 1), false), (units(1, 1), true)]),
        (&[1], vec![(part(RADIO, 4), false), (part(CASE, 1), false), (part(CASE, 1), true), (units(0, 3), false)]),
        (&[1], vec![(units(1, 1), false), (part(CASE, 1), false), (part(RADIO, 2), true)]),
        (&[0, 1], vec![(units(0, 3), false), (units(1, 2), true)]),
        (&[0, 1], vec![(units(1, 2), false), (money(0), false), (units(0, 3), true)]),
    ] {
        let sale = used(lines);
        let mut given = GivenBack::default();
        for (portion, expected) in steps {
            let grant = given.grant(&asked(&sale, vec![portion]), &Payout::default()).unwrap();
            let uses: Vec<Take> = grant.credits.iter().filter(|take| take.kind.is_of_uses()).copied().collect();
            let came = |no| Take {
                measure: Measure::Uses,
                worth: Minor::ZERO,
                by_code: false,
                by_customer: false,
                ..taken(no, AccountKind::Coupon, 2, Way::In)
            };
            assert_eq!(uses, if expected { vec![came(70), came(71)] } else { vec![] }, "{lines:?} {portion:?}");
            // Undone and asked again it is the same.
            let before = given.clone();
            given.take(&grant);
            given.undo(&grant);
            assert_eq!(given, before);
            given.take(&grant);
        }
    }
}

/// Accounts that get something are at most so many, the ones that were named and the ones that paid together.
#[test]
fn so_many_accounts_get_something_and_no_more() {
    let paid_by = |count: u128| {
        let takes: Vec<Take> = (0..count).map(|no| taken(no, AccountKind::GiftCard, 10, Way::Out)).collect();
        let gross = i64::try_from(count).unwrap() * 10;
        let taxed = Taxed { net: Minor(gross), tax: Minor::ZERO, rate: RatePpm(0) };
        let lines = vec![SaleLine { taxed, ..sale_line(TEA, 1) }];
        KnownSale { takes, ..known(lines, vec![tender(TenderKind::GiftCard, gross)]) }
    };
    let most = u128::try_from(TAKES_MAX).unwrap();
    let credits = |count| GivenBack::default().grant(&asked(&paid_by(count), vec![]), &Payout::default());
    let all = credits(most).unwrap().credits;
    assert_eq!(all.len(), TAKES_MAX);
    assert!(all.iter().all(|take| take.way == Way::In && !take.by_code), "money comes in without a card's code");
    assert_eq!(credits(most + 1), Err(Refusal::TooManyLines { max: TAKES_MAX }));
}

/// Money that goes into an exchange is no refund: an account gets something only where money goes out.
#[test]
fn no_account_is_refunded_where_nothing_goes_back() {
    let sold = known(vec![sale_line(TEA, 2)], vec![tender(TenderKind::Cash, 200)]);
    let credit = taken(9, AccountKind::StoreCredit, 100, Way::In);
    let pays = taken(9, AccountKind::GiftCard, 100, Way::Out);
    let try_it = |units_back: i64, units_out: i64, tenders: Vec<Tender>, takes: &[Take]| {
        let portions = vec![units(0, units_back)];
        let sell = Sell { tenders, takes: takes.into(), ..sell(&[(TEA, units_out)]) };
        let mut place = with_tea(9);
        let back = Box::new(asked(&sold, portions));
        let sell = Box::new(sell);
        run(&mut place, 5, Channel::Till, Action::Exchange { back, disposition: Disposition::Resell, sell })
    };
    let cash = |amount| vec![tender(TenderKind::Cash, amount)];
    assert_eq!(try_it(1, 2, cash(100), &[credit]), Err(Refusal::BadAmount), "the customer pays");
    assert_eq!(try_it(1, 1, vec![], &[credit]), Err(Refusal::BadAmount), "nobody pays");
    assert!(try_it(1, 2, vec![tender(TenderKind::GiftCard, 100)], &[pays]).is_ok());
    assert!(try_it(2, 1, vec![tender(TenderKind::StoreCredit, -100)], &[credit]).is_ok());
    // As it was paid, and for the drawer below zero: it goes out.
    let Event::Exchanged { sale, .. } = try_it(2, 1, vec![], &[]).unwrap() else { panic!("an exchange") };
    assert_eq!(sale.tenders, cash(-100));
}

/// Any part of the stereos or the tea.
/// An account has one part in an exchange: it pays, or it gets something back.
#[test]
fn no_account_pays_and_is_refunded_at_once() {
    let card = |no, amount, way| taken(no, AccountKind::GiftCard, amount, way);
    let sold = KnownSale {
        takes: vec![card(7, 200, Way::Out)],
        ..known(vec![sale_line(TEA, 2)], vec![tender(TenderKind::GiftCard, 200)])
    };
    // Two teas come back, one goes out: 50 more on a card, and 150 back to the card that paid.
    let try_it = |payer: u128| {
        let tenders = vec![tender(TenderKind::GiftCard, 50), tender(TenderKind::GiftCard, -150)];
        let mut command = of(exchange(asked(&sold, vec![]), tenders, &[card(payer, 50, Way::Out)]));
        let (_, ask) = grant_first(&command, None).unwrap();
        let mut place = with_tea(9);
        run(&mut place, 2, Channel::Till, Action::GrantReturn(Box::new(ask))).unwrap();
        grant_to(&mut command, place.store.grants[&CommandId(9)].grant.clone());
        run(&mut place, 9, Channel::Till, command.action)
    };
    assert_eq!(try_it(7), Err(Refusal::WrongAccount { field: "name" }));
    let Event::Exchanged { sale, .. } = try_it(8).unwrap() else { panic!("an exchange") };
    let takes: Vec<_> =
        sale.redemption.unwrap().takes.iter().map(|take| (take.account.0, take.way, take.worth.0)).collect();
    assert_eq!(takes, [(8, Way::Out, 50), (7, Way::In, 150)]);
}

fn portions() -> impl Strategy<Value = Portion> {
    let what = prop_oneof![
        2 => (1_i64..3).prop_map(|units| (1, What::Goods(Qty::units(units)))),
        2 => (1_i64..4).prop_map(|units| (0, What::Goods(Qty::units(units)))),
        2 => (1_i64..4).prop_map(|units| (1, What::Part { sku: RADIO, qty: Qty::units(units) })),
        1 => (1_i64..2).prop_map(|units| (1, What::Part { sku: CASE, qty: Qty::units(units) })),
        1 => (0_u16..2, 1_i64..900).prop_map(|(line, amount)| (line, What::Money(Minor(amount)))),
    ];
    what.prop_map(|(line, what)| Portion { line, what })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Grants that are undone, in whatever order, leave what there would be without them; where all are undone, nothing.
    #[test]
    fn what_is_undone_leaves_nothing_behind(
        tries in prop::collection::vec((portions(), prop::collection::vec(1_usize..5, 0..4), any::<bool>()), 1..8),
    ) {
        let sale = stereos(None);
        let mut given = GivenBack::default();
        prop_assert!(given.is_empty());
        let (mut kept, mut to_undo) = (GivenBack::default(), Vec::new());
        for (portion, serials, is_kept) in tries {
            let serials = serials.iter().map(|no| Code::new(&format!("K{no}")).unwrap()).collect();
            let asked = TakeBack { serials, ..asked(&sale, vec![portion]) };
            let Ok(grant) = given.grant(&asked, &Payout::default()) else { continue };
            given.take(&grant);
            prop_assert!(!given.is_empty());
            if is_kept { kept.take(&grant) } else { to_undo.push(grant) }
        }
        for grant in &to_undo {
            given.undo(grant);
        }
        prop_assert_eq!(&given, &kept);
        prop_assert_eq!(given.is_empty(), kept == GivenBack::default());
    }
}
