//! The verbs of card payments: what sellers ask, and what drivers report.

use super::{LOCATION, Shop, reading::Reading};
use onhand_engine::command::{Action, Channel, Command, Tender, TenderKind};
use onhand_engine::ids::{CommandId, Label, PaymentId};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::payment::card::{Card, Last4, Safe};
use onhand_engine::payment::{ATTEMPT, Approval, Payment, PaymentAsk, Report, Start, Task};
use std::fmt::Write as _;

pub(crate) const VERBS: [&str; 17] = [
    "pay",
    "give_up",
    "take",
    "approved",
    "declined",
    "unknown",
    "not_found",
    "captured",
    "voided",
    "refund",
    "refunded",
    "refund_declined",
    "again",
    "otherwise",
    "failed",
    "payment",
    "due",
];

/// Payments have ids of their own, far from those of other commands.
const FIRST: u128 = 1 << 101;
const FIRST_REFUND: u128 = 1 << 102;

impl Shop {
    pub(crate) fn of_payment(&mut self, verb: &str, reading: &mut Reading) -> String {
        let payment = self.payment(&reading.word());
        let channel = reading.value("channel").map_or(Channel::Till, |name| super::reading::channel(&name));
        self.commands += 1;
        let mut id = CommandId(1_000_000 + self.commands);
        let ask = match verb {
            "pay" => {
                id = CommandId(payment.0);
                let till = reading.value("till").map(|till| super::reading::till_no(&till));
                PaymentAsk::Start(Box::new(Start {
                    sale: self.sale(&reading.word()),
                    till,
                    provider: Label::new("sim").unwrap(),
                    currency: Currency::EUR,
                    amount: reading.minor(),
                    token: reading.value("token").map(|token| Safe::new(&token).unwrap()),
                    reservation: self.hold(reading),
                    attempt: reading.value("attempt").map_or(ATTEMPT, |text| super::reading::millis(&text)),
                }))
            }
            "give_up" => PaymentAsk::GiveUp,
            "take" => PaymentAsk::Take(reading.value("tx").map(|tx| Safe::new(&tx).unwrap())),
            "payment" => PaymentAsk::Read,
            "due" => PaymentAsk::Due,
            "refund" => {
                let amount = reading.minor();
                id = self.refund(&reading.word());
                PaymentAsk::Refund(amount)
            }
            "again" => {
                let amount = reading.minor();
                id = self.refund(&reading.word());
                PaymentAsk::RefundAgain(self.refund(&reading.value("for").unwrap()), amount)
            }
            "otherwise" => {
                let declined = self.refund(&reading.word());
                PaymentAsk::RefundOtherwise(declined, Label::new(&reading.word()).unwrap())
            }
            report => PaymentAsk::Report(Box::new(self.report(report, reading))),
        };
        let action = Action::Payment { payment, ask };
        let text = self.outcome_of(Command { id, location: LOCATION, channel, action });
        format!("{text} {}", self.standing(payment)).trim_end().to_owned()
    }

    fn report(&mut self, verb: &str, reading: &mut Reading) -> Report {
        match verb {
            "approved" => Report::Approved(Approval {
                transaction: Safe::new(&reading.value("tx").unwrap_or_else(|| "tx".to_owned())).unwrap(),
                card: Card { last4: Last4::new("4242"), ..Card::default() },
                taken: reading.value("taken").is_some(),
            }),
            "declined" => Report::Declined(reading.next_word().map(|why| Safe::new(&why).unwrap())),
            "unknown" => Report::Unknown,
            "not_found" => Report::NotFound,
            "captured" => Report::Captured,
            "voided" => Report::Voided,
            "refunded" => Report::Refunded(self.refund(&reading.word())),
            "refund_declined" => {
                let refund = self.refund(&reading.word());
                Report::RefundDeclined(refund, reading.next_word().map(|why| Safe::new(&why).unwrap()))
            }
            _ => Report::Failed(Safe::new(&reading.word()).unwrap()),
        }
    }

    /// What has come by itself.
    pub(super) fn payments_due(&mut self) -> Vec<String> {
        let mut told = Vec::new();
        loop {
            let open = self.place().store.payments.open();
            let due = open.filter(|(_, payment)| payment.until.is_some_and(|until| until <= self.now));
            let Some(id) = due.map(|(id, _)| id).next() else { return told };
            let action = Action::Payment { payment: id, ask: PaymentAsk::Due };
            let command = Command { id: CommandId(id.0 ^ 1), location: LOCATION, channel: Channel::Till, action };
            self.outcome_of(command);
            told.push(self.standing(id));
        }
    }

    /// What is taken of payments: `by=P1,P2` names one for each card tender.
    pub(crate) fn uses(&mut self, reading: &mut Reading, tenders: &[Tender]) -> Box<[(PaymentId, Minor)]> {
        let by = reading.value("by").unwrap_or_default();
        let cards = tenders.iter().filter(|tender| tender.kind == TenderKind::Card);
        let named = by.split(',').filter(|name| !name.is_empty()).zip(cards);
        named.map(|(name, tender)| (self.payment(name), tender.amount)).collect()
    }

    fn payment(&mut self, name: &str) -> PaymentId {
        PaymentId(FIRST + super::accounts::place(&mut self.payments, name))
    }

    /// A refund by its own name, or by that of the return that it is for.
    fn refund(&mut self, name: &str) -> CommandId {
        if self.paid_sales.iter().any(|known| known == name) {
            return self.sale(name);
        }
        CommandId(FIRST_REFUND + super::accounts::place(&mut self.refunds, name))
    }

    pub(super) fn parts_of_refund(&self, parts: &[(PaymentId, Minor)]) -> String {
        let part = |(id, amount): &(PaymentId, Minor)| {
            format!("{}:{}", self.payments[usize::try_from(id.0 - FIRST).unwrap()], amount.0)
        };
        parts.iter().map(part).collect::<Vec<_>>().join(",")
    }

    /// How a payment stands: its stage, what is sold and goes back, what its driver has to do.
    pub(super) fn standing(&self, id: PaymentId) -> String {
        let Some(payment) = self.place().store.payments.get(id) else { return String::new() };
        let name = &self.payments[usize::try_from(id.0 - FIRST).unwrap()];
        format!("| {name} {}", said(payment))
    }
}

fn said(payment: &Payment) -> String {
    let mut text = payment.stage.name().to_owned();
    text += if payment.given_up { " given_up" } else { "" };
    if let Some(sold) = payment.sold {
        let _ = write!(text, " sold={}", sold.0);
    }
    if payment.refunded() != Minor::ZERO {
        let _ = write!(text, " back={}", payment.refunded().0);
    }
    if payment.owed().next().is_some() {
        let _ = write!(text, " owed={}", payment.owed().map(|one| one.amount).sum::<Minor>().0);
    }
    if let Some(token) = payment.start.token.as_ref().filter(|_| payment.stage.is_undecided()) {
        let _ = write!(text, " token={token}");
    }
    // What was approved has its name from the approval, which its own lines say.
    if let Some(transaction) = payment.transaction().filter(|_| payment.stage.is_undecided()) {
        let _ = write!(text, " tx={transaction}");
    }
    if let Some(reason) = &payment.reason {
        let _ = write!(text, " why={reason}");
    }
    match payment.task() {
        None => text,
        Some(Task::Capture(amount)) => format!("{text} do=capture:{}", amount.0),
        Some(Task::Refund(_, amount)) => format!("{text} do=refund:{}", amount.0),
        Some(task) => format!("{text} do={}", task.name()),
    }
}
