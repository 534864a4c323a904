//! One client for every system: one thread, one poll, prebuilt messages in which only ids and items
//! are patched. A seat is the place of one message in flight; it is taken again when all that the
//! message asked for is answered.

use crate::pick::{Basket, Picks};
use hdrhistogram::Histogram;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};

/// What one read takes at most.
const READ_BYTES: usize = 256 * 1024;
/// A server that says nothing for so long has failed.
const SILENCE_MAX: Duration = Duration::from_secs(10);

/// How much is asked at once.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) connections: usize,
    /// Messages in flight on each.
    pub(crate) in_flight: usize,
    /// Sales in each.
    pub(crate) per_message: usize,
}

impl Shape {
    /// Messages in flight on all connections.
    pub(crate) fn seats(self) -> usize {
        self.connections * self.in_flight
    }
}

/// How long a leg is.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    pub(crate) warm: Duration,
    pub(crate) measured: Duration,
}

/// What a system answered.
pub(crate) struct Told {
    /// The seat it belongs to; none: to the message that waits longest on its connection.
    pub(crate) seat: Option<usize>,
    pub(crate) accepted: u32,
    pub(crate) refused: u32,
    /// Undone by the server for reasons of its own, such as a deadlock.
    pub(crate) failed: u32,
}

/// How a system is spoken to.
pub(crate) trait Wire {
    /// Appends the message of a seat.
    fn ask(&mut self, seat: usize, baskets: &[Basket], out: &mut Vec<u8>);

    /// Tells every whole answer at the front of the bytes; gives how many bytes they took.
    fn read(&mut self, bytes: &[u8], tell: impl FnMut(Told)) -> Result<usize, String>;
}

/// What came of one leg.
pub(crate) struct Leg {
    /// Sales accepted within the measured time, per second.
    pub(crate) accepted_per_s: f64,
    /// Of them, from sending to the answer, in nanoseconds.
    pub(crate) latency: Histogram<u64>,
    /// Sales accepted before, within and after it: what must be missing from the stock.
    pub(crate) accepted_in_all: u64,
    pub(crate) refused_in_all: u64,
    pub(crate) failed_in_all: u64,
}

struct Seat {
    sent: Instant,
    open: usize,
}

struct Line {
    socket: TcpStream,
    /// What could not be written yet.
    outgoing: Vec<u8>,
    /// The beginning of an answer whose end has not come.
    incoming: Vec<u8>,
    seats: Vec<Seat>,
    /// The seat that waits longest, where answers come in order.
    oldest: usize,
}

impl Line {
    /// Writes what waits, as far as the socket takes it.
    fn flush(&mut self) -> Result<(), String> {
        let mut written = 0;
        while written < self.outgoing.len() {
            match self.socket.write(&self.outgoing[written..]) {
                Ok(more) => written += more,
                Err(why) if why.kind() == ErrorKind::WouldBlock => break,
                Err(why) => return Err(format!("write: {why}")),
            }
        }
        if written == self.outgoing.len() {
            self.outgoing.clear();
        } else {
            self.outgoing.drain(..written);
        }
        Ok(())
    }
}

struct Driver<'a, W> {
    wire: &'a mut W,
    picks: &'a mut Picks,
    shape: Shape,
    baskets: Vec<Basket>,
    leg: Leg,
    measured: u64,
    /// Since when and until when answers count.
    from: Instant,
    until: Instant,
    /// Messages without their last answer.
    waiting: usize,
    /// Seats of a connection that got free in one read.
    free: Vec<usize>,
}

