//! Weekly hours: on which days of the week and between which times of day something holds.
//!
//! What counts is what the clock on the location's wall shows. Hours that it leaves out in spring are not there that
//! day, and hours that it shows twice in autumn hold twice. Hours over midnight belong to the day on which they begin:
//! those of a Friday from 22:00 to 02:00 end on Saturday.

use crate::date::Weekday;
use crate::zone::Wall;
use std::fmt;

/// The most spans of hours of one price book or promotion.
pub const SPANS_MAX: usize = 14;
const DAY_MIN: u16 = 24 * 60;

/// A span of the day on some days of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// A bit for each day; Monday is the lowest.
    days: u8,
    /// Minutes since midnight.
    from: u16,
    /// Minutes since midnight, not part of it; not above `from`: of the next day.
    until: u16,
}

/// Why a span cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct HoursFlaw {
    /// The field, as it is called on the wire.
    pub field: &'static str,
    /// What is wrong with it.
    pub why: &'static str,
}

fn bit(day: Weekday) -> u8 {
    let at = Weekday::ALL.iter().position(|known| *known == day).and_then(|at| u32::try_from(at).ok());
    1_u8.checked_shl(at.unwrap_or_default()).unwrap_or_default()
}

impl Hours {
    /// A span on these days, in minutes since midnight; 1440 ends the day.
    ///
    /// # Errors
    /// [`HoursFlaw`] names the field.
    pub fn new(days: &[Weekday], from: u16, until: u16) -> Result<Self, HoursFlaw> {
        let flaw = |field, why| Err(HoursFlaw { field, why });
        if days.is_empty() {
            return flaw("days", "names no day of the week");
        }
        if from >= DAY_MIN {
            return flaw("from", "is no time of a day: the last is 23:59");
        }
        if until > DAY_MIN {
            return flaw("until", "is no time of a day: the last is 24:00");
        }
        if until == from {
            return flaw("until", "is `from` itself: the span would have no length; a whole day is 00:00 to 24:00");
        }
        Ok(Self { days: days.iter().fold(0, |days, day| days | bit(*day)), from, until })
    }

    /// The days on which it begins, in order.
    pub fn days(self) -> impl Iterator<Item = Weekday> {
        Weekday::ALL.into_iter().filter(move |day| self.days & bit(*day) != 0)
    }

    /// Minutes since midnight at which it begins.
    #[must_use]
    pub const fn from(self) -> u16 {
        self.from
    }

    /// Minutes since midnight at which it is over; not above the beginning: on the next day.
    #[must_use]
    pub const fn until(self) -> u16 {
        self.until
    }

    /// Whether what a clock shows is in it.
    #[must_use]
    pub fn has(self, wall: Wall) -> bool {
        let (minute, today) = (wall.minute(), wall.weekday());
        if self.from < self.until {
            return self.days & bit(today) != 0 && (self.from..self.until).contains(&minute);
        }
        (self.days & bit(today) != 0 && minute >= self.from)
            || (self.days & bit(today.before()) != 0 && minute < self.until)
    }
}

/// `friday saturday 22:00-02:00`.
impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for day in self.days() {
            write!(f, "{} ", day.name())?;
        }
        write!(f, "{}-{}", clock(self.from), clock(self.until))
    }
}

/// Minutes since midnight as a clock shows them: `09:05`; the end of a day is `24:00`.
#[must_use]
pub fn clock(minutes: u16) -> String {
    let (hour, minute) = (minutes.checked_div(60).unwrap_or(0), minutes.checked_rem(60).unwrap_or(0));
    format!("{hour:02}:{minute:02}")
}
