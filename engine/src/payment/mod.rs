//! Card payments: what one payment goes through, exactly once, whatever the provider does.
//!
//! Responsible for: when a payment may be sent, what its driver has to do next, that a new attempt waits
//! until the last one is decided, and that an approval nobody wants any more is voided.
//!
//! Not responsible for: providers and their terminals (drivers speak to them), who may report what, when a
//! deadline is looked at.
//!
//! A payment is named by the command that asked for it, and so it is at the provider: an inquiry by this
//! name finds out what became of it. It lives at the location of its sale, whose record captures it.

mod apply;
pub mod card;
mod decide;
mod digest;
mod refunds;
mod refusal;
pub mod settlement;
mod uses;

pub use apply::Payments;
pub use decide::decide;
pub use refunds::Refunds;
pub(crate) use refunds::{check_granted, going_back};
pub use refusal::Refused;
pub use uses::{Paid, Use, paid};

use crate::command::Channel;
use crate::ids::{CommandId, Label, PaymentId, ReservationId, TillNo};
use crate::money::{Currency, Minor};
use crate::time::{Millis, Timestamp};
use card::{Card, Reason, Token, Transaction};
use settlement::{Settled, Settlement};

/// How long a driver may take to take a payment up, and then to hear what came of it, where the asker does
/// not say.
pub const ATTEMPT: Millis = Millis(90_000);
/// The shortest and the longest that an asker may say.
pub const ATTEMPT_RANGE: std::ops::RangeInclusive<Millis> = Millis(1_000)..=Millis(600_000);
/// How long after its beginning a payment is given up when it is neither approved nor declined.
pub const LIFE: Millis = Millis(15 * 60_000);
/// How long an approved payment waits for its sale at least.
pub const GRACE: Millis = Millis(5 * 60_000);
/// How long an ended payment is kept: refunds and settlements name it.
pub const KEPT: Millis = Millis(120 * 24 * 3_600_000);
/// Payments that are not ended at one location.
pub const OPEN_MAX: usize = 10_000;
/// Payments that are not ended at one till.
pub const OPEN_PER_TILL_MAX: usize = 100;
/// Refunds of one payment.
pub const REFUNDS_MAX: usize = 100;
/// The most payments one sale may name.
pub const USES_MAX: usize = 10;

/// Where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// It waits for a driver to take it.
    Asked,
    /// A driver has taken it: the provider may have it.
    Sent,
    /// Nobody knows what came of it. Its driver inquires.
    Unknown,
    /// The provider holds the amount; it waits for its sale.
    Approved,
    /// It is sold: its driver captures the amount.
    Capturing,
    /// The amount was taken.
    Captured,
    /// Nobody wants it any more: its driver voids it.
    Voiding,
    /// The provider let the amount go.
    Voided,
    /// The provider said no, or never heard of it.
    Declined,
    /// It was given up before a driver took it.
    Cancelled,
}

impl Stage {
    /// Every stage.
    pub const ALL: [Stage; 10] = [
        Stage::Asked,
        Stage::Sent,
        Stage::Unknown,
        Stage::Approved,
        Stage::Capturing,
        Stage::Captured,
        Stage::Voiding,
        Stage::Voided,
        Stage::Declined,
        Stage::Cancelled,
    ];

    /// The word for it on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Stage::Asked => "asked",
            Stage::Sent => "sent",
            Stage::Unknown => "unknown",
            Stage::Approved => "approved",
            Stage::Capturing => "capturing",
            Stage::Captured => "captured",
            Stage::Voiding => "voiding",
            Stage::Voided => "voided",
            Stage::Declined => "declined",
            Stage::Cancelled => "cancelled",
        }
    }

    /// Whether it is not known yet whether the amount will be approved.
    #[must_use]
    pub const fn is_undecided(self) -> bool {
        matches!(self, Stage::Asked | Stage::Sent | Stage::Unknown)
    }
}

/// What a driver has to do next for a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Take it, and then have the amount approved.
    Authorise,
    /// Ask the provider, by the payment's name, what became of it.
    Inquire,
    /// Take so much of what was approved.
    Capture(Minor),
    /// Let go what was approved.
    Void,
    /// Give so much of what was taken back.
    Refund(CommandId, Minor),
}

