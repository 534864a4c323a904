//! Anything may come in: nothing panics, every refusal has a known number, what is accepted reads
//! the same when it is written again.

use crate::book::book;
use crate::commands::as_things_are;
use onhand_engine::refusal::name_of;
use onhand_protocol::convert;
use onhand_protocol::message::{Body, Channel, Incoming, OPS, Request, parse_all};
use proptest::prelude::*;

const PROTOCOL: &str = include_str!("../../../docs/PROTOCOL.md");

/// The JSON blocks of the document: one of everything, to be broken.
fn seeds() -> Vec<&'static str> {
    let blocks = PROTOCOL.split("```json").skip(1);
    blocks.filter_map(|block| block.split_once('\n')?.1.split_once("```").map(|(text, _)| text)).collect()
}

/// Pieces that do harm in the middle of JSON.
const PIECES: &[&str] = &[
    "",
    "\"",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "null",
    "true",
    "-",
    "1.5",
    "1e999",
    "-0",
    "99999999999999999999",
    "-9223372036854775808",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\u{1}1005\u{1}",
    "\u{feff}",
    "\"op\":\"sell\",",
    "\"id\":null,",
    "\"é\"",
    "\\",
    "[[[[[[[[",
    "{\"a\":",
    "\"-1000000000000\"",
    "\"0.0001\"",
    "NaN",
    "/*",
    "\"lines\":[],",
];

fn feed(text: &str) {
    parse_all(
        text,
        |_| Ok(()),
        |request| match request {
            Err(why) => {
                assert_ne!(name_of(why.error.number), "unknown", "{:?}", why.error);
                assert!(why.error.message.len() < 2_000, "{}", why.error.message);
            }
            Ok(request) => {
                let again = Request::parse(&request.to_json()).unwrap_or_else(|why| panic!("{why:?}"));
                assert_eq!(again, request);
                let entered = convert::command(request.id.command(), request.body, Channel::Till, &book());
                if let Err(why) = as_things_are(entered) {
                    assert_ne!(name_of(why.number), "unknown", "{why:?}");
                }
            }
        },
    );
    // The client's side reads whatever a server may send.
    let _ = Incoming::parse(text);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn broken_messages(
        seed in any::<prop::sample::Index>(),
        wounds in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..12, any::<prop::sample::Index>()), 1..4),
    ) {
        let mut text: Vec<char> = seed.get(&seeds()).chars().collect();
        for (at, cut, piece) in wounds {
            let from = at.index(text.len() + 1);
            let to = (from + cut).min(text.len());
            text.splice(from..to, piece.get(PIECES).chars());
        }
        feed(&text.into_iter().collect::<String>());
    }

    #[test]
    fn names_of_catalogue_in_any_place(sku in "[ -~é]{0,70}", qty in any::<f64>(), amount in any::<i64>(), rate in any::<u32>()) {
        let text = serde_json::json!({
            "op": "sell", "id": "0190a0b0-7000-7000-8000-000000000001", "location": "S1", "currency": "EUR",
            "lines": [
                { "sku": sku, "qty": qty },
                { "sku": "CHEESE", "qty": format!("{qty:.3}"), "amount": amount, "tax": { "amount": amount / 2, "rate_ppm": rate } },
            ]
        });
        feed(&text.to_string());
    }

    #[test]
    fn bytes_over_http(op in any::<prop::sample::Index>(), bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Err(why) = Body::parse(OPS[op.index(OPS.len())], &bytes) {
            prop_assert!(matches!(why.number, 1001..=1017 | 3003 | 4020), "{why:?}");
        }
    }
}
