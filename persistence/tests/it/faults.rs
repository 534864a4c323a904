//! A disk that lies. Whatever it does is found or harmless; nothing is ever silently wrong.

use crate::samples::{encoded, sale};
use crate::segments::{history, options, read_all, write};
use onhand_engine::event::Record;
use onhand_engine::ids::Seq;
use onhand_persistence::format::decode;
use onhand_persistence::log::{AppendError, BatchId, Error, Fence, Log, Partition};
use onhand_persistence::memory::{Disk, Fault, MemoryLog};
use onhand_persistence::{FjallLog, verify};
use proptest::prelude::*;
use std::path::{Path, PathBuf};

fn one(log: &mut MemoryLog, fence: &mut Fence, n: u64) -> Result<Seq, AppendError> {
    log.append(fence, BatchId(n), 1, &[&encoded(&sale(n))])
}

fn open() -> (MemoryLog, Fence) {
    let mut log = MemoryLog::new();
    let fence = log.acquire(Partition(0)).unwrap();
    (log, fence)
}

fn reopened(disk: Disk) -> Vec<Record> {
    let (log, recovered) = MemoryLog::open(disk).unwrap();
    let records = read_all(&*log.reader(), Seq(1));
    assert_eq!(recovered.last_seq.0, records.len() as u64);
    records
}

#[test]
fn full_keeps_nothing_and_goes_on_when_there_is_space() {
    let (mut log, mut fence) = open();
    one(&mut log, &mut fence, 1).unwrap();
    log.disk().inject(Fault::Full);
    for _ in 0..3 {
        assert!(matches!(one(&mut log, &mut fence, 2), Err(AppendError::Full)));
        assert!(!log.has_space());
    }
    assert_eq!(read_all(&*log.reader(), Seq(1)), [sale(1)]);
    log.disk().free();
    assert!(log.has_space());
    assert_eq!(one(&mut log, &mut fence, 2).unwrap(), Seq(2));
    assert_eq!(reopened(log.disk()), [sale(1), sale(2)]);
}

#[test]
fn an_unknown_outcome_asked_again_is_written_once() {
    for written in [true, false] {
        let (mut log, mut fence) = open();
        one(&mut log, &mut fence, 1).unwrap();
        log.disk().inject(Fault::Unknown { written });
        assert!(matches!(one(&mut log, &mut fence, 2), Err(AppendError::Unknown(_))));
        assert_eq!(one(&mut log, &mut fence, 2).unwrap(), Seq(2));
        assert_eq!(one(&mut log, &mut fence, 3).unwrap(), Seq(3));
        assert_eq!(reopened(log.disk()), [sale(1), sale(2), sale(3)]);
    }
}

#[test]
fn after_a_failed_sync_it_stays_stopped_and_what_was_acknowledged_is_there() {
    let whole = {
        let (mut log, mut fence) = open();
        one(&mut log, &mut fence, 1).unwrap();
        log.disk().image().len()
    };
    for kept in 0..=whole {
        let (mut log, mut fence) = open();
        one(&mut log, &mut fence, 1).unwrap();
        log.disk().inject(Fault::FailedSync { kept });
        for n in 2..4 {
            assert!(matches!(one(&mut log, &mut fence, n), Err(AppendError::Stopped(_))));
        }
        let found = reopened(log.disk());
        let expected = [sale(1), sale(2)];
        assert_eq!(found, expected[..if kept == whole { 2 } else { 1 }]);
    }
}

/// The image of a few batches, and where each ends.
fn image() -> (Vec<u8>, Vec<usize>) {
    let (mut log, mut fence) = open();
    let mut ends = vec![0];
    for n in 1..5 {
        one(&mut log, &mut fence, n).unwrap();
        ends.push(log.disk().image().len());
    }
    (log.disk().image(), ends)
}

#[test]
fn torn_anywhere_it_opens_with_what_was_whole() {
    let (image, ends) = image();
    for length in 0..=image.len() {
        let disk = Disk::with_image(image[..length].to_vec());
        let whole = ends.iter().filter(|end| **end <= length).count() - 1;
        assert_eq!(reopened(disk), (1..=whole as u64).map(sale).collect::<Vec<_>>(), "torn at {length}");
    }
}

#[test]
fn any_bit_turned_is_found() {
    let (image, _) = image();
    for bit in 0..image.len() * 8 {
        let disk = Disk::with_image(image.clone());
        disk.flip(bit / 8, u8::try_from(bit % 8).unwrap());
        assert!(matches!(MemoryLog::open(disk), Err(Error::Corrupt(_))), "bit {bit} was not found");
    }
}

