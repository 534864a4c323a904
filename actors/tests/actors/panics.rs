//! A panic in a rule is contained: nothing is changed, others go on, the state in doubt is read back.

use crate::figures::assert_adds_up;
use crate::rig::{Rig, SHOP, WAREHOUSE, line, options, receive, reserve, sell};
use onhand_actors::clock::Clock;
use onhand_actors::handle::{Stage, Surroundings};
use onhand_actors::port::Outcome;
use onhand_engine::command::{Action, Command};
use onhand_engine::ids::SkuId;
use onhand_engine::refusal::Refusal;
use onhand_engine::time::Timestamp;

/// Selling item 13 panics while it is decided, item 14 while it is folded in.
fn sabotage(command: &Command, stage: Stage) {
    let Action::Sell(sell) = &command.action else { return };
    let unlucky = if stage == Stage::Deciding { SkuId(13) } else { SkuId(14) };
    assert!(sell.lines.iter().all(|line| line.sku != unlucky), "sabotage");
}

fn sabotaged() -> Rig {
    let rig = Rig::new();
    rig.done(SHOP, Action::Receive { lines: vec![line(1, 5), line(13, 5), line(14, 5), line(15, 5)], goods: None });
    rig.done(SHOP, reserve(15, 1, 60_000));
    rig.done(WAREHOUSE, receive(1, 5));
    let disk = rig.disk.clone();
    rig.handle.stop();
    let clock = Clock::manual(Timestamp(1_700_000_000_000));
    Rig::open_in(disk, options(), Surroundings { clock, sabotage: Some(sabotage) })
}

#[test]
fn a_panic_while_deciding_changes_nothing() {
    let rig = sabotaged();
    assert_eq!(rig.ask(SHOP, sell(&[1, 13])), Outcome::Refused(Refusal::Internal));
    assert_eq!((rig.atp(SHOP, 1), rig.atp(SHOP, 13)), (5, 5));
    rig.done(SHOP, sell(&[1]));
    rig.done(
        SHOP,
        Action::Adjust {
            sku: SkuId(13),
            bucket: onhand_engine::command::Bucket::OnHand,
            delta: onhand_engine::qty::Qty::units(-1),
            reason: onhand_engine::ids::Label::new("damage").unwrap(),
        },
    );
    rig.handle.stop();
}

#[test]
fn a_panic_while_folding_in_closes_the_location_until_it_is_read_back() {
    let rig = sabotaged();
    let last = rig.handle.observe().last_seq;
    rig.handle.start_collecting();
    // In one drain: a sale before it, the panic, a sale after it, and a sale elsewhere.
    let mut batch: Vec<_> = [&[1_u32][..], &[15, 14], &[15]].map(|skus| rig.envelope(SHOP, sell(skus))).into();
    batch.push(rig.envelope(WAREHOUSE, sell(&[1])));
    let tickets: Vec<_> = batch.iter().map(|envelope| envelope.ticket).collect();
    let busy = rig.occupy(SHOP);
    rig.handle.submit(&mut batch);
    busy.release();
    let outcomes: Vec<_> = tickets.iter().map(|ticket| rig.given.outcome(*ticket)).collect();
    assert!(matches!(outcomes[0], Outcome::Done { .. }));
    assert_eq!(outcomes[1], Outcome::Refused(Refusal::Internal));
    assert_eq!(outcomes[2], Outcome::Refused(Refusal::Internal), "the location is closed");
    assert!(matches!(outcomes[3], Outcome::Done { .. }), "others go on");
    // Open again, with the state of the log: the broken basket took nothing, the sale before it counts.
    while rig.ask(SHOP, receive(2, 1)) == Outcome::Refused(Refusal::Internal) {
        std::thread::yield_now();
    }
    assert_eq!((rig.atp(SHOP, 1), rig.atp(SHOP, 14), rig.atp(SHOP, 15)), (4, 5, 4));
    rig.done(SHOP, sell(&[15, 15, 15, 15]));
    assert!(matches!(rig.ask(SHOP, sell(&[15])), Outcome::Refused(Refusal::ShortStock { .. })));
    assert_eq!(rig.handle.totals(SHOP)[1].sales, 2);
    // And the log agrees, and so does what was counted.
    assert_adds_up(&rig, last);
    let events = rig.handle.events(last, 100).unwrap();
    assert_eq!(events.len(), 4);
    let levels = rig.handle.levels(SHOP, None, 100);
    let rig = rig.restart(options());
    for change in levels {
        assert_eq!(rig.handle.level(SHOP, change.sku), change.level);
    }
    rig.handle.stop();
}
