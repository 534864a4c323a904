//! WebSocket frames over a plain socket, after the handshake: many messages in one write, many
//! answers from one read, nothing allocated for either. One thread must outrun the server with it.
//!
//! Not a general client: it reads what a server may send (whole messages, pings, a close) and gives
//! up on what one may not.

use onhand_protocol::client::Socket;
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One read takes so much at most.
const READ_BYTES: usize = 16 * 1024;
/// The longest message that is read.
const MESSAGE_BYTES_MAX: usize = 16 * 1024 * 1024;

const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xa;
/// The whole message is in this frame.
const LAST: u8 = 0x80;
const MASKED: u8 = 0x80;

/// One connection.
pub(super) struct Wire {
    stream: TcpStream,
    /// Frames to be written; those before `written` are.
    out: Vec<u8>,
    written: usize,
    /// Bytes read: those before `taken` were messages.
    input: Vec<u8>,
    taken: usize,
    /// Changes with each frame: what masks its bytes.
    mask: u32,
}

impl Wire {
    /// Takes over after the handshake, when the server has not said anything yet.
    pub(super) fn new(socket: Socket, seed: u64) -> Self {
        let mask = u32::try_from(seed >> 32).unwrap_or(0) | 1;
        Self { stream: socket.into_inner(), out: Vec::new(), written: 0, input: Vec::new(), taken: 0, mask }
    }

    /// Adds a text message to what will be written: `write` appends it to the buffer.
    pub(super) fn text(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.frame(TEXT, write);
    }

    fn frame(&mut self, kind: u8, write: impl FnOnce(&mut Vec<u8>)) {
        // Room for the longest header; the payload is moved up when a shorter one does.
        let start = self.out.len();
        self.out.extend_from_slice(&[LAST | kind, 0, 0, 0, 0, 0, 0, 0]);
        write(&mut self.out);
        let length = self.out.len() - start - 8;
        self.mask = self.mask.wrapping_mul(0x9e37_79b1).rotate_left(15) ^ 0x85eb_ca6b;
        let mask = self.mask.to_le_bytes();
        let header = match (u8::try_from(length), u16::try_from(length)) {
            (Ok(short), _) if short < 126 => {
                self.out.drain(start + 6..start + 8);
                self.out[start + 1] = MASKED | short;
                6
            }
            (_, Ok(medium)) => {
                self.out[start + 1] = MASKED | 126;
                self.out[start + 2..start + 4].copy_from_slice(&medium.to_be_bytes());
                8
            }
            // Nobody asks for more in one message than the server takes, which is 64 KiB.
            _ => return self.out.truncate(start),
        };
        self.out[start + header - 4..start + header].copy_from_slice(&mask);
        apply_mask(&mut self.out[start + header..], mask);
    }

    /// Whether something waits to be written.
    pub(super) fn has_output(&self) -> bool {
        self.written < self.out.len()
    }

