//! Rights are looked at where a command is decided: what was taken away a moment ago counts.

use crate::rig::{Rig, SHOP, WAREHOUSE, line, next_id, next_ticket, options, receive, reserve, sell};
use onhand_actors::port::{Envelope, Outcome};
use onhand_engine::account::{AccountAsk, AccountKind, Cause, Entry, Measure, Take, Way};
use onhand_engine::answer::Answer;
use onhand_engine::basket;
use onhand_engine::catalogue::{Key, KeyId, Role};
use onhand_engine::chain::Chain;
use onhand_engine::command::{Action, Bucket, Channel, Command, Disposition, Policy, Said, SaleLine, Sell, Standing};
use onhand_engine::drawer::Happening;
use onhand_engine::event::{Event, Record, Sale};
use onhand_engine::goods::Amounts;
use onhand_engine::ids::{AccountId, Label, LocationId, OrderId, ReservationId, Seq, SkuId, UserCode};
use onhand_engine::layaway;
use onhand_engine::money::{Currency, Minor};
use onhand_engine::payment;
use onhand_engine::people::{
    By, Capabilities, Capability, DISCOUNT_NOT_ALLOWED, Limits, PRICE_NOT_ALLOWED, People, PinHash, UserNo,
};
use onhand_engine::qty::Qty;
use onhand_engine::quote::{Discount, LinePricing, Override, Pricing, Why};
use onhand_engine::refusal::Refusal;
use onhand_engine::rules::RulesVersion;
use onhand_engine::tax::Taxed;
use onhand_engine::time::{Millis, Timestamp};
use std::sync::Arc;

const TILL: KeyId = KeyId(11);
const DESK: KeyId = KeyId(12);

fn code(text: &str) -> UserCode {
    UserCode::new(text).unwrap()
}

fn label(text: &str) -> Label {
    Label::new(text).unwrap()
}

fn role(name: &str, capabilities: &[Capability]) -> Action {
    Action::DefineRole { role: label(name), capabilities: Capabilities::of(capabilities), limits: Limits::default() }
}

fn disable(name: &str, disabled: bool) -> Action {
    Action::DisableUser { user: code(name), disabled }
}

fn till_key(id: u64) -> Key {
    let (id, holder) = (KeyId(id), label("x"));
    Key { id, role: Role::Till, holder, secret_hash: [0; 32], created: Timestamp(1), revoked: None }
}

/// A till with Ann, who sells, and a desk with Max, who may everything.
fn staffed() -> Rig {
    let rig = Rig::new();
    rig.done(SHOP, receive(1, 1_000_000));
    for (id, role) in [(TILL, Role::Till), (DESK, Role::Admin)] {
        rig.done(LocationId::CHAIN, Action::CreateKey { key: Key { role, ..till_key(id.0) } });
    }
    rig.done(LocationId::CHAIN, role("cashier", &[Capability::Sell]));
    rig.done(LocationId::CHAIN, role("owner", Capability::ALL));
    for (name, role) in [("ann", "cashier"), ("max", "owner")] {
        let roles = vec![label(role)];
        rig.done(LocationId::CHAIN, Action::DefineUser { code: code(name), name: name.into(), roles });
        rig.done(LocationId::CHAIN, Action::SetPin { user: code(name), pin: PinHash::new(name) });
    }
    rig.done(LocationId::CHAIN, Action::RequirePeople { at: LocationId::CHAIN, required: true });
    rig
}

fn by(rig: &Rig, device: KeyId, user: &str, approver: Option<&str>) -> By {
    let people = rig.handle.directory().people();
    let no = |name: &str| people.user_by_code(&code(name)).map(|user| user.no);
    By { device: Some(device), user: no(user), approver: approver.and_then(no) }
}

fn envelope(rig: &Rig, by: By, location: LocationId, action: Action) -> Envelope {
    let command = Command { id: next_id(), location, channel: Channel::Till, action };
    Envelope { port: rig.port, ticket: next_ticket(), by, command }
}

fn ask(rig: &Rig, by: By, location: LocationId, action: Action) -> Outcome {
    let ticket = rig.send(envelope(rig, by, location, action));
    rig.given.outcome(ticket)
}

#[track_caller]
fn refused(outcome: &Outcome, refusal: &Refusal) {
    assert_eq!(*outcome, Outcome::Refused(refusal.clone()));
}

