//! For whom, where and when a price book or a promotion holds.

use super::Hours;
use crate::catalogue::Location;
use crate::command::Channel;
use crate::ids::{Label, LocationId};
use crate::time::{Period, Timestamp};
use crate::zone::Wall;
use std::sync::Arc;

/// What must be so for a price book or a promotion to hold. A list that is empty asks for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// Where the demand comes from: one of these.
    pub channels: Vec<Channel>,
    /// Where it is sold: one of these.
    pub locations: Vec<LocationId>,
    /// The customer is in one of these groups.
    pub groups: Vec<Label>,
    /// When.
    pub period: Period,
    /// When, by the clock on the wall of each location.
    pub local: LocalPeriod,
    /// In one of these spans of the week, by the same clock; none: at every hour.
    pub hours: Option<Arc<[Hours]>>,
}

/// A time in which something holds by the clock on the wall of each location, from the first moment at which it
/// shows one time to just before the first at which it shows another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LocalPeriod {
    /// It begins here.
    pub from: Option<Wall>,
    /// It is over here.
    pub until: Option<Wall>,
}

/// Whom a basket is for, where and when.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// Where it is sold.
    pub location: &'a Location,
    /// Where the demand comes from.
    pub channel: Channel,
    /// The customer's group, where one is known.
    pub group: Option<&'a Label>,
    /// The moment.
    pub now: Timestamp,
}

impl Terms {
    /// Whether it is so.
    #[must_use]
    pub fn hold(&self, setting: &Setting<'_>) -> bool {
        self.period.has(setting.now)
            && self.local.has(setting.location, setting.now)
            && self.hours.as_ref().is_none_or(|hours| {
                let wall = setting.location.wall(setting.now);
                hours.iter().any(|span| span.has(wall))
            })
            && (self.channels.is_empty() || self.channels.contains(&setting.channel))
            && (self.locations.is_empty() || self.locations.contains(&setting.location.id))
            && (self.groups.is_empty() || setting.group.is_some_and(|group| self.groups.contains(group)))
    }
}

impl Terms {
    /// Whether it begins before it is over, with both ends by the same clock.
    #[must_use]
    pub fn are_in_order(&self) -> bool {
        let is_mixed = self.period != Period::default() && self.local != LocalPeriod::default();
        let is_backwards = matches!(self.local, LocalPeriod { from: Some(from), until: Some(until) } if from >= until);
        !is_mixed && !is_backwards && self.period.is_in_order()
    }

    /// When it begins, to be compared; by a clock on a wall as if that were in UTC.
    pub(super) fn begins(&self) -> Option<Timestamp> {
        self.period.from.or(self.local.from.map(|from| Timestamp(from.0)))
    }
}

impl LocalPeriod {
    /// Whether a moment is in it at a location.
    #[must_use]
    pub fn has(&self, location: &Location, moment: Timestamp) -> bool {
        self.from.is_none_or(|from| location.first(from) <= moment)
            && self.until.is_none_or(|until| moment < location.first(until))
    }
}
