//! Sales and returns in which other places have a part, in two steps across shards: the location that sold
//! grants what is to come back (`grants.rs`), every account holds its part, the command is decided at its
//! location, and then the others do their part, or let it go.
//!
//! The shard of the command's location coordinates, and keeps nothing that recovery needs: a hold has a
//! deadline, when its account asks that location what became of the sale, and a grant likewise; a sale that
//! stands is kept there as settling until everybody has done their part. Steps may be taken twice: what a
//! step finds says whether it was taken before.

use super::{Shard, waiting::Errand};
use crate::drained::NOBODY;
use crate::port::{Envelope, LevelChange, Outcome, Port, PortId, Ticket};
use crate::shared::Shared;
use hashbrown::HashMap;
use onhand_engine::account::{AccountAsk, Hold, RedemptionAsk, Take};
use onhand_engine::command::{Action, Channel, Command, Standing};
use onhand_engine::ids::{AccountId, CommandId, LocationId};
use onhand_engine::people::By;
use onhand_engine::refusal::Refusal;
use onhand_engine::returns;
use onhand_engine::time::{Millis, Timestamp};
use std::sync::{Arc, Weak};

/// How long until a step that could not be taken is tried again.
pub(super) const AGAIN: Millis = Millis(1_000);

/// Where a shard gets the outcomes of the steps it asked for.
pub(crate) struct StepPort {
    pub(crate) shared: Weak<Shared>,
    pub(crate) shard: usize,
}

impl Port for StepPort {
    fn outcomes(&self, outcomes: Vec<(Ticket, Outcome)>) {
        if let Some(shared) = self.shared.upgrade() {
            shared.inboxes[self.shard].bring_back(outcomes);
        }
    }

    fn wants_levels(&self) -> bool {
        false
    }

    fn levels(&self, _: Arc<[LevelChange]>) {}

    fn chain_changed(&self) {}
}

/// What a step was taken for.
pub(super) enum Awaited {
    /// The location that sold was asked to grant a return.
    Grant { sale: CommandId },
    /// An account of a sale was asked to hold.
    Hold { sale: CommandId, account: AccountId },
    /// A sale was asked for, everything being held.
    Sale { sale: CommandId },
    /// An account of a sale that stands was asked to do its part; none: the location that granted it.
    Confirm { sale: CommandId, take: Option<Take> },
    /// The location was told that everybody has.
    Settle { store: u32, sale: CommandId },
    /// The location of a sale was asked what became of it, about the hold of this deadline.
    Inquiry { store: u32, account: AccountId, sale: CommandId, hold: Hold },
    /// The location of a return was asked what became of it, about the grant of this deadline.
    GrantInquiry { store: u32, command: CommandId, to: LocationId, deadline: Timestamp },
}

/// A sale or return whose accounts hold their part, one after the other.
pub(super) struct Round {
    port: PortId,
    ticket: Ticket,
    /// Where it is decided.
    at: LocationId,
    /// None once it is asked for.
    pub(super) command: Option<Command>,
    /// Who asks for it.
    by: By,
    takes: Vec<Take>,
    /// The location that has granted it.
    pub(super) granted_by: Option<LocationId>,
    fact: bool,
    /// Accounts that count what may be had so often count it whether it may be had or not.
    counts_anyway: bool,
    /// Accounts that have not answered.
    left: usize,
    /// The first that would not hold.
    refusal: Option<Refusal>,
    /// The same command once more, behind its first answer.
    repeats: Vec<Envelope>,
}

impl Round {
    /// Whether it is a return that has happened, and stands without an account that takes nothing in.
    fn goes_without(&mut self, account: AccountId, why: &Refusal) -> bool {
        let action = self.command.as_mut().map(|command| &mut command.action);
        let Some(Action::Return { unreceipted: Some(asked), .. }) = action else { return false };
        asked.goes_without(account, why)
    }
}

/// A sale or return that stands, while the others do their part.
struct Settlement {
    store: u32,
    left: usize,
    unpaid: Vec<Take>,
    /// One could not be reached: all are asked again later.
    again: bool,
}

/// One shard's part in redemptions.
pub(super) struct Redemptions {
    port: PortId,
    last_ticket: u64,
    awaited: HashMap<Ticket, Awaited>,
    pub(super) rounds: HashMap<CommandId, Round>,
    settlements: HashMap<CommandId, Settlement>,
    /// Steps to be handed over at the end of the drain, by shard.
    steps: Vec<Vec<Envelope>>,
    returned: Vec<(Ticket, Outcome)>,
}