/// A sale that has happened is recorded whoever made it: what they had no right to stands in it, and is counted.
#[test]
fn t59_what_a_fact_took_without_a_right_is_recorded_and_counted() {
    let rig = staffed();
    rig.handle.start_collecting();
    let figures = std::cell::RefCell::new(rig.handle.collect(rig.handle.now()));
    let (ann, max) = (by(&rig, TILL, "ann", None), by(&rig, TILL, "max", None));
    let approved = by(&rig, TILL, "ann", Some("max"));
    let priced = |standing| {
        let Action::Sell(plain) = sell(&[1]) else { panic!("it sells") };
        let discounts = vec![Discount { why: Why::Person(label("regular")), amount: Minor(7) }];
        let overridden = Some(Override { list_price: Some(Minor(120)), reason: None });
        let lines = vec![LinePricing { discounts: discounts.into(), overridden }];
        let pricing = Pricing { version: RulesVersion(1), hash: 0, exempt: None, lines };
        Action::Sell(Sell { standing, pricing: Some(Arc::new(pricing)), ..plain })
    };
    refused(
        &ask(&rig, ann, SHOP, priced(Standing::Request)),
        &Refusal::LacksCapability { capability: Capability::OverridePrice },
    );
    let told = |outcome: Outcome| match outcome {
        Outcome::Done { answer: Answer::RecordedWithExceptions(one), .. } => one.exceptions.to_vec(),
        Outcome::Done { answer: Answer::Recorded { .. }, .. } => vec![],
        other => panic!("not recorded: {other:?}"),
    };
    for by in [approved, max] {
        assert_eq!(told(ask(&rig, by, SHOP, priced(Standing::Fact))), []);
    }
    let exceptions = told(ask(&rig, ann, SHOP, priced(Standing::Fact)));
    let found: Vec<_> = exceptions.iter().map(|one| (one.number, one.amounts)).collect();
    let amounts = |said, own| Some(Amounts { said: Minor(said), own: Minor(own) });
    assert_eq!(found, [(PRICE_NOT_ALLOWED, amounts(100, 120)), (DISCOUNT_NOT_ALLOWED, amounts(7, 0))]);
    rig.advance(1_000);
    rig.given.wait("exceptions are counted", |_| {
        let mut figures = figures.borrow_mut();
        figures.absorb(&rig.handle.collect(rig.handle.now()));
        (!figures.exceptions.is_empty()).then_some(())
    });
    let counted: Vec<_> = figures.into_inner().exceptions.into_iter().collect();
    assert_eq!(counted, [(PRICE_NOT_ALLOWED, 1), (DISCOUNT_NOT_ALLOWED, 1)]);
}

/// Sales that wait in their shard's inbox are not yet decided: whoever was disabled meanwhile, and
/// is known to be, sells nothing of them.
#[test]
fn t59_a_right_taken_away_while_the_command_waited_is_not_there() {
    let rig = staffed();
    let ann = by(&rig, TILL, "ann", None);
    let max = by(&rig, DESK, "max", None);
    assert!(matches!(ask(&rig, ann, SHOP, sell(&[1])), Outcome::Done { .. }));
    for taken_away in [disable("ann", true), role("cashier", &[])] {
        let busy = rig.occupy(SHOP);
        let waiting: Vec<_> = (0..100).map(|_| rig.send(envelope(&rig, ann, SHOP, sell(&[1])))).collect();
        assert!(matches!(ask(&rig, max, LocationId::CHAIN, taken_away), Outcome::Done { .. }));
        busy.release();
        for ticket in waiting {
            assert!(matches!(rig.given.outcome(ticket), Outcome::Refused(_)));
        }
        assert!(matches!(ask(&rig, max, LocationId::CHAIN, disable("ann", false)), Outcome::Done { .. }));
    }
    refused(&ask(&rig, ann, SHOP, sell(&[1])), &Refusal::LacksCapability { capability: Capability::Sell });
    assert_eq!(rig.atp(SHOP, 1), 1_000_000 - 1);
}

