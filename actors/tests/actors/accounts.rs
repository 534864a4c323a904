//! Sales that accounts pay for: as many stand as the balance covers, and a crash between any two steps
//! ends in all or nothing.

use crate::rig::{Rig, SHOP, WAREHOUSE, line, next_id, options, receive, sell};
use onhand_actors::port::{Envelope, Outcome, Ticket};
use onhand_engine::account::{Account, AccountAsk, AccountKind, Entry, HOLD, Measure, RedemptionAsk, Take, Way};
use onhand_engine::answer::Answer;
use onhand_engine::command::{Action, Command, Standing};
use onhand_engine::event::{Event, Record};
use onhand_engine::ids::{AccountId, CommandId, Label, LocationId, Seq};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::refusal::Refusal;
use onhand_engine::world::World;
use onhand_persistence::batch::{ChainHash, seal};
use onhand_persistence::format;
use onhand_persistence::memory::Disk;

/// On the shard of the shop, and on the other one.
pub(crate) const NEAR: AccountId = AccountId(0x1_0000);
pub(crate) const FAR: AccountId = AccountId(0x1_0001);
const EUROS: Measure = Measure::Money(Currency::EUR);

fn place(account: AccountId) -> LocationId {
    LocationId::of_account(account)
}

fn of(account: AccountId, ask: AccountAsk) -> (LocationId, Action) {
    (place(account), Action::Account { account, ask })
}

pub(crate) fn issue(rig: &Rig, account: AccountId, amount: i64) {
    let (kind, measure, amount, expires) = (AccountKind::GiftCard, EUROS, Minor(amount), None);
    let (at, action) = of(account, AccountAsk::Issue { kind, measure, amount, expires, owner: None });
    rig.done(at, action);
}

pub(crate) fn take(account: AccountId, amount: i64) -> Take {
    let (kind, amount) = (AccountKind::GiftCard, Minor(amount));
    Take {
        account,
        kind,
        measure: EUROS,
        amount,
        worth: amount,
        by_code: true,
        by_customer: false,
        way: Way::Out,
        limit: Minor::ZERO,
    }
}

fn paid(takes: &[Take], standing: Standing) -> Action {
    let Action::Sell(sale) = sell(&[1]) else { panic!() };
    Action::Sell(onhand_engine::command::Sell { takes: takes.into(), standing, ..sale })
}

pub(crate) fn world(rig: &Rig) -> World {
    let mut world = World::default();
    records(rig).iter().for_each(|record| world.apply(record));
    world
}

pub(crate) fn records(rig: &Rig) -> Vec<Record> {
    rig.handle.events(Seq(0), 100_000).unwrap().into_iter().map(|(_, record)| record).collect()
}

pub(crate) fn account(world: &World, account: AccountId) -> &Account {
    &world.places[&place(account)].store.accounts.list[&account]
}

fn sales(world: &World) -> u64 {
    let of = |at: LocationId| world.places.get(&at).map_or(0, |place| place.store.totals.iter().map(|t| t.sales).sum());
    of(SHOP) + of(WAREHOUSE)
}

/// Waits until nothing is held or granted and nothing is settling.
pub(crate) fn settled(rig: &Rig) -> World {
    rig.given.wait("redemptions to end", |_| {
        let world = world(rig);
        let open = |store: &onhand_engine::store::Store| {
            !store.settling.list.is_empty() || !store.grants.is_empty() || store.accounts.holds().next().is_some()
        };
        (!world.places.values().any(|place| open(&place.store))).then_some(world)
    })
}

fn is_done(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Done { .. })
}

