//! PostgreSQL as a shop would use it: one prepared statement takes units off where there are enough,
//! in a transaction of its own that is on disk before the answer.

use crate::child::{Server, first_line, free_address, on_path};
use crate::load::{Shape, Told, Wire};
use crate::pick::{Basket, SKUS, UNITS};
use rustix::process::Signal;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A sale of one item.
const ONE: &str = "UPDATE stock SET qty = qty - 1 WHERE sku = $1 AND qty >= 1";
/// Several sales at once, each by itself.
const SEVERAL: &str = "UPDATE stock SET qty = qty - 1 WHERE sku = ANY($1) AND qty >= 1";
/// A basket, all or nothing; rows are locked in one order, so that no two baskets wait for each other.
const BASKET: &str = "WITH held AS MATERIALIZED \
    (SELECT sku FROM stock WHERE sku = ANY($1) AND qty >= 1 ORDER BY sku FOR UPDATE) \
    UPDATE stock SET qty = qty - 1 WHERE sku = ANY($1) AND (SELECT count(*) FROM held) = cardinality($1)";
/// How long it may take to come up on a busy disk.
const PATIENCE: Duration = Duration::from_secs(30);
/// The object id of the type `int4`.
const INT4: i32 = 23;

pub(crate) struct Postgres {
    pub(crate) server: Server,
    pub(crate) version: String,
    pub(crate) command: String,
}

impl Postgres {
    pub(crate) fn start(folder: &Path) -> Result<Self, String> {
        let failed = |why: std::io::Error| format!("postgres: {why}");
        let programs = programs().ok_or("postgres is not installed")?;
        std::fs::create_dir_all(folder).map_err(failed)?;
        let owner = owner();
        if let Some((user, group)) = owner {
            // It refuses to run as root, and has to get through to its folder.
            chown(folder, Some(user), Some(group)).map_err(failed)?;
            let above = folder.parent().unwrap_or(folder);
            std::fs::set_permissions(above, std::fs::Permissions::from_mode(0o755)).map_err(failed)?;
        }
        let command = |program: &str| {
            let mut command = Command::new(programs.join(program));
            command.current_dir(folder).arg("-D").arg(folder).stdout(Stdio::null()).stderr(Stdio::null());
            if let Some((user, group)) = owner {
                command.uid(user).gid(group);
            }
            command
        };
        let words = ["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C"];
        let made = command("initdb").args(words).status().map_err(failed)?;
        if !made.success() {
            return Err(format!("initdb failed in {}", folder.display()));
        }
        let address = free_address()?;
        let port = address.port().to_string();
        // Durability is the default: fsync and synchronous_commit are on.
        let words = ["-c", "max_connections=300", "-c", "shared_buffers=1GB"];
        let mut postgres = command("postgres");
        let said = File::create(folder.with_extension("log")).map_err(failed)?;
        postgres.stderr(said).args(["-h", "127.0.0.1", "-p", &port, "-k", ""]).args(words);
        let server = Server::listening_on(&mut postgres, address, Signal::INT)?;
        let postgres = Self {
            server,
            version: first_line(&programs.join("postgres"), &["--version"]),
            command: format!("postgres {}", words.join(" ")),
        };
        let mut session = Session::patient(address)?;
        session.query(
            "CREATE TABLE stock (sku int4 PRIMARY KEY, qty int8 NOT NULL CHECK (qty >= 0)) WITH (fillfactor = 50)",
        )?;
        session.query(&format!("INSERT INTO stock SELECT sku, {UNITS} FROM generate_series(0, {SKUS} - 1) AS sku"))?;
        session.query("VACUUM ANALYZE stock")?;
        session.query("CHECKPOINT")?;
        Ok(postgres)
    }

    /// Units of all items.
    pub(crate) fn units(&self) -> Result<i64, String> {
        let sum = Session::open(self.server.address)?.query("SELECT sum(qty)::int8 FROM stock")?;
        sum.parse().map_err(|_| format!("postgres: the sum is {sum:?}"))
    }

    pub(crate) fn connect(&self, shape: Shape, lines: usize) -> Result<Vec<TcpStream>, String> {
        let open = |_| {
            let mut session = Session::open(self.server.address)?;
            session.prepare(statement(shape, lines))?;
            Ok(session.0)
        };
        (0..shape.connections).map(open).collect()
    }
}

fn statement(shape: Shape, lines: usize) -> &'static str {
    match (shape.per_message, lines) {
        (1, 1) => ONE,
        (1, _) => BASKET,
        _ => SEVERAL,
    }
}

