//! People: which action needs what, who may do it at this moment, and that nothing gets past it.
#![allow(clippy::unwrap_used)]

mod build;
mod every_action;
mod training;

use build::{TEA, sell};
use every_action::{every_action, first, take_back};
use onhand_engine::catalogue::{Key, KeyId, Location, LocationKind, Role};
use onhand_engine::chain::Chain;
use onhand_engine::command::{Action, Bucket, Disposition, Sell, Standing};
use onhand_engine::event::Event;
use onhand_engine::ids::{Label, LocationCode, LocationId, UserCode};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::people::{By, Capabilities, Capability, Limits, People, PinHash, UserNo, needs};
use onhand_engine::qty::Qty;
use onhand_engine::quote::{Discount, LinePricing, Override, Pricing, Why};
use onhand_engine::refusal::Refusal;
use onhand_engine::rules::RulesVersion;
use onhand_engine::tax::TaxRules;
use onhand_engine::time::Timestamp;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

const SHOP: LocationId = LocationId(1);

fn label(text: &str) -> Label {
    Label::new(text).unwrap()
}

fn code(text: &str) -> UserCode {
    UserCode::new(text).unwrap()
}

fn key(id: u64, role: Role) -> Key {
    Key { id: KeyId(id), role, holder: label("till 1"), secret_hash: [0; 32], created: Timestamp(1), revoked: None }
}

fn location() -> Location {
    Location {
        id: LocationId::CHAIN,
        code: LocationCode::new("S1").unwrap(),
        name: "Shop 1".into(),
        kind: LocationKind::Shop,
        currency: Currency::EUR,
        tax: TaxRules::default(),
        zone: None,
    }
}

/// What nobody needs to be allowed: it changes nothing, or the server does it by itself.
const FREE: [&str; 15] = [
    "expire",
    "x_report",
    "account",
    "hold",
    "confirm",
    "let_go",
    "inquire",
    "settle",
    "grant_return",
    "keep_grant",
    "undo_grant",
    "payment",
    "take_payment",
    "report_payment",
    "payment_due",
];

fn role(name: &str, capabilities: &[Capability]) -> Action {
    Action::DefineRole { role: label(name), capabilities: Capabilities::of(capabilities), limits: Limits::default() }
}

fn user(name: &str, roles: &[&str]) -> Action {
    Action::DefineUser { code: code(name), name: name.into(), roles: roles.iter().map(|role| label(role)).collect() }
}

fn pin(name: &str) -> Action {
    Action::SetPin { user: code(name), pin: PinHash::new("a hash") }
}

fn disable(name: &str, disabled: bool) -> Action {
    Action::DisableUser { user: code(name), disabled }
}

const EVERYWHERE: Action = Action::RequirePeople { at: LocationId::CHAIN, required: true };

fn run(chain: &mut Chain, action: &Action) -> Result<Event, Refusal> {
    let event = chain.decide(action)?;
    chain.apply(&event, Timestamp(1));
    Ok(event)
}

/// A cashier, a manager, and a till that needs them.
fn shop() -> Chain {
    let mut chain = Chain::default();
    let manager = [Capability::Sell, Capability::AdjustStock, Capability::ManagePeople, Capability::Approve];
    for action in [
        Action::DefineLocation { location: location() },
        Action::CreateKey { key: key(1, Role::Till) },
        role("cashier", &[Capability::Sell]),
        role("manager", &manager),
        user("ann", &["cashier"]),
        user("max", &["manager"]),
        pin("ann"),
        pin("max"),
        EVERYWHERE,
    ] {
        run(&mut chain, &action).unwrap();
    }
    chain
}

fn no(people: &People, name: &str) -> Option<UserNo> {
    Some(people.user_by_code(&code(name)).unwrap().no)
}

/// What the till is told.
fn ask(chain: &Chain, user: Option<&str>, approver: Option<&str>, action: &Action) -> Result<(), Refusal> {
    let named = |name: Option<&str>| name.and_then(|name| no(&chain.people, name));
    let by = By { device: Some(KeyId(1)), user: named(user), approver: named(approver) };
    chain.people.check(SHOP, by, chain.keys.get(&KeyId(1)), action)
}

