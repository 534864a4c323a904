//! Quantities: whole units and decimal measures such as kilograms, without floats.

use std::fmt;
use std::iter::Sum;

/// An amount of an item in thousandths of its unit: 1 piece is 1,000, 0.25 kg is 250.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Qty(i64);

/// How an item is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Pieces: whole numbers only.
    #[default]
    Each,
    /// Kilograms, to the gram.
    Kilogram,
    /// Litres, to the millilitre.
    Litre,
    /// Metres, to the millimetre.
    Metre,
}

/// Why a text is not a quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QtyError {
    /// It is not a decimal number.
    #[error("is not a decimal number such as 2 or 0.250")]
    NotANumber,
    /// It has more than three decimals.
    #[error("has more than three decimals")]
    TooFine,
    /// It is beyond a thousand million units.
    #[error("is beyond 1,000,000,000 units")]
    TooLarge,
}

impl Qty {
    /// Nothing.
    pub const ZERO: Qty = Qty(0);
    /// The largest quantity one line or one count may name: a thousand million units.
    pub const MAX: Qty = Qty(1_000_000_000_000);
    /// Thousandths in one unit.
    pub const SCALE: i64 = 1_000;

    /// From thousandths of a unit.
    #[must_use]
    pub const fn from_milli(milli: i64) -> Self {
        Self(milli)
    }

    /// From whole units, held within the range of a quantity.
    #[must_use]
    pub const fn units(units: i64) -> Self {
        Self(units.saturating_mul(Self::SCALE))
    }

    /// Thousandths of a unit.
    #[must_use]
    pub const fn milli(self) -> i64 {
        self.0
    }

    /// Whether it is a whole number of units.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        matches!(self.0.checked_rem(Self::SCALE), Some(0))
    }

    /// Whether it is above zero.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Whether it is zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The sum; it stays at the end of the range, which [`Qty::MAX`] per line keeps out of reach.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, which may be below zero.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// With the sign turned.
    #[must_use]
    pub const fn negated(self) -> Self {
        Self(self.0.saturating_neg())
    }

    /// Itself, or zero when below.
    #[must_use]
    pub fn floored(self) -> Self {
        self.max(Self::ZERO)
    }

    /// Reads a decimal number with at most three decimals: `2`, `-1`, `0.250`.
    ///
    /// # Errors
    /// [`QtyError`] says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, QtyError> {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
        let decimal = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !decimal(whole) || !decimal(part) {
            return Err(QtyError::NotANumber);
        }
        let part = part.trim_end_matches('0');
        if part.len() > 3 {
            return Err(QtyError::TooFine);
        }
        let whole: i64 = whole.parse().map_err(|_| QtyError::TooLarge)?;
        let thousandths = part.bytes().chain(std::iter::repeat(b'0')).take(3);
        let milli = thousandths
            .fold(0_i64, |sum, digit| sum.saturating_mul(10).saturating_add(i64::from(digit.saturating_sub(b'0'))));
        whole
            .checked_mul(Self::SCALE)
            .and_then(|w| w.checked_add(milli))
            .filter(|total| *total <= Self::MAX.0)
            .and_then(|total| total.checked_mul(sign))
            .map(Self)
            .ok_or(QtyError::TooLarge)
    }
}

impl fmt::Display for Qty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, part) = (self.0.unsigned_abs() / 1_000, self.0.unsigned_abs() % 1_000);
        if part == 0 {
            return write!(f, "{sign}{whole}");
        }
        write!(f, "{sign}{whole}.{}", format!("{part:03}").trim_end_matches('0'))
    }
}

impl Sum for Qty {
    fn sum<I: Iterator<Item = Self>>(items: I) -> Self {
        items.fold(Self::ZERO, Self::plus)
    }
}

impl Unit {
    /// The short name used in files and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Unit::Each => "each",
            Unit::Kilogram => "kg",
            Unit::Litre => "l",
            Unit::Metre => "m",
        }
    }

    /// The unit of that short name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Unit::Each, Unit::Kilogram, Unit::Litre, Unit::Metre].into_iter().find(|u| u.name() == name)
    }

    /// Whether an item counted so can have this quantity.
    #[must_use]
    pub const fn allows(self, qty: Qty) -> bool {
        !matches!(self, Unit::Each) || qty.is_whole()
    }
}
