//! One WebSocket's session: logic over a stream of messages and a sink for them.

use crate::clock;
use crate::connection::{Closing, Connection};
use crate::fault::Fault;
use crate::keys::{self, Principal};
use crate::limits::Bucket;
use crate::live::CHUNK;
use crate::metrics;
use crate::rights;
use crate::wire;
use crate::worker::{Upgrade, Worker};
use futures_util::{FutureExt, Sink, SinkExt, Stream, StreamExt};
use hyper_util::rt::TokioIo;
use onhand_protocol::convert::{self, Entered};
use onhand_protocol::limits::{HELLO_TIMEOUT_MS, MESSAGE_BYTES_MAX};
use onhand_protocol::message::{self, Body, HelloReply, LevelReply, Pong, Request, Success};
use onhand_protocol::value::{Id, Time};
use std::pin::pin;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

/// All that can wake a session.
enum Wake {
    /// The client said something.
    Said(Message),
    /// What it sent is no message, or the network broke.
    Broken(WsError),
    /// It has gone.
    Gone,
    /// Replies or levels wait to be written, or the worker wants it ended.
    Outbox,
    /// Nothing was heard for a while.
    Quiet,
}

/// How a session ends.
enum End {
    /// With a last word and a close frame.
    Said(CloseCode, &'static str),
    /// At once: there is nobody to talk to.
    Silent(&'static str),
}

/// Messages read in one turn before what they ask is handed over.
const TURN_MAX: usize = 256;
/// How long the client has to answer our close frame.
const FAREWELL: Duration = Duration::from_secs(1);

/// Takes over a connection that has just left HTTP.
pub(crate) async fn upgraded(worker: Rc<Worker>, upgrade: Upgrade) {
    let Ok(io) = upgrade.on_upgrade.await else { return };
    let Ok(parts) = io.downcast::<TokioIo<TcpStream>>() else {
        tracing::error!("an upgraded connection is no TCP stream");
        return;
    };
    let config = WebSocketConfig::default()
        .read_buffer_size(4 * 1024)
        .write_buffer_size(4 * 1024)
        .max_write_buffer_size(1024 * 1024)
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(MESSAGE_BYTES_MAX));
    let socket = parts.io.into_inner();
    let stream = WebSocketStream::from_partially_read(socket, parts.read_buf.into(), Role::Server, Some(config)).await;
    let connection = worker.connect(upgrade.principal, upgrade.place);
    run(worker, connection, stream).await;
}

/// Runs a session to its end.
pub(crate) async fn run<S>(worker: Rc<Worker>, connection: Rc<Connection>, mut stream: S)
where
    S: Stream<Item = Result<Message, WsError>> + Sink<Message, Error = WsError> + Unpin,
{
    let end = Session::new(&worker, &connection).talk(&mut stream).await;
    worker.disconnect(&connection);
    let why = match end {
        End::Silent(why) => why,
        End::Said(code, why) => {
            let goodbye = farewell(&connection, &mut stream, CloseFrame { code, reason: why.into() });
            // A client that does not listen does not delay us.
            let _ = tokio::time::timeout(FAREWELL, goodbye).await;
            metrics::closed(why);
            why
        }
    };
    tracing::debug!(connection = connection.id, why, "websocket ended");
}

/// Writes what is left and the close frame, then waits for the client's.
async fn farewell<S>(connection: &Connection, stream: &mut S, frame: CloseFrame)
where
    S: Stream<Item = Result<Message, WsError>> + Sink<Message, Error = WsError> + Unpin,
{
    for reply in connection.take_replies() {
        if stream.feed(Message::Text(reply)).await.is_err() {
            return;
        }
    }
    if stream.send(Message::Close(Some(frame))).await.is_ok() {
        while let Some(Ok(_)) = stream.next().await {}
    }
}

struct Session<'a> {
    worker: &'a Rc<Worker>,
    connection: &'a Rc<Connection>,
    bucket: Bucket,
    /// Numbered errors of form, rights or rate in a row.
    strikes: u32,
    /// Since when nothing was heard.
    heard: Instant,
    /// Whether a ping was sent since.
    pinged: bool,
    /// What ends it, once its replies are written.
    end: Option<End>,
}

