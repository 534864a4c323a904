//! JSON written by hand into a reused buffer, for the messages sent most often.

use crate::time;
use onhand_engine::ids::{ReceiptNo, TillNo};
use onhand_engine::money::Minor;
use onhand_engine::qty::Qty;
use onhand_engine::time::Timestamp;

/// One JSON object on its way into a buffer.
pub(crate) struct Object<'a> {
    out: &'a mut Vec<u8>,
    any: bool,
}

impl<'a> Object<'a> {
    pub(crate) fn begin(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, any: false }
    }

    pub(crate) fn end(self) {
        self.out.push(b'}');
    }

    /// Starts a field; its value is for the caller to write. Names are ours and need no escaping.
    pub(crate) fn field(&mut self, name: &'static str) -> &mut Vec<u8> {
        if std::mem::replace(&mut self.any, true) {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    /// A word of ours that needs no escaping.
    pub(crate) fn word(&mut self, name: &'static str, word: &'static str) {
        plain(self.field(name), word.as_bytes());
    }

    pub(crate) fn text(&mut self, name: &'static str, value: &str) {
        text(self.field(name), value);
    }

    pub(crate) fn uuid(&mut self, name: &'static str, value: u128) {
        let mut buffer = [0; 36];
        let printed = uuid::Uuid::from_u128(value).hyphenated().encode_lower(&mut buffer);
        plain(self.field(name), printed.as_bytes());
    }

    pub(crate) fn time(&mut self, name: &'static str, value: Timestamp) {
        plain(self.field(name), &time::print(value));
    }

    pub(crate) fn number(&mut self, name: &'static str, value: u64) {
        number(self.field(name), value);
    }

    /// The name of a receipt: location, till, and the till's own gapless number.
    pub(crate) fn receipt(&mut self, name: &'static str, location: &str, till: TillNo, no: ReceiptNo) {
        let out = self.field(name);
        text(out, location);
        // It goes on within the same quotes.
        out.pop();
        out.push(b'-');
        number(out, u64::from(till.0));
        out.push(b'-');
        number(out, no.0);
        out.push(b'"');
    }

    /// A number as a decimal string.
    pub(crate) fn number_text(&mut self, name: &'static str, value: u64) {
        plain(self.field(name), itoa::Buffer::new().format(value).as_bytes());
    }

    pub(crate) fn amount(&mut self, name: &'static str, value: Minor) {
        let out = self.field(name);
        out.extend_from_slice(itoa::Buffer::new().format(value.0).as_bytes());
    }

    pub(crate) fn qty(&mut self, name: &'static str, value: Qty) {
        qty(self.field(name), value);
    }

    pub(crate) fn flag(&mut self, name: &'static str, value: bool) {
        self.field(name).extend_from_slice(if value { b"true" } else { b"false" });
    }
}

pub(crate) fn number(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// A quantity as a decimal string, as its `Display` prints it.
fn qty(out: &mut Vec<u8>, value: Qty) {
    out.push(b'"');
    if value.milli() < 0 {
        out.push(b'-');
    }
    let milli = value.milli().unsigned_abs();
    number(out, milli / 1_000);
    let part = milli % 1_000;
    if part != 0 {
        let digits = [part / 100, part / 10 % 10, part % 10];
        let used = if part.is_multiple_of(100) {
            1
        } else if part.is_multiple_of(10) {
            2
        } else {
            3
        };
        out.push(b'.');
        digits.iter().take(used).for_each(|digit| number(out, *digit));
    }
    out.push(b'"');
}

/// A string that needs no escaping.
fn plain(out: &mut Vec<u8>, value: &[u8]) {
    out.push(b'"');
    out.extend_from_slice(value);
    out.push(b'"');
}

/// Any string.
pub(crate) fn text(out: &mut Vec<u8>, value: &str) {
    if value.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
        return plain(out, value.as_bytes());
    }
    // A Vec takes whatever is written, and a string always has a JSON form.
    let _ = serde_json::to_writer(out, value);
}