/// T33: a card of 50.00 and a hundred sales of 10.00 from two places at once.
#[test]
fn t33_as_many_sales_stand_as_the_card_covers() {
    for card in [NEAR, FAR] {
        let rig = Rig::new();
        rig.done(SHOP, receive(1, 100));
        rig.done(WAREHOUSE, receive(1, 100));
        issue(&rig, card, 5_000);
        let action = paid(&[take(card, 1_000)], Standing::Request);
        let mut all: Vec<Envelope> =
            (0..100).map(|n| rig.envelope(if n % 2 == 0 { SHOP } else { WAREHOUSE }, action.clone())).collect();
        let tickets: Vec<Ticket> = all.iter().map(|envelope| envelope.ticket).collect();
        rig.handle.submit(&mut all);
        let outcomes: Vec<Outcome> = tickets.iter().map(|ticket| rig.given.outcome(*ticket)).collect();
        assert_eq!(outcomes.iter().filter(|outcome| is_done(outcome)).count(), 5);
        let short = Outcome::Refused(Refusal::BalanceShort { short_by: 1_000, available: 0 });
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == short).count(), 95, "nobody is refused falsely");
        let world = settled(&rig);
        assert_eq!((sales(&world), account(&world, card).ledger.balance()), (5, Minor(0)));
        assert_eq!(rig.atp(SHOP, 1) + rig.atp(WAREHOUSE, 1), 195);
        rig.handle.stop();
    }
}

/// The same once more, which cannot be any more, comes while the first is still on its way: it waits for that one's
/// answer. One that nobody knows is refused with its number.
#[test]
fn what_cannot_be_any_more_waits_for_its_first_answer() {
    for takes in [vec![], vec![take(NEAR, 500), take(FAR, 500)]] {
        let rig = Rig::new();
        rig.done(SHOP, receive(1, 5));
        issue(&rig, NEAR, 500);
        issue(&rig, FAR, 500);
        let busy = rig.occupy(SHOP);
        let sale = rig.envelope(SHOP, paid(&takes, Standing::Request));
        let if_known = |of: &Envelope| {
            let again = rig.again(of);
            let action = Action::IfKnown { asked: Box::new(again.command.action), number: 3005 };
            Envelope { command: Command { action, ..again.command }, ..again }
        };
        let (again, other) = (if_known(&sale), if_known(&rig.envelope(SHOP, paid(&takes, Standing::Request))));
        let tickets = [sale.ticket, again.ticket, other.ticket];
        rig.handle.submit(&mut vec![sale, again, other]);
        busy.release();
        let [first, again, other] = tickets.map(|ticket| rig.given.outcome(ticket));
        assert!(is_done(&first), "{first:?}");
        assert_eq!(again, first);
        assert_eq!(other, Outcome::Refused(Refusal::NotAnyMore { number: 3005 }));
        assert_eq!(rig.atp(SHOP, 1), 4);
        rig.handle.stop();
    }
}

/// A sale that is refused for another reason gives back what was held, and a rival waits for that.
#[test]
fn what_a_refused_sale_held_is_there_for_a_rival() {
    let rig = Rig::new();
    rig.done(SHOP, receive(1, 1));
    issue(&rig, FAR, 1_000);
    issue(&rig, NEAR, 10);
    let busy = rig.occupy(SHOP);
    // The first holds its part on the one account and is refused by the other.
    let first = rig.envelope(SHOP, paid(&[take(FAR, 1_000), take(NEAR, 11)], Standing::Request));
    let second = rig.envelope(SHOP, paid(&[take(FAR, 1_000)], Standing::Request));
    let tickets = [first.ticket, second.ticket];
    rig.handle.submit(&mut vec![first, second]);
    busy.release();
    let refused = Outcome::Refused(Refusal::BalanceShort { short_by: 1, available: 10 });
    assert_eq!(rig.given.outcome(tickets[0]), refused);
    assert!(is_done(&rig.given.outcome(tickets[1])));
    let world = settled(&rig);
    assert_eq!(account(&world, FAR).ledger.balance(), Minor(0));
    assert_eq!(account(&world, NEAR).ledger.balance(), Minor(10));
    rig.handle.stop();
}