#[test]
fn a_batch_left_out_or_put_elsewhere_is_found() {
    let (image, ends) = image();
    let batches: Vec<&[u8]> = ends.windows(2).map(|pair| &image[pair[0]..pair[1]]).collect();
    for (order, whole) in [
        (vec![0, 2, 3], false),
        (vec![1, 2, 3], false),
        (vec![0, 2, 1, 3], false),
        (vec![0, 1, 1, 2, 3], false),
        (vec![0, 1, 2, 3], true),
    ] {
        let image = order.iter().flat_map(|n| batches[*n].iter().copied()).collect();
        assert_eq!(MemoryLog::open(Disk::with_image(image)).is_ok(), whole, "{order:?}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = decode(&bytes);
        let _ = MemoryLog::open(Disk::with_image(bytes));
    }
}

fn data_files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            data_files(&path, found);
        } else if std::fs::metadata(&path).unwrap().len() > 0 {
            found.push(path);
        }
    }
}

/// Damages files of a real directory, a byte at a time. The result opens with all that was
/// acknowledged, or with less of the tail (the journal's last batch is taken for torn), or not at all.
#[test]
fn a_damaged_directory_is_refused_or_right() {
    let dir = tempfile::tempdir().unwrap();
    let records = history();
    let mut log = FjallLog::open(options(dir.path())).unwrap().0;
    write(&mut log, &records);
    drop(log);
    let mut files = Vec::new();
    data_files(dir.path(), &mut files);
    files.sort();
    let mut refused = 0;
    for (n, file) in files.iter().enumerate() {
        let bytes = std::fs::read(file).unwrap();
        let used = bytes.iter().rposition(|byte| *byte != 0).unwrap_or(0) + 1;
        let mut damaged = bytes.clone();
        damaged[(used / 2 + n * 31) % used] ^= 0x10;
        std::fs::write(file, &damaged).unwrap();
        let copy = tempfile::tempdir().unwrap();
        copy_all(dir.path(), copy.path());
        let read = FjallLog::open(options(copy.path())).and_then(|(log, _)| log.reader().read(Seq(1), 1 << 20));
        match read {
            Err(_) => refused += 1,
            Ok(batches) => {
                let found: Vec<Record> = batches.iter().flat_map(|b| decode(&b.bytes).unwrap()).collect();
                assert!(records.starts_with(&found), "{} silently wrong", file.display());
            }
        }
        std::fs::write(file, &bytes).unwrap();
    }
    assert!(refused >= 5, "only {refused} of {} damages were found", files.len());
    assert!(verify(dir.path()).unwrap().ok);
}

fn copy_all(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy_all(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

/// fjall takes damage in the middle of its journal for a torn end and cuts off what follows.
#[test]
fn damage_in_the_middle_of_the_journal_is_refused_and_stays_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = FjallLog::open(onhand_persistence::Options::new(dir.path())).unwrap().0;
    write(&mut log, &history());
    drop(log);
    let journal = std::fs::read_dir(dir.path().join("log")).unwrap();
    let journal = journal.map(|file| file.unwrap().path()).find(|path| path.extension().is_some_and(|e| e == "jnl"));
    let journal = journal.unwrap();
    let bytes = std::fs::read(&journal).unwrap();
    let used = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    let mut found = 0;
    for at in (4371..used * 3 / 4).step_by(997) {
        let copy = tempfile::tempdir().unwrap();
        copy_all(dir.path(), copy.path());
        let mut damaged = bytes.clone();
        damaged[at] ^= 0xff;
        std::fs::write(copy.path().join("log").join(journal.file_name().unwrap()), &damaged).unwrap();
        // fjall's own numbers are not all covered by a checksum: a wrong one does no harm.
        let read = |(log, _): (FjallLog, _)| read_all(&*log.reader(), Seq(1));
        for _ in 0..2 {
            match FjallLog::open(onhand_persistence::Options::new(copy.path())).map(read) {
                Ok(found) => assert_eq!(found, history(), "damage at {at} was not found"),
                Err(Error::Corrupt(_)) => found += 1,
                Err(other) => panic!("damage at {at}: {other}"),
            }
        }
        let report = verify(copy.path());
        assert!(report.is_ok_and(|report| !report.ok || report.last_seq == 220));
    }
    assert!(found > 20, "only {found} were found");
}