/// While sales go on without a pause, none that is sent after a right was taken away succeeds.
#[test]
fn t59_nothing_sent_after_the_answer_to_the_manager_succeeds() {
    let rig = staffed();
    let (ann, max) = (by(&rig, TILL, "ann", None), by(&rig, DESK, "max", None));
    for _ in 0..30 {
        let before: Vec<_> = (0..20).map(|_| rig.send(envelope(&rig, ann, SHOP, sell(&[1])))).collect();
        assert!(matches!(ask(&rig, max, LocationId::CHAIN, disable("ann", true)), Outcome::Done { .. }));
        let after: Vec<_> = (0..20).map(|_| rig.send(envelope(&rig, ann, SHOP, sell(&[1])))).collect();
        before.into_iter().for_each(|ticket| drop(rig.given.outcome(ticket)));
        for ticket in after {
            refused(&rig.given.outcome(ticket), &Refusal::UserDisabled { user: code("ann") });
        }
        assert!(matches!(ask(&rig, max, LocationId::CHAIN, disable("ann", false)), Outcome::Done { .. }));
        assert!(matches!(ask(&rig, ann, SHOP, sell(&[1])), Outcome::Done { .. }));
    }
}

/// Accounts hold their part before the sale is decided, and redeem it after: the sale is that of whoever
/// asked for it, the steps are nobody's.
#[test]
fn a_sale_that_accounts_pay_for_is_of_whoever_asked() {
    let rig = staffed();
    let (ann, max) = (by(&rig, TILL, "ann", None), by(&rig, DESK, "max", None));
    let (measure, amount) = (Measure::Money(Currency::EUR), Minor(5_000));
    // On the shard of the shop, and on the other one.
    for card in [AccountId(0x1_0000), AccountId(0x1_0001)] {
        let issue = AccountAsk::Issue { kind: AccountKind::GiftCard, measure, amount, expires: None, owner: None };
        let at = LocationId::of_account(card);
        let issue = Action::Account { account: card, ask: issue };
        refused(&ask(&rig, By { user: None, ..ann }, at, issue.clone()), &Refusal::PersonNeeded);
        assert!(matches!(ask(&rig, ann, at, issue), Outcome::Done { .. }));
        let (kind, amount, way) = (AccountKind::GiftCard, Minor(1_000), Way::Out);
        let take = Take {
            account: card,
            kind,
            measure,
            amount,
            worth: amount,
            by_code: true,
            by_customer: false,
            way,
            limit: Minor::ZERO,
        };
        let Action::Sell(sale) = sell(&[1]) else { panic!() };
        let paid = Action::Sell(Sell { takes: [take].into(), ..sale });
        assert!(matches!(ask(&rig, ann, SHOP, paid.clone()), Outcome::Done { .. }));
        assert!(matches!(ask(&rig, max, LocationId::CHAIN, role("cashier", &[])), Outcome::Done { .. }));
        let lacks = Refusal::LacksCapability { capability: Capability::Sell };
        refused(&ask(&rig, ann, SHOP, paid), &lacks);
        assert!(matches!(
            ask(&rig, max, LocationId::CHAIN, role("cashier", &[Capability::Sell])),
            Outcome::Done { .. }
        ));
        let steps = rig.given.wait("the card to give and to let go", |_| {
            let records = rig.handle.events(Seq(0), 10_000).unwrap();
            let steps = records.into_iter().filter(|(_, record)| record.location == at && record.event.is_own_step());
            let steps: Vec<_> = steps.map(|(_, record)| record).collect();
            let let_go = |record: &Record| matches!(&record.event, Event::Account { entry: Entry::LetGo { .. }, .. });
            let given = |record: &Record| matches!(&record.event, Event::Account { entry: Entry::Redeemed { .. }, .. });
            (steps.iter().any(let_go) && steps.iter().any(given)).then_some(steps)
        });
        assert!(steps.iter().all(|record| record.by == By::default()), "{steps:?}");
    }
    let records = rig.handle.events(Seq(0), 10_000).unwrap();
    let sales: Vec<_> = records.iter().filter(|(_, record)| matches!(record.event, Event::SaleRecorded(_))).collect();
    assert_eq!(sales.len(), 2);
    assert!(sales.iter().all(|(_, record)| record.by == ann));
}

