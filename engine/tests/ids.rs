//! Identifiers: what may be one, and how it is written.
#![allow(clippy::unwrap_used)]

use onhand_engine::ids::{AccountId, CodeError, CommandId, Label, LocationId, SkuCode};
use proptest::prelude::*;

#[test]
fn codes_are_short_and_printable() {
    for text in ["A", "TEA-250G", "Grüner Tee", "茶", "a b"] {
        assert_eq!(SkuCode::new(text).unwrap().as_str(), text);
        assert_eq!(SkuCode::new(text).unwrap().to_string(), text);
    }
    assert_eq!(SkuCode::new(""), Err(CodeError::Empty));
    for text in [" ", " A", "A ", "A\n", "A\u{0}B", "A\tB", "\u{a0}A"] {
        assert_eq!(SkuCode::new(text), Err(CodeError::Unprintable), "{text:?}");
    }
    // Characters are counted, not bytes.
    assert!(Label::new(&"ü".repeat(32)).is_ok());
    assert_eq!(Label::new(&"ü".repeat(33)), Err(CodeError::TooLong(32)));
    assert!(SkuCode::new(&"x".repeat(64)).is_ok());
    assert_eq!(SkuCode::new(&"x".repeat(65)), Err(CodeError::TooLong(64)));
}

#[test]
fn uuids_are_written_with_hyphens() {
    let id = CommandId(0x0197_f3c2_5b1e_7c44_9d2a_8a41_e2f0_b6d7);
    assert_eq!(id.to_string(), "0197f3c2-5b1e-7c44-9d2a-8a41e2f0b6d7");
    assert_eq!(CommandId(1).to_string(), "00000000-0000-0000-0000-000000000001");
}

proptest! {
    #[test]
    fn a_uuid_is_its_digits(id: u128) {
        let digits = CommandId(id).to_string().replace('-', "");
        prop_assert_eq!(u128::from_str_radix(&digits, 16), Ok(id));
    }

    #[test]
    fn no_text_makes_a_code_panic(text in ".{0,80}") {
        if let Ok(code) = SkuCode::new(&text) {
            prop_assert_eq!(code.as_str(), text);
        }
    }
}

#[test]
fn every_place_has_a_training_twin_of_its_own_but_the_chain() {
    let places = [1, 2, 1_000_000].map(LocationId);
    let of_accounts: Vec<LocationId> = (0..64).map(|account| LocationId::of_account(AccountId(account))).collect();
    let mut twins = std::collections::BTreeSet::new();
    for place in places.iter().chain(&of_accounts) {
        let twin = place.training_twin().unwrap();
        assert!(twins.insert(twin) && twin.is_training() && !place.is_training(), "{place:?}");
        assert_eq!((twin.real(), place.real(), twin.training_twin()), (*place, *place, None));
        assert_eq!(twin.is_of_accounts(), place.is_of_accounts());
        assert_eq!((place.in_ledger_of(twin), place.in_ledger_of(places[0])), (twin, *place));
    }
    assert!(of_accounts.iter().all(|place| place.is_of_accounts()) && !places[0].is_of_accounts());
    assert_eq!(LocationId::CHAIN.training_twin(), None);
    // The last places of all have none: it would be that of a place of accounts.
    let first_without = LocationId((1 << 30) - LocationId::ACCOUNT_PLACES);
    assert_eq!(first_without.training_twin(), None);
    let last = LocationId(first_without.0 - 1);
    assert_eq!(last.training_twin().map(|twin| (twin.real(), twin.is_of_accounts())), Some((last, false)));
}
