//! The clock on the shop's wall, in words.

use super::Shop;
use super::reading::Reading;
use onhand_engine::date::{Date, Weekday};
use onhand_engine::pricing::Hours;
use onhand_engine::time::{Millis, Timestamp};
use onhand_engine::zone::{Change, Wall, Zone};
use std::sync::Arc;

/// `2026-01-31` or `2026-01-31T09:05`.
pub(super) fn wall(text: &str) -> Wall {
    let (day, time) = text.split_once('T').unwrap_or((text, "00:00"));
    let (hour, minute) = time.split_once(':').unwrap();
    let minutes = hour.parse::<u64>().unwrap() * 60 + minute.parse::<u64>().unwrap();
    Wall(Date::parse(day).unwrap().begins().0 + minutes * 60_000)
}

/// `DAYS:FROM-UNTIL+..`, with days as letters of Monday to Sunday or dots: `....F..:17:00-20:00`.
pub(super) fn hours(text: &str) -> Arc<[Hours]> {
    let minutes = |text: &str| u16::try_from((wall(&format!("1970-01-01T{text}")).0) / 60_000).unwrap();
    let span = |text: &str| {
        let (days, span) = text.split_once(':').unwrap();
        let (from, until) = span.split_once('-').unwrap();
        let days = Weekday::ALL.into_iter().zip(days.chars()).filter(|(_, letter)| *letter != '.');
        Hours::new(&days.map(|(day, _)| day).collect::<Vec<_>>(), minutes(from), minutes(until)).unwrap()
    };
    text.split('+').map(span).collect()
}

/// A zone with its changes of 2026, in UTC.
fn zone(name: &str) -> Zone {
    let (name, offset_min, changes): (_, _, &[(&str, i16)]) = match name {
        "Lisbon" => ("Europe/Lisbon", 0, &[("2026-03-29T01:00", 60), ("2026-10-25T01:00", 0)]),
        "New_York" => ("America/New_York", -300, &[("2026-03-08T07:00", -240), ("2026-11-01T06:00", -300)]),
        "Nepal" => ("Asia/Kathmandu", 345, &[]),
        other => panic!("no such zone: {other}"),
    };
    let change = |(at, offset_min): &(&str, i16)| Change { at: Timestamp(wall(at).0), offset_min: *offset_min };
    Zone::new(name, offset_min, changes.iter().map(change).collect(), Timestamp(wall("2027-01-01").0)).unwrap()
}

impl Shop {
    pub(super) fn set_zone(&mut self, reading: &mut Reading) -> String {
        self.zone = Some(Arc::new(zone(&reading.word())));
        String::new()
    }

    pub(super) fn set_clock(&mut self, reading: &mut Reading) -> String {
        let shown = wall(&reading.word());
        let mut then = self.location().first(shown);
        if reading.words.last().is_some_and(|word| word == "again") {
            reading.word();
            then = then.plus(Millis(3_600_000));
            assert_eq!(self.location().wall(then), shown, "it shows this once");
        }
        self.pass_time(Millis(then.0.checked_sub(self.now.0).unwrap()))
    }

    pub(super) fn wall(&self) -> String {
        let wall = self.location().wall(self.now);
        let ahead = i128::from(wall.0) - i128::from(self.now.0);
        let (hour, minute) = (wall.hour(), wall.minute() % 60);
        format!("{} {} {hour:02}:{minute:02} {:+}min", wall.weekday().name(), wall.date(), ahead / 60_000)
    }
}
