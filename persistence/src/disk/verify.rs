//! Offline verification: archive and log as one chain, the world rebuilt twice. And what the log tells,
//! record by record, to whoever wants to see it.

use super::journal;
use super::keyspaces::Store;
use super::reader::Flow;
use super::snapshot::Heads;
use crate::batch::{self, ChainHash, Stored, Tip};
use crate::format;
use crate::log::Error;
use crate::recover;
use onhand_engine::chain::Chain;
use onhand_engine::event::Record;
use onhand_engine::ids::Seq;
use onhand_engine::world::World;
use std::ops::ControlFlow;
use std::path::Path;

/// What verification found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Whether everything is as it was written.
    pub ok: bool,
    /// A sentence for everything that is not.
    pub findings: Vec<String>,
    /// BLAKE3 of the state of stock, tills and stores, in hexadecimal. Empty when it cannot be rebuilt.
    pub state_hash: String,
    /// Records that were read and checked.
    pub records: u64,
    /// The place of the last record.
    pub last_seq: u64,
    /// The hash of the last batch, in hexadecimal.
    pub chain_head: String,
}

/// The hash of a state.
#[must_use]
pub fn state_hash(world: &World) -> String {
    let mut hasher = blake3::Hasher::new();
    world.digest(&mut |bytes| {
        hasher.update(bytes);
    });
    hasher.finalize().to_hex().to_string()
}

/// Checks a data directory that no server uses.
///
/// # Errors
/// [`Error::InUse`], or [`Error::Io`] when it cannot be read at all. Damage is a finding.
pub fn verify(dir: &Path) -> Result<Report, Error> {
    check(dir, |_, _| Ok(()))
}

/// The same, and then tells every record that is left, in order, with the chain as it is at the end, which
/// has the names of what they speak of; until it is told to stop, or comes to one that cannot be read.
///
/// # Errors
/// As [`verify`].
pub fn audit(dir: &Path, mut tell: impl FnMut(&Chain, Seq, &Record) -> ControlFlow<()>) -> Result<Report, Error> {
    check(dir, |store, chain| each_record(store, |seq, record| tell(chain, seq, record)))
}

fn check(dir: &Path, list: impl FnOnce(&Store, &Chain) -> Result<(), Error>) -> Result<Report, Error> {
    if !dir.join("log").exists() {
        let source = std::io::Error::from(std::io::ErrorKind::NotFound);
        return Err(Error::Io { what: format!("{} is not a data directory", dir.display()), source });
    }
    let mut report = Report::default();
    let written = journal::last_written(dir);
    match Store::open(dir) {
        Ok(store) => {
            let world = examine(&store, &mut report);
            let listed = list(&store, &world.unwrap_or_default().chain);
            report.findings.extend(listed.err().map(|error| error.to_string()));
            report.findings.dedup();
            let end = written.and_then(|written| journal::check_end(dir, written, Seq(report.last_seq)));
            report.findings.extend(end.err().map(|error| error.to_string()));
        }
        Err(error @ (Error::InUse(_) | Error::Io { .. })) => return Err(error),
        Err(damage) => report.findings.push(damage.to_string()),
    }
    report.ok = report.findings.is_empty();
    Ok(report)
}

/// Gives the world, where it can be rebuilt.
fn examine(store: &Store, report: &mut Report) -> Option<World> {
    store.set_durable(Seq(u64::MAX));
    let heads = match Heads::read(store) {
        Ok(heads) => heads,
        Err(error) => {
            report.findings.push(error.to_string());
            return None;
        }
    };
    let recovered = recover_as_a_start_would(store, &heads);
    let mut audit = Audit { snapshot: heads.start().tip, ..Audit::default() };
    if let Err(error) = audit.run(store) {
        report.findings.push(error.to_string());
    }
    report.findings.append(&mut audit.findings);
    report.records = audit.records;
    report.last_seq = audit.tip.last.0;
    report.chain_head = audit.tip.hash.to_string();
    let world = match recovered {
        Ok((world, snapshot_hash)) => {
            report.state_hash = state_hash(&world);
            report.findings.extend(world.check());
            if audit.at_snapshot.as_ref().is_some_and(|hash| *hash != snapshot_hash) {
                report.findings.push("the snapshot is not what the records before it add up to".into());
            }
            if audit.world.as_ref().is_some_and(|world| state_hash(world) != report.state_hash) {
                report.findings.push("snapshot and log do not add up to what the whole log adds up to".into());
            }
            Some(world)
        }
        Err(error) => {
            report.findings.push(error.to_string());
            None
        }
    };
    report.findings.dedup();
    world
}