impl Redemptions {
    pub(super) fn new(no: usize, shards: usize) -> Self {
        Self {
            port: PortId(u16::try_from(no).unwrap_or(NOBODY.0)),
            last_ticket: 0,
            awaited: HashMap::new(),
            rounds: HashMap::new(),
            settlements: HashMap::new(),
            steps: (0..shards).map(|_| Vec::new()).collect(),
            returned: Vec::new(),
        }
    }

    /// Whether no sale waits for its accounts.
    pub(super) fn is_idle(&self) -> bool {
        self.rounds.is_empty()
    }

    /// Whether a sale's accounts are being asked, or it is asked for and its record is not durable yet.
    pub(super) fn is_paying(&self, sale: CommandId) -> bool {
        self.rounds.contains_key(&sale)
    }

    pub(super) fn await_outcome(&mut self, awaited: Awaited) -> Ticket {
        self.last_ticket += 1;
        let ticket = Ticket(self.last_ticket);
        self.awaited.insert(ticket, awaited);
        ticket
    }
}

impl Shard {
    /// Whether others have to hold their part before a command may run.
    pub(super) fn needs_paying(&self, envelope: &Envelope) -> bool {
        returns::may_need_others(&envelope.command) && envelope.port != self.redemptions.port
    }

    /// Begins a command in which others have a part. One that is known is only answered.
    pub(super) fn pay(&mut self, envelope: Envelope) {
        let sale = envelope.command.id;
        if let Some(round) = self.redemptions.rounds.get_mut(&sale) {
            return round.repeats.push(envelope);
        }
        if !self.is_writable() || self.remembered.find(sale).is_some() {
            return self.take_in(envelope);
        }
        let Envelope { port, ticket, by, command } = envelope;
        let (fact, counts_anyway) = self.standing(&command.action, by);
        let first = returns::grant_first(&command, self.rounding_at(command.location));
        let round = Round {
            port,
            ticket,
            at: command.location,
            command: Some(command),
            by,
            takes: Vec::new(),
            granted_by: None,
            fact,
            counts_anyway,
            left: 0,
            refusal: None,
            repeats: Vec::new(),
        };
        self.redemptions.rounds.insert(sale, round);
        match first {
            Some((sold_at, ask)) => self.ask_for_grant(sale, sold_at, ask),
            None => self.hold_all(sale),
        }
    }

    /// Whether a command has already happened, and whether what is counted for it is no reason to refuse it: a return
    /// without a receipt that has happened, or that whoever asks may make all the same.
    fn standing(&mut self, action: &Action, by: By) -> (bool, bool) {
        match action {
            Action::Sell(sell) => (sell.standing == Standing::Fact, false),
            Action::Return { unreceipted: Some(asked), .. } => {
                self.renew_people();
                let is_lifted = asked.limits.can_be_lifted && self.people.may_lift(by);
                (false, asked.standing == Standing::Fact || is_lifted)
            }
            _ => (false, false),
        }
    }

    /// Asks every account to hold its part.
    pub(super) fn hold_all(&mut self, sale: CommandId) {
        let Some(round) = self.redemptions.rounds.get_mut(&sale) else { return };
        let takes = round.command.as_ref().map(|command| returns::takes(&command.action)).unwrap_or_default();
        let (at, fact, counts_anyway) = (round.at, round.fact, round.counts_anyway);
        round.takes.clone_from(&takes);
        round.left = takes.len();
        if takes.is_empty() {
            return self.ask_for_decision(sale);
        }
        for take in takes {
            let fact = fact || (counts_anyway && take.kind.is_of_uses());
            let ask = AccountAsk::Hold { take, sale, at, fact };
            self.step_at(take.account, ask, Awaited::Hold { sale, account: take.account });
        }
    }

    /// Takes what came of the steps that were asked for.
    pub(super) fn take_returned(&mut self, now: Timestamp) {
        let mut returned = std::mem::take(&mut self.redemptions.returned);
        self.shared.inboxes[self.no].take_brought_back(&mut returned);
        for (ticket, outcome) in returned.drain(..) {
            match self.redemptions.awaited.remove(&ticket) {
                None => {}
                Some(Awaited::Grant { sale }) => self.granted(sale, outcome),
                Some(Awaited::Hold { sale, account }) => self.held(sale, account, outcome),
                Some(Awaited::Sale { sale }) => self.decided(sale, outcome, now),
                Some(Awaited::Confirm { sale, take }) => self.confirmed(sale, take, &outcome, now),
                Some(Awaited::GrantInquiry { store, command, to, deadline }) => {
                    self.grant_inquired(store, command, to, deadline, &outcome);
                    self.errands.insert(now.plus(AGAIN), store, Errand::InquireGrant { command, deadline });
                }
                Some(Awaited::Settle { store, sale }) => {
                    if let Outcome::Refused(why) = outcome
                        && why != Refusal::NoSuchRedemption
                    {
                        self.errands.insert(now.plus(AGAIN), store, Errand::Settle { sale });
                    }
                }
                Some(Awaited::Inquiry { store, account, sale, hold }) => {
                    let deadline = hold.deadline;
                    self.inquired(account, sale, hold, &outcome);
                    // Whatever came of it: as long as the hold is there, it is asked after.
                    self.errands.insert(now.plus(AGAIN), store, Errand::Inquire { account, sale, deadline });
                }
            }
        }
        self.redemptions.returned = returned;
    }

