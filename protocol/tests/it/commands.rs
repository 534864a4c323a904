//! Requests that are good: what command they become.

use crate::book::book;
use onhand_engine::command::{Action, Command, Standing};
use onhand_engine::money::Minor;
use onhand_engine::time::Millis;
use onhand_protocol::convert::{self, Entered};
use onhand_protocol::message::{Channel, ErrorBody, Request, parse_all};

pub(crate) const ID: &str = "0190a0b0-7000-7000-8000-000000000001";

/// Refused where nobody remembers that it was done.
pub(crate) fn as_things_are(entered: Result<Entered, Box<ErrorBody>>) -> Result<Entered, Box<ErrorBody>> {
    let entered = entered?;
    match entered.asked.against() {
        Some(why) => Err(Box::new(why.clone())),
        None => Ok(entered),
    }
}

pub(crate) fn entered(text: &str) -> Command {
    let request = Request::parse(text).unwrap_or_else(|why| panic!("{why:?}"));
    let written = request.to_json();
    assert_eq!(Request::parse(&written).unwrap(), request, "{written}");
    let entered = as_things_are(convert::command(request.id.command(), request.body, Channel::Till, &book()));
    entered.unwrap_or_else(|why| panic!("{why:?}")).command
}

fn sold(fields: &str, line: &str) -> (Minor, Minor, Minor) {
    let text = format!(r#"{{"op":"sell","id":"{ID}",{fields},"lines":[{line}]}}"#);
    let Action::Sell(sell) = entered(&text).action else { panic!("not a sale") };
    let line = sell.lines[0];
    (line.unit_price, line.taxed.net, line.taxed.tax)
}

#[test]
fn prices_and_taxes_are_filled_in() {
    let eur = r#""location":"S1","currency":"EUR""#;
    let usd = r#""location":"US","currency":"USD""#;
    let money = |price, net, tax| (Minor(price), Minor(net), Minor(tax));
    assert_eq!(sold(eur, r#"{"sku":"TEA","qty":"2"}"#), money(1_210, 2_000, 420));
    assert_eq!(sold(eur, r#"{"gtin":"4006381333931","qty":1}"#), money(1_210, 1_000, 210));
    assert_eq!(sold(eur, r#"{"sku":"CHEESE","qty":"0.250"}"#), money(1_999, 413, 87));
    assert_eq!(sold(eur, r#"{"sku":"TEA","qty":2,"amount":1210}"#), money(605, 1_000, 210));
    assert_eq!(sold(eur, r#"{"sku":"TEA","qty":2,"unit_price":605}"#), money(605, 1_000, 210));
    assert_eq!(sold(usd, r#"{"sku":"TEA","qty":1,"amount":1000}"#), money(1_000, 1_000, 210));
    let as_it_was = r#"{"sku":"ODD \"1\"","qty":1,"amount":1000,"tax":{"amount":90,"rate_ppm":99000}}"#;
    assert_eq!(sold(eur, as_it_was), money(1_000, 910, 90));
    assert_eq!(sold(usd, as_it_was), money(1_000, 1_000, 90));
}

#[test]
fn fields_come_in_any_order_and_facts_say_so() {
    let text = format!(
        r#" {{"completed":true,"lines":[{{"qty":"1","sku":"TEA"}}],"currency":"EUR","till":3,"id":"{ID}","location":"S1","op":"sell"}} "#
    );
    let command = entered(&text);
    let Action::Sell(sell) = command.action else { panic!("not a sale") };
    assert_eq!(sell.standing, Standing::Fact);
    assert_eq!(sell.till.unwrap().0, 3);
    assert_eq!(command.location.0, 1);
}

#[test]
fn every_command_is_understood() {
    let lines = r#""lines":[{"sku":"TEA","qty":1}]"#;
    for (rest, ttl) in [
        (format!(r#""op":"reserve","location":"S1","owner":"cart 1","ttl_s":900,{lines}"#), Some(900_000)),
        (format!(r#""op":"reserve","location":"S1","channel":"web","owner":"cart 1","ttl_ms":1500,{lines}"#), Some(1_500)),
        (format!(r#""op":"extend","location":"S1","reservation":"{ID}","ttl_s":60"#), Some(60_000)),
        (format!(r#""op":"release","location":"S1","reservation":"{ID}""#), None),
        (format!(r#""op":"allocate","location":"S1","order":"1001",{lines}"#), None),
        (r##""op":"deallocate","location":"S1","order":"#1001""##.to_owned(), None),
        (format!(r#""op":"receive","location":"S1",{lines}"#), None),
        (format!(r#""op":"return","location":"S1","till":1,"currency":"EUR","disposition":"to_supplier",{lines}"#), None),
        (r#""op":"adjust","location":"S1","sku":"TEA","delta":"-1","reason":"broken""#.to_owned(), None),
        (r#""op":"adjust","location":"S1","sku":"TEA","delta":1,"reason":"display","bucket":"unavailable""#.to_owned(), None),
        (r#""op":"count","location":"S1","sku":"CHEESE","counted":"1.5","on_hand_then":"2""#.to_owned(), None),
        (r#""op":"set_policy","location":"S1","sku":"TEA","safety_stock":{"web":2},"low_at":"3""#.to_owned(), None),
        (r#""op":"open_session","location":"S1","till":3,"currency":"EUR","business_day":"2026-01-31","float":20000"#.to_owned(), None),
        (r#""op":"paid_in","location":"S1","till":3,"currency":"EUR","amount":500,"reason":"coins","person":"Ann""#.to_owned(), None),
        (r#""op":"paid_out","location":"S1","till":3,"currency":"EUR","amount":500,"reason":"coins","person":"Ann""#.to_owned(), None),
        (r#""op":"drop","location":"S1","till":3,"currency":"EUR","amount":500,"reason":"coins","person":"Ann""#.to_owned(), None),
        (r#""op":"no_sale","location":"S1","till":3,"reason":"coins""#.to_owned(), None),
        (r#""op":"x_report","location":"S1","till":3"#.to_owned(), None),
        (r#""op":"close_session","location":"S1","till":3,"currency":"EUR""#.to_owned(), None),
        (r#""op":"close_session","location":"S1","till":3,"currency":"EUR","session":1,"counts":[{"type":"cash","pieces":[{"value":5,"count":0}],"reason":"x"},{"type":"card","amount":-5}],"pending":2"#.to_owned(), None),
        (format!(r#""op":"suspend","location":"S1","till":3,"owner":"till 3","currency":"EUR","basket":{{{lines}}}"#), None),
        (format!(r#""op":"recall","location":"S1","till":3,"basket":"{ID}","owner":"till 3","ttl_s":60"#), None),
        (r#""op":"void_line","location":"S1","till":3,"currency":"EUR","sku":"TEA","qty":1,"amount":5,"reason":"x""#.to_owned(), None),
        (format!(r#""op":"open_layaway","location":"S1","till":3,"layaway":"L-1","customer":"Ann","currency":"EUR","ttl_s":60,{lines}"#), None),
        (r#""op":"deposit","location":"S1","till":3,"layaway":"L-1","currency":"EUR","tenders":[{"type":"cash","amount":5}]"#.to_owned(), None),
        (r#""op":"cancel_layaway","location":"S1","till":3,"layaway":"L-1","currency":"EUR","reason":"x""#.to_owned(), None),
        (r#""op":"set_drawer_rules","location":"S1""#.to_owned(), None),
        (r#""op":"set_drawer_rules","location":"S1","cash_rounding":{"due":{"step":5},"change":{"step":10,"direction":"down","tie":"down"}},"accounts":[{"account":"safe","code":"1"}]"#.to_owned(), None),
        (r#""op":"define_location","code":"S9","name":"Nine","kind":"shop","currency":"EUR","tax":{"basis":"inclusive","rounding":"line","rates":[{"class":"standard","rate_ppm":210000},{"class":"two","parts_ppm":[50000,70000]},{"class":"three","parts_ppm":[50000,95000],"compound":true}]}"#.to_owned(), None),
        (r#""op":"define_items","items":[{"sku":"X","name":"Ex","gtins":["96385074"],"unit":"kg","tax_class":"standard","price":100,"category":"c"}]"#.to_owned(), None),
    ] {
        let command = entered(&format!(r#"{{"id":"{ID}",{rest}}}"#));
        let found = match command.action {
            Action::Reserve { ttl, .. } | Action::Extend { ttl, .. } => Some(ttl),
            _ => None,
        };
        assert_eq!(found, ttl.map(Millis), "{rest}");
    }
}

#[test]
fn an_array_holds_requests_that_stand_for_themselves() {
    let good = format!(r#"{{"op":"ping","id":"{ID}"}}"#);
    let bad = format!(r#"{{"op":"pong","id":"{ID}"}}"#);
    let mut seen = Vec::new();
    parse_all(
        &format!(" [{good},{bad},{good}]"),
        |_| Ok(()),
        |request| seen.push(request.map_err(|why| why.error.number)),
    );
    assert_eq!(seen.iter().map(|r| r.as_ref().err().copied()).collect::<Vec<_>>(), [None, Some(1002), None]);
    let mut numbers = Vec::new();
    parse_all(&format!("[{good}"), |_| Ok(()), |request| numbers.push(request.unwrap_err().error.number));
    assert_eq!(numbers, [1001]);
}