impl Task {
    /// The word for it on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Task::Authorise => "authorise",
            Task::Inquire => "inquire",
            Task::Capture(_) => "capture",
            Task::Void => "void",
            Task::Refund(..) => "refund",
        }
    }
}

/// A part of a captured payment that goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refund {
    /// The command that asked for it; the payment's own where nobody wanted what was taken.
    pub id: CommandId,
    /// How much.
    pub amount: Minor,
    /// Whether the provider has given it back.
    pub done: bool,
    /// Whether a settlement has it.
    pub settled: bool,
    /// What becomes of it where the provider declined it.
    pub declined: Option<Declined>,
}

impl Refund {
    /// One that its driver has to do.
    #[must_use]
    pub const fn new(id: CommandId, amount: Minor) -> Self {
        Self { id, amount, done: false, settled: false, declined: None }
    }

    /// Whether its driver has to do it.
    #[must_use]
    pub const fn is_pending(&self) -> bool {
        !self.done && self.declined.is_none()
    }
}

/// What becomes of a refund that the provider declined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Declined {
    /// The customer is still owed it.
    Owed,
    /// Another refund of the payment goes in its place.
    Again,
    /// It was given otherwise.
    Otherwise,
}

impl Declined {
    /// All of them.
    pub const ALL: [Declined; 3] = [Declined::Owed, Declined::Again, Declined::Otherwise];

    /// A word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Declined::Owed => "owed",
            Declined::Again => "again",
            Declined::Otherwise => "otherwise",
        }
    }
}

/// What a payment is asked for with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The sale it is for: the id that the sale will have.
    pub sale: CommandId,
    /// The till it is paid at.
    pub till: Option<TillNo>,
    /// Which provider's drivers take it.
    pub provider: Label,
    /// The location's currency as the asker understood it.
    pub currency: Currency,
    /// How much, above zero.
    pub amount: Minor,
    /// What stands for the card at the provider, where the asker has it and no terminal reads one.
    pub token: Option<Token>,
    /// What holds the goods that it is for. It lives as long as the payment runs.
    pub reservation: Option<ReservationId>,
    /// How long an attempt may take.
    pub attempt: Millis,
}

/// What a payment started as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// What it was asked for with.
    pub start: Start,
    /// Where the demand comes from.
    pub channel: Channel,
    /// When it was asked for.
    pub at: Timestamp,
    /// When it is given up by itself.
    pub expires: Timestamp,
    /// The reservation's deadline from now on.
    pub keeps: Option<(ReservationId, Timestamp)>,
    /// Payments that ended long ago and are forgotten.
    pub forgotten: Vec<PaymentId>,
}

/// What a provider says of an amount that it approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// The provider's own name for it.
    pub transaction: Transaction,
    /// The card.
    pub card: Card,
    /// Whether the amount is taken already, without a capture.
    pub taken: bool,
}

/// What a driver reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// The provider approved it.
    Approved(Approval),
    /// The provider declined it.
    Declined(Option<Reason>),
    /// No answer came, or the connection was lost.
    Unknown,
    /// The provider has never heard of it, although it was asked some time after.
    NotFound,
    /// What was sold is taken.
    Captured,
    /// The provider let it go.
    Voided,
    /// A refund is done.
    Refunded(CommandId),
    /// The provider declined a refund, for good.
    RefundDeclined(CommandId, Option<Reason>),
    /// What was to be done does not work; it is tried on.
    Failed(Reason),
}

impl Report {
    /// The word for it on the wire.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Report::Approved(_) => "approved",
            Report::Declined(_) | Report::RefundDeclined(..) => "declined",
            Report::Unknown => "unknown",
            Report::NotFound => "not_found",
            Report::Captured => "captured",
            Report::Voided => "voided",
            Report::Refunded(_) => "refunded",
            Report::Failed(_) => "failed",
        }
    }
}

/// What is asked of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaymentAsk {
    /// Begin it. It is named by this command.
    Start(Box<Start>),
    /// Give it up: what is approved of it is voided, now or when it comes.
    GiveUp,
    /// Give back so much of what it has taken.
    Refund(Minor),
    /// Give back so much in the place of a refund that was declined.
    RefundAgain(CommandId, Minor),
    /// A refund that was declined was given otherwise, and how.
    RefundOtherwise(CommandId, Label),
    /// Say how it stands.
    Read,
    /// A driver is about to send it to the provider, under this name of the provider's where there is one already.
    Take(Option<Transaction>),
    /// A driver says what came of it.
    Report(Box<Report>),
    /// Its deadline has come. Sent by the timer only.
    Due,
    /// Match what a provider settled with all payments here. It is named as a payment is.
    Settle(Box<Settlement>),
}

