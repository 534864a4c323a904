//! Accounts: gift cards, store credit and points. An account is named by its id, a gift card by its code.

use crate::card_code::CardCode;
use crate::value::{Amount, Currency, Id, Label, Owner, Position, Time};
use onhand_engine::account;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccountType {
    /// Whoever has its code may spend it.
    GiftCard,
    /// A customer's.
    StoreCredit,
    /// A customer's points.
    Loyalty,
    /// The uses of a coupon by everybody. Nobody opens one: the first use does.
    Coupon,
    /// The uses of a coupon by one customer.
    CustomerCoupon,
    /// One customer's returns without a receipt in one period: how many.
    CustomerReturns,
    /// The same in minor units of money.
    CustomerRefunds,
}

impl From<AccountType> for account::AccountKind {
    fn from(kind: AccountType) -> Self {
        match kind {
            AccountType::GiftCard => Self::GiftCard,
            AccountType::StoreCredit => Self::StoreCredit,
            AccountType::Loyalty => Self::Loyalty,
            AccountType::Coupon => Self::Coupon,
            AccountType::CustomerCoupon => Self::CustomerCoupon,
            AccountType::CustomerReturns => Self::CustomerReturns,
            AccountType::CustomerRefunds => Self::CustomerRefunds,
        }
    }
}

impl From<account::AccountKind> for AccountType {
    fn from(kind: account::AccountKind) -> Self {
        match kind {
            account::AccountKind::GiftCard => Self::GiftCard,
            account::AccountKind::StoreCredit => Self::StoreCredit,
            account::AccountKind::Loyalty => Self::Loyalty,
            account::AccountKind::Coupon => Self::Coupon,
            account::AccountKind::CustomerCoupon => Self::CustomerCoupon,
            account::AccountKind::CustomerReturns => Self::CustomerReturns,
            account::AccountKind::CustomerRefunds => Self::CustomerRefunds,
        }
    }
}

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
    /// Open an account. A gift card gets a code, which is told once, in the answer. What is on it at first:
    /// `amount` and `currency`, or `points`.
    IssueAccount {
        /// What it is.
        #[serde(rename = "type")]
        kind: AccountType,
        /// The currency of the amount.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        currency: Option<Currency>,
        /// What is on it at first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount: Option<Amount>,
        /// The points on it at first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        points: Option<i64>,
        /// From when on nothing can be taken from it; default: never.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires: Option<Time>,
        /// The customer whose it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        customer: Option<Owner>,
        /// The code that the server has made for a gift card: it is in no message.
        #[serde(skip)]
        code: Option<CardCode>,
    }
);
asked!(
    /// Add to an account: `amount` and `currency`, or `points`. Or give a coupon's `uses` back.
    LoadAccount {
        /// Which, by its id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<Id>,
        /// Which, by its card's code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<CardCode>,
        /// The currency of the amount.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        currency: Option<Currency>,
        /// How much, above zero.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount: Option<Amount>,
        /// How many points, above zero.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        points: Option<i64>,
        /// Which, by the promotion whose coupon it counts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        promotion: Option<Label>,
        /// The one loyalty account of this customer. Beside `promotion`: the uses of this customer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        customer: Option<Owner>,
        /// How many uses are given back, above zero; with `refund_of`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        uses: Option<i64>,
        /// The id of the sale that earned it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        earned_by: Option<Id>,
        /// The id of the sale that is refunded to it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refund_of: Option<Id>,
    }
);
asked!(
    /// Pay out from an account without a sale: `amount` and `currency`, or `points`.
    Redeem {
        /// Which, by its id; not for gift cards.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<Id>,
        /// Which, by its card's code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<CardCode>,
        /// The currency of the amount.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        currency: Option<Currency>,
        /// How much, above zero.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount: Option<Amount>,
        /// How many points, above zero.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        points: Option<i64>,
    }
);
asked!(
    /// Let nothing more be taken from an account, for ever.
    DisableAccount {
        /// Which, by its id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<Id>,
        /// Which, by its card's code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<CardCode>,
        /// Why.
        reason: Label,
    }
);
asked!(
    /// Say whose an account is.
    AssignAccount {
        /// Which, by its id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<Id>,
        /// Which, by its card's code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<CardCode>,
        /// The customer whose it is from now on; none: it is nobody's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        customer: Option<Owner>,
    }
);
asked!(
    /// What is on an account; how often a coupon was used.
    #[derive(Default)]
    ReadAccount {
        /// Which, by its id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<Id>,
        /// Which, by its card's code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<CardCode>,
        /// Which, by the promotion whose coupon it counts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        promotion: Option<Label>,
        /// The one loyalty account of this customer. Beside `promotion`: the uses of this customer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        customer: Option<Owner>,
    }
);

macro_rules! answered {
    ($(#[$doc:meta])* $name:ident { $($(#[$field:meta])* $field_name:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub struct $name {
            /// Its place in the log; "0" for what is only read.
            pub seq: Position,
            /// When it was decided.
            pub time: Time,
            $($(#[$field])* pub $field_name: $kind,)*
        }
    };
}

answered!(
    /// An account that was opened.
    AccountIssued {
        /// Its id.
        account: Id,
        /// The code of a gift card. Told once: a repeat has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<CardCode>,
        /// What is on it, in minor units or points.
        balance: Amount,
    }
);
answered!(
    /// An entry in the ledger of an account.
    AccountBooked {
        /// What is on it now, in minor units or points.
        balance: Amount,
    }
);
answered!(
    /// What is on an account, in minor units, points or uses.
    AccountStatement {
        /// Its id.
        account: Id,
        /// What it is.
        #[serde(rename = "type")]
        kind: AccountType,
        /// The currency it counts; none: it counts points or uses.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        currency: Option<Currency>,
        /// What is on it: issued, loaded and refunded less redeemed.
        balance: Amount,
        /// What of that sales hold that are not finished.
        held: Amount,
        /// What was on it at first.
        issued: Amount,
        /// What was paid in or earned.
        loaded: Amount,
        /// What was refunded to it.
        refunded: Amount,
        /// What was taken from it.
        redeemed: Amount,
        /// What completed sales took beyond what was there: a person must decide.
        short: Amount,
        /// From when on nothing can be taken from it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires: Option<Time>,
        /// Whether nothing can be taken from it any more.
        disabled: bool,
        /// The customer whose it is, where that was said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        customer: Option<Owner>,
    }
);

/// An account in an event of the feed. Amounts are in minor units or points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountLine {
    /// The account.
    pub account: Id,
    /// What it is.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<AccountType>,
    /// The currency it counts; none: points, or it was not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// How much was added, taken or held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// What a completed sale took beyond that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short: Option<Amount>,
    /// What was on it afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance: Option<Amount>,
    /// The id of the sale that it was for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sale: Option<Id>,
    /// Why it was loaded: `paid`, `earned` or `refund`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The customer whose it is from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<Owner>,
    /// Whose it was before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_before: Option<Owner>,
}
