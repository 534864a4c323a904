//! What waits to be written on one connection: whole WebSocket frames, in order. Replies are written
//! where they wait; a level's frame is shared among all who get it. Nothing waits in an idle one.

use crate::link::Link;
use bytes::Bytes;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};

/// Parts handed to one system call.
const PARTS_MAX: usize = 64;
/// Buffers kept for reuse by a thread, and the largest one worth keeping.
const SPARE_MAX: usize = 512;
const SPARE_BYTES_MAX: usize = 16 * 1024;
/// A final text frame (RFC 6455, 5.2); frames of a server are not masked.
const TEXT: u8 = 0x81;
/// A final binary frame.
const BINARY: u8 = 0x82;
/// A binary message as long as this is not added to.
const BINARY_BYTES: usize = 32 * 1024;
/// The head of a frame of usual length.
const USUAL: usize = 4;
const LENGTH_IN_16_BITS: u8 = 126;
const LENGTH_IN_64_BITS: u8 = 127;

thread_local!(static SPARE: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) });

enum Part {
    /// Frames of this connection alone.
    Own(Vec<u8>),
    /// A frame that others get too.
    Shared(Bytes),
}

impl Part {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Own(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if let Self::Own(bytes) = self
            && bytes.capacity() <= SPARE_BYTES_MAX
        {
            let mut bytes = std::mem::take(bytes);
            bytes.clear();
            SPARE.with_borrow_mut(|spare| {
                if spare.len() < SPARE_MAX {
                    spare.push(bytes);
                }
            });
        }
    }
}

/// Frames on their way out. Whoever fills it sees to its bound: replies are bounded by the requests in
/// flight, levels are put here only while the client takes them.
#[derive(Default)]
pub(crate) struct Outbox {
    parts: VecDeque<Part>,
    /// Bytes of the first part that are written already.
    written: usize,
    /// Where in the last part a binary message begins that more may be added to.
    open: Option<usize>,
}

impl Outbox {
    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Adds a text message; its length on the wire.
    pub(crate) fn text(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> usize {
        self.close();
        let own = self.own();
        let start = own.len();
        text_frame(own, write);
        own.len() - start
    }

    /// Adds to the binary message at the end, or begins one; the length of what was added.
    pub(crate) fn compact(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> usize {
        let begun = self.open;
        let own = self.own();
        let start = begun.unwrap_or(own.len());
        let before = own.len();
        if begun.is_none() {
            begin_frame(own, BINARY);
        }
        write(own);
        let (added, length) = (own.len() - before, own.len() - start);
        self.open = Some(start);
        if length > BINARY_BYTES {
            self.close();
        }
        added
    }

    /// Nothing more is added to the binary message: its length is known. It was not written yet.
    fn close(&mut self) {
        if let (Some(start), Some(Part::Own(own))) = (self.open.take(), self.parts.back_mut()) {
            end_frame(own, start);
        }
    }

    /// Adds a frame that is shared with others.
    pub(crate) fn share(&mut self, frame: Bytes) {
        self.close();
        self.parts.push_back(Part::Shared(frame));
    }

    /// Adds what was framed elsewhere.
    pub(crate) fn framed(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.close();
        self.own().extend_from_slice(bytes);
    }

    fn own(&mut self) -> &mut Vec<u8> {
        if !matches!(self.parts.back(), Some(Part::Own(_))) {
            let spare = SPARE.with_borrow_mut(Vec::pop);
            self.parts.push_back(Part::Own(spare.unwrap_or_default()));
        }
        match self.parts.back_mut() {
            Some(Part::Own(own)) => own,
            _ => unreachable!("it was just put there"),
        }
    }

    /// Writes as much as is taken now. True: nothing is left.
    pub(crate) fn write(&mut self, link: &dyn Link) -> io::Result<bool> {
        self.close();
        while !self.parts.is_empty() {
            let taken = {
                let mut slices = [IoSlice::new(&[]); PARTS_MAX];
                let mut count = 0;
                for (slice, part) in slices.iter_mut().zip(&self.parts) {
                    let from = if count == 0 { self.written } else { 0 };
                    *slice = IoSlice::new(&part.bytes()[from..]);
                    count += 1;
                }
                link.try_write(&slices[..count])
            };
            match taken {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(taken) => self.take(taken),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    fn take(&mut self, mut taken: usize) {
        while let Some(first) = self.parts.front() {
            let left = first.bytes().len() - self.written;
            if taken < left {
                self.written += taken;
                return;
            }
            taken -= left;
            self.written = 0;
            self.parts.pop_front();
        }
    }
}

/// Appends a text frame around what is written.
pub(crate) fn text_frame(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    begin_frame(out, TEXT);
    write(out);
    end_frame(out, start);
}

fn begin_frame(out: &mut Vec<u8>, kind: u8) {
    out.extend_from_slice(&[kind, LENGTH_IN_16_BITS, 0, 0]);
}

/// Writes its length into the head of the frame that ends here.
fn end_frame(out: &mut Vec<u8>, start: usize) {
    let length = out.len() - start - USUAL;
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(length), _) if length < LENGTH_IN_16_BITS => {
            out[start + 1] = length;
            out.copy_within(start + USUAL.., start + 2);
            out.truncate(out.len() - 2);
        }
        (_, Ok(length)) => out[start + 2..start + USUAL].copy_from_slice(&length.to_be_bytes()),
        _ => {
            let long = u64::try_from(length).unwrap_or(u64::MAX).to_be_bytes();
            out[start + 1] = LENGTH_IN_64_BITS;
            out.splice(start + 2..start + USUAL, long);
        }
    }
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
mod tests;
