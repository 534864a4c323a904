//! The load tester against the real server: what it writes, and that its auditor agrees.

use crate::harness::{Data, Server, run, run_ok, text};
use serde_json::Value;

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
    words.extend(["--per-message", "8", "--compare", &earlier]);
    let said = run_ok(&words);
    assert!(said.contains("compared: accepted sales a second: ") && said.contains("audit: clean"), "{said}");
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