fn adjust() -> Action {
    Action::Adjust { sku: TEA, bucket: Bucket::OnHand, delta: Qty::units(1), reason: label("found") }
}

#[test]
fn the_table_of_needs() {
    let table = [
        ("sell", "sell"),
        ("reserve", "sell"),
        ("extend", "sell"),
        ("release", "sell"),
        ("expire", ""),
        ("allocate", "orders"),
        ("deallocate", "orders"),
        ("receive", "receive"),
        ("return", "return"),
        ("return_sale", "return"),
        ("void_sale", "void"),
        ("adjust", "adjust_stock"),
        ("count", "count"),
        ("set_policy", "manage_catalogue"),
        ("define_items", "manage_catalogue"),
        ("define_location", "manage_catalogue"),
        ("create_key", "manage_keys"),
        ("revoke_key", "manage_keys"),
        ("define_role", "manage_people"),
        ("define_user", "manage_people"),
        ("set_pin", "manage_people"),
        ("disable_user", "manage_people"),
        ("require_people", "manage_people"),
        ("grant_return", ""),
        ("exchange", "sell return"),
        ("open_session", "drawer"),
        ("paid_in", "drawer"),
        ("no_sale", "drawer"),
        ("x_report", ""),
        ("close_session", "close_session"),
        ("suspend", "sell"),
        ("recall", "sell"),
        ("void_line", "void_line"),
        ("open_layaway", "sell"),
        ("deposit", "sell"),
        ("cancel_layaway", "return"),
        ("set_drawer_rules", "manage_catalogue"),
        ("issue_account", "sell"),
        ("load_account", "sell"),
        ("load_account, earned", "sell"),
        ("load_account, refund", "return"),
        ("redeem", "drawer"),
        ("disable_account", "void"),
        ("assign_account", "void"),
        ("account", ""),
        ("hold", ""),
        ("confirm", ""),
        ("let_go", ""),
        ("inquire", ""),
        ("settle", ""),
        ("keep_grant", ""),
        ("undo_grant", ""),
        ("set_labels", "manage_catalogue"),
        ("set_return_limits", "manage_catalogue"),
        ("define_price_book", "manage_catalogue"),
        ("end_price_book", "manage_catalogue"),
        ("define_promotions", "manage_catalogue"),
        ("end_promotion", "manage_catalogue"),
        ("start_payment", "sell"),
        ("give_up_payment", "sell"),
        ("refund_payment", "return"),
        ("refund_again", "return"),
        ("refund_otherwise", "return refund_otherwise"),
        ("payment", ""),
        ("take_payment", ""),
        ("report_payment", ""),
        ("payment_due", ""),
        ("settle_payments", "close_session"),
    ];
    let words = |action: &Action| needs(action).each().map(Capability::name).collect::<Vec<_>>().join(" ");
    let found: Vec<_> = every_action().iter().map(|(name, action)| (*name, words(action))).collect();
    let wanted: Vec<_> = table.iter().map(|(name, words)| (*name, (*words).to_owned())).collect();
    assert_eq!(found, wanted);
}

