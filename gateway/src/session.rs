//! One WebSocket's session: what its client says is read and answered here. It speaks to no socket: the
//! protocol of WebSocket runs on bytes that the connection's line gave, and on its outbox.

mod asked;

use crate::connection::{Closing, Connection, Flow};
use crate::fault::Fault;
use crate::keys::Principal;
use crate::limits::Bucket;
use crate::link::{Link, Tcp};
use crate::live::CHUNK;
use crate::rights::Address;
use crate::server::Place;
use crate::wire::{self};
use crate::worker::{Upgrade, Worker};
use crate::{card_numbers, clock, metrics};
use hyper_util::rt::TokioIo;
use onhand_protocol::compact::{self};
use onhand_protocol::limits::{HELLO_TIMEOUT_MS, MESSAGE_BYTES_MAX};
use onhand_protocol::message::{self, Malformed, Request, Success};
use onhand_protocol::value::{Id, Time};
use std::cell::RefCell;
use std::future::poll_fn;
use std::io::{ErrorKind, Read, Write};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::io::ReadBuf;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig, WebSocketContext};
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

/// All that can wake a session.
enum Wake {
    /// The client said something, and it was dealt with.
    Heard,
    /// The worker has something to look at: levels, a client that takes nothing, the end.
    Nudged,
    /// A client that took nothing has taken what waited.
    Flushed,
    /// A time limit may have come.
    Quiet,
}

/// How a session ends.
enum End {
    /// With a last word and a close frame.
    Said(CloseCode, &'static str),
    /// At once: there is nobody to talk to.
    Silent(&'static str),
}

/// Bytes read in one turn before what they ask is handed over.
const TURN_BYTES: usize = 64 * 1024;
/// Requests that are read before the first of them is dealt with.
const TOGETHER: usize = 64;
/// What an idle session keeps for the start of a message.
const READ_BUFFER: usize = 256;
/// How long the client has to answer our close frame.
const FAREWELL: Duration = Duration::from_secs(1);

thread_local!(static READ: RefCell<Vec<u8>> = RefCell::new(vec![0; TURN_BYTES]));

/// Takes over a connection that has just left HTTP.
pub(crate) async fn upgraded(worker: Rc<Worker>, upgrade: Upgrade) {
    let Ok(io) = upgrade.on_upgrade.await else { return };
    let Ok(parts) = io.downcast::<TokioIo<TcpStream>>() else {
        tracing::error!("an upgraded connection is no TCP stream");
        return;
    };
    let link = Tcp::new(parts.io.into_inner());
    // A copy: what HTTP read into is large, and would be kept.
    let said = parts.read_buf.to_vec();
    drop(parts.read_buf);
    let at = At { address: upgrade.address, compact: upgrade.compact };
    run(worker, upgrade.principal, upgrade.place, at, Box::new(link), said).await;
}

/// Where a session came in, and what it speaks.
#[derive(Clone, Copy)]
pub(crate) struct At {
    pub(crate) address: Address,
    /// Whether sales may come as compact binary messages.
    pub(crate) compact: bool,
}

/// Runs a session to its end. `said` is what came with the handshake.
pub(crate) async fn run(
    worker: Rc<Worker>,
    principal: Option<Principal>,
    place: Option<Arc<Place>>,
    at: At,
    link: Box<dyn Link>,
    said: Vec<u8>,
) {
    let connection = worker.connect(principal, place, link);
    let mut session = Session { at, ..Session::new(&worker, &connection, said) };
    let end = session.talk().await;
    worker.disconnect(&connection);
    let why = match end {
        End::Silent(why) => why,
        End::Said(code, why) => {
            // A client that does not listen does not delay us.
            let _ = tokio::time::timeout(FAREWELL, session.farewell(code, why)).await;
            metrics::closed(why);
            why
        }
    };
    tracing::debug!(connection = connection.id, why, "websocket ended");
}

/// The line as the WebSocket protocol sees it: what was read, and where to write.
struct Wire<'a> {
    unread: &'a [u8],
    /// Whether more may come.
    open: bool,
    connection: &'a Connection,
}

impl Read for Wire<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.unread.is_empty() && self.open {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.unread.read(into)
    }
}

