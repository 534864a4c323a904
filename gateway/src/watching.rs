//! What one connection watches and has not been sent yet: snapshots as its socket takes them, and the
//! levels that changed while it took nothing, newest only.

use crate::live::{CHUNK, Key, Shown, Watched, channel, frame};
use crate::outbox;
use crate::wire::{self, Audience};
use bytes::Bytes;
use hashbrown::{HashMap, HashSet};
use onhand_actors::handle::Handle;
use onhand_actors::port::LevelChange;
use onhand_engine::ids::{LocationId, SkuId, Version};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Levels looked at for one message, where most are not wanted.
const LOOKS_MAX: usize = 40 * CHUNK;
/// How long a change may be on its way to a worker after it was published.
const ON_ITS_WAY_MAX: Duration = Duration::from_secs(2);

struct Subscription {
    watched: Rc<Watched>,
    /// What this subscription has been shown as low, where it asked for low ones only.
    low: HashSet<(LocationId, SkuId)>,
}

impl Subscription {
    /// Whether it is to see this level.
    fn wants(&mut self, change: &LevelChange) -> bool {
        if !self.watched.watch.low_only {
            return true;
        }
        let place = (change.location, change.sku);
        if change.level.is_low(channel(self.watched.audience)) {
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
    pub(crate) fn add(&mut self, id: u128, watched: Rc<Watched>, since: Since, handle: &Handle) {
        let watch = &watched.watch;
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
        self.subscriptions.insert(id, Subscription { watched, low: HashSet::new() });
    }

    pub(crate) fn knows(&self, id: u128) -> bool {
        self.subscriptions.contains_key(&id)
    }

    /// Ends a subscription; what it watched comes back, for the worker's index.
    pub(crate) fn remove(&mut self, id: u128) -> Option<Rc<Watched>> {
        let ended = self.subscriptions.remove(&id)?;
        self.weight -= ended.watched.watch.weight();
        self.snapshots.retain(|snapshot| snapshot.subscription != id);
        if self.subscriptions.is_empty() {
            self.due.clear();
        }
        Some(ended.watched)
    }

    /// Ends all.
    pub(crate) fn clear(&mut self) -> Vec<(u128, Rc<Watched>)> {
        let all = self.subscriptions.drain().map(|(id, ended)| (id, ended.watched)).collect();
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

    /// Whether it has been sent all there was, so that what changes now may go out as it is.
    pub(crate) fn is_current(&self) -> bool {
        self.due.is_empty() && self.snapshots.is_empty() && self.shown.is_empty()
    }

    /// Notes a changed level for a subscription; whether it is to be sent.
    pub(crate) fn mark(&mut self, subscription: u128, shown: &Rc<Shown>) -> bool {
        let Some(watcher) = self.subscriptions.get_mut(&subscription) else { return false };
        let audience = watcher.watched.audience;
        let key = Key { location: shown.change.location, sku: shown.change.sku, audience };
        // What a snapshot was ahead of must not change what counts as low either.
        let is_old = self.shown.get(&key).is_some_and(|version| shown.change.level.version <= *version);
        if is_old || !watcher.wants(&shown.change) {
            return false;
        }
        self.due.insert(key, shown.clone());
        true
    }

    /// The next frame to send, and its levels: snapshots first, then what changed. At most [`CHUNK`].
    pub(crate) fn next_frame(&mut self, handle: &Handle, now: Instant) -> Option<(Bytes, usize)> {
        if let Some(frame) = self.next_of_snapshot(handle, now) {
            return Some(frame);
        }
        let keys: Vec<Key> = self.due.keys().take(CHUNK).copied().collect();
        let due: Vec<(Rc<Shown>, Audience)> =
            keys.iter().filter_map(|key| Some((self.due.remove(key)?, key.audience))).collect();
        if self.due.is_empty() {
            self.due = HashMap::new();
        }
        (!due.is_empty()).then(|| (frame(handle, due.iter().map(|(shown, audience)| (shown, *audience))), due.len()))
    }

    fn next_of_snapshot(&mut self, handle: &Handle, now: Instant) -> Option<(Bytes, usize)> {
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
                let audience = subscription.watched.audience;
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
        if opening.is_none() && count == 0 && ended {
            return self.next_of_snapshot(handle, now);
        }
        let mut out = Vec::with_capacity(levels.len() + 128);
        outbox::text_frame(&mut out, |out| match opening {
            Some(id) => wire::write_subscribed(out, id, &levels),
            None => [&b"{\"levels\":["[..], &levels, b"]}"].iter().for_each(|part| out.extend_from_slice(part)),
        });
        Some((out.into(), count))
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
