#![allow(clippy::unwrap_used)]
use super::super::keyspaces::Store;
use super::*;
use crate::batch::{self, Tip};
use onhand_engine::ids::Seq;
use tempfile::TempDir;

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// The end of what is not zero in the newest journal.
fn written(folder: &Path) -> u64 {
    let path = folder.join(format!("{}.jnl", newest(folder).unwrap().unwrap()));
    let bytes = std::fs::read(path).unwrap();
    bytes.iter().rposition(|byte| *byte != 0).map_or(0, |at| at as u64 + 1)
}

struct Writer {
    dir: TempDir,
    store: Store,
    live: fjall::Keyspace,
    tip: Tip,
    batches: Vec<Vec<u8>>,
}

impl Writer {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let (_, live) = store.live_segment(Seq(0)).unwrap();
        Self { dir, store, live, tip: Tip::default(), batches: Vec::new() }
    }

    fn append(&mut self, length: usize) {
        let first = Seq(self.tip.last.0 + 1);
        let (record, mut sealed) = (vec![0xa5; length], Vec::new());
        let hash = batch::seal(first, 1, &[&record], self.tip.hash, &mut sealed);
        self.store.append(&self.live, first, &sealed).unwrap();
        self.tip = Tip { last: first, hash };
        self.batches.push(sealed);
    }

    fn folder(&self) -> PathBuf {
        self.dir.path().join("log")
    }

    /// What a crash at this moment leaves is all there.
    fn survives(&self) {
        let copied = TempDir::new().unwrap();
        copy(self.dir.path(), &copied.path().join("data"));
        let store = Store::open(&copied.path().join("data")).unwrap();
        let found: Vec<Vec<u8>> = store.batches_from(Seq(1)).unwrap().iter().map(|batch| batch.to_vec()).collect();
        assert!(found == self.batches, "{} of {} batches", found.len(), self.batches.len());
    }
}

#[test]
fn zeros_never_reach_what_is_written() {
    let mut writer = Writer::new();
    let mut chance = 7_u64;
    for round in 0..600 {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let length = match chance >> 60 {
            0 => 150_000,
            1..=3 => 20_000,
            _ => 200 + usize::try_from(chance >> 52).unwrap(),
        };
        writer.append(length);
        if round % 37 == 0 {
            writer.store.write_meta(&[(format!("test{round}"), vec![1; length])], &["gone".to_owned()]).unwrap();
        }
        if round % 100 == 99 {
            let end = writer.store.journal_end();
            let written = written(&writer.folder());
            assert!(written <= end, "{written} bytes are in the journal, {end} at most were thought to be");
            writer.survives();
        }
    }
    assert!(writer.store.journal_filled() > 1 << 20, "it was no test: nothing was filled");
}

#[test]
fn a_journal_that_was_there_is_left_as_it_is_and_the_next_one_is_filled() {
    let mut writer = Writer::new();
    (0..50).for_each(|_| writer.append(1_000));
    let Writer { dir, store, live, tip, batches } = writer;
    drop((store, live));
    let store = Store::open(dir.path()).unwrap();
    let (_, live) = store.live_segment(tip.last).unwrap();
    let mut writer = Writer { dir, store, live, tip, batches };
    (0..50).for_each(|_| writer.append(1_000));
    assert_eq!(writer.store.journal_filled(), 0, "it is written at its end: zeros would be before the data");
    writer.survives();
    let before = newest(&writer.folder()).unwrap();
    writer.store.begin_new_journal().unwrap();
    let mut waited = 0;
    while newest(&writer.folder()).unwrap() == before {
        writer.append(1_000);
        waited += 1;
        assert!(waited < 100_000, "the journal was not rotated");
    }
    (0..1_200).for_each(|_| writer.append(1_000));
    assert!(writer.store.journal_filled() > 0, "the new journal is filled");
    assert!(written(&writer.folder()) <= writer.store.journal_end());
    writer.survives();
}

#[test]
fn a_folder_that_cannot_be_read_for_a_while_makes_no_journal_new() {
    let dir = TempDir::new().unwrap();
    let (folder, elsewhere) = (dir.path().join("log"), dir.path().join("elsewhere"));
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("3.jnl"), [7; 100]).unwrap();
    let mut ahead = Ahead::before_open(&folder);
    std::fs::rename(&folder, &elsewhere).unwrap();
    ahead.about_to_write(2 * LOOK_EVERY, 1);
    ahead.fill(100);
    std::fs::rename(&elsewhere, &folder).unwrap();
    ahead.about_to_write(2 * LOOK_EVERY, 1);
    ahead.fill(100);
    assert_eq!(std::fs::read(folder.join("3.jnl")).unwrap(), [7; 100], "it was there before");
    let mut blind = Ahead::before_open(&dir.path().join("missing"));
    std::fs::rename(&folder, dir.path().join("missing")).unwrap();
    blind.about_to_write(2 * LOOK_EVERY, 1);
    blind.fill(100);
    assert_eq!(std::fs::read(dir.path().join("missing/3.jnl")).unwrap(), [7; 100]);
}