/// Drives one leg to its end: every message sent is answered.
pub(crate) fn run<W: Wire>(
    sockets: Vec<std::net::TcpStream>,
    wire: &mut W,
    picks: &mut Picks,
    shape: Shape,
    times: Times,
) -> Result<Leg, String> {
    let failed = |why: std::io::Error| why.to_string();
    let mut poll = Poll::new().map_err(failed)?;
    let mut lines = Vec::with_capacity(sockets.len());
    let begun = Instant::now();
    for (at, socket) in sockets.into_iter().enumerate() {
        socket.set_nodelay(true).map_err(failed)?;
        socket.set_nonblocking(true).map_err(failed)?;
        let mut socket = TcpStream::from_std(socket);
        poll.registry().register(&mut socket, Token(at), Interest::READABLE | Interest::WRITABLE).map_err(failed)?;
        let seats = (0..shape.in_flight).map(|_| Seat { sent: begun, open: 0 }).collect();
        lines.push(Line { socket, outgoing: Vec::new(), incoming: Vec::new(), seats, oldest: 0 });
    }
    let latency = Histogram::new_with_bounds(1, 60_000_000_000, 3).map_err(|why| why.to_string())?;
    let mut driver = Driver {
        wire,
        picks,
        shape,
        baskets: Vec::new(),
        leg: Leg { accepted_per_s: 0.0, latency, accepted_in_all: 0, refused_in_all: 0, failed_in_all: 0 },
        measured: 0,
        from: begun + times.warm,
        until: begun + times.warm + times.measured,
        waiting: 0,
        free: Vec::new(),
    };
    for (at, line) in lines.iter_mut().enumerate() {
        (0..shape.in_flight).for_each(|seat| driver.ask(line, at, seat, Instant::now()));
        line.flush()?;
    }
    let mut events = Events::with_capacity(1024);
    let mut buffer = vec![0; READ_BYTES];
    let mut heard = Instant::now();
    while driver.waiting > 0 {
        poll.poll(&mut events, Some(Duration::from_millis(100))).map_err(failed)?;
        if events.is_empty() && heard.elapsed() > SILENCE_MAX {
            return Err(format!("{} messages were never answered", driver.waiting));
        }
        for event in &events {
            let at = event.token().0;
            let line = &mut lines[at];
            if event.is_writable() && !line.outgoing.is_empty() {
                line.flush()?;
            }
            if event.is_readable() {
                heard = driver.hear(line, at, &mut buffer)?;
            }
        }
    }
    driver.leg.accepted_per_s = driver.measured as f64 / times.measured.as_secs_f64();
    Ok(driver.leg)
}

impl<W: Wire> Driver<'_, W> {
    fn ask(&mut self, line: &mut Line, connection: usize, seat: usize, now: Instant) {
        self.baskets.clear();
        self.picks.fill(self.shape.per_message, &mut self.baskets);
        self.wire.ask(connection * self.shape.in_flight + seat, &self.baskets, &mut line.outgoing);
        line.seats[seat] = Seat { sent: now, open: self.shape.per_message };
        self.waiting += 1;
    }

    /// Reads all that is there, then sends in one write what takes the seats that got free.
    fn hear(&mut self, line: &mut Line, connection: usize, buffer: &mut [u8]) -> Result<Instant, String> {
        let mut now = Instant::now();
        loop {
            let read = match line.socket.read(buffer) {
                Ok(0) => return Err("the server closed the connection".to_owned()),
                Ok(read) => read,
                Err(why) if why.kind() == ErrorKind::WouldBlock => break,
                Err(why) => return Err(format!("read: {why}")),
            };
            now = Instant::now();
            if line.incoming.is_empty() {
                let taken = self.take(line, connection, &buffer[..read], now)?;
                line.incoming.extend_from_slice(&buffer[taken..read]);
            } else {
                let mut bytes = std::mem::take(&mut line.incoming);
                bytes.extend_from_slice(&buffer[..read]);
                let taken = self.take(line, connection, &bytes, now)?;
                bytes.drain(..taken);
                line.incoming = bytes;
            }
            // Less than there was room for: the socket is empty.
            if read < buffer.len() {
                break;
            }
        }
        self.waiting -= self.free.len();
        if now < self.until {
            for at in 0..self.free.len() {
                self.ask(line, connection, self.free[at], now);
            }
            line.flush()?;
        }
        self.free.clear();
        Ok(now)
    }

    /// Counts the answers in the bytes; gives how many bytes they took.
    fn take(&mut self, line: &mut Line, connection: usize, bytes: &[u8], now: Instant) -> Result<usize, String> {
        let (leg, free, shape) = (&mut self.leg, &mut self.free, self.shape);
        let counts = now >= self.from && now < self.until;
        let mut measured = 0;
        let mut stray = false;
        let taken = self.wire.read(bytes, |told| {
            let seat = match told.seat {
                None => line.oldest,
                Some(seat) if seat / shape.in_flight == connection => seat % shape.in_flight,
                Some(_) => return stray = true,
            };
            let answered = (told.accepted + told.refused + told.failed) as usize;
            let place = &mut line.seats[seat];
            stray |= place.open < answered || answered == 0;
            place.open = place.open.saturating_sub(answered);
            leg.accepted_in_all += u64::from(told.accepted);
            leg.refused_in_all += u64::from(told.refused);
            leg.failed_in_all += u64::from(told.failed);
            if counts {
                measured += u64::from(told.accepted);
                let nanoseconds = u64::try_from((now - place.sent).as_nanos()).unwrap_or(u64::MAX);
                leg.latency.saturating_record_n(nanoseconds, u64::from(told.accepted));
            }
            if place.open == 0 {
                free.push(seat);
                if told.seat.is_none() {
                    line.oldest = (line.oldest + 1) % shape.in_flight;
                }
            }
        })?;
        if stray {
            return Err("an answer that nobody waits for".to_owned());
        }
        self.measured += measured;
        Ok(taken)
    }
}