/// The folder of the newest version's programs.
fn programs() -> Option<PathBuf> {
    if let Some(postgres) = on_path("postgres") {
        return postgres.parent().map(Path::to_owned);
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let programs = versions.map(|version| version.path().join("bin")).filter(|bin| bin.join("postgres").is_file());
    programs.max()
}

/// Root lends it to the user that the package made.
fn owner() -> Option<(u32, u32)> {
    if !rustix::process::getuid().is_root() {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let mut fields = users.lines().find(|line| line.starts_with("postgres:"))?.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

/// A message: its kind, its length, what it says.
fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind];
    bytes.extend_from_slice(&(body.len() as i32 + 4).to_be_bytes());
    bytes.extend_from_slice(body);
    bytes
}

/// A connection that waits for each answer.
struct Session(TcpStream);

impl Session {
    fn open(address: SocketAddr) -> Result<Self, String> {
        let mut session = Self(TcpStream::connect(address).map_err(|why| format!("postgres: {why}"))?);
        let mut start = 196_608_i32.to_be_bytes().to_vec();
        start.extend_from_slice(b"user\0postgres\0database\0postgres\0\0");
        let greeting = message(0, &start);
        session.send(&greeting[1..])?;
        session.answers()?;
        Ok(session)
    }

    /// It listens a moment before it lets anyone in.
    fn patient(address: SocketAddr) -> Result<Self, String> {
        let begun = Instant::now();
        loop {
            match Self::open(address) {
                Err(_) if begun.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(50)),
                opened => return opened,
            }
        }
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.0.write_all(bytes).map_err(|why| format!("postgres: {why}"))
    }

    /// Reads until it is ready for the next; gives the first value of the last row.
    fn answers(&mut self) -> Result<String, String> {
        let mut value = String::new();
        let mut wrong = None;
        loop {
            let mut head = [0; 5];
            if let Err(why) = self.0.read_exact(&mut head) {
                return Err(format!("postgres: {}", wrong.unwrap_or_else(|| why.to_string())));
            }
            let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
            let mut body = vec![0; length - 4];
            self.0.read_exact(&mut body).map_err(|why| format!("postgres: {why}"))?;
            match head[0] {
                b'E' => wrong = Some(String::from_utf8_lossy(&body).replace('\0', " ")),
                b'D' => value = String::from_utf8_lossy(body.get(6..).unwrap_or_default()).into_owned(),
                b'Z' => return wrong.map_or(Ok(value), |why| Err(format!("postgres: {why}"))),
                _ => {}
            }
        }
    }

    fn query(&mut self, sql: &str) -> Result<String, String> {
        self.send(&message(b'Q', &[sql.as_bytes(), &[0]].concat()))?;
        self.answers()
    }

    fn prepare(&mut self, sql: &str) -> Result<(), String> {
        let parse = [b"sale\0", sql.as_bytes(), &[0, 0, 0]].concat();
        self.send(&[message(b'P', &parse), message(b'S', &[])].concat())?;
        self.answers()?;
        Ok(())
    }
}

pub(crate) struct PostgresWire {
    /// Bind, execute and sync in one piece.
    text: Vec<u8>,
    /// Where the numbers of the items go.
    skus: Vec<usize>,
    per_message: u32,
    lines: u32,
}

impl PostgresWire {
    pub(crate) fn new(shape: Shape, lines: usize) -> Self {
        let items = shape.per_message * lines;
        let mut value = Vec::new();
        let mut skus = Vec::new();
        if items > 1 {
            // One dimension, no nulls, the type, how many, counted from one.
            [1, 0, INT4, items as i32, 1].iter().for_each(|head| value.extend_from_slice(&head.to_be_bytes()));
        }
        for _ in 0..items {
            if items > 1 {
                value.extend_from_slice(&4_i32.to_be_bytes());
            }
            skus.push(value.len());
            value.extend_from_slice(&[0; 4]);
        }
        let mut bind = b"\0sale\0".to_vec();
        // All parameters binary; one parameter.
        [1_i16, 1, 1].iter().for_each(|head| bind.extend_from_slice(&head.to_be_bytes()));
        bind.extend_from_slice(&(value.len() as i32).to_be_bytes());
        let before = 5 + bind.len();
        bind.extend_from_slice(&value);
        bind.extend_from_slice(&[0, 0]);
        let text = [message(b'B', &bind), message(b'E', &[0; 5]), message(b'S', &[])].concat();
        skus.iter_mut().for_each(|at| *at += before);
        Self { text, skus, per_message: shape.per_message as u32, lines: lines as u32 }
    }

    /// What a tag such as `UPDATE 1` says of the message's sales.
    fn judge(&self, tag: &[u8]) -> Option<Told> {
        let count: u32 = std::str::from_utf8(tag).ok()?.strip_prefix("UPDATE ")?.trim_end_matches('\0').parse().ok()?;
        let accepted = count / self.lines;
        let whole = accepted * self.lines == count && accepted <= self.per_message;
        whole.then(|| Told { seat: None, accepted, refused: self.per_message - accepted, failed: 0 })
    }
}

impl Wire for PostgresWire {
    fn ask(&mut self, _: usize, baskets: &[Basket], out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&self.text);
        let skus = baskets.iter().flat_map(|basket| basket.skus());
        for (sku, at) in skus.zip(&self.skus) {
            out[start + at..][..4].copy_from_slice(&sku.to_be_bytes());
        }
    }

    fn read(&mut self, bytes: &[u8], mut tell: impl FnMut(Told)) -> Result<usize, String> {
        let (mut at, mut taken) = (0, 0);
        let mut told = None;
        while let Some(head) = bytes.get(at..at + 5) {
            let end = at + 1 + u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
            let Some(body) = bytes.get(at + 5..end) else { break };
            match head[0] {
                b'C' => told = self.judge(body),
                // 40P01: this statement was the victim of a deadlock and is undone.
                b'E' if body.windows(5).any(|some| some == b"40P01") => {
                    told = Some(Told { seat: None, accepted: 0, refused: 0, failed: self.per_message });
                }
                b'E' => return Err(format!("postgres: {}", String::from_utf8_lossy(body).replace('\0', " "))),
                b'Z' => {
                    tell(told.take().ok_or("postgres is ready without having said what it did")?);
                    taken = end;
                }
                _ => {}
            }
            at = end;
        }
        Ok(taken)
    }
}
