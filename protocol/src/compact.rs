//! The compact encoding of sales: what a sale says, as bytes, for clients with many of them. Both sides of it.
//!
//! Little endian, but for ids, which stand as RFC 9562 prints them. `docs/PROTOCOL.md` has the table.

use crate::convert::Names;
use crate::limits::BATCH_MAX;
use crate::message::ErrorBody;
use crate::value::Id;
use onhand_engine::answer::Answer;
use onhand_engine::ids::{Seq, SkuCode};
use onhand_engine::qty::Qty;
use onhand_engine::time::Timestamp;

const SELL: u8 = 1;
const COMPLETED: u8 = 1;
const TILL: u8 = 2;
const RECORDED: u8 = 1;
const REFUSED: u8 = 2;

/// One sale, as it stands in the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sale<'a> {
    /// Minted at the user's intent; a repeat carries the same one.
    pub id: Id,
    /// Whether it has already happened.
    pub completed: bool,
    /// The till, where there is one.
    pub till: Option<u16>,
    /// Three letters.
    pub currency: [u8; 3],
    /// Where.
    pub location: &'a str,
    /// What.
    pub lines: Lines<'a>,
}

/// The lines of a sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lines<'a> {
    count: usize,
    bytes: &'a [u8],
}

impl<'a> Lines<'a> {
    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Each code and quantity.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, Qty)> + use<'a> {
        let mut left = Bytes { all: self.bytes, at: 0 };
        std::iter::from_fn(move || left.line().ok())
    }
}

/// Where a message cannot be read on, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the binary message cannot be read from byte {at} on: {why}; nothing from there on is done")]
pub struct Malformed {
    /// The byte, from 0.
    pub at: usize,
    /// What is wrong there.
    pub why: &'static str,
}

/// The requests of a message, one behind the other.
#[derive(Clone, Debug)]
pub struct Requests<'a> {
    left: Bytes<'a>,
    read: usize,
    ended: bool,
}

/// Reads a message. After what is malformed nothing follows.
#[must_use]
pub const fn requests(message: &[u8]) -> Requests<'_> {
    Requests { left: Bytes { all: message, at: 0 }, read: 0, ended: false }
}

impl<'a> Iterator for Requests<'a> {
    type Item = Result<Sale<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended || (self.left.at == self.left.all.len() && self.read > 0) {
            return None;
        }
        let sale =
            if self.read < BATCH_MAX { self.left.sale() } else { Err(self.left.wrong("more than 1024 requests")) };
        self.read += 1;
        self.ended = sale.is_err();
        Some(sale)
    }
}

#[derive(Clone, Debug)]
struct Bytes<'a> {
    all: &'a [u8],
    at: usize,
}

impl<'a> Bytes<'a> {
    const fn wrong(&self, why: &'static str) -> Malformed {
        Malformed { at: self.at, why }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let taken = self.all.get(self.at..).and_then(|left| left.get(..count));
        let taken = taken.ok_or_else(|| self.wrong("it ends too early"))?;
        self.at += count;
        Ok(taken)
    }

    fn array<const COUNT: usize>(&mut self) -> Result<[u8; COUNT], Malformed> {
        let mut array = [0; COUNT];
        array.copy_from_slice(self.take(COUNT)?);
        Ok(array)
    }

    fn byte(&mut self) -> Result<u8, Malformed> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn short(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_le_bytes)
    }

    fn text(&mut self) -> Result<&'a str, Malformed> {
        let start = self.at;
        let length = self.byte()?;
        let bytes = self.take(usize::from(length))?;
        std::str::from_utf8(bytes).map_err(|_| Malformed { at: start, why: "a code is not UTF-8" })
    }

    fn line(&mut self) -> Result<(&'a str, Qty), Malformed> {
        let code = self.text()?;
        Ok((code, Qty::from_milli(self.array().map(i64::from_le_bytes)?)))
    }

    fn sale(&mut self) -> Result<Sale<'a>, Malformed> {
        if self.all.get(self.at).is_some_and(|op| *op != SELL) {
            return Err(self.wrong("there is no such op; 1 is sell"));
        }
        self.at += 1;
        if self.all.get(self.at).is_some_and(|flags| flags & !(COMPLETED | TILL) != 0) {
            return Err(self.wrong("a flag that is not known"));
        }
        let flags = self.byte()?;
        let id = Id(u128::from_be_bytes(self.array()?));
        let currency = self.array()?;
        let till = if flags & TILL == 0 { None } else { Some(self.short()?) };
        let location = self.text()?;
        let count = usize::from(self.short()?);
        let start = self.at;
        for _ in 0..count {
            self.line()?;
        }
        let lines = Lines { count, bytes: self.all.get(start..self.at).unwrap_or_default() };
        Ok(Sale { id, completed: flags & COMPLETED != 0, till, currency, location, lines })
    }
}

/// Appends a sale: the client's side. False, and nothing is appended: a code is longer than 255 bytes, or
/// there are more lines than can be counted.
pub fn write_sale(out: &mut Vec<u8>, sale: &Sale<'_>, lines: &[(&str, Qty)]) -> bool {
    let Ok(count) = u16::try_from(lines.len()) else { return false };
    if lines.iter().map(|(code, _)| *code).chain([sale.location]).any(|code| u8::try_from(code.len()).is_err()) {
        return false;
    }
    let flags = if sale.completed { COMPLETED } else { 0 } | if sale.till.is_some() { TILL } else { 0 };
    out.extend_from_slice(&[SELL, flags]);
    out.extend_from_slice(&sale.id.0.to_be_bytes());
    out.extend_from_slice(&sale.currency);
    if let Some(till) = sale.till {
        out.extend_from_slice(&till.to_le_bytes());
    }
    text(out, sale.location);
    out.extend_from_slice(&count.to_le_bytes());
    for (code, qty) in lines {
        text(out, code);
        out.extend_from_slice(&qty.milli().to_le_bytes());
    }
    true
}

