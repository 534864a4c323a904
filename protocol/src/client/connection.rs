//! One connection.

use super::error::Error;
use super::feed::Feed;
use super::payments::ToldPayments;
use crate::limits;
use crate::message::{Body, ErrorBody, Incoming, Reply, Request, Subscribe, Success};
use crate::value::Id;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderValue, Response, header};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};

/// An open WebSocket, for those who count every request themselves.
pub type Socket = WebSocketStream<TcpStream>;

/// How a connection behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long an answer may take.
    pub call_timeout: Duration,
    /// Unanswered requests; more wait their turn.
    pub in_flight_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            call_timeout: Duration::from_secs(10),
            in_flight_max: limits::IN_FLIGHT_KEY_MAX,
        }
    }
}

/// A connection; cheap to clone, all clones share it. Closes when the last one is dropped.
#[derive(Clone, Debug)]
pub struct Client {
    shared: Arc<Shared>,
    outgoing: mpsc::Sender<Message>,
    /// The reader holds the other end: dropping the last clone ends it.
    _alive: Arc<oneshot::Sender<()>>,
}

#[derive(Debug)]
struct Shared {
    waiting: Mutex<Waiting>,
    turns: Semaphore,
    feed: Feed,
    payments: ToldPayments,
    options: Options,
}

#[derive(Debug, Default)]
struct Waiting {
    replies: HashMap<Id, oneshot::Sender<Reply>>,
    closed: bool,
    why: Option<Box<ErrorBody>>,
}

impl Client {
    /// Connects with an API key in the handshake. `url` is the server's, such as
    /// `http://127.0.0.1:8080`; a path is needed only when it is not `/v1/ws`.
    ///
    /// # Errors
    /// [`Error::BadAddress`], [`Error::Connect`], or [`Error::Refused`] with 4xxx or 5xxx.
    pub async fn connect(url: &str, key: &str) -> Result<Self, Error> {
        Self::connect_with(url, Some(key), Options::default(), Feed::default()).await
    }

    /// Connects; without a key the first call must be `hello`. Levels go to the feed, which may
    /// outlive the connection.
    ///
    /// # Errors
    /// As [`Client::connect`].
    pub async fn connect_with(url: &str, key: Option<&str>, options: Options, feed: Feed) -> Result<Self, Error> {
        let limit = options.connect_timeout;
        let socket = tokio::time::timeout(limit, open(url, key)).await.map_err(|_| Error::TimedOut)??;
        feed.begin();
        let (sink, stream) = socket.split();
        let (outgoing, queued) = mpsc::channel(limits::IN_FLIGHT_KEY_MAX);
        let (alive, ended) = oneshot::channel();
        let turns = Semaphore::new(options.in_flight_max.clamp(1, Semaphore::MAX_PERMITS));
        let shared =
            Arc::new(Shared { waiting: Mutex::default(), turns, feed, payments: ToldPayments::default(), options });
        tokio::spawn(write(sink, queued));
        tokio::spawn(read(stream, Arc::clone(&shared), ended));
        Ok(Self { shared, outgoing, _alive: Arc::new(alive) })
    }

    /// Sends a request and waits for its answer: a success or a refusal.
    ///
    /// # Errors
    /// [`Error::Closed`] or [`Error::TimedOut`]: the outcome is not known; send the same request
    /// again with the same id. [`Error::InFlight`]: this id is being waited for already.
    pub async fn call(&self, request: &Request) -> Result<Reply, Error> {
        let answer = async {
            let _turn = self.shared.turns.acquire().await.map_err(|_| Error::Closed(None))?;
            let reply = self.post(request).await?;
            reply.await.map_err(|_| self.shared.closed())
        };
        let outcome = tokio::time::timeout(self.shared.options.call_timeout, answer).await;
        outcome.unwrap_or_else(|_| {
            self.shared.waiting().replies.remove(&request.id);
            Err(Error::TimedOut)
        })
    }

    /// Sends a request with a new id and waits for its success.
    ///
    /// # Errors
    /// [`Error::Refused`] when the server says no, else as [`Client::call`].
    pub async fn ask(&self, body: Body) -> Result<Success, Error> {
        Ok(self.call(&Request::new(body)).await?.result?)
    }

    /// Sends many at once and waits for all answers, in the order of the requests.
    pub async fn send_all(&self, requests: &[Request]) -> Vec<Result<Reply, Error>> {
        futures_util::future::join_all(requests.iter().map(|request| self.call(request))).await
    }

    /// Watches live stock: the snapshot and everything after it come through [`Client::feed`].
    /// Gives the subscription's id.
    ///
    /// # Errors
    /// As [`Client::ask`].
    pub async fn subscribe(&self, what: Subscribe) -> Result<Id, Error> {
        let request = Request::new(Body::Subscribe(what));
        self.call(&request).await?.result?;
        Ok(request.id)
    }

    /// Levels of all subscriptions.
    #[must_use]
    pub fn feed(&self) -> &Feed {
        &self.shared.feed
    }

    /// Payments of all watches.
    #[must_use]
    pub fn payments(&self) -> &ToldPayments {
        &self.shared.payments
    }

