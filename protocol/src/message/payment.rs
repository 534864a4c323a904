//! Card payments: what is asked of them, by sellers and by drivers, and how they stand.

use super::word::Channel;
use crate::value::{Amount, Currency, Id, Label, LocationCode, Position, Time};
use onhand_engine::payment::settlement::Mismatch;
use onhand_engine::payment::{Stage, Task};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! asked {
    ($(#[$doc:meta])* $name:ident { $($(#[$field:meta])* $field_name:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$field])* pub $field_name: $kind,)*
        }
    };
}

asked!(
    /// Begin a card payment. It is named by this request's id.
    StartPayment {
        /// Where the sale is made.
        location: LocationCode,
        /// Where the demand comes from; default by the key's role.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        channel: Option<Channel>,
        /// The till it is paid at, 1 to 9999.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        till: Option<u16>,
        /// The sale it is for: the id that the sale will have.
        sale: Id,
        /// Whose drivers take it: the provider, or the kind of terminal.
        provider: Label,
        /// The currency of the amount.
        currency: Currency,
        /// How much, above zero.
        amount: Amount,
        /// What stands for the card at the provider, at most 64 characters: never its number. None: a terminal reads it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<String>,
        /// What holds the goods; needed unless they are paid for at a till. It lives as long as the payment.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reservation: Option<Id>,
        /// How long an attempt may take, in seconds: 1 to 600; default: 90.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout_s: Option<u64>,
    }
);
asked!(
    /// Give a payment up: what is approved of it is voided, now or when it comes.
    GiveUpPayment {
        /// Where.
        location: LocationCode,
        /// Which.
        payment: Id,
    }
);
asked!(
    /// Give back so much of what a payment has taken. The refund is named by this request's id.
    RefundPayment {
        /// Where.
        location: LocationCode,
        /// Which.
        payment: Id,
        /// The currency of the amount.
        currency: Currency,
        /// How much, above zero.
        amount: Amount,
        /// The refund that the provider declined and that this one takes the place of: the whole of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instead_of: Option<Id>,
    }
);
asked!(
    /// A refund that the provider declined was given otherwise.
    RefundOtherwise {
        /// Where.
        location: LocationCode,
        /// Which payment.
        payment: Id,
        /// The refund that was declined.
        refund: Id,
        /// How it was given, in the shop's own words.
        how: Label,
    }
);
asked!(
    /// How a payment stands.
    ReadPayment {
        /// Where.
        location: LocationCode,
        /// Which.
        payment: Id,
    }
);
asked!(
    /// Be told how payments stand, from now on. Those that are not ended come first.
    WatchPayments {
        /// Where; none named: everywhere.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        locations: Vec<LocationCode>,
        /// Only those for drivers of this provider.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        provider: Option<Label>,
        /// Only those at this till.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        till: Option<u16>,
    }
);
asked!(
    /// A driver is about to send a payment to its provider. It is given to one, once.
    TakePayment {
        /// Where.
        location: LocationCode,
        /// Which.
        payment: Id,
        /// The provider's own name for it, where there is one before it is sent, at most 64 characters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        transaction: Option<String>,
    }
);

/// What came of a payment at its provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentOutcome {
    /// The provider approved it: `transaction` names it there.
    Approved,
    /// The provider declined it; with `refund`, that refund, for good.
    Declined,
    /// No answer came, or the connection was lost.
    Unknown,
    /// The provider has never heard of it, although it was asked some time after.
    NotFound,
    /// What was sold is taken.
    Captured,
    /// The provider let it go.
    Voided,
    /// The refund named in `refund` is done.
    Refunded,
    /// What was to be done does not work; it is tried on.
    Failed,
}

asked!(
    /// A driver says what came of a payment. Never a card's number: `last4` is all there is of it.
    ReportPayment {
        /// Where.
        location: LocationCode,
        /// Which.
        payment: Id,
        /// What came of it.
        outcome: PaymentOutcome,
        /// The provider's own name for the approved transaction, at most 64 characters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        transaction: Option<String>,
        /// The card.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        card: Option<CardMessage>,
        /// True: the amount was taken with the approval, without a capture.
        #[serde(default, skip_serializing_if = "super::body::is_false")]
        taken: bool,
        /// Why it was declined, or does not work, at most 64 characters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// The refund that is done, or declined.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refund: Option<Id>,
    }
);
asked!(
    /// What is known of a card.
    #[derive(Default)]
    CardMessage {
        /// Its brand, at most 32 characters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        brand: Option<String>,
        /// The last four digits of its number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last4: Option<String>,
        /// What stands for it at the provider, at most 64 characters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<String>,
        /// The code of the authorisation, at most 16 characters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        authorisation: Option<String>,
    }
);

