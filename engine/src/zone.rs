//! A location's clock: what the clock on its wall shows at a moment, and when it shows something.
//!
//! Responsible for: offsets from UTC over the years, local dates, weekdays and minutes, and the way back to moments.
//!
//! Not responsible for: where the rules of a time zone come from. The shell looks a name up and hands over a table
//! of changes. The table is in the record, so that replaying it needs no other data and always comes to the same.

use crate::date::{Date, Weekday};
use crate::time::Timestamp;
use std::sync::Arc;

/// The most changes of one table: 32 years of summers and winters.
pub const CHANGES_MAX: usize = 64;
/// The furthest that a clock on a wall may be from UTC, in minutes.
pub const OFFSET_MIN_MAX: i16 = 18 * 60;
const NAME_MAX: usize = 64;
const MINUTE_MS: u64 = 60_000;

/// What a clock on a wall shows: milliseconds since 1970-01-01T00:00 on it. It is no moment: where the clock is
/// put back it shows an hour twice, and where it is put forward it leaves one out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wall(pub u64);

/// The clock is put forward or back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub at: Timestamp,
    /// Minutes by which it is ahead of UTC from then on.
    pub offset_min: i16,
}

/// A time zone as it is known for some years.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Its name in the database of time zones, such as `Europe/Lisbon`.
    pub name: Arc<str>,
    /// Minutes by which it is ahead of UTC before the first change.
    pub offset_min: i16,
    /// In order.
    changes: Box<[Change]>,
    /// Up to here all changes are known; afterwards it stays as it is.
    pub known_until: Timestamp,
}

/// Why a table is no time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ZoneFlaw {
    /// It has no name, or one that no time zone has.
    #[error("its name is not that of a time zone")]
    Name,
    /// It has more changes than [`CHANGES_MAX`].
    #[error("it has more than 64 changes")]
    TooMany,
    /// A change is not after the one before.
    #[error("its changes are not in order")]
    Order,
    /// It is further from UTC than any clock.
    #[error("it is more than 18 hours from UTC")]
    Offset,
}

impl Wall {
    /// The day of the calendar.
    #[must_use]
    pub fn date(self) -> Date {
        Date::of(Timestamp(self.0))
    }

    /// The day of the week.
    #[must_use]
    pub fn weekday(self) -> Weekday {
        // 1970 began on a Thursday.
        let days = self.0.checked_div(24 * 60 * MINUTE_MS).unwrap_or(0).saturating_add(3);
        let day = usize::try_from(days.checked_rem(7).unwrap_or(0)).unwrap_or(0);
        Weekday::ALL.get(day).copied().unwrap_or(Weekday::Monday)
    }

    /// Minutes since midnight, 0 to 1439, as the clock shows them.
    #[must_use]
    pub fn minute(self) -> u16 {
        let minutes = self.0.checked_div(MINUTE_MS).unwrap_or(0);
        u16::try_from(minutes.checked_rem(24 * 60).unwrap_or(0)).unwrap_or(0)
    }

    /// The hour of the day, 0 to 23.
    #[must_use]
    pub fn hour(self) -> u8 {
        u8::try_from(self.minute().checked_div(60).unwrap_or(0)).unwrap_or(0)
    }

    /// What a clock shows that is ahead of UTC by so many minutes.
    #[must_use]
    pub fn at(moment: Timestamp, offset_min: i32) -> Self {
        Self(shifted(moment.0, offset_min))
    }

    /// When a clock that is always ahead by so many minutes shows this.
    #[must_use]
    pub fn moment(self, offset_min: i32) -> Timestamp {
        Timestamp(shifted(self.0, offset_min.saturating_neg()))
    }
}

fn shifted(ms: u64, offset_min: i32) -> u64 {
    let by = u64::from(offset_min.unsigned_abs()).saturating_mul(MINUTE_MS);
    if offset_min < 0 { ms.saturating_sub(by) } else { ms.saturating_add(by) }
}

impl Zone {
    /// A time zone of this table.
    ///
    /// # Errors
    /// [`ZoneFlaw`].
    pub fn new(name: &str, offset_min: i16, changes: Vec<Change>, known_until: Timestamp) -> Result<Self, ZoneFlaw> {
        let is_of_names = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'+' | b'-');
        if name.is_empty() || name.len() > NAME_MAX || !name.bytes().all(is_of_names) {
            return Err(ZoneFlaw::Name);
        }
        if changes.len() > CHANGES_MAX {
            return Err(ZoneFlaw::TooMany);
        }
        if !changes.is_sorted_by(|one, next| one.at < next.at) {
            return Err(ZoneFlaw::Order);
        }
        let mut offsets = changes.iter().map(|change| change.offset_min).chain([offset_min]);
        if offsets.any(|offset| offset.unsigned_abs() > OFFSET_MIN_MAX.unsigned_abs()) {
            return Err(ZoneFlaw::Offset);
        }
        Ok(Self { name: name.into(), offset_min, changes: changes.into(), known_until })
    }

    /// When the clock is put forward or back, in order.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Minutes by which the clock is ahead of UTC at a moment.
    #[must_use]
    pub fn offset_min(&self, moment: Timestamp) -> i16 {
        let after = self.changes.partition_point(|change| change.at <= moment);
        let last = after.checked_sub(1).and_then(|at| self.changes.get(at));
        last.map_or(self.offset_min, |change| change.offset_min)
    }

    /// What the clock shows at a moment.
    #[must_use]
    pub fn wall(&self, moment: Timestamp) -> Wall {
        Wall::at(moment, self.offset_min(moment).into())
    }

    /// The first moment at which the clock shows this, or something later where it leaves this out: a day that
    /// begins in a gap begins at the end of the gap, and what is shown twice counts from the first time.
    #[must_use]
    pub fn first(&self, wall: Wall) -> Timestamp {
        let mut offset_min = self.offset_min;
        let mut since = Timestamp::default();
        for change in &self.changes {
            let moment = wall.moment(offset_min.into());
            if moment < change.at {
                return moment.max(since);
            }
            (offset_min, since) = (change.offset_min, change.at);
        }
        wall.moment(offset_min.into()).max(since)
    }

    /// Whether another table of the same zone says something else about the time from a moment on, or knows the
    /// coming year where this one does not: then it should take this one's place.
    #[must_use]
    pub fn is_outdated(&self, newer: &Self, now: Timestamp) -> bool {
        let both = self.known_until.min(newer.known_until);
        let coming = |zone: &Self| -> Vec<Change> {
            zone.changes.iter().filter(|change| now < change.at && change.at <= both).copied().collect()
        };
        let year = now.plus(crate::time::Millis(366 * 24 * 60 * MINUTE_MS));
        (self.known_until < year && self.known_until < newer.known_until)
            || self.offset_min(now) != newer.offset_min(now)
            || coming(self) != coming(newer)
    }
}
