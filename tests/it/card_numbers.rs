//! A card number sent in every text field of every request is refused, named by its field, and found nowhere
//! afterwards; real data has nothing that is taken for one.

use crate::harness::{self, onhand, run, run_ok, sample_data, text};
use crate::wire::{Socket, block_on, get, http, id, ok, post, stocked_shop};
use flate2::read::GzDecoder;
use onhand_engine::card_number;
use onhand_protocol::routes::ROUTES;
use serde_json::{Map, Value, json};
use std::io::Read;
use std::path::Path;

/// Visa's number for tests, and one of Discover's that packing cannot shorten.
const CARDS: [&str; 2] = ["4012 8888 8888 1881", "6011000990139424"];
/// What is looked for afterwards, besides those: the digits alone.
const DIGITS: [&str; 2] = ["4012888888881881", "6011000990139424"];
/// Sent in the same fields, so that looking for it shows that the search finds what was kept.
const MARK: &str = "MARK-8f2a71";

fn schema() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema/request.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What a schema says, its reference followed.
fn followed<'a>(root: &'a Value, mut schema: &'a Value) -> &'a Value {
    loop {
        if let Some(target) = schema["$ref"].as_str() {
            schema = root.pointer(target.strip_prefix('#').unwrap()).unwrap_or_else(|| panic!("{target}"));
        } else if let Some(either) = schema["anyOf"].as_array() {
            schema = either.iter().find(|one| one["type"] != "null").unwrap();
        } else {
            return schema;
        }
    }
}

fn is(schema: &Value, kind: &str) -> bool {
    schema["type"] == kind || schema["type"].as_array().is_some_and(|kinds| kinds.contains(&json!(kind)))
}

/// A value in form, of an object every field; and where text, or a number of any size, can stand in it.
fn value(root: &Value, schema: &Value, path: &str, places: &mut Vec<String>) -> Value {
    let schema = followed(root, schema);
    if let Some(word) =
        schema.get("const").or_else(|| schema["enum"].get(0)).or_else(|| schema["oneOf"][0].get("const"))
    {
        return word.clone();
    }
    // Several forms of an object: what is in any of them. The filter comes before the form is looked at.
    if let Some(forms) = schema["oneOf"].as_array() {
        let mut object = Map::new();
        for form in forms {
            let Value::Object(fields) = value(root, form, path, places) else { panic!("{path}: {form}") };
            object.extend(fields);
        }
        return Value::Object(object);
    }
    if is(schema, "object") {
        let mut object = Map::new();
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            object.insert(name.clone(), value(root, field, &format!("{path}/{name}"), places));
        }
        // A map: any name may stand in it.
        if schema["additionalProperties"].is_object() {
            let inner = value(root, &schema["additionalProperties"], &format!("{path}/NAME"), places);
            object.insert("NAME".to_owned(), inner);
        }
        return Value::Object(object);
    }
    if is(schema, "array") {
        return json!([value(root, &schema["items"], &format!("{path}/0"), places)]);
    }
    if is(schema, "boolean") {
        return json!(false);
    }
    places.push(path.to_owned());
    if is(schema, "string") {
        return json!("x");
    }
    assert!(is(schema, "integer") || is(schema, "number"), "{path} is nothing that this test knows: {schema}");
    json!(1)
}

/// Each request of the schema with its op, and each place in it.
fn requests() -> Vec<(String, Value, Vec<String>)> {
    let root = schema();
    let one = |reference: &Value| {
        let mut places = Vec::new();
        let request = value(&root, reference, "", &mut places);
        (request["op"].as_str().unwrap().to_owned(), request, places)
    };
    root["oneOf"].as_array().unwrap().iter().map(one).collect()
}

/// `/lines/0/sku` as errors name it: `lines[0].sku`.
fn field(place: &str) -> String {
    let mut field = String::new();
    for part in place.split('/').skip(1) {
        match part.parse::<usize>() {
            Ok(at) => field.push_str(&format!("[{at}]")),
            Err(_) if field.is_empty() => field.push_str(part),
            Err(_) => field.push_str(&format!(".{part}")),
        }
    }
    field
}

/// The request with a card number at that place: as text, and where it can be as a number.
fn spoilt(request: &Value, place: &str, card: &str) -> Value {
    let mut request = request.clone();
    if place != "/id" && request.get("id").is_some() {
        request["id"] = json!(id());
    }
    let at = request.pointer_mut(place).unwrap();
    *at = if at.is_number() { json!(card.replace(' ', "").parse::<u64>().unwrap()) } else { json!(card) };
    request
}

