//! How far roles go: whatever roles somebody has and whoever approves, the furthest counts and nothing goes past it.
#![allow(clippy::unwrap_used, dead_code)]

mod build;

use build::{TEA, sale_line};
use onhand_engine::catalogue::{Key, KeyId, Role};
use onhand_engine::chain::Chain;
use onhand_engine::command::{Action, Channel, Disposition, Standing, Tender, TenderKind};
use onhand_engine::event::{Event, Return, Sale};
use onhand_engine::ids::{Label, LocationId, UserCode};
use onhand_engine::money::Minor;
use onhand_engine::people::{By, Capabilities, Capability, Limits, OverLimit, UserNo};
use onhand_engine::quote::{Discount, LinePricing, Pricing, Why};
use onhand_engine::rules::RulesVersion;
use onhand_engine::time::Timestamp;
use proptest::prelude::*;
use std::sync::Arc;

const SHOP: LocationId = LocationId(1);

fn label(text: &str) -> Label {
    Label::new(text).unwrap()
}

fn key() -> Key {
    let (id, role, holder) = (KeyId(7), Role::Till, label("till 1"));
    Key { id, role, holder, secret_hash: [0; 32], created: Timestamp(1), revoked: None }
}

/// A role: whether it names the right, and how far it goes.
type Far = (bool, Option<u32>);

/// Ann has some roles, and Max others and the right to approve.
fn people(ann: &[Far], max: &[Far]) -> Chain {
    let mut chain = Chain::default();
    let mut happens = |action: Action| {
        let event = chain.people.decide(&action).unwrap();
        chain.apply(&event, Timestamp(1));
    };
    for (name, all) in [("ann", ann), ("max", max)] {
        let mut roles = vec![];
        for (no, (has, far)) in all.iter().enumerate() {
            let role = label(&format!("{name}-{no}"));
            let rights = [Capability::Discount, Capability::Return, Capability::Void];
            let mut capabilities = if *has { Capabilities::of(&rights) } else { Capabilities::NONE };
            if name == "max" {
                capabilities = capabilities.and(Capabilities::of(&[Capability::Approve]));
            }
            let limits = Limits { discount_ppm_max: *far, refund_max: far.map(|far| Minor(i64::from(far))) };
            happens(Action::DefineRole { role: role.clone(), capabilities, limits });
            roles.push(role);
        }
        happens(Action::DefineUser { code: UserCode::new(name).unwrap(), name: name.into(), roles });
    }
    chain.people.apply(&Event::PeopleRequired { at: SHOP, required: true });
    chain
}

fn no(chain: &Chain, name: &str) -> Option<UserNo> {
    chain.people.user_by_code(&UserCode::new(name).unwrap()).map(|user| user.no)
}

/// A sale of 10.00 with so much taken off by hand.
fn sale(off: i64, standing: Standing) -> Event {
    let mut line = sale_line(TEA, 1);
    line.unit_price = Minor(1_000);
    let discounts = vec![Discount { why: Why::Person(label("dented")), amount: Minor(off) }];
    let lines = vec![LinePricing { discounts: discounts.into(), overridden: None }];
    let pricing = Pricing { version: RulesVersion(1), hash: 0, exempt: None, lines };
    Event::SaleRecorded(Sale {
        standing,
        channel: Channel::Till,
        receipt: None,
        lines: vec![line],
        tenders: vec![],
        oversold: vec![],
        freed: vec![],
        order: None,
        late: None,
        redemption: None,
        pricing: Some(Arc::new(pricing)),
        goods: None,
        payments: None,
        owner: None,
    })
}

fn back(amount: i64) -> Event {
    let mut line = sale_line(TEA, 1);
    line.taxed.net = Minor(amount).minus(line.taxed.tax);
    Event::GoodsReturned(Return {
        receipt: None,
        channel: Channel::Till,
        lines: vec![line],
        disposition: Disposition::Resell,
        tenders: vec![],
        of: None,
        redemption: None,
        goods: None,
        unreceipted: None,
        refunds: None,
    })
}

fn far() -> impl Strategy<Value = Vec<Far>> {
    prop::collection::vec((any::<bool>(), prop::option::weighted(0.8, 0_u32..1_000_000)), 0..4)
}

/// The slow way round: every role that names the right, of whoever asks and whoever approves.
fn furthest(roles: &[Far]) -> Option<u32> {
    let named = || roles.iter().filter(|(has, _)| *has);
    if named().any(|(_, far)| far.is_none()) { None } else { named().filter_map(|(_, far)| *far).max() }
}

proptest! {
    #[test]
    fn the_furthest_role_counts(
        ann in far(), max in far(), approved in any::<bool>(), off in 0_i64..=1_000, amount in 0_i64..1_000_000,
    ) {
        let chain = people(&ann, &max);
        let by = By { device: Some(KeyId(7)), user: no(&chain, "ann"), approver: no(&chain, "max").filter(|_| approved) };
        // Max approves what the roles of Max go to, where they have one.
        let counted = if approved && !max.is_empty() { [&ann[..], &max[..]].concat() } else { ann.clone() };
        let limit = furthest(&counted);
        let check = |event: &Event| chain.people.check_limits(SHOP, by, Some(&key()), event);
        let ppm = u32::try_from(off * 1_000).unwrap();
        let discount = limit.filter(|limit| ppm > *limit).map(|max| OverLimit::Discount { ppm, max });
        prop_assert_eq!(check(&sale(off, Standing::Request)).err(), discount);
        prop_assert_eq!(check(&sale(off, Standing::Fact)), Ok(()));
        let refund = limit.map(|max| Minor(i64::from(max))).filter(|max| Minor(amount) > *max);
        let refund = refund.map(|max| OverLimit::Refund { amount: Minor(amount), max });
        prop_assert_eq!(check(&back(amount)).err(), refund);
        // Elsewhere nobody is asked, and before a website nobody stands.
        prop_assert_eq!(chain.people.check_limits(LocationId(2), by, Some(&key()), &back(amount)), Ok(()));
        let web = Key { role: Role::Web, ..key() };
        prop_assert_eq!(chain.people.check_limits(SHOP, by, Some(&web), &back(amount)), Ok(()));
    }
}

/// What cash rounding makes up is no money that goes out.
#[test]
fn money_goes_out_as_it_is_given() {
    let chain = people(&[(true, Some(1_000))], &[]);
    let by = By { device: Some(KeyId(7)), user: no(&chain, "ann"), approver: None };
    let tender = |kind, amount| Tender { kind, amount: Minor(amount) };
    for (tenders, amount) in [
        (vec![], 1_009),
        (vec![tender(TenderKind::Cash, 1_009)], 1_009),
        (vec![tender(TenderKind::Cash, 1_000), tender(TenderKind::CashRounding, 9)], 1_000),
        (vec![tender(TenderKind::Cash, 1_010), tender(TenderKind::CashRounding, -1)], 1_010),
        (vec![tender(TenderKind::Card, 9), tender(TenderKind::Cash, 1_000)], 1_009),
    ] {
        let mut event = back(1_009);
        let Event::GoodsReturned(back) = &mut event else { panic!("a return") };
        back.tenders.clone_from(&tenders);
        let over = (amount > 1_000).then_some(OverLimit::Refund { amount: Minor(amount), max: Minor(1_000) });
        assert_eq!(chain.people.check_limits(SHOP, by, Some(&key()), &event).err(), over, "{tenders:?}");
    }
}
