//! The form of time zones.

use super::DecodeError;
use onhand_engine::catalogue::Location;
use onhand_engine::chain::Chain;
use onhand_engine::event::Event;
use onhand_engine::ids::LocationId;
use onhand_engine::time::Timestamp;
use onhand_engine::zone::{self, Change};
use rkyv::{Archive, Deserialize, Serialize};
use std::sync::Arc;

/// Locations whose zones are in one part of a snapshot.
const PART: usize = 256;

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct Zone {
    name: String,
    offset_min: i16,
    changes: Vec<(u64, i16)>,
    known_until: u64,
}

impl From<&zone::Zone> for Zone {
    fn from(zone: &zone::Zone) -> Self {
        Self {
            name: zone.name.to_string(),
            offset_min: zone.offset_min,
            changes: zone.changes().iter().map(|change| (change.at.0, change.offset_min)).collect(),
            known_until: zone.known_until.0,
        }
    }
}

impl TryFrom<Zone> for Arc<zone::Zone> {
    type Error = DecodeError;

    fn try_from(zone: Zone) -> Result<Self, DecodeError> {
        let change = |(at, offset_min)| Change { at: Timestamp(at), offset_min };
        let changes = zone.changes.into_iter().map(change).collect();
        zone::Zone::new(&zone.name, zone.offset_min, changes, Timestamp(zone.known_until))
            .map(Self::new)
            .map_err(|flaw| DecodeError(format!("a time zone: {flaw}")))
    }
}

/// The time zones of locations, by number, some at a time.
pub(super) fn of_chain(chain: &Chain) -> impl Iterator<Item = Vec<(u32, Zone)>> {
    let zoned = |location: &Arc<Location>| Some((location.id.0, location.zone.as_deref()?.into()));
    let some = move |locations: &[Arc<Location>]| locations.iter().filter_map(zoned).collect::<Vec<_>>();
    chain.locations().chunks(PART).map(some).filter(|zones| !zones.is_empty())
}

/// Gives locations their time zones.
pub(super) fn to_chain(zones: Vec<(u32, Zone)>, chain: &mut Chain) -> Result<(), DecodeError> {
    for (id, zone) in zones {
        let known = chain.location(LocationId(id)).ok_or_else(|| DecodeError("the time zone of no location".into()))?;
        let location = Location { zone: Some(zone.try_into()?), ..(**known).clone() };
        chain.apply(&Event::LocationDefined { location }, Timestamp(0));
    }
    Ok(())
}