async fn each_field_over_websocket(address: &str, key: &str) -> usize {
    let mut sent = 0;
    let mut socket = Socket::open(address, key).await;
    for (op, request, places) in requests() {
        for place in &places {
            for card in CARDS {
                socket.send(&spoilt(&request, place, card)).await;
                let reply = socket.next().await;
                assert_eq!(reply["error"]["number"], 1020, "{op} {place}: {reply}");
                assert_eq!(reply["error"]["field"], field(place), "{op}: {reply}");
                assert_eq!(card_number::find(reply.to_string().as_bytes()), None, "{reply}");
                sent += 1;
            }
        }
    }
    sent
}

/// What drivers say at an address of their own: nobody else's message of this kind is read at all.
fn is_drivers(op: &str) -> bool {
    matches!(op, "take_payment" | "report_payment")
}

/// The requests over HTTP that this holder may send.
async fn each_field_over_http(address: &str, key: &str, may_send: impl Fn(&str) -> bool) -> usize {
    let mut sent = 0;
    for (op, mut request, places) in requests().into_iter().filter(|(op, _, _)| may_send(op)) {
        // A read of this name has no body.
        if ROUTES.iter().any(|route| route.path == format!("/v1/{op}") && route.method == "GET") {
            continue;
        }
        request.as_object_mut().unwrap().retain(|name, _| name != "op" && name != "id");
        for place in places.iter().filter(|place| *place != "/id") {
            for card in CARDS {
                let answer = post(address, key, &op, &id(), &spoilt(&request, place, card)).await;
                assert_eq!(answer.json()["number"], 1020, "{op} {place}: {}", answer.body);
                assert_eq!(answer.json()["field"], field(place), "{op}: {}", answer.body);
                assert_eq!(card_number::find(answer.body.as_bytes()), None, "{}", answer.body);
                sent += 1;
            }
        }
    }
    sent
}

/// Every parameter of every route, in its path and in its query.
async fn each_address(address: &str, key: &str) -> usize {
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", bearer.as_str())];
    let mut sent = 0;
    for route in ROUTES {
        let parameters = route.path.matches('{').count();
        let encoded = CARDS[0].replace(' ', "%20");
        let mut addresses: Vec<String> = (0..parameters).map(|at| with_parameter(route.path, at, &encoded)).collect();
        let plain = route.path.replace(['{', '}'], "");
        addresses.extend(route.query.iter().map(|query| format!("{plain}?{}={encoded}", query.name)));
        for path in addresses {
            let answer = http(address, route.method, &path, &headers, Some("{}")).await;
            assert_eq!((answer.status, &answer.json()["number"]), (400, &json!(1020)), "{path}: {}", answer.body);
            assert_eq!(card_number::find(answer.body.as_bytes()), None, "{}", answer.body);
            sent += 1;
        }
    }
    sent
}

/// The path with its nth parameter given, and `x` for the others.
fn with_parameter(path: &str, nth: usize, given: &str) -> String {
    let mut made = String::new();
    for (at, part) in path.split('{').enumerate() {
        match part.split_once('}') {
            Some((_, rest)) => made += &format!("{}{rest}", if at == nth + 1 { given } else { "x" }),
            None => made += part,
        }
    }
    made
}

/// Files under a folder with any of these bytes in them.
fn holding(folder: &Path, needles: &[Vec<u8>]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, needles));
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let has = |needle: &Vec<u8>| bytes.windows(needle.len()).any(|some| some == needle);
        if needles.iter().any(has) {
            found.push(path.display().to_string());
        }
    }
    found
}

/// A number as text, spaced and not, and as an integer either way round.
fn every_form() -> Vec<Vec<u8>> {
    let texts = CARDS.iter().chain(&DIGITS).map(|text| text.as_bytes().to_vec());
    let numbers = DIGITS.iter().map(|digits| digits.parse::<u64>().unwrap());
    let integers = numbers.flat_map(|number| [number.to_le_bytes().to_vec(), number.to_be_bytes().to_vec()]);
    texts.chain(integers).collect()
}