    /// Hands the steps of this drain to their shards. One that is refused comes back as such.
    pub(super) fn hand_over_steps(&mut self) {
        let Self { redemptions, shared, .. } = self;
        for (shard, steps) in redemptions.steps.iter_mut().enumerate().filter(|(_, steps)| !steps.is_empty()) {
            shared.submit_to(shard, steps);
        }
    }

    /// An account answered whether it holds its part.
    fn held(&mut self, sale: CommandId, account: AccountId, outcome: Outcome) {
        let Some(round) = self.redemptions.rounds.get_mut(&sale) else { return };
        round.left -= 1;
        match outcome {
            // What has happened has happened: what there is no account for stays unpaid.
            Outcome::Refused(Refusal::UnknownAccount) if round.fact => {}
            Outcome::Refused(refusal) if round.goes_without(account, &refusal) => {}
            Outcome::Refused(refusal) => drop(round.refusal.get_or_insert(refusal)),
            Outcome::Done { .. } => {}
        }
        if round.left > 0 {
            return;
        }
        match round.refusal.clone() {
            None => self.ask_for_decision(sale),
            Some(refusal) => self.give_up(sale, refusal),
        }
    }

    /// Everything being held, the command is decided.
    fn ask_for_decision(&mut self, sale: CommandId) {
        let Some(round) = self.redemptions.rounds.get_mut(&sale) else { return };
        let Some(command) = round.command.take() else { return };
        let by = round.by;
        let ticket = self.redemptions.await_outcome(Awaited::Sale { sale });
        self.take_in(Envelope { port: self.redemptions.port, ticket, by, command });
    }

    /// One of the others would not do its part.
    pub(super) fn give_up(&mut self, sale: CommandId, refusal: Refusal) {
        // It leaves the inbox without having run.
        self.decided += 1;
        let command = self.redemptions.rounds.get_mut(&sale).and_then(|round| round.command.take());
        command.iter().for_each(|command| self.count_refusal(command, &refusal));
        self.end_round(sale, Outcome::Refused(refusal));
    }

    /// The sale is durable, or refused.
    fn decided(&mut self, sale: CommandId, outcome: Outcome, now: Timestamp) {
        let stands = matches!(outcome, Outcome::Done { .. });
        let at = self.redemptions.rounds.get(&sale).map(|round| round.at);
        self.end_round(sale, outcome);
        if let (true, Some(at)) = (stands, at)
            && let Ok(store) = self.places.store(at, &self.shared.directory)
        {
            self.settle(store, sale, now);
        }
    }

    fn end_round(&mut self, sale: CommandId, outcome: Outcome) {
        let Some(round) = self.redemptions.rounds.remove(&sale) else { return };
        if let Outcome::Refused(_) = outcome {
            for take in &round.takes {
                self.step(take.account, AccountAsk::LetGo { sale, at: round.at, deadline: None }, Ticket(0));
            }
            if let Some(sold_at) = round.granted_by {
                let undo = RedemptionAsk::UndoGrant { sale, at: round.at, deadline: None };
                self.send_step(sold_at, Action::Redemption(undo), Ticket(0));
            }
        }
        self.direct.push(round.port, round.ticket, outcome);
        round.repeats.into_iter().for_each(|repeat| self.enqueue(repeat));
    }

