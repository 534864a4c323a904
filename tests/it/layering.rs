//! Who may import whom, and which package has which home. Read from the manifests.

use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Command;

/// Each crate with the crates of ours it may import. `onhand` and `xtask` may import anything, and
/// nobody imports them.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("onhand-engine", &[]),
    ("onhand-protocol", &["onhand-engine"]),
    ("onhand-persistence", &["onhand-engine"]),
    ("onhand-actors", &["onhand-engine", "onhand-persistence"]),
    ("onhand-gateway", &["onhand-engine", "onhand-protocol", "onhand-persistence", "onhand-actors"]),
    ("onhand-connectors", &["onhand-engine", "onhand-protocol"]),
    ("onhand-loadtest", &["onhand-engine", "onhand-protocol"]),
];

/// Packages with one home: where else they stand in a manifest, the build of that crate pays for it
/// and its concern leaks.
const HOMES: &[(&str, &[&str])] = &[
    ("actix", &["onhand-actors"]),
    ("actix-rt", &["onhand-actors", "onhand-gateway"]),
    ("dashmap", &["onhand-actors"]),
    ("crossbeam", &["onhand-actors"]),
    ("rkyv", &["onhand-persistence"]),
    ("fjall", &["onhand-persistence"]),
    ("axum", &["onhand-gateway"]),
    ("hyper", &["onhand-gateway", "onhand-protocol", "onhand-connectors"]),
    ("tokio-rustls", &["onhand-connectors"]),
    ("rustls-native-certs", &["onhand-connectors"]),
    ("tokio-tungstenite", &["onhand-gateway", "onhand-protocol", "onhand-loadtest"]),
    ("metrics", &["onhand-actors", "onhand-gateway"]),
    ("metrics-exporter-prometheus", &["onhand-gateway"]),
    ("hdrhistogram", &["onhand-loadtest"]),
    ("csv", &["onhand-connectors", "onhand-loadtest", "onhand-gateway"]),
    ("clap", &["onhand"]),
    ("argon2", &["onhand-gateway"]),
];

/// What the engine may not have: anything with a clock, chance, or the world outside.
const ENGINE_MAY_USE: &[&str] = &["hashbrown", "smallvec", "thiserror"];

struct Package {
    name: String,
    dependencies: BTreeSet<String>,
}

/// The packages of the workspace with what they build on; tests and benches may use anything.
fn packages() -> Vec<Package> {
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(out.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&out.stderr));
    let metadata: Value = serde_json::from_slice(&out.stdout).unwrap();
    let package = |one: &Value| Package {
        name: one["name"].as_str().unwrap().to_owned(),
        dependencies: one["dependencies"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|dependency| dependency["kind"] != "dev")
            .map(|dependency| dependency["name"].as_str().unwrap().to_owned())
            .collect(),
    };
    metadata["packages"].as_array().unwrap().iter().map(package).collect()
}

#[test]
fn every_import_goes_the_right_way() {
    let mut wrong = Vec::new();
    for package in packages() {
        let ours = package.dependencies.iter().filter(|name| *name == "onhand" || name.starts_with("onhand-"));
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == package.name) else {
            let known = package.name == "onhand" || package.name == "xtask";
            assert!(known, "{} is not in the table of tests/it/layering.rs: say what it may import", package.name);
            continue;
        };
        wrong.extend(
            ours.filter(|name| !allowed.contains(&name.as_str()))
                .map(|name| format!("{} may not import {name}; it may import {allowed:?}", package.name)),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_package_stays_at_home() {
    let mut wrong = Vec::new();
    for package in packages() {
        for (name, homes) in HOMES {
            if package.dependencies.contains(*name) && !homes.contains(&package.name.as_str()) {
                wrong.push(format!("{} uses {name}, whose home is {homes:?}", package.name));
            }
        }
        if package.name == "onhand-engine" {
            let strangers = package.dependencies.iter().filter(|name| !ENGINE_MAY_USE.contains(&name.as_str()));
            wrong.extend(strangers.map(|name| format!("the engine is pure and may not use {name}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
