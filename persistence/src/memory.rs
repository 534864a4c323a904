//! A log in memory, for tests and for those who need no durability; and a disk that lies.

use crate::batch::{self, Damage, Tip};
use crate::log::{AppendError, Batch, BatchId, Error, Fence, Guarantees, Log, Partition, Reader, Recovered};
use crate::recover::{self, Part, Start};
use onhand_engine::ids::Seq;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is to go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// There is no space until [`Disk::free`] is called.
    Full,
    /// The sync fails: the log stops for good. What it was writing may or may not be there.
    FailedSync {
        /// How many bytes of the batch are there all the same.
        kept: usize,
    },
    /// The outcome of the next append is unknown.
    Unknown {
        /// Whether it was written.
        written: bool,
    },
}

/// What a [`MemoryLog`] writes to: it outlives the log, so that a test can damage it and open it again.
#[derive(Clone, Debug, Default)]
pub struct Disk(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    image: Vec<u8>,
    /// Where each batch starts, with its first record.
    index: Vec<(Seq, usize)>,
    faults: VecDeque<Fault>,
    full: bool,
    epoch: u64,
}

/// A log in memory. Its bytes are those of any other log.
#[derive(Debug)]
pub struct MemoryLog {
    disk: Disk,
    tip: Tip,
    done: Option<(BatchId, Seq)>,
    stopped: bool,
    buffer: Vec<u8>,
}

impl Disk {
    /// Lets this happen to one of the next appends: faults come in the order they were given.
    pub fn inject(&self, fault: Fault) {
        self.state().faults.push_back(fault);
    }

    /// Makes space again.
    pub fn free(&self) {
        self.state().full = false;
    }

    /// Everything that was written.
    #[must_use]
    pub fn image(&self) -> Vec<u8> {
        self.state().image.clone()
    }

    /// A disk with these bytes on it.
    #[must_use]
    pub fn with_image(image: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new(State { image, ..State::default() })))
    }

    /// Loses everything from this byte on.
    pub fn tear(&self, length: usize) {
        self.state().image.truncate(length);
    }

    /// Turns one bit.
    pub fn flip(&self, byte: usize, bit: u8) {
        if let Some(byte) = self.state().image.get_mut(byte) {
            *byte ^= 1 << (bit % 8);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MemoryLog {
    /// An empty log on a disk of its own.
    #[must_use]
    pub fn new() -> Self {
        Self { disk: Disk::default(), tip: Tip::default(), done: None, stopped: false, buffer: Vec::new() }
    }

    /// Opens what is on a disk. A torn end is cut off, as it was never acknowledged.
    ///
    /// # Errors
    /// [`Error::Corrupt`] for any other damage.
    pub fn open(disk: Disk) -> Result<(Self, Recovered), Error> {
        let mut state = disk.state();
        let mut index = Vec::new();
        let mut at = 0;
        let mut expected = Seq(1);
        while at < state.image.len() {
            match batch::split(&state.image[at..]) {
                Ok((stored, rest)) => {
                    index.push((stored.header.first, at));
                    expected = stored.header.end();
                    at = state.image.len() - rest.len();
                }
                Err(Damage::Torn) => break,
                Err(damage) => return Err(batch::damaged(expected, damage)),
            }
        }
        state.image.truncate(at);
        state.index = index;
        state.full = false;
        state.faults.clear();
        let ends = state.index.iter().skip(1).map(|(_, at)| *at).chain([at]);
        let batches: Vec<&[u8]> = state.index.iter().zip(ends).map(|((_, at), end)| &state.image[*at..end]).collect();
        let folded = recover::fold(Start::default(), &batches, 1, |_| Ok(Part::default()))?;
        drop(state);
        let log = Self { disk, tip: folded.tip, done: None, stopped: false, buffer: Vec::new() };
        Ok((log, folded.recovered))
    }

    /// What it writes to.
    #[must_use]
    pub fn disk(&self) -> Disk {
        self.disk.clone()
    }
}

impl Default for MemoryLog {
    fn default() -> Self {
        Self::new()
    }
}

impl Log for MemoryLog {
    fn acquire(&mut self, partition: Partition) -> Result<Fence, Error> {
        let mut state = self.disk.state();
        state.epoch += 1;
        self.done = None;
        Ok(Fence { partition, epoch: state.epoch })
    }

    fn append(&mut self, fence: &mut Fence, id: BatchId, records: u32, parts: &[&[u8]]) -> Result<Seq, AppendError> {
        let mut state = self.disk.state();
        if fence.epoch != state.epoch {
            return Err(AppendError::Fenced);
        }
        if self.stopped {
            return Err(AppendError::Stopped("an earlier sync failed".into()));
        }
        if let Some((_, first)) = self.done.filter(|(done, _)| *done == id) {
            return Ok(first);
        }
        if state.full {
            return Err(AppendError::Full);
        }
        let first = Seq(self.tip.last.0 + 1);
        let hash = batch::seal(first, records, parts, self.tip.hash, &mut self.buffer);
        let fault = state.faults.pop_front();
        match fault {
            Some(Fault::Full) => {
                state.full = true;
                return Err(AppendError::Full);
            }
            Some(Fault::FailedSync { kept }) => {
                self.stopped = true;
                let kept = kept.min(self.buffer.len());
                state.image.extend_from_slice(&self.buffer[..kept]);
                return Err(AppendError::Stopped("the sync failed".into()));
            }
            Some(Fault::Unknown { written: false }) => return Err(AppendError::Unknown("no answer came".into())),
            Some(Fault::Unknown { written: true }) | None => {}
        }
        let at = state.image.len();
        state.index.push((first, at));
        state.image.extend_from_slice(&self.buffer);
        self.tip = Tip { last: Seq(self.tip.last.0 + u64::from(records)), hash };
        self.done = Some((id, first));
        match fault {
            Some(_) => Err(AppendError::Unknown("no answer came".into())),
            None => Ok(first),
        }
    }

    fn has_space(&self) -> bool {
        !self.disk.state().full
    }

    fn last_seq(&self) -> Seq {
        self.tip.last
    }

    fn reader(&self) -> Arc<dyn Reader> {
        Arc::new(self.disk.clone())
    }

    fn maintain(&mut self) -> Result<(), AppendError> {
        Ok(())
    }

    fn guarantees(&self) -> Guarantees {
        Guarantees { survives_process_crash: false, survives_power_cut: false, replicas: 0 }
    }
}

impl Reader for Disk {
    fn read(&self, from: Seq, bytes_max: usize) -> Result<Vec<Batch>, Error> {
        let state = self.state();
        let start = state.index.partition_point(|(first, _)| *first <= from).saturating_sub(1);
        let mut batches = Vec::new();
        let mut bytes = 0;
        for (first, at) in &state.index[start.min(state.index.len())..] {
            let (stored, _) = batch::split(&state.image[*at..]).map_err(|damage| batch::damaged(*first, damage))?;
            if stored.header.end() <= from {
                continue;
            }
            if !batches.is_empty() && bytes + stored.body.len() > bytes_max {
                break;
            }
            stored.check().map_err(|damage| batch::damaged(*first, damage))?;
            bytes += stored.body.len();
            batches.push(stored.to_batch());
        }
        Ok(batches)
    }
}
