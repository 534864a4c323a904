//! Who asked for a record, and the people themselves: what is written comes back, and a record of
//! which nobody is known is not a byte longer than before.

use crate::samples::{damage_every_bit, encoded, every_kind, location, plain_sale, record};
use onhand_engine::catalogue::KeyId;
use onhand_engine::chain::Chain;
use onhand_engine::event::{Event, Record};
use onhand_engine::ids::{Label, LocationId, UserCode};
use onhand_engine::money::Minor;
use onhand_engine::people::{By, Capabilities, Capability, Limits, PinHash, UserNo};
use onhand_engine::world::World;
use onhand_persistence::format::{decode, frames, state};
use std::num::NonZeroU32;

fn no(number: u32) -> UserNo {
    UserNo(NonZeroU32::new(number).unwrap())
}

/// Everything that can be known of who asked, and how many bytes it takes.
fn everybody() -> Vec<(By, usize)> {
    let (device, user, approver) = (Some(KeyId(u64::MAX)), Some(no(1)), Some(no(u32::MAX)));
    vec![
        (By::default(), 0),
        (By { device, user: None, approver: None }, 8),
        (By { device: None, user, approver: None }, 4),
        (By { device, user, approver: None }, 12),
        (By { device, user, approver }, 16),
        (By { device: Some(KeyId(0)), user, approver }, 16),
    ]
}

fn changes() -> Vec<Event> {
    let label = |text| Label::new(text).unwrap();
    vec![
        Event::LocationDefined { location: location(1) },
        Event::RoleDefined {
            role: label("cashier"),
            capabilities: Capabilities::of(&[Capability::Sell]),
            limits: Limits { discount_ppm_max: Some(100_000), refund_max: Some(Minor(5_000)) },
        },
        Event::RoleDefined {
            role: label("owner"),
            // All that there were when the golden files were written.
            capabilities: Capabilities::of(Capability::ALL).without(Capabilities::of(&[Capability::LiftReturnLimits])),
            limits: Limits::default(),
        },
        Event::UserDefined {
            user: no(1),
            code: UserCode::new("ann").unwrap(),
            name: "Ann Grün".into(),
            roles: vec![label("cashier"), label("owner")],
        },
        Event::PinSet { user: no(1), pin: PinHash::new("$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA") },
        Event::UserDefined { user: no(2), code: UserCode::new("bob").unwrap(), name: "Bob".into(), roles: vec![] },
        Event::UserDisabled { user: no(2), disabled: true },
        Event::UserDisabled { user: no(1), disabled: false },
        Event::PeopleRequired { at: LocationId(1), required: true },
        Event::PeopleRequired { at: LocationId::CHAIN, required: true },
        Event::PeopleRequired { at: LocationId(1), required: false },
    ]
}

pub(crate) fn all() -> Vec<Record> {
    let changes = changes().into_iter().zip(100..).map(|(event, n)| record(n, 0, event));
    let records: Vec<Record> = every_kind().into_iter().chain(changes).collect();
    let known = everybody();
    records.iter().flat_map(|one| known.iter().map(|(by, _)| Record { by: *by, ..one.clone() })).collect()
}

#[test]
fn who_asked_comes_back_with_every_kind() {
    let records = all();
    let bytes: Vec<u8> = records.iter().flat_map(encoded).collect();
    assert_eq!(decode(&bytes).unwrap(), records);
    let mut into = record(1, 1, Event::SaleRecorded(plain_sale(1, 1)));
    for (frame, wanted) in frames(&bytes).zip(&records) {
        frame.unwrap().read_into(&mut into).unwrap();
        assert_eq!(into, *wanted);
    }
}

#[test]
fn nobody_takes_no_byte_and_each_who_is_known_a_few() {
    for one in every_kind() {
        let alone = encoded(&one).len();
        for (by, bytes) in everybody() {
            assert_eq!(encoded(&Record { by, ..one.clone() }).len(), alone + bytes, "{by:?}");
        }
    }
}

#[test]
fn damage_is_an_error_and_never_a_panic() {
    for one in all() {
        let bytes = encoded(&one);
        for length in 0..bytes.len() {
            assert!(length == 0 || decode(&bytes[..length]).is_err(), "cut at {length}");
        }
        damage_every_bit(&bytes);
    }
}

fn parts(chain: &Chain) -> Vec<Vec<u8>> {
    let mut parts = Vec::new();
    state::chain_parts(chain, &mut |part| parts.push(part));
    parts
}

#[test]
fn a_snapshot_brings_the_people_back() {
    let mut world = World::default();
    assert_eq!(parts(&world.chain).len(), 1, "that of the selling rules: no part for nobody");
    changes().into_iter().zip(1..).for_each(|(event, n)| world.apply(&record(n, 0, event)));
    let (mut found, mut known) = (World::default(), Vec::new());
    for part in parts(&world.chain) {
        state::read_part(LocationId::CHAIN, &part, &mut found, &mut known).unwrap();
    }
    assert_eq!(found.chain.people, world.chain.people);
    assert_eq!(found.chain.people.user_by_code(&UserCode::new("ann").unwrap()).unwrap().pins_set, 1);
}
