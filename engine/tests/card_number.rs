//! What looks like a payment card's number, and what only has many digits.
#![allow(clippy::unwrap_used)]

use onhand_engine::card_number::{find, mask};
use proptest::prelude::*;

/// Numbers that issuers publish for tests, one of each.
const CARDS: &[(&str, &str)] = &[
    ("Visa", "4111111111111111"),
    ("Visa of 13 digits", "4222222222222"),
    ("Visa of 19 digits", "4000000000000000006"),
    ("Mastercard", "5555555555554444"),
    ("Mastercard of the 2 series", "2223003122003222"),
    ("American Express", "378282246310005"),
    ("Discover", "6011000990139424"),
    ("JCB", "3566002020360505"),
    ("Diners Club", "30569309025904"),
    ("Diners Club of 36", "36227206271667"),
    ("UnionPay", "6200000000000005"),
    ("Maestro", "6759649826438453"),
];

fn found(text: &str) -> Option<&str> {
    find(text.as_bytes()).map(|range| &text[range])
}

/// Digits in groups of four.
fn grouped(digits: &str, separator: char) -> String {
    let groups: Vec<&str> = digits.as_bytes().chunks(4).map(|group| std::str::from_utf8(group).unwrap()).collect();
    groups.join(&separator.to_string())
}

#[test]
fn numbers_of_every_issuer_are_found_bare_and_grouped() {
    for (issuer, digits) in CARDS {
        assert_eq!(found(digits), Some(*digits), "{issuer}");
        for separator in [' ', '-'] {
            let text = grouped(digits, separator);
            assert_eq!(found(&text), Some(text.as_str()), "{issuer}");
        }
        let one_by_one: Vec<String> = digits.chars().map(String::from).collect();
        assert_eq!(found(&one_by_one.join(" ")), Some(one_by_one.join(" ").as_str()), "{issuer}");
    }
    assert_eq!(found("3782 822463 10005"), Some("3782 822463 10005"));
}

#[test]
fn what_stands_beside_a_number_does_not_hide_it() {
    for (issuer, digits) in CARDS {
        for text in [
            format!("{digits}."),
            format!("card {digits} of Ann"),
            format!("%B{digits}^ANN/LEE^28121010000000000000?"),
            format!(";{digits}=28121010000000000000?"),
            format!("x{digits}y"),
            format!("Grüße, {digits}, 茶"),
            format!("{{\"owner\":\"{digits}\"}}"),
            format!("  {digits} 12/28 123"),
            format!("no 7 {digits}"),
            format!("{digits} 04111111-1111-1111-8111-000000000001"),
            format!("04111111-1111-1111-8111-000000000001 {digits}"),
            format!("{}{digits}", "-".repeat(50)),
        ] {
            assert_eq!(found(&text), Some(*digits), "{issuer}: {text}");
        }
    }
}

#[test]
fn what_only_has_many_digits_is_let_be() {
    for text in [
        "",
        "4111 1111 1111",
        // Luhn says no.
        "4111111111111112",
        // Nobody's prefix.
        "9999999999999995",
        "1234567812345670",
        // An issuer's prefix with a length that it does not use.
        "55555555555554",
        // Two blanks, or something else, between.
        "4111  1111 1111 1111",
        "4111.1111.1111.1111",
        "4111,1111,1111,1111",
        // Unbroken digits are taken whole.
        "41111111111111110000",
        "0195012345678903174111111111111111",
        // UUIDs, hashes, keys.
        "04111111-1111-1111-8111-000000000001",
        "5b1e4111-1111-1111-1111-8a41e2f0b6d7",
        "a4111111111111111bcdef0123456789",
        // Without what stands beside it, a UUID's digits are no number; with it, they would be one.
        "4 11111111-0004-a111-9111-a00000000001",
        "a4111111-1111-a111-9111-411111111111 9",
        // Times, bar codes, amounts.
        "2026-01-31T09:05:07.042Z",
        "2026-01-31 09:05:07 1769850307042",
        "04006381333931",
        "106141415432190003",
        "10000000000000",
    ] {
        assert_eq!(found(text), None, "{text}");
    }
}

#[test]
fn the_longest_that_fits_is_the_finding() {
    // A Visa number of 16 digits, and with three more another one of 19.
    let sixteen = "4111111111111111";
    let longer = (0..1_000).map(|more| format!("{sixteen} {more:03}")).find(|text| found(text).unwrap().len() == 20);
    assert_eq!(found(&longer.clone().unwrap()), longer.as_deref());
    assert_eq!(found("4111111111111111 5555555555554444"), Some(sixteen));
}

#[test]
fn masks_take_every_number_and_nothing_else() {
    assert_eq!(mask("nothing here, 2026-01-31"), "nothing here, 2026-01-31");
    assert_eq!(mask("a 4111-1111-1111-1111, b 378282246310005"), "a [card number], b [card number]");
    assert_eq!(mask("4111111111111111 5555555555554444"), "[card number] [card number]");
    assert_eq!(mask("Grüße 4222222222222 茶"), "Grüße [card number] 茶");
}

fn luhn(digits: &[u8]) -> bool {
    let doubled = |(at, digit): (usize, &u8)| {
        let digit = u32::from(*digit) * if at % 2 == 1 { 2 } else { 1 };
        digit / 10 + digit % 10
    };
    digits.iter().rev().enumerate().map(doubled).sum::<u32>().is_multiple_of(10)
}

/// Any of the texts that begin and end with a whole group of digits, tried one by one.
fn slowly(text: &[u8]) -> bool {
    let digit = |at: usize| text.get(at).is_some_and(u8::is_ascii_digit);
    (0..text.len()).filter(|from| digit(*from) && (*from == 0 || !digit(*from - 1))).any(|from| {
        (from + 1..=text.len()).filter(|to| digit(*to - 1) && !digit(*to)).any(|to| {
            let some = &text[from..to];
            let digits: Vec<u8> = some.iter().filter(|byte| byte.is_ascii_digit()).map(|byte| byte - b'0').collect();
            let single = some.windows(2).all(|pair| pair[0].is_ascii_digit() || pair[1].is_ascii_digit());
            let of_number = some.iter().all(|byte| byte.is_ascii_digit() || b" -".contains(byte));
            // The property's texts have no other issuer's prefix.
            let issued = digits[0] == 4 && [13, 16, 18, 19].contains(&digits.len());
            single && of_number && issued && luhn(&digits)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn the_quick_way_finds_what_the_slow_one_does(text in "[47 z-]{0,3}[4 -]?[70-1 -]{0,40}[4z]{0,2}[70 -]{0,30}") {
        prop_assert_eq!(find(text.as_bytes()).is_some(), slowly(text.as_bytes()), "{:?}", text);
    }

    #[test]
    fn a_number_is_found_wherever_it_stands(before in "[^0-9a-fA-F -]{0,40}", after in "[^0-9a-fA-F -]{0,40}", which in 0..CARDS.len()) {
        let text = format!("{before}{}{after}", CARDS[which].1);
        prop_assert_eq!(found(&text), Some(CARDS[which].1));
    }

    #[test]
    fn nothing_masked_has_one_left(text in "[0-9 -]{0,80}") {
        let masked = mask(&text).into_owned();
        prop_assert_eq!(find(masked.as_bytes()), None, "{}", masked);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        if let Some(range) = find(&bytes) {
            prop_assert!(bytes[range].iter().filter(|byte| byte.is_ascii_digit()).count() >= 13);
        }
    }
}
