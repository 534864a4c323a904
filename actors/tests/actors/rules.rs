//! Price books and promotions: the directory follows the chain, also over a restart.

use crate::rig::{Rig, options};
use onhand_actors::port::Outcome;
use onhand_engine::answer::Answer;
use onhand_engine::command::Action;
use onhand_engine::ids::{Label, LocationId, SkuId};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::pricing::{PriceBook, PriceRow, Terms};
use onhand_engine::promotion::{Benefit, Off, Promotion, Scope};
use onhand_engine::qty::Qty;
use onhand_engine::refusal::Refusal;
use onhand_engine::tax::{PriceBasis, RatePpm};
use std::sync::Arc;

const CHAIN: LocationId = LocationId::CHAIN;

fn label(text: &str) -> Label {
    Label::new(text).unwrap()
}

fn book(price: i64) -> Action {
    let rows = vec![PriceRow { sku: SkuId(7), min_qty: Qty::ZERO, price: Minor(price) }];
    let basis = PriceBasis::TaxInclusive;
    let book = PriceBook::new(label("BASE"), Currency::EUR, basis, Terms::default(), rows).unwrap();
    Action::DefinePriceBook { book: Arc::new(book) }
}

fn promotions(codes: &[&str]) -> Action {
    let promotion = |code: &&str| {
        Arc::new(Promotion {
            code: label(code),
            name: "Ten percent".into(),
            benefit: Benefit::Each { scope: Scope::default(), off: Off::Percent(RatePpm(100_000)) },
            currency: None,
            terms: Terms::default(),
            coupon: None,
            uses: None,
            priority: 0,
            exclusive: false,
        })
    };
    Action::DefinePromotions { promotions: codes.iter().map(promotion).collect() }
}

fn answer(outcome: Outcome) -> Answer {
    let Outcome::Done { answer, .. } = outcome else { panic!("{outcome:?}") };
    answer
}

#[test]
fn the_directory_has_the_rules_of_the_last_durable_change() {
    let rig = Rig::new();
    let directory = rig.handle.directory();
    assert!(directory.rules().are_plain());
    let first = directory.rules_version();
    assert_eq!(answer(rig.done(CHAIN, book(90))), Answer::PriceBookDefined { prices: 1 });
    let before = directory.rules();
    assert_eq!(answer(rig.done(CHAIN, promotions(&["A", "B"]))), Answer::PromotionsDefined { added: 2, changed: 0 });
    assert_eq!(answer(rig.done(CHAIN, promotions(&["B", "C"]))), Answer::PromotionsDefined { added: 1, changed: 1 });
    rig.done(CHAIN, Action::EndPromotion { promotion: label("A") });
    let gone = rig.ask(CHAIN, Action::EndPromotion { promotion: label("A") });
    assert_eq!(gone, Outcome::Refused(Refusal::UnknownPromotion { code: label("A") }));
    let rules = directory.rules();
    assert_eq!((rules.version, directory.rules_version().0), (directory.rules_version(), first.0 + 4));
    assert_eq!(rules.promotions.list().map(|one| one.code.as_str()).collect::<Vec<_>>(), ["B", "C"]);
    assert_eq!(rules.books.list()[0].price(SkuId(7), Qty::units(1)).unwrap().price, Minor(90));
    assert_eq!(before.promotions.list().len(), 0, "who has the rules keeps them as they were");

    let rig = rig.restart(options());
    let after = rig.handle.directory().rules();
    assert_eq!(after.version, rules.version);
    assert_eq!(after.books.list(), rules.books.list());
    assert!(after.promotions.list().eq(rules.promotions.list()));
    rig.done(CHAIN, Action::EndPriceBook { book: label("BASE") });
    assert!(rig.handle.directory().rules().books.list().is_empty());
    rig.handle.stop();
}

#[test]
fn a_repeat_of_a_definition_gets_the_first_answer() {
    let rig = Rig::new();
    let first = rig.envelope(CHAIN, promotions(&["A"]));
    let again = rig.again(&first);
    let ticket = rig.send(first.clone());
    let outcome = rig.given.outcome(ticket);
    rig.done(CHAIN, Action::EndPromotion { promotion: label("A") });
    assert_eq!(rig.given.outcome(rig.send(again)), outcome);
    assert!(rig.handle.directory().rules().are_plain(), "nothing happens again");
    let mut other = rig.again(&first);
    other.command.action = promotions(&["B"]);
    let other = rig.given.outcome(rig.send(other));
    assert!(matches!(other, Outcome::Refused(Refusal::IdReused { .. })), "{other:?}");
    rig.handle.stop();
}
