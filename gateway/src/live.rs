//! Who watches what. Stock is state, not a stream: a connection keeps the set of levels that changed
//! for it, newest only, and takes from it when its socket has room. Memory is bounded by what is
//! watched; a slow phone delays nobody and never sees an old number after a new one.

use crate::connection::Connection;
use crate::wire::{self, Audience};
use hashbrown::{HashMap, HashSet};
use onhand_actors::handle::Handle;
use onhand_actors::port::LevelChange;
use onhand_engine::command::Channel;
use onhand_engine::ids::{LocationId, SkuId, Version};
use std::cell::OnceCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// Levels in one message.
pub(crate) const CHUNK: usize = onhand_protocol::limits::LEVELS_PER_MESSAGE_MAX;
/// Levels looked at for one message, where most are not wanted.
const LOOKS_MAX: usize = 40 * CHUNK;
/// How long a change may be on its way to a worker after it was published.
const ON_ITS_WAY_MAX: Duration = Duration::from_secs(2);

const AUDIENCES: usize = 6;

fn channel(audience: Audience) -> Channel {
    let (Audience::Staff(channel) | Audience::Public(channel)) = audience;
    channel.into()
}

fn index(audience: Audience) -> usize {
    channel(audience).index() + if matches!(audience, Audience::Public(_)) { Channel::ALL.len() } else { 0 }
}

/// One item at one place as one audience sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    location: LocationId,
    sku: SkuId,
    audience: Audience,
}

/// A changed level and its messages, each written once and shared among all who watch.
pub(crate) struct Shown {
    change: LevelChange,
    messages: [OnceCell<Utf8Bytes>; AUDIENCES],
}

impl Shown {
    fn new(change: LevelChange) -> Rc<Self> {
        Rc::new(Self { change, messages: Default::default() })
    }

    /// `{"levels":[...]}` with this level alone.
    fn message(&self, handle: &Handle, audience: Audience) -> &Utf8Bytes {
        self.messages[index(audience)].get_or_init(|| {
            wire::text(|out| {
                out.extend_from_slice(PREFIX.as_bytes());
                wire::write_level(out, handle, &self.change, audience);
                out.extend_from_slice(SUFFIX.as_bytes());
            })
        })
    }
}

const PREFIX: &str = "{\"levels\":[";
const SUFFIX: &str = "]}";

/// What a subscription watches. A list that is not given matches all.
#[derive(Clone, Debug, Default)]
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

/// All subscriptions of a worker.
#[derive(Default)]
pub(crate) struct Live {
    watchers: HashMap<Interest, HashMap<Name, Rc<Connection>>>,
}

impl Live {
    pub(crate) fn is_empty(&self) -> bool {
        self.watchers.is_empty()
    }

    pub(crate) fn add(&mut self, connection: &Rc<Connection>, subscription: u128, watch: &Watch) {
        let name = Name { connection: connection.id, subscription };
        for interest in watch.interests() {
            self.watchers.entry(interest).or_default().insert(name, connection.clone());
        }
    }

    pub(crate) fn remove(&mut self, connection: u64, subscription: u128, watch: &Watch) {
        let name = Name { connection, subscription };
        for interest in watch.interests() {
            if let Some(watchers) = self.watchers.get_mut(&interest) {
                watchers.remove(&name);
                if watchers.is_empty() {
                    self.watchers.remove(&interest);
                }
            }
        }
    }

    /// Marks a changed level for everyone who watches it; tells whose set grew.
    pub(crate) fn mark(&self, change: &LevelChange, mut tell: impl FnMut(&Rc<Connection>)) {
        let mut shown = None;
        let interests = [
            Interest::Pair(change.location, change.sku),
            Interest::Sku(change.sku),
            Interest::Location(change.location),
            Interest::Everything,
        ];
        for watchers in interests.iter().filter_map(|interest| self.watchers.get(interest)) {
            for (name, connection) in watchers {
                let shown = shown.get_or_insert_with(|| Shown::new(*change));
                if connection.watching.borrow_mut().mark(name.subscription, shown) {
                    tell(connection);
                }
            }
        }
    }
}