impl Write for Wire<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.connection.framed(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Session<'a> {
    worker: &'a Rc<Worker>,
    connection: &'a Rc<Connection>,
    websocket: Box<WebSocketContext>,
    bucket: Bucket,
    /// Numbered errors of form, rights or rate in a row.
    strikes: u32,
    /// Since when nothing was heard.
    heard: Instant,
    /// Whether a ping was sent since.
    pinged: bool,
    at: At,
    /// What ends it, once its replies are written.
    end: Option<End>,
}

impl<'a> Session<'a> {
    fn new(worker: &'a Rc<Worker>, connection: &'a Rc<Connection>, said: Vec<u8>) -> Self {
        let now = clock::now();
        let bucket = worker.shared.limits.bucket(connection.principal(), now);
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            .max_message_size(Some(MESSAGE_BYTES_MAX))
            .max_frame_size(Some(MESSAGE_BYTES_MAX));
        let websocket = Box::new(WebSocketContext::from_partially_read(said, Role::Server, Some(config)));
        Self {
            worker,
            connection,
            websocket,
            bucket,
            strikes: 0,
            heard: now,
            pinged: false,
            at: At { address: Address::General, compact: false },
            end: None,
        }
    }

    async fn talk(&mut self) -> End {
        let connection = self.connection;
        // What came with the handshake.
        self.read(&[], true);
        let mut patience = self.patience();
        let mut quiet = pin!(tokio::time::sleep_until(patience.into()));
        loop {
            self.check_closing();
            self.tell().await;
            if let Some(end) = self.end.take() {
                return end;
            }
            let until = self.patience();
            // Hearing something only puts it off: that is looked at when the time has come.
            if until < patience || quiet.is_elapsed() {
                patience = until;
                quiet.as_mut().reset(until.into());
            }
            let blocked = connection.flow() != Flow::Clear;
            // Nothing is read from a client that does not take its replies, so it cannot ask for more.
            let reads = !blocked && !connection.is_closing() && connection.paused().is_none();
            let wake = tokio::select! {
                biased;
                () = connection.woken() => Wake::Nudged,
                () = poll_fn(|context| self.poll_turn(context)), if reads => Wake::Heard,
                () = poll_fn(|context| connection.poll_flush(context)), if blocked => Wake::Flushed,
                () = quiet.as_mut() => Wake::Quiet,
            };
            match wake {
                Wake::Heard | Wake::Nudged | Wake::Flushed => {}
                Wake::Quiet => self.quiet(),
            }
        }
    }

    /// Writes the close frame, then waits for the client's.
    async fn farewell(&mut self, code: CloseCode, why: &'static str) {
        let connection = self.connection;
        let mut wire = Wire { unread: &[], open: true, connection };
        let _ = self.websocket.close(&mut wire, Some(CloseFrame { code, reason: why.into() }));
        connection.flush();
        poll_fn(|context| connection.poll_flush(context)).await;
        while self.websocket.can_read() && connection.flow() == Flow::Clear {
            let closed = poll_fn(|context| {
                self.poll_read(context, |session, wire| {
                    loop {
                        match session.websocket.read(wire) {
                            Ok(_) => {}
                            Err(WsError::Io(error)) if error.kind() == ErrorKind::WouldBlock => return false,
                            Err(_) => return true,
                        }
                    }
                })
            });
            if closed.await {
                break;
            }
        }
        connection.flush();
    }

    /// Reads what is there, once, and deals with all of it.
    fn poll_turn(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.connection.paused().is_some() {
            return Poll::Ready(());
        }
        self.poll_read(context, |session, wire| session.hear_all(wire))
    }

