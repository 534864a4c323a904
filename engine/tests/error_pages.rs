//! Each number has a page, each page a number, and none is used twice.
#![allow(clippy::unwrap_used)]

use onhand_engine::refusal::{NUMBERS, Refusal, name_of};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn pages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/errors")
}

fn page(name: &str) -> String {
    std::fs::read_to_string(pages().join(format!("{name}.md"))).unwrap_or_else(|e| panic!("docs/errors/{name}.md: {e}"))
}

#[test]
fn numbers_and_names_are_unique_and_in_order() {
    assert!(NUMBERS.is_sorted_by_key(|(number, _, _)| number));
    assert_eq!(NUMBERS.iter().map(|(number, _, _)| number).collect::<BTreeSet<_>>().len(), NUMBERS.len());
    assert_eq!(NUMBERS.iter().map(|(_, name, _)| name).collect::<BTreeSet<_>>().len(), NUMBERS.len());
}

#[test]
fn every_number_has_a_page_and_stands_in_the_list() {
    let list = page("README");
    for (number, name, meaning) in NUMBERS {
        let text = page(&number.to_string());
        assert!(text.starts_with(&format!("# {number} {name}\n\n{meaning}\n")), "the head of {number}.md");
        for part in ["**What happened.**", "**In the shop.**", "**For integrators.**", "```json"] {
            assert!(text.contains(part), "{number}.md lacks {part}");
        }
        assert!(
            text.contains(&format!("\"number\": {number},\n    \"name\": \"{name}\"")),
            "the example of {number}.md"
        );
        assert!(list.contains(&format!("| [{number}]({number}.md) | `{name}` | {meaning} |")), "{number} in the list");
    }
}

#[test]
fn every_page_has_a_number() {
    let known: BTreeSet<String> = NUMBERS.iter().map(|(number, _, _)| format!("{number}.md")).collect();
    let found: BTreeSet<String> =
        pages().read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let extra: Vec<_> = found.difference(&known).filter(|name| *name != "README.md").collect();
    assert!(extra.is_empty(), "pages without a number: {extra:?}");
}

#[test]
fn refusals_have_the_names_of_their_numbers() {
    for (refusal, number, name) in [
        (Refusal::UnknownLocation, 1004, "unknown_location"),
        (Refusal::EmptyBasket, 1010, "empty_basket"),
        (Refusal::BadTtl, 1012, "bad_ttl"),
        (Refusal::BadAmount, 3003, "bad_amount"),
        (Refusal::UnknownAccount, 3030, "unknown_account"),
        (Refusal::AccountDisabled, 3031, "account_disabled"),
        (Refusal::AccountExpired, 3032, "account_expired"),
        (Refusal::BalanceShort { short_by: 1, available: 0 }, 3033, "balance_short"),
        (Refusal::BalanceHeld { retry_ms: 1 }, 3034, "balance_held"),
        (Refusal::WrongAccount { field: "type" }, 3035, "wrong_account"),
        (Refusal::CodeNeeded, 3036, "code_needed"),
        (Refusal::NoSuchRedemption, 3039, "no_such_redemption"),
        (Refusal::UnknownKey, 4007, "unknown_key"),
        (Refusal::Busy { retry_ms: 1 }, 5001, "busy"),
        (Refusal::DiskFull, 5002, "disk_full"),
        (Refusal::LogStopped, 5003, "log_stopped"),
        (Refusal::ShuttingDown, 5004, "shutting_down"),
        (Refusal::Internal, 5005, "internal"),
    ] {
        assert_eq!((refusal.number(), name_of(refusal.number())), (number, name));
    }
    assert_eq!(name_of(1), "unknown");
}
