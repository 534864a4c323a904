//! What a scanner reads becomes an item's number and what else the symbol says: weight or price, lot, serial
//! number, dates.
//!
//! Read are bare digits (EAN, UPC, UPC-E, ITF-14), labels printed in the shop under a national [`Layout`], GS1
//! element strings (GS1-128, DataMatrix, QR) and GS1 Digital Link addresses. A symbology identifier in front
//! (`]d2`) is understood. Nothing here knows the catalogue.

mod digits;
mod elements;
pub mod layout;
mod link;
pub mod percent;
pub mod price;

pub use layout::Layout;

use crate::date::Date;
use crate::gtin::Gtin;
use crate::ids::Code;
use crate::money::Minor;
use crate::qty::Qty;
use price::Price;

/// The longest code that is read, in bytes: a QR code of an ordinary size holds no longer address.
pub const BYTES_MAX: usize = 1_000;

/// A lot or a serial number: up to 20 characters, as GS1 has them.
pub type Mark = Code<20>;

/// What a symbol says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scanned {
    /// The item's number. Of a label printed in the shop: the number without weight or price, which stand as
    /// zeros, with the check digit of that.
    pub gtin: Gtin,
    /// What the digits mean otherwise: eight of them may be an EAN-8 or a UPC-E.
    pub or: Option<Gtin>,
    /// What it says about how much there is.
    pub measure: Option<Measure>,
    /// The lot or batch (AI 10).
    pub lot: Option<Mark>,
    /// The serial number (AI 21).
    pub serial: Option<Mark>,
    /// The last day on which it may be sold (AI 17).
    pub expiry: Option<Date>,
    /// The last day of best quality (AI 15).
    pub best_before: Option<Date>,
    /// The day it was made (AI 11).
    pub produced: Option<Date>,
}

/// How much there is, by the symbol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measure {
    /// Net weight in thousandths of a kilogram (AI 310n, or the label's digits).
    pub weight: Option<Qty>,
    /// Pieces (AI 30).
    pub count: Option<Qty>,
    /// The price of all of it (AI 392n, 393n, or the label's digits).
    pub price: Option<Price>,
}

/// Why a code cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    /// Nothing that is known.
    #[error("is no bar code that is known here: neither GTIN digits, nor GS1 elements, nor a GS1 Digital Link")]
    Unknown,
    /// It is longer than [`BYTES_MAX`].
    #[error("is longer than {BYTES_MAX} bytes")]
    TooLong,
    /// The digits of the item's number do not fit.
    #[error("has an item number that {0}")]
    Gtin(#[from] crate::gtin::GtinError),
    /// The digit that guards weight or price does not fit.
    #[error("has a weight or price that does not fit its verifier digit")]
    Verifier,
    /// An element ends too early, or has a character that it may not have.
    #[error("has an element ({0:02}) that cannot be read")]
    Element(u16),
    /// An element stands there twice and says two things.
    #[error("says two things in element ({0:02})")]
    Contradiction(u16),
    /// It names no item.
    #[error("names no item: element (01) is not there")]
    NoItem,
}

impl Scanned {
    /// A number and nothing else.
    #[must_use]
    pub const fn of(gtin: Gtin) -> Self {
        Self { gtin, or: None, measure: None, lot: None, serial: None, expiry: None, best_before: None, produced: None }
    }
}

/// Reads what a scanner gave, at a location with these layouts.
///
/// # Errors
/// [`ScanError`] says what is wrong with it.
pub fn read(code: &str, layouts: &[Layout], today: Date) -> Result<Scanned, ScanError> {
    if code.len() > BYTES_MAX {
        return Err(ScanError::TooLong);
    }
    let (symbology, code) = split_symbology(code.trim_matches(is_around));
    if link::is_one(code) {
        return link::read(code, today);
    }
    let says_elements = matches!(symbology, Some("C1" | "d2" | "Q3" | "e0" | "J1"));
    if says_elements || code.contains(elements::SEPARATOR) || code.starts_with('(') {
        return elements::read(code, today);
    }
    if (1..=14).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit()) {
        return digits::read(code, symbology, layouts);
    }
    // A scanner that was told to leave out the identifier.
    if code.starts_with("01") && code.len() >= 16 {
        return elements::read(code, today);
    }
    Err(ScanError::Unknown)
}

/// The code without the symbology identifier in front of it (ISO/IEC 15424), such as `]d2`.
#[must_use]
pub fn without_symbology(code: &str) -> &str {
    split_symbology(code).1
}

fn split_symbology(code: &str) -> (Option<&str>, &str) {
    match code.strip_prefix(']').and_then(|rest| rest.split_at_checked(2)) {
        Some((symbology, rest)) => (Some(symbology), rest),
        None => (None, code),
    }
}

/// What keyboards and scanners put around a code.
const fn is_around(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// A price or a quantity as it is put into a measure.
impl Measure {
    const fn of_price(price: Price) -> Self {
        Self { weight: None, count: None, price: Some(price) }
    }

    const fn of_weight(weight: Qty) -> Self {
        Self { weight: Some(weight), count: None, price: None }
    }
}

/// How much it is when only its price is known: the price of all of it over the price of one unit, to the
/// thousandth, halves up. None without a price per unit.
#[must_use]
pub fn quantity_for(amount: Minor, unit_price: Minor) -> Option<Qty> {
    if unit_price <= Minor::ZERO {
        return None;
    }
    let exact = i128::from(amount.0).saturating_mul(i128::from(Qty::SCALE));
    Some(Qty::from_milli(crate::money::divide_half_up(exact, i128::from(unit_price.0))))
}
