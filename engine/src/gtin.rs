//! Global item numbers: 8, 12, 13 or 14 digits with a GS1 check digit, kept as 14.

use std::fmt;

/// A checked global item number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gtin(u64);

/// Why digits are not a GTIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GtinError {
    /// It has something other than digits.
    #[error("has something other than digits")]
    NotDigits,
    /// It does not have 8, 12, 13 or 14 digits.
    #[error("has {0} digits where 8, 12, 13 or 14 are expected")]
    Length(usize),
    /// The last digit does not fit the others.
    #[error("ends in {found} where the check digit is {expected}")]
    CheckDigit {
        /// The digit it ends in.
        found: u8,
        /// The digit that fits the others.
        expected: u8,
    },
}

impl Gtin {
    /// Checks digits as scanned or typed.
    ///
    /// # Errors
    /// [`GtinError`] says what is wrong with them.
    pub fn parse(text: &str) -> Result<Self, GtinError> {
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(GtinError::NotDigits);
        }
        if !matches!(text.len(), 8 | 12 | 13 | 14) {
            return Err(GtinError::Length(text.len()));
        }
        let digits: Vec<u8> = text.bytes().map(|b| b.saturating_sub(b'0')).collect();
        let (found, body) = digits.split_last().map(|(last, body)| (*last, body)).unwrap_or((0, &[]));
        let expected = check_digit(body);
        if found != expected {
            return Err(GtinError::CheckDigit { found, expected });
        }
        text.parse().map(Self).map_err(|_| GtinError::NotDigits)
    }

    /// Checks the 8 digits printed under a UPC-E code and gives the UPC-A number they stand for.
    /// Apart from [`Gtin::parse`], because 8 digits alone may also be an EAN-8.
    ///
    /// # Errors
    /// [`GtinError`] says what is wrong with them.
    pub fn parse_upc_e(text: &str) -> Result<Self, GtinError> {
        let Ok(digits) = <[u8; 8]>::try_from(text.as_bytes()) else {
            return Err(GtinError::Length(text.chars().count()));
        };
        let [system, a, b, c, d, e, last, check] = digits.map(char::from);
        let middle = match last {
            '0'..='2' => format!("{a}{b}{last}0000{c}{d}{e}"),
            '3' => format!("{a}{b}{c}00000{d}{e}"),
            '4' => format!("{a}{b}{c}{d}00000{e}"),
            _ => format!("{a}{b}{c}{d}{e}0000{last}"),
        };
        if !matches!(system, '0' | '1') {
            return Err(GtinError::NotDigits);
        }
        Self::parse(&format!("{system}{middle}{check}"))
    }

    /// The number behind the digits, as kept on disk.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    /// From a number that was a GTIN when it was written.
    #[must_use]
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }
}

/// Whether digits are a key of GS1's with 13, 14 or 18 digits and their check digit: a GTIN, a place's GLN, a
/// logistic unit's SSCC. Their check digit is not the one of payment cards.
#[must_use]
pub fn is_gs1_key(text: &str) -> bool {
    let digits: Vec<u8> = text.bytes().map(|byte| byte.wrapping_sub(b'0')).collect();
    let is_long = matches!(digits.len(), 13 | 14 | 18) && digits.iter().all(|digit| *digit < 10);
    is_long && digits.split_last().is_some_and(|(last, body)| *last == check_digit(body))
}

/// GS1 General Specifications 7.9: from the right, weights 3, 1, 3, ...
pub(crate) fn check_digit(body: &[u8]) -> u8 {
    let weights = [3_u32, 1].into_iter().cycle();
    let sum = body
        .iter()
        .rev()
        .zip(weights)
        .fold(0_u32, |sum, (digit, weight)| sum.saturating_add(u32::from(*digit).saturating_mul(weight)));
    let rest = sum.checked_rem(10).unwrap_or(0);
    u8::try_from(10_u32.saturating_sub(rest).checked_rem(10).unwrap_or(0)).unwrap_or(0)
}

impl fmt::Display for Gtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:014}", self.0)
    }
}
