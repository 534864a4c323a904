//! Compact sales: what they become, what is refused and how, and that no bytes do harm.

use crate::book::book;
use crate::commands::{ID, entered};
use onhand_engine::answer::Answer;
use onhand_engine::command::SkuQty;
use onhand_engine::fingerprint::Fingerprint;
use onhand_engine::ids::{Code, ReceiptNo, Seq, SkuId, TillNo};
use onhand_engine::money::Minor;
use onhand_engine::qty::Qty;
use onhand_engine::time::Timestamp;
use onhand_protocol::compact::{self, Sale, Told};
use onhand_protocol::convert;
use onhand_protocol::message::{Channel, ErrorBody};
use onhand_protocol::value::Id;
use proptest::prelude::*;

fn id() -> Id {
    ID.parse().unwrap()
}

fn written(change: impl FnOnce(&mut Sale<'_>), lines: &[(&str, i64)]) -> Vec<u8> {
    let mut sale = Sale::at(id(), "S1", *b"EUR");
    change(&mut sale);
    let lines: Vec<_> = lines.iter().map(|(code, milli)| (*code, Qty::from_milli(*milli))).collect();
    let mut out = Vec::new();
    assert!(compact::write_sale(&mut out, &sale, &lines));
    out
}

fn refused(message: &[u8]) -> Box<ErrorBody> {
    let sale = compact::requests(message).next().unwrap().unwrap();
    match convert::sale(&sale, Channel::Till, &book()) {
        Ok((_, against)) => against.unwrap(),
        Err(why) => why,
    }
}

#[test]
fn a_compact_sale_is_the_command_of_its_json_twin() {
    let json = format!(
        r#"{{"op":"sell","id":"{ID}","location":"S1","currency":"EUR","till":3,"completed":true,"lines":[{{"sku":"TEA","qty":2}},{{"sku":"CHEESE","qty":"0.250"}}]}}"#
    );
    let fact = |sale: &mut Sale<'_>| (sale.till, sale.completed) = (Some(3), true);
    let one =
        format!(r#"{{"op":"sell","id":"{ID}","location":"US","currency":"USD","lines":[{{"sku":"TEA","qty":1}}]}}"#);
    let usd = |sale: &mut Sale<'_>| (sale.location, sale.currency) = ("US", *b"USD");
    let twins = [(json, written(fact, &[("TEA", 2_000), ("CHEESE", 250)])), (one, written(usd, &[("TEA", 1_000)]))];
    for (json, bytes) in twins {
        let sale = compact::requests(&bytes).next().unwrap().unwrap();
        let command = convert::sale(&sale, Channel::Till, &book()).unwrap().0;
        assert_eq!(command, entered(&json));
        assert_eq!(Fingerprint::of(&command), Fingerprint::of(&entered(&json)));
    }
}

#[test]
fn mistakes_have_the_numbers_they_have_in_json() {
    let tea = [("TEA", 1_000)];
    let too_long = "x".repeat(65);
    for (message, number, field) in [
        (written(|sale| sale.location = "NOPE", &tea), 1004, "location"),
        (written(|sale| sale.location = "", &tea), 1013, "location"),
        (written(|sale| sale.currency = *b"USD", &tea), 3001, "currency"),
        (written(|sale| sale.currency = *b"eur", &tea), 1001, "currency"),
        (written(|sale| sale.till = Some(10_000), &tea), 1001, "till"),
        (written(|_| {}, &[("TEA", 1_000), ("NOPE", 1_000)]), 1003, "lines[1].sku"),
        (written(|_| {}, &[(&too_long, 1_000)]), 1013, "lines[0].sku"),
        (written(|_| {}, &[("TEA", 0)]), 1005, "lines[0].qty"),
        (written(|_| {}, &[("TEA", 1_500)]), 1005, "lines[0].qty"),
        (written(|_| {}, &[("TEA", i64::MAX)]), 1005, "lines[0].qty"),
        (written(|_| {}, &[("TEA", i64::MIN)]), 1005, "lines[0].qty"),
        (written(|_| {}, &[("TEA", 1_000); 501]), 1011, "lines"),
    ] {
        let error = refused(&message);
        assert_eq!((error.number, error.field.as_deref()), (number, Some(field)), "{error}");
    }
    assert_eq!(refused(&written(|_| {}, &[])).number, 1010);
}

#[test]
fn what_cannot_be_read_is_told_by_its_byte() {
    let good = written(|_| {}, &[("TEA", 1_000)]);
    let twice = [good.clone(), good.clone()].concat();
    assert_eq!(compact::requests(&twice).filter(Result::is_ok).count(), 2);
    let op = [good.clone(), vec![9]].concat();
    let read: Vec<_> = compact::requests(&op).collect();
    assert!(read[0].is_ok());
    assert_eq!(read[1].unwrap_err().at, good.len());
    let mut flags = good.clone();
    flags[1] = 4;
    assert_eq!(compact::requests(&flags).next().unwrap().unwrap_err().at, 1);
    for end in 0..good.len() {
        assert!(compact::requests(&good[..end]).next().unwrap().is_err(), "{end} bytes");
    }
    let many = good.repeat(1_025);
    let read: Vec<_> = compact::requests(&many).collect();
    assert_eq!((read.len(), read[1_024].unwrap_err().at), (1_025, good.len() * 1_024));
}

#[test]
fn answers_are_read_as_they_were_written() {
    let oversold = Box::new([SkuQty { sku: SkuId(1), qty: Qty::from_milli(250) }]);
    let answer = Answer::Recorded { receipt: Some((TillNo(3), ReceiptNo(17))), gross: Minor(-5), oversold };
    let mut out = Vec::new();
    assert!(compact::recorded(&mut out, id(), Seq(7), Timestamp(1_700), &answer, &book()));
    let error = ErrorBody { retry_ms: Some(20), ..ErrorBody::new(2001, "short") };
    compact::refused(&mut out, id(), &error);
    let [recorded, Told::Refused { number, retry_ms, json, .. }] = &compact::answers(&out).unwrap()[..] else {
        panic!("other answers")
    };
    let oversold = vec![(Code::new("CHEESE").unwrap(), Qty::from_milli(250))];
    assert_eq!(*recorded, Told::Recorded { id: id(), seq: 7, time_ms: 1_700, gross: -5, receipt: 17, oversold });
    assert_eq!((*number, *retry_ms), (2001, 20));
    assert_eq!(serde_json::from_slice::<ErrorBody>(json).unwrap(), error);
    let before = out.len();
    assert!(!compact::recorded(&mut out, id(), Seq(7), Timestamp(1), &Answer::Received, &book()));
    assert_eq!(out.len(), before);
}

proptest! {
    #[test]
    fn no_bytes_do_harm(mut bytes in proptest::collection::vec(any::<u8>(), 0..300), at in 0_usize..40, with: u8) {
        let mut broken = written(|sale| sale.till = Some(1), &[("TEA", 1_000), ("CHEESE", 250)]);
        let at = at % broken.len();
        broken[at] = with;
        bytes.splice(0..0, broken);
        for sale in compact::requests(&bytes).flatten() {
            let _ = convert::sale(&sale, Channel::Till, &book());
        }
        let _ = compact::answers(&bytes);
    }

    #[test]
    fn a_sale_is_read_as_it_was_written(number: u128, completed: bool, till: Option<u16>, place in "\\PC{0,32}", lines in proptest::collection::vec(("\\PC{0,60}", any::<i64>()), 0..20)) {
        let lines: Vec<(&str, Qty)> = lines.iter().map(|(code, milli)| (code.as_str(), Qty::from_milli(*milli))).collect();
        let sale = Sale { completed, till, ..Sale::at(Id(number), &place, *b"EUR") };
        let mut out = Vec::new();
        prop_assert!(compact::write_sale(&mut out, &sale, &lines));
        let read: Vec<_> = compact::requests(&out).map(Result::unwrap).collect();
        prop_assert_eq!(read.len(), 1);
        prop_assert_eq!(read[0].lines.iter().collect::<Vec<_>>(), lines);
        prop_assert_eq!(Sale { lines: sale.lines, ..read[0] }, sale);
    }
}
