//! A location's clock goes by the rules that the program knows: a table that says something else is replaced when the
//! server starts, by a record like any other, once.

use crate::harness::Data;
use crate::wire::{Socket, block_on, id, ok};
use onhand_engine::catalogue::Location;
use onhand_engine::event::{Event, Record};
use onhand_engine::fingerprint::Fingerprint;
use onhand_engine::ids::{CommandId, LocationId};
use onhand_engine::people::By;
use onhand_engine::time::Timestamp;
use onhand_engine::zone::Zone;
use onhand_gateway::zones;
use onhand_persistence::log::{BatchId, Log, Partition};
use onhand_persistence::{FjallLog, Options, format};
use serde_json::json;
use std::sync::Arc;

const ZONE: &str = "Europe/Lisbon";
const SHOP: LocationId = LocationId(1);
const HOUR_MS: u64 = 3_600_000;

/// The shop as it is on disk, with how many records there are and the time of the last one.
fn on_disk(data: &Data) -> (Location, u64, Timestamp) {
    let (log, recovered) = FjallLog::open(Options::new(data.path())).unwrap();
    drop(log);
    ((**recovered.world.chain.location(SHOP).unwrap()).clone(), recovered.last_seq.0, recovered.last_time)
}

/// What a program with other rules has written.
fn write(data: &Data, location: Location, time: Timestamp) {
    let (mut log, _) = FjallLog::open(Options::new(data.path())).unwrap();
    let mut fence = log.acquire(Partition::default()).unwrap();
    let command = CommandId(id().parse::<uuid::Uuid>().unwrap().as_u128());
    let (fingerprint, by, event) = (Fingerprint::default(), By::default(), Event::LocationDefined { location });
    let record = Record { time, command, fingerprint, location: LocationId::CHAIN, by, event };
    let mut bytes = Vec::new();
    format::encode(&record, &mut bytes);
    log.append(&mut fence, BatchId(1), 1, &[&bytes]).unwrap();
}

#[test]
fn a_table_of_other_rules_is_replaced_when_the_server_starts() {
    let data = Data::new();
    let (admin, till) = (data.key("admin"), data.key("till"));
    let server = data.serve();
    block_on(async {
        let tax = json!({"basis": "inclusive", "rounding": "line", "rates": []});
        let shop = json!({"op": "define_location", "id": id(), "code": "S1", "name": "Shop", "kind": "shop",
            "currency": "EUR", "tax": tax, "time_zone": ZONE});
        ok(&Socket::open(&server.address, &admin).await.call(&shop).await, "location_defined");
    });
    assert!(server.terminate().success());
    let (shop, records, now) = on_disk(&data);
    // By these rules it is another day there now.
    let is_before_six = now.0 / HOUR_MS % 24 < 6;
    let wrong = Zone::new(ZONE, if is_before_six { -18 * 60 } else { 18 * 60 }, vec![], Timestamp(u64::MAX)).unwrap();
    let day = |zone: &Zone, at: Timestamp| zone.wall(at).date();
    let right = zones::zone(ZONE, now).unwrap();
    assert_ne!(day(&wrong, now), day(&right, now));
    write(&data, Location { zone: Some(Arc::new(wrong.clone())), ..shop }, now);
    assert_eq!(on_disk(&data).0.zone, Some(Arc::new(wrong)));

    let server = data.serve();
    let told = block_on(async {
        let mut socket = Socket::open(&server.address, &till).await;
        let open =
            json!({"op": "open_session", "id": id(), "location": "S1", "till": 1, "currency": "EUR", "float": 0});
        ok(&socket.call(&open).await, "session_opened");
        let x = socket.call(&json!({"op": "x_report", "id": id(), "location": "S1", "till": 1})).await;
        x["report"]["business_day"].as_str().unwrap_or_else(|| panic!("{x:#}")).to_owned()
    });
    assert!(server.terminate().success());
    let (shop, more, then) = on_disk(&data);
    assert!([now, then].iter().any(|at| day(&right, *at).to_string() == told), "the day was {told}");
    let zone = shop.zone.unwrap();
    assert_eq!((&*zone.name, zone.offset_min(then)), (ZONE, right.offset_min(then)));
    assert!(!zone.is_outdated(&right, then));
    // The wrong table, the right one, the session.
    assert_eq!(more, records + 3);

    let server = data.serve();
    assert!(server.terminate().success());
    assert_eq!(on_disk(&data).1, more, "it was replaced again");
    data.verify();
}
