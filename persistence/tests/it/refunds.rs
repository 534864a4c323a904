//! What goes back to card payments with returns comes back from disk, in records, answers and snapshots.

use crate::samples::{damage_every_bit, encoded, plain_sale, record};
use crate::{payments, returns};
use onhand_engine::event::{Event, Record, Return};
use onhand_engine::ids::{CommandId, Label, LocationId, PaymentId, Seq};
use onhand_engine::money::Minor;
use onhand_engine::payment::card::Safe;
use onhand_engine::payment::{Declined, Happening, Refunds};
use onhand_engine::returns::{Grant, PendingGrant};
use onhand_engine::world::World;
use onhand_persistence::format::{decode, state};
use onhand_persistence::log::Remembered;
use onhand_persistence::state_hash;

fn back(granted: bool, id: u128, amount: i64) -> Return {
    let parts = vec![(PaymentId(4), Minor(amount))];
    Return { refunds: Some(Box::new(Refunds { id: CommandId(id), parts })), ..returns::back(None, granted) }
}

fn granted(amount: i64) -> PendingGrant {
    let pending = returns::pending();
    let grant = Grant { refunds: vec![(PaymentId(4), Minor(amount))], ..pending.grant };
    PendingGrant { grant, ..pending }
}

pub(crate) fn records() -> Vec<Record> {
    let grant =
        |command, amount| Event::ReturnGranted { command: CommandId(command), pending: Box::new(granted(amount)) };
    let (sale, refunds) = (returns::SALE.seq, vec![(PaymentId(4), Minor(30))]);
    let mut events = payments::captured(4);
    events.extend([
        Event::GoodsReturned(back(false, 21, 100)),
        Event::GoodsReturned(back(true, 22, 90)),
        Event::Exchanged { back: Box::new(back(false, 23, 200)), sale: Box::new(plain_sale(1, 4)) },
        grant(24, 30),
        grant(25, 40),
        Event::GrantEnded { command: CommandId(24), sale, kept: true, refunds },
    ]);
    events.into_iter().zip(1..).map(|(event, n)| record(n, 1, event)).collect()
}

/// Refunds that the provider declined: one is owed, one goes back again, one was given otherwise.
pub(crate) fn declined() -> Vec<Record> {
    let happens = |happening| Event::Payment { payment: PaymentId(4), happening };
    let asked = |refund, amount| happens(Happening::RefundAsked { refund: CommandId(refund), amount: Minor(amount) });
    let no = |refund, why| {
        let reason = if why { Safe::new("card closed").ok() } else { None };
        happens(Happening::RefundDeclined { refund: CommandId(refund), reason })
    };
    let (refund, amount, instead_of) = (CommandId(34), Minor(2), CommandId(32));
    let mut events = payments::captured(4);
    events.extend([asked(31, 1), asked(32, 2), asked(33, 3), no(31, true), no(32, false), no(33, true)]);
    events.push(happens(Happening::RefundAskedAgain { refund, amount, instead_of }));
    let how = Label::new("cash").unwrap();
    events.push(happens(Happening::RefundGivenOtherwise { refund: CommandId(33), how }));
    events.into_iter().zip(1..).map(|(event, n)| record(n, 1, event)).collect()
}

#[test]
fn they_come_back_and_no_damage_is_a_panic() {
    for records in [records(), declined()] {
        let bytes: Vec<u8> = records.iter().flat_map(encoded).collect();
        assert_eq!(decode(&bytes).unwrap(), records);
        records.iter().for_each(|record| damage_every_bit(&encoded(record)));
    }
}

#[test]
fn a_snapshot_keeps_what_was_declined() {
    let mut world = World::default();
    declined().iter().for_each(|record| world.apply(record));
    let (mut found, mut known) = (World::default(), Vec::new());
    let mut read = |part: Vec<u8>| state::read_part(LocationId(1), &part, &mut found, &mut known).unwrap();
    state::place_parts(&world.places[&LocationId(1)], &mut read);
    assert_eq!(found.places, world.places);
    let of = |world: &World| world.places[&LocationId(1)].store.payments.get(PaymentId(4)).unwrap().clone();
    let payment = of(&found);
    let fates: Vec<_> = payment.refunds.iter().map(|one| one.declined).collect();
    assert_eq!(fates, [Some(Declined::Owed), Some(Declined::Again), Some(Declined::Otherwise), None]);
    assert_eq!((payment.refunded(), payment.is_open()), (Minor(6), true));
    let mut forgiven = payment;
    forgiven.refunds[0].declined = Some(Declined::Otherwise);
    let mut other = world.clone();
    other.places.get_mut(&LocationId(1)).unwrap().store.payments.put(PaymentId(4), forgiven);
    assert_ne!(state_hash(&world), state_hash(&other), "it is part of the state's hash");
}

#[test]
fn a_snapshot_keeps_them_and_their_answers() {
    let mut world = World::default();
    records().iter().for_each(|record| world.apply(record));
    let told = records().into_iter().zip(1..).filter(|(record, _)| !record.event.is_own_step());
    let answers: Vec<Remembered> = told.map(|(record, n)| Remembered::of(&record, Seq(n))).collect();
    let (mut found, mut known) = (World::default(), Vec::new());
    let mut read = |part: Vec<u8>| state::read_part(LocationId(1), &part, &mut found, &mut known).unwrap();
    state::place_parts(&world.places[&LocationId(1)], &mut read);
    state::memo_parts(&answers.iter().collect::<Vec<_>>(), &mut read);
    assert_eq!(found.places, world.places);
    assert_eq!(known, answers);
    let store = &found.places[&LocationId(1)].store;
    // What another location granted begins there.
    assert_eq!(store.payments.get(PaymentId(4)).unwrap().refunded(), Minor(330));
    assert_eq!(store.grants[&CommandId(25)].grant.refunds, [(PaymentId(4), Minor(40))]);
    let mut without = world.clone();
    let grants = &mut without.places.get_mut(&LocationId(1)).unwrap().store.grants;
    grants.get_mut(&CommandId(25)).unwrap().grant.refunds.clear();
    assert_ne!(state_hash(&world), state_hash(&without), "it is part of the state's hash");
}