/// A hold of which nothing is heard makes a rival wait, but not for ever; then it is looked into.
#[test]
fn a_hold_nobody_comes_back_for_is_let_go_in_time() {
    let rig = Rig::new();
    rig.done(SHOP, receive(1, 1));
    issue(&rig, FAR, 1_000);
    let hold = AccountAsk::Hold { take: take(FAR, 1_000), sale: CommandId(7), at: SHOP, fact: false };
    let (at, action) = of(FAR, hold);
    rig.done(at, action);
    let redeem = || of(FAR, AccountAsk::Redeem { measure: EUROS, amount: Minor(400), by_code: true });
    let (at, action) = redeem();
    let rival = rig.send(rig.envelope(at, action));
    // Whoever asks at the same account afterwards is answered afterwards.
    let read = || of(FAR, AccountAsk::Read);
    rig.done(read().0, read().1);
    rig.advance(1_000);
    rig.done(read().0, read().1);
    assert!(rig.given.look(|given| !given.outcomes.contains_key(&rival)), "it waits");
    rig.advance(1_100);
    assert_eq!(rig.given.outcome(rival), Outcome::Refused(Refusal::BalanceHeld { retry_ms: 500 }));
    rig.advance(HOLD.0);
    settled(&rig);
    let (at, action) = redeem();
    rig.done(at, action);
    rig.handle.stop();
}

#[test]
fn a_repeat_gets_the_first_answer_and_pays_once() {
    let rig = Rig::new();
    rig.done(SHOP, receive(1, 9));
    issue(&rig, FAR, 5_000);
    let first = rig.envelope(SHOP, paid(&[take(FAR, 1_000)], Standing::Request));
    let repeats: Vec<Envelope> = (0..5).map(|_| rig.again(&first)).collect();
    let mut other = rig.again(&first);
    other.command.action = paid(&[take(FAR, 2_000)], Standing::Request);
    let tickets: Vec<Ticket> = [&first].into_iter().chain(&repeats).map(|envelope| envelope.ticket).collect();
    rig.handle.submit(&mut [first].into_iter().chain(repeats).collect());
    let outcomes: Vec<Outcome> = tickets.iter().map(|ticket| rig.given.outcome(*ticket)).collect();
    assert!(is_done(&outcomes[0]) && outcomes.iter().all(|outcome| *outcome == outcomes[0]), "{outcomes:?}");
    let reused = Outcome::Refused(Refusal::IdReused { field: "amounts, taxes or tenders" });
    assert_eq!(rig.given.outcome(rig.send(other)), reused);
    let world = settled(&rig);
    assert_eq!((sales(&world), account(&world, FAR).ledger.balance()), (1, Minor(4_000)));
    rig.handle.stop();
}

/// A sale that has happened is never refused: what the account has not got is a conflict.
#[test]
fn a_fact_takes_what_there_is_and_the_rest_is_recorded() {
    let rig = Rig::new();
    issue(&rig, FAR, 300);
    let unknown = AccountId(99);
    rig.done(SHOP, paid(&[take(FAR, 1_000), take(unknown, 50)], Standing::Fact));
    let world = settled(&rig);
    let ledger = account(&world, FAR).ledger;
    assert_eq!((ledger.balance(), ledger.redeemed, ledger.short), (Minor(0), Minor(300), Minor(700)));
    let unpaid: Vec<Take> = records(&rig)
        .into_iter()
        .filter_map(|record| if let Event::Settled { unpaid, .. } = record.event { Some(unpaid) } else { None })
        .flatten()
        .collect();
    assert_eq!(unpaid, [take(unknown, 50)]);
    rig.handle.stop();
}

#[test]
fn t33_a_disabled_card_pays_for_no_sale() {
    let rig = Rig::new();
    rig.done(SHOP, receive(1, 100));
    issue(&rig, FAR, 5_000);
    let (at, action) = of(FAR, AccountAsk::Disable { reason: Label::new("lost").unwrap() });
    rig.done(at, action);
    for _ in 0..20 {
        let outcome = rig.ask(SHOP, paid(&[take(FAR, 1_000)], Standing::Request));
        assert_eq!(outcome, Outcome::Refused(Refusal::AccountDisabled));
    }
    let world = settled(&rig);
    assert_eq!((sales(&world), account(&world, FAR).ledger.balance()), (0, Minor(5_000)));
    assert_eq!(rig.atp(SHOP, 1), 100);
    rig.handle.stop();
}

