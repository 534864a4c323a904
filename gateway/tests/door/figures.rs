//! The metrics stream: over WebSocket, as lines, as server-sent events and as a list; it adds up to the
//! totals; who may see what; what ends it.

use crate::harness::{Socket, Stand, id, within};
use onhand_actors::clock::Clock;
use onhand_engine::catalogue::Role;
use onhand_engine::time::{Millis, Timestamp};
use onhand_gateway::Limits;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpSocket, TcpStream};

/// A stand whose clock goes on when the test says so.
struct Day {
    stand: Stand,
    clock: Clock,
}

impl Day {
    async fn with(limits: Limits) -> Self {
        // The start of a minute.
        let clock = Clock::manual(Timestamp(1_700_000_040_000));
        Self { stand: Stand::at(limits, clock.clone()).await, clock }
    }

    async fn begin() -> Self {
        Self::with(Limits::default()).await
    }

    /// Lets seconds go by. What was decided before is handed over with what every shard decides after the
    /// second, and none of it is late.
    async fn pass(&self, seconds: u64) {
        self.clock.advance(Millis(1_000));
        for location in ["S1", "S2"] {
            self.stand.receive(location, "CHEESE", 1).await;
        }
        self.clock.advance(Millis((seconds - 1) * 1_000));
        self.stand.handle.tick();
    }

    async fn sell(&self, location: &str, sku: &str, qty: u32) -> u64 {
        let sale = json!({"location": location, "currency": "EUR", "lines": [{"sku": sku, "qty": qty}]});
        let answer = self.stand.post("sell", &sale).await;
        if answer.status == 200 { 0 } else { answer.number() }
    }

    async fn watch(&self, role: Role, extra: Value) -> (Socket, String) {
        let mut socket = self.stand.socket(role).await;
        let mut request = json!({"op": "watch_metrics", "id": id()});
        request.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let reply = socket.ask(request.clone()).await;
        assert_eq!(reply["ok"], "watching", "{reply}");
        (socket, request["id"].as_str().unwrap().to_owned())
    }

    async fn history(&self, role: Role, query: &str) -> Vec<Value> {
        let answer = self.stand.get_as(role, &format!("/v1/metrics/history{query}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        unchunked(&answer.body)["metrics"].as_array().unwrap().clone()
    }

    /// The history, once its objects satisfy a condition.
    async fn history_until(&self, what: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let look = async {
            loop {
                let list = self.history(Role::Admin, "?history_s=7200").await;
                if what(&list) {
                    return list;
                }
                tokio::task::yield_now().await;
            }
        };
        within(look).await
    }

    /// Everything up to now, but for the second that is not gathered yet.
    async fn gathered(&self) {
        let wanted = onhand_protocol::value::Time(Timestamp(self.clock.now().0 - 1_000)).to_string();
        let look = async {
            let newest = || self.history(Role::Admin, "?history_s=1&fields=sales");
            while newest().await.last().is_none_or(|newest| newest["time"].as_str() < Some(&wanted)) {
                tokio::task::yield_now().await;
            }
        };
        within(look).await;
    }

    async fn open(&self, role: Role, path: &str, header: &str) -> Lines {
        let bearer = format!("Authorization: Bearer {}", self.stand.key(role));
        Lines::open(&self.stand.address, path, &[&bearer, header]).await
    }
}

/// The JSON in a chunked body.
fn unchunked(body: &[u8]) -> Value {
    let (mut rest, mut all) = (body, Vec::new());
    while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        all.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 2 + size + 2..];
    }
    serde_json::from_slice(&all).unwrap_or_else(|why| panic!("{why}: {}", String::from_utf8_lossy(&all)))
}

/// A streaming response, line by line, without the marks of its chunks.
struct Lines {
    reader: BufReader<TcpStream>,
    head: String,
}

