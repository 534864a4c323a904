//! One object of the stream: encoded once, of which each watcher gets the fields it asked for.

use crate::outbox;
use bytes::Bytes;
use onhand_engine::time::Timestamp;
use onhand_protocol::message::{METRIC_FIELDS, MetricField, MetricsMessage};
use std::ops::Range;

const PREFIX: &[u8] = b"{\"metrics\":";
const SUFFIX: &[u8] = b"}";

/// What a watcher may and wants to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Selection {
    /// A bit for each of [`METRIC_FIELDS`].
    fields: u32,
    money: bool,
}

impl Selection {
    pub(crate) fn new(fields: Option<&[MetricField]>, money: bool) -> Self {
        let chosen = |fields: &[MetricField]| fields.iter().fold(0, |bits, field| bits | bit(field.index()));
        Self { fields: fields.map_or(u32::MAX, chosen), money }
    }

    fn has(self, field: usize) -> bool {
        self.fields & bit(field) > 0
    }
}

/// One second or minute.
pub(crate) struct Object {
    pub(crate) time: Timestamp,
    /// The push of the WebSocket with every field, as a frame.
    frame: Bytes,
    /// Where the object itself lies in it.
    whole: Range<usize>,
    /// Where each field does.
    fields: Vec<Range<usize>>,
    /// The fields that say less without money.
    without_money: Vec<(usize, Box<[u8]>)>,
}

impl Object {
    pub(crate) fn new(message: &MetricsMessage) -> Self {
        let mut text = Vec::new();
        let mut fields = vec![0..0; METRIC_FIELDS.len()];
        message.write(&mut text, |field, range| fields[field.index()] = range);
        let without_money = without_money(message, &text, &fields);
        let frame = framed(|out| out.extend_from_slice(&text));
        let end = frame.len() - SUFFIX.len();
        let start = end - text.len();
        for range in fields.iter_mut().filter(|range| !Range::is_empty(range)) {
            *range = range.start + start..range.end + start;
        }
        Self { time: message.time.0, frame, whole: start..end, fields, without_money }
    }

    /// Bytes that it keeps in memory.
    pub(crate) fn bytes(&self) -> usize {
        let less: usize = self.without_money.iter().map(|(_, text)| text.len()).sum();
        self.frame.len() + less + size_of::<Self>() + self.fields.len() * size_of::<Range<usize>>()
    }

    /// The push of the WebSocket as a frame. Whoever sees everything shares the same bytes.
    pub(crate) fn frame(&self, selection: Selection) -> Bytes {
        if self.is_whole(selection) {
            return self.frame.clone();
        }
        framed(|out| self.write(selection, out))
    }

    /// Appends the object itself.
    pub(crate) fn write(&self, selection: Selection, out: &mut Vec<u8>) {
        let Range { start, end } = self.whole;
        if self.is_whole(selection) {
            return out.extend_from_slice(&self.frame[start..end]);
        }
        let head = self.fields.iter().find(|range| !Range::is_empty(range)).map_or(end - 1, |first| first.start);
        out.extend_from_slice(&self.frame[start..head]);
        for (at, range) in self.fields.iter().enumerate().filter(|(at, _)| selection.has(*at)) {
            let less = self.without_money.iter().find(|(field, _)| !selection.money && *field == at);
            out.extend_from_slice(less.map_or(&self.frame[range.clone()], |(_, text)| text));
        }
        out.push(b'}');
    }

    fn is_whole(&self, selection: Selection) -> bool {
        selection.fields == u32::MAX && (selection.money || self.without_money.is_empty())
    }
}

fn framed(write: impl FnOnce(&mut Vec<u8>)) -> Bytes {
    let mut frame = Vec::new();
    outbox::text_frame(&mut frame, |out| {
        out.extend_from_slice(PREFIX);
        write(out);
        out.extend_from_slice(SUFFIX);
    });
    frame.into()
}