#[test]
fn t59_a_revoked_device_decides_nothing_more() {
    let rig = staffed();
    let (ann, max) = (by(&rig, TILL, "ann", None), by(&rig, DESK, "max", None));
    assert!(matches!(ask(&rig, max, LocationId::CHAIN, Action::RevokeKey { key: TILL }), Outcome::Done { .. }));
    refused(&ask(&rig, ann, SHOP, sell(&[1])), &Refusal::RevokedDevice);
}

#[test]
fn t59_the_chain_s_own_commands_need_people_too() {
    let rig = staffed();
    let (ann, max) = (by(&rig, DESK, "ann", None), by(&rig, DESK, "max", None));
    let grab = || role("cashier", Capability::ALL);
    refused(
        &ask(&rig, ann, LocationId::CHAIN, grab()),
        &Refusal::LacksCapability { capability: Capability::ManagePeople },
    );
    let nobody = By { device: Some(DESK), ..By::default() };
    refused(&ask(&rig, nobody, LocationId::CHAIN, grab()), &Refusal::PersonNeeded);
    refused(&ask(&rig, max, LocationId::CHAIN, disable("max", true)), &Refusal::LastManager);
    assert!(matches!(ask(&rig, max, LocationId::CHAIN, grab()), Outcome::Done { .. }));
}

/// A repeat gets the first answer, whoever asks: it has happened.
#[test]
fn a_repeat_gets_the_first_answer_also_when_the_right_is_gone() {
    let rig = staffed();
    let (ann, max) = (by(&rig, TILL, "ann", None), by(&rig, DESK, "max", None));
    let sale = envelope(&rig, ann, SHOP, sell(&[1]));
    let again = rig.again(&sale);
    let ticket = rig.send(sale);
    let first = rig.given.outcome(ticket);
    assert!(matches!(ask(&rig, max, LocationId::CHAIN, disable("ann", true)), Outcome::Done { .. }));
    let ticket = rig.send(again);
    assert_eq!(rig.given.outcome(ticket), first);
}

#[test]
fn t60_who_asked_and_who_approved_are_in_the_log_and_survive_a_restart() {
    let rig = staffed();
    let ann = by(&rig, TILL, "ann", None);
    let approved = by(&rig, TILL, "ann", Some("max"));
    refused(&ask(&rig, ann, SHOP, receive(2, 5)), &Refusal::LacksCapability { capability: Capability::Receive });
    let Outcome::Done { seq: Seq(received), .. } = ask(&rig, approved, SHOP, receive(2, 5)) else { panic!("refused") };
    let Outcome::Done { seq: Seq(sold), .. } = ask(&rig, ann, SHOP, sell(&[2])) else { panic!("refused") };
    let rig = rig.restart(options());
    for (seq, wanted) in [(received, approved), (sold, ann)] {
        let events = rig.handle.events(Seq(seq - 1), 1).unwrap();
        assert_eq!((events[0].0, events[0].1.by), (Seq(seq), wanted));
    }
    // The people are there again, and so are their rights.
    refused(&ask(&rig, ann, SHOP, receive(2, 5)), &Refusal::LacksCapability { capability: Capability::Receive });
    assert_eq!(by(&rig, TILL, "ann", Some("max")), approved);
}

/// Where people are required a website sells on, and so does the server end what is over.
#[test]
fn devices_without_anybody_before_them_go_on() {
    let rig = staffed();
    let web = Key { role: Role::Web, ..till_key(13) };
    rig.done(LocationId::CHAIN, Action::CreateKey { key: web });
    rig.done(WAREHOUSE, Action::Receive { lines: vec![line(1, 5)], goods: None });
    let website = By { device: Some(KeyId(13)), ..By::default() };
    assert!(matches!(ask(&rig, website, WAREHOUSE, reserve(1, 2, 1_000)), Outcome::Done { .. }));
    rig.advance(1_000);
    rig.given.wait("the end of the reservation", |_| (rig.atp(WAREHOUSE, 1) == 5).then_some(()));
}

