//! A file of transaction lines as baskets in the order of their time.

use flate2::read::MultiGzDecoder;
use onhand_engine::card_number;
use onhand_engine::ids::{LocationCode, SkuCode};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::qty::{Qty, Unit};
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};
use std::io::Read;

/// One line of a basket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its line in the file, from 1.
    pub line: u64,
    /// What was sold.
    pub sku: SkuCode,
    /// How much of it, above zero.
    pub qty: Qty,
    /// What was paid for it, in minor units.
    pub amount: Minor,
}

/// The lines that one customer paid together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basket {
    /// When, in seconds since 1970 by the shop's own clock.
    pub time_s: i64,
    /// Where.
    pub store: LocationCode,
    /// Its number in the file.
    pub number: String,
    /// What.
    pub lines: Vec<Line>,
}

/// Why a line cannot be a sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Nothing was sold: the quantity is 0.
    ZeroQuantity,
    /// It is a return: the quantity is below 0.
    NegativeQuantity,
    /// The quantity is no decimal number, too large, or not whole.
    BadQuantity,
    /// The value is not an exact amount of the currency.
    BadValue,
    /// The time is not `YYYY-MM-DD HH:MM:SS`.
    BadTime,
    /// Store, basket or product are missing or cannot be a code.
    BadCode,
    /// The same line of the same basket was there before.
    Repeated,
    /// The line is not readable text.
    Unreadable,
    /// The server has no such item.
    UnknownSku,
    /// The server refused it for another reason.
    Refused,
}

/// A line that cannot be a sale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// Its line in the file, from 1.
    pub line: u64,
    /// Why.
    pub reason: Reason,
    /// The value that is the reason.
    pub value: String,
}

/// All of a file.
#[derive(Clone, Debug, Default)]
pub struct Transactions {
    /// Lines after the header.
    pub lines: u64,
    /// What can be a sale, by time; ties by store and number.
    pub baskets: Vec<Basket>,
    /// What cannot.
    pub skipped: Vec<Skipped>,
}

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It cannot be opened or unpacked.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// It is not CSV.
    #[error("{0}")]
    Csv(#[from] csv::Error),
    /// A column is missing.
    #[error(
        "there is no column {0}; store_id, basket_id, product_id, quantity, sales_value and \
         transaction_timestamp are needed"
    )]
    NoColumn(&'static str),
}

const COLUMNS: [&str; 6] = ["store_id", "basket_id", "product_id", "quantity", "sales_value", "transaction_timestamp"];

impl Reason {
    /// What it means, in a few words, and what to do where something can be done.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Reason::ZeroQuantity => "the quantity is 0: nothing was sold",
            Reason::NegativeQuantity => "the quantity is below 0: a return, not a sale",
            Reason::BadQuantity => "the quantity is not a whole number up to 1,000,000,000",
            Reason::BadValue => "the value is not an exact amount of the currency",
            Reason::BadTime => "the time is not YYYY-MM-DD HH:MM:SS",
            Reason::BadCode => "store, basket or product cannot be a code",
            Reason::Repeated => "the same line stands in the file twice",
            Reason::Unreadable => "the line cannot be read as text",
            Reason::UnknownSku => "the server has no such item: import the products first",
            Reason::Refused => "the server refused it",
        }
    }
}

/// Reads transactions from CSV, plain or gzip.
///
/// # Errors
/// [`ReadError`]; what is wrong with single lines is in [`Transactions::skipped`].
pub fn read(mut input: impl Read, currency: Currency) -> Result<Transactions, ReadError> {
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes)?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut unpacked = Vec::new();
        MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut unpacked)?;
        bytes = unpacked;
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text);
    let header = reader.headers()?.clone();
    let mut columns = [0; COLUMNS.len()];
    for (column, name) in columns.iter_mut().zip(COLUMNS) {
        *column = header.iter().position(|title| title == name).ok_or(ReadError::NoColumn(name))?;
    }
    let mut grouping = Grouping { currency, seen: HashSet::new(), baskets: BTreeMap::new(), skipped: Vec::new() };
    let mut lines = 0;
    for record in reader.byte_records() {
        lines += 1;
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        let cells = columns.map(|at| record.get(at).and_then(|cell| std::str::from_utf8(cell).ok()));
        match cells {
            [Some(store), Some(basket), Some(product), Some(quantity), Some(value), Some(time)] => {
                grouping.take(line, [store, basket, product, quantity, value, time]);
            }
            _ => grouping.skip(line, Reason::Unreadable, ""),
        }
    }
    Ok(grouping.finish(lines))
}