impl<'a> Session<'a> {
    fn new(worker: &'a Rc<Worker>, connection: &'a Rc<Connection>) -> Self {
        let now = clock::now();
        let bucket = bucket(worker, connection.principal(), now);
        Self { worker, connection, bucket, strikes: 0, heard: now, pinged: false, end: None }
    }

    async fn talk<S>(&mut self, stream: &mut S) -> End
    where
        S: Stream<Item = Result<Message, WsError>> + Sink<Message, Error = WsError> + Unpin,
    {
        let mut quiet = pin!(tokio::time::sleep_until(self.patience().into()));
        loop {
            let wake = tokio::select! {
                biased;
                () = self.connection.woken() => Wake::Outbox,
                said = stream.next(), if !self.connection.is_closing() => match said {
                    Some(Ok(message)) => Wake::Said(message),
                    Some(Err(error)) => Wake::Broken(error),
                    None => Wake::Gone,
                },
                () = quiet.as_mut() => Wake::Quiet,
            };
            match wake {
                Wake::Said(message) => self.turn(message, stream),
                Wake::Broken(error) => self.broken(error),
                Wake::Gone => return End::Silent("client_gone"),
                Wake::Outbox => {}
                Wake::Quiet => self.quiet(stream).await,
            }
            if quiet.is_elapsed() {
                quiet.as_mut().reset(self.patience().into());
            }
            self.check_closing();
            if let Err(end) = self.write(stream).await {
                return end;
            }
            if let Some(end) = self.end.take() {
                return end;
            }
        }
    }

    /// Reads what is there without waiting, then hands over all that it asks for.
    fn turn<S>(&mut self, first: Message, stream: &mut S)
    where
        S: Stream<Item = Result<Message, WsError>> + Unpin,
    {
        let now = clock::now();
        self.heard = now;
        self.pinged = false;
        self.hear(first, now);
        for _ in 1..TURN_MAX {
            if self.end.is_some() {
                break;
            }
            match stream.next().now_or_never() {
                Some(Some(Ok(message))) => self.hear(message, now),
                Some(Some(Err(error))) => self.broken(error),
                Some(None) => self.end = Some(End::Silent("client_gone")),
                None => break,
            }
        }
        self.worker.submit();
    }

    fn hear(&mut self, message: Message, now: Instant) {
        match message {
            Message::Text(text) => message::parse_all(&text, |request| match request {
                Ok(request) => self.request(request, now),
                Err(malformed) => self.refuse(malformed.id, &malformed.error.into()),
            }),
            Message::Binary(_) => {
                self.refuse(None, &Fault::new(1001, "this subprotocol is JSON text; send text messages"));
            }
            // Pings are answered by the library, with the next write.
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => {}
        }
    }

    fn request(&mut self, request: Request, now: Instant) {
        let id = request.id;
        if self.end.is_some() {
            return;
        }
        match self.answer(request, now) {
            Ok(()) => self.strikes = 0,
            Err(fault) => self.refuse(Some(id), &fault),
        }
    }

    /// Form was checked; here come identity, limits and rights, in this order.
    fn answer(&mut self, request: Request, now: Instant) -> Result<(), Fault> {
        let Request { id, body } = request;
        self.bucket
            .take(now)
            .map_err(|ms| Fault::new(5012, format!("requests come too fast; try again in {ms} ms")).retry_after(ms))?;
        if let Body::Hello(hello) = body {
            return self.hello(id, hello, now);
        }
        let principal = self.connection.principal().ok_or_else(|| {
            Fault::new(4001, "say hello first, with a key or a token, or send Authorization in the handshake")
        })?;
        rights::check(&principal, &body)?;
        match body {
            Body::Get(asked) => self.get(id, &asked, principal),
            Body::Subscribe(asked) => self.subscribe(id, asked, principal),
            Body::Unsubscribe(asked) => self.unsubscribe(id, asked.subscription),
            Body::Ping(_) => {
                self.connection.say(wire::success(id, Success::Pong(Pong { time: self.time() })));
                Ok(())
            }
            command => self.command(id, command, principal, now),
        }
    }