/// A price that a person named, and what one took off by hand, need more than the sale does; what a
/// promotion takes off does not.
#[test]
fn a_sale_by_other_prices_needs_more() {
    let priced = |why: Option<Why>, overridden: bool| {
        let discounts = why.map(|why| Discount { why, amount: Minor(1) }).into_iter().collect();
        let overridden = overridden.then_some(Override { list_price: Some(Minor(2)), reason: None });
        let lines = vec![LinePricing::default(), LinePricing { discounts, overridden }];
        let pricing = Pricing { version: RulesVersion(1), hash: 0, exempt: None, lines };
        Sell { pricing: Some(Arc::new(pricing)), ..sell(&[(TEA, 1)]) }
    };
    let by_person = || Some(Why::Person(label("regular")));
    for (sale, wanted) in [
        (priced(None, false), "sell"),
        (priced(Some(Why::Promotion(label("P"))), false), "sell"),
        (priced(None, true), "sell override_price"),
        (priced(by_person(), false), "sell discount"),
        (priced(by_person(), true), "sell override_price discount"),
    ] {
        let words = |action: &Action| needs(action).each().map(Capability::name).collect::<Vec<_>>().join(" ");
        assert_eq!(words(&Action::Sell(sale.clone())), wanted);
        let (back, disposition) = (take_back(None), Disposition::Resell);
        let exchange = Action::Exchange { back, disposition, sell: Box::new(sale) };
        assert_eq!(words(&exchange), wanted.replacen("sell", "sell return", 1));
    }
    let happened = Sell { standing: Standing::Fact, ..priced(by_person(), true) };
    assert_eq!(needs(&Action::Sell(happened)), Capabilities::of(&[Capability::Sell]), "it is recorded as it was");
}

/// Every action by itself: refused without its capability, done with it, and with nothing else.
#[test]
fn t59_every_action_needs_its_capability_and_no_other() {
    for (name, action) in every_action().iter().filter(|(name, _)| !FREE.contains(name)) {
        let mut chain = shop();
        let needed = needs(action);
        assert_ne!(needed, Capabilities::NONE, "{name} needs nothing of whoever asks for it");
        let all_but = Capabilities::of(Capability::ALL).without(needed);
        for (capabilities, wanted) in [(all_but, Err(needed.first())), (needed, Ok(()))] {
            run(&mut chain, &Action::DefineRole { role: label("cashier"), capabilities, limits: Limits::default() })
                .unwrap();
            let found = ask(&chain, Some("ann"), None, action);
            let wanted = wanted.map_err(|lacks| Refusal::LacksCapability { capability: lacks.unwrap() });
            assert_eq!(found, wanted, "{name}");
        }
        assert_eq!(ask(&chain, None, None, action), Err(Refusal::PersonNeeded), "{name}");
    }
}

#[test]
fn t59_what_was_taken_away_a_moment_ago_counts() {
    let mut chain = shop();
    let sale = first();
    assert_eq!(ask(&chain, Some("ann"), None, &sale), Ok(()));
    run(&mut chain, &role("cashier", &[Capability::Count])).unwrap();
    let lacks = Err(Refusal::LacksCapability { capability: Capability::Sell });
    assert_eq!(ask(&chain, Some("ann"), None, &sale), lacks);
    run(&mut chain, &role("cashier", &[Capability::Sell])).unwrap();
    run(&mut chain, &user("ann", &[])).unwrap();
    assert_eq!(ask(&chain, Some("ann"), None, &sale), lacks);
    run(&mut chain, &user("ann", &["cashier"])).unwrap();
    run(&mut chain, &disable("ann", true)).unwrap();
    assert_eq!(ask(&chain, Some("ann"), None, &sale), Err(Refusal::UserDisabled { user: code("ann") }));
    run(&mut chain, &disable("ann", false)).unwrap();
    assert_eq!(ask(&chain, Some("ann"), None, &sale), Ok(()));
    run(&mut chain, &Action::RevokeKey { key: KeyId(1) }).unwrap();
    assert_eq!(ask(&chain, Some("ann"), None, &sale), Err(Refusal::RevokedDevice), "the device counts too");
}

#[test]
fn t60_an_approval_is_good_from_somebody_else_who_may_do_it() {
    let mut chain = shop();
    let lacks = Err(Refusal::LacksCapability { capability: Capability::AdjustStock });
    assert_eq!(ask(&chain, Some("ann"), None, &adjust()), lacks);
    assert_eq!(ask(&chain, Some("ann"), Some("max"), &adjust()), Ok(()));
    assert_eq!(ask(&chain, Some("max"), Some("max"), &adjust()), Err(Refusal::OwnApproval));
    let may_not = |capability| Err(Refusal::MayNotApprove { capability });
    assert_eq!(
        ask(&chain, Some("max"), Some("ann"), &adjust()),
        may_not(Capability::Approve),
        "never needed, still bad"
    );
    run(&mut chain, &role("cashier", &[Capability::Approve])).unwrap();
    run(&mut chain, &user("eve", &["cashier"])).unwrap();
    assert_eq!(ask(&chain, Some("ann"), Some("eve"), &adjust()), may_not(Capability::AdjustStock));
    run(&mut chain, &role("owner", &[Capability::ManagePeople])).unwrap();
    run(&mut chain, &user("olga", &["owner"])).unwrap();
    run(&mut chain, &pin("olga")).unwrap();
    run(&mut chain, &disable("max", true)).unwrap();
    assert_eq!(ask(&chain, Some("ann"), Some("max"), &adjust()), Err(Refusal::UserDisabled { user: code("max") }));
}

