//! What is counted each second: added up it is what the log says, whatever was asked in whatever order;
//! what did not become durable is never in it.

use crate::rig::{Rig, SHOP, WAREHOUSE, options, receive, reservation_of, reserve, sell};
use onhand_actors::figures::{Figures, Margins, Spot};
use onhand_actors::handle::Options;
use onhand_actors::port::Outcome;
use onhand_engine::command::{Action, Channel, Disposition, Standing};
use onhand_engine::event::Event;
use onhand_engine::ids::{LocationId, OrderId, Owner, ReservationId, Seq, SkuId};
use onhand_engine::money::Minor;
use onhand_engine::qty::Qty;
use onhand_engine::refusal::Refusal;
use onhand_engine::store::Totals;
use onhand_engine::time::{Millis, Timestamp};
use onhand_engine::world::World;
use onhand_persistence::memory::Fault;
use std::collections::BTreeMap;

/// Numbers that follow from a seed.
struct Chance(u64);

impl Chance {
    fn next(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % below
    }

    fn one_of<T: Copy>(&mut self, list: &[T]) -> T {
        list[usize::try_from(self.next(list.len() as u64)).unwrap()]
    }
}

/// Everything that was counted up to now, in so many parts as seconds have gone by.
fn collect(rig: &Rig, all: &mut Figures) {
    all.absorb(&rig.handle.collect(rig.handle.now()));
}

/// Lets the second end and collects until something is so.
fn collect_until(rig: &Rig, all: &mut Figures, what: &str, until: impl Fn(&Figures) -> bool) {
    rig.advance(1_000);
    let all = std::cell::RefCell::new(all);
    rig.given.wait(what, |_| {
        let mut all = all.borrow_mut();
        collect(rig, &mut all);
        until(&all).then_some(())
    });
}

/// The same figures, made from the feed of events.
#[derive(Debug, Default, PartialEq)]
struct Told {
    totals: BTreeMap<LocationId, [Totals; 3]>,
    sold: BTreeMap<Spot, Qty>,
    holds: [u64; 4],
    ages_s: BTreeMap<u64, u64>,
    oversold: usize,
    margins: Margins,
}

fn told_by_the_log(rig: &Rig, since: Seq) -> Told {
    let mut told = Told::default();
    let mut world = World::default();
    let mut began: BTreeMap<ReservationId, Timestamp> = BTreeMap::new();
    for (seq, record) in rig.handle.events(Seq(0), usize::MAX).unwrap() {
        world.apply(&record);
        let mut ended = |freed: &[onhand_engine::event::Freed], how: usize| {
            for one in freed {
                told.holds[how] += 1;
                *told.ages_s.entry((record.time.0 - began[&one.reservation].0) / 1_000).or_default() += 1;
            }
        };
        if seq <= since {
            continue;
        }
        match &record.event {
            Event::SaleRecorded(sale) => {
                ended(&sale.freed, 1);
                for line in &sale.lines {
                    let sold = told.sold.entry((record.location, line.sku)).or_default();
                    *sold = sold.plus(line.qty);
                }
                told.oversold += sale.oversold.len();
                for line in sale.lines.iter().filter(|line| line.unit_cost.is_some()) {
                    let margin = &mut told.margins.entry(record.location).or_default()[sale.channel.index()];
                    margin.costed_net = margin.costed_net.plus(line.taxed.net);
                    margin.cost = margin.cost.plus(line.unit_cost.unwrap().times(line.qty));
                }
            }
            Event::GoodsReturned(back) => {
                for line in back.lines.iter().filter(|line| line.unit_cost.is_some()) {
                    let margin = &mut told.margins.entry(record.location).or_default()[back.channel.index()];
                    margin.costed_net = margin.costed_net.minus(line.taxed.net);
                    margin.cost = margin.cost.minus(line.unit_cost.unwrap().times(line.qty));
                }
            }
            Event::Reserved { reservation, freed, .. } => {
                ended(freed, 2);
                told.holds[0] += 1;
                began.insert(*reservation, record.time);
            }
            Event::Allocated { freed, .. } => ended(freed, 1),
            Event::Released(freed) => ended(std::slice::from_ref(freed), 2),
            Event::Expired(freed) => ended(std::slice::from_ref(freed), 3),
            _ => {}
        }
    }
    for (location, place) in &world.places {
        if place.store.totals != <[Totals; 3]>::default() {
            told.totals.insert(*location, place.store.totals);
        }
    }
    told
}

