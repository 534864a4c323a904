//! Days of the calendar: business days, and dates that labels say.

use crate::time::Timestamp;
use std::fmt;

/// A day of the calendar, of the years 1970 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weekday {
    /// The first day of the week, as ISO 8601 has it.
    Monday,
    /// The second.
    Tuesday,
    /// The third.
    Wednesday,
    /// The fourth.
    Thursday,
    /// The fifth.
    Friday,
    /// The sixth.
    Saturday,
    /// The seventh.
    Sunday,
}

impl Weekday {
    /// Every one, in order.
    pub const ALL: [Weekday; 7] = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ];

    /// The day before.
    #[must_use]
    pub const fn before(self) -> Self {
        match self {
            Weekday::Monday => Weekday::Sunday,
            Weekday::Tuesday => Weekday::Monday,
            Weekday::Wednesday => Weekday::Tuesday,
            Weekday::Thursday => Weekday::Wednesday,
            Weekday::Friday => Weekday::Thursday,
            Weekday::Saturday => Weekday::Friday,
            Weekday::Sunday => Weekday::Saturday,
        }
    }

    /// The word for it on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Weekday::Monday => "monday",
            Weekday::Tuesday => "tuesday",
            Weekday::Wednesday => "wednesday",
            Weekday::Thursday => "thursday",
            Weekday::Friday => "friday",
            Weekday::Saturday => "saturday",
            Weekday::Sunday => "sunday",
        }
    }
}

impl Date {
    /// A day that exists.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let exists = (1..=12).contains(&month) && (1..=last_day(year, month)).contains(&day);
        let exists = exists && (1970..=9_999).contains(&year);
        exists.then_some(Self { year, month, day })
    }

    /// `2026-01-31` and no other form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let [year, month, day] = *text.split('-').collect::<Vec<_>>().as_slice() else { return None };
        let date = Self::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)?;
        // Only as it is printed.
        (date.to_string() == text).then_some(date)
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

    /// The day of a moment, in UTC.
    #[must_use]
    pub fn of(time: Timestamp) -> Self {
        // Howard Hinnant's way through eras of 400 years, which begin on the first of March.
        let days = time.0.checked_div(86_400_000).unwrap_or(0).min(2_932_896).saturating_add(719_468);
        let (era, in_era) = divide(days, 146_097);
        let leaps = divide(in_era, 1_460).0.saturating_add(divide(in_era, 146_096).0);
        let (year, _) = divide(in_era.saturating_sub(leaps).saturating_add(divide(in_era, 36_524).0), 365);
        let before = year.saturating_mul(365).saturating_add(divide(year, 4).0).saturating_sub(divide(year, 100).0);
        let in_year = in_era.saturating_sub(before);
        let (month, _) = divide(in_year.saturating_mul(5).saturating_add(2), 153);
        let gone = divide(month.saturating_mul(153).saturating_add(2), 5).0;
        let day = in_year.saturating_sub(gone).saturating_add(1);
        let next_year = month >= 10;
        let month = if next_year { month.saturating_sub(9) } else { month.saturating_add(3) };
        let year = era.saturating_mul(400).saturating_add(year).saturating_add(u64::from(next_year));
        let small = |number: u64| u8::try_from(number).unwrap_or(1);
        Self { year: u16::try_from(year).unwrap_or(9_999), month: small(month), day: small(day) }
    }

    /// The first moment of the day, in UTC.
    #[must_use]
    pub fn begins(self) -> Timestamp {
        // The way back of `of`: years begin on the first of March.
        let (year, month) = (u64::from(self.year), u64::from(self.month));
        let year = year.saturating_sub(u64::from(month <= 2));
        let month = if month > 2 { month.saturating_sub(3) } else { month.saturating_add(9) };
        let in_year = divide(month.saturating_mul(153).saturating_add(2), 5).0;
        let in_year = in_year.saturating_add(u64::from(self.day)).saturating_sub(1);
        let leaps = divide(year, 4).0.saturating_sub(divide(year, 100).0).saturating_add(divide(year, 400).0);
        let days = year.saturating_mul(365).saturating_add(leaps).saturating_add(in_year);
        Timestamp(days.saturating_sub(719_468).saturating_mul(86_400_000))
    }

    /// Reads YYMMDD. A day of 00 is the last of its month; the century is the one that puts the year within
    /// 49 years before and 50 after today's (GS1 General Specifications 7.12).
    #[must_use]
    pub fn parse_short(text: &str, today: Date) -> Option<Self> {
        let digits: [u8; 6] = text.as_bytes().try_into().ok()?;
        let mut pairs = [0_u8; 3];
        for (pair, two) in pairs.iter_mut().zip(digits.chunks_exact(2)) {
            for digit in two {
                let digit = char::from(*digit).to_digit(10).and_then(|digit| u8::try_from(digit).ok())?;
                *pair = pair.saturating_mul(10).saturating_add(digit);
            }
        }
        let [year, month, day] = pairs;
        let century = today.year.saturating_sub(today.year.checked_rem(100)?);
        let year = century.saturating_add(u16::from(year));
        let year = match year {
            year if year >= today.year.saturating_add(51) => year.saturating_sub(100),
            year if year.saturating_add(50) <= today.year => year.saturating_add(100),
            year => year,
        };
        let day = if day == 0 { last_day(year, month) } else { day };
        Self::new(year, month, day)
    }
}

fn divide(number: u64, by: u64) -> (u64, u64) {
    (number.checked_div(by).unwrap_or(0), number.checked_rem(by).unwrap_or(0))
}

fn last_day(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 31,
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}