struct Subscription {
    watch: Watch,
    audience: Audience,
    /// What this subscription has been shown as low, where it asked for low ones only.
    low: HashSet<(LocationId, SkuId)>,
}

impl Subscription {
    /// Whether it is to see this level.
    fn wants(&mut self, change: &LevelChange) -> bool {
        if !self.watch.low_only {
            return true;
        }
        let place = (change.location, change.sku);
        if change.level.is_low(channel(self.audience)) {
            self.low.insert(place);
            return true;
        }
        // What just left its low mark is shown once more, so that it can be taken off the list.
        self.low.remove(&place)
    }
}

/// A snapshot that is still being sent.
struct Snapshot {
    subscription: u128,
    /// The reply that begins it, until it was written.
    opening: Option<u128>,
    skus: Option<Vec<SkuId>>,
    /// Places still to be read, and where in the first.
    locations: VecDeque<LocationId>,
    at: usize,
    after: Option<SkuId>,
    since: Since,
}

/// The versions a client says it has.
pub(crate) type Since = HashMap<(LocationId, SkuId), u64>;

/// What one connection watches and has not been sent yet.
#[derive(Default)]
pub(crate) struct Watching {
    subscriptions: HashMap<u128, Subscription>,
    weight: usize,
    due: HashMap<Key, Rc<Shown>>,
    snapshots: VecDeque<Snapshot>,
    /// What snapshots showed lately: changes that were on their way meanwhile are older.
    shown: HashMap<Key, Version>,
    shown_at: Option<Instant>,
}

impl Watching {
    pub(crate) fn weight(&self) -> usize {
        self.weight
    }

    /// Begins a subscription; its snapshot is sent as the socket takes it.
    pub(crate) fn add(&mut self, id: u128, watch: Watch, audience: Audience, since: Since, handle: &Handle) {
        let all = || handle.directory().locations().iter().map(|location| location.id).collect();
        self.snapshots.push_back(Snapshot {
            subscription: id,
            opening: Some(id),
            skus: watch.skus.clone(),
            locations: watch.locations.clone().map_or_else(all, VecDeque::from),
            at: 0,
            after: None,
            since,
        });
        self.weight += watch.weight();
        self.subscriptions.insert(id, Subscription { watch, audience, low: HashSet::new() });
    }

    pub(crate) fn knows(&self, id: u128) -> bool {
        self.subscriptions.contains_key(&id)
    }

    /// Ends a subscription; what it watched comes back, for the worker's index.
    pub(crate) fn remove(&mut self, id: u128) -> Option<Watch> {
        let ended = self.subscriptions.remove(&id)?;
        self.weight -= ended.watch.weight();
        self.snapshots.retain(|snapshot| snapshot.subscription != id);
        if self.subscriptions.is_empty() {
            self.due.clear();
        }
        Some(ended.watch)
    }

    /// Ends all.
    pub(crate) fn clear(&mut self) -> Vec<(u128, Watch)> {
        let all = self.subscriptions.drain().map(|(id, ended)| (id, ended.watch)).collect();
        *self = Self::default();
        all
    }

    /// Forgets what snapshots showed so long ago that no older change can still be on its way.
    pub(crate) fn forget(&mut self, now: Instant) {
        if self.shown_at.is_some_and(|at| now.saturating_duration_since(at) > ON_ITS_WAY_MAX) {
            self.shown = HashMap::new();
            self.shown_at = None;
        }
    }

    fn mark(&mut self, subscription: u128, shown: &Rc<Shown>) -> bool {
        let Some(watcher) = self.subscriptions.get_mut(&subscription) else { return false };
        let key = Key { location: shown.change.location, sku: shown.change.sku, audience: watcher.audience };
        // What a snapshot was ahead of must not change what counts as low either.
        let is_old = self.shown.get(&key).is_some_and(|version| shown.change.level.version <= *version);
        if is_old || !watcher.wants(&shown.change) {
            return false;
        }
        self.due.insert(key, shown.clone());
        true
    }

