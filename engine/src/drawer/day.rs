//! The business day: the trading date a sale belongs to. It is the session's, not the calendar's.

use std::fmt;

/// A date as the shop writes it in its books.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BusinessDay {
    year: u16,
    month: u8,
    day: u8,
}

impl BusinessDay {
    /// A date that is in the calendar, of the years 1970 to 9999.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return None,
        };
        let known = (1970..=9999).contains(&year) && (1..=days).contains(&day);
        known.then_some(Self { year, month, day })
    }

    /// `2026-01-31` and no other form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 10 || text.bytes().any(|byte| !byte.is_ascii_digit() && byte != b'-') {
            return None;
        }
        let mut parts = text.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        if year.len() != 4 || month.len() != 2 || parts.next().is_some() {
            return None;
        }
        Self::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
    }

    /// The digits of the date as one number: 20260131.
    #[must_use]
    pub fn number(self) -> u32 {
        let parts = [u32::from(self.year), u32::from(self.month), u32::from(self.day)];
        parts.into_iter().fold(0, |sum, part| sum.saturating_mul(100).saturating_add(part))
    }

    /// The date of such a number.
    #[must_use]
    pub fn numbered(number: u32) -> Option<Self> {
        let year = u16::try_from(number.checked_div(10_000)?).ok()?;
        let month = u8::try_from(number.checked_div(100)?.checked_rem(100)?).ok()?;
        let day = u8::try_from(number.checked_rem(100)?).ok()?;
        Self::new(year, month, day)
    }
}

impl fmt::Display for BusinessDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}