asked!(
    /// Money that moved at a provider.
    SettlementLine {
        /// Our id of the payment, where the provider kept it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        payment: Option<Id>,
        /// The provider's own name for the transaction, at most 64 characters.
        transaction: String,
        /// How much, above zero.
        amount: Amount,
        /// True: it went back to the customer.
        #[serde(default, skip_serializing_if = "super::body::is_false")]
        refunded: bool,
        /// Our id of the refund, where the provider kept it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refund: Option<Id>,
    }
);
asked!(
    /// Match what a provider settled with the payments of a location, one to one. At most 10,000 lines.
    SettlePayments {
        /// Where.
        location: LocationCode,
        /// Whose payments.
        provider: Label,
        /// The name of the file, or of the day.
        name: Label,
        /// The currency of every amount.
        currency: Currency,
        /// Payments that began before this must be in it, or in one before it.
        until: Time,
        /// The lines.
        lines: Vec<SettlementLine>,
    }
);

macro_rules! words {
    ($(#[$doc:meta])* $name:ident of $engine:ident { $($(#[$of:meta])* $member:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$of])* $member,)*
        }

        impl From<$engine> for $name {
            fn from(stage: $engine) -> Self {
                match stage { $($engine::$member => Self::$member,)* }
            }
        }
    };
}

words!(
    /// Where a payment stands.
    PaymentState of Stage {
        /// It waits for a driver to take it.
        Asked,
        /// A driver has taken it: the provider may have it.
        Sent,
        /// Nobody knows what came of it. Its driver inquires; no other payment of the sale begins.
        Unknown,
        /// The provider holds the amount; it waits for its sale.
        Approved,
        /// Its sale is recorded: its driver captures the amount.
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
);

words!(
    /// How a line of a settlement, or a payment, does not match.
    MismatchName of Mismatch {
        /// The provider moved money for a payment that there is not here.
        UnknownPayment,
        /// The provider moved money twice: this transaction is not the payment's.
        AnotherTransaction,
        /// The provider took money for a payment that is not captured here.
        NotCaptured,
        /// The amounts differ.
        Amount,
        /// It was settled before, in this settlement or an earlier one.
        Twice,
        /// The provider gave money back that was not asked back here.
        UnknownRefund,
        /// It was captured here, and no settlement has it.
        Missing,
        /// It went back here, and no settlement has it.
        MissingRefund,
    }
);

/// What a driver has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentTaskName {
    /// Take the payment, then have its amount approved.
    Authorise,
    /// Ask the provider, by the payment's id, what became of it.
    Inquire,
    /// Take so much of what was approved.
    Capture,
    /// Let go what was approved.
    Void,
    /// Give so much of what was taken back.
    Refund,
}