/// What happened to a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// It began.
    Started(Box<Started>),
    /// A driver took it, and says what came of it until then.
    Sent {
        /// When nobody knows any more.
        until: Timestamp,
        /// The provider's own name for it, where it has one before it is sent.
        transaction: Option<Box<Transaction>>,
    },
    /// Nobody knows what came of it.
    Lost {
        /// Whether no driver said so: its time was over.
        by_itself: bool,
    },
    /// The provider approved it.
    Approved {
        /// What it said.
        approval: Box<Approval>,
        /// When it is given up by itself.
        expires: Timestamp,
        /// The reservation's deadline from now on.
        keeps: Option<(ReservationId, Timestamp)>,
    },
    /// The provider declined it.
    Declined {
        /// Why.
        reason: Option<Reason>,
    },
    /// It is wanted no more.
    GivenUp {
        /// Whether nobody asked for it: its time was over.
        by_itself: bool,
    },
    /// What was sold is taken.
    Captured,
    /// The provider let it go.
    Voided,
    /// A part of it is to go back.
    RefundAsked {
        /// The command that asked for it.
        refund: CommandId,
        /// How much.
        amount: Minor,
    },
    /// The provider gave a part of it back.
    Refunded {
        /// Which.
        refund: CommandId,
    },
    /// The provider declined to give a part of it back.
    RefundDeclined {
        /// Which.
        refund: CommandId,
        /// Why.
        reason: Option<Reason>,
    },
    /// What the provider declined to give back is to go back once more.
    RefundAskedAgain {
        /// The command that asked for it.
        refund: CommandId,
        /// How much.
        amount: Minor,
        /// The refund that was declined.
        instead_of: CommandId,
    },
    /// What the provider declined to give back was given otherwise.
    RefundGivenOtherwise {
        /// Which.
        refund: CommandId,
        /// How.
        how: Label,
    },
    /// What was to be done does not work yet.
    Failed {
        /// Why.
        reason: Reason,
    },
    /// What a provider settled was matched with all payments here.
    Settled(Box<Settled>),
}

impl Happening {
    /// Whether it is a step of the server's own, for which no client waits and which has no repeats.
    #[must_use]
    pub const fn is_own_step(&self) -> bool {
        matches!(self, Happening::Lost { by_itself: true } | Happening::GivenUp { by_itself: true })
    }

    /// The word for it in the feed of events.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Happening::Started(_) => "payment_started",
            Happening::Sent { .. } => "payment_sent",
            Happening::Lost { .. } => "payment_unknown",
            Happening::Approved { .. } => "payment_approved",
            Happening::Declined { .. } => "payment_declined",
            Happening::GivenUp { .. } => "payment_given_up",
            Happening::Captured => "payment_captured",
            Happening::Voided => "payment_voided",
            Happening::RefundAsked { .. } => "payment_refund_asked",
            Happening::Refunded { .. } => "payment_refunded",
            Happening::RefundDeclined { .. } => "payment_refund_declined",
            Happening::RefundAskedAgain { .. } => "payment_refund_asked",
            Happening::RefundGivenOtherwise { .. } => "payment_refund_given_otherwise",
            Happening::Failed { .. } => "payment_failed",
            Happening::Settled(_) => "payments_settled",
        }
    }

    /// The reservation that lives longer by it, and until when.
    #[must_use]
    pub fn keeps(&self) -> Option<(ReservationId, Timestamp)> {
        match self {
            Happening::Started(started) => started.keeps,
            Happening::Approved { keeps, .. } => *keeps,
            _ => None,
        }
    }
}