#[test]
fn where_people_are_not_required_the_device_is_enough() {
    let mut chain = shop();
    let here = |required| Action::RequirePeople { at: SHOP, required };
    run(&mut chain, &Action::RequirePeople { at: LocationId::CHAIN, required: false }).unwrap();
    assert_eq!(ask(&chain, None, None, &first()), Ok(()));
    run(&mut chain, &here(true)).unwrap();
    assert_eq!(ask(&chain, None, None, &first()), Err(Refusal::PersonNeeded));
    let elsewhere = chain.people.check(LocationId(2), By::default(), None, &first());
    assert_eq!(elsewhere, Ok(()));
    run(&mut chain, &here(false)).unwrap();
    assert_eq!(ask(&chain, None, None, &first()), Ok(()));
    run(&mut chain, &disable("ann", true)).unwrap();
    assert_eq!(ask(&chain, None, None, &first()), Ok(()));
    let off = Err(Refusal::UserDisabled { user: code("ann") });
    assert_eq!(ask(&chain, Some("ann"), None, &first()), off, "not under her own name");
    let nowhere = Action::RequirePeople { at: LocationId(7), required: true };
    assert_eq!(run(&mut chain, &nowhere), Err(Refusal::UnknownLocation));
}

#[test]
fn only_devices_with_somebody_before_them_need_a_person() {
    let chain = shop();
    let check = |by, key: Option<&Key>| chain.people.check(SHOP, by, key, &first());
    for (role, wanted) in
        [(Role::Till, Err(Refusal::PersonNeeded)), (Role::Admin, Err(Refusal::PersonNeeded)), (Role::Web, Ok(()))]
    {
        assert_eq!(check(By { device: Some(KeyId(2)), ..By::default() }, Some(&key(2, role))), wanted, "{role:?}");
    }
    assert_eq!(check(By { device: Some(KeyId(2)), ..By::default() }, None), Err(Refusal::UnknownDevice));
    assert_eq!(check(By::default(), None), Ok(()), "the server's own");
}

#[test]
fn nobody_locks_themselves_out() {
    let mut chain = shop();
    for action in
        [disable("max", true), user("max", &["cashier"]), role("manager", &[Capability::Sell, Capability::Approve])]
    {
        assert_eq!(run(&mut chain, &action), Err(Refusal::LastManager), "{action:?}");
    }
    run(&mut chain, &user("eve", &["manager"])).unwrap();
    assert_eq!(run(&mut chain, &disable("max", true)), Err(Refusal::LastManager), "eve cannot sign in without a PIN");
    run(&mut chain, &pin("eve")).unwrap();
    run(&mut chain, &disable("max", true)).unwrap();
    let mut empty = Chain::default();
    assert_eq!(run(&mut empty, &EVERYWHERE), Err(Refusal::LastManager));
}

