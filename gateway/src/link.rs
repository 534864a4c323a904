//! The line of a WebSocket: bytes in and bytes out, neither of which ever waits. A TCP socket, or what
//! a test puts in its place.

use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpStream;

/// One end of a connection. The session's task reads; whoever has something to say writes.
pub(crate) trait Link {
    /// Reads what is there; wakes the task when there is something. Nothing read: the client has gone.
    fn poll_read(&self, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>>;

    /// Writes as much as is taken now.
    fn try_write(&self, parts: &[IoSlice<'_>]) -> io::Result<usize>;

    /// Whether more is taken, after a write that would have had to wait; wakes the task when it is.
    fn poll_writable(&self, context: &mut Context<'_>) -> Poll<io::Result<()>>;
}

/// A TCP socket. Everything happens on one thread, and nothing in here calls back.
pub(crate) struct Tcp(RefCell<TcpStream>);

impl Tcp {
    pub(crate) fn new(socket: TcpStream) -> Self {
        Self(RefCell::new(socket))
    }
}

impl Link for Tcp {
    fn poll_read(&self, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0.borrow_mut()).poll_read(context, into)
    }

    fn try_write(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        let socket = self.0.borrow();
        match parts {
            [one] => socket.try_write(one),
            several => socket.try_write_vectored(several),
        }
    }

    fn poll_writable(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.borrow().poll_write_ready(context)
    }
}
