//! Requests that are bad: which number, which field, which id. Nothing panics.

use crate::book::book;
use crate::commands::{ID, as_things_are};
use onhand_protocol::convert;
use onhand_protocol::message::{Body, Channel, ErrorBody, Request};
use onhand_protocol::value::Id;

fn refusal(text: &str) -> (Option<Id>, Box<ErrorBody>) {
    match Request::parse(text) {
        Err(why) => (why.id, why.error),
        Ok(request) => {
            let entered = as_things_are(convert::command(request.id.command(), request.body, Channel::Till, &book()));
            (Some(request.id), entered.err().unwrap_or_else(|| panic!("accepted: {text}")))
        }
    }
}

#[track_caller]
fn refused(rest: &str, number: u16, field: &str) {
    let text = format!(r#"{{"id":"{ID}",{rest}}}"#);
    let (id, error) = refusal(&text);
    assert_eq!((error.number, error.field.as_deref().unwrap_or("")), (number, field), "{}", error.message);
    assert_eq!(id, Some(ID.parse().unwrap()));
    assert!(!error.message.contains('\u{1}'), "{}", error.message);
}

fn sell(lines: &str) -> String {
    format!(r#""op":"sell","location":"S1","currency":"EUR","lines":[{lines}]"#)
}

#[test]
fn unknown_fields_are_refused_everywhere() {
    refused(r#""op":"ping","x":1"#, 1001, "x");
    refused(r#""x":1,"op":"ping""#, 1001, "x");
    refused(&sell(r#"{"sku":"TEA","qty":1,"colour":"red"}"#), 1001, "lines[0].colour");
    refused(r#""op":"get","location":"S1","sku":"TEA","ok":"x""#, 1001, "ok");
    refused(r#""op":"set_policy","location":"S1","sku":"TEA","safety_stock":{"webb":1}"#, 1001, "safety_stock.webb");
}

#[test]
fn tax_on_tax_is_of_several_taxes_and_of_rates_that_can_be() {
    let place = |rate: &str| {
        format!(
            r#""op":"define_location","code":"S9","name":"Nine","kind":"shop","currency":"EUR","tax":{{"basis":"inclusive","rounding":"line","rates":[{{"class":"x",{rate}}}]}}"#
        )
    };
    refused(&place(r#""rate_ppm":1,"compound":true"#), 1001, "tax.rates[0].compound");
    refused(&place(r#""parts_ppm":[10000000,10000000],"compound":true"#), 1001, "tax.rates[0]");
    refused(&place(r#""parts_ppm":[10000001]"#), 1001, "tax.rates[0]");
}

#[test]
fn wrong_types_name_their_field() {
    refused(&sell(r#"{"sku":7,"qty":1}"#), 1001, "lines[0].sku");
    refused(&sell(r#"{"sku":"TEA","qty":null}"#), 1001, "lines[0].qty");
    refused(r#""op":"sell","location":"S1","currency":"euro","lines":[]"#, 1001, "currency");
    refused(r#""op":"sell","location":"S1","lines":[]"#, 1001, "currency");
    refused(r#""op":"sell","location":"S1","currency":"EUR","lines":{}"#, 1001, "lines");
    refused(r#""op":"return","location":"S1","currency":"EUR","lines":[],"disposition":"eat""#, 1001, "disposition");
    refused(r#""op":"release","location":"S1","reservation":"R1""#, 1009, "reservation");
}

#[test]
fn quantities_and_amounts() {
    for qty in [
        "1.5",
        "1e3",
        "\"1.2345\"",
        "\"\"",
        "\"x\"",
        "99999999999999999999",
        "1e400",
        "\"1000000001\"",
        "0",
        "-1",
        "\"-0.5\"",
        "\"0.5\"",
    ] {
        let text = format!(r#"{{"id":"{ID}",{}}}"#, sell(&format!(r#"{{"sku":"TEA","qty":{qty}}}"#)));
        let (_, error) = refusal(&text);
        let expected = if qty == "1e400" { 1001 } else { 1005 };
        assert_eq!(
            (error.number, error.field.as_deref()),
            (expected, Some("lines[0].qty")),
            "{qty}: {}",
            error.message
        );
    }
    for amount in ["1.5", "-1", "10000000000001", "99999999999999999999"] {
        refused(&sell(&format!(r#"{{"sku":"TEA","qty":1,"amount":{amount}}}"#)), 3003, "lines[0].amount");
    }
    refused(
        &sell(r#"{"sku":"TEA","qty":1,"amount":10,"tax":{"amount":11,"rate_ppm":0}}"#),
        3003,
        "lines[0].tax.amount",
    );
    refused(&sell(r#"{"sku":"ODD \"1\"","qty":1}"#), 3005, "lines[0].unit_price");
}

#[test]
fn names_that_nobody_has() {
    refused(&sell(r#"{"sku":"COFFEE","qty":1}"#), 1003, "lines[0].sku");
    refused(&sell(r#"{"gtin":"96385074","qty":1}"#), 1003, "lines[0].gtin");
    refused(&sell(r#"{"gtin":"96385075","qty":1}"#), 1014, "lines[0].gtin");
    refused(&sell(r#"{"qty":1}"#), 1001, "lines[0].sku");
    refused(r#""op":"sell","location":"S7","currency":"EUR","lines":[]"#, 1004, "location");
    refused(r#""op":"sell","location":" S7","currency":"EUR","lines":[]"#, 1013, "location");
    refused(r#""op":"sell","location":"S1","currency":"USD","lines":[]"#, 3001, "currency");
    refused(&sell(""), 1010, "");
    refused(&sell(&vec![r#"{"sku":"TEA","qty":1}"#; 501].join(",")), 1011, "lines");
    refused(r#""op":"sell","location":"S1","till":0,"currency":"EUR","lines":[]"#, 1001, "till");
    refused(r#""op":"extend","location":"S1","reservation":"0190a0b0-7000-7000-8000-000000000001""#, 1012, "ttl_s");
    refused(r#""op":"dance""#, 1002, "op");
}

#[test]
fn heads_that_are_wrong() {
    for (text, number, id) in [
        ("", 1001, false),
        ("7", 1001, false),
        ("null", 1001, false),
        ("{}", 1001, false),
        ("{\"op\":\"ping\"}", 1001, false),
        ("{\"op\":\"ping\",\"id\":null}", 1001, false),
        ("{\"op\":\"ping\",\"id\":\"7\"}", 1009, false),
        ("{\"op\":\"ping\",\"id\":7}", 1001, false),
        ("{\"op\":7,\"id\":\"0190a0b0-7000-7000-8000-000000000001\"}", 1001, false),
        ("{\"op\":\"ping\",\"id\":\"0190a0b0-7000-7000-8000-000000000001\"", 1001, false),
        ("{\"op\":\"ping\",\"id\":\"0190a0b0-7000-7000-8000-000000000001\"} x", 1001, false),
        ("{\"id\":\"0190a0b0-7000-7000-8000-000000000001\"}", 1001, true),
        ("{\"op\":\"ping\",\"id\":\"0190a0b070007000800000000000000 1\"}", 1009, false),
    ] {
        let (found, error) = refusal(text);
        assert_eq!((error.number, found.is_some()), (number, id), "{text}: {}", error.message);
    }
    let doubled = format!(r#"{{"op":"ping","op":"ping","id":"{ID}"}}"#);
    assert_eq!(refusal(&doubled).1.number, 1001);
    let doubled = format!(r#"{{"op":"ping","id":"{ID}","id":"{ID}"}}"#);
    assert_eq!(refusal(&doubled).1.number, 1001);
}

#[test]
fn bodies_over_http_have_neither_op_nor_id() {
    let body = |bytes: &[u8]| Body::parse("get", bytes).map_err(|why| (why.number, why.field));
    assert!(body(br#"{"location":"S1","sku":"TEA"}"#).is_ok());
    assert_eq!(body(br#"{"op":"get","location":"S1","sku":"TEA"}"#), Err((1001, Some("op".to_owned()))));
    assert_eq!(body(b"{\"location\":\"S\xff\"}"), Err((1007, None)));
    assert_eq!(body(br#"{"location":"S1","sku":"TEA"} x"#), Err((1001, None)));
    assert_eq!(Body::parse("dance", b"{}").unwrap_err().number, 1002);
}

#[test]
fn deep_nesting_ends_at_once() {
    let deep = format!(r#"{{"op":"ping","id":"{ID}","x":{}{}}}"#, "[".repeat(30_000), "]".repeat(30_000));
    assert_eq!(refusal(&deep).1.number, 1001);
    assert_eq!(refusal(&"[{".repeat(30_000)).1.number, 1001);
    let late = format!(r#"{{"x":{}{},"op":"ping","id":"{ID}"}}"#, "[".repeat(30_000), "]".repeat(30_000));
    assert_eq!(refusal(&late).1.number, 1001);
}