impl<'a> Sale<'a> {
    /// A sale without its lines, for [`write_sale`].
    #[must_use]
    pub const fn at(id: Id, location: &'a str, currency: [u8; 3]) -> Self {
        let lines = Lines { count: 0, bytes: &[] };
        Self { id, completed: false, till: None, currency, location, lines }
    }
}

/// Codes are at most 64 characters, which are at most 256 bytes: one more than a length can say, and that one
/// is cut at a character.
fn text(out: &mut Vec<u8>, text: &str) {
    let mut end = text.len().min(usize::from(u8::MAX));
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let cut = &text[..end];
    out.push(u8::try_from(cut.len()).unwrap_or(u8::MAX));
    out.extend_from_slice(cut.as_bytes());
}

/// Appends the answer to a sale that was recorded. False, and nothing is appended: it is no answer to a sale.
pub fn recorded(out: &mut Vec<u8>, id: Id, seq: Seq, time: Timestamp, answer: &Answer, names: &impl Names) -> bool {
    let (receipt, gross, oversold) = match answer {
        Answer::Recorded { receipt, gross, oversold } => (receipt, gross, oversold),
        Answer::RecordedWithExceptions(one) => (&one.receipt, &one.gross, &one.oversold),
        _ => return false,
    };
    out.push(RECORDED);
    out.extend_from_slice(&id.0.to_be_bytes());
    out.extend_from_slice(&seq.0.to_le_bytes());
    out.extend_from_slice(&i64::try_from(time.0).unwrap_or(i64::MAX).to_le_bytes());
    out.extend_from_slice(&gross.0.to_le_bytes());
    let receipt = receipt.map_or(0, |(_, no)| u32::try_from(no.0).unwrap_or(u32::MAX));
    out.extend_from_slice(&receipt.to_le_bytes());
    out.extend_from_slice(&u16::try_from(oversold.len()).unwrap_or(u16::MAX).to_le_bytes());
    for line in oversold.iter().take(usize::from(u16::MAX)) {
        let item = names.item_numbered(line.sku);
        text(out, item.as_ref().map_or("", |item| item.code.as_str()));
        out.extend_from_slice(&line.qty.milli().to_le_bytes());
    }
    true
}

/// Appends the answer to a sale that was refused.
pub fn refused(out: &mut Vec<u8>, id: Id, error: &ErrorBody) {
    out.push(REFUSED);
    out.extend_from_slice(&id.0.to_be_bytes());
    out.extend_from_slice(&error.number.to_le_bytes());
    let retry_ms = error.retry_ms.map_or(0, |ms| u32::try_from(ms).unwrap_or(u32::MAX));
    out.extend_from_slice(&retry_ms.to_le_bytes());
    let json = serde_json::to_vec(error).unwrap_or_default();
    // An error has some sentences and codes: it is never so long.
    let length = u16::try_from(json.len()).unwrap_or(0);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&json[..usize::from(length)]);
}

/// What a client reads of one answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// The sale is in the books.
    Recorded {
        /// Of the sale.
        id: Id,
        /// Its place in the log.
        seq: u64,
        /// When, in milliseconds since 1970.
        time_ms: i64,
        /// What the customer pays, in minor units.
        gross: i64,
        /// The till's receipt number; 0: none.
        receipt: u32,
        /// Units of a fact that stock did not cover.
        oversold: Vec<(SkuCode, Qty)>,
    },
    /// Nothing was changed.
    Refused {
        /// Of the sale.
        id: Id,
        /// The number people look up.
        number: u16,
        /// When to try again; 0: not said.
        retry_ms: u32,
        /// All there is to say, as in a text reply's `error`.
        json: Vec<u8>,
    },
}

/// Reads all answers of a message: the client's side.
///
/// # Errors
/// [`Malformed`] says where it cannot be read on.
pub fn answers(message: &[u8]) -> Result<Vec<Told>, Malformed> {
    let mut bytes = Bytes { all: message, at: 0 };
    let mut told = Vec::new();
    while bytes.at < message.len() {
        told.push(bytes.told()?);
    }
    Ok(told)
}

impl Bytes<'_> {
    fn told(&mut self) -> Result<Told, Malformed> {
        let start = self.at;
        let kind = self.byte()?;
        let id = Id(u128::from_be_bytes(self.array()?));
        match kind {
            RECORDED => {
                let seq = self.array().map(u64::from_le_bytes)?;
                let time_ms = self.array().map(i64::from_le_bytes)?;
                let gross = self.array().map(i64::from_le_bytes)?;
                let receipt = self.array().map(u32::from_le_bytes)?;
                let mut oversold = Vec::new();
                for _ in 0..self.short()? {
                    let at = self.at;
                    let (code, qty) = self.line()?;
                    oversold.push((SkuCode::new(code).map_err(|_| Malformed { at, why: "this is no code" })?, qty));
                }
                Ok(Told::Recorded { id, seq, time_ms, gross, receipt, oversold })
            }
            REFUSED => {
                let number = self.short()?;
                let retry_ms = self.array().map(u32::from_le_bytes)?;
                let length = usize::from(self.short()?);
                Ok(Told::Refused { id, number, retry_ms, json: self.take(length)?.to_vec() })
            }
            _ => Err(Malformed { at: start, why: "there is no such answer" }),
        }
    }
}
