//! Redis as a shop would use it: a script takes units off, never below zero, and
//! `appendfsync always` has it on disk before the answer.

use crate::child::{Server, first_line, free_address, on_path};
use crate::load::{Shape, Told, Wire};
use crate::onhand::digits;
use crate::pick::{Basket, SKUS, UNITS};
use rustix::process::Signal;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};

/// One unit of each key, all or nothing.
const SCRIPT: &str = "for i = 1, #KEYS do \
    local left = redis.call('GET', KEYS[i]) \
    if not left or tonumber(left) < 1 then return 0 end \
    end \
    for i = 1, #KEYS do redis.call('DECR', KEYS[i]) end \
    return 1";
/// The same for one key, without the loops.
const SCRIPT_FOR_ONE: &str = "local left = redis.call('GET', KEYS[1]) \
    if not left or tonumber(left) < 1 then return 0 end \
    redis.call('DECR', KEYS[1]) \
    return 1";

/// Keys set or read in one go.
const KEYS_PER_MESSAGE: u32 = 1_000;

pub(crate) struct Redis {
    pub(crate) server: Server,
    pub(crate) version: String,
    pub(crate) command: String,
}

impl Redis {
    pub(crate) fn start(folder: &Path) -> Result<Self, String> {
        let program = on_path("redis-server").ok_or("redis-server is not installed")?;
        std::fs::create_dir_all(folder).map_err(|why| why.to_string())?;
        let address = free_address()?;
        let port = address.port().to_string();
        // No snapshots and no rewriting of its log: it only gets faster by that.
        let words =
            ["--appendonly", "yes", "--appendfsync", "always", "--save", "", "--auto-aof-rewrite-percentage", "0"];
        let mut command = Command::new(&program);
        command.args(["--bind", "127.0.0.1", "--port", &port, "--dir"]).arg(folder).args(words).stdout(Stdio::null());
        let server = Server::listening_on(&mut command, address, Signal::TERM)?;
        let redis = Self {
            version: first_line(&program, &["--version"]),
            command: format!(
                "redis-server {}",
                words.map(|word| if word.is_empty() { "\"\"" } else { word }).join(" ")
            ),
            server,
        };
        redis.fill()?;
        Ok(redis)
    }

    fn session(&self) -> Result<Session, String> {
        let socket = TcpStream::connect(self.server.address).map_err(|why| why.to_string())?;
        Ok(Session(BufReader::new(socket)))
    }

    fn fill(&self) -> Result<(), String> {
        let mut session = self.session()?;
        for first in (0..SKUS).step_by(KEYS_PER_MESSAGE as usize) {
            let pairs = (first..first + KEYS_PER_MESSAGE).flat_map(|sku| [key(sku), UNITS.to_string()]);
            session.call(std::iter::once("MSET".to_owned()).chain(pairs))?;
        }
        Ok(())
    }

    /// Units of all items.
    pub(crate) fn units(&self) -> Result<i64, String> {
        let mut session = self.session()?;
        let mut sum = 0;
        for first in (0..SKUS).step_by(KEYS_PER_MESSAGE as usize) {
            let keys = (first..first + KEYS_PER_MESSAGE).map(key);
            session.call(std::iter::once("MGET".to_owned()).chain(keys))?;
            for _ in 0..KEYS_PER_MESSAGE {
                sum += session.bulk()?.parse::<i64>().map_err(|why| why.to_string())?;
            }
        }
        Ok(sum)
    }

    pub(crate) fn wire(&self, lines: usize) -> Result<RedisWire, String> {
        let script = if lines == 1 { SCRIPT_FOR_ONE } else { SCRIPT };
        let mut session = self.session()?;
        session.send(["SCRIPT", "LOAD", script].map(str::to_owned).into_iter())?;
        let name = session.bulk()?;
        let words = ["EVALSHA".to_owned(), name, lines.to_string()];
        let text = written(words.into_iter().chain((0..lines).map(|_| key(0))));
        let keys = text.match_indices(&key(0)).map(|(at, _)| at + key(0).len() - 6).collect();
        Ok(RedisWire { text: text.into_bytes(), keys })
    }
}

/// The key of an item; always of the same length, so that it can be patched.
fn key(sku: u32) -> String {
    format!("s:{sku:06}")
}

/// A command as Redis reads it.
fn written(words: impl Iterator<Item = String>) -> String {
    let words: Vec<String> = words.collect();
    let each = words.iter().map(|word| format!("${}\r\n{word}\r\n", word.len()));
    format!("*{}\r\n{}", words.len(), each.collect::<String>())
}

/// A connection that waits for each answer: for filling and counting.
struct Session(BufReader<TcpStream>);

impl Session {
    fn send(&mut self, words: impl Iterator<Item = String>) -> Result<(), String> {
        self.0.get_mut().write_all(written(words).as_bytes()).map_err(|why| why.to_string())
    }

    fn line(&mut self) -> Result<String, String> {
        let mut line = String::new();
        self.0.read_line(&mut line).map_err(|why| why.to_string())?;
        if line.is_empty() || line.starts_with('-') { Err(format!("redis: {line}")) } else { Ok(line) }
    }

    fn call(&mut self, words: impl Iterator<Item = String>) -> Result<String, String> {
        self.send(words)?;
        self.line()
    }

    fn bulk(&mut self) -> Result<String, String> {
        let head = self.line()?;
        let length: usize = head.trim().trim_start_matches('$').parse().map_err(|_| format!("redis: {head}"))?;
        let mut bytes = vec![0; length + 2];
        self.0.read_exact(&mut bytes).map_err(|why| why.to_string())?;
        bytes.truncate(length);
        String::from_utf8(bytes).map_err(|why| why.to_string())
    }
}

pub(crate) struct RedisWire {
    text: Vec<u8>,
    keys: Vec<usize>,
}

impl RedisWire {
    pub(crate) fn connect(shape: Shape, address: SocketAddr) -> Result<Vec<TcpStream>, String> {
        (0..shape.connections).map(|_| TcpStream::connect(address).map_err(|why| why.to_string())).collect()
    }
}

impl Wire for RedisWire {
    fn ask(&mut self, _: usize, baskets: &[Basket], out: &mut Vec<u8>) {
        for basket in baskets {
            let start = out.len();
            out.extend_from_slice(&self.text);
            for (sku, at) in basket.skus().iter().zip(&self.keys) {
                digits(*sku, &mut out[start + at..][..6]);
            }
        }
    }

    fn read(&mut self, bytes: &[u8], mut tell: impl FnMut(Told)) -> Result<usize, String> {
        let mut at = 0;
        while let Some(answer) = bytes.get(at..at + 4) {
            let (accepted, refused) = match answer {
                b":1\r\n" => (1, 0),
                b":0\r\n" => (0, 1),
                _ => return Err(format!("redis answered {}", String::from_utf8_lossy(&bytes[at..]))),
            };
            tell(Told { seat: None, accepted, refused, failed: 0 });
            at += 4;
        }
        Ok(at)
    }
}
