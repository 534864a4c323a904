//! Sells at a planned rate, on a thread and a connection of its own.

use crate::clock::read_ms;
use crate::shop::sku;
use crate::websocket::{Said, client_frame, server_frames, upgrade};
use hdrhistogram::Histogram;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long answers are waited for after the last sale.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is sold and how often.
pub(crate) struct Plan {
    pub(crate) address: SocketAddr,
    pub(crate) key: String,
    pub(crate) every: Duration,
    pub(crate) time: Duration,
    /// Items in each sale.
    pub(crate) lines: usize,
}

/// What came of it.
pub(crate) struct Sold {
    /// Accepted within the planned time, per second.
    pub(crate) per_s: f64,
    /// From the planned time to the answer, in microseconds.
    pub(crate) latency: Histogram<u64>,
    /// When each was decided, in the order of the log.
    pub(crate) decided_ms: Vec<u64>,
}

/// Starts selling.
pub(crate) fn start(plan: Plan) -> JoinHandle<Result<Sold, String>> {
    std::thread::spawn(move || Seller::connect(&plan)?.run(&plan))
}

struct Seller {
    poll: Poll,
    socket: TcpStream,
    incoming: Vec<u8>,
    /// The planned time of each sale without an answer.
    open: HashMap<uuid::Uuid, Instant>,
    latency: Histogram<u64>,
    /// Place in the log, and when it was decided.
    decided: Vec<(u64, u64)>,
    in_time: u64,
}

impl Seller {
    fn connect(plan: &Plan) -> Result<Self, String> {
        let failed = |why: std::io::Error| why.to_string();
        let socket = std::net::TcpStream::connect(plan.address).map_err(failed)?;
        let socket = upgrade(socket, "/v1/ws", Some(&plan.key))?;
        socket.set_nodelay(true).map_err(failed)?;
        socket.set_nonblocking(true).map_err(failed)?;
        let mut socket = TcpStream::from_std(socket);
        let poll = Poll::new().map_err(failed)?;
        poll.registry().register(&mut socket, Token(0), Interest::READABLE).map_err(failed)?;
        let latency = Histogram::new_with_bounds(1, 60_000_000, 3).map_err(|why| why.to_string())?;
        let (incoming, open, decided) = (Vec::new(), HashMap::new(), Vec::new());
        Ok(Self { poll, socket, incoming, open, latency, decided, in_time: 0 })
    }

    fn run(mut self, plan: &Plan) -> Result<Sold, String> {
        let lines: Vec<String> =
            (0..plan.lines as u32).map(|item| format!(r#"{{"sku":"{}","qty":"1"}}"#, sku(item))).collect();
        let lines = lines.join(",");
        let begun = Instant::now();
        let end = begun + plan.time;
        let mut due = begun;
        let mut events = Events::with_capacity(16);
        loop {
            let now = Instant::now();
            let mut frames = Vec::new();
            while due <= now && due < end {
                let id = uuid::Uuid::new_v4();
                let text = format!(r#"{{"op":"sell","id":"{id}","location":"S0","currency":"EUR","lines":[{lines}]}}"#);
                client_frame(text.as_bytes(), &mut frames);
                self.open.insert(id, due);
                due += plan.every;
            }
            // What a seller has in flight fits into the socket's buffer.
            self.socket.write_all(&frames).map_err(|why| format!("sell: {why}"))?;
            if due >= end && self.open.is_empty() {
                break;
            }
            if now > end + PATIENCE {
                return Err(format!("{} sales were never answered", self.open.len()));
            }
            let wait = due.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            let wait = if due < end { wait } else { Duration::from_millis(50) };
            self.poll.poll(&mut events, Some(wait)).map_err(|why| why.to_string())?;
            self.hear(end)?;
        }
        self.decided.sort_unstable();
        Ok(Sold {
            per_s: self.in_time as f64 / plan.time.as_secs_f64(),
            latency: self.latency,
            decided_ms: self.decided.into_iter().map(|(_, time)| time).collect(),
        })
    }

    fn hear(&mut self, end: Instant) -> Result<(), String> {
        let mut buffer = [0; 64 * 1024];
        loop {
            match self.socket.read(&mut buffer) {
                Ok(0) => return Err("the server closed the seller's connection".to_owned()),
                Ok(read) => self.incoming.extend_from_slice(&buffer[..read]),
                Err(why) if why.kind() == ErrorKind::WouldBlock => break,
                Err(why) => return Err(format!("sell: {why}")),
            }
        }
        let now = Instant::now();
        let bytes = std::mem::take(&mut self.incoming);
        let taken = server_frames(&bytes, |said| {
            let Said::Text(text) = said else { return Ok(()) };
            let text = std::str::from_utf8(text).map_err(|why| why.to_string())?;
            // One answer, or an array of them.
            for answer in text.split("{\"id\":\"").skip(1) {
                self.answer(answer, now, end).ok_or_else(|| format!("a sale was answered {text}"))?;
            }
            Ok(())
        })?;
        self.incoming = bytes[taken..].to_vec();
        Ok(())
    }

    /// None: it is not that a sale was recorded.
    fn answer(&mut self, answer: &str, now: Instant, end: Instant) -> Option<()> {
        let id = answer.get(..36)?.parse().ok()?;
        let rest = answer[36..].strip_prefix("\",\"ok\":\"recorded\",\"seq\":\"")?;
        let (seq, rest) = rest.split_once('"')?;
        let time = read_ms(rest.strip_prefix(",\"time\":")?.get(..26)?)?;
        let planned = self.open.remove(&id)?;
        self.decided.push((seq.parse().ok()?, time));
        self.latency.saturating_record(u64::try_from((now - planned).as_micros()).unwrap_or(u64::MAX));
        self.in_time += u64::from(now <= end);
        Some(())
    }
}