impl Lines {
    async fn open(address: &str, path: &str, headers: &[&str]) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let headers = headers.iter().filter(|one| !one.is_empty()).fold(String::new(), |all, one| all + one + "\r\n");
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n").as_bytes()).await.unwrap();
        let (mut reader, mut head) = (BufReader::new(stream), String::new());
        while !head.ends_with("\r\n\r\n") {
            assert!(within(reader.read_line(&mut head)).await.unwrap() > 0, "{head}");
        }
        Self { reader, head }
    }

    /// The next line; nothing at the end.
    async fn next(&mut self) -> Option<String> {
        loop {
            let mut line = String::new();
            if within(self.reader.read_line(&mut line)).await.unwrap_or(0) == 0 {
                return None;
            }
            let is_mark = line.ends_with("\r\n");
            match line.trim_end() {
                "0" if is_mark => return None,
                "" => {}
                _ if is_mark => {}
                text => return Some(text.to_owned()),
            }
        }
    }

    async fn object(&mut self) -> Value {
        serde_json::from_str(&self.next().await.expect("the stream ended")).unwrap()
    }
}

fn sum(list: &[Value], of: impl Fn(&Value) -> Option<i64>) -> i64 {
    list.iter().map(|one| of(one).unwrap_or(0)).sum()
}

fn units(text: &Value) -> i64 {
    let (whole, part) = text.as_str().unwrap().split_once('.').unwrap_or((text.as_str().unwrap(), ""));
    format!("{whole}{part:0<3}").parse().unwrap()
}

