//! A small HTTPS client: one connection for each request, so that what was not connected was not sent.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderValue};
use hyper::{Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// The most a response may hold.
const RESPONSE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Why an address cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    /// It is none.
    #[error("{0} is no address such as https://api.example.com")]
    NoAddress(String),
    /// What is sent there could be read on the way.
    #[error("{0} is not encrypted: plain http is for addresses of this machine, such as http://127.0.0.1:8420")]
    Plain(String),
    /// There is nobody to say who is who.
    #[error("no certificates of authorities were found on this machine: install ca-certificates, or set SSL_CERT_FILE")]
    NoAuthorities,
    /// The library will not have it.
    #[error(transparent)]
    Tls(#[from] tokio_rustls::rustls::Error),
}

/// Why there is no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Nothing was sent.
    NotSent,
    /// It may have been sent, and no whole response came.
    NoAnswer,
}

/// One server.
pub(crate) struct Https {
    authority: String,
    host: String,
    port: u16,
    /// None: in the plain, on this machine.
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl Https {
    /// For an address without a path.
    pub(crate) fn new(url: &str) -> Result<Self, AddressError> {
        let no_address = || AddressError::NoAddress(url.to_owned());
        let uri: Uri = url.parse().map_err(|_| no_address())?;
        let authority = uri.authority().ok_or_else(no_address)?;
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() || authority.as_str().contains('@') {
            return Err(no_address());
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let encrypted = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(no_address()),
        };
        if !encrypted && !host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()) {
            return Err(AddressError::Plain(url.to_owned()));
        }
        let port = authority.port_u16().unwrap_or(if encrypted { 443 } else { 80 });
        let tls = match encrypted {
            true => Some((connector()?, ServerName::try_from(host.clone()).map_err(|_| no_address())?)),
            false => None,
        };
        Ok(Self { authority: authority.to_string(), host, port, tls })
    }

    /// Sends a request whose address is a path.
    pub(crate) async fn send(&self, mut request: Request<Full<Bytes>>) -> Result<(StatusCode, Bytes), Trouble> {
        let host = HeaderValue::from_str(&self.authority).map_err(|_| Trouble::NotSent)?;
        request.headers_mut().insert(HOST, host);
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await.map_err(|_| Trouble::NotSent)?;
        match &self.tls {
            None => exchange(stream, request).await,
            Some((tls, name)) => {
                let stream = tls.connect(name.clone(), stream).await.map_err(|_| Trouble::NotSent)?;
                exchange(stream, request).await
            }
        }
    }
}

async fn exchange<S>(stream: S, request: Request<Full<Bytes>>) -> Result<(StatusCode, Bytes), Trouble>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|_| Trouble::NotSent)?;
    // It ends with the sender, or when the other side closes.
    tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(|_| Trouble::NoAnswer)?;
    let status = response.status();
    let body = Limited::new(response.into_body(), RESPONSE_BYTES_MAX).collect().await;
    Ok((status, body.map_err(|_| Trouble::NoAnswer)?.to_bytes()))
}

/// Trusts the authorities that this machine trusts: a shop that has one of its own adds it there.
fn connector() -> Result<TlsConnector, AddressError> {
    let mut authorities = RootCertStore::empty();
    authorities.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if authorities.is_empty() {
        return Err(AddressError::NoAuthorities);
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(authorities)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_not_encrypted_stays_on_this_machine() {
        for url in ["http://127.0.0.1:8420", "http://127.8.0.1", "http://[::1]:8420/"] {
            assert!(Https::new(url).is_ok(), "{url}");
        }
        for url in ["http://api.stripe.com", "http://10.0.0.1:80", "http://localhost:8420", "http://[::2]"] {
            assert!(matches!(Https::new(url), Err(AddressError::Plain(_))), "{url}");
        }
        for url in ["", "api.stripe.com", "ftp://127.0.0.1", "http://127.0.0.1/v1", "http://me@127.0.0.1", "https://"] {
            assert!(matches!(Https::new(url), Err(AddressError::NoAddress(_))), "{url}");
        }
    }
}
