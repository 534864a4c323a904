//! Many WebSockets that watch, read by one thread with one poll. Every level is looked at: its
//! version must be newer than the last of its item on that socket.

use crate::clock::wall_ms;
use crate::shop::sku;
use crate::websocket::{PONG, Said, ask, client_frame, consent, server_frames};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// How a level names its item, and what stands behind its number.
const SKU: &[u8] = b"\"sku\":\"ITEM-";
const VERSION: &[u8] = b"\",\"version\":";
/// The shortest rest of a level behind its version, which needs no looking at.
const REST: usize = 60;
const READ_BYTES: usize = 256 * 1024;
/// Handshakes that are on their way at once.
const AT_ONCE: usize = 100;

/// A level that arrived: which version the watcher had before, and when.
#[derive(Clone, Copy)]
pub(crate) struct Delivery {
    pub(crate) had: u32,
    pub(crate) at_ms: u64,
}

struct Watcher {
    socket: TcpStream,
    incoming: Vec<u8>,
    /// The newest version of each item.
    versions: Vec<u32>,
    reads: bool,
    gone: bool,
}

pub(crate) struct Crowd {
    poll: Poll,
    events: Events,
    buffer: Vec<u8>,
    watchers: Vec<Watcher>,
    /// Levels that arrived.
    pub(crate) levels: u64,
    /// Levels that were not newer than what the watcher had.
    pub(crate) went_back: u64,
    /// Kept only when asked for.
    pub(crate) deliveries: Vec<Delivery>,
    pub(crate) keeps_deliveries: bool,
}

impl Crowd {
    /// Connects them, some at a time.
    pub(crate) fn connect(address: SocketAddr, key: Option<&str>, count: usize, items: usize) -> Result<Self, String> {
        let failed = |why: std::io::Error| why.to_string();
        let poll = Poll::new().map_err(failed)?;
        let mut watchers = Vec::with_capacity(count);
        while watchers.len() < count {
            let some = (count - watchers.len()).min(AT_ONCE);
            let mut asking = Vec::with_capacity(some);
            for _ in 0..some {
                let socket = std::net::TcpStream::connect(address);
                let mut socket = socket.map_err(|why| format!("connection {}: {why}", watchers.len()))?;
                ask(&mut socket, "/v1/ws", key)?;
                asking.push(socket);
            }
            for mut socket in asking {
                let incoming = consent(&mut socket)?;
                socket.set_nodelay(true).map_err(failed)?;
                socket.set_nonblocking(true).map_err(failed)?;
                let mut socket = TcpStream::from_std(socket);
                let token = Token(watchers.len());
                poll.registry().register(&mut socket, token, Interest::READABLE).map_err(failed)?;
                watchers.push(Watcher { socket, incoming, versions: vec![0; items], reads: true, gone: false });
            }
        }
        Ok(Self {
            poll,
            events: Events::with_capacity(4096),
            buffer: vec![0; READ_BYTES],
            watchers,
            levels: 0,
            went_back: 0,
            deliveries: Vec::new(),
            keeps_deliveries: false,
        })
    }

    /// Each subscribes to these items.
    pub(crate) fn subscribe(&mut self, items: usize) -> Result<(), String> {
        let skus: Vec<String> = (0..items as u32).map(|item| format!("\"{}\"", sku(item))).collect();
        let skus = skus.join(",");
        for at in 0..self.watchers.len() {
            let id = uuid::Uuid::new_v4();
            let text = format!(r#"{{"op":"subscribe","id":"{id}","skus":[{skus}],"locations":["S0"]}}"#);
            let mut frame = Vec::new();
            client_frame(text.as_bytes(), &mut frame);
            self.watchers[at].socket.write_all(&frame).map_err(|why| format!("subscribe: {why}"))?;
            if at % 100 == 99 {
                self.read_for(Duration::from_millis(1))?;
            }
        }
        // Every snapshot is there when every item has a version.
        let begun = Instant::now();
        while self.watchers.iter().any(|watcher| watcher.versions.contains(&0)) {
            self.read_for(Duration::from_millis(50))?;
            if begun.elapsed() > Duration::from_secs(20) {
                return Err("not every watcher got its snapshot".to_owned());
            }
        }
        Ok(())
    }

    /// The first ones never read from now on.
    pub(crate) fn stop_reading(&mut self, count: usize) -> Result<(), String> {
        for watcher in self.watchers.iter_mut().take(count) {
            watcher.reads = false;
            self.poll.registry().deregister(&mut watcher.socket).map_err(|why| why.to_string())?;
        }
        Ok(())
    }

    /// All read again, beginning with what waits for them.
    pub(crate) fn resume_reading(&mut self) -> Result<(), String> {
        for (at, watcher) in self.watchers.iter_mut().enumerate().filter(|(_, watcher)| !watcher.reads) {
            watcher.reads = true;
            let registry = self.poll.registry();
            registry.register(&mut watcher.socket, Token(at), Interest::READABLE).map_err(|why| why.to_string())?;
        }
        Ok(())
    }

    /// Those who read and have an older version of the first item.
    pub(crate) fn behind(&self, version: u32) -> usize {
        self.watchers.iter().filter(|watcher| watcher.reads && watcher.versions[0] < version).count()
    }

    /// The newest version of the first item that anybody has.
    pub(crate) fn version(&self) -> u32 {
        self.watchers.iter().map(|watcher| watcher.versions[0]).max().unwrap_or(0)
    }

    /// Those who read.
    pub(crate) fn readers(&self) -> usize {
        self.watchers.iter().filter(|watcher| watcher.reads).count()
    }

    /// Connections that the server has closed.
    pub(crate) fn gone(&self) -> usize {
        self.watchers.iter().filter(|watcher| watcher.gone).count()
    }

    /// Reads all that comes for so long.
    pub(crate) fn read_for(&mut self, time: Duration) -> Result<(), String> {
        let until = Instant::now() + time;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            self.poll.poll(&mut self.events, Some(left)).map_err(|why| why.to_string())?;
            let tokens: Vec<usize> = self.events.iter().map(|event| event.token().0).collect();
            for at in tokens {
                self.hear(at)?;
            }
        }
    }

