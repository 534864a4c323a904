//! What is given back of known sales comes back from disk, in records, answers and snapshots.

use crate::samples::{damage_every_bit, encoded, line, plain_sale, record};
use onhand_engine::account::{AccountKind, Measure, Redemption, Take, Way};
use onhand_engine::command::{Channel, Disposition, Tender, TenderKind};
use onhand_engine::event::{Event, Record, Return};
use onhand_engine::ids::{AccountId, CommandId, Label, LocationId, ReceiptNo, Seq, TillNo};
use onhand_engine::money::Minor;
use onhand_engine::qty::Qty;
use onhand_engine::returns::{Grant, Of, PendingGrant, Portion, SaleRef, What};
use onhand_engine::time::Timestamp;
use onhand_engine::world::World;
use onhand_persistence::format::{decode, encode, state};
use onhand_persistence::log::Remembered;
use onhand_persistence::state_hash;

pub(crate) const SALE: SaleRef = SaleRef { location: LocationId(1), seq: Seq(812) };

fn portions() -> Vec<Portion> {
    let goods = What::Goods(Qty::from_milli(500));
    vec![Portion { line: 0, what: goods }, Portion { line: 3, what: What::Money(Minor(250)) }]
}

fn tenders() -> Vec<Tender> {
    vec![Tender { kind: TenderKind::StoreCredit, amount: Minor(250) }]
}

pub(crate) fn back(void: Option<&str>, granted: bool) -> Return {
    let void = void.map(|why| Label::new(why).unwrap());
    Return {
        receipt: Some((TillNo(1), ReceiptNo(2))),
        channel: Channel::Till,
        lines: vec![line(6, 1), line(7, 2)],
        disposition: Disposition::Resell,
        tenders: tenders(),
        of: Some(Box::new(Of { sale: SALE, portions: portions(), void, granted })),
        redemption: granted.then(|| Box::new(redemption(LocationId(2)))),
        goods: None,
        unreceipted: None,
        refunds: None,
    }
}

fn credit() -> Take {
    let (kind, measure, worth) = (AccountKind::Loyalty, Measure::Points, Minor(250));
    Take {
        account: AccountId(u128::MAX),
        kind,
        measure,
        amount: Minor(25),
        worth,
        by_code: false,
        by_customer: false,
        way: Way::In,
        limit: Minor(0),
    }
}

fn redemption(sold_at: LocationId) -> Redemption {
    Redemption { sale: CommandId(7), takes: vec![credit()], granted_by: Some(sold_at) }
}

pub(crate) fn pending() -> PendingGrant {
    let (portions, lines, tenders) = (portions(), vec![line(6, 1), line(7, 2)], tenders());
    let grant = Grant { portions, lines, tenders, credits: vec![credit()], pieces: vec![], refunds: vec![] };
    PendingGrant { to: LocationId(2), sale: SALE.seq, deadline: Timestamp(99_000), grant }
}

pub(crate) fn records() -> Vec<Record> {
    let pending = |command: u128| Event::ReturnGranted { command: CommandId(command), pending: Box::new(pending()) };
    let ended = |command: u128, kept| {
        let refunds = vec![];
        Event::GrantEnded { command: CommandId(command), sale: SALE.seq, kept, refunds }
    };
    let sale = Box::new(plain_sale(1, 4));
    let events = [
        Event::GoodsReturned(back(None, false)),
        Event::GoodsReturned(back(Some("mistyped"), false)),
        Event::GoodsReturned(back(None, true)),
        pending(1),
        pending(2),
        pending(3),
        ended(2, true),
        ended(3, false),
        Event::Exchanged { back: Box::new(back(None, false)), sale },
        Event::GoodsReturned(Return { of: None, ..back(None, true) }),
    ];
    events.into_iter().zip(1..).map(|(event, n)| record(n, 1, event)).collect()
}

#[test]
fn they_come_back_and_no_damage_is_a_panic() {
    let mut bytes = Vec::new();
    records().iter().for_each(|record| encode(record, &mut bytes));
    assert_eq!(decode(&bytes).unwrap(), records());
    records().iter().for_each(|record| damage_every_bit(&encoded(record)));
}

#[test]
fn a_snapshot_keeps_them_and_their_answers() {
    let mut world = World::default();
    records().iter().for_each(|record| world.apply(record));
    let answers: Vec<Remembered> =
        records().iter().zip(1..).map(|(record, n)| Remembered::of(record, Seq(n))).collect();
    let mut parts = Vec::new();
    state::place_parts(&world.places[&LocationId(1)], &mut |part| parts.push(part));
    state::memo_parts(&answers.iter().collect::<Vec<_>>(), &mut |part| parts.push(part));
    let (mut found, mut known) = (World::default(), Vec::new());
    parts.iter().for_each(|part| state::read_part(LocationId(1), part, &mut found, &mut known).unwrap());
    assert_eq!(found.places, world.places);
    assert_eq!(known, answers);
    let given = &found.places[&LocationId(1)].store.given_back[&SALE.seq];
    // Two returns, one exchange, and the grants but the one that was undone; who was granted had it counted there.
    assert_eq!(given.lines[&0].qty, Qty::units(5));
    assert_eq!(given.accounts[&credit().account].amount, Minor(50));
    assert_eq!(found.places[&LocationId(1)].store.grants.len(), 1);
    let without = {
        let mut other = world.clone();
        other.places.get_mut(&LocationId(1)).unwrap().store.given_back.clear();
        state_hash(&other)
    };
    assert_ne!(state_hash(&world), without, "it is part of the state's hash");
}