    fn hello(&mut self, id: Id, hello: message::Hello, now: Instant) -> Result<(), Fault> {
        let shared = &self.worker.shared;
        let text = hello.key.or(hello.token).ok_or_else(|| Fault::new(4001, "hello needs a `key` or a `token`"))?;
        let checked = keys::check(&text, shared.handle.directory(), &shared.tokens, shared.handle.now());
        let principal = checked.inspect_err(|fault| {
            self.end = Some(End::Said(CloseCode::Policy, "not_authenticated"));
            tracing::info!(connection = self.connection.id, number = fault.number, "hello refused");
        })?;
        if self.connection.principal().is_some_and(|before| !same_holder(&before, &principal)) {
            let text = "this connection has said hello as somebody else; open another one";
            return Err(Fault::new(4004, text));
        }
        // A renewed token is no new allowance.
        if self.connection.principal().is_none() {
            self.bucket = bucket(self.worker, Some(principal), now);
        }
        self.connection.set_principal(principal);
        let reply = HelloReply {
            role: principal.role(),
            server: concat!("onhand ", env!("CARGO_PKG_VERSION")).to_owned(),
            time: self.time(),
        };
        self.connection.say(wire::success(id, Success::Hello(reply)));
        Ok(())
    }

    fn get(&self, id: Id, asked: &message::Get, principal: Principal) -> Result<(), Fault> {
        let handle = &self.worker.shared.handle;
        let location = wire::location(handle.directory(), &asked.location.0)?;
        let item = wire::item(handle.directory(), &asked.sku.0)?;
        let read = wire::level(handle, location.id, item.sku);
        let level = wire::level_message(handle, &read, principal.audience(None)?);
        let level = level.ok_or_else(|| Fault::new(1003, "there is no such item"))?;
        self.connection.say(wire::success(id, Success::Level(LevelReply { level })));
        Ok(())
    }

    fn subscribe(&self, id: Id, asked: message::Subscribe, principal: Principal) -> Result<(), Fault> {
        let max = self.worker.shared.limits.subscriptions_max;
        let subscribing = wire::subscribing(asked, principal, self.worker.shared.handle.directory())?;
        let watching = self.connection.watching.borrow();
        if watching.knows(id.0) {
            return Err(Fault::new(1008, "this id was already used for a subscription of this connection").at("id"));
        }
        if watching.weight().saturating_add(subscribing.watch.weight()) > max {
            return Err(Fault::new(5007, format!("a connection may watch {max} items; watch whole locations instead")));
        }
        drop(watching);
        self.worker.subscribe(self.connection, id.0, subscribing);
        Ok(())
    }

    fn unsubscribe(&self, id: Id, subscription: Id) -> Result<(), Fault> {
        if !self.worker.unsubscribe(self.connection, subscription.0) {
            return Err(Fault::new(1015, "this connection has no such subscription").at("subscription"));
        }
        self.connection.say(wire::success(id, Success::Unsubscribed(Pong { time: self.time() })));
        Ok(())
    }

    fn command(&self, id: Id, body: Body, principal: Principal, now: Instant) -> Result<(), Fault> {
        let limits = &self.worker.shared.limits;
        let max = match principal {
            Principal::Key { .. } => limits.in_flight_max,
            Principal::Shopper { .. } => limits.shopper_in_flight_max,
        };
        if self.connection.in_flight() >= max {
            let text = format!("{max} requests of this connection are unanswered; wait for one");
            return Err(Fault::new(5006, text).retry_after(10));
        }
        let book = wire::Book(self.worker.shared.handle.directory());
        let Entered { command, asked } = convert::command(id.command(), body, principal.role().channel(), &book)?;
        self.worker.ask_for(self.connection, command, asked, now);
        Ok(())
    }

    fn time(&self) -> Time {
        Time(self.worker.shared.handle.now())
    }

