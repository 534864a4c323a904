//! The stream over a WebSocket. A connection keeps a place in the history for each of its streams, and
//! takes the next object when its socket has room: nothing waits for a client that does not read.

use super::asked::{self, Watcher};
use crate::connection::Connection;
use crate::fault::Fault;
use crate::keys::Principal;
use crate::server::Shared;
use crate::wire;
use crate::worker::Worker;
use bytes::Bytes;
use onhand_protocol::limits::METRICS_STREAMS_MAX;
use onhand_protocol::message::{Pong, Success, WatchMetrics};
use onhand_protocol::value::{Id, Time};
use std::rc::{Rc, Weak};
use tokio::sync::watch;

/// The streams of one connection.
#[derive(Default)]
pub(crate) struct Streams {
    list: Vec<(Id, Watcher)>,
    /// Whether a task wakes the connection with every object.
    woken: bool,
}

impl Streams {
    pub(crate) fn knows(&self, id: Id) -> bool {
        self.list.iter().any(|(known, _)| *known == id)
    }

    /// Ends a stream; false when there is none of this name.
    pub(crate) fn remove(&mut self, id: Id) -> bool {
        let before = self.list.len();
        self.list.retain(|(known, _)| *known != id);
        self.list.len() < before
    }

    /// The next object for any of them, as a frame.
    pub(crate) fn next_frame(&mut self, shared: &Shared) -> Option<Bytes> {
        let next = |(_, watcher): &mut (Id, Watcher)| {
            let object = shared.desk.history.next(&mut watcher.place)?;
            Some(object.frame(watcher.selection))
        };
        self.list.iter_mut().find_map(next)
    }
}

/// Begins a stream.
pub(crate) fn begin(
    worker: &Worker,
    connection: &Rc<Connection>,
    id: Id,
    asked: &WatchMetrics,
    principal: &Principal,
) -> Result<(), Fault> {
    let shared = &worker.shared;
    connection.check_new(id)?;
    let mut streams = connection.streams.borrow_mut();
    if streams.list.len() >= METRICS_STREAMS_MAX {
        return Err(Fault::new(5007, format!("a connection may have {METRICS_STREAMS_MAX} metrics streams")));
    }
    let watcher = asked::watch(shared, principal, asked, None)?;
    let success = Success::Watching(Pong { time: Time(shared.handle.now()) });
    connection.say(|out| wire::write_success(out, id, success));
    streams.list.push((id, watcher));
    if !std::mem::replace(&mut streams.woken, true) {
        tokio::task::spawn_local(wake(Rc::downgrade(connection), shared.desk.news()));
    }
    Ok(())
}

/// Wakes a connection with every object, as long as it is there.
async fn wake(connection: Weak<Connection>, mut news: watch::Receiver<u64>) {
    while news.changed().await.is_ok() {
        match connection.upgrade() {
            Some(connection) => connection.wake(),
            None => return,
        }
    }
}
