//! GS1 element strings: application identifiers, each with its data, one behind the other.

use super::price::Price;
use super::{Mark, Measure, ScanError, Scanned};
use crate::date::Date;
use crate::gtin::Gtin;
use crate::qty::Qty;

/// Ends an element whose length is not fixed (FNC1, as scanners send it).
pub(super) const SEPARATOR: char = '\u{1d}';

/// Reads the data of a symbol, or what is printed under it with the identifiers in parentheses.
pub(super) fn read(code: &str, today: Date) -> Result<Scanned, ScanError> {
    let mut elements = Elements::new(today);
    if code.starts_with('(') {
        for element in code.split('(').skip(1) {
            let (identifier, data) = element.split_once(')').ok_or(ScanError::Unknown)?;
            elements.put(identifier, data)?;
        }
        return elements.finish();
    }
    let mut left = code.trim_start_matches(SEPARATOR);
    while !left.is_empty() {
        let (element, after) = split_element(left)?;
        let identifier_length = identifier_length(element);
        let (identifier, data) = element.split_at_checked(identifier_length).ok_or(ScanError::Unknown)?;
        elements.put(identifier, data)?;
        left = after.trim_start_matches(SEPARATOR);
    }
    elements.finish()
}

/// One element with its identifier, and what stands behind it.
fn split_element(left: &str) -> Result<(&str, &str), ScanError> {
    let (first_two, _) = left.split_at_checked(2).ok_or(ScanError::Unknown)?;
    match fixed_length(first_two) {
        Some(length) => {
            let identifier = first_two.parse().map_err(|_| ScanError::Unknown)?;
            left.split_at_checked(length).ok_or(ScanError::Element(identifier))
        }
        None if first_two.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(left.split_at_checked(left.find(SEPARATOR).unwrap_or(left.len())).unwrap_or((left, "")))
        }
        None => Err(ScanError::Unknown),
    }
}

/// Lengths of elements, identifier included, that need no separator (GS1 General Specifications 7.8.5).
fn fixed_length(first_two: &str) -> Option<usize> {
    Some(match first_two {
        "00" => 20,
        "01" | "02" | "03" | "41" => 16,
        "04" => 18,
        "11" | "12" | "13" | "14" | "15" | "16" | "17" | "18" | "19" => 8,
        "20" => 4,
        "31" | "32" | "33" | "34" | "35" | "36" => 10,
        _ => return None,
    })
}

/// Of those that are read; what is not read is passed over whole.
fn identifier_length(element: &str) -> usize {
    if element.starts_with('3') && !element.starts_with("30") && !element.starts_with("37") { 4 } else { 2 }
}

/// What was read so far.
pub(super) struct Elements {
    today: Date,
    gtin: Option<Gtin>,
    measure: Measure,
    rest: Scanned,
}

impl Elements {
    pub(super) fn new(today: Date) -> Self {
        let rest = Scanned::of(Gtin::from_number(0));
        Self { today, gtin: None, measure: Measure::default(), rest }
    }

    /// Takes one element. Those that say nothing about a sale are passed over.
    pub(super) fn put(&mut self, identifier: &str, data: &str) -> Result<(), ScanError> {
        let number: u16 = match identifier.parse() {
            Ok(number) if identifier.bytes().all(|byte| byte.is_ascii_digit()) => number,
            _ => return Err(ScanError::Unknown),
        };
        let wrong = ScanError::Element(number);
        let date = || Date::parse_short(data, self.today).ok_or(wrong);
        match identifier {
            "01" => {
                let fourteen = if data.len() == 14 { Gtin::parse(data)? } else { return Err(wrong) };
                set(&mut self.gtin, fourteen, number)
            }
            "10" => set(&mut self.rest.lot, mark(data).ok_or(wrong)?, number),
            "21" => set(&mut self.rest.serial, mark(data).ok_or(wrong)?, number),
            "17" => {
                let date = date()?;
                set(&mut self.rest.expiry, date, number)
            }
            "15" => {
                let date = date()?;
                set(&mut self.rest.best_before, date, number)
            }
            "11" => {
                let date = date()?;
                set(&mut self.rest.produced, date, number)
            }
            "30" => {
                let count = digits(data, 8).and_then(|count| i64::try_from(count).ok()).ok_or(wrong)?;
                set(&mut self.measure.count, Qty::units(count), number)
            }
            _ => self.put_measured(identifier, data, number),
        }
    }

    /// 310n, 392n and 393n: n of the digits are decimals.
    fn put_measured(&mut self, identifier: &str, data: &str, number: u16) -> Result<(), ScanError> {
        let wrong = ScanError::Element(number);
        let (kind, decimals) = match identifier.split_at_checked(3) {
            Some((kind @ ("310" | "392" | "393"), decimals)) => (kind, decimals.parse::<u8>().map_err(|_| wrong)?),
            _ => return Ok(()),
        };
        match kind {
            "310" => {
                let weight = if data.len() == 6 { digits(data, 6).ok_or(wrong)? } else { return Err(wrong) };
                set(&mut self.measure.weight, kilograms(weight, decimals).ok_or(wrong)?, number)
            }
            "392" => {
                let price = Price { digits: digits(data, 15).ok_or(wrong)?, decimals: Some(decimals), currency: None };
                set(&mut self.measure.price, price, number)
            }
            _ => {
                let (currency, data) = data.split_at_checked(3).ok_or(wrong)?;
                let currency = digits(currency, 3).and_then(|currency| u16::try_from(currency).ok()).ok_or(wrong)?;
                let digits = digits(data, 15).ok_or(wrong)?;
                set(
                    &mut self.measure.price,
                    Price { digits, decimals: Some(decimals), currency: Some(currency) },
                    number,
                )
            }
        }
    }

    pub(super) fn finish(self) -> Result<Scanned, ScanError> {
        let gtin = self.gtin.ok_or(ScanError::NoItem)?;
        let measure = Some(self.measure).filter(|measure| *measure != Measure::default());
        Ok(Scanned { gtin, measure, ..self.rest })
    }
}

fn set<T: PartialEq>(place: &mut Option<T>, value: T, number: u16) -> Result<(), ScanError> {
    if place.as_ref().is_some_and(|before| *before != value) {
        return Err(ScanError::Contradiction(number));
    }
    *place = Some(value);
    Ok(())
}

fn digits(text: &str, most: usize) -> Option<u64> {
    let fits = (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

/// Thousandths: finer weights are rounded, halves up.
fn kilograms(digits: u64, decimals: u8) -> Option<Qty> {
    let scaled = i128::from(digits).checked_mul(i128::from(Qty::SCALE))?;
    let divisor = 10_i128.checked_pow(u32::from(decimals.min(9)))?;
    Some(Qty::from_milli(crate::money::divide_half_up(scaled, divisor)))
}

/// Lots and serial numbers have 1 to 20 characters of GS1's set of 82.
fn mark(text: &str) -> Option<Mark> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!\"%&'()*+,-./:;<=>?_".contains(&byte);
    if text.bytes().all(allowed) { Mark::new(text).ok() } else { None }
}
