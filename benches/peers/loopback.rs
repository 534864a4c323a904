//! The ceiling: a server that sends back what it gets, one small message at a time, over loopback.

use crate::child::Server;
use crate::load::{Shape, Told, Wire};
use crate::pick::Basket;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use std::io::{ErrorKind, Read, Write};
use std::process::Command;

/// About what a sale's answer has.
pub(crate) const MESSAGE_BYTES: usize = 64;
/// The word that makes this program the server.
pub(crate) const CHILD: &str = "loopback-child";
const LISTENER: Token = Token(usize::MAX);

pub(crate) struct Loopback {
    pub(crate) server: Server,
}

impl Loopback {
    pub(crate) fn start() -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|why| why.to_string())?;
        let server = Server::that_says(Command::new(program).arg(CHILD), "listening on ")?;
        Ok(Self { server })
    }

    pub(crate) fn connect(&self, shape: Shape) -> Result<Vec<std::net::TcpStream>, String> {
        let open = |_| std::net::TcpStream::connect(self.server.address).map_err(|why| why.to_string());
        (0..shape.connections).map(open).collect()
    }
}

pub(crate) struct LoopbackWire;

impl Wire for LoopbackWire {
    fn ask(&mut self, _: usize, _: &[Basket], out: &mut Vec<u8>) {
        out.extend_from_slice(&[b'.'; MESSAGE_BYTES]);
    }

    fn read(&mut self, bytes: &[u8], mut tell: impl FnMut(Told)) -> Result<usize, String> {
        let whole = bytes.len() / MESSAGE_BYTES;
        (0..whole).for_each(|_| tell(Told { seat: None, accepted: 1, refused: 0, failed: 0 }));
        Ok(whole * MESSAGE_BYTES)
    }
}

/// The server: one thread, one poll, until it is ended.
pub(crate) fn serve() -> std::io::Result<()> {
    let mut listener = TcpListener::bind(([127, 0, 0, 1], 0).into())?;
    println!("listening on {}", listener.local_addr()?);
    let mut poll = Poll::new()?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut sockets: Vec<Option<TcpStream>> = Vec::new();
    let mut events = Events::with_capacity(1024);
    let mut buffer = [0; 16 * 1024];
    loop {
        poll.poll(&mut events, None)?;
        for event in &events {
            if event.token() == LISTENER {
                while let Ok((mut socket, _)) = listener.accept() {
                    socket.set_nodelay(true)?;
                    poll.registry().register(&mut socket, Token(sockets.len()), Interest::READABLE)?;
                    sockets.push(Some(socket));
                }
                continue;
            }
            let place = &mut sockets[event.token().0];
            let Some(socket) = place else { continue };
            if !send_back(socket, &mut buffer) {
                *place = None;
            }
        }
    }
}

/// False: the other side is gone.
fn send_back(socket: &mut TcpStream, buffer: &mut [u8]) -> bool {
    match socket.read(buffer) {
        Ok(0) => false,
        Ok(read) => socket.write_all(&buffer[..read]).is_ok(),
        Err(why) => why.kind() == ErrorKind::WouldBlock,
    }
}