macro_rules! told {
    ($(#[$doc:meta])* $name:ident { $($(#[$field:meta])* $field_name:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub struct $name {
            $($(#[$field])* pub $field_name: $kind,)*
        }
    };
}

told!(
    /// What a driver has to do for a payment.
    PaymentTask {
        /// What.
        #[serde(rename = "do")]
        task: PaymentTaskName,
        /// How much is captured or goes back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount: Option<Amount>,
        /// The refund.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refund: Option<Id>,
    }
);
told!(
    /// How a payment stands.
    PaymentMessage {
        /// Its id, here and at the provider.
        payment: Id,
        /// Where.
        location: LocationCode,
        /// Goes up with every change.
        version: u32,
        /// Where it stands.
        state: PaymentState,
        /// What its driver has to do next.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task: Option<PaymentTask>,
        /// The sale it is for.
        sale: Id,
        /// Whose drivers take it.
        provider: Label,
        /// Where the demand comes from.
        channel: Channel,
        /// The till it is paid at.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        till: Option<u16>,
        /// The currency of every amount here.
        currency: Currency,
        /// How much.
        amount: Amount,
        /// What stands for the card at the provider, where the asker had it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<String>,
        /// What its sale takes of it, once that is recorded.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sold: Option<Amount>,
        /// What goes back of it, done or not.
        refunded: Amount,
        /// Refunds that the provider declined and that the customer is still owed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        owed: Vec<OwedRefund>,
        /// The reservation that lives as long.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reservation: Option<Id>,
        /// When it was asked for.
        asked: Time,
        /// When it is given up by itself, unless its sale is recorded.
        expires: Time,
        /// Whether it is wanted no more.
        given_up: bool,
        /// The provider's own name for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        transaction: Option<String>,
        /// The card.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        card: Option<CardMessage>,
        /// Why it was declined, or why what is to be done does not work.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// Whether it is of training.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        training: bool,
    }
);
told!(
    /// A payment that waits for a driver.
    PaymentStarted {
        /// Its place in the log.
        seq: Position,
        /// When it was decided.
        time: Time,
        /// Its id.
        payment: Id,
        /// When it is given up by itself.
        expires: Time,
    }
);
told!(
    /// How a payment stands, to whoever asks.
    PaymentReply {
        /// "0": it is only read.
        seq: Position,
        /// When it was read.
        time: Time,
        /// The payment.
        payment: Box<PaymentMessage>,
    }
);
told!(
    /// Something that does not match.
    DiscrepancyMessage {
        /// How.
        mismatch: MismatchName,
        /// The line of the settlement, from 0; none for what is missing in it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        line: Option<u32>,
        /// The payment.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        payment: Option<Id>,
        /// The provider's name for the transaction.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        transaction: Option<String>,
        /// The amount by our books; 0 where they have none.
        ours: Amount,
        /// The amount by the provider's; 0 where they have none.
        theirs: Amount,
    }
);
told!(
    /// A settlement that was matched.
    PaymentsSettled {
        /// Its place in the log.
        seq: Position,
        /// When it was decided.
        time: Time,
        /// Charges and refunds that match.
        matched: u32,
        /// What does not.
        discrepancies: Vec<DiscrepancyMessage>,
        /// What is missing beyond those that are named.
        #[serde(default, skip_serializing_if = "is_zero")]
        more_missing: u32,
    }
);
told!(
    /// Payments that have changed: a push to those who watch them.
    Payments {
        /// As they stand now.
        payments: Vec<PaymentMessage>,
    }
);
told!(
    /// `GET /v1/payments`: the payments of a location that are not ended, in the order of their ids.
    PaymentPage {
        /// The payments.
        payments: Vec<PaymentMessage>,
        /// Give this as `after` to go on; none: these were all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<Id>,
    }
);
told!(
    /// A refund that is owed.
    OwedRefund {
        /// Its name.
        refund: Id,
        /// How much.
        amount: Amount,
    }
);
told!(
    /// What goes back of a card payment. The refund is named by the request.
    PaidBack {
        /// Which.
        payment: Id,
        /// How much.
        amount: Amount,
    }
);
told!(
    /// A payment in an event of the feed.
    PaymentLine {
        /// Its id.
        payment: Id,
        /// The sale it is for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sale: Option<Id>,
        /// Whose drivers take it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        provider: Option<Label>,
        /// How much was asked for, is sold, or goes back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount: Option<Amount>,
        /// Of a sale: false when the payment does not have the amount, and a person must decide.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        covered: Option<bool>,
        /// The provider's own name for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        transaction: Option<String>,
        /// The card.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        card: Option<CardMessage>,
        /// The refund.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refund: Option<Id>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    }
);

fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl From<Task> for PaymentTask {
    fn from(task: Task) -> Self {
        let plain = |task| Self { task, amount: None, refund: None };
        match task {
            Task::Authorise => plain(PaymentTaskName::Authorise),
            Task::Inquire => plain(PaymentTaskName::Inquire),
            Task::Void => plain(PaymentTaskName::Void),
            Task::Capture(amount) => Self { amount: Some(Amount(amount)), ..plain(PaymentTaskName::Capture) },
            Task::Refund(refund, amount) => {
                Self { amount: Some(Amount(amount)), refund: Some(refund.into()), ..plain(PaymentTaskName::Refund) }
            }
        }
    }
}