fn counted(figures: &Figures) -> Told {
    let holds = &figures.holds;
    Told {
        totals: figures.totals.clone(),
        sold: figures.sold.iter().map(|(spot, qty)| (*spot, *qty)).collect(),
        holds: [holds.began, holds.sold, holds.released, holds.expired],
        ages_s: holds.ages_s.clone(),
        oversold: figures.oversold.len(),
        margins: figures.margins.clone(),
    }
}

/// What was counted since a place in the log becomes what the log says.
pub(crate) fn assert_adds_up(rig: &Rig, since: Seq) {
    let mut all = Figures::default();
    collect_until(rig, &mut all, "the sum", |all| counted(all) == told_by_the_log(rig, since));
}

/// The same sale with what every second item had cost.
fn costed(sale: Action) -> Action {
    let Action::Sell(mut sell) = sale else { panic!("it sells") };
    for line in sell.lines.iter_mut().filter(|line| line.sku.0.is_multiple_of(2)) {
        line.unit_cost = Some(Minor(40 + i64::from(line.sku.0)));
    }
    Action::Sell(sell)
}

/// One command of any kind.
fn any(chance: &mut Chance, held: &[ReservationId]) -> Action {
    let sku = u32::try_from(chance.next(6)).unwrap();
    let reservation = if held.is_empty() { None } else { Some(chance.one_of(held)) };
    let owner = Owner::new(&format!("cart {}", chance.next(4))).unwrap();
    let order = OrderId::new(&format!("order {}", chance.next(6))).unwrap();
    match (chance.next(12), reservation) {
        (0..=1, _) => receive(sku, i64::try_from(chance.next(8)).unwrap() + 1),
        (2..=4, _) => costed(sell(&[sku, u32::try_from(chance.next(6)).unwrap()])),
        (5, _) => {
            let Action::Sell(mut fact) = sell(&[sku]) else { unreachable!() };
            fact.standing = Standing::Fact;
            Action::Sell(fact)
        }
        (6, Some(reservation)) => {
            let Action::Sell(mut sale) = sell(&[sku]) else { unreachable!() };
            sale.reservation = Some(reservation);
            Action::Sell(sale)
        }
        (7, Some(reservation)) => Action::Release { reservation },
        (8, Some(reservation)) => Action::Extend { reservation, ttl: Millis(3_000) },
        (9, _) => {
            let Action::Sell(sale) = costed(sell(&[sku])) else { unreachable!() };
            let (lines, disposition) = (sale.lines, Disposition::Resell);
            Action::Return {
                till: None,
                currency: sale.currency,
                lines,
                said: sale.said,
                disposition,
                tenders: Vec::new(),
                accounts: Box::default(),
                of: None,
                goods: None,
                unreceipted: None,
            }
        }
        (10, reservation) => {
            Action::Allocate { order, lines: vec![crate::rig::line(sku, 1)], reservation, owner: None, goods: None }
        }
        _ => {
            let Action::Reserve { lines, .. } = reserve(sku, 1, 0) else { unreachable!() };
            Action::Reserve { owner, ttl: Millis(1_000 + chance.next(4_000)), lines, goods: None }
        }
    }
}

