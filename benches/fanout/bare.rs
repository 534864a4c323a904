//! The least that coalesced fan-out can cost: with each change one message is encoded, and written to
//! every socket with one call. No JSON is read, nothing is looked up, nobody is asked who they are.

use crate::chance::Chance;
use crate::clock::wall_ms;
use crate::shop::sku;
use crate::websocket::server_frame;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

/// The word that makes this program the server.
pub(crate) const CHILD: &str = "bare-child";

/// Serves so many clients until it is ended; all items change every so often.
pub(crate) fn serve(items: u32, clients: usize, every: Duration) -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("listening on {}", listener.local_addr()?);
    let mut sockets: Vec<(TcpStream, Vec<u8>)> = Vec::new();
    while sockets.len() < clients {
        let (mut socket, _) = listener.accept()?;
        socket.set_nodelay(true)?;
        greet(&mut socket)?;
        socket.set_nonblocking(true)?;
        sockets.push((socket, Vec::new()));
    }
    let mut version = 1;
    let mut chance = Chance::new(1);
    let mut next = Instant::now();
    loop {
        next = Instant::now().max(next + every);
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
        version += 1;
        let frame = server_frame(message(items, version, &mut chance).as_bytes());
        sockets.retain_mut(|(socket, rest)| send(socket, rest, &frame));
    }
}

/// Reads the request and consents.
fn greet(socket: &mut TcpStream) -> std::io::Result<()> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        socket.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    socket.write_all(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
}

/// Writes the newest to whoever has taken what went before; false: gone.
fn send(socket: &mut TcpStream, rest: &mut Vec<u8>, frame: &[u8]) -> bool {
    let fresh = rest.is_empty();
    let bytes = if fresh { frame } else { rest.as_slice() };
    match socket.write(bytes) {
        Ok(written) => {
            let left = bytes[written..].to_vec();
            *rest = left;
            true
        }
        Err(why) => why.kind() == ErrorKind::WouldBlock,
    }
}

/// What onhand shows the public of so many items.
fn message(items: u32, version: u32, chance: &mut Chance) -> String {
    let time = onhand_protocol::value::Time(onhand_engine::time::Timestamp(wall_ms()));
    let time = serde_json::to_string(&time).unwrap_or_default();
    let level = |item| {
        let available = 999_000_000 + chance.below(900_000);
        format!(
            r#"{{"location":"S0","sku":"{}","version":{version},"time":{time},"available":"{available}","low":false,"band":"in_stock"}}"#,
            sku(item)
        )
    };
    format!("{{\"levels\":[{}]}}", (0..items).map(level).collect::<Vec<_>>().join(","))
}
