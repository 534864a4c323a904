//! The hosted actors of one shard: SKU, till and store actors by location, and the chain.

use crate::directory::Directory;
use crate::mailbox::{ActorRef, Mailbox};
use crate::port::Envelope;
use crate::sku_index::SkuIndex;
use hashbrown::HashMap;
use onhand_engine::chain::Chain;
use onhand_engine::command::{Action, SaleLine};
use onhand_engine::decide::Place;
use onhand_engine::event::Record;
use onhand_engine::goods::each_asked;
use onhand_engine::ids::{LocationId, SkuId, TillNo};
use onhand_engine::refusal::Refusal;
use onhand_engine::stock::StockRow;
use onhand_engine::store::{Store, Totals};
use onhand_engine::till::Till;
use onhand_engine::world::PlaceState;

/// One SKU at one location: its state and its mailbox, in one line of the processor's cache. Nobody
/// else touches its state.
#[repr(align(64))]
pub(crate) struct SkuActor {
    pub(crate) row: StockRow,
    pub(crate) mailbox: Mailbox,
}

/// Who a SKU actor is.
pub(crate) struct Name {
    pub(crate) sku: SkuId,
    pub(crate) store: u32,
}

/// Up to this many participants are found by looking through them.
const FEW: usize = 8;

/// One till of a location.
pub(crate) struct TillActor {
    pub(crate) till: Till,
    pub(crate) mailbox: Mailbox,
}

/// One location: its store and the way to its other actors.
pub(crate) struct StoreActor {
    pub(crate) location: LocationId,
    pub(crate) store: Store,
    pub(crate) mailbox: Mailbox,
    pub(crate) skus: SkuIndex,
    pub(crate) tills: HashMap<TillNo, u32>,
    /// The drain that changed its totals last.
    pub(crate) drain: u32,
    /// Its totals as they were told last, and whether they have changed since.
    pub(crate) told: [Totals; 3],
    pub(crate) untold: bool,
}

/// The chain actor.
#[derive(Default)]
pub(crate) struct ChainActor {
    pub(crate) chain: Chain,
    pub(crate) mailbox: Mailbox,
}

/// All of them.
#[derive(Default)]
pub(crate) struct Places {
    pub(crate) skus: Vec<SkuActor>,
    pub(crate) names: Vec<Name>,
    /// The drain that changed each SKU actor last: a drain publishes each once.
    pub(crate) stamps: Vec<u32>,
    free_skus: Vec<u32>,
    pub(crate) tills: Vec<TillActor>,
    pub(crate) stores: Vec<StoreActor>,
    by_location: HashMap<LocationId, u32>,
    pub(crate) chain: ChainActor,
}

/// A location as `decide` may see it.
pub(crate) struct View<'a> {
    places: &'a Places,
    store: &'a StoreActor,
    participants: &'a [(SkuId, u32)],
}

impl Place for View<'_> {
    fn row(&self, sku: SkuId) -> Option<&StockRow> {
        let at = find(self.participants, sku).or_else(|| self.store.skus.get(sku))?;
        Some(&self.places.skus[at as usize].row)
    }

    fn store(&self) -> &Store {
        &self.store.store
    }

    fn till(&self, no: TillNo) -> Option<&Till> {
        let at = *self.store.tills.get(&no)?;
        Some(&self.places.tills[at as usize].till)
    }
}

impl Places {
    /// Takes over a location as it was recovered.
    pub(crate) fn load(&mut self, location: LocationId, place: PlaceState) {
        let at = self.add_store(location);
        let store = &mut self.stores[at as usize];
        store.told = place.store.totals;
        store.store = place.store;
        for (no, till) in place.tills {
            store.tills.insert(no, index(self.tills.len()));
            self.tills.push(TillActor { till, mailbox: Mailbox::default() });
        }
        self.skus.reserve(place.rows.len());
        self.names.reserve(place.rows.len());
        self.stamps.reserve(place.rows.len());
        for (sku, row) in place.rows {
            store.skus.insert(sku, index(self.skus.len()));
            self.skus.push(SkuActor { row, mailbox: Mailbox::default() });
            self.names.push(Name { sku, store: at });
            self.stamps.push(0);
        }
    }