/// Asks for a few hundred things at two locations while seconds go by, and compares.
fn adds_up(seed: u64) -> Figures {
    let rig = Rig::with(Options { inbox_max: 64, ..options() });
    let since = rig.handle.observe().last_seq;
    rig.handle.start_collecting();
    let mut all = Figures::default();
    let mut chance = Chance(seed | 1);
    let (mut tickets, mut held) = (Vec::new(), Vec::new());
    for _ in 0..60 {
        let many = usize::try_from(chance.next(30)).unwrap();
        let mut batch = Vec::new();
        for _ in 0..many {
            let mut envelope = rig.envelope(chance.one_of(&[SHOP, SHOP, WAREHOUSE]), any(&mut chance, &held));
            envelope.command.channel = chance.one_of(&Channel::ALL);
            if matches!(envelope.command.action, Action::Reserve { .. }) {
                held.push(reservation_of(&envelope));
            }
            if chance.next(10) == 0 {
                batch.push(rig.again(&envelope));
            }
            batch.push(envelope);
        }
        tickets.extend(batch.iter().map(|envelope| envelope.ticket));
        rig.handle.submit(&mut batch);
        rig.advance(chance.one_of(&[0, 10, 300, 900, 2_500]));
        if chance.next(2) == 0 {
            collect(&rig, &mut all);
        }
    }
    let outcomes: Vec<Outcome> = tickets.iter().map(|ticket| rig.given.outcome(*ticket)).collect();
    // The last reservations come to their end.
    rig.advance(10_000);
    rig.given.wait("the end of all reservations", |_| (rig.handle.observe().reservations == 0).then_some(()));
    let told = |rig: &Rig| told_by_the_log(rig, since);
    collect_until(&rig, &mut all, &format!("the sum of seed {seed}"), |all| counted(all).holds == told(&rig).holds);
    collect_until(&rig, &mut all, &format!("the sum of seed {seed}"), |all| counted(all) == told(&rig));
    for location in [SHOP, WAREHOUSE] {
        assert_eq!(all.totals[&location], rig.handle.totals(location), "seed {seed}");
    }
    let mut refused: BTreeMap<u16, u64> = BTreeMap::new();
    let mut short: BTreeMap<SkuId, (u64, Qty)> = BTreeMap::new();
    for refusal in outcomes.iter().filter_map(|outcome| match outcome {
        Outcome::Refused(refusal) => Some(refusal),
        Outcome::Done { .. } => None,
    }) {
        *refused.entry(refusal.number()).or_default() += 1;
        if let Refusal::ShortStock { sku, short_by, .. } = refusal {
            let (count, by) = short.entry(*sku).or_default();
            (*count, *by) = (*count + 1, by.plus(*short_by));
        }
    }
    assert_eq!(all.refused, refused, "seed {seed}");
    let mut counted_short: BTreeMap<SkuId, (u64, Qty)> = BTreeMap::new();
    for ((_, sku), more) in &all.short {
        let (count, by) = counted_short.entry(*sku).or_default();
        (*count, *by) = (*count + more.count, by.plus(more.by));
    }
    assert_eq!(counted_short, short, "seed {seed}");
    let levels = [SHOP, WAREHOUSE].into_iter().flat_map(|location| rig.handle.levels(location, None, 100));
    let out = levels.filter(|change| change.level.atp.iter().all(|atp| atp.is_zero())).count();
    assert_eq!(all.stockouts.open, out as u64, "seed {seed}");
    assert_eq!(all.stockouts.began - all.stockouts.ended, out as u64, "seed {seed}");
    rig.handle.stop();
    all
}

#[test]
fn seconds_add_up_to_the_log_whatever_was_asked() {
    let mut all = Figures::default();
    (1..=12_u64).for_each(|seed| all.absorb(&adds_up(seed << 32 | 0x9e37_79b9)));
    let holds = [all.holds.sold, all.holds.released, all.holds.expired];
    assert!(holds.iter().all(|count| *count > 10) && all.oversold.len() > 10, "it was no test: {holds:?}");
    let met = [all.repeated, all.short.len() as u64, all.stockouts.ended];
    assert!(met.iter().all(|count| *count > 3), "it was no test: {met:?}");
}

