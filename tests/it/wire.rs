//! A stranger's view of the wire: sockets, HTTP and JSON, without the project's own client.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// How long an answer may take on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a test's futures on one thread.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// A fresh command id.
pub fn id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// One WebSocket.
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Messages that arrived while another was awaited.
    aside: Vec<Value>,
}

impl Socket {
    pub async fn open(address: &str, key: &str) -> Self {
        Self::try_open(address, Some(key)).await.unwrap()
    }

    pub async fn try_open(address: &str, key: Option<&str>) -> Result<Self, Error> {
        let mut request = format!("ws://{address}/v1/ws").into_client_request().unwrap();
        if let Some(key) = key {
            request.headers_mut().insert("authorization", format!("Bearer {key}").parse().unwrap());
        }
        request.headers_mut().insert("sec-websocket-protocol", "onhand.v1.json".parse().unwrap());
        let (stream, _) = tokio_tungstenite::connect_async(request).await?;
        Ok(Self { stream, aside: Vec::new() })
    }

    pub async fn send(&mut self, message: &Value) {
        self.send_raw(Message::text(message.to_string())).await;
    }

    pub async fn send_raw(&mut self, message: Message) {
        self.stream.send(message).await.unwrap();
    }

    /// Sends, unless the server is gone.
    pub async fn try_send(&mut self, message: &Value) -> bool {
        self.stream.send(Message::text(message.to_string())).await.is_ok()
    }

    /// The next text as it came; `None` when the server has closed.
    pub async fn next_text(&mut self) -> Option<String> {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.stream.next()).await.expect("no message in time");
            match next {
                Some(Ok(Message::Text(text))) => return Some(text.to_string()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// The next message.
    pub async fn next(&mut self) -> Value {
        serde_json::from_str(&self.next_text().await.expect("the server closed the socket")).unwrap()
    }

    /// Sends a request and gives the answer of its id; levels that come in between are kept.
    pub async fn call(&mut self, request: &Value) -> Value {
        self.send(request).await;
        loop {
            let message = self.next().await;
            if message["id"] == request["id"] {
                return message;
            }
            self.aside.push(message);
        }
    }

    /// The answer's text, for comparing bytes.
    pub async fn call_text(&mut self, request: &Value) -> String {
        self.send(request).await;
        loop {
            let text = self.next_text().await.expect("the server closed the socket");
            let message: Value = serde_json::from_str(&text).unwrap();
            if message["id"] == request["id"] {
                return text;
            }
            self.aside.push(message);
        }
    }

    /// Waits for a pushed level that fits.
    pub async fn level(&mut self, mut fits: impl FnMut(&Value) -> bool) -> Value {
        loop {
            let message = if self.aside.is_empty() { self.next().await } else { self.aside.remove(0) };
            let levels = message["levels"].as_array().cloned().unwrap_or_default();
            if let Some(level) = levels.into_iter().find(|level| fits(level)) {
                return level;
            }
        }
    }
}

impl Socket {
    /// Waits until a payment that it watches stands so.
    pub async fn payment(&mut self, id: &str, mut fits: impl FnMut(&Value) -> bool) -> Value {
        self.any_payment(|one| one["payment"] == *id && fits(one)).await
    }

    /// The same of whichever payment does first.
    pub async fn any_payment(&mut self, mut fits: impl FnMut(&Value) -> bool) -> Value {
        loop {
            let message = if self.aside.is_empty() { self.next().await } else { self.aside.remove(0) };
            let payments = message["payments"].as_array().cloned().unwrap_or_default();
            if let Some(payment) = payments.into_iter().find(|one| fits(one)) {
                return payment;
            }
        }
    }
}

/// What HTTP answered.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub body: String,
}

impl Response {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }

    /// The number of the error that it carries.
    pub fn number(&self) -> u64 {
        self.json()["number"].as_u64().unwrap_or_else(|| panic!("no number in {}", self.body))
    }
}

/// One HTTP request on a connection of its own.
pub async fn http(address: &str, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&str>) -> Response {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut request = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    let body = body.unwrap_or_default();
    request += &format!("content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("no answer in time").unwrap();
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    Response { status, body: body.to_owned() }
}

pub async fn get(address: &str, key: &str, path: &str) -> Response {
    http(address, "GET", path, &[("authorization", &format!("Bearer {key}"))], None).await
}

/// A command over HTTP under an id.
pub async fn post(address: &str, key: &str, op: &str, id: &str, body: &Value) -> Response {
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", bearer.as_str()), ("idempotency-key", id)];
    http(address, "POST", &format!("/v1/{op}"), &headers, Some(&body.to_string())).await
}

/// Defines a shop with one tax class and the items, all priced 4.50, and receives so many of each.
pub async fn stocked_shop(socket: &mut Socket, location: &str, items: &[(&str, u32)]) {
    define_location(socket, location).await;
    let defined: Vec<Value> = items
        .iter()
        .map(|(sku, _)| json!({"sku": sku, "name": format!("Item {sku}"), "tax_class": "standard", "price": 450}))
        .collect();
    ok(&socket.call(&json!({"op": "define_items", "id": id(), "items": defined})).await, "items_defined");
    let lines: Vec<Value> = items
        .iter()
        .filter(|(_, on_hand)| *on_hand > 0)
        .map(|(sku, on_hand)| json!({"sku": sku, "qty": on_hand.to_string()}))
        .collect();
    for chunk in lines.chunks(400) {
        let receive = json!({"op": "receive", "id": id(), "location": location, "lines": chunk});
        ok(&socket.call(&receive).await, "received");
    }
}

pub async fn define_location(socket: &mut Socket, location: &str) {
    let define = json!({
        "op": "define_location", "id": id(), "code": location, "name": format!("Shop {location}"), "kind": "shop",
        "currency": "EUR",
        "tax": {"basis": "inclusive", "rounding": "line", "rates": [{"class": "standard", "rate_ppm": 200_000}]},
    });
    ok(&socket.call(&define).await, "location_defined");
}

/// One line, paid in cash.
pub fn sell(location: &str, sku: &str, qty: u32) -> Value {
    json!({
        "op": "sell", "id": id(), "location": location, "currency": "EUR",
        "lines": [{"sku": sku, "qty": qty.to_string()}],
        "tenders": [{"type": "cash", "amount": 450 * qty}],
    })
}

/// The request as an HTTP body: without op and id.
pub fn body_of(request: &Value) -> Value {
    let mut body = request.clone();
    let fields = body.as_object_mut().unwrap();
    fields.remove("op");
    fields.remove("id");
    body
}

#[track_caller]
pub fn ok(reply: &Value, what: &str) {
    assert_eq!(reply["ok"], what, "{reply:#}");
}

#[track_caller]
pub fn refused(reply: &Value, number: u64) {
    assert_eq!(reply["error"]["number"], number, "{reply:#}");
}
