//! What one drain of a shard sends on its way to the log, and what is released once it is durable.

use crate::directory::{ChainChange, OwnerChange};
use crate::figures::part::Part;
use crate::port::{LevelChange, Outcome, PaymentChange, Port, PortId, Spent, Ticket};
use crate::view::{HoldChange, LayawayChange, SessionChange};
use onhand_engine::ids::{LocationId, Seq};
use onhand_engine::refusal::Refusal;
use onhand_engine::store::Totals;
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError, RwLock};

/// The asker of commands that the server gives itself.
pub(crate) const NOBODY: PortId = PortId(u16::MAX);

/// Room for outcomes of one drain for one port: at least so much, and as much as was needed last.
const REPLIES_EXPECTED: RangeInclusive<usize> = 16..=4_096;

/// Outcomes grouped by port, so that each port is called once.
#[derive(Debug, Default)]
pub(crate) struct Replies {
    by_port: Vec<Vec<(Ticket, Outcome)>>,
    expected: usize,
}

/// The records of one drain and their effects.
#[derive(Debug, Default)]
pub(crate) struct Drained {
    pub(crate) shard: usize,
    /// Encoded records, one after the other.
    pub(crate) bytes: Vec<u8>,
    pub(crate) records: u32,
    /// Which of the records are remembered for repeats, counted from zero.
    pub(crate) remembered: Vec<u32>,
    /// An outcome's place counts from one within this drain; zero stays zero.
    pub(crate) replies: Replies,
    pub(crate) levels: Vec<LevelChange>,
    pub(crate) totals: Vec<(LocationId, [Totals; 3])>,
    pub(crate) holds: Vec<HoldChange>,
    pub(crate) chain: Vec<ChainChange>,
    pub(crate) sessions: Vec<SessionChange>,
    pub(crate) layaways: Vec<LayawayChange>,
    pub(crate) payments: Vec<PaymentChange>,
    pub(crate) owners: Vec<OwnerChange>,
    /// What an earlier second brought, counted once this is durable.
    pub(crate) part: Option<Box<Part>>,
}

impl Drained {
    /// Empties it, to be filled again.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.records = 0;
        self.remembered.clear();
        self.replies.clear();
        self.levels.clear();
        self.totals.clear();
        self.holds.clear();
        self.chain.clear();
        self.sessions.clear();
        self.layaways.clear();
        self.payments.clear();
        self.owners.clear();
        self.part = None;
    }
}

impl Replies {
    /// Adds an outcome.
    pub(crate) fn push(&mut self, port: PortId, ticket: Ticket, outcome: Outcome) {
        if port == NOBODY {
            return;
        }
        let at = usize::from(port.0);
        if self.by_port.len() <= at {
            self.by_port.resize_with(at + 1, Vec::new);
        }
        let own = &mut self.by_port[at];
        if own.is_empty() {
            own.reserve(self.expected.clamp(*REPLIES_EXPECTED.start(), *REPLIES_EXPECTED.end()));
        }
        own.push((ticket, outcome));
    }

    /// Empties it. The lists themselves have gone to their ports.
    fn clear(&mut self) {
        self.by_port.clear();
    }

    /// Expects about as much as there is in another.
    pub(crate) fn expect(&mut self, like: &Replies) {
        self.expected = like.by_port.iter().map(Vec::len).max().unwrap_or(0);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_port.iter().all(Vec::is_empty)
    }

    /// The records became durable, the first of them at a place.
    pub(crate) fn durable_from(&mut self, first: Seq) {
        for (_, outcome) in self.by_port.iter_mut().flatten() {
            if let Outcome::Done { seq, .. } = outcome
                && seq.0 > 0
            {
                seq.0 = first.0 + seq.0 - 1;
            }
        }
    }

    /// None of it became durable: everyone is told why.
    pub(crate) fn fail(&mut self, why: &Refusal) {
        for (_, outcome) in self.by_port.iter_mut().flatten() {
            *outcome = Outcome::Refused(why.clone());
        }
    }

    /// Takes over another's outcomes, after its own.
    pub(crate) fn append(&mut self, other: &mut Replies) {
        if self.by_port.len() < other.by_port.len() {
            self.by_port.resize_with(other.by_port.len(), Vec::new);
        }
        for (own, others) in self.by_port.iter_mut().zip(&mut other.by_port) {
            if own.is_empty() {
                std::mem::swap(own, others);
            } else {
                own.append(others);
            }
        }
    }
}

/// The registered ports.
#[derive(Default)]
pub(crate) struct Ports {
    list: RwLock<Vec<Arc<dyn Port>>>,
}

impl Ports {
    pub(crate) fn register(&self, port: Arc<dyn Port>) -> PortId {
        let mut list = self.list.write().unwrap_or_else(PoisonError::into_inner);
        list.push(port);
        PortId(u16::try_from(list.len() - 1).unwrap_or(NOBODY.0))
    }

    /// Gives every port its outcomes, in one call each.
    pub(crate) fn deliver(&self, replies: &mut Replies) {
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        for (port, outcomes) in list.iter().zip(&mut replies.by_port) {
            if !outcomes.is_empty() {
                contained(|| port.outcomes(std::mem::take(outcomes)));
            }
        }
    }

    /// Gives every port the lists of its commands.
    pub(crate) fn give_back(&self, spent: &mut [Vec<Spent>]) {
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        for (port, own) in list.iter().zip(spent).filter(|(_, own)| !own.is_empty()) {
            contained(|| port.take_back(own));
        }
    }

    /// Whether it is so of any port.
    pub(crate) fn any(&self, is_so: impl Fn(&dyn Port) -> bool) -> bool {
        self.list.read().unwrap_or_else(PoisonError::into_inner).iter().any(|port| is_so(port.as_ref()))
    }

    /// Tells every port something.
    pub(crate) fn each(&self, tell: impl Fn(&dyn Port)) {
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        list.iter().for_each(|port| contained(|| tell(port.as_ref())));
    }
}

/// A port that panics loses what it was told; the log and the other ports go on.
fn contained(call: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(call)).is_err() {
        tracing::error!("a port panicked");
    }
}