#[test]
fn an_idle_shard_hands_over_what_it_has() {
    let rig = Rig::new();
    rig.handle.start_collecting();
    rig.done(SHOP, receive(1, 5));
    rig.done(SHOP, sell(&[1]));
    let now = rig.handle.now();
    assert_eq!(rig.handle.collect(now).totals.len(), 0, "the second is not over");
    // Nobody asks for anything any more and nobody wakes it: its own alarm does.
    rig.clock.advance(Millis(1_500));
    let sales = |figures: &Figures| figures.totals.get(&SHOP).map(|totals| totals[1].sales);
    rig.given.wait("the second", |_| sales(&rig.handle.collect(rig.handle.now())).filter(|sales| *sales == 1));
    rig.handle.stop();
}

#[test]
fn what_does_not_become_durable_is_never_counted() {
    let rig = Rig::new();
    rig.handle.start_collecting();
    rig.done(SHOP, receive(1, 10));
    rig.done(SHOP, sell(&[1]));
    let mut all = Figures::default();
    collect_until(&rig, &mut all, "the first sale", |all| !all.totals.is_empty());
    rig.disk.inject(Fault::FailedSync { kept: 0 });
    let tickets: Vec<_> = (0..5).map(|_| rig.send(rig.envelope(SHOP, sell(&[1])))).collect();
    for ticket in tickets {
        assert_eq!(rig.given.outcome(ticket), Outcome::Refused(Refusal::LogStopped));
    }
    rig.advance(2_000);
    rig.given.wait("the stop", |given| given.stopped.then_some(()));
    rig.handle.stop();
    collect(&rig, &mut all);
    assert_eq!(all.totals[&SHOP].map(|totals| totals.sales), [0, 1, 0]);
    assert_eq!(all.sold[&(SHOP, SkuId(1))], Qty::units(1));
}

#[test]
fn refusals_of_a_full_disk_are_counted_while_it_is_full_and_the_rest_when_there_is_space() {
    let rig = Rig::new();
    rig.handle.start_collecting();
    rig.done(SHOP, receive(1, 10));
    rig.done(SHOP, sell(&[1]));
    rig.disk.inject(Fault::Full);
    let waits = rig.send(rig.envelope(SHOP, sell(&[1])));
    rig.given.wait("a full disk", |_| rig.handle.observe().disk_full.then_some(()));
    assert_eq!(rig.ask(SHOP, sell(&[1])), Outcome::Refused(Refusal::DiskFull));
    let mut all = Figures::default();
    collect_until(&rig, &mut all, "the refusal", |all| all.refused.get(&5002) == Some(&1));
    assert!(all.sold.get(&(SHOP, SkuId(1))).is_none_or(|sold| *sold < Qty::units(2)), "it waits for space");
    rig.disk.free();
    assert!(matches!(rig.given.outcome(waits), Outcome::Done { .. }));
    collect_until(&rig, &mut all, "the rest", |all| all.sold.get(&(SHOP, SkuId(1))) == Some(&Qty::units(2)));
    assert_eq!(all.totals[&SHOP], rig.handle.totals(SHOP));
    rig.handle.stop();
}

#[test]
fn ages_are_known_over_a_restart() {
    let rig = Rig::new();
    rig.done(SHOP, receive(1, 10));
    let held = rig.envelope(SHOP, reserve(1, 1, 3_600_000));
    let (id, ticket) = (reservation_of(&held), held.ticket);
    rig.send(held);
    assert!(matches!(rig.given.outcome(ticket), Outcome::Done { .. }));
    let began = rig.handle.now();
    assert_eq!(rig.handle.observe().oldest_hold, Some(began));
    rig.advance(700_000);
    let rig = rig.restart(options());
    rig.handle.start_collecting();
    assert_eq!(rig.handle.observe().oldest_hold, Some(began));
    rig.done(SHOP, Action::Release { reservation: id });
    assert_eq!(rig.handle.observe().oldest_hold, None);
    let mut all = Figures::default();
    collect_until(&rig, &mut all, "the release", |all| all.holds.released == 1);
    assert_eq!(all.holds.ages_s, BTreeMap::from([(700, 1)]));
    assert_eq!(all.totals.len(), 0, "what was sold before the start is not counted again");
    rig.handle.stop();
}
