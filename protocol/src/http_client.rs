//! A tiny HTTP client for imports, keys and reads: plain HTTP/1.1 with a bearer key, one connection
//! per request. TLS ends at the proxy in front of the server.

use crate::client::Error;
use crate::client::address;
use crate::message::{ErrorBody, SignIn, SignedIn};
use crate::value::Id;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use std::time::Duration;
use tokio::net::TcpStream;

/// The most a response may hold: the largest page is well below.
const RESPONSE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Talks to one server with one key.
#[derive(Clone, Debug)]
pub struct HttpClient {
    url: String,
    key: Option<String>,
    /// The token of who is signed in.
    person: Option<String>,
    timeout: Duration,
}

/// A successful response.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status, 200 to 399.
    pub status: u16,
    /// The headers.
    pub headers: hyper::HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Response {
    /// The body as JSON.
    ///
    /// # Errors
    /// [`Error::Unreadable`].
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|why| Error::Unreadable(why.to_string()))
    }
}

impl HttpClient {
    /// For a server such as `http://127.0.0.1:8080`; a key is not needed for public pages.
    #[must_use]
    pub fn new(url: &str, key: Option<&str>) -> Self {
        let timeout = Duration::from_secs(60);
        Self { url: url.trim_end_matches('/').to_owned(), key: key.map(str::to_owned), person: None, timeout }
    }

    /// With another time limit per request; the default is a minute, for large imports.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// With a person at this device, for a quarter of an hour: for servers that require people.
    ///
    /// # Errors
    /// As [`HttpClient::get`].
    pub async fn signed_in(self, asked: &SignIn) -> Result<Self, Error> {
        // Nothing in it can fail to be written.
        let body = serde_json::to_vec(asked).unwrap_or_default();
        let person = self.post("/v1/sign_in", None, body).await?.json::<SignedIn>()?.token;
        Ok(Self { person, ..self })
    }

    /// Reads.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's number, or what went wrong on the way.
    pub async fn get(&self, path: &str) -> Result<Response, Error> {
        self.send(Method::GET, path, None, Bytes::new()).await
    }

    /// Sends JSON; commands need an id, which makes a repeat harmless.
    ///
    /// # Errors
    /// As [`HttpClient::get`].
    pub async fn post(&self, path: &str, id: Option<Id>, json: impl Into<Bytes>) -> Result<Response, Error> {
        self.send(Method::POST, path, id, json.into()).await
    }

    /// Removes.
    ///
    /// # Errors
    /// As [`HttpClient::get`].
    pub async fn delete(&self, path: &str) -> Result<Response, Error> {
        self.send(Method::DELETE, path, None, Bytes::new()).await
    }

    /// Any request, with an id for commands.
    ///
    /// # Errors
    /// As [`HttpClient::get`].
    pub async fn send(&self, method: Method, path: &str, id: Option<Id>, body: Bytes) -> Result<Response, Error> {
        let exchange = self.exchange(method, path, id, body);
        tokio::time::timeout(self.timeout, exchange).await.map_err(|_| Error::TimedOut)?
    }

    async fn exchange(&self, method: Method, path: &str, id: Option<Id>, body: Bytes) -> Result<Response, Error> {
        let (authority, _) = address(&self.url)?;
        let mut request = Request::builder().method(method).uri(path).header(HOST, authority);
        if let Some(key) = &self.key {
            request = request.header(AUTHORIZATION, format!("Bearer {key}"));
        }
        if let Some(person) = &self.person {
            request = request.header("onhand-user", person);
        }
        if let Some(id) = id {
            request = request.header("idempotency-key", id.to_string());
        }
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let request = request.body(Full::new(body)).map_err(|_| Error::BadAddress(format!("{}{path}", self.url)))?;

        let failed = |why: String| Error::Connect { address: authority.to_owned(), why };
        let stream = TcpStream::connect(authority).await.map_err(|why| failed(why.to_string()))?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|why| failed(why.to_string()))?;
        tokio::spawn(connection);
        let response = sender.send_request(request).await.map_err(|_| Error::Closed(None))?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, RESPONSE_BYTES_MAX).collect().await;
        let body = body.map_err(|why| Error::Unreadable(why.to_string()))?.to_bytes();
        if parts.status.as_u16() < 400 {
            return Ok(Response { status: parts.status.as_u16(), headers: parts.headers, body });
        }
        match ErrorBody::from_problem(&body) {
            Some(error) => Err(Error::Refused(Box::new(error))),
            None => Err(Error::Unreadable(format!("{} {path}: {}", self.url, parts.status))),
        }
    }
}
