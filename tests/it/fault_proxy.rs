//! Stands between a client and the real server, passes everything on, and plants one fault when told to.

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};

/// What goes wrong, once in the life of a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// A sale's answer comes twice.
    DoubledAcknowledgement,
    /// A sale is answered as recorded, and never reaches the server.
    LostSale,
    /// A refused sale is answered as recorded.
    RefusalSaidToBeRecorded,
    /// A watcher gets an older level after a newer one.
    OlderLevelAgain,
    /// A watcher gets no more levels.
    HeldBackLevels,
}

/// So many chances pass before the fault is planted: it happens in the midst of the run.
const PASSES: u32 = 20;

#[derive(Clone)]
struct Shared {
    server: String,
    fault: Fault,
    chances: Arc<AtomicU32>,
}

impl Shared {
    /// Whether this chance for the fault is the one to take.
    fn now(&self, fault: Fault) -> bool {
        self.fault == fault && self.chances.fetch_add(1, Ordering::Relaxed) == PASSES
    }
}

/// A running proxy; it ends with the test's process.
pub struct Proxy {
    address: SocketAddr,
    chances: Arc<AtomicU32>,
}

impl Proxy {
    /// In front of the server at this address, `127.0.0.1:PORT`.
    pub fn start(server: &str, fault: Fault) -> Self {
        let chances = Arc::default();
        let shared = Shared { server: server.to_owned(), fault, chances: Arc::clone(&chances) };
        let (tell, told) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(pass(stream, shared.clone()));
                }
            });
        });
        Self { address: told.recv().unwrap(), chances }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Whether the fault was planted.
    pub fn has_planted(&self) -> bool {
        self.chances.load(Ordering::Relaxed) > PASSES
    }
}

/// HTTP goes through untouched; a WebSocket message by message.
async fn pass(mut stream: TcpStream, shared: Shared) {
    let mut head = [0; 2_048];
    let length = stream.peek(&mut head).await.unwrap_or(0);
    if String::from_utf8_lossy(&head[..length]).to_ascii_lowercase().contains("upgrade: websocket") {
        return pass_socket(stream, shared).await;
    }
    let Ok(mut server) = TcpStream::connect(&shared.server).await else { return };
    // Either side may hang up at any time.
    let _ = tokio::io::copy_bidirectional(&mut stream, &mut server).await;
}

#[allow(clippy::result_large_err, reason = "the handshake's own type")]
async fn pass_socket(stream: TcpStream, shared: Shared) {
    stream.set_nodelay(true).unwrap();
    let mut handshake = format!("ws://{}/v1/ws", shared.server).into_client_request().unwrap();
    let agree = |request: &Request, mut response: Response| {
        for name in ["authorization", "sec-websocket-protocol"] {
            if let Some(value) = request.headers().get(name) {
                handshake.headers_mut().insert(name, value.clone());
            }
        }
        if let Some(protocol) = request.headers().get("sec-websocket-protocol") {
            response.headers_mut().insert("sec-websocket-protocol", protocol.clone());
        }
        Ok(response)
    };
    let Ok(client) = tokio_tungstenite::accept_hdr_async(stream, agree).await else { return };
    let server = TcpStream::connect(&shared.server).await.unwrap();
    server.set_nodelay(true).unwrap();
    let (server, _) = tokio_tungstenite::client_async(handshake, server).await.unwrap();
    let ((to_client, from_client), (to_server, from_server)) = (client.split(), server.split());
    // What the requests' side wants to say to the client in the server's name.
    let (forge, forged) = mpsc::channel(16);
    tokio::join!(requests(from_client, to_server, forge, &shared), replies(from_server, to_client, forged, &shared));
}

type Sink = SplitSink<WebSocketStream<TcpStream>, Message>;
type Stream = SplitStream<WebSocketStream<TcpStream>>;

async fn requests(mut from: Stream, mut to: Sink, forge: mpsc::Sender<Message>, shared: &Shared) {
    while let Some(Ok(message)) = from.next().await {
        let sale = message.to_text().is_ok_and(|text| text.starts_with(r#"{"op":"sell""#));
        if sale && shared.now(Fault::LostSale) {
            let asked: Value = serde_json::from_str(message.to_text().unwrap()).unwrap();
            let _ = forge.send(recorded(&asked["id"])).await;
            continue;
        }
        if to.send(message).await.is_err() {
            break;
        }
    }
    let _ = to.close().await;
}

async fn replies(mut from: Stream, mut to: Sink, mut forged: mpsc::Receiver<Message>, shared: &Shared) {
    let mut levels = Levels { last: HashMap::new(), hold_back: false };
    loop {
        let message = tokio::select! {
            Some(message) = forged.recv() => message,
            message = from.next() => match message {
                Some(Ok(message)) => message,
                _ => break,
            },
        };
        for message in altered(message, &mut levels, shared) {
            if to.send(message).await.is_err() {
                return;
            }
        }
    }
    let _ = to.close().await;
}

struct Levels {
    /// By the item that a message begins with: the last one that was passed on.
    last: HashMap<String, Message>,
    hold_back: bool,
}

/// What reaches the client for one message of the server's.
fn altered(message: Message, levels: &mut Levels, shared: &Shared) -> Vec<Message> {
    let Ok(text) = message.to_text() else { return vec![message] };
    if text.contains(r#""ok":"recorded""#) && shared.now(Fault::DoubledAcknowledgement) {
        return vec![message.clone(), message];
    }
    if text.contains(r#""number":2001"#) && shared.now(Fault::RefusalSaidToBeRecorded) {
        let refusal: Value = serde_json::from_str(text).unwrap();
        return vec![recorded(&refusal["id"])];
    }
    if !text.starts_with(r#"{"levels":"#) {
        return vec![message];
    }
    levels.hold_back |= shared.now(Fault::HeldBackLevels);
    if levels.hold_back {
        return Vec::new();
    }
    let pushed: Value = serde_json::from_str(text).unwrap();
    let first = format!("{} {}", pushed["levels"][0]["location"], pushed["levels"][0]["sku"]);
    let older = levels.last.insert(first, message.clone());
    match older.filter(|_| shared.now(Fault::OlderLevelAgain)) {
        Some(older) => vec![message, older],
        None => vec![message],
    }
}

fn recorded(id: &Value) -> Message {
    let done = r#""ok":"recorded","seq":"9","time":"2026-01-02T03:04:05.678Z","total":450,"currency":"EUR""#;
    Message::text(format!(r#"{{"id":{id},{done}}}"#))
}
