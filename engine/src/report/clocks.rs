//! The clocks that a report's hours and days are read from.

use crate::ids::LocationId;
use crate::time::Timestamp;
use crate::zone::{Wall, Zone};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Which clock says what hour and what day it was.
#[derive(Clone, Debug)]
pub enum Clocks {
    /// One for every location: ahead of UTC by so many minutes.
    Offset(i32),
    /// Each location's own; UTC where there is none.
    Own(BTreeMap<LocationId, Arc<Zone>>),
}

impl Clocks {
    /// Minutes by which the one clock is ahead of UTC; none: each location has its own.
    #[must_use]
    pub const fn offset_min(&self) -> Option<i32> {
        match self {
            Clocks::Offset(offset_min) => Some(*offset_min),
            Clocks::Own(_) => None,
        }
    }

    /// What the clock of a location showed.
    #[must_use]
    pub fn wall(&self, location: LocationId, moment: Timestamp) -> Wall {
        match self {
            Clocks::Offset(offset_min) => Wall::at(moment, *offset_min),
            Clocks::Own(zones) => zones.get(&location).map_or(Wall(moment.0), |zone| zone.wall(moment)),
        }
    }

    /// The moments at which the first of the clocks and the last show something: of one location, or of all.
    pub(super) fn first(&self, only: Option<LocationId>, wall: Wall) -> (Timestamp, Timestamp) {
        let utc = Timestamp(wall.0);
        match self {
            Clocks::Offset(offset_min) => (wall.moment(*offset_min), wall.moment(*offset_min)),
            Clocks::Own(zones) => match only {
                Some(location) => {
                    let moment = zones.get(&location).map_or(utc, |zone| zone.first(wall));
                    (moment, moment)
                }
                None => zones
                    .values()
                    .map(|zone| zone.first(wall))
                    .fold((utc, utc), |(first, last), moment| (first.min(moment), last.max(moment))),
            },
        }
    }
}