    /// Has everybody do their part in a sale or return that stands.
    pub(super) fn settle(&mut self, store: u32, sale: CommandId, now: Timestamp) {
        let Some(redemption) = self.places.stores[store as usize].store.settling.list.get(&sale).cloned() else {
            return;
        };
        if self.redemptions.is_paying(sale) || self.redemptions.settlements.contains_key(&sale) {
            return self.errands.insert(now.plus(AGAIN), store, Errand::Settle { sale });
        }
        let at = self.places.stores[store as usize].location;
        let left = redemption.takes.len() + usize::from(redemption.granted_by.is_some());
        let settlement = Settlement { store, left, unpaid: Vec::new(), again: false };
        self.redemptions.settlements.insert(sale, settlement);
        for take in redemption.takes {
            let awaited = Awaited::Confirm { sale, take: Some(take) };
            self.step_at(take.account, AccountAsk::Confirm { sale, at }, awaited);
        }
        if let Some(sold_at) = redemption.granted_by {
            let ticket = self.redemptions.await_outcome(Awaited::Confirm { sale, take: None });
            self.send_step(sold_at, Action::Redemption(RedemptionAsk::KeepGrant { sale, at }), ticket);
        }
    }

    fn confirmed(&mut self, sale: CommandId, take: Option<Take>, outcome: &Outcome, now: Timestamp) {
        let Some(settlement) = self.redemptions.settlements.get_mut(&sale) else { return };
        settlement.left -= 1;
        match outcome {
            Outcome::Done { .. } => {}
            Outcome::Refused(Refusal::UnknownAccount) => settlement.unpaid.extend(take),
            Outcome::Refused(_) => settlement.again = true,
        }
        if settlement.left > 0 {
            return;
        }
        let Some(Settlement { store, unpaid, again, .. }) = self.redemptions.settlements.remove(&sale) else { return };
        if again {
            return self.errands.insert(now.plus(AGAIN), store, Errand::Settle { sale });
        }
        let ticket = self.redemptions.await_outcome(Awaited::Settle { store, sale });
        let location = self.places.stores[store as usize].location;
        self.send_step(location, Action::Redemption(RedemptionAsk::Settle { sale, unpaid }), ticket);
    }

    /// Asks the location of a sale what became of it, as long as the hold is the same.
    pub(super) fn inquire(&mut self, store: u32, account: AccountId, sale: CommandId, deadline: Timestamp) {
        let accounts = &self.places.stores[store as usize].store.accounts.list;
        let Some(hold) = accounts.get(&account).and_then(|account| account.holds.get(&sale)) else { return };
        if hold.deadline != deadline {
            return;
        }
        let hold = *hold;
        let ticket = self.redemptions.await_outcome(Awaited::Inquiry { store, account, sale, hold });
        self.send_step(hold.at, Action::Redemption(RedemptionAsk::Inquire { sale }), ticket);
    }

    fn inquired(&mut self, account: AccountId, sale: CommandId, hold: Hold, outcome: &Outcome) {
        let ask = match outcome {
            Outcome::Done { .. } => AccountAsk::Confirm { sale, at: hold.at },
            Outcome::Refused(Refusal::NoSuchRedemption) => {
                AccountAsk::LetGo { sale, at: hold.at, deadline: Some(hold.deadline) }
            }
            Outcome::Refused(_) => return,
        };
        self.step(account, ask, Ticket(0));
    }

    fn step_at(&mut self, account: AccountId, ask: AccountAsk, awaited: Awaited) {
        let ticket = self.redemptions.await_outcome(awaited);
        self.step(account, ask, ticket);
    }

    fn step(&mut self, account: AccountId, ask: AccountAsk, ticket: Ticket) {
        let place = LocationId::of_account(account);
        let place = ask.at().map_or(place, |at| place.in_ledger_of(at));
        self.send_step(place, Action::Account { account, ask }, ticket);
    }

    pub(super) fn send_step(&mut self, location: LocationId, action: Action, ticket: Ticket) {
        let command = Command { id: step_id(&action), location, channel: Channel::Till, action };
        let shard = self.shared.shard_of(location);
        let by = By::default();
        self.redemptions.steps[shard].push(Envelope { port: self.redemptions.port, ticket, by, command });
    }
}

/// The id of a step of the server's own: the sale's, marked, so that it is neither the id of the sale
/// nor anybody else's. Steps are not looked up by it.
fn step_id(action: &Action) -> CommandId {
    const MARK: u128 = u128::from_be_bytes(*b"account payment!");
    let (sale, account, step) = match action {
        Action::GrantReturn(ask) => (ask.command, AccountId(0), 5),
        Action::Account { account, ask: AccountAsk::Hold { sale, .. } } => (*sale, *account, 1),
        Action::Account { account, ask: AccountAsk::Confirm { sale, .. } } => (*sale, *account, 2),
        Action::Account { account, ask: AccountAsk::LetGo { sale, .. } } => (*sale, *account, 3),
        Action::Redemption(ask) => (ask.sale(), AccountId(0), 4),
        _ => (CommandId(0), AccountId(0), 0),
    };
    CommandId(sale.0 ^ account.0.rotate_left(step) ^ MARK)
}