#[test]
fn users_keep_number_pin_and_state() {
    let mut chain = shop();
    let before = chain.people.user_by_code(&code("ann")).unwrap().clone();
    assert_eq!((before.no.0.get(), before.pins_set), (1, 1));
    run(&mut chain, &disable("ann", true)).unwrap();
    let defined = Action::DefineUser { code: code("ann"), name: "Ann B.".into(), roles: vec![] };
    run(&mut chain, &defined).unwrap();
    let after = chain.people.user_by_code(&code("ann")).unwrap().clone();
    assert_eq!((after.no, &after.pin, after.disabled, &*after.name), (before.no, &before.pin, true, "Ann B."));
    run(&mut chain, &pin("ann")).unwrap();
    assert_eq!(chain.people.user_by_code(&code("ann")).unwrap().pins_set, 2);
    assert_eq!(run(&mut chain, &pin("zoe")), Err(Refusal::UnknownUser));
    assert_eq!(run(&mut chain, &disable("zoe", true)), Err(Refusal::UnknownUser));
    assert_eq!(run(&mut chain, &user("zoe", &["boss"])), Err(Refusal::UnknownRole { role: label("boss") }));
    assert!(!format!("{:?}", chain.people).contains("a hash"), "a hash is shown to nobody");
}

#[test]
fn every_change_of_people_changes_the_state_hash() {
    let bytes = |chain: &Chain| {
        let mut all = Vec::new();
        chain.digest(&mut |bytes| all.extend_from_slice(bytes));
        all
    };
    let mut chain = shop();
    let other_pin = Action::SetPin { user: code("ann"), pin: PinHash::new("another hash") };
    let shop_too = Action::RequirePeople { at: SHOP, required: true };
    let mut seen = vec![bytes(&chain)];
    for action in [role("cashier", &[]), user("ann", &[]), other_pin.clone(), other_pin, disable("ann", true), shop_too]
    {
        run(&mut chain, &action).unwrap();
        let now = bytes(&chain);
        assert!(!seen.contains(&now), "{action:?}");
        seen.push(now);
    }
}

#[test]
fn capabilities_keep_their_bits_and_names() {
    for (at, capability) in Capability::ALL.iter().enumerate() {
        assert_eq!(Capabilities::of(&[*capability]).bits(), 1 << at, "{capability:?}");
        assert_eq!(Capability::named(capability.name()), Some(*capability));
    }
    let all = Capabilities::of(Capability::ALL);
    assert_eq!(Capabilities::from_bits(all.bits()), Some(all));
    assert_eq!(Capabilities::from_bits(all.bits() << 1), None);
    assert_eq!(Capability::named("everything"), None);
}

#[test]
fn machine_traffic_keeps_its_size() {
    let device = By { device: Some(KeyId(1)), ..By::default() };
    let ann = By { user: no(&shop().people, "ann"), ..device };
    for (name, action) in every_action() {
        let all_day = ["sell", "reserve", "extend", "release", "allocate", "deallocate"].contains(&name);
        let all_day = all_day || (FREE.contains(&name) && !name.contains("payment"));
        let kept = if all_day { By::default() } else { device };
        assert_eq!(device.kept_for(&action), kept, "{name}");
        assert_eq!(ann.kept_for(&action), ann, "{name}");
    }
}

/// A second, naive opinion on who may do what.
#[derive(Clone, Debug, Default)]
struct Naive {
    roles: BTreeMap<u8, u64>,
    users: BTreeMap<u8, (Vec<u8>, bool)>,
    required: bool,
    revoked: bool,
}

#[derive(Clone, Debug)]
enum Step {
    Role(u8, u64),
    User(u8, Vec<u8>),
    Disable(u8, bool),
    Require(bool),
    Revoke,
    Ask { user: Option<u8>, approver: Option<u8>, action: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let (name, ask) = (0_u8..4, 0..every_action().len());
    prop_oneof![
        2 => (name.clone(), 0_u64..(1 << 15)).prop_map(|(role, bits)| Step::Role(role, bits)),
        2 => (name.clone(), prop::collection::vec(0_u8..4, 0..3)).prop_map(|(user, roles)| Step::User(user, roles)),
        1 => (name.clone(), any::<bool>()).prop_map(|(user, off)| Step::Disable(user, off)),
        1 => any::<bool>().prop_map(Step::Require),
        1 => prop::bool::weighted(0.05).prop_map(|yes| if yes { Step::Revoke } else { Step::Require(true) }),
        8 => (prop::option::of(name.clone()), prop::option::of(name), ask)
            .prop_map(|(user, approver, action)| Step::Ask { user, approver, action }),
    ]
}

impl Naive {
    fn may(&self, user: u8, bit: u64) -> bool {
        let Some((roles, disabled)) = self.users.get(&user) else { return false };
        !disabled && roles.iter().any(|role| self.roles.get(role).is_some_and(|bits| bits & bit != 0))
    }

