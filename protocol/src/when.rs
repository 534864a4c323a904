//! When something begins or is over: at a moment, or when clocks on walls show it.

use crate::time;
use crate::value::{Time, numbered, text_value};
use onhand_engine::date::Date;
use onhand_engine::pricing::hours::clock;
use onhand_engine::time::Timestamp;
use onhand_engine::zone::Wall;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// A moment such as `2026-01-31T09:05:07.042Z`; or without an offset from UTC, as `2026-01-31T09:05` or
/// `2026-01-31`, what the clock on the wall shows, each location's its own. A day is its midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// The same moment everywhere.
    Moment(Timestamp),
    /// By each location's clock.
    Wall(Wall),
}

impl When {
    /// The moment, if it is one.
    #[must_use]
    pub const fn moment(self) -> Option<Timestamp> {
        match self {
            When::Moment(moment) => Some(moment),
            When::Wall(_) => None,
        }
    }

    /// What a clock shows, if it is that.
    #[must_use]
    pub const fn wall(self) -> Option<Wall> {
        match self {
            When::Moment(_) => None,
            When::Wall(wall) => Some(wall),
        }
    }
}

/// A time of the day in minutes since midnight, such as `17:00`; the end of the day is `24:00`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeOfDay(pub u16);

impl FromStr for TimeOfDay {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let minutes = text.split_once(':').and_then(|(hour, minute)| {
            let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
            (hour <= 24 && minute < 60).then(|| hour * 60 + minute)
        });
        // Only as it is printed.
        let found = minutes.filter(|minutes| *minutes <= 24 * 60 && clock(*minutes) == text);
        found.map(Self).ok_or("a time of the day is 00:00 to 24:00")
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&clock(self.0))
    }
}

text_value!([] TimeOfDay, 3120, "a time of the day such as \"17:00\"", "TimeOfDay",
    { "type": "string", "pattern": "^[0-9]{2}:[0-9]{2}$" });

impl FromStr for When {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wall = |moment: Timestamp| When::Wall(Wall(moment.0));
        let found = match text.len() {
            10 => Date::parse(text).map(|day| wall(day.begins())),
            16 => time::parse(&format!("{text}:00Z")).map(wall),
            19 => time::parse(&format!("{text}Z")).map(wall),
            _ => time::parse(text).map(When::Moment),
        };
        found.ok_or("it is a moment such as 2026-01-31T09:05:07Z, or a day or time by the clock on the wall: 2026-01-31, 2026-01-31T09:05")
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            When::Moment(moment) => Time(*moment).fmt(f),
            When::Wall(wall) => {
                let text = Time(Timestamp(wall.0)).to_string();
                let length = match text.get(10..) {
                    Some("T00:00:00.000Z") => 10,
                    Some(rest) if rest.ends_with(":00.000Z") => 16,
                    _ => 19,
                };
                f.write_str(text.get(..length).unwrap_or_default())
            }
        }
    }
}

text_value!([] When, 1001, "a moment or a local time such as \"2026-01-31T09:05\"", "When",
    { "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}" });

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_read_is_printed() {
        for text in ["2026-01-31", "2026-01-31T09:05", "2026-01-31T09:05:07", "2026-01-31T09:05:07.042Z"] {
            assert_eq!(text.parse::<When>().unwrap().to_string(), text);
        }
        assert_eq!("2026-01-31T00:00".parse::<When>().unwrap().to_string(), "2026-01-31");
        assert_eq!("2026-01-31T09:05:07+01:00".parse::<When>().unwrap().to_string(), "2026-01-31T08:05:07.000Z");
    }

    #[test]
    fn times_of_the_day() {
        for text in ["00:00", "09:05", "23:59", "24:00"] {
            assert_eq!(text.parse::<TimeOfDay>().unwrap().to_string(), text);
        }
        for text in ["", "9:05", "24:01", "25:00", "12:60", "+1:00", "12:0", "1200", "65535:00"] {
            assert!(text.parse::<TimeOfDay>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_no_time() {
        for text in [
            "",
            "now",
            "2026-02-29",
            "2026-01-31T24:00",
            "2026-1-31",
            "2026-01-31T9:05",
            "2026-01-31 25:00:00",
            "ééééé",
        ] {
            assert!(text.parse::<When>().is_err(), "{text}");
        }
    }
}