    /// The store actor of a location, activated when the location is known.
    ///
    /// # Errors
    /// [`Refusal::UnknownLocation`].
    pub(crate) fn store(&mut self, location: LocationId, directory: &Directory) -> Result<u32, Refusal> {
        if let Some(at) = self.by_location.get(&location) {
            return Ok(*at);
        }
        if !location.is_of_accounts() && directory.location(location.real()).is_none() {
            return Err(Refusal::UnknownLocation);
        }
        Ok(self.add_store(location))
    }

    /// The store of a location that something has happened at.
    pub(crate) fn known(&self, location: LocationId) -> Option<&Store> {
        self.by_location.get(&location).map(|at| &self.stores[*at as usize].store)
    }

    fn add_store(&mut self, location: LocationId) -> u32 {
        let at = index(self.stores.len());
        self.stores.push(StoreActor {
            location,
            store: Store::default(),
            mailbox: Mailbox::default(),
            skus: SkuIndex::default(),
            tills: HashMap::new(),
            drain: 0,
            told: Default::default(),
            untold: false,
        });
        self.by_location.insert(location, at);
        at
    }

    /// A SKU actor, activated when the catalogue knows the item.
    ///
    /// # Errors
    /// [`Refusal::UnknownSku`].
    pub(crate) fn sku(&mut self, store: u32, sku: SkuId, directory: &Directory) -> Result<u32, Refusal> {
        let actor = &mut self.stores[store as usize];
        if let Some(at) = actor.skus.get(sku) {
            return Ok(at);
        }
        if !directory.has_item(sku) {
            return Err(Refusal::UnknownSku { sku });
        }
        let at = activate((&mut self.skus, &mut self.names, &mut self.stamps), &mut self.free_skus, store, sku);
        actor.skus.insert(sku, at);
        Ok(at)
    }

    /// Touches the SKU actors that the next commands name, in a loop so short that the processor fetches
    /// many of them at once instead of waiting for one after the other.
    pub(crate) fn read_ahead(&self, envelopes: &[Envelope]) {
        let mut waiting = 0_usize;
        for Envelope { command, .. } in envelopes {
            let Some(store) = self.by_location.get(&command.location) else { continue };
            let skus = &self.stores[*store as usize].skus;
            let mut touch = |sku: SkuId| {
                let actor = skus.get(sku).map(|at| &self.skus[at as usize]);
                waiting += usize::from(actor.is_some_and(|actor| !actor.mailbox.is_empty()));
            };
            match &command.action {
                Action::Sell(sell) => {
                    each_asked(sell.lines.iter().map(SaleLine::sku_qty), sell.goods.as_deref(), |line| touch(line.sku));
                }
                Action::Reserve { lines, goods, .. }
                | Action::Allocate { lines, goods, .. }
                | Action::Receive { lines, goods } => {
                    each_asked(lines.iter().copied(), goods.as_deref(), |line| touch(line.sku));
                }
                _ => {}
            }
        }
        std::hint::black_box(waiting);
        // Written by another core: what is read of it later is fetched for many commands at once.
        let pricings = envelopes.iter().filter_map(|envelope| match &envelope.command.action {
            Action::Sell(sell) => sell.pricing.as_deref(),
            _ => None,
        });
        let priced = pricings.flat_map(|pricing| &pricing.lines).filter(|line| line.discounts.is_empty());
        std::hint::black_box(priced.count());
    }

    /// A till actor, activated on demand.
    pub(crate) fn till(&mut self, store: u32, no: TillNo) -> u32 {
        let next = index(self.tills.len());
        let at = *self.stores[store as usize].tills.entry(no).or_insert(next);
        if at == next {
            self.tills.push(TillActor { till: Till::default(), mailbox: Mailbox::default() });
        }
        at
    }

    /// Lets a SKU actor go when it holds nothing and nobody waits for it. One that was ever touched
    /// stays: its memory is the truth.
    pub(crate) fn passivate(&mut self, actor: ActorRef) {
        let ActorRef::Sku(_, at) = actor else { return };
        let actor = &self.skus[at as usize];
        if !actor.mailbox.is_empty() || actor.row.version().0 > 0 {
            return;
        }
        // It may have gone already: a refused command can name it twice.
        let name = &self.names[at as usize];
        if self.stores[name.store as usize].skus.remove(name.sku).is_some() {
            self.free_skus.push(at);
        }
    }

