//! Somebody else's tools: a client written from the protocol's page alone, and Prometheus' checker.

use crate::harness::{Data, text};
use crate::wire::{Socket, block_on, get, stocked_shop};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Whether a program is there; says so when it is not.
fn present(program: &str) -> bool {
    let found = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !found {
        eprintln!("passed over: {program} is not installed");
    }
    found
}

#[test]
fn a_python_client_written_from_the_protocol_page_sells_the_last_item() {
    if !present("python3") {
        return;
    }
    let data = Data::new();
    let (admin, till) = (data.key("admin"), data.key("till"));
    let server = data.serve();
    block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        stocked_shop(&mut setup, "S1", &[("TEA", 1)]).await;
    });
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/last_item.py");
    let out = Command::new("python3").arg(script).args([&server.url(), &till, "S1", "TEA"]).output().unwrap();
    assert!(out.status.success(), "{}\n{}", text(&out.stdout), text(&out.stderr));
    block_on(async {
        let level = get(&server.address, &admin, "/v1/stock/S1/TEA").await.json();
        assert_eq!(level["on_hand"], "0");
    });
}

#[test]
fn promtool_finds_nothing_wrong_with_the_metrics() {
    if !present("promtool") {
        return;
    }
    let data = Data::new();
    let (admin, operations) = (data.key("admin"), data.key("operations"));
    let server = data.serve();
    let metrics = block_on(async {
        let mut setup = Socket::open(&server.address, &admin).await;
        stocked_shop(&mut setup, "S1", &[("TEA", 5)]).await;
        setup.call(&crate::wire::sell("S1", "TEA", 1)).await;
        setup.call(&crate::wire::sell("S1", "TEA", 9)).await;
        get(&server.address, &operations, "/metrics").await.body
    });
    assert!(metrics.lines().filter(|line| line.starts_with("# HELP onhand_")).count() >= 10, "{metrics}");
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    promtool.stdin.take().unwrap().write_all(metrics.as_bytes()).unwrap();
    let out = promtool.wait_with_output().unwrap();
    assert!(out.status.success() && out.stderr.is_empty(), "{}\n{metrics}", text(&out.stderr));
}
