//! Where replies and levels go: one port per gateway worker, so that one durable batch wakes a
//! worker once however many replies it carries.

use onhand_engine::answer::Answer;
use onhand_engine::command::{Action, Command, SaleLine, Tender};
use onhand_engine::ids::{LocationId, PaymentId, Seq, SkuId};
use onhand_engine::level::Level;
use onhand_engine::payment::Payment;
use onhand_engine::people::By;
use onhand_engine::quote::Pricing;
use onhand_engine::refusal::Refusal;
use onhand_engine::time::Timestamp;
use std::sync::Arc;

/// A registered port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PortId(pub u16);

/// The asker's own name for a request, given back with its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ticket(pub u64);

/// A command on its way to a shard.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// Where the outcome goes.
    pub port: PortId,
    /// Which request it answers.
    pub ticket: Ticket,
    /// Who asks.
    pub by: By,
    /// What is asked.
    pub command: Command,
}

/// What came of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is durable. A repeat gets the same as the first time.
    Done {
        /// Where its record is; zero when it had already happened under another id.
        seq: Seq,
        /// When it was decided.
        time: Timestamp,
        /// What to say.
        answer: Answer,
    },
    /// It changed nothing.
    Refused(Refusal),
}

/// A level that became durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelChange {
    /// Where.
    pub location: LocationId,
    /// Which item.
    pub sku: SkuId,
    /// When it was decided.
    pub time: Timestamp,
    /// The newest level of the batch.
    pub level: Level,
}

/// What a sale was made of, done with.
#[derive(Debug)]
pub struct Spent {
    _lines: Vec<SaleLine>,
    _tenders: Vec<Tender>,
    _pricing: Option<Arc<Pricing>>,
}

impl Spent {
    /// The lists of a command that has several.
    pub(crate) fn of(command: Command) -> Option<Self> {
        match command.action {
            Action::Sell(sell) if sell.pricing.is_some() => {
                Some(Self { _lines: sell.lines, _tenders: sell.tenders, _pricing: sell.pricing })
            }
            _ => None,
        }
    }
}

/// A payment as it stands after a durable change.
#[derive(Clone, Debug)]
pub struct PaymentChange {
    /// Where its sale is made.
    pub location: LocationId,
    /// Which.
    pub id: PaymentId,
    /// How it stands.
    pub payment: Arc<Payment>,
}

/// The receiving end, called on the log's or a shard's thread, or within [`Handle::submit`] for what
/// is refused at once: it must take what it is given and wake somebody, and never wait.
///
/// [`Handle::submit`]: crate::handle::Handle::submit
pub trait Port: Send + Sync {
    /// Outcomes of requests of this port, in the order of their decision.
    fn outcomes(&self, outcomes: Vec<(Ticket, Outcome)>);

    /// Lists of its commands that are done with. Memory is let go of most cheaply by the thread that asked for it.
    fn take_back(&self, spent: &mut Vec<Spent>) {
        spent.clear();
    }

    /// Whether it wants to be told of levels. Asked when they are published: who says no until then and yes from now
    /// on finds them there.
    fn wants_levels(&self) -> bool {
        true
    }

    /// Levels that became durable with one batch, one per SKU, shared among all ports.
    fn levels(&self, changes: Arc<[LevelChange]>);

    /// Payments that changed with one batch, in the order of their changes, shared among all ports.
    fn payments(&self, _changes: &Arc<[PaymentChange]>) {}

    /// The chain changed: catalogue, locations, keys (a revoked key's sockets must go) or people.
    fn chain_changed(&self);

    /// The log has stopped: everything is refused from now on, and the process should end.
    fn stopped(&self) {}
}
