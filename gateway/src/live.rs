//! Who watches what. Stock is state, not a stream: the newest level of each item goes out on a short
//! tick, and who takes nothing meanwhile is sent the newest later. Memory is bounded by what is
//! watched; a slow phone delays nobody and never sees an old number after a new one.
//!
//! Subscriptions to the same levels in the eyes of the same audience are one group. What a tick brings
//! a group is framed once, and its bytes are shared among all members.

use crate::connection::{Connection, Flow};
use crate::outbox;
use crate::wire::{self, Audience};
use bytes::Bytes;
use hashbrown::{HashMap, HashSet};
use onhand_actors::handle::Handle;
use onhand_actors::port::LevelChange;
use onhand_engine::command::Channel;
use onhand_engine::ids::{LocationId, SkuId};
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

/// Levels in one message.
pub(crate) const CHUNK: usize = onhand_protocol::limits::LEVELS_PER_MESSAGE_MAX;

const AUDIENCES: usize = 6;

pub(crate) fn channel(audience: Audience) -> Channel {
    let (Audience::Staff(channel) | Audience::Public(channel)) = audience;
    channel.into()
}

fn index(audience: Audience) -> usize {
    channel(audience).index() + if matches!(audience, Audience::Public(_)) { Channel::ALL.len() } else { 0 }
}

/// One item at one place as one audience sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) location: LocationId,
    pub(crate) sku: SkuId,
    pub(crate) audience: Audience,
}

/// A changed level, written once for each audience and shared among all who watch.
pub(crate) struct Shown {
    pub(crate) change: LevelChange,
    levels: [OnceCell<Box<[u8]>>; AUDIENCES],
}

impl Shown {
    fn new(change: LevelChange) -> Rc<Self> {
        Rc::new(Self { change, levels: Default::default() })
    }

    /// It as JSON; empty for an item or a place without a name.
    fn level(&self, handle: &Handle, audience: Audience) -> &[u8] {
        self.levels[index(audience)].get_or_init(|| {
            let mut out = Vec::with_capacity(256);
            wire::write_level(&mut out, handle, &self.change, audience);
            out.into()
        })
    }
}

/// `{"levels":[...]}` as a frame.
pub(crate) fn frame<'a>(handle: &Handle, shown: impl Iterator<Item = (&'a Rc<Shown>, Audience)>) -> Bytes {
    let mut out = Vec::new();
    outbox::text_frame(&mut out, |out| {
        out.extend_from_slice(b"{\"levels\":[");
        let start = out.len();
        for (shown, audience) in shown {
            let level = shown.level(handle, audience);
            if out.len() > start && !level.is_empty() {
                out.push(b',');
            }
            out.extend_from_slice(level);
        }
        out.extend_from_slice(b"]}");
    });
    out.into()
}

/// What a subscription watches. A list that is not given matches all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Watch {
    pub(crate) skus: Option<Vec<SkuId>>,
    pub(crate) locations: Option<Vec<LocationId>>,
    pub(crate) low_only: bool,
}

impl Watch {
    /// Each item and each place once.
    pub(crate) fn tidy(&mut self) {
        if let Some(skus) = &mut self.skus {
            skus.sort_unstable();
            skus.dedup();
        }
        if let Some(locations) = &mut self.locations {
            locations.sort_unstable();
            locations.dedup();
        }
    }

    /// How much of the connection's allowance it takes: its items times its places, at least one.
    pub(crate) fn weight(&self) -> usize {
        let count = |list: Option<usize>| list.unwrap_or(1).max(1);
        count(self.skus.as_ref().map(Vec::len)).saturating_mul(count(self.locations.as_ref().map(Vec::len)))
    }

    /// The places under which the worker finds it.
    fn interests(&self) -> Vec<Interest> {
        match (&self.skus, &self.locations) {
            (None, None) => vec![Interest::Everything],
            (None, Some(locations)) => locations.iter().map(|location| Interest::Location(*location)).collect(),
            (Some(skus), None) => skus.iter().map(|sku| Interest::Sku(*sku)).collect(),
            (Some(skus), Some(locations)) => {
                let pairs = locations.iter().flat_map(|location| skus.iter().map(move |sku| (*location, *sku)));
                pairs.map(|(location, sku)| Interest::Pair(location, sku)).collect()
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Interest {
    Everything,
    Location(LocationId),
    Sku(SkuId),
    Pair(LocationId, SkuId),
}

/// The name of a subscription on this worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Name {
    connection: u64,
    subscription: u128,
}

/// What is watched, and in whose eyes: the same for all of a group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Watched {
    pub(crate) watch: Watch,
    pub(crate) audience: Audience,
}

struct Group {
    watched: Rc<Watched>,
    members: RefCell<HashMap<Name, Rc<Connection>>>,
    /// What this tick brings it.
    due: RefCell<Vec<Rc<Shown>>>,
}

/// All subscriptions of a worker.
#[derive(Default)]
pub(crate) struct Live {
    groups: HashMap<Rc<Watched>, Rc<Group>>,
    interested: HashMap<Interest, Vec<Rc<Group>>>,
    /// What changed since the last tick, newest only.
    changed: HashMap<(LocationId, SkuId), LevelChange>,
    /// Kits of which a part changed.
    kits: HashSet<(LocationId, SkuId)>,
}

/// What one tick came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Told {
    pub(crate) levels: usize,
    pub(crate) bytes: usize,
}

impl Live {
    pub(crate) fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Adds a subscription to the group of its like; what it watches is kept once for all of them.
    pub(crate) fn add(&mut self, connection: &Rc<Connection>, subscription: u128, watched: Watched) -> Rc<Watched> {
        let name = Name { connection: connection.id, subscription };
        if let Some((watched, group)) = self.groups.get_key_value(&watched) {
            group.members.borrow_mut().insert(name, connection.clone());
            return watched.clone();
        }
        let watched = Rc::new(watched);
        let members = RefCell::new(HashMap::from_iter([(name, connection.clone())]));
        let group = Rc::new(Group { watched: watched.clone(), members, due: RefCell::default() });
        for interest in watched.watch.interests() {
            self.interested.entry(interest).or_default().push(group.clone());
        }
        self.groups.insert(watched.clone(), group);
        watched
    }