    /// Writes and reads at once, so that neither side can wait for the other for ever: ends when bytes
    /// have come. Dropped in between, nothing is lost.
    ///
    /// # Errors
    /// When the connection is gone.
    pub(super) async fn exchange(&mut self) -> io::Result<()> {
        self.make_room();
        let Self { stream, out, written, input, .. } = self;
        let (mut from, mut to) = stream.split();
        loop {
            tokio::select! {
                biased;
                wrote = to.write(&out[*written..]), if *written < out.len() => {
                    *written += wrote?;
                    if *written == out.len() {
                        out.clear();
                        *written = 0;
                    }
                }
                read = from.read_buf(input) => {
                    return if read? == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) };
                }
            }
        }
    }

    /// Moves a message that came half to the front, so that the buffer stays small.
    fn make_room(&mut self) {
        if self.taken > 0 {
            self.input.drain(..self.taken);
            self.taken = 0;
        }
        self.input.reserve(READ_BYTES);
    }

    /// Tells each whole text message that has come. Answers pings.
    ///
    /// # Errors
    /// When the server closes, or sends what cannot be read.
    pub(super) fn messages(&mut self, mut tell: impl FnMut(&[u8])) -> io::Result<()> {
        while let Some((kind, start, end)) = next_frame(&self.input, self.taken)? {
            self.taken = end;
            match kind {
                TEXT => tell(&self.input[start..end]),
                PING => {
                    let ping = self.input[start..end].to_vec();
                    self.frame(PONG, |out| out.extend_from_slice(&ping));
                }
                PONG => {}
                CLOSE => return Err(io::ErrorKind::ConnectionAborted.into()),
                _ => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
        Ok(())
    }

    /// Says goodbye, whether or not anybody listens.
    pub(super) async fn close(mut self) {
        self.frame(CLOSE, |out| out.extend_from_slice(&1000_u16.to_be_bytes()));
        let left = self.out.split_off(self.written);
        if self.stream.write_all(&left).await.is_ok() {
            // A socket that is gone cannot be shut down, and need not be.
            let _ = self.stream.shutdown().await;
        }
    }
}

/// As the protocol wants it of clients. Sixteen bytes at a time: byte by byte it was a quarter of all
/// that the load tester does.
fn apply_mask(payload: &mut [u8], mask: [u8; 4]) {
    let word = u32::from_ne_bytes(mask);
    let wide = u128::from(word) * 0x0000_0001_0000_0001_0000_0001_0000_0001;
    let (blocks, rest) = payload.as_chunks_mut::<16>();
    for block in blocks {
        *block = (u128::from_ne_bytes(*block) ^ wide).to_ne_bytes();
    }
    rest.iter_mut().zip(mask.into_iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
}

/// Kind, start and end of the frame at this place; none: it is not whole yet.
fn next_frame(input: &[u8], at: usize) -> io::Result<Option<(u8, usize, usize)>> {
    let Some([first, second]) = input.get(at..).and_then(|rest| rest.first_chunk::<2>()) else { return Ok(None) };
    if first & LAST == 0 || second & MASKED != 0 {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let (header, length) = match second & 0x7f {
        126 => match input.get(at + 2..).and_then(|rest| rest.first_chunk::<2>()) {
            Some(length) => (4, usize::from(u16::from_be_bytes(*length))),
            None => return Ok(None),
        },
        127 => match input.get(at + 2..).and_then(|rest| rest.first_chunk::<8>()) {
            Some(length) => (10, usize::try_from(u64::from_be_bytes(*length)).unwrap_or(usize::MAX)),
            None => return Ok(None),
        },
        short => (2, usize::from(short)),
    };
    if length > MESSAGE_BYTES_MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let start = at + header;
    Ok((input.len() >= start + length).then_some((first & 0x0f, start, start + length)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::result_large_err)]
mod tests {
    use super::*;
    use futures_util::{SinkExt, StreamExt};
    use tokio::net::TcpListener;
    use tokio_tungstenite::tungstenite::Message;

    /// A server that answers each message with itself, twice, after a ping.
    async fn echo(listener: TcpListener) {
        let (stream, _) = listener.accept().await.unwrap();
        let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
        let mut pongs = 0;
        while let Some(Ok(message)) = socket.next().await {
            match message {
                Message::Text(text) => {
                    socket.send(Message::Ping("are you there".into())).await.unwrap();
                    socket.feed(Message::Text(text.clone())).await.unwrap();
                    socket.send(Message::Text(text)).await.unwrap();
                }
                Message::Pong(said) => {
                    assert_eq!(said, "are you there");
                    pongs += 1;
                }
                Message::Close(_) => break,
                other => panic!("{other:?}"),
            }
        }
        assert!(pongs >= 1);
    }

    #[tokio::test]
    async fn messages_of_every_length_go_there_and_come_back() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(echo(listener));
        let stream = TcpStream::connect(address).await.unwrap();
        let (socket, _) = tokio_tungstenite::client_async(format!("ws://{address}/"), stream).await.unwrap();
        let mut wire = Wire::new(socket, 7 << 32);
        let sent: Vec<String> = [0, 1, 125, 126, 127, 1_000, 65_000].map(|length| "x".repeat(length)).into();
        for text in &sent {
            wire.text(|out| out.extend_from_slice(text.as_bytes()));
        }
        let mut got = Vec::new();
        while got.len() < 2 * sent.len() {
            wire.exchange().await.unwrap();
            wire.messages(|text| got.push(String::from_utf8(text.to_vec()).unwrap())).unwrap();
        }
        let twice: Vec<String> = sent.iter().flat_map(|text| [text.clone(), text.clone()]).collect();
        assert_eq!(got, twice);
        // The last pongs are written before the goodbye.
        wire.close().await;
        server.await.unwrap();
    }

    #[test]
    fn half_a_frame_waits_and_a_wrong_one_is_refused() {
        let frame = [0x81, 2, b'h', b'i'];
        assert_eq!(next_frame(&frame, 0).unwrap(), Some((TEXT, 2, 4)));
        assert_eq!(next_frame(&frame[..3], 0).unwrap(), None);
        assert_eq!(next_frame(&[0x81, 126, 1], 0).unwrap(), None);
        assert!(next_frame(&[0x81, 0x82, 0, 0, 0, 0, 1, 1], 0).is_err(), "a server does not mask");
        assert!(next_frame(&[0x01, 1, b'x'], 0).is_err(), "a part of a message");
        assert!(next_frame(&[0x81, 127, 1, 0, 0, 0, 0, 0, 0, 0], 0).is_err(), "too long");
    }
}
