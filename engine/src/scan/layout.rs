//! Labels printed in the shop: weight or price stands in the digits, and where is agreed in each country.
//!
//! A layout is a picture of the thirteen digits: the beginning, then `I` for the item, `V` for the digit that
//! verifies, `P` for the price in minor units or `W` for the weight in grams, and `C` for the check digit. In
//! Britain `20IIIIIVPPPPC`, in Germany `28IIIIVWWWWWC` are usual.

use super::price::Price;
use super::{Measure, ScanError, Scanned};
use crate::gtin::{Gtin, check_digit};
use crate::qty::Qty;
use std::fmt;

const DIGITS: usize = 13;

/// One country's picture of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Layout([u8; DIGITS]);

/// Why a text is no layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// It does not have 13 places, or others than digits and `I`, `V`, `P`, `W`, `C`.
    #[error("has 13 places: digits, then I, V, P or W, and C")]
    Places,
    /// Its first two digits are those of bar codes from outside.
    #[error("begins with 02, 04 or 20 to 29")]
    Beginning,
    /// A part is missing, or stands there twice or at the wrong place.
    #[error("has the item in I, the price in P or the weight in W, each in one piece, and C at its end")]
    Parts,
    /// `V` verifies four or five digits.
    #[error("has V only beside four or five digits of price or weight")]
    Verifier,
}

impl Layout {
    /// Reads the picture.
    ///
    /// # Errors
    /// [`LayoutError`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, LayoutError> {
        let places: [u8; DIGITS] = text.as_bytes().try_into().map_err(|_| LayoutError::Places)?;
        let known = |place: &u8| place.is_ascii_digit() || b"IVPWC".contains(place);
        let begins = places.iter().take_while(|place| place.is_ascii_digit()).count();
        if !places.iter().all(known) || places.iter().skip(begins).any(u8::is_ascii_digit) {
            return Err(LayoutError::Places);
        }
        if begins < 2 || !Self::is_for(text) {
            return Err(LayoutError::Beginning);
        }
        let layout = Self(places);
        let [items, verifiers, prices, weights, checks] = [b'I', b'V', b'P', b'W', b'C'].map(|part| layout.count(part));
        let in_one_piece = [b'I', b'P', b'W'].iter().all(|part| layout.is_in_one_piece(*part));
        let has_parts = items > 0 && verifiers <= 1 && (prices == 0) != (weights == 0) && checks == 1;
        if !in_one_piece || !has_parts || places.last() != Some(&b'C') {
            return Err(LayoutError::Parts);
        }
        if verifiers == 1 && !matches!(prices.saturating_add(weights), 4 | 5) {
            return Err(LayoutError::Verifier);
        }
        Ok(layout)
    }

    /// Whether thirteen digits begin as those of shops' own labels do.
    fn is_for(digits: &str) -> bool {
        digits.starts_with('2') || digits.starts_with("02") || digits.starts_with("04")
    }

    /// Whether it is the picture of these digits.
    #[must_use]
    pub fn begins(&self, digits: &str) -> bool {
        self.beginning().iter().zip(digits.bytes()).all(|(place, digit)| *place == digit)
    }

    /// Whether some digits would have two pictures.
    #[must_use]
    pub fn collides(&self, other: &Self) -> bool {
        self.beginning().iter().zip(other.beginning()).all(|(one, another)| one == another)
    }

    /// The picture.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    fn beginning(&self) -> &[u8] {
        self.0.split(|place| !place.is_ascii_digit()).next().unwrap_or_default()
    }

    fn count(&self, part: u8) -> usize {
        self.0.iter().filter(|place| **place == part).count()
    }

    fn is_in_one_piece(&self, part: u8) -> bool {
        let runs = self.0.split(|place| *place != part).filter(|run| !run.is_empty()).count();
        runs <= 1
    }

    /// What a label says whose check digit was found to fit.
    pub(super) fn read(&self, digits: &str) -> Result<Scanned, ScanError> {
        let mut value = Vec::with_capacity(5);
        let mut verifier = None;
        let mut item = Vec::with_capacity(DIGITS);
        let mut is_price = false;
        for (place, digit) in self.0.iter().zip(digits.bytes()) {
            let digit = digit.saturating_sub(b'0');
            match place {
                b'P' | b'W' => {
                    is_price = *place == b'P';
                    value.push(digit);
                    item.push(0);
                }
                b'V' => {
                    verifier = Some(digit);
                    item.push(0);
                }
                b'C' => item.push(check_digit(&item)),
                _ => item.push(digit),
            }
        }
        if verifier.is_some_and(|verifier| verifier_of(&value) != Some(verifier)) {
            return Err(ScanError::Verifier);
        }
        let number = |digits: &[u8]| {
            digits.iter().fold(0_u64, |number, digit| number.saturating_mul(10).saturating_add(u64::from(*digit)))
        };
        let value = number(&value);
        let measure = if is_price {
            Measure::of_price(Price { digits: value, decimals: None, currency: None })
        } else {
            Measure::of_weight(Qty::from_milli(i64::try_from(value).unwrap_or(i64::MAX)))
        };
        Ok(Scanned { measure: Some(measure), ..Scanned::of(Gtin::from_number(number(&item))) })
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The ways in which a digit counts (GS1 General Specifications 7.9.2): times a weight, with the tens of the
/// product taken away from its ones, or added to them.
#[derive(Clone, Copy)]
enum Weight {
    TwoMinus,
    Three,
    FivePlus,
    FiveMinus,
}

impl Weight {
    fn of(self, digit: u8) -> u8 {
        let times = |factor: u8| digit.saturating_mul(factor);
        let tens = |product: u8| product.checked_div(10).unwrap_or(0);
        let counted = match self {
            Weight::TwoMinus => times(2).saturating_sub(tens(times(2))),
            Weight::Three => times(3),
            Weight::FivePlus => times(5).saturating_add(tens(times(5))),
            Weight::FiveMinus => times(5).saturating_sub(tens(times(5))),
        };
        counted.checked_rem(10).unwrap_or(0)
    }
}

/// The digit that verifies four or five others.
#[must_use]
pub fn verifier_of(digits: &[u8]) -> Option<u8> {
    let sum = |weights: &[Weight]| {
        digits.iter().zip(weights).fold(0_u8, |sum, (digit, weight)| sum.saturating_add(weight.of(*digit)))
    };
    match digits.len() {
        4 => {
            let sum = sum(&[Weight::TwoMinus, Weight::TwoMinus, Weight::Three, Weight::FiveMinus]);
            sum.saturating_mul(3).checked_rem(10)
        }
        5 => {
            let weights = [Weight::FivePlus, Weight::TwoMinus, Weight::FiveMinus, Weight::FivePlus, Weight::TwoMinus];
            let rest = sum(&weights).checked_rem(10)?;
            (0..10).find(|digit| Weight::FiveMinus.of(*digit).saturating_add(rest).is_multiple_of(10))
        }
        _ => None,
    }
}