    /// The mailbox of an actor.
    pub(crate) fn mailbox(&mut self, actor: ActorRef) -> &mut Mailbox {
        match actor {
            ActorRef::Sku(_, at) => &mut self.skus[at as usize].mailbox,
            ActorRef::Till(at) => &mut self.tills[at as usize].mailbox,
            ActorRef::Store(at) => &mut self.stores[at as usize].mailbox,
            ActorRef::Chain => &mut self.chain.mailbox,
        }
    }

    /// What a command at a store may see, given the SKU actors that take part in it.
    pub(crate) fn view<'a>(&'a self, store: u32, participants: &'a [(SkuId, u32)]) -> View<'a> {
        View { places: self, store: &self.stores[store as usize], participants }
    }

    /// Folds in a record of a location and tells each SKU actor it changed.
    pub(crate) fn apply(
        &mut self,
        store: u32,
        record: &Record,
        participants: &[(SkuId, u32)],
        mut changed: impl FnMut(SkuId, u32, &mut u32),
    ) {
        let Self { skus, names, stamps, free_skus, stores, tills, .. } = self;
        let place = &mut stores[store as usize];
        record.event.each_change(|sku, change| {
            let at = find(participants, sku).or_else(|| place.skus.get(sku)).unwrap_or_else(|| {
                let at = activate((skus, names, stamps), free_skus, store, sku);
                place.skus.insert(sku, at);
                at
            });
            skus[at as usize].row.apply(change);
            changed(sku, at, &mut stamps[at as usize]);
        });
        place.store.apply(&record.event);
        if let Some(no) = record.event.till() {
            let next = index(tills.len());
            let at = *place.tills.entry(no).or_insert(next);
            if at == next {
                tills.push(TillActor { till: Till::default(), mailbox: Mailbox::default() });
            }
            tills[at as usize].till.apply(&record.event);
        }
    }

    /// Puts another state of a location in place. Mailboxes stay. Returns its SKU actors.
    pub(crate) fn replace(&mut self, store: u32, mut place: PlaceState) -> Vec<u32> {
        let own: Vec<u32> = self.stores[store as usize].skus.iter().collect();
        for at in own {
            let sku = self.names[at as usize].sku;
            self.skus[at as usize].row = place.rows.remove(&sku).unwrap_or_default();
        }
        for (sku, row) in place.rows {
            let at = activate((&mut self.skus, &mut self.names, &mut self.stamps), &mut self.free_skus, store, sku);
            self.stores[store as usize].skus.insert(sku, at);
            self.skus[at as usize].row = row;
        }
        let actor = &mut self.stores[store as usize];
        actor.store = place.store;
        let own: Vec<u32> = actor.tills.values().copied().collect();
        own.into_iter().for_each(|at| self.tills[at as usize].till = Till::default());
        for (no, till) in place.tills {
            let at = self.till(store, no);
            self.tills[at as usize].till = till;
        }
        self.stores[store as usize].skus.iter().collect()
    }

    /// SKU actors in memory.
    pub(crate) fn sku_count(&self) -> usize {
        self.skus.len() - self.free_skus.len()
    }

    /// Live reservations.
    pub(crate) fn reservation_count(&self) -> usize {
        self.stores.iter().map(|store| store.store.reservations.len()).sum()
    }
}

/// The participant that is the actor of a SKU; nothing when it is quicker to look elsewhere.
fn find(participants: &[(SkuId, u32)], sku: SkuId) -> Option<u32> {
    if participants.len() > FEW {
        return None;
    }
    participants.iter().find(|(known, _)| *known == sku).map(|(_, at)| *at)
}

type Columns<'a> = (&'a mut Vec<SkuActor>, &'a mut Vec<Name>, &'a mut Vec<u32>);

fn activate((skus, names, stamps): Columns<'_>, free: &mut Vec<u32>, store: u32, sku: SkuId) -> u32 {
    let fresh = SkuActor { row: StockRow::default(), mailbox: Mailbox::default() };
    let name = Name { sku, store };
    if let Some(at) = free.pop() {
        skus[at as usize] = fresh;
        names[at as usize] = name;
        return at;
    }
    skus.push(fresh);
    names.push(name);
    stamps.push(0);
    index(skus.len() - 1)
}

fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
