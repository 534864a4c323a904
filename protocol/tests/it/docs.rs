//! The documents are right: every example of PROTOCOL.md is what it claims to be, and the schema
//! files are those of the types (`UPDATE_EXPECT=1` writes them anew).

use onhand_protocol::message::read::KeyMessage;
use onhand_protocol::message::{
    CreateKey, ErrorBody, Incoming, Levels, METRIC_FIELDS, Metrics, MetricsMessage, OPS, Payments, Prices, Reply,
    ReportPage, Request,
};
use onhand_protocol::{openapi, routes, schema};
use std::collections::BTreeSet;
use std::path::Path;

const PROTOCOL: &str = include_str!("../../../docs/PROTOCOL.md");

/// (what it claims to be, its text)
fn examples() -> Vec<(String, String)> {
    let mut examples = Vec::new();
    let mut lines = PROTOCOL.lines();
    while let Some(line) = lines.next() {
        if let Some(claim) = line.strip_prefix("```json") {
            let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            examples.push((claim.trim().to_owned(), text.join("\n")));
        }
    }
    examples
}

/// A type ignores nothing of an example: what it writes is what was read. Bar codes are printed as 14
/// digits.
fn unchanged(text: &str, written: &str) {
    let written = &written.replace("\"04006381333931\"", "\"4006381333931\"");
    let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    assert_eq!(parsed(text), parsed(written));
}

/// The fields that an object has, besides those that always stand there.
fn fields(metrics: &MetricsMessage) -> Vec<&'static str> {
    let (mut text, mut fields) = (Vec::new(), Vec::new());
    metrics.write(&mut text, |field, range| fields.push((field.name(), range)));
    assert_eq!(String::from_utf8(text.clone()).unwrap(), serde_json::to_string(metrics).unwrap());
    let named = |(name, range): &(&str, std::ops::Range<usize>)| {
        text[range.clone()].starts_with(format!(",\"{name}\":").as_bytes())
    };
    assert!(fields.iter().all(named), "a field does not lie where it is said to");
    fields.into_iter().map(|(name, _)| name).collect()
}

#[test]
fn every_example_is_what_it_claims_to_be() {
    let (mut ops, mut oks) = (BTreeSet::new(), BTreeSet::new());
    for (claim, text) in examples() {
        match claim.as_str() {
            "request" => {
                let request = Request::parse(&text).unwrap_or_else(|why| panic!("{why:?}\n{text}"));
                ops.insert(request.body.op());
                unchanged(&text, &request.to_json());
            }
            "reply" => {
                let reply = Reply::parse(&text).unwrap_or_else(|why| panic!("{why}\n{text}"));
                let mut written = Vec::new();
                reply.write(&mut written);
                unchanged(&text, &String::from_utf8(written).unwrap());
                oks.extend(reply.result.ok().map(|success| success.ok()));
            }
            "push" => match Incoming::parse(&text).unwrap_or_else(|why| panic!("{why}\n{text}")) {
                Incoming::Levels(levels) => unchanged(&text, &serde_json::to_string(&Levels { levels }).unwrap()),
                Incoming::Metrics(metrics) => {
                    assert_eq!(fields(&metrics), METRIC_FIELDS, "an example has every field");
                    unchanged(&text, &serde_json::to_string(&Metrics { metrics: *metrics }).unwrap());
                }
                Incoming::Prices(prices) => unchanged(&text, &serde_json::to_string(&Prices { prices }).unwrap()),
                Incoming::Payments(payments) => {
                    unchanged(&text, &serde_json::to_string(&Payments { payments }).unwrap())
                }
                Incoming::Reply(_) => panic!("a reply: {text}"),
            },
            "problem" => {
                let error = ErrorBody::from_problem(text.as_bytes()).unwrap();
                unchanged(&text, &error.problem().to_string());
            }
            "body create_key" => {
                unchanged(&text, &serde_json::to_string(&CreateKey::parse(text.as_bytes()).unwrap()).unwrap())
            }
            "body key" => {
                let key: KeyMessage = serde_json::from_str(&text).unwrap();
                unchanged(&text, &serde_json::to_string(&key).unwrap());
            }
            "body report" => {
                let page: ReportPage = serde_json::from_str(&text).unwrap();
                unchanged(&text, &serde_json::to_string(&page).unwrap());
            }
            other => panic!("an example claims to be {other:?}"),
        }
    }
    let missing: Vec<_> = OPS.iter().filter(|op| !ops.contains(*op)).collect();
    assert!(missing.is_empty(), "no example of {missing:?}");
    assert_eq!(oks.len(), 60, "every success but those of keys: {oks:?}");
}

#[test]
fn limits_in_the_document_are_those_of_the_code() {
    use onhand_protocol::limits;
    assert_eq!(limits::MESSAGE_BYTES_MAX, 64 * 1024);
    assert_eq!(limits::IMPORT_BYTES_MAX, 64 * 1024 * 1024);
    assert_eq!(
        (limits::LINES_MAX, limits::BATCH_MAX, limits::IN_FLIGHT_KEY_MAX, limits::IN_FLIGHT_SHOPPER_MAX),
        (500, 1_024, 1_024, 64)
    );
    assert_eq!((onhand_engine::scan::BYTES_MAX, limits::LAYOUTS_MAX), (1_000, 20));
    let history = (limits::METRICS_SECONDS_MAX_S, limits::METRICS_MINUTES_MAX_S, limits::METRICS_STREAMS_MAX);
    assert_eq!(history, (7_200, 86_400, 8));
    assert_eq!(limits::ROLES_OF_USER_MAX, 16);
    assert_eq!((limits::SUBSCRIPTIONS_MAX, limits::HELLO_TIMEOUT_MS, limits::PAGE_MAX), (10_000, 5_000, 1_000));
}

#[test]
fn schema_files_are_those_of_the_types() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schema");
    for (name, schema) in schema::files() {
        let text = format!("{schema:#}\n");
        let path = folder.join(name);
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == text, "docs/schema/{name} is old; run with UPDATE_EXPECT=1");
    }
}

#[test]
fn the_openapi_document_is_whole() {
    let document = openapi::document("0.1.0");
    let text = document.to_string();
    for reference in text.split("#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(document["components"]["schemas"][name].is_object(), "{name} is referred to, and not there");
    }
    assert!(!text.contains("#/$defs"), "a reference that leads nowhere");
    let operations: usize =
        document["paths"].as_object().unwrap().values().map(|path| path.as_object().unwrap().len()).sum();
    assert_eq!(operations, routes::ROUTES.len());
    let mut ids = BTreeSet::new();
    for path in document["paths"].as_object().unwrap().values() {
        for operation in path.as_object().unwrap().values() {
            assert!(ids.insert(operation["operationId"].to_string()), "{} twice", operation["operationId"]);
        }
    }
}

#[test]
fn every_route_is_in_the_document() {
    for route in routes::ROUTES {
        let named = match route.input {
            routes::Input::Command(op) => format!("\"op\": \"{op}\""),
            _ => route.path.to_owned(),
        };
        assert!(PROTOCOL.contains(&named), "{} {}", route.method, route.path);
    }
}
