//! One suite for every backend.

use crate::samples::{encoded, sale};
use onhand_engine::event::Record;
use onhand_engine::ids::Seq;
use onhand_persistence::format::decode;
use onhand_persistence::log::{AppendError, BatchId, Fence, Log, Partition, Reader, Recovered};
use onhand_persistence::memory::{Disk, MemoryLog};
use onhand_persistence::{FjallLog, Options};
use tempfile::TempDir;

/// A backend and how to open it again after a crash.
trait Backend {
    fn open(&self) -> (Box<dyn Log>, Recovered);
}

impl Backend for Disk {
    fn open(&self) -> (Box<dyn Log>, Recovered) {
        let (log, recovered) = MemoryLog::open(self.clone()).unwrap();
        (Box::new(log), recovered)
    }
}

impl Backend for TempDir {
    fn open(&self) -> (Box<dyn Log>, Recovered) {
        let (log, recovered) = FjallLog::open(Options::new(self.path())).unwrap();
        (Box::new(log), recovered)
    }
}

fn each(check: impl Fn(&dyn Backend)) {
    check(&Disk::default());
    check(&tempfile::tempdir().unwrap());
}

fn append(log: &mut dyn Log, fence: &mut Fence, id: u64, records: &[Record]) -> Result<Seq, AppendError> {
    let parts: Vec<Vec<u8>> = records.iter().map(encoded).collect();
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    log.append(fence, BatchId(id), u32::try_from(records.len()).unwrap(), &parts)
}

fn read_all(reader: &dyn Reader, mut from: Seq, bytes_max: usize) -> Vec<(Seq, Record)> {
    let mut found = Vec::new();
    loop {
        let batches = reader.read(from, bytes_max).unwrap();
        let Some(last) = batches.last() else { return found };
        let next = Seq(last.first.0 + u64::from(last.records));
        for batch in batches {
            let records = decode(&batch.bytes).unwrap();
            assert_eq!(records.len(), batch.records as usize);
            let numbered = (batch.first.0..).map(Seq).zip(records);
            found.extend(numbered.filter(|(seq, _)| *seq >= from));
        }
        from = next;
    }
}

fn sales(numbers: std::ops::Range<u64>) -> Vec<Record> {
    numbers.map(sale).collect()
}

#[test]
fn what_was_appended_is_read_and_recovered() {
    each(|backend| {
        let (mut log, empty) = backend.open();
        assert_eq!((empty.last_seq, log.last_seq()), (Seq(0), Seq(0)));
        let mut fence = log.acquire(Partition(0)).unwrap();
        assert_eq!(append(&mut *log, &mut fence, 1, &sales(1..4)).unwrap(), Seq(1));
        assert_eq!(append(&mut *log, &mut fence, 2, &sales(4..5)).unwrap(), Seq(4));
        assert_eq!(append(&mut *log, &mut fence, 3, &sales(5..21)).unwrap(), Seq(5));
        assert_eq!(log.last_seq(), Seq(20));
        let reader = log.reader();
        for from in 1..=21 {
            let expected: Vec<_> = (from..21).map(|n| (Seq(n), sale(n))).collect();
            assert_eq!(read_all(&*reader, Seq(from), 1), expected, "from {from}");
            assert_eq!(read_all(&*reader, Seq(from), 1 << 20), expected, "from {from}");
        }
        drop((log, reader));
        let (mut log, recovered) = backend.open();
        assert_eq!((recovered.last_seq, recovered.last_time), (Seq(20), sale(20).time));
        let mut remembered = recovered.remembered.concat();
        remembered.sort_by_key(|one| one.seq);
        assert_eq!(remembered.len(), 20);
        for (n, one) in (1..).zip(remembered) {
            let record = sale(n);
            let known = (one.seq, one.command, one.fingerprint, one.location(), one.time);
            assert_eq!(known, (Seq(n), record.command, record.fingerprint, record.location, record.time));
            assert_eq!(one.answer(), record.event.answer());
        }
        assert_eq!(recovered.world.places.len(), 3);
        let mut fence = log.acquire(Partition(0)).unwrap();
        assert_eq!(append(&mut *log, &mut fence, 1, &sales(21..22)).unwrap(), Seq(21));
        assert_eq!(read_all(&*log.reader(), Seq(19), 1 << 20).len(), 3);
    });
}

#[test]
fn an_older_fence_is_refused() {
    each(|backend| {
        let (mut log, _) = backend.open();
        let mut old = log.acquire(Partition(0)).unwrap();
        append(&mut *log, &mut old, 1, &sales(1..2)).unwrap();
        let mut new = log.acquire(Partition(0)).unwrap();
        assert!(matches!(append(&mut *log, &mut old, 2, &sales(2..3)), Err(AppendError::Fenced)));
        assert_eq!(append(&mut *log, &mut new, 1, &sales(2..3)).unwrap(), Seq(2));
        assert_eq!(log.last_seq(), Seq(2));
    });
}

#[test]
fn the_same_batch_again_gets_the_same_place_and_is_written_once() {
    each(|backend| {
        let (mut log, _) = backend.open();
        let mut fence = log.acquire(Partition(0)).unwrap();
        assert_eq!(append(&mut *log, &mut fence, 7, &sales(1..4)).unwrap(), Seq(1));
        assert_eq!(append(&mut *log, &mut fence, 7, &sales(1..4)).unwrap(), Seq(1));
        assert_eq!(log.last_seq(), Seq(3));
        assert_eq!(append(&mut *log, &mut fence, 8, &sales(4..5)).unwrap(), Seq(4));
    });
}

#[test]
fn housekeeping_changes_nothing_that_can_be_read() {
    each(|backend| {
        let (mut log, _) = backend.open();
        let mut fence = log.acquire(Partition(0)).unwrap();
        for n in 1..10 {
            append(&mut *log, &mut fence, n, &sales(n..n + 1)).unwrap();
            log.maintain().unwrap();
        }
        assert_eq!(read_all(&*log.reader(), Seq(1), 1 << 20).len(), 9);
        assert!(log.has_space());
    });
}
