//! Returns that the location that sold grants first: it knows what may still come back, and how the money was
//! paid. It grants for a time, then it asks what became of the return.

use super::Shard;
use super::redemptions::Awaited;
use crate::port::{Outcome, Ticket};
use onhand_engine::account::RedemptionAsk;
use onhand_engine::answer::Answer;
use onhand_engine::cash_rounding::CashRounding;
use onhand_engine::command::Action;
use onhand_engine::ids::{CommandId, LocationId};
use onhand_engine::refusal::Refusal;
use onhand_engine::returns::{self, GrantAsk};
use onhand_engine::time::Timestamp;

impl Shard {
    pub(super) fn ask_for_grant(&mut self, command: CommandId, sold_at: LocationId, ask: GrantAsk) {
        let ticket = self.redemptions.await_outcome(Awaited::Grant { sale: command });
        self.send_step(sold_at, Action::GrantReturn(Box::new(ask)), ticket);
    }

    /// How cash is rounded where it is given back.
    pub(super) fn rounding_at(&mut self, location: LocationId) -> Option<CashRounding> {
        let store = self.places.store(location, &self.shared.directory).ok()?;
        self.places.stores[store as usize].store.drawer_rules.as_ref()?.rounding
    }

    /// The location that sold has granted a return, or not.
    pub(super) fn granted(&mut self, command: CommandId, outcome: Outcome) {
        let grant = match outcome {
            Outcome::Done { answer: Answer::ReturnGranted(grant), .. } => grant,
            Outcome::Done { .. } => return self.give_up(command, Refusal::Internal),
            Outcome::Refused(refusal) => return self.give_up(command, refusal),
        };
        let Some(round) = self.redemptions.rounds.get_mut(&command) else { return };
        if let Some(command) = &mut round.command {
            round.granted_by = returns::grant_first(command, None).map(|(sold_at, _)| sold_at);
            returns::grant_to(command, *grant);
        }
        self.hold_all(command);
    }

    /// Asks the location of a return what became of it, as long as the grant is the same.
    pub(super) fn inquire_grant(&mut self, store: u32, command: CommandId, deadline: Timestamp) {
        let Some(pending) = self.places.stores[store as usize].store.grants.get(&command) else { return };
        if pending.deadline != deadline {
            return;
        }
        let to = pending.to;
        let ticket = self.redemptions.await_outcome(Awaited::GrantInquiry { store, command, to, deadline });
        self.send_step(to, Action::Redemption(RedemptionAsk::Inquire { sale: command }), ticket);
    }

    pub(super) fn grant_inquired(
        &mut self,
        store: u32,
        command: CommandId,
        to: LocationId,
        deadline: Timestamp,
        outcome: &Outcome,
    ) {
        let ask = match outcome {
            Outcome::Done { .. } => RedemptionAsk::KeepGrant { sale: command, at: to },
            Outcome::Refused(Refusal::NoSuchRedemption) => {
                RedemptionAsk::UndoGrant { sale: command, at: to, deadline: Some(deadline) }
            }
            Outcome::Refused(_) => return,
        };
        let location = self.places.stores[store as usize].location;
        self.send_step(location, Action::Redemption(ask), Ticket(0));
    }
}
