//! Snapshots, segments and the archive: whatever is dropped, nothing is lost.

use crate::samples::{encoded, every_kind, sale};
use onhand_engine::event::Record;
use onhand_engine::ids::Seq;
use onhand_engine::time::{Millis, Timestamp};
use onhand_engine::world::World;
use onhand_persistence::format::decode;
use onhand_persistence::log::{BatchId, Log, Partition, Reader, Recovered, Remembered};
use onhand_persistence::{FjallLog, Options, REMEMBER, Report, backup, restore, state_hash, verify};
use std::path::Path;

pub(crate) fn options(dir: &Path) -> Options {
    Options { snapshot_every: 40, ..Options::new(dir) }
}

/// Appends the records in batches of seven, with housekeeping after each.
pub(crate) fn write(log: &mut FjallLog, records: &[Record]) {
    let mut fence = log.acquire(Partition(0)).unwrap();
    for (n, some) in records.chunks(7).enumerate() {
        let bytes = some.iter().flat_map(encoded).collect::<Vec<u8>>();
        let count = u32::try_from(some.len()).unwrap();
        log.append(&mut fence, BatchId(n as u64), count, &[&bytes]).unwrap();
        log.maintain().unwrap();
        log.finish_snapshot().unwrap();
    }
}

pub(crate) fn history() -> Vec<Record> {
    every_kind().into_iter().chain((100..300).map(sale)).collect()
}

fn folded(records: &[Record]) -> World {
    let mut world = World::default();
    records.iter().for_each(|record| world.apply(record));
    world
}

pub(crate) fn read_all(reader: &dyn Reader, mut from: Seq) -> Vec<Record> {
    let mut found = Vec::new();
    loop {
        let batches = reader.read(from, 500).unwrap();
        let Some(last) = batches.last() else { return found };
        from = Seq(last.first.0 + u64::from(last.records));
        found.extend(batches.iter().flat_map(|batch| decode(&batch.bytes).unwrap()));
    }
}

fn sorted(recovered: &Recovered) -> Vec<Remembered> {
    let mut all = recovered.remembered.concat();
    all.sort_by_key(|one| one.seq);
    all
}

fn archived(dir: &Path, ending: &str) -> usize {
    let files = std::fs::read_dir(dir.join("archive")).unwrap();
    files.filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|e| e == ending)).count()
}

fn checked(dir: &Path) -> Report {
    let report = verify(dir).unwrap();
    assert!(report.ok, "{:?}", report.findings);
    report
}

#[test]
fn what_snapshots_replace_is_recovered_read_and_verified() {
    let dir = tempfile::tempdir().unwrap();
    let records = history();
    let last = Seq(records.len() as u64);
    let mut log = FjallLog::open(options(dir.path())).unwrap().0;
    write(&mut log, &records);
    assert!(archived(dir.path(), "lz4") >= 3, "no segment was archived");
    assert_eq!(read_all(&*log.reader(), Seq(1)), records);
    drop(log);

    let world = folded(&records);
    for _ in 0..2 {
        let (log, recovered) = FjallLog::open(options(dir.path())).unwrap();
        assert_eq!((recovered.last_seq, recovered.last_time), (last, records.last().unwrap().time));
        assert_eq!(recovered.world.places, world.places);
        assert_eq!(state_hash(&recovered.world), state_hash(&world));
        assert_eq!(recovered.world.chain.items(), world.chain.items());
        assert_eq!(recovered.world.chain.locations(), world.chain.locations());
        assert_eq!(recovered.world.chain.keys, world.chain.keys);
        let expected: Vec<Remembered> =
            records.iter().zip(1..).map(|(record, n)| Remembered::of(record, Seq(n))).collect();
        assert_eq!(sorted(&recovered), expected);
        assert_eq!(read_all(&*log.reader(), Seq(1)), records);
        assert_eq!(read_all(&*log.reader(), Seq(200)).last(), records.last());
        drop(log);
        let report = checked(dir.path());
        assert_eq!((report.records, report.last_seq), (last.0, last.0));
        assert_eq!(report.state_hash, state_hash(&world));
    }
}

