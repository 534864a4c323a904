//! Rights are looked at where a command is decided: what was taken away a moment ago counts.

use crate::rig::{Rig, SHOP, WAREHOUSE, line, next_id, next_ticket, options, receive, sell};
use onhand_actors::port::{Envelope, Outcome};
use onhand_engine::catalogue::{Key, KeyId, Role};
use onhand_engine::command::{Action, Channel, Command};
use onhand_engine::ids::{Label, LocationId, Seq, UserCode};
use onhand_engine::people::{By, Capabilities, Capability, PinHash};
use onhand_engine::refusal::Refusal;
use onhand_engine::time::Timestamp;

const TILL: KeyId = KeyId(11);
const DESK: KeyId = KeyId(12);

fn code(text: &str) -> UserCode {
    UserCode::new(text).unwrap()
}

fn label(text: &str) -> Label {
    Label::new(text).unwrap()
}

fn role(name: &str, capabilities: &[Capability]) -> Action {
    Action::DefineRole { role: label(name), capabilities: Capabilities::of(capabilities) }
}

fn disable(name: &str, disabled: bool) -> Action {
    Action::DisableUser { user: code(name), disabled }
}

/// A till with Ann, who sells, and a desk with Max, who may everything.
fn staffed() -> Rig {
    let rig = Rig::new();
    rig.done(SHOP, receive(1, 1_000_000));
    for (id, role) in [(TILL, Role::Till), (DESK, Role::Admin)] {
        let key = Key { id, role, holder: label("x"), secret_hash: [0; 32], created: Timestamp(1), revoked: None };
        rig.done(LocationId::CHAIN, Action::CreateKey { key });
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
    let web = Key {
        id: KeyId(13),
        role: Role::Web,
        holder: label("shop"),
        secret_hash: [0; 32],
        created: Timestamp(1),
        revoked: None,
    };
    rig.done(LocationId::CHAIN, Action::CreateKey { key: web });
    rig.done(WAREHOUSE, Action::Receive { lines: vec![line(1, 5)] });
    let website = By { device: Some(KeyId(13)), ..By::default() };
    assert!(matches!(ask(&rig, website, WAREHOUSE, crate::rig::reserve(1, 2, 1_000)), Outcome::Done { .. }));
    rig.advance(1_000);
    rig.given.wait("the end of the reservation", |_| (rig.atp(WAREHOUSE, 1) == 5).then_some(()));
}