struct Grouping {
    currency: Currency,
    seen: HashSet<[String; 6]>,
    baskets: BTreeMap<(LocationCode, String), Basket>,
    skipped: Vec<Skipped>,
}

impl Grouping {
    fn skip(&mut self, line: u64, reason: Reason, value: &str) {
        self.skipped.push(Skipped { line, reason, value: card_number::mask(value).into_owned() });
    }

    fn take(&mut self, line: u64, cells: [&str; 6]) {
        if let Err((reason, value)) = self.try_take(line, cells) {
            self.skip(line, reason, value);
        }
    }

    fn try_take<'c>(&mut self, line: u64, cells: [&'c str; 6]) -> Result<(), (Reason, &'c str)> {
        let [store, number, product, quantity, value, time] = cells;
        let qty = Qty::parse(quantity).map_err(|_| (Reason::BadQuantity, quantity))?;
        if qty.is_zero() {
            return Err((Reason::ZeroQuantity, quantity));
        }
        if qty < Qty::ZERO {
            return Err((Reason::NegativeQuantity, quantity));
        }
        if !Unit::Each.allows(qty) {
            return Err((Reason::BadQuantity, quantity));
        }
        let amount = amount(value, self.currency).ok_or((Reason::BadValue, value))?;
        let time_s = seconds(time).ok_or((Reason::BadTime, time))?;
        let store = LocationCode::new(store).map_err(|_| (Reason::BadCode, store))?;
        let sku = SkuCode::new(product).map_err(|_| (Reason::BadCode, product))?;
        if number.is_empty() {
            return Err((Reason::BadCode, number));
        }
        if !self.seen.insert(cells.map(str::to_owned)) {
            return Err((Reason::Repeated, product));
        }
        let key = (store.clone(), number.to_owned());
        let empty = || Basket { time_s, store, number: number.to_owned(), lines: Vec::new() };
        let basket = self.baskets.entry(key).or_insert_with(empty);
        basket.time_s = basket.time_s.min(time_s);
        basket.lines.push(Line { line, sku, qty, amount });
        Ok(())
    }

    fn finish(self, lines: u64) -> Transactions {
        let mut baskets: Vec<Basket> = self.baskets.into_values().collect();
        for basket in &mut baskets {
            // The order of lines is part of a sale's content: it must not depend on the file's.
            basket.lines.sort_by(|a, b| (&a.sku, a.qty, a.amount).cmp(&(&b.sku, b.qty, b.amount)));
        }
        baskets.sort_by_key(|basket| basket.time_s);
        Transactions { lines, baskets, skipped: self.skipped }
    }
}

/// An exact amount: as many decimals as the currency has, further ones only if zero.
#[must_use]
pub fn amount(text: &str, currency: Currency) -> Option<Minor> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|byte| byte.is_ascii_digit());
    let decimals = currency.exponent() as usize;
    let short = part.trim_end_matches('0');
    if !digits(whole) || !digits(part) || short.len() > decimals {
        return None;
    }
    let minor: i64 = format!("{whole}{short:0<decimals$}").parse().ok()?;
    (minor <= Minor::MAX.0).then_some(Minor(minor))
}

/// Seconds since 1970 of `YYYY-MM-DD HH:MM:SS`, taking the clock as it reads.
#[must_use]
pub fn seconds(text: &str) -> Option<i64> {
    let (date, time) = text.split_once([' ', 'T'])?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = numbers(time.trim_end_matches('Z'), ':', [2, 2, 2])?;
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let month_days = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let last_day = *month_days.get(usize::try_from(month.checked_sub(1)?).ok()?)?;
    if day < 1 || day > last_day || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // Years counted from March, so that the leap day ends them (H. Hinnant, days_from_civil).
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
    Some(days * 86_400 + hour * 3_600 + minute * 60 + second)
}

