//! Returns in which others have a part: the location that sold grants them, accounts get back what they paid,
//! and a crash between any two steps ends in all or nothing.

use crate::accounts::{FAR, NEAR, account, disk, issue, records, settled, take, world};
use crate::rig::{Rig, SHOP, WAREHOUSE, next_id, options, receive, sell};
use onhand_actors::port::{Envelope, Outcome, Ticket};
use onhand_engine::account::HOLD;
use onhand_engine::command::{Action, Command, Disposition, Said, Sell, Tender, TenderKind};
use onhand_engine::ids::Seq;
use onhand_engine::money::{Currency, Minor};
use onhand_engine::qty::Qty;
use onhand_engine::refusal::Refusal;
use onhand_engine::returns::{GivenBack, KnownSale, Portion, TakeBack, What, grant_first};
use onhand_engine::world::World;

/// Three items sold at the warehouse, paid half and half by two cards.
fn sold(rig: &Rig) -> KnownSale {
    rig.done(WAREHOUSE, receive(1, 3));
    issue(rig, NEAR, 5_000);
    issue(rig, FAR, 5_000);
    let Action::Sell(sale) = sell(&[1, 1, 1]) else { panic!() };
    let tenders = vec![Tender { kind: TenderKind::GiftCard, amount: Minor(300) }];
    let takes = [take(NEAR, 150), take(FAR, 150)].into();
    rig.done(WAREHOUSE, Action::Sell(Sell { tenders, takes, ..sale }));
    settled(rig);
    let known = |(seq, record): &(Seq, _)| KnownSale::of(*seq, record);
    rig.handle.events(Seq(0), 100_000).unwrap().iter().find_map(known).unwrap()
}

pub(crate) fn back(sale: &KnownSale, lines: &[u16]) -> Action {
    let portion = |line: &u16| Portion { line: *line, what: What::Goods(Qty::units(1)) };
    let portions = lines.iter().map(portion).collect();
    Action::Return {
        till: None,
        currency: Currency::EUR,
        lines: vec![],
        said: Said::default(),
        disposition: Disposition::Resell,
        tenders: vec![],
        accounts: Box::default(),
        goods: None,
        of: Some(Box::new(TakeBack { sale: sale.clone(), portions, void: None, serials: vec![], granted: None })),
        unreceipted: None,
    }
}

fn exchange(sale: &KnownSale) -> Action {
    let Action::Return { of: Some(back), .. } = back(sale, &[]) else { panic!() };
    let Action::Sell(sell) = sell(&[2]) else { panic!() };
    Action::Exchange { back, disposition: Disposition::Resell, sell: Box::new(sell) }
}

fn given(world: &World, sale: &KnownSale) -> GivenBack {
    world.places[&WAREHOUSE].store.given_back(sale.of.seq).clone()
}

fn balances(world: &World) -> [i64; 2] {
    [NEAR, FAR].map(|id| account(world, id).ledger.balance().0)
}

/// The crash comes after each record in turn, whether whoever asks comes again or not.
#[test]
fn t57_a_crash_between_any_two_steps_of_a_return_ends_in_all_or_nothing() {
    for (exchanged, worth, steps) in [(false, [150, 150], 8), (true, [150, 50], 8)] {
        let rig = Rig::new();
        rig.done(SHOP, receive(2, 1));
        let sale = sold(&rig);
        let before = records(&rig).len();
        let action = if exchanged { exchange(&sale) } else { back(&sale, &[]) };
        let command = rig.envelope(SHOP, action).command;
        let envelope = |rig: &Rig| Envelope { command: command.clone(), ..rig.envelope(SHOP, receive(1, 1)) };
        let first = rig.given.outcome(rig.send(envelope(&rig)));
        let Outcome::Done { answer: known, .. } = &first else { panic!("{first:?}") };
        settled(&rig);
        let all = records(&rig);
        rig.handle.stop();
        let text = "granted, two expected, returned, two refunded, kept, settled";
        assert_eq!(all.len() - before, steps, "{text}: {:?}", &all[before..]);
        let decided = all.iter().position(|record| record.command == command.id).unwrap() + 1;
        for kept in before..=all.len() {
            for comes_again in [false, true] {
                let rig = Rig::open(disk(&all[..kept]), options());
                if comes_again {
                    let again = rig.given.outcome(rig.send(envelope(&rig)));
                    let Outcome::Done { answer, .. } = &again else { panic!("{again:?}") };
                    assert_eq!(answer, known);
                }
                let world = settled(&rig);
                let stands = comes_again || kept >= decided;
                let back = if stands { worth } else { [0, 0] };
                let text = format!("exchanged: {exchanged}, {kept} records kept, again: {comes_again}");
                assert_eq!(balances(&world), [4_850 + back[0], 4_850 + back[1]], "{text}");
                let units: Qty = given(&world, &sale).lines.values().map(|line| line.qty).sum();
                assert_eq!(units, Qty::units(if stands { 3 } else { 0 }), "{text}");
                assert_eq!(world.check(), Vec::<String>::new());
                rig.handle.stop();
            }
        }
    }
}

