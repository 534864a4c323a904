//! The load tester against the real server: what it writes, and that its auditor agrees.

use crate::harness::{Data, Server, onhand, run, run_ok, text};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

struct Load {
    data: Data,
    server: Server,
    key: String,
}

impl Load {
    fn new() -> Self {
        let data = Data::new();
        let key = data.key("admin");
        let server = data.serve();
        Self { data, server, key }
    }

    fn words<'a>(&'a self, url: &'a str, scenario: &'a str, rate: &'a str, connections: &'a str) -> Vec<&'a str> {
        vec![
            "loadtest",
            "--server",
            url,
            "--key",
            &self.key,
            "--scenario",
            scenario,
            "--rate",
            rate,
            "--connections",
            connections,
            "--in-flight",
            "8",
            "--duration",
            "1",
        ]
    }

    /// A run of one second that must pass; its JSON.
    fn report(&self, scenario: &str, rate: &str, connections: &str) -> Value {
        let (url, json) = (self.server.url(), self.data.beside(&format!("{scenario}.json")));
        let mut words = self.words(&url, scenario, rate, connections);
        words.extend(["--json", &json]);
        run_ok(&words);
        serde_json::from_str(&std::fs::read_to_string(json).unwrap()).unwrap()
    }
}

#[test]
fn each_scenario_is_measured_and_audited() {
    let load = Load::new();
    for (scenario, rate) in [("steady", "300"), ("hot-sku", "max"), ("spread", "300"), ("baskets", "100")] {
        let report = load.report(scenario, rate, "4");
        assert_eq!(report["scenario"], scenario);
        assert_eq!((&report["connections"], &report["in_flight"]), (&4.into(), &8.into()));
        for field in ["duration_s", "accepted_per_s"] {
            assert!(report[field].as_f64().unwrap() > 0.5, "{scenario} {field}: {report:#}");
        }
        assert_eq!((&report["refused_per_s"], &report["errors"]), (&0.0.into(), &0.into()), "{scenario}");
        let latency = &report["latency_ms"];
        let rising = ["p50", "p90", "p99", "p999", "max"].map(|name| latency[name].as_f64().unwrap());
        assert!(rising[0] > 0.0 && rising.is_sorted(), "{scenario}: {latency}");
        assert_eq!((&report["audit"]["ok"], &report["audit"]["findings"]), (&true.into(), &Value::Array(vec![])));
        assert!(report["audit"]["probes"].as_u64().unwrap() > 0, "{scenario}: {report:#}");
    }
    assert!(load.server.terminate().success());
    load.data.verify();
}

#[test]
fn the_last_items_have_one_winner_each() {
    let load = Load::new();
    let report = load.report("last-item", "max", "16");
    let audit = &report["audit"];
    assert_eq!((&audit["ok"], &report["errors"]), (&true.into(), &0.into()), "{report:#}");
    assert_eq!(audit["places_asked"], audit["places_sold"], "a winner for each");
    assert_eq!(report["accepted"], audit["places_sold"], "and only one");
    assert!(report["refused_per_s"].as_f64().unwrap() > 0.0);
}

#[test]
fn two_runs_are_compared_and_several_sales_share_a_message() {
    let load = Load::new();
    load.report("hot-sku", "max", "2");
    let (url, earlier) = (load.server.url(), load.data.beside("hot-sku.json"));
    let mut words = load.words(&url, "hot-sku", "max", "2");
    let html = load.data.beside("compared.html");
    words.extend(["--per-message", "8", "--compare", &earlier, "--html", &html]);
    let said = run_ok(&words);
    let page = std::fs::read_to_string(&html).unwrap();
    assert!(page.contains("Beside the earlier run") && page.contains("accepted earlier"), "{page}");
    assert!(said.contains("compared: accepted a second: ") && said.contains("audit: clean"), "{said}");
    let mut other = load.words(&url, "spread", "10", "2");
    other.extend(["--compare", &earlier]);
    assert_eq!(run(&other).status.code(), Some(3), "another scenario's run");
}

