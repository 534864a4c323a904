//! Where reports are made: on threads of their own, two at once, so that neither the shards nor the workers wait for
//! somebody who reads a year. Whoever asks and leaves takes the work along.

use crate::fault::Fault;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{Semaphore, oneshot, watch};

/// Reports made at once.
const AT_ONCE: usize = 2;
/// Reports that wait for their turn before more are told 5001.
const WAITING_MAX: usize = 16;
/// What one who was turned away is asked to wait.
const RETRY_MS: u64 = 1_000;

/// The office of a server.
pub(crate) struct Office {
    desks: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
}

impl Default for Office {
    fn default() -> Self {
        Self { desks: Arc::new(Semaphore::new(AT_ONCE)), waiting: Arc::default() }
    }
}

/// A place in the queue; given back when dropped.
struct Turn(Arc<AtomicUsize>);

impl Turn {
    fn take(waiting: &Arc<AtomicUsize>) -> Result<Self, Fault> {
        let before = waiting.fetch_add(1, Ordering::Relaxed);
        let turn = Self(waiting.clone());
        if before >= WAITING_MAX {
            return Err(Fault::new(5001, "too many reports are waiting; try again in a second").retry_after(RETRY_MS));
        }
        Ok(turn)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Whether to go on with a report.
pub(crate) struct Wanted<T> {
    reply: oneshot::Sender<T>,
    stopping: watch::Receiver<bool>,
}

impl<T> Wanted<T> {
    /// Whether somebody still waits for it.
    pub(crate) fn is_wanted(&self) -> bool {
        !self.reply.is_closed() && !*self.stopping.borrow()
    }
}

impl Office {
    /// Has a report made. It is broken off where the caller stops waiting.
    pub(crate) async fn make<T: Send + 'static>(
        &self,
        stopping: watch::Receiver<bool>,
        make: impl FnOnce(&Wanted<T>) -> T + Send + 'static,
    ) -> Result<T, Fault> {
        let internal = || Fault::new(5005, "an error inside the server was contained");
        let turn = Turn::take(&self.waiting)?;
        let desk = self.desks.clone().acquire_owned().await.map_err(|_| internal())?;
        drop(turn);
        let (reply, made) = oneshot::channel();
        let work = move || {
            let wanted = Wanted { reply, stopping };
            let report = make(&wanted);
            drop(desk);
            // Nobody may wait any more.
            drop(wanted.reply.send(report));
        };
        std::thread::Builder::new().name("report".to_owned()).spawn(work).map_err(|why| {
            tracing::error!(%why, "a report's thread cannot be started");
            internal()
        })?;
        made.await.map_err(|_| internal())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[tokio::test]
    async fn whoever_leaves_takes_the_work_along_and_too_many_are_turned_away() {
        let office = Arc::new(Office::default());
        let (_stop, stopping) = watch::channel(false);
        let (began, begun) = mpsc::sync_channel(AT_ONCE);
        let (ended, end) = mpsc::sync_channel(AT_ONCE);
        let ask = || {
            let (office, stopping, began, ended) = (office.clone(), stopping.clone(), began.clone(), ended.clone());
            tokio::spawn(async move {
                let work = move |wanted: &Wanted<()>| {
                    began.send(()).unwrap();
                    while wanted.is_wanted() {
                        std::thread::yield_now();
                    }
                    ended.send(()).unwrap();
                };
                office.make(stopping, work).await
            })
        };
        let asked: Vec<_> = (0..AT_ONCE + WAITING_MAX).map(|_| ask()).collect();
        while office.desks.available_permits() > 0 || office.waiting.load(Ordering::Relaxed) < WAITING_MAX {
            tokio::task::yield_now().await;
        }
        assert_eq!(ask().await.unwrap().unwrap_err().number, 5001);
        for one in &asked {
            one.abort();
        }
        for one in asked {
            assert!(one.await.is_err());
        }
        assert_eq!(office.waiting.load(Ordering::Relaxed), 0);
        // Those that had begun end by themselves; nobody else begins.
        while office.desks.available_permits() < AT_ONCE {
            tokio::task::yield_now().await;
        }
        drop((began, ended));
        assert_eq!((begun.try_iter().count(), end.try_iter().count()), (AT_ONCE, AT_ONCE));
    }
}
