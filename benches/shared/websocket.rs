//! As much of the WebSocket protocol as a measuring client needs: its handshake and its frames.
#![allow(dead_code, reason = "each measurement needs some of it")]

use std::io::{Read, Write};
use std::net::TcpStream;

/// A frame begins with this when it is the whole text of a message.
pub(crate) const TEXT: u8 = 0x81;
const PING: u8 = 0x89;
const CLOSE: u8 = 0x88;

/// Opens a WebSocket with an API key, and waits for the server's consent.
pub(crate) fn upgrade(mut socket: TcpStream, path: &str, key: Option<&str>) -> Result<TcpStream, String> {
    ask(&mut socket, path, key)?;
    let more = consent(&mut socket)?;
    if more.is_empty() { Ok(socket) } else { Err("handshake: the server spoke before it was asked".to_owned()) }
}

/// Asks for one; many sockets may ask before the first consent is read.
pub(crate) fn ask(socket: &mut TcpStream, path: &str, key: Option<&str>) -> Result<(), String> {
    let failed = |why: std::io::Error| format!("handshake: {why}");
    let host = socket.peer_addr().map_err(failed)?;
    let authorization = key.map_or_else(String::new, |key| format!("Authorization: Bearer {key}\r\n"));
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: b25oYW5kIG1lYXN1cmVzLg==\r\n{authorization}\r\n"
    );
    socket.write_all(request.as_bytes()).map_err(failed)
}

/// Waits for the server's consent; gives what came behind it already.
pub(crate) fn consent(socket: &mut TcpStream) -> Result<Vec<u8>, String> {
    let (mut head, mut some) = (Vec::new(), [0; 4096]);
    loop {
        let read = socket.read(&mut some).map_err(|why| format!("handshake: {why}"))?;
        head.extend_from_slice(&some[..read]);
        let end = head.windows(4).position(|some| some == b"\r\n\r\n");
        let Some(end) = end.filter(|_| head.starts_with(b"HTTP/1.1 101")) else {
            if end.is_none() && read > 0 {
                continue;
            }
            return Err(format!("handshake: {}", String::from_utf8_lossy(&head).lines().next().unwrap_or_default()));
        };
        return Ok(head.split_off(end + 4));
    }
}

/// A client's text frame. The mask is zero: a legal one, which the server takes off like any other,
/// and which lets prebuilt bytes be sent as they are.
pub(crate) fn client_frame(text: &[u8], out: &mut Vec<u8>) {
    head(text.len(), 0x80, out);
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(text);
}

/// A server's text frame.
pub(crate) fn server_frame(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    head(text.len(), 0, &mut out);
    out.extend_from_slice(text);
    out
}

fn head(length: usize, masked: u8, out: &mut Vec<u8>) {
    out.push(TEXT);
    match length {
        short @ ..=125 => out.push(masked | short as u8),
        long @ ..=0xffff => {
            out.push(masked | 126);
            out.extend_from_slice(&(long as u16).to_be_bytes());
        }
        longer => {
            out.push(masked | 127);
            out.extend_from_slice(&(longer as u64).to_be_bytes());
        }
    }
}

/// What a server says.
pub(crate) enum Said<'a> {
    /// A message.
    Text(&'a [u8]),
    /// It asks whether the client lives; [`PONG`] is the answer.
    Ping,
}

/// A client's answer to an empty ping.
pub(crate) const PONG: [u8; 6] = [0x8a, 0x80, 0, 0, 0, 0];

/// Tells each whole frame at the front of the bytes; gives how many bytes they took.
pub(crate) fn server_frames<'a>(
    bytes: &'a [u8],
    mut tell: impl FnMut(Said<'a>) -> Result<(), String>,
) -> Result<usize, String> {
    let mut at = 0;
    while let Some((kind, start, end)) = frame(&bytes[at..]) {
        match kind {
            TEXT => tell(Said::Text(&bytes[at + start..at + end]))?,
            PING => tell(Said::Ping)?,
            CLOSE => return Err(format!("closed: {}", String::from_utf8_lossy(&bytes[at + start..at + end]))),
            other => return Err(format!("a frame that begins with {other:#x}")),
        }
        at += end;
    }
    Ok(at)
}

/// Kind, begin and end of the frame at the front; none: it is not all there.
fn frame(bytes: &[u8]) -> Option<(u8, usize, usize)> {
    let [kind, short, rest @ ..] = bytes else { return None };
    let (start, length) = match short {
        126 => (4, usize::from(u16::from_be_bytes(rest.first_chunk().copied()?))),
        127 => (10, usize::try_from(u64::from_be_bytes(rest.first_chunk().copied()?)).ok()?),
        short => (2, usize::from(*short)),
    };
    let end = start + length;
    (bytes.len() >= end).then_some((*kind, start, end))
}
