//! For whom, where and when a price book or a promotion holds.

use crate::catalogue::Location;
use crate::command::Channel;
use crate::ids::{Label, LocationId};
use crate::time::{Period, Timestamp};

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
            && (self.channels.is_empty() || self.channels.contains(&setting.channel))
            && (self.locations.is_empty() || self.locations.contains(&setting.location.id))
            && (self.groups.is_empty() || setting.group.is_some_and(|group| self.groups.contains(group)))
    }
}