    /// Ends a subscription.
    pub(crate) fn remove(&mut self, connection: u64, subscription: u128, watched: &Watched) {
        let Some(group) = self.groups.get(watched) else { return };
        let mut members = group.members.borrow_mut();
        members.remove(&Name { connection, subscription });
        if !members.is_empty() {
            return;
        }
        drop(members);
        let Some(ended) = self.groups.remove(watched) else { return };
        for interest in watched.watch.interests() {
            if let Some(groups) = self.interested.get_mut(&interest) {
                groups.retain(|group| !Rc::ptr_eq(group, &ended));
                if groups.is_empty() {
                    self.interested.remove(&interest);
                }
            }
        }
    }

    /// Notes a changed level if anybody watches it; a newer one takes its place. True: the first one
    /// since the last tick.
    pub(crate) fn note(&mut self, change: &LevelChange) -> bool {
        if !self.is_watched(change.location, change.sku) {
            return false;
        }
        let first = self.is_quiet();
        self.changed.insert((change.location, change.sku), *change);
        first
    }

    /// Notes that a part of a kit changed: the kit's level follows from its parts when it is told.
    pub(crate) fn note_kit(&mut self, location: LocationId, kit: SkuId) -> bool {
        if !self.is_watched(location, kit) {
            return false;
        }
        let first = self.is_quiet();
        self.kits.insert((location, kit));
        first
    }

    fn is_watched(&self, location: LocationId, sku: SkuId) -> bool {
        interests(location, sku).iter().any(|interest| self.interested.contains_key(interest))
    }

    fn is_quiet(&self) -> bool {
        self.changed.is_empty() && self.kits.is_empty()
    }

    /// Hands what changed to everybody who watches it. Who takes it gets the group's frames, and is told
    /// of; for the others it is noted, newest only.
    pub(crate) fn tick(&mut self, handle: &Handle, mut tell: impl FnMut(&Rc<Connection>)) -> Told {
        let kits = self.kits.drain().filter_map(|(location, kit)| handle.level_change(location, kit));
        self.changed.extend(kits.map(|change| ((change.location, change.sku), change)));
        let mut dirty: Vec<&Rc<Group>> = Vec::new();
        for (_, change) in self.changed.drain() {
            let shown = Shown::new(change);
            let interests = interests(change.location, change.sku);
            for group in interests.iter().filter_map(|interest| self.interested.get(interest)).flatten() {
                let mut due = group.due.borrow_mut();
                if due.is_empty() {
                    dirty.push(group);
                }
                due.push(shown.clone());
            }
        }
        let mut told = Told::default();
        for group in dirty {
            let due = group.due.take();
            group.tell(handle, &due, &mut told, &mut tell);
        }
        told
    }
}

/// The names under which those who watch a level are found.
const fn interests(location: LocationId, sku: SkuId) -> [Interest; 4] {
    [Interest::Pair(location, sku), Interest::Sku(sku), Interest::Location(location), Interest::Everything]
}

impl Group {
    fn tell(&self, handle: &Handle, due: &[Rc<Shown>], told: &mut Told, tell: &mut impl FnMut(&Rc<Connection>)) {
        let Watched { watch, audience } = &*self.watched;
        let mut frames: Vec<Bytes> = Vec::new();
        for (name, connection) in &*self.members.borrow() {
            let takes = connection.flow() == Flow::Clear;
            let mut watching = connection.watching.borrow_mut();
            if takes && !watch.low_only && watching.is_current() {
                if frames.is_empty() {
                    let framed = |some: &[Rc<Shown>]| frame(handle, some.iter().map(|shown| (shown, *audience)));
                    frames.extend(due.chunks(CHUNK).map(framed));
                }
                for frame in &frames {
                    told.bytes += frame.len();
                    connection.share(frame.clone());
                }
                told.levels += due.len();
                tell(connection);
                continue;
            }
            let mut grew = false;
            for shown in due {
                grew |= watching.mark(name.subscription, shown);
            }
            if grew && takes {
                connection.wake();
            }
        }
    }
}
