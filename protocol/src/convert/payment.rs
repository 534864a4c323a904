//! Requests about card payments, tenders that name one, and what is told of them.

use super::enter::{Desk, Refused, till};
use super::{Entered, Names};
use crate::message::read::EventMessage;
use crate::message::{
    Body, CardMessage, DiscrepancyMessage, ErrorBody, OwedRefund, PaidBack, PaymentLine, PaymentMessage,
    PaymentOutcome, ReportPayment, SettlePayments, SettlementLine, StartPayment, Tender,
};
use crate::value::{Amount, Currency, Id, Text, Time};
use crate::write::Object;
use onhand_engine::catalogue::Location;
use onhand_engine::command::{Action, TenderKind};
use onhand_engine::event::{Event, Return};
use onhand_engine::ids::{CommandId, PaymentId, TillNo};
use onhand_engine::money::Minor;
use onhand_engine::payment::card::{Card, Last4, Safe, SafeError};
use onhand_engine::payment::settlement::{Discrepancy, Line, Settled, Settlement};
use onhand_engine::payment::{ATTEMPT, Approval, Happening, Paid, Payment, PaymentAsk, Report, Start};
use onhand_engine::time::Millis;

/// A request about a payment, on its way in.
pub(super) fn entered<N: Names>(desk: &Desk<'_, N>, body: &Body) -> Result<Entered, Refused> {
    let of = |location, payment, what| desk.at(location, None, |_| Ok(ask(payment, what)));
    match body {
        Body::StartPayment(body) => desk.at(&body.location, body.channel, |place| {
            place.check_currency(body.currency.0);
            start(desk.id, body, till(body.till)?)
        }),
        Body::GiveUpPayment(body) => of(&body.location, body.payment, PaymentAsk::GiveUp),
        Body::RefundPayment(body) => desk.at(&body.location, None, |place| {
            place.check_currency(body.currency.0);
            let refund = match body.instead_of {
                Some(declined) => PaymentAsk::RefundAgain(declined.command(), body.amount.0),
                None => PaymentAsk::Refund(body.amount.0),
            };
            Ok(ask(body.payment, refund))
        }),
        Body::RefundOtherwise(body) => {
            let given = PaymentAsk::RefundOtherwise(body.refund.command(), body.how.0.clone());
            of(&body.location, body.payment, given)
        }
        Body::Payment(body) => of(&body.location, body.payment, PaymentAsk::Read),
        Body::SettlePayments(body) => desk.at(&body.location, None, |place| {
            place.check_currency(body.currency.0);
            settle(desk.id, body)
        }),
        Body::TakePayment(body) => desk.at(&body.location, None, |_| {
            let transaction = body.transaction.as_deref().map(|text| safe(text, "transaction")).transpose()?;
            Ok(ask(body.payment, PaymentAsk::Take(transaction)))
        }),
        Body::ReportPayment(body) => desk.at(&body.location, None, |_| report(body)),
        other => Err(Box::new(ErrorBody::new(1002, format!("{} is not about a payment", other.op())).at("op"))),
    }
}

fn start(id: CommandId, body: &StartPayment, till: Option<TillNo>) -> Result<Action, Refused> {
    let attempt = body.timeout_s.map_or(ATTEMPT, |seconds| Millis(seconds.saturating_mul(1_000)));
    let start = Start {
        sale: body.sale.command(),
        till,
        provider: body.provider.0.clone(),
        currency: body.currency.0,
        amount: body.amount.0,
        token: body.token.as_deref().map(|text| safe(text, "token")).transpose()?,
        reservation: body.reservation.map(Id::reservation),
        attempt,
    };
    Ok(Action::Payment { payment: PaymentId(id.0), ask: PaymentAsk::Start(Box::new(start)) })
}

const fn ask(payment: Id, ask: PaymentAsk) -> Action {
    Action::Payment { payment: PaymentId(payment.0), ask }
}

fn report(body: &ReportPayment) -> Result<Action, Refused> {
    let reason = || body.reason.as_deref().map(|text| safe(text, "reason")).transpose();
    let missing =
        |field: &str| Box::new(ErrorBody::new(1001, format!("{field} is missing for this outcome")).at(field));
    let report = match body.outcome {
        PaymentOutcome::Approved => {
            let transaction = body.transaction.as_deref().ok_or_else(|| missing("transaction"))?;
            Report::Approved(Approval {
                transaction: safe(transaction, "transaction")?,
                card: body.card.as_ref().map(card).transpose()?.unwrap_or_default(),
                taken: body.taken,
            })
        }
        PaymentOutcome::Declined => match body.refund {
            Some(refund) => Report::RefundDeclined(refund.command(), reason()?),
            None => Report::Declined(reason()?),
        },
        PaymentOutcome::Unknown => Report::Unknown,
        PaymentOutcome::NotFound => Report::NotFound,
        PaymentOutcome::Captured => Report::Captured,
        PaymentOutcome::Voided => Report::Voided,
        PaymentOutcome::Refunded => Report::Refunded(body.refund.ok_or_else(|| missing("refund"))?.command()),
        PaymentOutcome::Failed => Report::Failed(reason()?.ok_or_else(|| missing("reason"))?),
    };
    Ok(ask(body.payment, PaymentAsk::Report(Box::new(report))))
}