/// A log of the first so many records.
pub(crate) fn disk(records: &[Record]) -> Disk {
    let (mut image, mut buffer, mut hash) = (Vec::new(), Vec::new(), ChainHash::default());
    for (record, first) in records.iter().zip(1..) {
        let mut bytes = Vec::new();
        format::encode(record, &mut bytes);
        hash = seal(Seq(first), 1, &[&bytes], hash, &mut buffer);
        image.extend_from_slice(&buffer);
    }
    Disk::with_image(image)
}

/// The crash comes after each record in turn. Whether the seller comes again or not, and whether the
/// sale was asked for or had happened: it stands and both accounts have paid, or neither.
#[test]
fn a_crash_between_any_two_steps_ends_in_all_or_nothing() {
    for standing in [Standing::Request, Standing::Fact] {
        let rig = Rig::new();
        rig.done(SHOP, Action::Receive { lines: vec![line(1, 5)], goods: None });
        issue(&rig, NEAR, 5_000);
        issue(&rig, FAR, 5_000);
        let before = records(&rig).len();
        let sale = rig.envelope(SHOP, paid(&[take(NEAR, 1_000), take(FAR, 500)], standing)).command;
        let envelope = |rig: &Rig| Envelope {
            command: sale.clone(),
            ..rig.envelope(SHOP, Action::Receive { lines: vec![], goods: None })
        };
        let first = rig.given.outcome(rig.send(envelope(&rig)));
        settled(&rig);
        let all = records(&rig);
        rig.handle.stop();
        assert_eq!(all.len() - before, 6, "two holds, the sale, two redeemed, settled: {all:?}");
        let decided = all.iter().position(|record| record.command == sale.id).unwrap() + 1;
        for kept in before..=all.len() {
            for comes_again in [false, true] {
                let rig = Rig::open(disk(&all[..kept]), options());
                if comes_again {
                    let again = rig.given.outcome(rig.send(envelope(&rig)));
                    let (Outcome::Done { answer, .. }, Outcome::Done { answer: known, .. }) = (&again, &first) else {
                        panic!("{again:?}")
                    };
                    assert_eq!(answer, known);
                }
                let world = settled(&rig);
                let stands = comes_again || kept >= decided;
                let found = [NEAR, FAR].map(|id| account(&world, id).ledger.balance().0);
                let wanted = if stands { [4_000, 4_500] } else { [5_000, 5_000] };
                assert_eq!(found, wanted, "{standing:?}, {kept} records kept, again: {comes_again}");
                assert_eq!(sales(&world), u64::from(stands));
                assert_eq!(world.check(), Vec::<String>::new());
                rig.handle.stop();
            }
        }
    }
}

/// Reading says what is there, also while the disk is full; the steps of others are not for clients.
#[test]
fn an_account_is_read_at_any_time() {
    let rig = Rig::new();
    issue(&rig, FAR, 5_000);
    let (at, action) = of(FAR, AccountAsk::Read);
    let Outcome::Done { answer: Answer::Account(said), .. } = rig.ask(at, action) else { panic!() };
    assert_eq!((said.account, said.ledger.balance(), said.held), (FAR, Minor(5_000), Minor(0)));
    let inquire = Action::Redemption(RedemptionAsk::Inquire { sale: next_id() });
    assert_eq!(rig.ask(SHOP, inquire), Outcome::Refused(Refusal::NoSuchRedemption));
    let loads = records(&rig)
        .into_iter()
        .filter(|record| matches!(&record.event, Event::Account { entry: Entry::Issued { .. }, .. }));
    assert_eq!(loads.count(), 1, "reading leaves no record");
    rig.handle.stop();
}
