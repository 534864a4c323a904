//! Why something asked of a payment was refused.

use super::Stage;
use crate::ids::PaymentId;
use crate::money::Minor;

/// A refusal, 3090 to 3099 and 3115. It changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// 3090
    #[error("payment {payment} of this sale is {}; find out first what comes of it", stage.name())]
    Undecided {
        /// The payment that is not decided.
        payment: PaymentId,
        /// Where it stands.
        stage: Stage,
    },
    /// 3091
    #[error("{max} payments are not ended here; that is the most there may be")]
    TooMany {
        /// The most there may be.
        max: usize,
    },
    /// 3092
    #[error("the goods must be held first: name a live reservation that no other sale pays for")]
    NotHeld,
    /// 3093
    #[error("there is no such payment at this location")]
    Unknown,
    /// 3094
    #[error("the payment is {}", stage.name())]
    Stage {
        /// Where it stands.
        stage: Stage,
    },
    /// 3095
    #[error("the payment is for another sale")]
    AnotherSale,
    /// 3096
    #[error("the payment has {has} to give")]
    Amount {
        /// How much of it there is.
        has: i64,
    },
    /// 3097
    #[error("the provider has approved this payment as another transaction; void this one")]
    AnotherTransaction,
    /// 3098
    #[error("the sale is recorded already")]
    SaleRecorded,
    /// 3099
    #[error("the payment has no such refund")]
    NoSuchRefund,
    /// 3115
    #[error("the payment owes no such refund: none of this name was declined, or it was given since")]
    NotOwed,
}

impl Refused {
    /// The number people look up.
    #[must_use]
    pub const fn number(&self) -> u16 {
        match self {
            Refused::Undecided { .. } => 3090,
            Refused::TooMany { .. } => 3091,
            Refused::NotHeld => 3092,
            Refused::Unknown => 3093,
            Refused::Stage { .. } => 3094,
            Refused::AnotherSale => 3095,
            Refused::Amount { .. } => 3096,
            Refused::AnotherTransaction => 3097,
            Refused::SaleRecorded => 3098,
            Refused::NoSuchRefund => 3099,
            Refused::NotOwed => 3115,
        }
    }

    pub(super) const fn amount(has: Minor) -> Self {
        Refused::Amount { has: has.0 }
    }
}