    fn poll_read<T>(&mut self, context: &mut Context<'_>, deal: impl FnOnce(&mut Self, &mut Wire<'_>) -> T) -> Poll<T> {
        READ.with_borrow_mut(|buffer| {
            let mut into = ReadBuf::new(buffer);
            let connection = self.connection;
            let open = match connection.poll_read(context, &mut into) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(read) => read.is_ok() && !into.filled().is_empty(),
            };
            Poll::Ready(deal(self, &mut Wire { unread: into.filled(), open, connection }))
        })
    }

    fn read(&mut self, unread: &[u8], open: bool) {
        let connection = self.connection;
        self.hear_all(&mut Wire { unread, open, connection });
    }

    fn hear_all(&mut self, wire: &mut Wire<'_>) {
        let now = clock::now();
        self.heard = now;
        self.pinged = false;
        let admit = |text: &str| Ok(card_numbers::check_json(text.as_bytes())?);
        let mut requests = self.worker.requests.take();
        while self.end.is_none() {
            let message = match self.websocket.read(wire) {
                Ok(Message::Text(text)) => {
                    message::parse_all(&text, admit, |request| requests.push(request));
                    if requests.len() >= TOGETHER {
                        self.answer_all(&mut requests, now);
                    }
                    continue;
                }
                message => message,
            };
            self.answer_all(&mut requests, now);
            match message {
                Ok(message) => self.hear(message, now),
                Err(WsError::Io(error)) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if self.end.is_none() => self.broken(error),
                Err(_) => {}
            }
        }
        self.worker.requests.replace(requests);
    }

    /// Deals with requests in their order. What they name is fetched for all of them first.
    fn answer_all(&mut self, requests: &mut Vec<Result<Request, Malformed>>, now: Instant) {
        let names = self.worker.names.over(self.worker.shared.handle.directory());
        names.read_ahead(requests.iter().flatten().flat_map(|request| request.body.codes()));
        for request in requests.drain(..) {
            if self.end.is_some() {
                break;
            }
            match request {
                Ok(request) => self.request(request, now),
                Err(malformed) => self.refuse(malformed.id, &malformed.error.into()),
            }
        }
    }

    fn hear(&mut self, message: Message, now: Instant) {
        match message {
            Message::Binary(message) if self.at.compact => self.hear_compact(&message, now),
            Message::Binary(_) => {
                self.refuse(None, &Fault::new(1001, "this subprotocol is JSON text; send text messages"));
            }
            // Pings are answered by the library, with the next write.
            Message::Text(_) | Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => {}
        }
    }

    fn hear_compact(&mut self, message: &[u8], now: Instant) {
        for read in compact::requests(message) {
            if self.end.is_some() {
                return;
            }
            let sale = match read {
                Ok(sale) => sale,
                Err(malformed) => return self.refuse(None, &Fault::new(1001, malformed.to_string())),
            };
            match self.sell(&sale, now) {
                Ok(()) => self.strikes = 0,
                Err(fault) => {
                    self.connection.say_compact(|out| compact::refused(out, sale.id, fault.body()));
                    self.refused(&fault);
                }
            }
        }
    }

    fn request(&mut self, request: Request, now: Instant) {
        let id = request.id;
        match self.answer(request, now) {
            Ok(()) => self.strikes = 0,
            Err(fault) => self.refuse(Some(id), &fault),
        }
    }

    fn reply(&self, id: Id, success: Success) {
        self.connection.say(|out| wire::write_success(out, id, success));
    }

    fn time(&self) -> Time {
        Time(self.worker.shared.handle.now())
    }

    /// Tells an error. One who goes on regardless is closed.
    fn refuse(&mut self, id: Option<Id>, fault: &Fault) {
        self.connection.say(|out| wire::write_error(out, id, fault));
        self.refused(fault);
    }

    /// What comes of an error that was told.
    fn refused(&mut self, fault: &Fault) {
        metrics::error(fault.number);
        if let (5001, Some(ms)) = (fault.number, fault.retry_ms) {
            self.connection.pause(ms);
        }
        if matches!(fault.number, 1001 | 1002 | 1009 | 4001..=4999 | 5006 | 5012) {
            self.strikes += 1;
        }
        if self.end.is_none() && self.connection.principal().is_none() {
            self.end = Some(End::Said(CloseCode::Policy, "not_authenticated"));
        } else if self.end.is_none() && self.strikes >= self.worker.shared.limits.strikes_max {
            self.end = Some(End::Said(CloseCode::Policy, "too_many_errors"));
        }
    }

    /// The stream cannot be read on: the client is told why, where it can be.
    fn broken(&mut self, error: WsError) {
        let (fault, code, why) = match error {
            WsError::Capacity(CapacityError::MessageTooLong { .. }) => {
                let text = format!("a message may have {MESSAGE_BYTES_MAX} bytes; POST /v1/define_items takes more");
                (Fault::new(1006, text), CloseCode::Size, "frame_too_large")
            }
            WsError::Utf8(_) => (Fault::new(1007, "the message is not UTF-8 text"), CloseCode::Invalid, "not_utf8"),
            WsError::Protocol(ProtocolError::ResetWithoutClosingHandshake)
            | WsError::ConnectionClosed
            | WsError::AlreadyClosed
            | WsError::Io(_) => {
                self.end = Some(End::Silent("client_gone"));
                return;
            }
            other => {
                let fault = Fault::new(1001, format!("this is not the WebSocket protocol: {other}"));
                (fault, CloseCode::Protocol, "protocol_error")
            }
        };
        self.refuse(None, &fault);
        self.end = Some(End::Said(code, why));
    }

    /// Until when nothing needs to be heard, or taken.
    fn patience(&self) -> Instant {
        let limits = &self.worker.shared.limits;
        let heard = if self.connection.principal().is_none() {
            self.heard + Duration::from_millis(HELLO_TIMEOUT_MS)
        } else {
            self.heard + limits.idle * if self.pinged { 2 } else { 1 }
        };
        match (self.connection.flow(), self.connection.paused()) {
            (Flow::Blocked(since), _) => since + limits.stalled,
            (_, Some(until)) => until,
            _ => heard,
        }
    }

    fn quiet(&mut self) {
        if clock::now() < self.patience() {
            return;
        }
        if self.connection.paused().is_some() && self.connection.flow() == Flow::Clear {
            self.connection.go_on();
        } else if matches!(self.connection.flow(), Flow::Blocked(_)) {
            self.end = Some(End::Silent("slow_consumer"));
            metrics::closed("slow_consumer");
        } else if self.connection.principal().is_none() {
            self.refuse(None, &Fault::new(4001, "no hello came in time"));
        } else if self.pinged {
            self.end = Some(End::Silent("idle"));
        } else {
            self.pinged = true;
            let mut wire = Wire { unread: &[], open: true, connection: self.connection };
            let _ = self.websocket.write(&mut wire, Message::Ping(Default::default()));
        }
    }

    /// What the worker wants: an error and the end, or the end once all is answered.
    fn check_closing(&mut self) {
        match self.connection.closing() {
            None => {}
            Some(Closing::Fault(fault)) => {
                self.refuse(None, &fault);
                self.end = Some(End::Said(CloseCode::Policy, "key_ended"));
            }
            Some(Closing::Stopping) if self.connection.in_flight() > 0 => {}
            Some(Closing::Stopping) => self.end = Some(End::Said(CloseCode::Away, "shutting_down")),
        }
    }

    /// Writes what waits, then levels as long as the client takes them.
    async fn tell(&mut self) {
        let (connection, worker) = (self.connection, self.worker);
        connection.flush();
        while connection.flow() == Flow::Clear {
            let next = connection.watching.borrow_mut().next_frame(&worker.shared.handle, clock::now());
            let of_prices = || connection.prices.borrow_mut().next_frame(&worker.shared.handle);
            let of_metrics = || connection.streams.borrow_mut().next_frame(&worker.shared);
            let of_payments = || connection.payments.borrow_mut().next_frame(&worker.shared.handle);
            let others = || Some((of_payments().or_else(of_prices).or_else(of_metrics)?, 0));
            let Some((frame, levels)) = next.or_else(others) else { break };
            worker.shared.meters.bytes.increment(wire::count(frame.len()));
            worker.shared.meters.levels.increment(wire::count(levels));
            connection.share(frame);
            connection.flush();
            // A long snapshot lets the others on this thread have their turn.
            if levels == 0 || levels == CHUNK {
                tokio::task::yield_now().await;
            }
        }
        if connection.flow() == Flow::Gone {
            self.end = Some(End::Silent("client_gone"));
        }
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
