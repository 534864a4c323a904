//! The side of the location where a sale or return is decided that other places hold something for:
//! accounts, and for a return the location that sold. Its record is the decision; until each of them has
//! done its part the location keeps that it is settling.

use super::{Redemption, Take};
use crate::answer::Answer;
use crate::decide::Decision;
use crate::event::Event;
use crate::ids::{CommandId, LocationId};
use crate::refusal::Refusal;
use crate::returns::PendingGrant;
use crate::store::Store;
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// What is asked of a location for a sale or return. The server's own steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedemptionAsk {
    /// Does the sale stand, and wait for those that hold something for it?
    Inquire {
        /// The sale, by its command.
        sale: CommandId,
    },
    /// All of them have done their part.
    Settle {
        /// The sale, by its command.
        sale: CommandId,
        /// What a fact took from accounts that there are none of: a conflict for a person to decide.
        unpaid: Vec<Take>,
    },
    /// The return stands: what was granted to it has come back. Asked of the location that sold.
    KeepGrant {
        /// The return, by its command.
        sale: CommandId,
        /// Where it was decided.
        at: LocationId,
    },
    /// The return does not stand: what was granted to it may come back another time.
    UndoGrant {
        /// The return, by its command.
        sale: CommandId,
        /// Where it was to be decided.
        at: LocationId,
        /// Only the grant of this deadline; none: any. A grant made anew has a later one.
        deadline: Option<Timestamp>,
    },
}

impl RedemptionAsk {
    /// The sale or return, by its command.
    #[must_use]
    pub const fn sale(&self) -> CommandId {
        match self {
            RedemptionAsk::Inquire { sale }
            | RedemptionAsk::Settle { sale, .. }
            | RedemptionAsk::KeepGrant { sale, .. }
            | RedemptionAsk::UndoGrant { sale, .. } => *sale,
        }
    }
}

/// Sales and returns of a location of which not all have done their part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settling {
    /// By the command.
    pub list: BTreeMap<CommandId, Redemption>,
}

impl Settling {
    /// A sale was recorded that others hold something for.
    pub fn begin(&mut self, redemption: &Redemption) {
        self.list.insert(redemption.sale, redemption.clone());
    }

    /// All of them have done their part.
    pub fn end(&mut self, sale: CommandId) {
        self.list.remove(&sale);
    }
}

/// Decides a step of a redemption at the location of its sale, or at the one that granted a return.
///
/// # Errors
/// [`Refusal::NoSuchRedemption`] when the sale does not stand, or has been settled.
pub fn decide_redemption(store: &Store, ask: &RedemptionAsk) -> Result<Decision, Refusal> {
    let stands = |sale: &CommandId| match store.settling.list.contains_key(sale) {
        true => Ok(()),
        false => Err(Refusal::NoSuchRedemption),
    };
    let ended = |command: CommandId, at: LocationId, deadline: Option<Timestamp>, kept: bool| {
        let is_meant = |grant: &&PendingGrant| grant.to == at && deadline.is_none_or(|one| one == grant.deadline);
        let pending = store.grants.get(&command).filter(is_meant);
        pending.map(|pending| {
            let refunds = if kept { pending.grant.refunds.clone() } else { Vec::new() };
            Event::GrantEnded { command, sale: pending.sale, kept, refunds }
        })
    };
    let event = match ask {
        RedemptionAsk::Inquire { sale } => {
            stands(sale)?;
            None
        }
        RedemptionAsk::Settle { sale, unpaid } => {
            stands(sale)?;
            Some(Event::Settled { sale: *sale, unpaid: unpaid.clone() })
        }
        RedemptionAsk::KeepGrant { sale, at } => ended(*sale, *at, None, true),
        RedemptionAsk::UndoGrant { sale, at, deadline } => ended(*sale, *at, *deadline, false),
    };
    Ok(event.map_or(Decision::Already(Answer::StepTaken), Decision::Happens))
}
