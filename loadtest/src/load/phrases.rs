//! The messages of requests, prepared: only ids are filled in when one is sent.

use super::goods::{Goods, Place};
use super::ledger::{KINDS, Kind};

/// What a message begins with, by kind; the id follows.
const fn opening(kind: Kind) -> &'static str {
    match kind {
        Kind::Sale | Kind::Purchase => r#"{"op":"sell","id":""#,
        Kind::Reserve => r#"{"op":"reserve","id":""#,
        Kind::Release => r#"{"op":"release","id":""#,
    }
}

/// By kind and place: what stands between the request's id and the end, or the second id.
#[derive(Debug)]
pub(super) struct Phrases {
    by_kind: [Vec<String>; 4],
}

impl Phrases {
    pub(super) fn new(goods: &Goods) -> Self {
        let of = |kind: Kind| match goods.asks_for(kind) {
            true => (0..goods.places()).map(|place| phrase(goods, kind, place)).collect(),
            false => Vec::new(),
        };
        Self { by_kind: KINDS.map(of) }
    }

    /// Appends a request. Its id is stem and number; `about` is the number of the reservation it is
    /// about, on the same connection.
    pub(super) fn write(
        &self,
        out: &mut Vec<u8>,
        (kind, place): (Kind, Place),
        stem: &[u8],
        (number, about): (usize, Option<usize>),
    ) {
        out.extend_from_slice(opening(kind).as_bytes());
        out.extend_from_slice(stem);
        hexadecimal(out, number);
        out.extend_from_slice(self.by_kind[kind as usize][place as usize].as_bytes());
        if kind != Kind::Sale {
            // A reservation belongs to an owner of its own, who is called as it is.
            out.extend_from_slice(stem);
            hexadecimal(out, about.unwrap_or(number));
            out.extend_from_slice(b"\"}");
        }
    }
}

fn phrase(goods: &Goods, kind: Kind, place: Place) -> String {
    let line = |place: Place| format!(r#"{{"sku":"{}","qty":"1"}}"#, goods.sku(place % goods.items()));
    let lines: Vec<String> = goods.basket(kind, place).map(line).collect();
    let (location, lines, ttl_ms) = (goods.location(place / goods.items()), lines.join(","), goods.hold_ms());
    let place = format!(r#"","location":"{location}""#);
    match kind {
        Kind::Sale => format!(r#"{place},"channel":"till","currency":"EUR","lines":[{lines}]}}"#),
        Kind::Purchase => format!(r#"{place},"channel":"web","currency":"EUR","lines":[{lines}],"reservation":""#),
        Kind::Reserve => format!(r#"{place},"channel":"web","ttl_ms":{ttl_ms},"lines":[{lines}],"owner":""#),
        Kind::Release => format!(r#"{place},"reservation":""#),
    }
}

/// Twelve digits, as the end of a UUID has them.
fn hexadecimal(out: &mut Vec<u8>, number: usize) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let number = number as u64;
    out.extend((0..12).rev().map(|digit| DIGITS[(number >> (4 * digit) & 0xf) as usize]));
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::goods::Scenario;
    use super::*;
    use onhand_protocol::message::{Body, Request};

    #[test]
    fn every_message_can_be_read_by_the_server() {
        let goods = Goods::new(Scenario::Holiday, "LT1", 2, 50, 3_000);
        let phrases = Phrases::new(&goods);
        let stem = "01234567-89ab-8000-8000-";
        for kind in KINDS {
            let mut text = Vec::new();
            phrases.write(&mut text, (kind, 8), stem.as_bytes(), (0xabc, (kind > Kind::Reserve).then_some(1)));
            let text = String::from_utf8(text).unwrap();
            let request = Request::parse(&text).unwrap();
            assert_eq!(request.id.to_string(), "01234567-89ab-8000-8000-000000000abc");
            let reservation = match request.body {
                Body::Sell(sale) => {
                    assert_eq!(sale.lines.len(), if kind == Kind::Sale { 3 } else { 1 });
                    sale.reservation
                }
                Body::Reserve(reserve) => {
                    assert_eq!(reserve.owner.as_str(), request.id.to_string());
                    None
                }
                Body::Release(release) => Some(release.reservation),
                other => panic!("{}", other.op()),
            };
            let about = (kind > Kind::Reserve).then(|| format!("{stem}000000000001"));
            assert_eq!(reservation.map(|id| id.to_string()), about, "{text}");
        }
    }
}