fn numbers(text: &str, separator: char, widths: [usize; 3]) -> Option<[i64; 3]> {
    let mut parts = text.split(separator);
    let mut found = [0; 3];
    for (number, width) in found.iter_mut().zip(widths) {
        let part = parts.next().filter(|part| part.len() == width && part.bytes().all(|b| b.is_ascii_digit()))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(found)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const HEADER: &str = "household_id,store_id,basket_id,product_id,quantity,sales_value,transaction_timestamp\n";

    fn usd() -> Currency {
        Currency::parse("USD").unwrap()
    }

    fn read_text(text: &str) -> Transactions {
        read(format!("{HEADER}{text}").as_bytes(), usd()).unwrap()
    }

    #[test]
    fn lines_of_one_basket_are_one_sale_in_the_order_of_time() {
        let read = read_text(
            "1,309,77,B,2.0,3.86,2017-01-28 19:06:53\n\
             1,310,77,A,1.0,1,2017-01-28 19:06:52\n\
             1,309,77,A,32623.0,100.0,2017-01-28 19:06:53\n",
        );
        assert_eq!(read.lines, 3);
        let shown: Vec<String> = read
            .baskets
            .iter()
            .map(|b| {
                let lines: Vec<String> =
                    b.lines.iter().map(|l| format!("{}x{}={}", l.sku, l.qty, l.amount.0)).collect();
                format!("{} {} {}", b.store, b.number, lines.join(" "))
            })
            .collect();
        assert_eq!(shown, ["310 77 Ax1=100", "309 77 Ax32623=10000 Bx2=386"]);
    }

    #[test]
    fn lines_that_cannot_be_a_sale_say_why() {
        let read = read_text(
            "1,309,1,A,0.0,4.440892e-16,2017-01-28 19:06:53\n\
             1,309,1,A,-1,1,2017-01-28 19:06:53\n\
             1,309,1,A,0.5,1,2017-01-28 19:06:53\n\
             1,309,1,A,1,0.005,2017-01-28 19:06:53\n\
             1,309,1,A,1,4e1,2017-01-28 19:06:53\n\
             1,309,1,A,1,1,28.01.2017\n\
             1,,1,A,1,1,2017-01-28 19:06:53\n\
             1,309,2,A,1,1,2017-01-28 19:06:53\n\
             1,309,2,A,1,1,2017-01-28 19:06:53\n\
             1,309\n",
        );
        let reasons: Vec<(u64, Reason)> = read.skipped.iter().map(|s| (s.line, s.reason)).collect();
        assert_eq!(
            reasons,
            [
                (2, Reason::ZeroQuantity),
                (3, Reason::NegativeQuantity),
                (4, Reason::BadQuantity),
                (5, Reason::BadValue),
                (6, Reason::BadValue),
                (7, Reason::BadTime),
                (8, Reason::BadCode),
                (10, Reason::Repeated),
                (11, Reason::Unreadable),
            ]
        );
        assert_eq!((read.lines, read.baskets.len()), (10, 1));
    }

    #[test]
    fn amounts_are_exact() {
        let cases =
            [("3.86", Some(386)), ("1.0", Some(100)), ("0.1", Some(10)), ("100", Some(10_000)), ("3.8600", Some(386))];
        for (text, expected) in cases {
            assert_eq!(amount(text, usd()), expected.map(Minor), "{text}");
        }
        for text in ["", ".", "1.", "-1", "1.005", "1,5", "4.44e-16", "99999999999999999999"] {
            assert_eq!(amount(text, usd()), None, "{text}");
        }
        assert_eq!(amount("120", Currency::parse("JPY").unwrap()), Some(Minor(120)));
    }

    #[test]
    fn times_are_read_as_the_clock_showed_them() {
        assert_eq!(seconds("1970-01-01 00:00:00"), Some(0));
        assert_eq!(seconds("2017-01-28 19:06:53"), Some(1_485_630_413));
        assert_eq!(seconds("2000-02-29T23:59:59Z"), Some(951_868_799));
        assert_eq!(seconds("2017-03-12 02:06:30"), Some(1_489_284_390));
        for text in ["2017-02-29 00:00:00", "2017-13-01 00:00:00", "2017-01-28", "2017-1-28 19:06:53", "x"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn a_missing_column_is_named() {
        let error = read("store_id,basket_id\n".as_bytes(), usd()).unwrap_err();
        assert!(error.to_string().starts_with("there is no column product_id"));
    }
}
