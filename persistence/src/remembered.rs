//! A command whose answer is still known. There may be millions of them, in memory and to be read
//! back at the start: each takes 64 bytes, and nearly every one nothing more.

use onhand_engine::answer::Answer;
use onhand_engine::event::Record;
use onhand_engine::fingerprint::Fingerprint;
use onhand_engine::ids::{CommandId, LocationId, ReceiptNo, Seq, TillNo};
use onhand_engine::money::Minor;
use onhand_engine::time::Timestamp;

/// A command whose answer is still known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The id.
    pub command: CommandId,
    /// What the command contained.
    pub fingerprint: Fingerprint,
    /// Where its record is.
    pub seq: Seq,
    /// When it was decided.
    pub time: Timestamp,
    kept: Kept,
}

const _: () = assert!(size_of::<Remembered>() == 64);

/// The location and the answer. The same answer is always kept in the same way.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Kept {
    /// A sale at a till with numbers within 32 bits.
    Sale { location: LocationId, till: TillNo, receipt: u32, gross: i32 },
    /// Units that are held.
    Reserved { location: LocationId, deadline: Timestamp },
    /// Any other.
    Other { location: LocationId, answer: Box<Answer> },
}

impl Kept {
    fn of(location: LocationId, answer: Answer) -> Self {
        match answer {
            Answer::Recorded { receipt: Some((till, ReceiptNo(receipt))), gross: Minor(gross), oversold } => {
                match (u32::try_from(receipt), i32::try_from(gross)) {
                    (Ok(receipt), Ok(gross)) if oversold.is_empty() => Self::Sale { location, till, receipt, gross },
                    _ => {
                        let receipt = Some((till, ReceiptNo(receipt)));
                        let answer = Answer::Recorded { receipt, gross: Minor(gross), oversold };
                        Self::Other { location, answer: Box::new(answer) }
                    }
                }
            }
            Answer::Reserved { deadline } => Self::Reserved { location, deadline },
            answer => Self::Other { location, answer: Box::new(answer) },
        }
    }
}

impl Remembered {
    /// What is kept of a command for its repeats.
    #[must_use]
    pub fn of(record: &Record, seq: Seq) -> Self {
        Self::new(record.command, record.fingerprint, record.location, seq, record.time, record.event.answer())
    }

    /// From its parts.
    #[must_use]
    pub fn new(
        command: CommandId,
        fingerprint: Fingerprint,
        location: LocationId,
        seq: Seq,
        time: Timestamp,
        answer: Answer,
    ) -> Self {
        Self { command, fingerprint, seq, time, kept: Kept::of(location, answer) }
    }

    /// Where it was decided.
    #[must_use]
    pub const fn location(&self) -> LocationId {
        match &self.kept {
            Kept::Sale { location, .. } | Kept::Reserved { location, .. } | Kept::Other { location, .. } => *location,
        }
    }

    /// What it was answered.
    #[must_use]
    pub fn answer(&self) -> Answer {
        match &self.kept {
            Kept::Sale { till, receipt, gross, .. } => Answer::Recorded {
                receipt: Some((*till, ReceiptNo(u64::from(*receipt)))),
                gross: Minor(i64::from(*gross)),
                oversold: Box::default(),
            },
            Kept::Reserved { deadline, .. } => Answer::Reserved { deadline: *deadline },
            Kept::Other { answer, .. } => (**answer).clone(),
        }
    }
}
