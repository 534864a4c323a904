//! A server with one key per role, two shops, a web warehouse and three items.

use futures_util::{SinkExt, StreamExt};
use onhand_actors::clock::Clock;
use onhand_actors::handle::{self, Handle, Surroundings};
use onhand_actors::port::{Envelope, LevelChange, Outcome, Port, PortId, Ticket};
use onhand_engine::catalogue::Role;
use onhand_engine::command::{Action, Channel, Command};
use onhand_engine::ids::{CommandId, Label, LocationId};
use onhand_engine::people::By;
use onhand_gateway::{Limits, Options, Server, keys};
use onhand_persistence::memory::{Disk, MemoryLog};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Longer than anything may take here.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Stand {
    server: Option<Server>,
    pub handle: Handle,
    pub address: String,
    pub disk: Disk,
    keys: HashMap<Role, String>,
}

struct Desk(Mutex<mpsc::SyncSender<Outcome>>);

impl Port for Desk {
    fn outcomes(&self, outcomes: Vec<(Ticket, Outcome)>) {
        let sender = self.0.lock().unwrap();
        outcomes.into_iter().for_each(|(_, outcome)| sender.send(outcome).unwrap());
    }
    fn levels(&self, _: Arc<[LevelChange]>) {}
    fn chain_changed(&self) {}
}

pub fn id() -> String {
    onhand_protocol::value::Id::mint().to_string()
}

/// A moment for something that must not happen, or the longest wait for something that must.
pub async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("it did not come in time")
}

impl Stand {
    pub async fn start() -> Self {
        Self::with(Limits::default()).await
    }

    pub async fn with(limits: Limits) -> Self {
        Self::at(limits, Clock::system()).await
    }

    /// At a time of the test's choosing.
    pub async fn at(limits: Limits, clock: Clock) -> Self {
        let log = MemoryLog::new();
        let disk = log.disk();
        let options = handle::Options { shards: 2, ..handle::Options::default() };
        let surroundings = Surroundings { clock, sabotage: None };
        let handle = Handle::start_with(options, Box::new(log), Default::default(), surroundings).unwrap();
        let keys = make_keys(&handle);
        let listen = "127.0.0.1:0".parse().unwrap();
        let options = Options {
            limits,
            origins: vec!["https://shop.example".to_owned()],
            ..Options::new(listen, handle.clone())
        };
        let server = Server::start(options).unwrap();
        let address = server.address().to_string();
        let stand = Self { server: Some(server), handle, address, disk, keys };
        stand.define().await;
        stand
    }

    async fn define(&self) {
        let rates = json!([{"class": "food", "rate_ppm": 100_000}]);
        for (code, kind) in [("S1", "shop"), ("S2", "shop"), ("WEB", "warehouse")] {
            let tax = json!({"basis": "inclusive", "rounding": "line", "rates": rates});
            let place = json!({"code": code, "name": code, "kind": kind, "currency": "EUR", "tax": tax});
            assert_eq!(self.post("define_location", &place).await.status, 200);
        }
        let items = json!({"items": [
            {"sku": "TEA", "name": "Green tea", "tax_class": "food", "price": 450},
            {"sku": "MUG", "name": "Mug", "tax_class": "food", "price": 1200, "gtins": ["4006381333931"]},
            {"sku": "CHEESE", "name": "Cheese", "tax_class": "food", "price": 2000, "unit": "kg"},
        ]});
        assert_eq!(self.post("define_items", &items).await.status, 200);
    }

    pub fn key(&self, role: Role) -> &str {
        &self.keys[&role]
    }

    /// A command of an administrator over HTTP.
    pub async fn post(&self, op: &str, body: &Value) -> Response {
        self.post_as(Role::Admin, op, &id(), body).await
    }

    pub async fn post_as(&self, role: Role, op: &str, id: &str, body: &Value) -> Response {
        let headers = [("Authorization", format!("Bearer {}", self.key(role))), ("Idempotency-Key", id.to_owned())];
        self.http("POST", &format!("/v1/{op}"), &headers, body.to_string().as_bytes()).await
    }

    pub async fn get_as(&self, role: Role, path: &str) -> Response {
        self.http("GET", path, &[("Authorization", format!("Bearer {}", self.key(role)))], b"").await
    }

    pub async fn receive(&self, location: &str, sku: &str, qty: u32) {
        let body = json!({"location": location, "lines": [{"sku": sku, "qty": qty}]});
        assert_eq!(self.post("receive", &body).await.status, 200);
    }

    /// A token as a browser on the listed website gets it.
    pub async fn token(&self) -> String {
        let response = self.http("POST", "/v1/token", &[("Origin", "https://shop.example".to_owned())], b"").await;
        assert_eq!(response.status, 200, "{response:?}");
        response.json()["token"].as_str().unwrap().to_owned()
    }