    fn hear(&mut self, at: usize) -> Result<(), String> {
        let watcher = &mut self.watchers[at];
        loop {
            let read = match watcher.socket.read(&mut self.buffer) {
                Ok(0) => {
                    watcher.gone = true;
                    return Ok(());
                }
                Ok(read) => read,
                Err(why) if why.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(_) => {
                    watcher.gone = true;
                    return Ok(());
                }
            };
            let mut heard = Heard { at_ms: wall_ms(), levels: 0, went_back: 0, pings: 0 };
            let kept = self.keeps_deliveries.then_some(&mut self.deliveries);
            if watcher.incoming.is_empty() {
                let taken = heard.take(&self.buffer[..read], &mut watcher.versions, kept)?;
                watcher.incoming.extend_from_slice(&self.buffer[taken..read]);
            } else {
                watcher.incoming.extend_from_slice(&self.buffer[..read]);
                let taken = heard.take(&watcher.incoming, &mut watcher.versions, kept)?;
                watcher.incoming.drain(..taken);
            }
            self.levels += heard.levels;
            self.went_back += heard.went_back;
            for _ in 0..heard.pings {
                watcher.socket.write_all(&PONG).map_err(|why| format!("pong: {why}"))?;
            }
            if read < self.buffer.len() {
                return Ok(());
            }
        }
    }
}

/// What was found in one read.
struct Heard {
    at_ms: u64,
    levels: u64,
    went_back: u64,
    pings: u32,
}

impl Heard {
    fn take(
        &mut self,
        bytes: &[u8],
        versions: &mut [u32],
        mut kept: Option<&mut Vec<Delivery>>,
    ) -> Result<usize, String> {
        server_frames(bytes, |said| {
            let Said::Text(mut rest) = said else {
                self.pings += 1;
                return Ok(());
            };
            let whole = rest;
            let mut any = false;
            while let Some(at) = rest.windows(SKU.len()).position(|some| some == SKU) {
                let strange = || format!("a level that cannot be read: {}", String::from_utf8_lossy(whole));
                rest = &rest[at + SKU.len()..];
                let item = number(rest.get(..6).ok_or_else(strange)?).0 as usize;
                rest = rest[6..].strip_prefix(VERSION).ok_or_else(strange)?;
                let (version, digits) = number(rest);
                rest = rest.get(digits + REST..).ok_or_else(strange)?;
                let had = versions.get_mut(item).ok_or_else(strange)?;
                self.levels += 1;
                if version <= *had {
                    self.went_back += 1;
                }
                if let Some(kept) = &mut kept {
                    kept.push(Delivery { had: *had, at_ms: self.at_ms });
                }
                *had = version;
                any = true;
            }
            if any { Ok(()) } else { Err(format!("the server said {}", String::from_utf8_lossy(whole))) }
        })
    }
}

/// The number at the front, and its digits.
fn number(text: &[u8]) -> (u32, usize) {
    let digits = text.iter().take_while(|digit| digit.is_ascii_digit()).count();
    let value = text[..digits].iter().fold(0_u32, |value, digit| value.wrapping_mul(10) + u32::from(digit - b'0'));
    (value, digits)
}