fn settle(id: CommandId, body: &SettlePayments) -> Result<Action, Refused> {
    let line = |(at, line): (usize, &SettlementLine)| {
        let transaction = safe(&line.transaction, "transaction").map_err(|mut why| {
            why.field = Some(format!("lines[{at}].transaction"));
            why
        })?;
        Ok(Line {
            payment: line.payment.map(|payment| PaymentId(payment.0)),
            transaction,
            is_refund: line.refunded,
            refund: line.refund.map(Id::command),
            amount: line.amount.0,
        })
    };
    let asked = Settlement {
        provider: body.provider.0.clone(),
        name: body.name.0.clone(),
        currency: body.currency.0,
        until: body.until.0,
        lines: body.lines.iter().enumerate().map(line).collect::<Result<_, Refused>>()?,
    };
    Ok(Action::Payment { payment: PaymentId(id.0), ask: PaymentAsk::Settle(Box::new(asked)) })
}

/// The fields of a settlement that was matched.
pub(super) fn settled(object: &mut Object<'_>, settled: &Settled) {
    let matched = settled.charges.len().saturating_add(settled.refunds.len());
    object.number("matched", u64::try_from(matched).unwrap_or(u64::MAX));
    let discrepancies: Vec<_> = settled.discrepancies.iter().map(discrepancy).collect();
    // A Vec takes whatever is written.
    let _ = serde_json::to_writer(object.field("discrepancies"), &discrepancies);
    if settled.more_missing > 0 {
        object.number("more_missing", u64::from(settled.more_missing));
    }
}

fn discrepancy(one: &Discrepancy) -> DiscrepancyMessage {
    DiscrepancyMessage {
        mismatch: one.mismatch.into(),
        line: one.line,
        payment: one.payment.map(Into::into),
        transaction: one.transaction.as_ref().map(ToString::to_string),
        ours: Amount(one.ours),
        theirs: Amount(one.theirs),
    }
}

fn card(said: &CardMessage) -> Result<Card, Refused> {
    let last4 = |text: &String| {
        let wrong =
            || Box::new(ErrorBody::new(1013, "the last four digits of a card are four digits").at("card.last4"));
        Last4::new(text).ok_or_else(wrong)
    };
    Ok(Card {
        brand: said.brand.as_deref().map(|text| safe(text, "card.brand")).transpose()?,
        last4: said.last4.as_ref().map(last4).transpose()?,
        token: said.token.as_deref().map(|text| safe(text, "card.token")).transpose()?,
        authorisation: said.authorisation.as_deref().map(|text| safe(text, "card.authorisation")).transpose()?,
    })
}

fn safe<const MAX: usize>(text: &str, field: &str) -> Result<Safe<MAX>, Refused> {
    Safe::new(text).map_err(|why| {
        let number = if why == SafeError::CardNumber { 1020 } else { 1013 };
        Box::new(ErrorBody::new(number, format!("{field} {why}")).at(field))
    })
}

/// What the tenders of a sale take of card payments. Nothing is allocated when none names one.
pub(super) fn uses(tenders: &[Tender]) -> Result<Box<[(PaymentId, Minor)]>, Refused> {
    if tenders.iter().all(|tender| tender.payment.is_none()) {
        return Ok(Box::default());
    }
    let mut uses: Vec<(PaymentId, Minor)> = Vec::new();
    for (at, tender) in tenders.iter().enumerate() {
        let Some(Id(payment)) = tender.payment else { continue };
        let wrong =
            |text: &str| Err(Box::new(ErrorBody::new(3101, text.to_owned()).at(format!("tenders[{at}].payment"))));
        if TenderKind::from(tender.kind) != TenderKind::Card {
            return wrong("only a tender of type card names a payment");
        }
        if uses.iter().any(|(known, _)| known.0 == payment) {
            return wrong("a payment is named once; add up what it pays");
        }
        uses.push((PaymentId(payment), tender.amount.0));
    }
    Ok(uses.into())
}

/// What goes back to a card goes to the payments of its sale by itself.
pub(super) fn check_none(tenders: &[Tender]) -> Result<(), Refused> {
    match tenders.iter().position(|tender| tender.payment.is_some()) {
        Some(at) => {
            let text = "only what is sold names a payment; what goes back by card goes to those that paid";
            Err(Box::new(ErrorBody::new(3101, text).at(format!("tenders[{at}].payment"))))
        }
        None => Ok(()),
    }
}

