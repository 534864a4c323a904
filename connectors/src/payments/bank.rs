//! The simulated provider's books: what it has approved, taken, let go and given back. In a file they
//! outlive whoever drives it.

use onhand_protocol::value::{Amount, Currency, Id};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Why the books cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("the simulator's books {path} cannot be used: {why}")]
pub struct BankError {
    path: String,
    why: String,
}

/// One entry. A line of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub(super) enum Entry {
    Approved { payment: Id, amount: Amount, currency: Currency, transaction: String, taken: bool },
    Declined { payment: Id, reason: String },
    Captured { payment: Id, amount: Amount },
    Voided { payment: Id },
    Refunded { payment: Id, refund: Id, amount: Amount },
}

/// A payment in the books.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) transaction: Option<String>,
    pub(super) amount: Amount,
    pub(super) taken: bool,
    pub(super) declined: Option<String>,
    pub(super) captured: Option<Amount>,
    pub(super) voided: bool,
    pub(super) refunds: BTreeMap<Id, Amount>,
}

#[derive(Default)]
struct Books {
    payments: BTreeMap<Id, Known>,
    file: Option<File>,
}

/// The books.
#[derive(Default)]
pub struct Bank(Mutex<Books>);

impl Bank {
    /// Books in memory, gone with the process.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::default()
    }

    /// Books in a file, made when it is not there.
    ///
    /// # Errors
    /// [`BankError`] when it cannot be read or written.
    pub fn open(path: &Path) -> Result<Self, BankError> {
        let failed = |why: String| BankError { path: path.display().to_string(), why };
        let mut books = Books::default();
        if let Ok(file) = File::open(path) {
            for line in BufReader::new(file).lines() {
                let line = line.map_err(|why| failed(why.to_string()))?;
                // A line that was being written when the process ended was not answered either.
                if let Ok(entry) = serde_json::from_str(&line) {
                    books.apply(&entry);
                }
            }
        }
        let file = OpenOptions::new().create(true).append(true).open(path);
        books.file = Some(file.map_err(|why| failed(why.to_string()))?);
        Ok(Self(Mutex::new(books)))
    }

    /// How many payments were approved, and how many of them were taken, with the approval or after.
    #[must_use]
    pub fn approved_and_captured(&self) -> (usize, usize) {
        let books = self.books();
        let approved = books.payments.values().filter(|known| known.transaction.is_some());
        let captured = books.payments.values().filter(|known| known.captured.is_some());
        (approved.count(), captured.count())
    }

    /// Looks a payment up and may write an entry about it, in one step.
    pub(super) fn with<T>(&self, payment: Id, decide: impl FnOnce(Option<&Known>) -> (Option<Entry>, T)) -> T {
        let mut books = self.books();
        let (entry, answer) = decide(books.payments.get(&payment));
        if let Some(entry) = entry {
            books.write(&entry);
            books.apply(&entry);
        }
        answer
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Books {
    fn write(&mut self, entry: &Entry) {
        let Some(file) = &mut self.file else { return };
        let mut line = serde_json::to_vec(entry).unwrap_or_default();
        line.push(b'\n');
        // The books of a simulation: what cannot be written is forgotten with the process.
        let _ = file.write_all(&line);
    }

    fn apply(&mut self, entry: &Entry) {
        match entry {
            Entry::Approved { payment, amount, transaction, taken, .. } => {
                let known = self.payments.entry(*payment).or_default();
                known.transaction = Some(transaction.clone());
                known.amount = *amount;
                known.taken = *taken;
                known.captured = taken.then_some(*amount);
            }
            Entry::Declined { payment, reason } => {
                self.payments.entry(*payment).or_default().declined = Some(reason.clone());
            }
            Entry::Captured { payment, amount } => {
                self.payments.entry(*payment).or_default().captured = Some(*amount);
            }
            Entry::Voided { payment } => self.payments.entry(*payment).or_default().voided = true,
            Entry::Refunded { payment, refund, amount } => {
                self.payments.entry(*payment).or_default().refunds.insert(*refund, *amount);
            }
        }
    }
}