#[test]
fn answers_are_forgotten_after_a_day() {
    let dir = tempfile::tempdir().unwrap();
    let mut records = history();
    let (old, new) = records.split_at_mut(150);
    let later = old.last().unwrap().time.plus(REMEMBER).0;
    new.iter_mut().zip(1..).for_each(|(record, n)| record.time = Timestamp(later + n));
    let mut log = FjallLog::open(options(dir.path())).unwrap().0;
    write(&mut log, &records);
    drop(log);
    let (_, recovered) = FjallLog::open(options(dir.path())).unwrap();
    let seqs: Vec<u64> = sorted(&recovered).iter().map(|one| one.seq.0).collect();
    assert_eq!(seqs, (151..=records.len() as u64).collect::<Vec<_>>());
}

#[test]
fn what_is_pruned_leaves_its_head_and_the_chain_is_still_whole() {
    let dir = tempfile::tempdir().unwrap();
    let mut records = history();
    records.iter_mut().zip(1..).for_each(|(record, n)| record.time = Timestamp(n * 1_000));
    let options = Options { archive_keep: Millis(60_000), ..options(dir.path()) };
    let mut log = FjallLog::open(options.clone()).unwrap().0;
    write(&mut log, &records);
    let from = read_all(&*log.reader(), Seq(1));
    assert!(from.len() < records.len() && records.ends_with(&from));
    drop(log);
    assert!(archived(dir.path(), "head") > archived(dir.path(), "lz4"));
    let report = checked(dir.path());
    assert_eq!(report.last_seq, records.len() as u64);
    assert_eq!(report.state_hash, state_hash(&folded(&records)));
}

#[test]
fn a_second_process_is_told_so() {
    let dir = tempfile::tempdir().unwrap();
    let _log = FjallLog::open(options(dir.path())).unwrap();
    let second = FjallLog::open(options(dir.path())).map(|_| ()).unwrap_err();
    assert!(matches!(second, onhand_persistence::log::Error::InUse(_)), "{second}");
    assert!(matches!(verify(dir.path()), Err(onhand_persistence::log::Error::InUse(_))));
}

#[test]
fn no_space_is_full_and_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = FjallLog::open(Options { reserve_bytes: u64::MAX, ..options(dir.path()) }).unwrap().0;
    let mut fence = log.acquire(Partition(0)).unwrap();
    let refused = log.append(&mut fence, BatchId(1), 1, &[&encoded(&sale(1))]);
    assert!(matches!(refused, Err(onhand_persistence::log::AppendError::Full)));
    assert!(!log.has_space());
    assert_eq!(log.last_seq(), Seq(0));
}

#[test]
fn a_restored_backup_has_the_same_state_history_and_answers() {
    let (dir, to, restored) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let records = history();
    let mut log = FjallLog::open(options(dir.path())).unwrap().0;
    write(&mut log, &records);
    let while_running = log.copier().backup(&to.path().join("running")).unwrap();
    drop(log);
    let made = backup(dir.path(), to.path()).unwrap();
    assert_eq!(while_running, made);
    assert_eq!(made.last_seq, records.len() as u64);
    assert_eq!(made.state_hash, checked(dir.path()).state_hash);
    assert!(backup(dir.path(), to.path()).is_err(), "a backup is never written over");
    assert_eq!(restore(to.path(), restored.path()).unwrap(), made);
    assert!(restore(to.path(), restored.path()).is_err(), "data are never written over");
    let (original, copy) = (checked(dir.path()), checked(restored.path()));
    assert_eq!(original, copy);
    let (mut log, recovered) = FjallLog::open(options(restored.path())).unwrap();
    assert_eq!(sorted(&recovered), sorted(&FjallLog::open(options(dir.path())).unwrap().1));
    assert_eq!(read_all(&*log.reader(), Seq(1)), records);
    let more: Vec<Record> = (300..420).map(sale).collect();
    write(&mut log, &more);
    drop(log);
    assert_eq!(checked(restored.path()).last_seq, (records.len() + more.len()) as u64);
}
