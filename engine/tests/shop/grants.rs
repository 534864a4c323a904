//! Returns that are granted first. The shop takes the steps one by one, as the server would.

use super::reading::Reading;
use super::{LOCATION, Shop};
use onhand_engine::account::RedemptionAsk;
use onhand_engine::command::{Action, Channel, Command, Tender};
use onhand_engine::ids::CommandId;
use onhand_engine::returns::{Grant, grant_first, grant_to};

pub(crate) const VERBS: [&str; 4] = ["grant", "keep", "undo", "finish"];

impl Shop {
    /// `grant S1 R1 ...`: what comes back of a sale, as `give_back` says it, granted to the return R1; `keep R1`,
    /// `undo R1`; `finish R1`: it is decided.
    pub(crate) fn granting(&mut self, verb: &str, reading: &mut Reading) -> String {
        let (sale, at) = match verb {
            "grant" => {
                let sale = reading.word();
                let id = self.sale(&reading.word());
                reading.words.push(sale);
                return self.grant(id, reading);
            }
            _ => (self.sale(&reading.word()), LOCATION),
        };
        match verb {
            "keep" => self.outcome(Channel::Till, Action::Redemption(RedemptionAsk::KeepGrant { sale, at })),
            "undo" => {
                let ask = RedemptionAsk::UndoGrant { sale, at, deadline: None };
                self.outcome(Channel::Till, Action::Redemption(ask))
            }
            _ => {
                let command = self.granted.remove(&sale).unwrap();
                self.outcome_of(command)
            }
        }
    }

    fn grant(&mut self, id: CommandId, reading: &mut Reading) -> String {
        let action = match self.giving("give_back", reading) {
            Ok(action) => action,
            Err(refusal) => return self.refused(&refusal),
        };
        let mut command = Command { id, location: LOCATION, channel: Channel::Till, action };
        let (_, ask) = grant_first(&command, None).unwrap();
        let text = self.outcome(Channel::Till, Action::GrantReturn(Box::new(ask)));
        if let Some(pending) = self.place().store.grants.get(&id).filter(|_| !text.starts_with("refused")) {
            let refunds = self.parts_of_refund(&pending.grant.refunds);
            let refunds = if refunds.is_empty() { refunds } else { format!(" refunds={refunds}") };
            let text = said(&pending.grant) + &refunds;
            grant_to(&mut command, pending.grant.clone());
            self.granted.insert(id, command);
            return text;
        }
        text
    }
}

fn said(grant: &Grant) -> String {
    let paid = |tender: &Tender| format!("{}:{}", tender.kind.name(), tender.amount.0);
    let paid: Vec<String> = grant.tenders.iter().map(paid).collect();
    let credits: Vec<String> = grant.credits.iter().map(|take| take.amount.0.to_string()).collect();
    format!("granted back={} credits={}", paid.join(","), credits.join(","))
}
