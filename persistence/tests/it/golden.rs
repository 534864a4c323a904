//! Files that earlier versions wrote. They must open for ever: never change one, only add.
//!
//! `ONHAND_GOLDEN=new cargo test -p onhand-persistence golden` writes those that are missing.

use crate::samples::{encoded, every_kind, of_nobody, of_owners};
use crate::{baskets, drawer, goods, layaways, payments, people, pricing, refunds, returns, unreceipted};
use onhand_engine::answer::Answer;
use onhand_engine::event::Record;
use onhand_engine::ids::{LocationId, Seq};
use onhand_engine::world::World;
use onhand_persistence::batch::{ChainHash, seal, split};
use onhand_persistence::format::{decode, state};
use onhand_persistence::log::Remembered;
use onhand_persistence::memory::{Disk, MemoryLog};
use onhand_persistence::state_hash;
use std::path::PathBuf;

/// The bytes of a golden file; `make` says what this version would write.
fn golden(name: &str, make: impl FnOnce() -> Vec<u8>) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/golden").join(name);
    if !path.exists() && std::env::var_os("ONHAND_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, make()).unwrap();
    }
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Records in batches of six.
fn log_image(records: &[Record]) -> Vec<u8> {
    let mut image = Vec::new();
    let (mut hash, mut first, mut buffer) = (ChainHash::default(), Seq(1), Vec::new());
    for some in records.chunks(6) {
        let bytes: Vec<u8> = some.iter().flat_map(encoded).collect();
        hash = seal(first, u32::try_from(some.len()).unwrap(), &[&bytes], hash, &mut buffer);
        first.0 += some.len() as u64;
        image.extend_from_slice(&buffer);
    }
    image
}

fn world(records: &[Record]) -> World {
    let mut world = World::default();
    records.iter().for_each(|record| world.apply(record));
    world
}

fn answers(records: &[Record]) -> Vec<Remembered> {
    records.iter().zip(1..).map(|(record, n)| Remembered::of(record, Seq(n))).collect()
}

/// Parts as the location, the length and the bytes of each.
fn state_parts(records: &[Record]) -> Vec<u8> {
    let (world, answers) = (world(records), answers(records));
    let mut bytes = Vec::new();
    let mut put = |location: u32, part: Vec<u8>| {
        bytes.extend_from_slice(&location.to_le_bytes());
        bytes.extend_from_slice(&u32::try_from(part.len()).unwrap().to_le_bytes());
        bytes.extend_from_slice(&part);
    };
    state::chain_parts(&world.chain, &mut |part| put(0, part));
    for (location, place) in &world.places {
        state::place_parts(place, &mut |part| put(location.0, part));
    }
    for location in [0, 1] {
        let some: Vec<&Remembered> = answers.iter().filter(|one| one.location().0 == location).collect();
        state::memo_parts(&some, &mut |part| put(location, part));
    }
    bytes
}

/// What a file of parts has: the world, and the answers in the order of their records.
fn read_parts(bytes: &[u8]) -> (World, Vec<Remembered>) {
    let (mut found, mut known) = (World::default(), Vec::new());
    let mut rest = bytes;
    while let Some((head, after)) = rest.split_first_chunk::<8>() {
        let location = LocationId(u32::from_le_bytes(head[..4].try_into().unwrap()));
        let length = u32::from_le_bytes(head[4..].try_into().unwrap()) as usize;
        state::read_part(location, &after[..length], &mut found, &mut known).unwrap();
        rest = &after[length..];
    }
    known.sort_by_key(|one| one.seq);
    (found, known)
}

fn check_log(image: Vec<u8>, records: &[Record]) {
    let (stored, _) = split(&image).unwrap();
    assert_eq!(decode(stored.body).unwrap(), records[..records.len().min(6)]);
    let (log, recovered) = MemoryLog::open(Disk::with_image(image)).unwrap();
    let found: Vec<Record> = crate::segments::read_all(&*onhand_persistence::log::Log::reader(&log), Seq(1));
    assert_eq!(found, records);
    assert_eq!(state_hash(&recovered.world), state_hash(&world(records)));
}

#[test]
fn a_log_of_version_1_opens() {
    check_log(golden("log-1.bin", || log_image(&every_kind())), &every_kind());
}

#[test]
fn a_snapshot_of_version_1_opens() {
    let (found, known) = read_parts(&golden("state-1.bin", || state_parts(&every_kind())));
    let world = world(&every_kind());
    assert_eq!(known, answers(&every_kind()));
    assert_eq!(found.places, world.places);
    assert_eq!(found.chain.items(), world.chain.items());
    assert_eq!(found.chain.locations(), world.chain.locations());
    assert_eq!(found.chain.keys, world.chain.keys);
}

/// What came after version 1, by what it is about.
fn later() -> [(&'static str, Vec<Record>); 14] {
    [
        ("account_owners", of_owners()),
        ("accounts-of-nobody", of_nobody()),
        ("baskets", baskets::records()),
        ("basket-pieces", baskets::with_pieces()),
        ("drawer", drawer::days()),
        ("goods", goods::records()),
        ("layaways", layaways::closed().0),
        ("payments", payments::records()),
        ("people", people::all()),
        ("pricing", pricing::records_with(20)),
        ("refunds", refunds::records()),
        ("refunds-declined", refunds::declined()),
        ("returns", returns::records()),
        ("unreceipted", unreceipted::records()),
    ]
}

/// The answer as it was remembered before those to returns and exchanges told exceptions.
fn as_it_was(one: &Remembered) -> Remembered {
    let answer = match one.answer() {
        Answer::ReturnedWithExceptions(told) => Answer::Returned { receipt: told.receipt, gross: told.gross },
        Answer::ExchangedWithExceptions { returned, sale } => {
            Answer::Exchanged { receipt: sale.receipt, returned, gross: sale.gross }
        }
        same => same,
    };
    Remembered::new(one.command, one.fingerprint, one.location(), one.seq, one.time, answer)
}

#[test]
fn logs_and_snapshots_of_every_later_kind_open() {
    for (about, records) in later() {
        check_log(golden(&format!("{about}-log.bin"), || log_image(&records)), &records);
        let (found, known) = read_parts(&golden(&format!("{about}-state.bin"), || state_parts(&records)));
        let here = |one: &Remembered| {
            let found = known.iter().find(|known| known.seq == one.seq);
            found == Some(one) || found == Some(&as_it_was(one))
        };
        // For a step of the server's own nobody comes again.
        let told = records.iter().zip(1..).filter(|(record, _)| !record.event.is_own_step());
        let answers = told.map(|(record, n)| Remembered::of(record, Seq(n)));
        assert!(answers.filter(|one| one.location().0 <= 1).all(|one| here(&one)), "{about}");
        assert_eq!(found.places, world(&records).places, "{about}");
        assert_eq!(state_hash(&found), state_hash(&world(&records)), "{about}");
    }
}
