//! A full disk end to end: writes are refused with 5002, reads and live stock go on, and everything
//! resumes by itself once there is space. On a small file system in memory, where mounting one is allowed.

use crate::harness::{PATIENCE, Server, onhand, run, run_ok, text};
use crate::wire::{Socket, block_on, body_of, get, http, id, ok, post, refused, sell, stocked_shop};
use onhand_persistence::log::{AppendError, BatchId, Log, Partition};
use onhand_persistence::{FjallLog, Options};
use serde_json::json;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A small disk. Unmounted when it goes out of scope.
struct SmallDisk {
    at: TempDir,
}

impl SmallDisk {
    /// None, with the reason on standard error, where mounting is not allowed.
    fn mount() -> Option<Self> {
        let disk = Self { at: TempDir::new().unwrap() };
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=120m", "tmpfs"]).arg(disk.at.path()).output();
        match mounted {
            Ok(out) if out.status.success() => Some(disk),
            Ok(out) => {
                eprintln!("passed over: no file system can be mounted: {}", text(&out.stderr).trim());
                None
            }
            Err(why) => {
                eprintln!("passed over: no file system can be mounted: {why}");
                None
            }
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.at.path().join(name)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.at.path()).status();
    }
}

/// Writes until there is no space left.
fn fill(path: &Path) {
    let mut file = File::create(path).unwrap();
    let chunk = vec![7_u8; 1 << 20];
    while file.write_all(&chunk).is_ok() {}
}

/// Asks until the server says that its disk is, or is not, full.
async fn until_full(address: &str, full: bool) {
    let begun = Instant::now();
    loop {
        let ready = http(address, "GET", "/readyz", &[], None).await;
        assert_eq!(ready.status, 200, "readers are still welcome: {}", ready.body);
        if ready.body.contains("5002") == full {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "gave up waiting for a disk that is full: {full}");
    }
}

#[test]
fn a_full_disk_refuses_writes_serves_readers_and_resumes_by_itself() {
    let Some(disk) = SmallDisk::mount() else { return };
    let data = disk.path("data").to_string_lossy().into_owned();
    let key = |role: &str| run_ok(&["key", "create", "--role", role, "--data", &data]);
    let (admin, till) = (key("admin"), key("till"));
    let serve = || Server::start(&mut onhand(&["serve", "--data", &data, "--listen", "127.0.0.1:0"])).unwrap();
    let server = serve();
    let address = server.address.as_str();
    let held = block_on(async {
        let mut setup = Socket::open(address, &admin).await;
        stocked_shop(&mut setup, "S1", &[("TEA", 10)]).await;
        let mut watcher = Socket::open(address, &admin).await;
        ok(&watcher.call(&json!({"op": "subscribe", "id": id(), "skus": ["TEA"]})).await, "subscribed");
        fill(&disk.path("ballast"));

        // The first one meets the full disk: it is kept, and not answered before it is durable.
        let mut first = Socket::open(address, &till).await;
        let held = sell("S1", "TEA", 1);
        first.send(&held).await;
        until_full(address, true).await;
        let mut second = Socket::open(address, &till).await;
        let declined = sell("S1", "TEA", 2);
        for _ in 0..200 {
            refused(&second.call(&declined).await, 5002);
        }
        let over_http = post(address, &till, "sell", &id(), &body_of(&declined)).await;
        assert_eq!((over_http.status, over_http.json()["number"].as_u64()), (507, Some(5002)), "{}", over_http.body);
        assert_eq!(get(address, &admin, "/v1/stock/S1/TEA").await.json()["on_hand"], "10", "reads go on");
        let subscribed = second.call(&json!({"op": "subscribe", "id": id(), "skus": ["TEA"]})).await;
        assert_eq!(subscribed["levels"][0]["on_hand"], "10", "live stock goes on");

        std::fs::remove_file(disk.path("ballast")).unwrap();
        ok(&first.next().await, "recorded");
        watcher.level(|level| level["on_hand"] == "9").await;
        until_full(address, false).await;
        ok(&second.call(&declined).await, "recorded");
        watcher.level(|level| level["on_hand"] == "7").await;
        held
    });
    assert!(server.terminate().success());
    assert!(run(&["verify", "--data", &data]).status.success());
    let server = serve();
    block_on(async {
        let mut till = Socket::open(&server.address, &till).await;
        ok(&till.call(&held).await, "recorded");
        assert_eq!(get(&server.address, &admin, "/v1/stock/S1/TEA").await.json()["on_hand"], "7", "once each");
    });
    drop(server);
}

#[test]
fn a_stop_while_the_disk_is_full_ends_and_leaves_everything_whole() {
    let Some(disk) = SmallDisk::mount() else { return };
    let data = disk.path("data").to_string_lossy().into_owned();
    let admin = run_ok(&["key", "create", "--role", "admin", "--data", &data]);
    let server = Server::start(&mut onhand(&["serve", "--data", &data, "--listen", "127.0.0.1:0"])).unwrap();
    let address = server.address.clone();
    let begun = block_on(async {
        let mut socket = Socket::open(&address, &admin).await;
        stocked_shop(&mut socket, "S1", &[("TEA", 10)]).await;
        fill(&disk.path("ballast"));
        socket.send(&sell("S1", "TEA", 1)).await;
        until_full(&address, true).await;
        Instant::now()
    });
    assert!(server.terminate().success());
    assert!(begun.elapsed() < Duration::from_secs(30));
    let new = disk.path("new").to_string_lossy().into_owned();
    for words in
        [["serve", "--data", &new, "--listen", "127.0.0.1:0"], ["key", "create", "--role=web", "--data", &data]]
    {
        let out = run(&words);
        assert!(!out.status.success() && text(&out.stderr).contains("5002"), "{words:?}: {}", text(&out.stderr));
    }
    std::fs::remove_file(disk.path("ballast")).unwrap();
    assert!(run(&["verify", "--data", &data]).status.success());
}

#[test]
fn a_batch_larger_than_the_space_that_is_left_is_not_begun() {
    let Some(disk) = SmallDisk::mount() else { return };
    let options = Options { reserve_bytes: 60 << 20, ..Options::new(disk.path("data")) };
    let (mut log, _) = FjallLog::open(options).unwrap();
    let mut fence = log.acquire(Partition::default()).unwrap();
    let large = vec![0; 80 << 20];
    let refused = log.append(&mut fence, BatchId(1), 1, &[&large]);
    assert!(matches!(refused, Err(AppendError::Full)), "{refused:?}");
    log.append(&mut fence, BatchId(1), 1, &[&large[..1 << 20]]).unwrap();
}