/// A payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// What it was asked for with.
    pub start: Start,
    /// Where the demand comes from.
    pub channel: Channel,
    /// When it was asked for.
    pub at: Timestamp,
    /// When it is given up by itself, unless its sale is recorded.
    pub expires: Timestamp,
    /// Where it stands.
    pub stage: Stage,
    /// When the stage ends by itself; none: it waits for somebody.
    pub until: Option<Timestamp>,
    /// Whether it is wanted no more.
    pub given_up: bool,
    /// What of it the record of its sale takes, once there is one.
    pub sold: Option<Minor>,
    /// The provider's own name for it, where it had one before it was sent: what an inquiry goes by.
    pub transaction: Option<Box<Transaction>>,
    /// What the provider said when it approved it.
    pub approval: Option<Box<Approval>>,
    /// What goes back of it.
    pub refunds: Vec<Refund>,
    /// Why it was declined, or why what is to be done does not work.
    pub reason: Option<Reason>,
    /// Whether a settlement has what was taken of it.
    pub settled: bool,
    /// How often it has changed.
    pub version: u32,
}

impl Payment {
    /// What a driver has to do next; nothing while it waits for somebody else.
    #[must_use]
    pub fn task(&self) -> Option<Task> {
        match self.stage {
            Stage::Asked => Some(Task::Authorise),
            Stage::Unknown => Some(Task::Inquire),
            Stage::Capturing => Some(Task::Capture(self.sold.unwrap_or(self.start.amount))),
            Stage::Voiding => Some(Task::Void),
            Stage::Captured => {
                let next = self.refunds.iter().find(|refund| refund.is_pending())?;
                Some(Task::Refund(next.id, next.amount))
            }
            Stage::Sent | Stage::Approved | Stage::Voided | Stage::Declined | Stage::Cancelled => None,
        }
    }

    /// Whether anything is still to happen to it by itself, by a driver or by its sale.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.task().is_some() || matches!(self.stage, Stage::Sent | Stage::Approved) || self.owed().next().is_some()
    }

    /// The provider's own name for it, as far as it is known.
    #[must_use]
    pub fn transaction(&self) -> Option<&Transaction> {
        let approved = self.approval.as_ref().map(|approval| &approval.transaction);
        approved.or(self.transaction.as_deref())
    }

    /// What was taken of it, or is to be.
    #[must_use]
    pub fn captured(&self) -> Minor {
        match self.stage {
            // What was taken with the approval was taken whole.
            Stage::Captured if self.is_taken() => self.start.amount,
            Stage::Capturing | Stage::Captured => self.sold.unwrap_or(self.start.amount),
            _ => Minor::ZERO,
        }
    }

    /// What goes back of it, done or not, by card or otherwise. What goes back in the place of another counts once.
    #[must_use]
    pub fn refunded(&self) -> Minor {
        let counts = self.refunds.iter().filter(|refund| refund.declined != Some(Declined::Again));
        counts.map(|refund| refund.amount).sum()
    }

    /// Refunds that the provider declined and that the customer is still owed.
    pub fn owed(&self) -> impl Iterator<Item = &Refund> {
        self.refunds.iter().filter(|refund| refund.declined == Some(Declined::Owed))
    }

    /// Whether the amount was taken with the approval.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        self.approval.as_ref().is_some_and(|approval| approval.taken)
    }

    /// Whether money has moved that no settlement has.
    #[must_use]
    pub fn is_unsettled(&self) -> bool {
        let charge = self.stage == Stage::Captured && !self.settled;
        charge || self.refunds.iter().any(|refund| refund.done && !refund.settled)
    }

    /// What must hold at every step.
    ///
    /// # Errors
    /// The sentence says what does not.
    pub fn check(&self) -> Result<(), &'static str> {
        let approved = [Stage::Approved, Stage::Capturing, Stage::Captured, Stage::Voiding, Stage::Voided];
        if approved.contains(&self.stage) != self.approval.is_some() {
            return Err("a payment's stage and its approval do not go together");
        }
        if self.start.amount <= Minor::ZERO || self.sold.is_some_and(|sold| sold <= Minor::ZERO) {
            return Err("a payment of nothing");
        }
        if self.sold.is_some_and(|sold| sold > self.start.amount) {
            return Err("more of a payment is sold than was asked for");
        }
        if self.refunded() > self.captured() {
            return Err("more of a payment goes back than was captured");
        }
        if self.captured() > Minor::ZERO && self.sold.is_none() && self.refunded() < self.captured() {
            return Err("a payment is captured without a sale and does not go back");
        }
        Ok(())
    }
}