    pub async fn http(&self, method: &str, path: &str, headers: &[(&str, String)], body: &[u8]) -> Response {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() || method == "POST" {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        self.raw(&[head.as_bytes(), body].concat()).await
    }

    /// Sends bytes as they are and reads one response.
    pub async fn raw(&self, bytes: &[u8]) -> Response {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        // A refusal may come before all was sent.
        let _ = stream.write_all(bytes).await;
        let mut all = Vec::new();
        let _ = within(stream.read_to_end(&mut all)).await;
        Response::parse(&all)
    }

    pub async fn socket(&self, role: Role) -> Socket {
        self.connect(&[("Authorization", format!("Bearer {}", self.key(role)))]).await.unwrap()
    }

    pub async fn shopper(&self) -> Socket {
        let token = self.token().await;
        let mut socket = self.connect(&[("Origin", "https://shop.example".to_owned())]).await.unwrap();
        let reply = socket.ask(json!({"op": "hello", "id": id(), "token": token})).await;
        assert_eq!(reply["ok"], "hello", "{reply}");
        assert_eq!(reply["role"], "shopper");
        socket
    }

    /// A socket that may also send compact sales.
    pub async fn compact(&self, role: Role) -> Socket {
        let headers = [("Authorization", format!("Bearer {}", self.key(role)))];
        self.connect_as("onhand.v1.compact", &headers).await.unwrap()
    }

    pub async fn connect(&self, headers: &[(&str, String)]) -> Result<Socket, WsError> {
        self.connect_as("onhand.v1.json", headers).await
    }

    async fn connect_as(&self, protocol: &str, headers: &[(&str, String)]) -> Result<Socket, WsError> {
        let mut request = format!("ws://{}/v1/ws", self.address).into_client_request().unwrap();
        for (name, value) in headers {
            let name: http::HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        request.headers_mut().insert("Sec-WebSocket-Protocol", protocol.parse().unwrap());
        Ok(Socket { stream: connect_async(request).await?.0, pushes: Vec::new() })
    }

    pub async fn level(&self, location: &str, sku: &str) -> Value {
        self.get_as(Role::Admin, &format!("/v1/stock/{location}/{sku}")).await.json()
    }

    /// Stops the door; the actors go on.
    pub fn stop(&mut self) {
        self.server.take().unwrap().stop();
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop();
        }
        self.handle.stop();
    }
}

/// Without a server there is nobody to ask for the first key.
fn make_keys(handle: &Handle) -> HashMap<Role, String> {
    let (sender, outcomes) = mpsc::sync_channel(16);
    let port: PortId = handle.register(Arc::new(Desk(Mutex::new(sender))));
    let make = |(number, role): (usize, Role)| {
        let minted = keys::mint(role, Label::new(role.name()).unwrap(), handle.now()).unwrap();
        let command = Command {
            id: CommandId(number as u128 + 1),
            location: LocationId::CHAIN,
            channel: Channel::Till,
            action: Action::CreateKey { key: minted.key },
        };
        handle.submit(&mut vec![Envelope { port, ticket: Ticket(0), by: By::default(), command }]);
        assert!(matches!(outcomes.recv_timeout(PATIENCE).unwrap(), Outcome::Done { .. }));
        (role, minted.text)
    };
    Role::ALL.into_iter().enumerate().map(make).collect()
}

#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Response {
    fn parse(all: &[u8]) -> Self {
        let split = all.windows(4).position(|four| four == b"\r\n\r\n");
        let Some(split) = split else { return Self { status: 0, head: String::new(), body: all.to_vec() } };
        let head = String::from_utf8_lossy(&all[..split]).to_string();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, head, body: all[split + 4..].to_vec() }
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).to_string()
    }

    pub fn header(&self, name: &str) -> Option<String> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
    }

    /// The number of its problem.
    pub fn number(&self) -> u64 {
        assert_eq!(self.header("content-type").as_deref(), Some("application/problem+json"), "{}", self.text());
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        assert_eq!(problem["type"], format!("/errors/{}", problem["number"]));
        problem["number"].as_u64().unwrap()
    }
}

pub struct Socket {
    pub stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pushes: Vec<Value>,
}

impl Socket {
    pub async fn send(&mut self, message: &Value) {
        self.stream.send(Message::text(message.to_string())).await.unwrap();
    }

    /// The next text message, as it was sent.
    pub async fn text(&mut self) -> Option<String> {
        loop {
            match within(self.stream.next()).await {
                Some(Ok(Message::Text(text))) => return Some(text.to_string()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// The next message.
    pub async fn next(&mut self) -> Value {
        let text = self.text().await.expect("the socket was closed");
        serde_json::from_str(&text).unwrap()
    }

    /// The reply to a request, byte for byte. Pushes that come before are kept.
    pub async fn ask_text(&mut self, request: &Value) -> String {
        self.send(request).await;
        loop {
            let text = self.text().await.expect("the socket was closed");
            let value: Value = serde_json::from_str(&text).unwrap();
            if value["id"] == request["id"] {
                return text;
            }
            self.pushes.push(value);
        }
    }

    pub async fn ask(&mut self, request: Value) -> Value {
        serde_json::from_str(&self.ask_text(&request).await).unwrap()
    }

    /// The next push of levels.
    pub async fn push(&mut self) -> Vec<Value> {
        let push = if self.pushes.is_empty() { self.next().await } else { self.pushes.remove(0) };
        push["levels"].as_array().unwrap_or_else(|| panic!("no levels: {push}")).clone()
    }

    /// Reads on to the close frame.
    pub async fn closed(&mut self) -> Option<CloseFrame> {
        loop {
            match within(self.stream.next()).await {
                Some(Ok(Message::Close(frame))) => return frame,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }
}
