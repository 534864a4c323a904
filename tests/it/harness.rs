//! The real program on a data directory of its own: start, stop, kill, keys, and what it prints.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a start, a stop or an answer may take, on a machine that does other things too.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The program, with a clean environment as far as it looks at it.
pub fn onhand(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_onhand"));
    command.args(words).env_remove("ONHAND_KEY").env_remove("RUST_LOG").stdin(Stdio::null());
    command
}

/// Runs it to its end.
pub fn run(words: &[&str]) -> Output {
    onhand(words).output().unwrap()
}

/// Runs it, expects exit code 0, gives standard output without the line's end.
pub fn run_ok(words: &[&str]) -> String {
    let out = run(words);
    assert!(out.status.success(), "onhand {words:?}: {}\n{}", out.status, text(&out.stderr));
    text(&out.stdout).trim_end().to_owned()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A data directory that goes with the test.
pub struct Data {
    dir: TempDir,
}

impl Data {
    pub fn new() -> Self {
        Self { dir: TempDir::new().unwrap() }
    }

    pub fn path(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub fn arg(&self) -> String {
        self.path().to_string_lossy().into_owned()
    }

    /// A folder beside it.
    pub fn beside(&self, name: &str) -> String {
        self.dir.path().join(name).to_string_lossy().into_owned()
    }

    /// Makes a key while no server runs.
    pub fn key(&self, role: &str) -> String {
        run_ok(&["key", "create", "--role", role, "--data", &self.arg()])
    }

    /// `onhand verify --json`, which must find nothing.
    pub fn verify(&self) -> serde_json::Value {
        let report = run_ok(&["verify", "--json", "--data", &self.arg()]);
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        assert_eq!(report["ok"], true, "{report:#}");
        report
    }

    pub fn serve(&self) -> Server {
        self.serve_with(&[])
    }

    pub fn serve_with(&self, more: &[&str]) -> Server {
        let data = self.arg();
        let mut words = vec!["serve", "--data", &data, "--listen", "127.0.0.1:0"];
        words.extend(more);
        Server::start(&mut onhand(&words)).unwrap_or_else(|stderr| panic!("onhand {words:?} did not start:\n{stderr}"))
    }
}

/// A running server. Killed when it goes out of scope.
pub struct Server {
    child: Child,
    /// `127.0.0.1:PORT`.
    pub address: String,
    /// The same for drivers of payments, where it was told to listen for them.
    pub payments: Option<String>,
    stdout: Receiver<String>,
}

impl Server {
    /// Starts it and waits for `listening on`; what it wrote to standard error when it did not.
    pub fn start(command: &mut Command) -> Result<Self, String> {
        let begun = Instant::now();
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = lines(child.stdout.take().unwrap());
        let stderr = lines(child.stderr.take().unwrap());
        let mut payments = None;
        loop {
            match stdout.recv_timeout(PATIENCE.saturating_sub(begun.elapsed())) {
                Ok(line) => {
                    if let Some(address) = line.strip_prefix("payments on http://") {
                        payments = Some(address.to_owned());
                    }
                    if let Some(address) = line.strip_prefix("listening on http://") {
                        let address = address.to_owned();
                        return Ok(Self { child, address, payments, stdout });
                    }
                }
                Err(why) => {
                    if why == RecvTimeoutError::Timeout {
                        child.kill().unwrap();
                    }
                    child.wait().unwrap();
                    return Err(stderr.iter().collect::<Vec<_>>().join("\n"));
                }
            }
        }
    }

    /// Starts it with standard error going into a file.
    pub fn start_logging(command: &mut Command, log: &str) -> Self {
        let log = std::fs::File::create(log).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let stdout = lines(child.stdout.take().unwrap());
        let line = stdout.recv_timeout(PATIENCE).unwrap();
        let address = line.strip_prefix("listening on http://").unwrap().to_owned();
        Self { child, address, payments: None, stdout }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The next line that it prints.
    pub fn next_line(&self) -> Option<String> {
        self.stdout.recv_timeout(PATIENCE).ok()
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and waits for its end.
    pub fn terminate(mut self) -> ExitStatus {
        self.signal("TERM");
        self.wait()
    }

    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.pid().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> ExitStatus {
        let begun = Instant::now();
        // Its standard output closes when it ends.
        while let Ok(_line) = self.stdout.recv_timeout(PATIENCE.saturating_sub(begun.elapsed())) {}
        assert!(begun.elapsed() < PATIENCE, "it did not stop in {PATIENCE:?}");
        self.child.wait().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Lines as they come, read on a thread so that the program never waits for us.
fn lines(from: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = sync_channel(10_000);
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            let _ = sender.try_send(line);
        }
    });
    receiver
}

/// The sample data that is not part of this repository; says so when it is not there.
pub fn sample_data(file: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(file);
    if path.exists() {
        return Some(path);
    }
    eprintln!("passed over: {} is not here", path.display());
    None
}