#[test]
fn a_card_number_in_any_field_is_refused_and_found_nowhere() {
    let data = harness::Data::new();
    let (admin, driver) = (data.key("admin"), data.key("driver"));
    let log = data.beside("log");
    let dir = data.arg();
    let mut program = onhand(&["serve", "--data", &dir, "--listen", "127.0.0.1:0", "--payments", "127.0.0.1:0"]);
    program.env("RUST_LOG", "trace");
    let mut server = harness::Server::start_logging(&mut program, &log);
    let (on_socket, over_http, addresses) = block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        stocked_shop(&mut setup, "S1", &[("TEA", 5)]).await;
        // The mark is kept: what holds it could hold a card number.
        let item = json!({"sku": MARK, "name": MARK, "tax_class": "standard", "category": MARK});
        ok(&setup.call(&json!({"op": "define_items", "id": id(), "items": [item]})).await, "items_defined");
        let reserve = json!({"op": "reserve", "id": id(), "location": "S1", "owner": MARK, "ttl_s": 60,
            "lines": [{"sku": "TEA", "qty": "1"}]});
        ok(&setup.call(&reserve).await, "reserved");
        let payments = server.payments.clone().unwrap();
        let on_socket = each_field_over_websocket(&server.address, &admin).await
            + each_field_over_websocket(&payments, &driver).await;
        let over_http = each_field_over_http(&server.address, &admin, |op| !is_drivers(op)).await
            + each_field_over_http(&payments, &driver, is_drivers).await;
        let addresses = each_address(&server.address, &admin).await;
        let level = get(&server.address, &admin, "/v1/stock/S1/TEA").await.json();
        assert_eq!((&level["on_hand"], &level["version"]), (&json!("5"), &json!(2)), "{level}");
        (on_socket, over_http, addresses)
    });
    eprintln!("refused: {on_socket} on the socket, {over_http} in bodies, {addresses} in addresses");
    assert!(on_socket > 150 && over_http > 150 && addresses > 15, "{on_socket} {over_http} {addresses}");
    server.signal("TERM");
    while let Some(line) = server.next_line() {
        assert_eq!(card_number::find(line.as_bytes()), None, "{line}");
    }
    assert!(server.wait().success());
    let backup = data.beside("backup");
    run_ok(&["backup", "--data", &dir, "--to", &backup]);
    let root = Path::new(&log).parent().unwrap();
    // A backup is compressed, and may have cut a number in two: what is restored from it is searched too.
    let restored = data.beside("restored");
    run_ok(&["restore", "--from", &backup, "--data", &restored]);
    for folder in [&dir, &restored] {
        let found = holding(Path::new(folder), &[MARK.as_bytes().to_vec()]);
        assert!(!found.is_empty(), "the search finds what was kept in {folder}");
    }
    assert_eq!(holding(root, &every_form()), Vec::<String>::new());
    let log = std::fs::read(&log).unwrap();
    assert!(text(&log).contains("stopping"), "it logged until its end: {}", text(&log));
    assert_eq!(card_number::find(&log).map(|at| text(&log[at])), None);
    data.verify();
}

#[test]
fn the_command_line_takes_none_and_shows_none() {
    let data = harness::Data::new();
    let out = run(&["key", "create", "--role", "till", "--name", CARDS[0], "--data", &data.arg()]);
    assert_eq!(out.status.code(), Some(1));
    assert!(text(&out.stderr).contains("1020"), "{}", text(&out.stderr));
    let file = data.beside("items.csv");
    std::fs::write(&file, format!("sku,name,tax_class\nTEA,Tea,standard\nCUP,Cup {},standard\n", CARDS[0])).unwrap();
    let import = run(&["import", &file, "--dry-run"]);
    assert_eq!(import.status.code(), Some(1));
    assert!(text(&import.stdout).contains("line 3: error: name: it holds what looks like"), "{}", text(&import.stdout));
    for shown in [&out.stdout, &out.stderr, &import.stdout, &import.stderr] {
        assert_eq!(card_number::find(shown), None, "{}", text(shown));
    }
    assert_eq!(holding(Path::new(&file).parent().unwrap(), &every_form()), [file]);
}

/// Cells of a CSV file, plain or gzip.
fn cells(path: &Path) -> Vec<String> {
    let mut bytes = std::fs::read(path).unwrap();
    if path.extension().is_some_and(|ending| ending == "gz") {
        let mut unpacked = Vec::new();
        GzDecoder::new(bytes.as_slice()).read_to_end(&mut unpacked).unwrap();
        bytes = unpacked;
    }
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes.as_slice());
    let rows = reader.records().filter_map(Result::ok);
    rows.flat_map(|row| row.iter().map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[test]
fn nothing_in_real_data_is_taken_for_one() {
    let mut seen = 0;
    for file in [
        "complete-journey/products.csv.gz",
        "complete-journey/transactions.csv.gz",
        "shopify/apparel.csv",
        "shopify/home-and-garden.csv",
        "shopify/jewelery.csv",
        "woocommerce/sample_products.csv",
    ] {
        let Some(path) = sample_data(file) else { return };
        let cells = cells(&path);
        seen += cells.len();
        let alarms: Vec<&String> = cells.iter().filter(|cell| card_number::find(cell.as_bytes()).is_some()).collect();
        assert!(alarms.is_empty(), "{file}: {alarms:?}");
    }
    eprintln!("0 of {seen} cells");
    let Some(captures) = sample_data("woocommerce/captures") else { return };
    let alarms = alarms(&captures);
    // Prices that PHP printed as floats: 10.735537200000001. Nobody's prefix.
    assert!(alarms.is_empty(), "{alarms:?}");
}

fn alarms(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(alarms(&path));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            found.extend(card_number::find(&bytes).map(|at| format!("{}: {}", path.display(), text(&bytes[at]))));
        }
    }
    found
}
