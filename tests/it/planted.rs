//! Faults planted on purpose between the load tester and a real server: its auditor finds each, and
//! finds nothing where there is none.

use crate::fault_proxy::{Fault, Proxy};
use crate::harness::{Data, Server, run, text};
use serde_json::Value;
use std::sync::Mutex;

struct Planted {
    data: Data,
    address: String,
    key: String,
    /// Not looked at; it ends with us.
    _server: Mutex<Server>,
}

impl Planted {
    fn new() -> Self {
        let data = Data::new();
        let key = data.key("admin");
        let server = data.serve();
        Self { data, address: server.address.clone(), key, _server: Mutex::new(server) }
    }

    /// A run through the proxy: its exit code, and its JSON.
    fn run(&self, scenario: &str, fault: Fault) -> (Option<i32>, Value) {
        let proxy = Proxy::start(&self.address, fault);
        let (url, json) = (proxy.url(), self.data.beside(&format!("{scenario}-{fault:?}.json")));
        let mut words = vec!["loadtest", "--server", &url, "--key", &self.key, "--scenario", scenario];
        words.extend(["--rate", "200", "--connections", "8", "--in-flight", "8", "--duration", "2", "--json", &json]);
        let out = run(&words);
        assert_eq!(proxy.has_planted(), fault != Fault::None, "{fault:?}: {}", text(&out.stderr));
        (out.status.code(), serde_json::from_str(&std::fs::read_to_string(json).unwrap()).unwrap())
    }

    /// The run fails, and each of these is what one of the findings says.
    fn finds(&self, scenario: &str, fault: Fault, words: &[&str]) {
        let (code, report) = self.run(scenario, fault);
        assert_eq!((code, &report["audit"]["ok"]), (Some(1), &false.into()), "{fault:?}: {:#}", report["audit"]);
        let findings: Vec<&str> =
            report["audit"]["findings"].as_array().unwrap().iter().map(|finding| finding.as_str().unwrap()).collect();
        for word in words {
            assert!(findings.iter().any(|finding| finding.contains(word)), "{fault:?}: no {word:?} in {findings:#?}");
        }
    }
}

/// All at once: they take time, not effort.
fn all(some: &[&(dyn Fn() + Sync)]) {
    std::thread::scope(|scope| {
        let running: Vec<_> = some.iter().map(|one| scope.spawn(one)).collect();
        running.into_iter().for_each(|one| one.join().unwrap());
    });
}

#[test]
fn nothing_planted_nothing_found() {
    let planted = Planted::new();
    let nothing = |scenario: &str| {
        let (code, report) = planted.run(scenario, Fault::None);
        assert_eq!((code, &report["audit"]["ok"]), (Some(0), &true.into()), "{scenario}: {:#}", report["audit"]);
        assert!(report["accepted"].as_u64().unwrap() > 40, "{scenario}: {report:#}");
    };
    all(&[&|| nothing("steady"), &|| nothing("last-item"), &|| nothing("watchers"), &|| nothing("holiday")]);
}

#[test]
fn planted_doubled_acknowledgement_is_found() {
    let planted = Planted::new();
    let doubled = |scenario| planted.finds(scenario, Fault::DoubledAcknowledgement, &["doubled: request"]);
    all(&[&|| doubled("steady"), &|| doubled("holiday")]);
}

#[test]
fn planted_lost_unit_is_found() {
    let planted = Planted::new();
    let lost = |scenario| {
        planted.finds(scenario, Fault::LostSale, &["was acknowledged and is not in the log", "lost unit: "]);
    };
    let forged = || planted.finds("last-item", Fault::RefusalSaidToBeRecorded, &["oversold: ", "is not in the log"]);
    all(&[&|| lost("steady"), &|| lost("holiday"), &forged]);
}

#[test]
fn planted_stale_level_is_found() {
    let planted = Planted::new();
    let older = |scenario| {
        planted.finds(scenario, Fault::OlderLevelAgain, &["stale: ", "an older version after a newer one"]);
    };
    let held_back = |scenario| planted.finds(scenario, Fault::HeldBackLevels, &["stale: ", "was left at version"]);
    all(&[&|| older("watchers"), &|| older("holiday"), &|| held_back("watchers"), &|| held_back("holiday")]);
}