/// What `GET /v1/totals` says, summed up from the objects.
fn summed(list: &[Value]) -> Vec<Value> {
    let mut all: std::collections::BTreeMap<(String, String), Value> = Default::default();
    for row in list.iter().flat_map(|one| one["by_location"].as_array().unwrap()) {
        let key = (row["location"].to_string(), row["channel"].to_string());
        let Some(sums) = all.get_mut(&key) else {
            all.insert(key, row.clone());
            continue;
        };
        for (name, value) in row.as_object().unwrap() {
            match value {
                Value::Number(more) => sums[name] = json!(sums[name].as_i64().unwrap() + more.as_i64().unwrap()),
                Value::String(_) if !["location", "channel", "currency"].contains(&name.as_str()) => {
                    let milli = units(&sums[name]) + units(value);
                    sums[name] = json!(onhand_engine::qty::Qty::from_milli(milli).to_string());
                }
                _ => {}
            }
        }
    }
    all.into_values().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn seconds_add_up_to_the_totals() {
    let day = Day::begin().await;
    let tea = json!({"items": [{"sku": "TEA", "name": "Tea", "tax_class": "food", "price": 450, "unit_cost": 200}]});
    assert_eq!(day.stand.post("define_items", &tea).await.status, 200);
    for (location, sku, qty) in [("S1", "TEA", 10), ("S2", "MUG", 3), ("S1", "CHEESE", 4)] {
        day.stand.receive(location, sku, qty).await;
    }
    for second in 0..4 {
        assert_eq!(day.sell("S1", "TEA", 2).await, 0);
        assert_eq!(day.sell("S2", "MUG", 1).await, if second < 3 { 0 } else { 2001 });
        let cheese = json!({"location": "S1", "channel": "web", "currency": "EUR",
            "lines": [{"sku": "CHEESE", "qty": "0.25"}]});
        let sale = id();
        for _ in 0..2 {
            let answer = day.stand.post_as(Role::Admin, "sell", &sale, &cheese).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
        day.pass(1).await;
    }
    let back = json!({"location": "S1", "currency": "EUR", "disposition": "resell",
        "lines": [{"sku": "TEA", "qty": 1, "amount": 450}]});
    assert_eq!(day.stand.post("return", &back).await.status, 200);
    day.pass(2).await;
    let list = day.history_until(|list| {
        sum(list, |one| one["sales"].as_i64()) == 11 && sum(list, |one| one["returns"].as_i64()) == 1
    });
    let list = list.await;
    let mut totals = day.stand.get_as(Role::Admin, "/v1/totals").await.json()["totals"].as_array().unwrap().clone();
    totals.sort_by_key(|row| (row["location"].to_string(), row["channel"].to_string()));
    let mut rows = summed(&list);
    // Margins are of the figures alone: eight teas went out and one came back, and nobody knows what the rest had cost.
    let margin = |row: &mut Value| {
        row.as_object_mut().unwrap().remove("costed_pct");
        let mut take = |name: &str| row.as_object_mut().unwrap().remove(name).unwrap().as_i64().unwrap();
        (take("costed_net"), take("cost"))
    };
    let margins: Vec<_> = rows.iter_mut().map(margin).collect();
    assert_eq!(margins, [(3_272 - 409, 7 * 200), (0, 0), (0, 0)]);
    assert_eq!(rows, totals);
    let sold_tea = list.iter().flat_map(|one| one["by_location"].as_array().unwrap());
    let sold_tea = sold_tea.filter(|row| row["location"] == "S1" && row["channel"] == "till" && row["sales"] == 1);
    sold_tea.for_each(|row| assert_eq!(row["costed_pct"], 100, "{row}"));
    assert_eq!(totals.len(), 3, "two shops, and the website in one of them");
    assert_eq!(sum(&list, |one| one["refused"].as_i64()), 1);
    assert_eq!(sum(&list, |one| one["repeated"].as_i64()), 4);
    assert_eq!(sum(&list, |one| Some(units(&one["units"]))), 8_000 + 3_000 + 1_000);
    let numbers: Vec<&Value> = list.iter().flat_map(|one| one["refused_by_number"].as_array().unwrap()).collect();
    assert_eq!(numbers, [&json!({"number": 2001, "name": "short_stock", "count": 1})]);
    let lost: Vec<&Value> = list.iter().flat_map(|one| one["refusals"].as_array().unwrap()).collect();
    assert_eq!(lost, [&json!({"location": "S2", "sku": "MUG", "name": "Mug", "count": 1, "short_by": "1"})]);
    let times: Vec<i64> = list.iter().map(|one| one["seconds"].as_i64().unwrap()).collect();
    assert_eq!(times, vec![1; list.len()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn stockouts_holds_velocity_and_what_is_notable() {
    let day = Day::begin().await;
    day.stand.receive("S1", "TEA", 2).await;
    let hold =
        |owner: &str| json!({"location": "S1", "owner": owner, "ttl_s": 300, "lines": [{"sku": "TEA", "qty": 1}]});
    let held = id();
    assert_eq!(day.stand.post_as(Role::Admin, "reserve", &held, &hold("a")).await.status, 200);
    assert_eq!(day.sell("S1", "TEA", 1).await, 0);
    day.pass(90).await;
    let release = json!({"location": "S1", "reservation": held});
    assert_eq!(day.stand.post("release", &release).await.status, 200);
    let fact = json!({"location": "S1", "currency": "EUR", "completed": true, "lines": [{"sku": "MUG", "qty": 3}]});
    assert_eq!(day.stand.post("sell", &fact).await.status, 200);
    day.pass(2).await;
    let all_is_there = |list: &[Value]| {
        let count = |name: &str, part: &str| sum(list, |one| one[name][part].as_i64());
        let sales = sum(list, |one| one["sales"].as_i64());
        count("stockouts", "ended_count") == 1 && count("holds", "released") == 1 && sales == 2
    };
    let list = day.history_until(all_is_there).await;
    let all = |name: &str, list_name: &str| -> Vec<Value> {
        list.iter().flat_map(|one| one[name][list_name].as_array().unwrap().clone()).collect()
    };
    let tea = json!({"location": "S1", "sku": "TEA", "name": "Green tea"});
    let mug = json!({"location": "S1", "sku": "MUG", "name": "Mug"});
    assert_eq!(all("stockouts", "began"), [tea.clone(), mug.clone()]);
    assert_eq!(
        all("stockouts", "ended"),
        [json!({"location": "S1", "sku": "TEA", "name": "Green tea", "after_s": 90})]
    );
    let last = list.last().unwrap();
    assert_eq!(last["stockouts"]["open"], 1, "the mug");
    for (what, count) in [("began", 1), ("released", 1), ("sold", 0), ("expired", 0)] {
        assert_eq!(sum(&list, |one| one["holds"][what].as_i64()), count, "{what}");
    }
    let ages: Vec<&Value> =
        list.iter().map(|one| &one["holds"]["ended_age_s"]).filter(|ages| !ages.is_null()).collect();
    assert_eq!(ages, [&json!({"p50": 90, "p90": 90, "max": 90})]);
    assert_eq!(last["holds"]["live"], 0);
    let noted: Vec<Value> = list.iter().flat_map(|one| one["notable"].as_array().unwrap().clone()).collect();
    let what: Vec<(&Value, &Value)> = noted.iter().map(|one| (&one["what"], &one["sku"])).collect();
    let (sold_out, back, oversold) = (json!("sold_out"), json!("back_in_stock"), json!("oversold"));
    assert_eq!(what, [(&sold_out, &tea["sku"]), (&back, &tea["sku"]), (&oversold, &mug["sku"])]);
    let sold: Vec<Value> = list.iter().flat_map(|one| one["velocity"].as_array().unwrap().clone()).collect();
    let mut sold: Vec<String> = sold.iter().map(|one| format!("{}: {}", one["sku"], one["units"])).collect();
    sold.sort();
    assert_eq!(sold, [r#""MUG": "3""#, r#""TEA": "1""#]);
    let low = last["running_low"].as_array().unwrap();
    assert_eq!(low.len(), 1, "{low:?}");
    assert_eq!((&low[0]["sku"], &low[0]["available"]), (&tea["sku"], &json!("1")));
    assert!(low[0]["minutes_left"].as_f64().unwrap() > 0.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn over_a_websocket_with_history_choice_and_an_end() {
    let day = Day::begin().await;
    day.stand.receive("S1", "TEA", 10).await;
    assert_eq!(day.sell("S1", "TEA", 1).await, 0);
    day.pass(3).await;
    day.history_until(|list| list.len() >= 2).await;
    let (mut socket, stream) = day.watch(Role::Analyst, json!({"history_s": 60, "fields": ["sales", "log"]})).await;
    let first = socket.next().await;
    let mut fields: Vec<&String> = first["metrics"].as_object().unwrap().keys().collect();
    fields.sort();
    assert_eq!(fields, ["log", "sales", "seconds", "time"]);
    assert_eq!(first["metrics"]["time"], "2023-11-14T22:14:01.000Z");
    assert_eq!(socket.next().await["metrics"]["time"], "2023-11-14T22:14:02.000Z");
    day.pass(1).await;
    assert_eq!(socket.next().await["metrics"]["time"], "2023-11-14T22:14:03.000Z", "and on as time goes on");
    let reply = socket.ask(json!({"op": "unsubscribe", "id": id(), "subscription": stream})).await;
    assert_eq!(reply["ok"], "unsubscribed");
    let again = json!({"op": "unsubscribe", "id": id(), "subscription": stream});
    assert_eq!(socket.ask(again).await["error"]["number"], 1015);
    let (mut other, _) = day.watch(Role::Admin, json!({"fields": ["sockets"]})).await;
    day.pass(1).await;
    let sockets = other.next().await["metrics"]["sockets"].clone();
    assert!(sockets["all"].as_u64() >= Some(2), "{sockets}");
    assert_eq!(socket.ask(json!({"op": "ping", "id": id()})).await["ok"], "pong", "nothing came in between");
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_are_counted_by_role_as_they_come_and_go() {
    let day = Day::begin().await;
    let (mut watcher, _) = day.watch(Role::Operations, json!({"fields": ["sockets"]})).await;
    let mut till = day.stand.socket(Role::Till).await;
    till.ask(json!({"op": "ping", "id": id()})).await;
    let shopper = day.stand.shopper().await;
    day.pass(2).await;
    let sockets = |all, till, shopper| json!({"all": all, "till": till, "web": 0, "shopper": shopper, "analyst": 0, "operations": 1, "admin": 0});
    while watcher.next().await["metrics"]["sockets"] != sockets(3, 1, 1) {
        day.pass(1).await;
    }
    drop((till, shopper));
    day.pass(1).await;
    while watcher.next().await["metrics"]["sockets"] != sockets(1, 0, 0) {
        day.pass(1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_sees_no_money_by_any_way() {
    let day = Day::begin().await;
    day.stand.receive("S1", "TEA", 10).await;
    assert_eq!(day.sell("S1", "TEA", 1).await, 0);
    day.pass(2).await;
    let sold = |list: &[Value]| sum(list, |one| one["sales"].as_i64()) == 1;
    day.history_until(sold).await;
    let row =
        |list: Vec<Value>| list.iter().flat_map(|one| one["by_location"].as_array().unwrap().clone()).next().unwrap();
    let seen = row(day.history(Role::Analyst, "?history_s=3600").await);
    assert_eq!((&seen["net"], &seen["tax"]), (&json!(409), &json!(41)));
    let mut wanted = seen.clone();
    for amount in ["net", "tax", "returned_net", "returned_tax", "costed_net", "cost", "costed_pct"] {
        wanted.as_object_mut().unwrap().remove(amount).unwrap();
    }
    for query in ["?history_s=3600", "?history_s=3600&fields=by_location,sales"] {
        assert_eq!(row(day.history(Role::Operations, query).await), wanted);
    }
    let (mut socket, _) = day.watch(Role::Operations, json!({"history_s": 3600})).await;
    let mut lines = day.open(Role::Operations, "/v1/metrics/stream?history_s=3600", "").await;
    assert!(lines.head.contains("application/x-ndjson"), "{}", lines.head);
    let (mut over_socket, mut over_http) = (socket.next().await["metrics"].clone(), lines.object().await);
    while over_socket["sales"] != 1 {
        over_socket = socket.next().await["metrics"].clone();
        over_http = lines.object().await;
    }
    assert_eq!((&over_socket, row(vec![over_socket.clone()])), (&over_http, wanted));
}

#[tokio::test(flavor = "multi_thread")]
async fn server_sent_events_go_on_where_they_were() {
    let day = Day::begin().await;
    day.pass(4).await;
    day.history_until(|list| list.len() >= 3).await;
    let mut events =
        day.open(Role::Admin, "/v1/metrics/stream?history_s=60&fields=sales", "Accept: text/event-stream").await;
    assert!(events.head.contains("text/event-stream"), "{}", events.head);
    assert_eq!(events.next().await.unwrap(), "id: 2023-11-14T22:14:01.000Z");
    assert_eq!(events.next().await.unwrap(), "event: metrics");
    let data = events.next().await.unwrap();
    assert_eq!(data, r#"data: {"time":"2023-11-14T22:14:01.000Z","seconds":1,"sales":0}"#);
    let resume = "Accept: text/event-stream\r\nLast-Event-ID: 2023-11-14T22:14:02.000Z";
    let mut again = day.open(Role::Admin, "/v1/metrics/stream", resume).await;
    assert_eq!(again.next().await.unwrap(), "id: 2023-11-14T22:14:03.000Z");
    let wrong = [
        ("Authorization", format!("Bearer {}", day.stand.key(Role::Admin))),
        ("Accept", "text/event-stream".to_owned()),
        ("Last-Event-ID", "7".to_owned()),
    ];
    let answer = day.stand.http("GET", "/v1/metrics/stream", &wrong, b"").await;
    assert_eq!((answer.number(), &answer.json()["field"]), (1017, &json!("Last-Event-ID")));
}

#[tokio::test(flavor = "multi_thread")]
async fn minutes_are_the_sums_of_their_seconds() {
    let day = Day::begin().await;
    day.stand.receive("S1", "TEA", 100).await;
    for _ in 0..3 {
        assert_eq!(day.sell("S1", "TEA", 2).await, 0);
        let so_far = day.history(Role::Admin, "?history_s=3600").await.len();
        day.pass(20).await;
        day.history_until(|list| list.len() >= so_far + 19).await;
    }
    day.pass(2).await;
    let seconds = day.history_until(|list| list.len() >= 61).await;
    let minutes = day.history(Role::Admin, "?every=1m&history_s=86400").await;
    let [minute] = minutes.as_slice() else { panic!("{minutes:?}") };
    assert_eq!((&minute["seconds"], &minute["time"]), (&json!(60), &json!("2023-11-14T22:15:00.000Z")));
    let first: Vec<Value> =
        seconds.iter().filter(|one| one["time"].as_str() <= minute["time"].as_str()).cloned().collect();
    assert_eq!(summed(std::slice::from_ref(minute)), summed(&first));
    for (name, part) in [("latency_ms", "count"), ("log", "appends"), ("log", "records"), ("live_stock", "bytes_sent")]
    {
        assert_eq!(minute[name][part].as_i64(), Some(sum(&first, |one| one[name][part].as_i64())), "{name} {part}");
    }
    assert!(minute["latency_ms"]["count"].as_u64() >= Some(3));
    assert_eq!(minute["velocity"][0]["units"], "6");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_names_the_field() {
    let day = Day::begin().await;
    let mut socket = day.stand.socket(Role::Admin).await;
    for (extra, field) in [
        (json!({"every": "2s"}), "every"),
        (json!({"history_s": 7_201}), "history_s"),
        (json!({"every": "1m", "history_s": 86_401}), "history_s"),
        (json!({"history_s": -1}), "history_s"),
        (json!({"fields": ["sales", "slaes"]}), "fields[1]"),
        (json!({"colour": 1}), "colour"),
    ] {
        let mut request = json!({"op": "watch_metrics", "id": id()});
        request.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let reply = socket.ask(request).await;
        assert_eq!((&reply["error"]["number"], &reply["error"]["field"]), (&json!(1001), &json!(field)), "{reply}");
    }
    for (query, field) in [
        ("every=2s", "every"),
        ("history_s=7201", "history_s"),
        ("history_s=x", "history_s"),
        ("fields=sales,slaes", "fields"),
        ("fields=", "fields"),
        ("colour=1", "colour"),
    ] {
        for path in ["stream", "history"] {
            let answer = day.stand.get_as(Role::Admin, &format!("/v1/metrics/{path}?{query}")).await;
            assert_eq!((answer.number(), &answer.json()["field"]), (1001, &json!(field)), "{query}");
        }
    }
    let same = id();
    assert_eq!(socket.ask(json!({"op": "watch_metrics", "id": same})).await["ok"], "watching");
    for op in ["watch_metrics", "subscribe"] {
        assert_eq!(socket.ask(json!({"op": op, "id": same})).await["error"]["number"], 1008, "{op}");
    }
    for _ in 1..8 {
        assert_eq!(socket.ask(json!({"op": "watch_metrics", "id": id()})).await["ok"], "watching");
    }
    assert_eq!(socket.ask(json!({"op": "watch_metrics", "id": id()})).await["error"]["number"], 5007);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_its_key_and_with_the_server() {
    let mut day = Day::begin().await;
    let admin = [("Authorization", format!("Bearer {}", day.stand.key(Role::Admin)))];
    let made = day.stand.http("POST", "/v1/keys", &admin, br#"{"role":"analyst","holder":"bi"}"#).await.json();
    let bearer = format!("Authorization: Bearer {}", made["key"].as_str().unwrap());
    let mut revoked = Lines::open(&day.stand.address, "/v1/metrics/stream", &[&bearer]).await;
    let mut other = day.open(Role::Analyst, "/v1/metrics/stream", "").await;
    day.pass(2).await;
    assert!(revoked.object().await["time"].is_string());
    assert!(other.object().await["time"].is_string());
    let path = format!("/v1/keys/{}", made["id"].as_str().unwrap());
    assert_eq!(day.stand.http("DELETE", &path, &admin, b"").await.status, 200);
    day.pass(1).await;
    assert_eq!(revoked.object().await["error"]["number"], 4003);
    assert_eq!(revoked.next().await, None);
    assert!(other.object().await["time"].is_string(), "others go on");
    tokio::task::block_in_place(|| day.stand.stop());
    while let Some(line) = other.next().await {
        assert!(line.contains("\"time\""), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_is_cut_off_and_delays_nobody() {
    let limits = Limits { stalled: Duration::from_millis(300), ..Limits::default() };
    let day = Day::with(limits).await;
    for _ in 0..10 {
        day.pass(600).await;
        day.gathered().await;
    }
    // Two hours are more than all the buffers on the way hold.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut deaf = socket.connect(day.stand.address.parse().unwrap()).await.unwrap();
    let bearer = format!("Authorization: Bearer {}", day.stand.key(Role::Admin));
    let request = format!("GET /v1/metrics/stream?history_s=7200 HTTP/1.1\r\nHost: x\r\n{bearer}\r\n\r\n");
    deaf.write_all(request.as_bytes()).await.unwrap();
    let mut reader = day.open(Role::Admin, "/v1/metrics/stream", "").await;
    for _ in 0..4 {
        day.pass(1).await;
        assert!(reader.object().await["time"].is_string());
    }
    let gone = async {
        while day.history(Role::Admin, "?fields=sockets&history_s=1").await.last().unwrap()["sockets"]["all"] != 1 {
            day.pass(1).await;
            reader.object().await;
        }
    };
    within(gone).await;
    let mut rest = Vec::new();
    let _ = within(deaf.read_to_end(&mut rest)).await;
    let read = rest.iter().filter(|byte| **byte == b'\n').count();
    assert!(read < 5_000, "it was cut off after {read} lines");
}
