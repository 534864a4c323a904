//! Commands in, decided, durable, answered; levels published.

use crate::rig::{Rig, SHOP, WAREHOUSE, receive, sell};
use onhand_actors::port::Outcome;
use onhand_engine::answer::Answer;
use onhand_engine::command::Channel;
use onhand_engine::ids::{LocationId, Seq, SkuId, Version};
use onhand_engine::money::Minor;
use onhand_engine::refusal::Refusal;

#[test]
fn a_sale_is_answered_once_it_is_durable() {
    let rig = Rig::new();
    rig.done(SHOP, receive(7, 2));
    let outcome = rig.done(SHOP, sell(&[7]));
    let Outcome::Done { seq, answer, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(seq, Seq(5));
    assert_eq!(answer, Answer::Recorded { receipt: None, gross: Minor(100), oversold: Box::default() });
    assert_eq!(rig.atp(SHOP, 7), 1);
    assert_eq!(rig.handle.level(SHOP, SkuId(7)).version, Version(2));
    assert_eq!(rig.handle.totals(SHOP)[Channel::Web.index()].sales, 1);
    assert_eq!(rig.handle.observe().last_seq, Seq(5));
    rig.given.wait("levels", |given| (given.levels.len() == 2).then_some(()));
    rig.handle.stop();
}

#[test]
fn what_the_catalogue_does_not_know_is_refused_and_leaves_nothing() {
    let rig = Rig::new();
    assert_eq!(rig.ask(SHOP, sell(&[1_000])), Outcome::Refused(Refusal::UnknownSku { sku: SkuId(1_000) }));
    assert_eq!(rig.ask(LocationId(9), sell(&[1])), Outcome::Refused(Refusal::UnknownLocation));
    assert!(matches!(rig.ask(SHOP, sell(&[1, 2])), Outcome::Refused(Refusal::ShortStock { .. })));
    rig.done(SHOP, receive(3, 1));
    rig.given.wait("passivation", |_| (rig.handle.observe().sku_actors == 1).then_some(()));
    rig.handle.stop();
}

#[test]
fn the_directory_follows_the_chain() {
    let rig = Rig::new();
    let directory = rig.handle.directory();
    assert_eq!(directory.item_count(), 1_000);
    assert_eq!(directory.locations().len(), 2);
    let page = directory.items(Some(SkuId(9)), 2);
    assert_eq!(page.iter().map(|item| item.sku.0).collect::<Vec<_>>(), [10, 11]);
    let item = directory.item_by_code(&page[0].code).unwrap();
    assert_eq!(item.sku, SkuId(10));
    rig.handle.stop();
}

#[test]
fn a_location_is_listed_in_pages() {
    let rig = Rig::new();
    for sku in [5, 3, 9, 1] {
        rig.done(WAREHOUSE, receive(sku, 1));
    }
    let page = |after, max| -> Vec<u32> {
        rig.handle.levels(WAREHOUSE, after, max).iter().map(|change| change.sku.0).collect()
    };
    assert_eq!(page(None, 3), [1, 3, 5]);
    assert_eq!(page(Some(SkuId(5)), 3), [9]);
    rig.handle.stop();
}