/// What a record's event needed of whoever asked for it: told from the log alone, apart from the table
/// that the actors went by.
fn needed_by(event: &Event) -> Vec<Capability> {
    vec![match event {
        Event::SaleRecorded(sale) => return needed_by_sale(sale),
        Event::Reserved { .. } | Event::Extended { .. } | Event::Released(_) => Capability::Sell,
        Event::Allocated { .. } | Event::Deallocated { .. } => Capability::Orders,
        Event::GoodsReceived { .. } => Capability::Receive,
        Event::GoodsReturned(back) if back.of.as_ref().is_some_and(|of| of.void.is_some()) => Capability::Void,
        Event::GoodsReturned(_) => Capability::Return,
        Event::Exchanged { sale, .. } => {
            let mut needed = needed_by_sale(sale);
            needed.push(Capability::Return);
            return needed;
        }
        Event::Layaway { happening, .. } => match **happening {
            layaway::Happening::Opened { .. } | layaway::Happening::Deposited { .. } => Capability::Sell,
            layaway::Happening::Cancelled { .. } => Capability::Return,
        },
        Event::Basket { happening, .. } => match **happening {
            basket::Happening::Suspended { .. } | basket::Happening::Recalled { .. } => Capability::Sell,
            basket::Happening::LineVoided { .. } => Capability::VoidLine,
        },
        Event::Drawer { happening: Happening::SessionClosed { .. }, .. } => Capability::CloseSession,
        Event::Drawer { .. } => Capability::Drawer,
        Event::StockAdjusted { .. } => Capability::AdjustStock,
        Event::Counted { .. } => Capability::Count,
        Event::PolicySet { .. }
        | Event::ItemsDefined { .. }
        | Event::LocationDefined { .. }
        | Event::DrawerRulesSet { .. }
        | Event::LabelsSet { .. }
        | Event::ReturnLimitsSet { .. }
        | Event::PriceBookDefined { .. }
        | Event::PriceBookEnded { .. }
        | Event::PromotionsDefined { .. }
        | Event::PromotionEnded { .. } => Capability::ManageCatalogue,
        Event::Account { entry, .. } => match entry {
            Entry::Loaded { cause: Cause::Refund(_), .. } => Capability::Return,
            Entry::Issued { .. } | Entry::Loaded { .. } => Capability::Sell,
            Entry::Redeemed { sale: None, .. } => Capability::Drawer,
            Entry::Disabled { .. } => Capability::Void,
            _ => return vec![],
        },
        Event::KeyCreated { .. } | Event::KeyRevoked { .. } => Capability::ManageKeys,
        Event::RoleDefined { .. }
        | Event::UserDefined { .. }
        | Event::PinSet { .. }
        | Event::UserDisabled { .. }
        | Event::PeopleRequired { .. } => Capability::ManagePeople,
        Event::Payment { happening, .. } => match happening {
            payment::Happening::Started(_) | payment::Happening::GivenUp { by_itself: false } => Capability::Sell,
            payment::Happening::RefundAsked { .. } => Capability::Return,
            _ => return vec![],
        },
        Event::Expired(_) | Event::Settled { .. } | Event::ReturnGranted { .. } | Event::GrantEnded { .. } => {
            return vec![];
        }
    }]
}

fn needed_by_sale(sale: &Sale) -> Vec<Capability> {
    let lines = || sale.pricing.iter().flat_map(|pricing| &pricing.lines);
    let mut needed = vec![Capability::Sell];
    if sale.standing == Standing::Fact {
        return needed;
    }
    if lines().any(|line| line.overridden.is_some()) {
        needed.push(Capability::OverridePrice);
    }
    if lines().flat_map(|line| &line.discounts).any(|discount| matches!(discount.why, Why::Person(_))) {
        needed.push(Capability::Discount);
    }
    needed
}

/// Why a record should not be there, given the people as they were before it.
fn wrong_in(people: &People, record: &Record) -> Option<&'static str> {
    let by = record.by;
    let is_setup = record.location == LocationId::CHAIN && by == By::default();
    let needed = needed_by(&record.event);
    if is_setup || needed.is_empty() || !people.are_required_at(record.location) {
        return None;
    }
    let may = |no: Option<UserNo>, capability| {
        no.and_then(|no| people.user(no)).is_some_and(|user| people.may(user).has(capability))
    };
    let user = by.user.and_then(|no| people.user(no));
    match (user, by.approver) {
        (None, _) => Some("nobody was signed in"),
        (Some(user), _) if user.disabled => Some("they were disabled"),
        (Some(_), None) if !needed.iter().all(|one| may(by.user, *one)) => Some("they had no right to"),
        (Some(_), Some(_)) if by.approver == by.user => Some("they approved their own"),
        (Some(_), Some(_)) if !may(by.approver, Capability::Approve) => Some("the approver could not approve"),
        (Some(_), Some(_)) if !needed.iter().all(|one| may(by.user, *one) || may(by.approver, *one)) => {
            Some("neither had the right to")
        }
        _ => None,
    }
}

