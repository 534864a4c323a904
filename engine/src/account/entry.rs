//! What happens to an account: the entries of its ledger, and of its holds.

use super::{AccountKind, Cause, Hold, Measure};
use crate::ids::{CommandId, Label, Owner};
use crate::money::Minor;
use crate::time::Timestamp;

/// What happened to an account: an entry of its ledger, or of its holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// It was opened.
    Issued {
        /// What it is.
        kind: AccountKind,
        /// What it counts.
        measure: Measure,
        /// What is on it at first.
        amount: Minor,
        /// From when on nothing can be taken from it.
        expires: Option<Timestamp>,
        /// The customer whose it is.
        owner: Option<Owner>,
    },
    /// It was added to.
    Loaded {
        /// How much.
        amount: Minor,
        /// Why.
        cause: Cause,
        /// What is on it now.
        balance: Minor,
    },
    /// It was taken from: with a sale, or paid out.
    Redeemed {
        /// How much.
        amount: Minor,
        /// What the sale took beyond that although it was not there: a conflict for a person to decide.
        short: Minor,
        /// The sale, by its command; none: it was paid out.
        sale: Option<CommandId>,
        /// What is on it now.
        balance: Minor,
    },
    /// Nothing more can be taken from it.
    Disabled {
        /// Why.
        reason: Label,
        /// What is on it.
        balance: Minor,
    },
    /// It was opened, for what a return gives to it; with nothing on it until the return stands.
    Opened {
        /// What it is.
        kind: AccountKind,
        /// What it counts.
        measure: Measure,
        /// The return, by its command.
        sale: CommandId,
        /// What is to come.
        hold: Hold,
    },
    /// What a return gives to it is there.
    Refunded {
        /// How much.
        amount: Minor,
        /// The return, by its command.
        sale: CommandId,
        /// What is on it now.
        balance: Minor,
    },
    /// An amount is held for a sale.
    Held {
        /// The sale, by its command.
        sale: CommandId,
        /// The hold.
        hold: Hold,
    },
    /// What was held for a sale is free.
    LetGo {
        /// The sale, by its command.
        sale: CommandId,
    },
    /// A use of a coupon is held for a sale, or comes back with a return. The first opens the account.
    UseHeld {
        /// Whose uses they are.
        kind: AccountKind,
        /// How many uses there may be in all from now on.
        issued: Minor,
        /// The sale, by its command.
        sale: CommandId,
        /// The hold.
        hold: Hold,
    },
    /// Whose it is was said.
    Assigned {
        /// The customer; none: it is nobody's.
        owner: Option<Owner>,
        /// Whose it was before.
        before: Option<Owner>,
        /// What is on it.
        balance: Minor,
    },
}

impl Entry {
    /// What is held by it, and for which sale.
    #[must_use]
    pub const fn hold(&self) -> Option<(CommandId, &Hold)> {
        match self {
            Entry::Held { sale, hold } | Entry::UseHeld { sale, hold, .. } => Some((*sale, hold)),
            _ => None,
        }
    }

    /// Whether it is a step of the server's own, for which no client waits and which has no repeats.
    #[must_use]
    pub const fn is_own_step(&self) -> bool {
        matches!(
            self,
            Entry::Held { .. }
                | Entry::UseHeld { .. }
                | Entry::LetGo { .. }
                | Entry::Opened { .. }
                | Entry::Refunded { .. }
                | Entry::Redeemed { sale: Some(_), .. }
        )
    }

    /// What it changes about whose an account is: whose it was, and whose it is now.
    #[must_use]
    pub const fn owners(&self) -> Option<(Option<&Owner>, Option<&Owner>)> {
        match self {
            Entry::Issued { owner: Some(owner), .. } => Some((None, Some(owner))),
            Entry::Assigned { owner, before, .. } => Some((before.as_ref(), owner.as_ref())),
            _ => None,
        }
    }
}
