//! `kill -9` while many ask at once: what they asked, what they were told before, and whether it is told again.

use crate::harness::{Data, Server};
use crate::wire::{Socket, block_on};
use futures_util::future::join_all;
use serde_json::Value;
use std::time::Duration;

/// One round: the server that came after the kill, what was asked, each on a socket of its own, and the answers that
/// came before the kill. The last one asks only afterwards.
pub struct Killed<T> {
    pub server: Server,
    /// What was made ready before.
    pub ready: T,
    pub asked: Vec<Value>,
    pub told: Vec<Option<String>>,
}

/// Makes ready what is asked, asks all but the last at once, kills the server so long after, and starts it anew.
pub fn killed<T>(
    data: &Data,
    server: Server,
    key: &str,
    after: Duration,
    make_ready: impl AsyncFnOnce(&Server) -> (T, Vec<Value>),
) -> Killed<T> {
    let (ready, asked, told) = block_on(async {
        let (ready, asked) = make_ready(&server).await;
        let mut sockets = join_all(asked.iter().map(|_| Socket::open(&server.address, key))).await;
        let load = sockets.iter_mut().zip(&asked[..asked.len() - 1]).map(|(socket, one)| ask_once(socket, one));
        let kill = async {
            tokio::time::sleep(after).await;
            server.kill();
        };
        let (mut told, ()) = tokio::join!(join_all(load), kill);
        told.push(None);
        (ready, asked, told)
    });
    data.verify();
    Killed { server: data.serve(), ready, asked, told }
}

impl<T> Killed<T> {
    /// All ask again at once, but in every other round half of them never come back: what was held for those must go
    /// free. Whoever was told that it stands is told so again. How many know that it does.
    pub async fn ask_again(&self, key: &str, round: usize, stands: impl Fn(&str) -> bool) -> usize {
        let mut sockets = join_all(self.asked.iter().map(|_| Socket::open(&self.server.address, key))).await;
        let (half, stands) = (self.asked.len() / 2, &stands);
        let again = |(n, socket): (usize, _)| {
            let (one, told) = (&self.asked[n], self.told[n].as_ref().filter(|told| stands(told)));
            async move {
                if !round.is_multiple_of(2) && n >= half {
                    return told.is_some();
                }
                let text = answer(socket, one).await;
                if let Some(told) = told {
                    assert_eq!(&text, told, "what was acknowledged was lost or changed");
                }
                stands(&text)
            }
        };
        join_all(sockets.iter_mut().enumerate().map(again)).await.into_iter().filter(|known| *known).count()
    }
}

/// The answer; none when the server died first.
async fn ask_once(socket: &mut Socket, request: &Value) -> Option<String> {
    if !socket.try_send(request).await {
        return None;
    }
    socket.next_text().await
}

/// The answer that stays: what is worth trying again is tried again, as the protocol says.
pub async fn answer(socket: &mut Socket, request: &Value) -> String {
    loop {
        let text = socket.call_text(request).await;
        let reply: Value = serde_json::from_str(&text).unwrap();
        match reply["error"]["number"].as_u64() {
            Some(2012 | 3034 | 5001..=5013) => tokio::time::sleep(Duration::from_millis(50)).await,
            _ => return text,
        }
    }
}
