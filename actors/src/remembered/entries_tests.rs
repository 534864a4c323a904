use super::*;
use onhand_engine::answer::Answer;
use onhand_engine::fingerprint::Fingerprint;
use onhand_engine::ids::{CommandId, LocationId, Seq};
use onhand_engine::time::Timestamp;

fn entry(number: u64) -> Entry {
    let command = CommandId(u128::from(number));
    Entry::new(command, Fingerprint::default(), LocationId(1), Seq(0), Timestamp(number), Answer::Released)
}

fn check(entries: &Entries) {
    assert!(entries.get(entries.first().wrapping_sub(1)).is_none());
    assert!(entries.get(entries.end()).is_none());
    for number in entries.first()..entries.end() {
        assert_eq!(entries.get(number).map(|entry| entry.time.0), Some(number));
    }
}

#[test]
fn numbers_lead_to_their_entries_whatever_comes_and_goes() {
    let mut entries = Entries::recovered((0..10).map(entry).collect());
    check(&entries);
    let chunk = CHUNK as u64;
    for (come, go) in [(5, 3), (chunk, 10), (3 * chunk, chunk), (1, chunk), (0, 2 * chunk), (2 * chunk, 0)] {
        (0..come).for_each(|_| entries.push(entry(entries.end())));
        (0..go).for_each(|_| entries.pop());
        check(&entries);
    }
    let left = entries.end() - entries.first();
    (0..left + 5).for_each(|_| entries.pop());
    assert_eq!(entries.first(), entries.end(), "nothing is forgotten that was never there");
    entries.push(entry(entries.end()));
    check(&entries);
}

#[test]
fn an_entry_is_changed_where_it_is() {
    let mut entries = Entries::recovered(vec![entry(0)]);
    entries.push(entry(1));
    for number in 0..2 {
        entries.get_mut(number).expect("it is there").seq = Seq(number + 7);
        assert_eq!(entries.get(number).map(|entry| entry.seq), Some(Seq(number + 7)));
    }
}
