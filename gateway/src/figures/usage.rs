//! How long a thread was on a processor, as the kernel counts it: read by another thread, at no cost
//! for the one that works.

use std::fs::File;
use std::io::{Read, Seek};
use std::sync::{Mutex, PoisonError};

/// One thread's account.
pub(super) struct Usage(Mutex<File>);

impl Usage {
    /// That of the calling thread; nothing where the system keeps none.
    pub(super) fn of_this_thread() -> Option<Self> {
        // The name is resolved when it is opened, so that others read the account of this thread.
        File::open("/proc/thread-self/schedstat").ok().map(|file| Self(Mutex::new(file)))
    }

    /// Nanoseconds on a processor since the thread began.
    pub(super) fn busy_ns(&self) -> Option<u64> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        file.rewind().ok()?;
        file.read_to_string(&mut text).ok()?;
        text.split_ascii_whitespace().next()?.parse().ok()
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn one_thread_reads_how_busy_another_is() {
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        let (stop, stopped) = std::sync::mpsc::sync_channel::<()>(0);
        let busy = std::thread::spawn(move || {
            sender.send(Usage::of_this_thread()).unwrap();
            while stopped.try_recv().is_err() {
                std::hint::black_box((0..1_000_u64).sum::<u64>());
            }
        });
        let usage = receiver.recv().unwrap().unwrap();
        let before = usage.busy_ns().unwrap();
        while usage.busy_ns().unwrap() < before + 20_000_000 {
            std::thread::yield_now();
        }
        stop.send(()).unwrap();
        busy.join().unwrap();
    }
}