    /// Whether the connection is gone.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.shared.waiting().closed
    }

    async fn post(&self, request: &Request) -> Result<oneshot::Receiver<Reply>, Error> {
        let (tell, reply) = oneshot::channel();
        {
            let mut waiting = self.shared.waiting();
            if waiting.closed {
                return Err(Error::Closed(waiting.why.clone()));
            }
            if waiting.replies.contains_key(&request.id) {
                return Err(Error::InFlight);
            }
            waiting.replies.insert(request.id, tell);
        }
        let sent = self.outgoing.send(Message::text(request.to_json())).await;
        sent.map_err(|_| self.shared.closed())?;
        Ok(reply)
    }
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn closed(&self) -> Error {
        Error::Closed(self.waiting().why.clone())
    }

    fn take(&self, incoming: Incoming) {
        match incoming {
            Incoming::Levels(levels) => self.feed.put(levels),
            Incoming::Payments(payments) => self.payments.put(payments),
            // Nobody asks for them through this client: programs read the stream over HTTP.
            Incoming::Metrics(_) | Incoming::Prices(_) => {}
            Incoming::Reply(Reply { id: None, result }) => self.waiting().why = result.err(),
            Incoming::Reply(mut reply) => {
                if let Ok(Success::Subscribed(snapshot)) = &mut reply.result {
                    self.feed.put(snapshot.levels.clone());
                }
                let waiter = reply.id.and_then(|id| self.waiting().replies.remove(&id));
                if let Some(waiter) = waiter {
                    // Whoever asked may have stopped waiting.
                    let _ = waiter.send(reply);
                }
            }
        }
    }
}

/// Writes everything queued, then flushes once.
async fn write(mut sink: SplitSink<Socket, Message>, mut queued: mpsc::Receiver<Message>) {
    while let Some(first) = queued.recv().await {
        let mut next = Some(first);
        while let Some(message) = next {
            if sink.feed(message).await.is_err() {
                return;
            }
            next = queued.try_recv().ok();
        }
        if sink.flush().await.is_err() {
            return;
        }
    }
    // The last clone is gone: say goodbye if the other side still listens.
    let _ = sink.close().await;
}

async fn read(mut stream: SplitStream<Socket>, shared: Arc<Shared>, mut ended: oneshot::Receiver<()>) {
    loop {
        let message = tokio::select! {
            message = stream.next() => message,
            _ = &mut ended => break,
        };
        match message {
            Some(Ok(Message::Text(text))) => match Incoming::parse(&text) {
                Ok(incoming) => shared.take(incoming),
                // A message of a later version: whoever waits for it runs into its time limit.
                Err(_) => continue,
            },
            Some(Ok(Message::Close(_)) | Err(_)) | None => break,
            Some(Ok(_)) => {}
        }
    }
    // In this order: once `closed` shows, a new connection may begin on the same feed.
    shared.feed.end();
    shared.payments.end();
    let mut waiting = shared.waiting();
    waiting.closed = true;
    waiting.replies.clear();
}

/// Opens a socket without anything behind it. Everyone but a load generator wants a [`Client`].
///
/// # Errors
/// As [`Client::connect`], without its time limit.
pub async fn open(url: &str, key: Option<&str>) -> Result<Socket, Error> {
    let (authority, path) = address(url)?;
    let bad = |_| Error::BadAddress(url.to_owned());
    let target = format!("ws://{authority}{}", if path == "/" { "/v1/ws" } else { path });
    let mut request = target.into_client_request().map_err(|_| Error::BadAddress(url.to_owned()))?;
    let headers = request.headers_mut();
    headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(limits::SUBPROTOCOL));
    if let Some(key) = key {
        headers.insert(header::AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {key}")).map_err(bad)?);
    }
    let failed = |why: String| Error::Connect { address: authority.to_owned(), why };
    let stream = TcpStream::connect(authority).await.map_err(|why| failed(why.to_string()))?;
    stream.set_nodelay(true).map_err(|why| failed(why.to_string()))?;
    // The defaults of 128 KiB each are taken eagerly; thousands of connections must fit.
    let config = WebSocketConfig::default().read_buffer_size(4 * 1024).write_buffer_size(4 * 1024);
    match tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await {
        Ok((socket, _)) => Ok(socket),
        Err(tungstenite::Error::Http(response)) => Err(refused(&response, authority)),
        Err(why) => Err(failed(why.to_string())),
    }
}

fn refused(response: &Response<Option<Vec<u8>>>, authority: &str) -> Error {
    match ErrorBody::from_problem(response.body().as_deref().unwrap_or_default()) {
        Some(error) => Error::Refused(Box::new(error)),
        None => Error::Connect {
            address: authority.to_owned(),
            why: format!("the server answered {} to the handshake", response.status()),
        },
    }
}

/// Host with port, and path, of a server's address; without a port it is 80.
pub(crate) fn address(url: &str) -> Result<(&str, &str), Error> {
    let rest = ["http://", "ws://"].iter().find_map(|scheme| url.strip_prefix(scheme)).unwrap_or(url);
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if authority.is_empty() || rest.contains("://") || !authority.contains(':') {
        return Err(Error::BadAddress(url.to_owned()));
    }
    Ok((authority, if path.is_empty() { "/" } else { path }))
}
