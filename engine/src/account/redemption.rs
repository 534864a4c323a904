//! The side of the sale's location in a redemption from accounts. The record of the sale is the decision;
//! until every account has redeemed its part the location keeps that it is settling.

use super::{Redemption, Take};
use crate::answer::Answer;
use crate::decide::Decision;
use crate::event::Event;
use crate::ids::CommandId;
use crate::refusal::Refusal;
use std::collections::BTreeMap;

/// What is asked of the location of a sale. The server's own steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedemptionAsk {
    /// Does the sale stand, and wait for its accounts?
    Inquire {
        /// The sale, by its command.
        sale: CommandId,
    },
    /// Every account has done its part.
    Settle {
        /// The sale, by its command.
        sale: CommandId,
        /// What a fact took from accounts that there are none of: a conflict for a person to decide.
        unpaid: Vec<Take>,
    },
}

impl RedemptionAsk {
    /// The sale, by its command.
    #[must_use]
    pub const fn sale(&self) -> CommandId {
        match self {
            RedemptionAsk::Inquire { sale } | RedemptionAsk::Settle { sale, .. } => *sale,
        }
    }
}

/// Sales of a location whose accounts have not all redeemed their part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settling {
    /// By the sale's command.
    pub list: BTreeMap<CommandId, Vec<Take>>,
}

impl Settling {
    /// A sale was recorded that accounts pay for.
    pub fn begin(&mut self, redemption: &Redemption) {
        self.list.insert(redemption.sale, redemption.takes.clone());
    }

    /// Every account has done its part.
    pub fn end(&mut self, sale: CommandId) {
        self.list.remove(&sale);
    }
}

/// Decides a step of a redemption at the location of its sale.
///
/// # Errors
/// [`Refusal::NoSuchRedemption`] when the sale does not stand, or has been settled.
pub fn decide_redemption(settling: &Settling, ask: &RedemptionAsk) -> Result<Decision, Refusal> {
    if !settling.list.contains_key(&ask.sale()) {
        return Err(Refusal::NoSuchRedemption);
    }
    Ok(match ask {
        RedemptionAsk::Inquire { .. } => Decision::Already(Answer::StepTaken),
        RedemptionAsk::Settle { sale, unpaid } => {
            Decision::Happens(Event::Settled { sale: *sale, unpaid: unpaid.clone() })
        }
    })
}