    /// Tells an error. One who goes on regardless is closed.
    fn refuse(&mut self, id: Option<Id>, fault: &Fault) {
        metrics::error(fault.number);
        self.connection.say(wire::error(id, fault));
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
            WsError::Protocol(ProtocolError::ResetWithoutClosingHandshake) | WsError::Io(_) => {
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

    /// Until when nothing needs to be heard.
    fn patience(&self) -> Instant {
        if self.connection.principal().is_none() {
            return self.heard + Duration::from_millis(HELLO_TIMEOUT_MS);
        }
        self.heard + self.worker.shared.limits.idle * if self.pinged { 2 } else { 1 }
    }

    async fn quiet<S>(&mut self, stream: &mut S)
    where
        S: Sink<Message, Error = WsError> + Unpin,
    {
        if clock::now() < self.patience() {
            return;
        }
        if self.connection.principal().is_none() {
            self.refuse(None, &Fault::new(4001, "no hello came in time"));
        } else if self.pinged {
            self.end = Some(End::Silent("idle"));
        } else {
            self.pinged = true;
            let _ = stream.feed(Message::Ping(Default::default())).await;
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

    /// Writes all replies and levels that wait, with one flush. Nothing is read meanwhile, so a
    /// client that does not take its replies cannot ask for more.
    async fn write<S>(&mut self, stream: &mut S) -> Result<(), End>
    where
        S: Sink<Message, Error = WsError> + Unpin,
    {
        let (connection, worker) = (self.connection, self.worker);
        let stalled = worker.shared.limits.stalled;
        let gone = |_| End::Silent("client_gone");
        let mut sent = Sent::default();
        let writing = async {
            loop {
                while connection.has_replies() {
                    for reply in connection.take_replies() {
                        sent.bytes += reply.len();
                        patient(stalled, stream.feed(Message::Text(reply))).await?.map_err(gone)?;
                    }
                }
                let next = connection.watching.borrow_mut().next_message(&worker.shared.handle, clock::now());
                let Some((message, levels)) = next else { break };
                sent.bytes += message.len();
                sent.levels += levels;
                patient(stalled, stream.feed(Message::Text(message))).await?.map_err(gone)?;
                // A long snapshot lets the others on this thread have their turn.
                if levels == 0 || levels == CHUNK {
                    tokio::task::yield_now().await;
                }
            }
            patient(stalled, stream.flush()).await?.map_err(gone)
        };
        let result = tokio::select! {
            biased;
            result = writing => result,
            () = connection.cut() => Err(End::Silent("key_ended")),
        };
        worker.shared.meters.bytes.increment(wire::count(sent.bytes));
        worker.shared.meters.levels.increment(wire::count(sent.levels));
        if matches!(result, Err(End::Silent("slow_consumer"))) {
            metrics::closed("slow_consumer");
        }
        result
    }
}

#[derive(Default)]
struct Sent {
    bytes: usize,
    levels: usize,
}

/// Waits for a client to take something, but not for ever.
async fn patient<T>(stalled: Duration, taking: impl Future<Output = T>) -> Result<T, End> {
    tokio::time::timeout(stalled, taking).await.map_err(|_| End::Silent("slow_consumer"))
}

/// Whether a connection may go on with these rights: a shopper renews a token, a key stays itself. What
/// was subscribed with one key must not outlive it under another.
fn same_holder(before: &Principal, now: &Principal) -> bool {
    match (before, now) {
        (Principal::Shopper { .. }, Principal::Shopper { .. }) => true,
        (Principal::Key { id: before, .. }, Principal::Key { id: now, .. }) => before == now,
        _ => false,
    }
}

fn bucket(worker: &Worker, principal: Option<Principal>, now: Instant) -> Bucket {
    let limits = &worker.shared.limits;
    match principal {
        Some(Principal::Key { .. }) => Bucket::new(limits.rate_per_s, limits.rate_per_s, now),
        _ => Bucket::new(limits.shopper_rate_per_s, limits.shopper_rate_per_s.saturating_mul(2), now),
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
