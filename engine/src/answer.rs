//! What the asker is told when a command succeeded.

use crate::account::Statement;
use crate::basket;
use crate::command::SkuQty;
use crate::drawer::Told;
use crate::goods::Exception;
use crate::ids::{AccountId, PaymentId, ReceiptNo, TillNo};
use crate::layaway;
use crate::money::Minor;
use crate::payment::Payment;
use crate::payment::settlement::Settled;
use crate::qty::Qty;
use crate::returns::Grant;
use crate::time::Timestamp;

/// A success. Small: it is kept for repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The sale is in the books.
    Recorded {
        /// The till and its receipt number.
        receipt: Option<(TillNo, ReceiptNo)>,
        /// What the customer pays.
        gross: Minor,
        /// Units of a fact that stock did not cover.
        oversold: Box<[SkuQty]>,
    },
    /// Held until the deadline.
    Reserved {
        /// When it ends by itself.
        deadline: Timestamp,
    },
    /// Held until the new deadline.
    Extended {
        /// When it ends by itself.
        deadline: Timestamp,
    },
    /// Free again.
    Released,
    /// Ended by its deadline.
    Expired,
    /// Bound to the order.
    Allocated,
    /// No longer bound to the order.
    Deallocated,
    /// On hand.
    Received,
    /// Taken back.
    Returned {
        /// The till and its receipt number.
        receipt: Option<(TillNo, ReceiptNo)>,
        /// What the customer gets back.
        gross: Minor,
    },
    /// Corrected.
    Adjusted,
    /// Counted.
    Counted {
        /// Counted minus on hand at the time of counting.
        variance: Qty,
    },
    /// The rules are set.
    PolicySet,
    /// The items are in the catalogue.
    ItemsDefined {
        /// How many are new.
        added: u32,
        /// How many were there before.
        changed: u32,
    },
    /// The location is known.
    LocationDefined,
    /// The key is accepted from now on.
    KeyCreated,
    /// The key is refused from now on.
    KeyRevoked,
    /// Another location may take this back.
    ReturnGranted(Box<Grant>),
    /// Goods came back and others went out.
    Exchanged {
        /// The till and its receipt number.
        receipt: Option<(TillNo, ReceiptNo)>,
        /// What came back was worth so much.
        returned: Minor,
        /// What went out costs so much.
        gross: Minor,
    },
    /// Of a till's drawer.
    Drawer(Told),
    /// Of a basket that is not paid yet.
    Basket(basket::Told),
    /// Of goods set aside against deposits.
    Layaway(layaway::Told),
    /// The drawers go by the rules from now on.
    DrawerRulesSet,
    /// The account is open.
    AccountIssued {
        /// Its name.
        account: AccountId,
        /// What is on it.
        balance: Minor,
    },
    /// It stands in the account's ledger.
    AccountBooked {
        /// What is on it now.
        balance: Minor,
    },
    /// What is on an account.
    Account(Box<Statement>),
    /// A step of a redemption is done, or needs no doing.
    StepTaken,
    /// The location's own labels are read so from now on.
    LabelsSet,
    /// Returns without a receipt are limited so from now on.
    ReturnLimitsSet,
    /// The price book is asked from now on.
    PriceBookDefined {
        /// How many prices it has.
        prices: u32,
    },
    /// The price book is no longer asked.
    PriceBookEnded,
    /// The promotions are taken up.
    PromotionsDefined {
        /// How many are new.
        added: u32,
        /// How many were there before.
        changed: u32,
    },
    /// The promotion is over.
    PromotionEnded,
    /// The role is as defined.
    RoleDefined,
    /// The user is known.
    UserDefined,
    /// The PIN is good from now on, and no earlier one.
    PinSet,
    /// The user may do nothing any more, or again.
    UserDisabled,
    /// People are required there, or no longer.
    PeopleRequired,
    /// The payment waits for a driver.
    PaymentStarted {
        /// When it is given up by itself.
        expires: Timestamp,
    },
    /// A step of a payment is done, or was before.
    PaymentStep,
    /// How a payment stands.
    Payment(PaymentId, Box<Payment>),
    /// What a provider settled was matched.
    PaymentsSettled(Box<Settled>),
    /// The sale is in the books, and a person has to look at it.
    RecordedWithExceptions(Box<Excepted>),
    /// The return is in the books, and a person has to look at it.
    ReturnedWithExceptions(Box<Excepted>),
    /// The exchange is in the books, and a person has to look at it.
    ExchangedWithExceptions {
        /// What came back was worth so much.
        returned: Minor,
        /// What went out.
        sale: Box<Excepted>,
    },
    /// A return or an exchange is in the books, and something goes back to card payments.
    Refunding(Box<Refunding>),
}

/// A return or an exchange of which something goes back to card payments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refunding {
    /// What is told of it beside that.
    pub told: Answer,
    /// How much goes back of which payment. The refund is named by the command.
    pub parts: Box<[(PaymentId, Minor)]>,
}

/// A sale or return in the books that a person has to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excepted {
    /// The till and its receipt number.
    pub receipt: Option<(TillNo, ReceiptNo)>,
    /// What the customer pays, or gets back.
    pub gross: Minor,
    /// Units of a fact that stock did not cover.
    pub oversold: Box<[SkuQty]>,
    /// What to look at.
    pub exceptions: Box<[Exception]>,
}

impl Excepted {
    /// Whether there is nothing to look at after all.
    #[must_use]
    pub const fn is_plain(&self) -> bool {
        self.oversold.is_empty() && self.exceptions.is_empty()
    }
}