/// T57: whoever asks for the last one, where it was sold or elsewhere: one gets it, and nobody is told to come
/// again.
#[test]
fn t57_the_last_one_comes_back_once_and_the_others_are_told_so() {
    let rig = Rig::new();
    let sale = sold(&rig);
    let at = |n: usize| if n.is_multiple_of(2) { SHOP } else { WAREHOUSE };
    let mut all: Vec<Envelope> = (0..30).map(|n| rig.envelope(at(n), back(&sale, &[0]))).collect();
    let tickets: Vec<Ticket> = all.iter().map(|envelope| envelope.ticket).collect();
    rig.handle.submit(&mut all);
    let outcomes: Vec<Outcome> = tickets.iter().map(|ticket| rig.given.outcome(*ticket)).collect();
    let done = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Done { .. })).count();
    let more = |outcome: &&Outcome| matches!(outcome, Outcome::Refused(Refusal::MoreThanSold { .. }));
    assert_eq!((done, outcomes.iter().filter(more).count()), (1, 29), "{outcomes:?}");
    assert_eq!(balances(&settled(&rig)), [4_950, 4_850]);
    rig.handle.stop();
}

/// What was granted to a return that is refused in the end is there for the next one.
#[test]
fn what_a_refused_return_was_granted_may_come_back_another_time() {
    let rig = Rig::new();
    let sale = sold(&rig);
    // Nothing goes out at a place that has nothing.
    let refused = rig.ask(SHOP, exchange(&sale));
    assert!(matches!(refused, Outcome::Refused(Refusal::ShortStock { .. })), "{refused:?}");
    let world = settled(&rig);
    assert_eq!((given(&world, &sale), balances(&world)), (GivenBack::default(), [4_850, 4_850]));
    rig.done(SHOP, back(&sale, &[]));
    assert_eq!(balances(&settled(&rig)), [5_000, 5_000]);
    rig.handle.stop();
}

/// A grant for which nobody comes back makes others wait, but not for ever; then it is looked into.
#[test]
fn a_grant_nobody_comes_back_for_is_undone_in_time() {
    let rig = Rig::new();
    let sale = sold(&rig);
    let of = back(&sale, &[]);
    let lost = Command { id: next_id(), ..rig.envelope(SHOP, of).command };
    let (sold_at, ask) = grant_first(&lost, None).unwrap();
    rig.done(sold_at, Action::GrantReturn(Box::new(ask)));
    let rival = rig.send(rig.envelope(WAREHOUSE, back(&sale, &[0])));
    // Whoever asks the same shard afterwards is answered afterwards.
    rig.done(WAREHOUSE, receive(5, 1));
    rig.advance(1_000);
    rig.done(WAREHOUSE, receive(5, 1));
    assert!(rig.given.look(|given| !given.outcomes.contains_key(&rival)), "it waits");
    rig.advance(1_100);
    assert_eq!(rig.given.outcome(rival), Outcome::Refused(Refusal::GrantPending { retry_ms: 500 }));
    rig.advance(HOLD.0);
    assert_eq!(given(&settled(&rig), &sale), GivenBack::default());
    rig.done(WAREHOUSE, back(&sale, &[0]));
    assert_eq!(given(&world(&rig), &sale).lines[&0].qty, Qty::units(1));
    rig.handle.stop();
}

/// Where neither an account nor another location has a part, there is one record, as ever.
#[test]
fn a_plain_return_is_one_record() {
    let rig = Rig::new();
    rig.done(SHOP, receive(1, 2));
    rig.done(SHOP, sell(&[1, 1]));
    let known = |(seq, record): &(Seq, _)| KnownSale::of(*seq, record);
    let sale = rig.handle.events(Seq(0), 100_000).unwrap().iter().find_map(known).unwrap();
    let before = records(&rig).len();
    rig.done(SHOP, back(&sale, &[0]));
    assert_eq!(records(&rig).len() - before, 1);
    rig.handle.stop();
}
