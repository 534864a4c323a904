#![allow(clippy::unwrap_used)]
use super::*;
use std::cell::{Cell, RefCell};
use std::task::{Context, Poll};
use tokio::io::ReadBuf;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketContext};

/// Takes a few bytes at a time, and every other time nothing.
#[derive(Default)]
struct Narrow {
    taken: RefCell<Vec<u8>>,
    at_once: usize,
    turn: Cell<bool>,
}

impl Link for Narrow {
    fn poll_read(&self, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }

    fn try_write(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        if self.turn.replace(!self.turn.get()) {
            return Err(ErrorKind::WouldBlock.into());
        }
        let all: Vec<u8> = parts.iter().flat_map(|part| part.iter().copied()).take(self.at_once).collect();
        self.taken.borrow_mut().extend_from_slice(&all);
        Ok(all.len())
    }

    fn poll_writable(&self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// A client that has these bytes only.
struct Has<'a>(&'a [u8]);

impl io::Read for Has<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = io::Read::read(&mut self.0, into)?;
        if read == 0 { Err(ErrorKind::WouldBlock.into()) } else { Ok(read) }
    }
}

impl io::Write for Has<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn read_back(bytes: &[u8]) -> Vec<String> {
    let mut client = WebSocketContext::new(Role::Client, None);
    let mut has = Has(bytes);
    let mut texts = Vec::new();
    while let Ok(message) = client.read(&mut has) {
        texts.push(message.into_text().unwrap().to_string());
    }
    texts
}

#[test]
fn frames_of_every_length_are_read_by_a_client() {
    for length in [0, 1, 125, 126, 127, 65_535, 65_536, 100_000] {
        let text = "x".repeat(length);
        let mut out = b"before".to_vec();
        text_frame(&mut out, |out| out.extend_from_slice(text.as_bytes()));
        assert!(read_back(&out[6..]) == [text], "{length}");
    }
}

#[test]
fn a_line_that_takes_little_gets_everything_in_order() {
    for at_once in [1, 3, 50, 100_000] {
        let link = Narrow { at_once, ..Narrow::default() };
        let mut outbox = Outbox::default();
        let mut frame = Vec::new();
        text_frame(&mut frame, |out| out.extend_from_slice(b"shared"));
        let frame = Bytes::from(frame);
        let mut expected = Vec::new();
        for round in 0..100 {
            outbox.text(|out| out.extend_from_slice(format!("own {round}").as_bytes()));
            outbox.share(frame.clone());
            expected.extend([format!("own {round}"), "shared".to_owned()]);
            if round % 7 == 0 {
                outbox.write(&link).unwrap();
            }
        }
        while !outbox.write(&link).unwrap() {}
        assert!(outbox.is_empty());
        assert_eq!(read_back(&link.taken.borrow()), expected, "{at_once} bytes at a time");
    }
}

#[test]
fn a_line_that_takes_nothing_any_more_is_an_error() {
    let link = Narrow::default();
    let mut outbox = Outbox::default();
    outbox.text(|out| out.extend_from_slice(b"text"));
    assert_eq!(outbox.write(&link).unwrap_err().kind(), ErrorKind::WriteZero);
}

#[test]
fn binary_answers_gather_in_one_message_until_they_are_written() {
    for at_once in [1, 3, 50, 100_000] {
        let link = Narrow { at_once, ..Narrow::default() };
        let mut outbox = Outbox::default();
        let mut expected = Vec::new();
        for round in 0..40_u8 {
            let some = usize::from(round) * 9;
            for _ in 0..3 {
                assert!(outbox.compact(|out| out.resize(out.len() + some, b'a' + round % 26)) >= some);
            }
            expected.push(char::from(b'a' + round % 26).to_string().repeat(some * 3));
            if round % 3 == 0 {
                outbox.text(|out| out.extend_from_slice(b"text"));
                expected.push("text".to_owned());
            } else {
                // Whatever is taken of it, nothing is added to it any more.
                let _ = outbox.write(&link).unwrap();
            }
        }
        while !outbox.write(&link).unwrap() {}
        assert!(read_back(&link.taken.borrow()) == expected, "{at_once} bytes at a time");
    }
}
