//! Stripe's API as localstripe simulates it, installed from PyPI, with a proxy before it that plants faults.

use crate::harness::{PATIENCE, text};
use crate::wire::http;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

/// What is installed: newer ones may answer otherwise.
const PACKAGE: &str = "localstripe==1.15.10";
/// The account's secret key: localstripe takes any that begins so.
pub const SECRET: &str = "sk_test_51ThisIsNoSecretOfAnybody";

/// Where it is installed; says so when it cannot be.
pub fn installed() -> Option<&'static Path> {
    static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| match install() {
        Ok(folder) => Some(folder),
        Err(why) => {
            eprintln!("passed over: {PACKAGE} cannot be installed: {why}");
            None
        }
    });
    folder.as_deref()
}

/// Once for all runs, into the folder for what tests build.
fn install() -> Result<PathBuf, String> {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let folder = cache.join(PACKAGE.replace("==", "-"));
    if folder.is_dir() {
        return Ok(folder);
    }
    let building = tempfile::tempdir_in(cache).map_err(|why| why.to_string())?;
    let fresh = building.path().join("packages");
    let pip = |python: &Path| {
        let words = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"];
        done(Command::new(python).args(words).arg(&fresh).arg(PACKAGE))
    };
    // Where Python comes without pip, an environment of one's own has it.
    pip(Path::new("python3")).or_else(|_| {
        let own = building.path().join("venv");
        done(Command::new("python3").args(["-m", "venv"]).arg(&own))?;
        pip(&own.join("bin/python"))
    })?;
    // Another process may have been faster.
    match std::fs::rename(&fresh, &folder) {
        Err(why) if !folder.is_dir() => Err(why.to_string()),
        _ => Ok(folder),
    }
}

fn done(command: &mut Command) -> Result<(), String> {
    let out = command.output().map_err(|why| why.to_string())?;
    if out.status.success() { Ok(()) } else { Err(text(&out.stderr)) }
}

/// What becomes of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is done, and the connection is cut before the answer.
    CutAnswer,
    /// It is done, and its answer never comes.
    HeldAnswer,
    /// It is done, and the answer is that the server failed.
    FailedAnswer,
    /// It never gets there, and the connection is cut.
    CutRequest,
    /// It is told to come again later.
    TooMany,
}

#[derive(Default)]
struct Planted {
    /// By method and the end of the path.
    faults: Vec<(&'static str, Fault)>,
    /// The first line of each request.
    seen: Vec<String>,
    held: Vec<TcpStream>,
}

/// A running emulator; it ends with the test.
pub struct Stripe {
    child: Child,
    /// Where it is itself.
    address: String,
    /// Where the proxy before it is.
    proxy: String,
    planted: Arc<Mutex<Planted>>,
}

impl Drop for Stripe {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Stripe {
    pub fn start(packages: &Path) -> Self {
        let (child, address) = emulator(packages, &[]);
        let planted = Arc::new(Mutex::new(Planted::default()));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = listener.local_addr().unwrap().to_string();
        let (shared, emulator) = (Arc::clone(&planted), address.clone());
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (shared, emulator) = (Arc::clone(&shared), emulator.clone());
                std::thread::spawn(move || pass(client, &emulator, &shared));
            }
        });
        Self { child, address, proxy, planted }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.proxy)
    }

    /// The next request of this method and end of its path, such as `POST /confirm`, meets this.
    pub fn plant(&self, request: &'static str, fault: Fault) {
        self.planted.lock().unwrap().faults.push((request, fault));
    }

    /// How many such requests there were, those that met a fault too.
    pub fn asked(&self, request: &str) -> usize {
        self.planted.lock().unwrap().seen.iter().filter(|line| is_for(line, request)).count()
    }

    /// What the emulator itself has of a kind, whoever was told about it.
    pub async fn list(&self, kind: &str) -> Vec<Value> {
        let (path, key) = (format!("/v1/{kind}?limit=100"), format!("Bearer {SECRET}"));
        let listed = http(&self.address, "GET", &path, &[("authorization", &key)], None).await;
        assert_eq!(listed.status, 200, "{}", listed.body);
        listed.json()["data"].as_array().unwrap().clone()
    }

    /// The one intent of a payment.
    pub async fn intent(&self, payment: &str) -> Value {
        let all = self.list("payment_intents").await;
        let mut own = all.into_iter().filter(|intent| intent["metadata"]["payment"] == payment);
        let intent = own.next().unwrap();
        assert!(own.next().is_none(), "two intents of one payment");
        intent
    }

    /// Waits until there are so many of a kind.
    pub async fn wait_for(&self, kind: &str, count: usize) {
        let found = async {
            while self.list(kind).await.len() < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, found).await.expect("the emulator heard nothing in time");
    }

    /// Waits until the intent of a payment stands so.
    pub async fn wait_until(&self, payment: &str, status: &str) {
        let found = async {
            while self.intent(payment).await["status"] != status {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, found).await.expect("the emulator heard nothing in time");
    }
}

/// Starts an emulator; where it is.
pub fn emulator(packages: &Path, more: &[&str]) -> (Child, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/localstripe.py");
    let mut command = Command::new("python3");
    command.arg(script).arg(packages).args(more).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut port = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
    (child, format!("127.0.0.1:{}", port.trim().parse::<u16>().unwrap()))
}

/// Whether a request's first line has this method, and a path that ends so.
fn is_for(line: &str, request: &str) -> bool {
    let (Some((method, ends)), Some((asked, target))) = (request.split_once(' '), line.split_once(' ')) else {
        return false;
    };
    let path = target.split([' ', '?']).next().unwrap_or("");
    method == asked && path.ends_with(ends)
}

/// One request and its answer. Whoever hangs up on the way ends it.
fn pass(mut client: TcpStream, emulator: &str, planted: &Mutex<Planted>) {
    let Some((line, request)) = read_request(&client) else { return };
    let fault = {
        let mut planted = planted.lock().unwrap();
        planted.seen.push(line.clone());
        let at = planted.faults.iter().position(|(request, _)| is_for(&line, request));
        at.map(|at| planted.faults.remove(at).1)
    };
    let plain = |status: &str| format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}");
    match fault {
        Some(Fault::CutRequest) => return,
        Some(Fault::TooMany) => {
            let _ = client.write_all(plain("429 Too Many Requests").as_bytes());
            return;
        }
        _ => {}
    }
    let mut server = TcpStream::connect(emulator).unwrap();
    server.write_all(&request).unwrap();
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).unwrap();
    match fault {
        Some(Fault::CutAnswer) => {}
        Some(Fault::HeldAnswer) => planted.lock().unwrap().held.push(client),
        Some(Fault::FailedAnswer) => drop(client.write_all(plain("500 Internal Server Error").as_bytes())),
        _ => drop(client.write_all(&answer)),
    }
}

/// The first line of a request, and the whole of it as the emulator gets it: with the wish to close afterwards.
fn read_request(client: &TcpStream) -> Option<(String, Vec<u8>)> {
    let mut reader = BufReader::new(client);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut request = line.clone().into_bytes();
    request.extend(b"connection: close\r\n");
    let mut length = 0;
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header).ok()? == 0 {
            return None;
        }
        request.extend(header.as_bytes());
        let lower = header.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if header == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    request.extend(body);
    Some((line, request))
}
