//! As much of the WebSocket protocol as a measuring client needs: its handshake and its frames.

use std::io::{Read, Write};
use std::net::TcpStream;

/// A frame begins with this when it is the whole text of a message.
pub(crate) const TEXT: u8 = 0x81;
const PING: u8 = 0x89;
const CLOSE: u8 = 0x88;

/// Opens a WebSocket at `/v1/ws` with an API key, and waits for the server's consent.
pub(crate) fn upgrade(mut socket: TcpStream, path: &str, key: Option<&str>) -> Result<TcpStream, String> {
    let failed = |why: std::io::Error| format!("handshake: {why}");
    let host = socket.peer_addr().map_err(failed)?;
    let authorization = key.map_or_else(String::new, |key| format!("Authorization: Bearer {key}\r\n"));
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: b25oYW5kIG1lYXN1cmVzLg==\r\n{authorization}\r\n"
    );
    socket.write_all(request.as_bytes()).map_err(failed)?;
    // Byte by byte, so that nothing of what follows is taken.
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        socket.read_exact(&mut byte).map_err(failed)?;
        head.extend_from_slice(&byte);
    }
    if !head.starts_with(b"HTTP/1.1 101") {
        return Err(format!("handshake: {}", String::from_utf8_lossy(&head).lines().next().unwrap_or_default()));
    }
    Ok(socket)
}

/// A client's text frame. The mask is zero: a legal one, which the server takes off like any other,
/// and which lets prebuilt bytes be sent as they are.
pub(crate) fn client_frame(text: &[u8], out: &mut Vec<u8>) {
    out.push(TEXT);
    match text.len() {
        short @ ..=125 => out.push(0x80 | short as u8),
        long @ ..=0xffff => {
            out.push(0x80 | 126);
            out.extend_from_slice(&(long as u16).to_be_bytes());
        }
        longer => {
            out.push(0x80 | 127);
            out.extend_from_slice(&(longer as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(text);
}

/// Tells each whole text message at the front of the bytes, and how many bytes all whole frames took.
pub(crate) fn server_frames<'a>(
    bytes: &'a [u8],
    mut tell: impl FnMut(&'a [u8]) -> Result<(), String>,
) -> Result<usize, String> {
    let mut at = 0;
    while let Some((kind, start, end)) = frame(&bytes[at..]) {
        match kind {
            TEXT => tell(&bytes[at + start..at + end])?,
            // A session as short as a measurement is never asked whether it lives.
            PING => {}
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
