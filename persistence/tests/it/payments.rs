//! Card payments: what is written of them comes back, from the log and from a snapshot.

use crate::samples::{NOON, damage_every_bit, encoded, plain_sale, record};
use onhand_engine::command::Channel;
use onhand_engine::event::{Event, Record, Sale};
use onhand_engine::ids::{CommandId, Label, LocationId, PaymentId, ReservationId, TillNo};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::payment::card::{Card, Last4, Safe};
use onhand_engine::payment::settlement::{Discrepancy, Mismatch, Settled};
use onhand_engine::payment::{Approval, Happening, Paid, Start, Started, Use};
use onhand_engine::time::{Millis, Timestamp};
use onhand_engine::world::World;
use onhand_persistence::format::{decode, frames, state};

fn card() -> Card {
    Card {
        brand: Safe::new("visa").ok(),
        last4: Last4::new("4242"),
        token: Safe::new("pm_1Nh8XZ2eZvKYlo2C").ok(),
        authorisation: Safe::new("012345").ok(),
    }
}

fn started(full: bool) -> Happening {
    let reservation = full.then_some(ReservationId(5));
    let start = Start {
        sale: CommandId(9),
        till: full.then_some(TillNo(3)),
        provider: Label::new("terminals").unwrap(),
        currency: Currency::EUR,
        amount: Minor(1_210),
        token: if full { Safe::new("pm_1Nh8XZ2eZvKYlo2C").ok() } else { None },
        reservation,
        attempt: Millis(90_000),
    };
    Happening::Started(Box::new(Started {
        start,
        channel: if full { Channel::Web } else { Channel::Till },
        at: Timestamp(NOON),
        expires: Timestamp(NOON + 900_000),
        keeps: reservation.map(|id| (id, Timestamp(NOON + 900_000))),
        forgotten: if full { vec![PaymentId(1), PaymentId(2)] } else { vec![] },
    }))
}

fn sent(transaction: Option<&str>) -> Happening {
    let transaction = transaction.map(|name| Box::new(Safe::new(name).unwrap()));
    Happening::Sent { until: Timestamp(NOON + 1), transaction }
}

fn approved(full: bool) -> Happening {
    let card = if full { card() } else { Card::default() };
    let approval = Approval { transaction: Safe::new("pi_3").unwrap(), card, taken: full };
    let keeps = full.then_some((ReservationId(5), Timestamp(NOON + 1)));
    Happening::Approved { approval: Box::new(approval), expires: Timestamp(NOON + 900_000), keeps }
}

fn discrepancy((mismatch, line): (Mismatch, u32)) -> Discrepancy {
    let known = line > 0;
    Discrepancy {
        line: known.then_some(line),
        mismatch,
        payment: known.then_some(PaymentId(9)),
        transaction: if known { Safe::new("pi_3").ok() } else { None },
        ours: Minor(1),
        theirs: Minor(2),
    }
}

fn happenings() -> Vec<Happening> {
    let reason = |text| Safe::new(text).ok();
    vec![
        started(false),
        started(true),
        sent(None),
        sent(Some("pi_3")),
        Happening::Lost { by_itself: true },
        Happening::Lost { by_itself: false },
        approved(false),
        approved(true),
        Happening::Declined { reason: reason("insufficient funds") },
        Happening::Declined { reason: None },
        Happening::GivenUp { by_itself: true },
        Happening::GivenUp { by_itself: false },
        Happening::Captured,
        Happening::Voided,
        Happening::RefundAsked { refund: CommandId(7), amount: Minor(300) },
        Happening::Refunded { refund: CommandId(7) },
        Happening::Failed { reason: reason("no answer").unwrap() },
        Happening::Settled(Box::new(Settled {
            provider: Label::new("terminals").unwrap(),
            name: Label::new("monday").unwrap(),
            charges: vec![PaymentId(4)],
            refunds: vec![(PaymentId(5), CommandId(7))],
            discrepancies: Mismatch::ALL.into_iter().zip(0..).map(discrepancy).collect(),
            more_missing: 3,
        })),
    ]
}

fn event(payment: u128, happening: Happening) -> Event {
    Event::Payment { payment: PaymentId(payment), happening }
}

fn paid(uses: Vec<Use>, given_up: Vec<PaymentId>) -> Sale {
    Sale { payments: Some(Box::new(Paid { uses, given_up })), ..plain_sale(1, 1) }
}

fn one(payment: u128, covered: bool, card: Option<Card>) -> Use {
    Use { payment: PaymentId(payment), amount: Minor(1_210), covered, card }
}

/// A payment that is sold and captured.
pub(crate) fn captured(payment: u128) -> Vec<Event> {
    let sale = Event::SaleRecorded(paid(vec![one(payment, true, None)], vec![]));
    vec![event(payment, started(false)), event(payment, approved(false)), sale, event(payment, Happening::Captured)]
}

pub(crate) fn records() -> Vec<Record> {
    let sales = [
        paid(vec![one(4, true, Some(card()))], vec![]),
        paid(vec![one(4, false, None), one(5, true, Some(Card::default()))], vec![PaymentId(6)]),
    ];
    let events = happenings().into_iter().map(|happening| event(4, happening));
    let events = events.chain(sales.into_iter().map(Event::SaleRecorded));
    events.zip(1..).map(|(event, n)| record(n, 1, event)).collect()
}

#[test]
fn every_happening_and_every_sale_comes_back() {
    let records = records();
    let bytes: Vec<u8> = records.iter().flat_map(encoded).collect();
    assert_eq!(decode(&bytes).unwrap(), records);
    // In the place of another sale, whose payments must not stay.
    let mut into = record(1, 1, Event::SaleRecorded(paid(vec![one(4, true, None)], vec![])));
    let plain = record(2, 1, Event::SaleRecorded(plain_sale(2, 2)));
    frames(&encoded(&plain)).next().unwrap().unwrap().read_into(&mut into).unwrap();
    assert_eq!(into, plain);
}

#[test]
fn damage_is_an_error_and_never_a_panic() {
    for one in records() {
        damage_every_bit(&encoded(&one));
    }
}

#[test]
fn a_snapshot_brings_payments_back() {
    let mut world = World::default();
    let lives: [&[Happening]; 6] = [
        &[started(true)],
        &[started(false), sent(Some("pi_3"))],
        &[started(false), Happening::Lost { by_itself: true }, Happening::GivenUp { by_itself: true }],
        &[started(false), approved(false)],
        &[
            started(false),
            approved(true),
            Happening::GivenUp { by_itself: true },
            Happening::RefundAsked { refund: CommandId(7), amount: Minor(0) },
            Happening::Failed { reason: Safe::new("no answer").unwrap() },
        ],
        &[started(false), Happening::Declined { reason: Safe::new("lost card").ok() }],
    ];
    for (payment, life) in (10..).zip(lives) {
        for happening in life {
            world.apply(&record(1, 1, event(payment, happening.clone())));
        }
    }
    let sale = paid(vec![one(13, true, Some(card()))], vec![]);
    world.apply(&record(2, 1, Event::SaleRecorded(sale)));
    let (mut found, mut known) = (World::default(), Vec::new());
    state::place_parts(&world.places[&LocationId(1)], &mut |part| {
        state::read_part(LocationId(1), &part, &mut found, &mut known).unwrap();
    });
    assert_eq!(found.places[&LocationId(1)].store.payments, world.places[&LocationId(1)].store.payments);
    assert_eq!(found.check(), Vec::<String>::new());
}