/// How a payment stands.
#[must_use]
pub fn payment(id: PaymentId, location: &Location, payment: &Payment) -> PaymentMessage {
    let start = &payment.start;
    let approval = payment.approval.as_deref();
    PaymentMessage {
        payment: Id(id.0),
        location: Text(location.code.clone()),
        version: payment.version,
        state: payment.stage.into(),
        task: payment.task().map(Into::into),
        sale: start.sale.into(),
        provider: Text(start.provider.clone()),
        channel: payment.channel.into(),
        till: start.till.map(|till| till.0),
        currency: Currency(start.currency),
        amount: Amount(start.amount),
        token: start.token.as_ref().map(ToString::to_string),
        sold: payment.sold.map(Amount),
        refunded: Amount(payment.refunded()),
        owed: payment.owed().map(|one| OwedRefund { refund: one.id.into(), amount: Amount(one.amount) }).collect(),
        reservation: start.reservation.map(Into::into),
        asked: Time(payment.at),
        expires: Time(payment.expires),
        given_up: payment.given_up,
        transaction: payment.transaction().map(ToString::to_string),
        card: approval.map(|approval| card_message(&approval.card)),
        reason: payment.reason.as_ref().map(ToString::to_string),
        training: false,
    }
}

fn card_message(card: &Card) -> CardMessage {
    CardMessage {
        brand: card.brand.as_ref().map(ToString::to_string),
        last4: card.last4.as_ref().map(|last4| last4.as_str().to_owned()),
        token: card.token.as_ref().map(ToString::to_string),
        authorisation: card.authorisation.as_ref().map(ToString::to_string),
    }
}

fn line(payment: PaymentId) -> PaymentLine {
    PaymentLine {
        payment: Id(payment.0),
        sale: None,
        provider: None,
        amount: None,
        covered: None,
        transaction: None,
        card: None,
        refund: None,
        reason: None,
    }
}

/// What card payments pay of a sale, for the feed of events.
pub(super) fn paid(paid: &Paid) -> impl Iterator<Item = PaymentLine> {
    paid.uses.iter().map(|one| PaymentLine {
        amount: Some(Amount(one.amount)),
        covered: Some(one.covered),
        card: one.card.as_ref().map(card_message),
        ..line(one.payment)
    })
}

/// What goes back of card payments, in the answer to a return.
pub(super) fn parts(parts: &[(PaymentId, Minor)]) -> Vec<PaidBack> {
    parts.iter().map(|(payment, amount)| PaidBack { payment: Id(payment.0), amount: Amount(*amount) }).collect()
}

impl EventMessage {
    /// With what goes back of card payments for a return.
    pub(super) fn refunding(mut self, event: &Event) -> Self {
        let (refund, parts) = match event {
            Event::GoodsReturned(Return { refunds: Some(refunds), .. }) => (refunds.id, &refunds.parts),
            Event::Exchanged { back, .. } => match &back.refunds {
                Some(refunds) => (refunds.id, &refunds.parts),
                None => return self,
            },
            Event::ReturnGranted { command, pending } => (*command, &pending.grant.refunds),
            Event::GrantEnded { command, refunds, .. } => (*command, refunds),
            _ => return self,
        };
        let back = |(payment, amount): &(PaymentId, Minor)| PaymentLine {
            refund: Some(refund.into()),
            amount: Some(Amount(*amount)),
            ..line(*payment)
        };
        self.payments.extend(parts.iter().map(back));
        self
    }
}

/// What happened to a payment, for the feed of events.
pub(super) fn happened(blank: EventMessage, payment: PaymentId, happening: &Happening) -> EventMessage {
    if let Happening::Settled(settled) = happening {
        let settlement = settled.discrepancies.iter().map(discrepancy).collect();
        return EventMessage { settlement, ..blank };
    }
    let line = line(payment);
    let line = match happening {
        Happening::Started(started) => PaymentLine {
            sale: Some(started.start.sale.into()),
            provider: Some(Text(started.start.provider.clone())),
            amount: Some(Amount(started.start.amount)),
            ..line
        },
        Happening::Approved { approval, .. } => PaymentLine {
            transaction: Some(approval.transaction.to_string()),
            card: Some(card_message(&approval.card)),
            ..line
        },
        Happening::Declined { reason } => PaymentLine { reason: reason.as_ref().map(ToString::to_string), ..line },
        Happening::Failed { reason } => PaymentLine { reason: Some(reason.to_string()), ..line },
        Happening::RefundAsked { refund, amount } => {
            PaymentLine { refund: Some((*refund).into()), amount: Some(Amount(*amount)), ..line }
        }
        Happening::RefundAskedAgain { refund, amount, .. } => {
            PaymentLine { refund: Some((*refund).into()), amount: Some(Amount(*amount)), ..line }
        }
        Happening::Refunded { refund } => PaymentLine { refund: Some((*refund).into()), ..line },
        Happening::RefundDeclined { refund, reason } => {
            let reason = reason.as_ref().map(ToString::to_string);
            PaymentLine { refund: Some((*refund).into()), reason, ..line }
        }
        Happening::RefundGivenOtherwise { refund, how } => {
            PaymentLine { refund: Some((*refund).into()), reason: Some(how.to_string()), ..line }
        }
        Happening::Sent { transaction, .. } => {
            PaymentLine { transaction: transaction.as_ref().map(ToString::to_string), ..line }
        }
        Happening::Lost { .. }
        | Happening::GivenUp { .. }
        | Happening::Captured
        | Happening::Voided
        | Happening::Settled(_) => line,
    };
    EventMessage { payments: vec![line], ..blank }
}
