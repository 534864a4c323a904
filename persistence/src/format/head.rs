//! What is known of a set of parts: to which record they go, and how many each location has.

use super::{DecodeError, SCRATCH, archive, unarchive};
use crate::batch::{ChainHash, Tip};
use onhand_engine::ids::{LocationId, Seq};
use onhand_engine::time::Timestamp;
use rkyv::{Archive, Deserialize, Serialize};

/// The head of a snapshot, or of the answers of one segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartsHead {
    /// The last record in it, and the chain's hash there.
    pub tip: Tip,
    /// The time of that record.
    pub time: Timestamp,
    /// The locations, ascending, and how many parts each has.
    pub places: Vec<(LocationId, u32)>,
}

#[derive(Archive, Serialize, Deserialize)]
struct Stored {
    last: u64,
    hash: [u8; 32],
    time: u64,
    places: Vec<(u32, u32)>,
}

impl PartsHead {
    /// As bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let stored = Stored {
            last: self.tip.last.0,
            hash: self.tip.hash.0,
            time: self.time.0,
            places: self.places.iter().map(|(location, parts)| (location.0, *parts)).collect(),
        };
        let mut bytes = Vec::new();
        SCRATCH.with_borrow_mut(|scratch| archive(&mut scratch.arena, &stored, &mut bytes));
        bytes
    }

    /// From bytes.
    ///
    /// # Errors
    /// [`DecodeError`] when they are no head.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let Stored { last, hash, time, places } = unarchive(bytes)?;
        let places = places.into_iter().map(|(location, parts)| (LocationId(location), parts)).collect();
        Ok(Self { tip: Tip { last: Seq(last), hash: ChainHash(hash) }, time: Timestamp(time), places })
    }
}