/// One of each kind of action, some of which cannot succeed by themselves.
fn some_action(n: u64) -> (LocationId, Action) {
    let order = OrderId::new(&format!("W-{}", n % 7)).unwrap();
    let reservation = ReservationId(u128::from(n % 7));
    let action = match n % 14 {
        0 => sell(&[1]),
        1 => reserve(1, 1, 60_000),
        2 => Action::Extend { reservation, ttl: Millis(60_000) },
        3 => Action::Release { reservation },
        4 => Action::Allocate { order, lines: vec![line(1, 1)], reservation: None, owner: None, goods: None },
        5 => Action::Deallocate { order },
        6 => receive(1, 1),
        7 => Action::Return {
            till: None,
            currency: Currency::EUR,
            lines: vec![SaleLine {
                sku: SkuId(1),
                qty: Qty::units(1),
                unit_price: Minor(1),
                taxed: Taxed::default(),
                unit_cost: None,
            }],
            said: Said::default(),
            disposition: Disposition::Resell,
            tenders: vec![],
            accounts: Box::default(),
            of: None,
            goods: None,
            unreceipted: None,
        },
        8 => Action::Adjust { sku: SkuId(1), bucket: Bucket::OnHand, delta: Qty::units(1), reason: label("x") },
        9 => Action::Count { sku: SkuId(1), counted: Qty::units(900_000), on_hand_then: None },
        10 => Action::SetPolicy { sku: SkuId(1), policy: Policy::default() },
        11 => return (LocationId::CHAIN, Action::DefineItems { items: vec![crate::rig::item(3)] }),
        12 => return (LocationId::CHAIN, Action::RevokeKey { key: KeyId(99) }),
        _ => return (LocationId::CHAIN, role("cook", &[])),
    };
    (SHOP, action)
}

/// Rights change at random while everybody asks for everything; then the log is read as an auditor
/// would, from its first record on: nobody did what they might not do at that moment.
#[test]
fn t59_the_log_itself_shows_that_nobody_did_what_they_might_not() {
    for seed in [1_u64, 2, 3] {
        let rig = staffed();
        rig.done(LocationId::CHAIN, Action::CreateKey { key: till_key(99) });
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut random = |below: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) % below
        };
        let (mut done, mut refused) = (0, 0);
        for _ in 0..3_000 {
            let changed = match random(12) {
                0 => {
                    Some(role("cashier", &[Capability::ALL[random(15) as usize], Capability::ALL[random(15) as usize]]))
                }
                1 => {
                    let roles = if random(3) == 0 { vec![] } else { vec![label("cashier")] };
                    Some(Action::DefineUser { code: code("ann"), name: "ann".into(), roles })
                }
                2 => Some(disable("ann", random(3) == 0)),
                3 => Some(Action::RequirePeople { at: LocationId::CHAIN, required: random(3) > 0 }),
                4 => Some(Action::RequirePeople { at: SHOP, required: random(3) > 0 }),
                _ => None,
            };
            if let Some(change) = changed {
                rig.done(LocationId::CHAIN, change);
                continue;
            }
            let user = ["ann", "max", "nobody"][random(3) as usize];
            let approver = [None, Some("ann"), Some("max")][random(3) as usize].filter(|_| user != "nobody");
            let (location, action) = some_action(random(u64::MAX));
            match ask(&rig, by(&rig, TILL, user, approver), location, action) {
                Outcome::Done { .. } => done += 1,
                Outcome::Refused(refusal) => refused += usize::from((4000..5000).contains(&refusal.number())),
            }
        }
        assert!(done > 300 && refused > 300, "seed {seed}: {done} done, {refused} refused");
        let mut chain = Chain::default();
        for (seq, record) in rig.handle.events(Seq(0), usize::MAX).unwrap() {
            let wrong = wrong_in(&chain.people, &record);
            assert_eq!(wrong, None, "seed {seed}, record {}: {record:?}", seq.0);
            if record.location == LocationId::CHAIN {
                chain.apply(&record.event, record.time);
            }
        }
    }
}
