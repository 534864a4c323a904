//! Fingerprints: kept in the log, so their values never change; each part of a command counts.
#![allow(clippy::unwrap_used)]

mod build;

use build::{LOCATION, TEA, line, owner, reserve, sale_line, sell};
use onhand_engine::command::Said;
use onhand_engine::command::{
    Action, Bucket, Channel, Command, Disposition, Policy, Sell, Standing, Tender, TenderKind,
};
use onhand_engine::fingerprint::Fingerprint;
use onhand_engine::ids::{CommandId, Label, LocationId, OrderId, ReservationId, SkuId, TillNo};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::qty::Qty;
use onhand_engine::scan::Layout;
use onhand_engine::time::Millis;

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
    let changes: [(&str, Change); 13] = [
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
        of: None,
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
        Action::Receive { lines: vec![line(TEA, 1)] },
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