/// The end of what was pruned: of those segments only the heads are left.
fn pruned(store: &Store) -> Result<Tip, Error> {
    let entries = store.archive().entries()?;
    Ok(entries.iter().take_while(|entry| !entry.kept).last().map_or_else(Tip::default, |entry| entry.tip))
}

fn each_record(store: &Store, mut tell: impl FnMut(Seq, &Record) -> ControlFlow<()>) -> Result<(), Error> {
    let mut next = Seq(pruned(store)?.last.0 + 1);
    store.each_stored(next, &mut |stored| {
        let (first, end) = (stored.header.first, stored.header.end());
        // The archive and a segment that is about to be dropped may hold the same.
        if end <= next {
            return Ok(Flow::Continue(()));
        }
        next = end;
        let unreadable = |e| Error::Corrupt(format!("the batch at record {}: {e}", first.0));
        for (seq, record) in (first.0..).zip(format::decode(stored.body).map_err(unreadable)?) {
            if tell(Seq(seq), &record).is_break() {
                return Ok(Flow::Break(()));
            }
        }
        Ok(Flow::Continue(()))
    })
}

/// The world, and the hash of the snapshot it started from.
fn recover_as_a_start_would(store: &Store, heads: &Heads) -> Result<(World, String), Error> {
    let start = heads.start();
    let alone = recover::Share { index: 0, of: 1 };
    let snapshot = state_hash(&heads.load(store, alone)?.world);
    let batches = store.batches_from(Seq(start.tip.last.0 + 1))?;
    let folded = recover::fold(start, &batches, 1, |share| heads.load_world(store, share))?;
    Ok((folded.recovered.world, snapshot))
}

/// Everything from the oldest record that is left, as one chain.
#[derive(Default)]
struct Audit {
    tip: Tip,
    records: u64,
    findings: Vec<String>,
    /// Where the snapshot is.
    snapshot: Tip,
    /// What the records from the very first on add up to; nothing when the first are gone.
    world: Option<World>,
    /// The hash of that, where the snapshot is.
    at_snapshot: Option<String>,
}

impl Audit {
    fn run(&mut self, store: &Store) -> Result<(), Error> {
        let entries = store.archive().entries()?;
        // The chain goes on from the last of what was pruned.
        self.tip = pruned(store)?;
        if self.tip == Tip::default() {
            self.world = Some(World::default());
        }
        let from = Seq(self.tip.last.0 + 1);
        store.each_stored(from, &mut |stored| self.take(stored))?;
        for entry in entries.iter().filter(|entry| entry.kept && entry.tip.last > self.tip.last) {
            self.findings.push(format!("the archive from record {} does not end where its head says", entry.first.0));
        }
        Ok(())
    }

    fn take(&mut self, stored: Stored<'_>) -> Result<Flow, Error> {
        let at = stored.header.first;
        stored.check_hash().map_err(|damage| batch::damaged(at, damage))?;
        // The archive and a segment that is about to be dropped may hold the same.
        if stored.header.end().0 <= self.tip.last.0 + 1 {
            return Ok(Flow::Continue(()));
        }
        self.tip.follow(&stored.header)?;
        self.records += u64::from(stored.header.records);
        if let Some(world) = &mut self.world {
            let unreadable = |e| Error::Corrupt(format!("the batch at record {}: {e}", at.0));
            format::decode_each(stored.body, |record| world.apply(&record)).map_err(unreadable)?;
            if self.tip == self.snapshot && self.snapshot.hash != ChainHash::default() {
                self.at_snapshot = Some(state_hash(world));
            }
        }
        Ok(Flow::Continue(()))
    }
}