/// The fields that differ when the amounts are left out.
fn without_money(message: &MetricsMessage, text: &[u8], fields: &[Range<usize>]) -> Vec<(usize, Box<[u8]>)> {
    let mut less = MetricsMessage { by_location: message.by_location.clone(), ..MetricsMessage::default() };
    for place in less.by_location.iter_mut().flatten() {
        (place.net, place.tax, place.returned_net, place.returned_tax) = (None, None, None, None);
        (place.costed_net, place.cost, place.costed_pct) = (None, None, None);
    }
    let mut out = Vec::new();
    let mut written = Vec::new();
    less.write(&mut out, |field, range| written.push((field.index(), range)));
    let differs = written.into_iter().filter(|(at, range)| out[range.clone()] != text[fields[*at].clone()]);
    differs.map(|(at, range)| (at, out[range].into())).collect()
}

fn bit(field: usize) -> u32 {
    u32::try_from(field).ok().and_then(|field| 1_u32.checked_shl(field)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use onhand_engine::money::{Currency, Minor};
    use onhand_engine::qty::Qty;
    use onhand_protocol::message::{Channel, LiveStock, MetricsOfLocation};
    use onhand_protocol::value::{Amount, Decimal, Quantity, Time};
    use serde_json::{Value, json};

    fn message() -> MetricsMessage {
        let money = |minor| Some(Amount(Minor(minor)));
        let place = MetricsOfLocation {
            location: "S1".parse().unwrap(),
            channel: Channel::Till,
            currency: onhand_protocol::value::Currency(Currency::EUR),
            sales: 2,
            lines: 3,
            units: Quantity(Qty::units(3)),
            net: money(250),
            tax: money(50),
            returns: 0,
            returned_units: Quantity(Qty::ZERO),
            returned_net: money(0),
            returned_tax: money(0),
            oversold: Quantity(Qty::ZERO),
            costed_net: money(200),
            cost: money(120),
            costed_pct: Some(Decimal(80_000)),
        };
        MetricsMessage {
            time: Time(Timestamp(1_700_000_001_000)),
            seconds: 1,
            sales: Some(2),
            by_location: Some(vec![place]),
            live_stock: Some(LiveStock { watched: 1, levels_sent: 2, bytes_sent: 3 }),
            ..MetricsMessage::default()
        }
    }

    fn shown(selection: Selection) -> Value {
        let object = Object::new(&message());
        let mut text = Vec::new();
        object.write(selection, &mut text);
        let shown: Value = serde_json::from_slice(&text).unwrap();
        let frame = object.frame(selection);
        let push: Value = serde_json::from_slice(&frame[frame.len() - text.len() - PREFIX.len() - 1..]).unwrap();
        assert_eq!(push, json!({"metrics": shown}));
        shown
    }

    #[test]
    fn everything_is_what_was_written() {
        assert_eq!(shown(Selection::new(None, true)), serde_json::to_value(message()).unwrap());
    }

    #[test]
    fn without_money_the_rest_is_the_same() {
        let mut wanted = serde_json::to_value(message()).unwrap();
        for amount in ["net", "tax", "returned_net", "returned_tax", "costed_net", "cost", "costed_pct"] {
            assert!(wanted["by_location"][0].as_object_mut().unwrap().remove(amount).is_some());
        }
        assert_eq!(shown(Selection::new(None, false)), wanted);
    }

    #[test]
    fn chosen_fields_in_any_order_and_number() {
        let whole = serde_json::to_value(message()).unwrap();
        for chosen in [&[][..], &["sales"], &["live_stock", "sales"], &["by_location"], &["holds"]] {
            let fields: Vec<MetricField> = chosen.iter().map(|name| name.parse().unwrap()).collect();
            let mut wanted = json!({"time": whole["time"], "seconds": 1});
            for name in chosen.iter().filter(|name| **name != "holds") {
                wanted[*name] = whole[*name].clone();
            }
            assert_eq!(shown(Selection::new(Some(&fields), true)), wanted, "{chosen:?}");
        }
    }
}