    /// The next message to send: snapshots first, then what changed. Writes at most [`CHUNK`] levels.
    pub(crate) fn next_message(&mut self, handle: &Handle, now: Instant) -> Option<(Utf8Bytes, usize)> {
        if let Some(message) = self.next_of_snapshot(handle, now) {
            return Some(message);
        }
        let keys: Vec<Key> = self.due.keys().take(CHUNK).copied().collect();
        let mut first: Option<(Rc<Shown>, Audience)> = None;
        let mut text = String::new();
        let mut count = 0;
        for key in keys {
            let Some(shown) = self.due.remove(&key) else { continue };
            if self.shown.get(&key).is_some_and(|version| shown.change.level.version <= *version) {
                continue;
            }
            count += 1;
            let Some((first, audience)) = &first else {
                first = Some((shown, key.audience));
                continue;
            };
            if text.is_empty() {
                let message = first.message(handle, *audience);
                text.push_str(message.strip_suffix(SUFFIX).unwrap_or(message));
            }
            let message = shown.message(handle, key.audience);
            text.push(',');
            text.push_str(message.strip_prefix(PREFIX).and_then(|m| m.strip_suffix(SUFFIX)).unwrap_or_default());
        }
        match first {
            None => None,
            Some((alone, audience)) if text.is_empty() => Some((alone.message(handle, audience).clone(), count)),
            Some(_) => {
                text.push_str(SUFFIX);
                Some((text.into(), count))
            }
        }
    }

    fn next_of_snapshot(&mut self, handle: &Handle, now: Instant) -> Option<(Utf8Bytes, usize)> {
        let snapshot = self.snapshots.front_mut()?;
        let Some(subscription) = self.subscriptions.get_mut(&snapshot.subscription) else {
            self.snapshots.pop_front();
            return self.next_of_snapshot(handle, now);
        };
        let mut levels = Vec::new();
        let mut count = 0;
        let mut looks = 0;
        while count < CHUNK
            && looks < LOOKS_MAX
            && let Some(read) = snapshot.read(handle, CHUNK - count)
        {
            looks += read.len();
            for change in read {
                let wanted = subscription.wants(&change);
                let shows = match snapshot.since.get(&(change.location, change.sku)) {
                    // It may have left the low mark since: who knows it is told.
                    Some(has) => change.level.version.0 > *has,
                    None => wanted,
                };
                if !shows {
                    continue;
                }
                let audience = subscription.audience;
                let key = Key { location: change.location, sku: change.sku, audience };
                self.shown.insert(key, change.level.version);
                let before = levels.len();
                if count > 0 {
                    levels.push(b',');
                }
                if wire::write_level(&mut levels, handle, &change, audience) {
                    count += 1;
                } else {
                    levels.truncate(before);
                }
            }
        }
        let opening = snapshot.opening.take();
        let ended = snapshot.locations.is_empty();
        if ended {
            self.snapshots.pop_front();
            self.shown_at = Some(now);
        }
        match opening {
            Some(id) => Some((wire::subscribed(id, &levels), count)),
            None if count == 0 && ended => self.next_of_snapshot(handle, now),
            None => {
                let parts = [PREFIX.as_bytes(), &levels, SUFFIX.as_bytes()];
                Some((wire::text(|out| parts.iter().for_each(|part| out.extend_from_slice(part))), count))
            }
        }
    }
}

impl Snapshot {
    /// Reads on: about so many levels at most; `None` at the end.
    fn read(&mut self, handle: &Handle, max: usize) -> Option<Vec<LevelChange>> {
        let location = *self.locations.front()?;
        let Some(skus) = &self.skus else {
            let page = handle.levels(location, self.after, max);
            self.after = page.last().map(|change| change.sku);
            if page.len() < max {
                self.locations.pop_front();
                self.after = None;
            }
            return Some(page);
        };
        let page = skus.iter().skip(self.at).take(max).map(|sku| wire::level(handle, location, *sku)).collect();
        self.at += max;
        if self.at >= skus.len() {
            self.locations.pop_front();
            self.at = 0;
        }
        Some(page)
    }
}