#[test]
fn watchers_see_the_last_level() {
    let load = Load::new();
    let report = load.report("watchers", "200", "50");
    assert_eq!((&report["audit"]["ok"], &report["audit"]["watchers"]), (&true.into(), &50.into()), "{report:#}");
    assert!(report["levels_per_s"].as_f64().unwrap() > 50.0);
    assert!(report["staleness_ms"]["max"].as_u64().is_some());
}

#[test]
fn a_holiday_has_its_phases_and_as_many_winners_as_units() {
    let load = Load::new();
    let (url, json) = (load.server.url(), load.data.beside("holiday.json"));
    let html = load.data.beside("holiday.html");
    let mut words = load.words(&url, "holiday", "200", "16");
    words.retain(|word| *word != "--duration" && *word != "1");
    words.extend(["--duration", "6", "--json", &json, "--html", &html, "--gate", "undersold=0", "--gate", "errors=0"]);
    let said = run_ok(&words);
    assert!(said.contains("flash drop: "), "{said}");
    let report: Value = serde_json::from_str(&std::fs::read_to_string(json).unwrap()).unwrap();
    let phases = report["phases"].as_array().unwrap();
    let names: Vec<&str> = phases.iter().map(|phase| phase["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["ramp up", "spike", "flash drop", "cool down"]);
    let rate = |at: usize| phases[at]["accepted_per_s"].as_f64().unwrap();
    assert!(rate(1) > 2.0 * rate(0), "the spike is higher: {phases:#?}");
    for (before, after) in phases.iter().zip(&phases[1..]) {
        assert_eq!(before["end_s"], after["start_s"]);
    }
    let (audit, drop) = (&report["audit"], &report["audit"]["flash_drop"]);
    assert_eq!((&audit["ok"], &drop["winners"], &drop["left"]), (&true.into(), &drop["units"], &0.into()), "{audit:#}");
    let count = |value: &Value| value.as_u64().unwrap();
    assert!(count(&drop["refused"]) > 0 && count(&audit["refusals_compared"]) > 0, "{audit:#}");
    let ended = &audit["reservations"];
    assert_eq!(
        count(&ended["begun"]),
        ["sold", "released", "expired"].map(|how| count(&ended[how])).iter().sum::<u64>()
    );
    assert!(["sold", "released", "expired"].iter().all(|how| count(&ended[how]) > 0), "{ended}");
    let kinds: Vec<&str> =
        report["by_kind"].as_array().unwrap().iter().map(|of| of["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["sale", "reserve", "purchase", "release"]);
    assert!(report["staleness_ms"]["p99"].as_u64().is_some() && audit["watchers"] == 8, "{report:#}");
    let page = std::fs::read_to_string(html).unwrap();
    for part in ["Passed", "Staleness over time", "Shopper buys what is reserved", "short stock", "onhand 0.1.0"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    // Two of the four phases are shaded, in the three plots over time and that of refusals.
    assert!(page.matches("class=\"band\"").count() >= 6 && page.matches(">flash drop<").count() >= 3, "{page}");
}

/// Killed in the midst of the flash drop and started again: what was in flight is asked again, nothing is
/// lost or doubled, and still there are as many winners as units.
#[test]
fn a_holiday_adds_up_over_a_server_that_is_killed() {
    let Load { data, server, key } = Load::new();
    let (address, url) = (server.address.clone(), server.url());
    let json = data.beside("killed.json");
    let mut words = vec!["loadtest", "--server", &url, "--key", &key, "--scenario", "holiday", "--rate", "100"];
    words.extend(["--connections", "16", "--in-flight", "8", "--duration", "8", "--json", &json]);
    let mut loadtest = onhand(&words).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let said = BufReader::new(loadtest.stderr.take().unwrap()).lines().map_while(Result::ok);
    let mut again = None;
    let mut server = Some(server);
    for line in said {
        if let Some(server) = server.take_if(|_| line.contains(" flash drop: ")) {
            server.kill();
            let mut serve = onhand(&["serve", "--data", &data.arg(), "--listen", &address]);
            again = Some(Server::start(&mut serve).unwrap());
        }
    }
    assert!(again.is_some(), "it was killed in the flash drop");
    assert_eq!(loadtest.wait().unwrap().code(), Some(0));
    let report: Value = serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
    let (audit, drop) = (&report["audit"], &report["audit"]["flash_drop"]);
    assert_eq!((&audit["ok"], &drop["winners"], &drop["left"]), (&true.into(), &drop["units"], &0.into()), "{audit:#}");
    assert!(report["errors"].as_u64().unwrap() > 0, "connections were lost: {report:#}");
}

#[test]
fn phases_multiply_a_rate_that_is_given() {
    let load = Load::new();
    let (url, json) = (load.server.url(), load.data.beside("profile.json"));
    let words = |rate, scenario| {
        let mut words = load.words(&url, scenario, rate, "4");
        words.retain(|word| *word != "--duration" && *word != "1");
        words
    };
    let mut profile = words("100", "spread");
    profile.extend(["--profile", "1s:1x,1s:3x", "--json", &json]);
    run_ok(&profile);
    let report: Value = serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
    let phases = report["phases"].as_array().unwrap();
    let planned: Vec<f64> = phases.iter().map(|phase| phase["planned_per_s"].as_f64().unwrap()).collect();
    assert_eq!((planned, &report["accepted"], &report["unsent"]), (vec![100.0, 300.0], &400.into(), &0.into()));
    for (rate, scenario, more, why) in [
        ("max", "holiday", vec![], "give --rate a number"),
        ("max", "spread", vec!["--profile", "1s:1x"], "give --rate a number"),
        ("10", "holiday", vec!["--profile", "1s:1x"], "phases of its own"),
        ("10", "spread", vec!["--profile", "1s:1x", "--duration", "1"], "cannot be used with"),
    ] {
        let mut wrong = words(rate, scenario);
        wrong.extend(more);
        let out = run(&wrong);
        assert_eq!(out.status.code(), Some(2), "{wrong:?}");
        assert!(text(&out.stderr).contains(why), "{wrong:?}: {}", text(&out.stderr));
    }
}

/// Far more is planned than can be sent: what cannot be sent in time is counted and not kept.
#[test]
fn what_was_planned_too_fast_is_given_up_and_counted() {
    let load = Load::new();
    let (url, json) = (load.server.url(), load.data.beside("overload.json"));
    let mut words = load.words(&url, "hot-sku", "2000000", "1");
    words.retain(|word| *word != "--duration" && *word != "1" && *word != "--connections");
    words.extend(["--profile", "1.5s:1x,1s:0.00001x", "--patience", "1", "--connections", "2", "--json", &json]);
    run_ok(&words);
    let report: Value = serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
    let count = |name: &str| report[name].as_u64().unwrap();
    assert_eq!(count("accepted") + count("refused") + count("unsent"), 3_000_020, "{report:#}");
    assert!(count("unsent") > 1_000_000 && count("accepted") > 0, "{report:#}");
    let slowest = report["latency_ms"]["max"].as_f64().unwrap();
    assert!(slowest > 500.0, "waiting counts: {slowest}");
    assert_eq!(report["audit"]["ok"], true);
}

#[test]
fn a_gate_that_fails_ends_with_1_and_the_page_says_so() {
    let load = Load::new();
    let (url, page) = (load.server.url(), load.data.beside("run.html"));
    let mut words = load.words(&url, "hot-sku", "50", "2");
    words.extend(["--gate", "p99=60s", "--gate", "accepted=1000000", "--html", &page]);
    let out = run(&words);
    assert_eq!(out.status.code(), Some(1), "{}", text(&out.stderr));
    let said = text(&out.stdout);
    assert!(said.contains("gate p99=60s held") && said.contains("gate accepted=1000000 FAILED"), "{said}");
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("accepted=1000000") && page.contains("<svg"), "{page}");
    assert!(!page.contains(&load.key), "a key is nobody's business");
    for outside in ["src=\"http", "href=\"http", "@import", "url("] {
        assert!(!page.contains(outside), "it opens without a network: {outside}");
    }
    assert_eq!(run(&load.words(&url, "hot", "50", "2")).status.code(), Some(2), "no such scenario");
}