    fn allows(&self, user: Option<u8>, approver: Option<u8>, needed: u64) -> bool {
        if !self.required {
            return user.is_none_or(|user| !self.users.get(&user).is_some_and(|(_, disabled)| *disabled));
        }
        let Some(user) = user.filter(|user| self.users.get(user).is_some_and(|(_, disabled)| !disabled)) else {
            return false;
        };
        let bits = || (0..64).map(|bit| 1_u64 << bit).filter(|bit| needed & bit != 0);
        let alone = bits().all(|bit| self.may(user, bit));
        let approves = Capabilities::of(&[Capability::Approve]).bits();
        match approver {
            None => !self.revoked && alone,
            Some(other) => {
                !self.revoked
                    && other != user
                    && self.may(other, approves)
                    && bits().all(|bit| self.may(user, bit) || self.may(other, bit))
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    /// Whatever is defined, changed, disabled and asked, in any order: an action is decided for those
    /// who have its capability at that moment, and for nobody else.
    #[test]
    fn t59_no_action_is_decided_without_its_capability(steps in prop::collection::vec(step(), 1..60)) {
        let (mut chain, mut naive) = (Chain::default(), Naive::default());
        run(&mut chain, &Action::DefineLocation { location: location() }).unwrap();
        run(&mut chain, &Action::CreateKey { key: key(1, Role::Till) }).unwrap();
        let actions = every_action();
        let name = |n: u8| format!("u{n}");
        for step in steps {
            match step {
                Step::Role(role, bits) => {
                    let capabilities = Capabilities::from_bits(bits).unwrap();
                    run(&mut chain, &Action::DefineRole { role: label(&name(role)), capabilities, limits: Limits::default() }).unwrap();
                    naive.roles.insert(role, bits);
                }
                Step::User(user, roles) => {
                    let named = roles.iter().map(|role| label(&name(*role))).collect();
                    let define = Action::DefineUser { code: code(&name(user)), name: "x".into(), roles: named };
                    let known = roles.iter().all(|role| naive.roles.contains_key(role));
                    prop_assert_eq!(run(&mut chain, &define).is_ok(), known);
                    if known {
                        let disabled = naive.users.get(&user).is_some_and(|(_, disabled)| *disabled);
                        naive.users.insert(user, (roles, disabled));
                    }
                }
                Step::Disable(user, disabled) => {
                    let done = run(&mut chain, &disable(&name(user), disabled)).is_ok();
                    prop_assert_eq!(done, naive.users.contains_key(&user));
                    if let Some(known) = naive.users.get_mut(&user) {
                        known.1 = disabled;
                    }
                }
                Step::Require(required) => {
                    run(&mut chain, &Action::RequirePeople { at: SHOP, required }).unwrap();
                    naive.required = required;
                }
                Step::Revoke => {
                    run(&mut chain, &Action::RevokeKey { key: KeyId(1) }).unwrap();
                    naive.revoked = true;
                }
                Step::Ask { user, approver, action } => {
                    let (what, action) = &actions[action];
                    let no = |n: Option<u8>| Some(chain.people.user_by_code(&code(&name(n?)))?.no);
                    // Who does not exist cannot have signed in.
                    let known = |n: &u8| naive.users.contains_key(n);
                    let (user, approver) = (user.filter(known), approver.filter(known));
                    let by = By { device: Some(KeyId(1)), user: no(user), approver: no(approver) };
                    let found = chain.people.check(SHOP, by, chain.keys.get(&KeyId(1)), action);
                    let wanted = naive.allows(user, approver, needs(action).bits());
                    prop_assert_eq!(found.is_ok(), wanted, "{} {:?}", what, found);
                }
            }
        }
    }
}
