//! What is asked of card payments.

use super::Parts;
use crate::ids::PaymentId;
use crate::payment::card::{Card, Last4, Safe};
use crate::payment::settlement::Settlement;
use crate::payment::{PaymentAsk, Report};

impl Parts {
    pub(super) fn payment(&mut self, payment: PaymentId, ask: &PaymentAsk) {
        // One that begins is named by its command.
        if !matches!(ask, PaymentAsk::Start(_) | PaymentAsk::Settle(_)) {
            self.rest.uuid(payment.0);
        }
        match ask {
            PaymentAsk::Start(start) => {
                self.op.text("start_payment");
                self.money.text(start.currency.as_str());
                self.money.minor(start.amount);
                self.rest.uuid(start.sale.0);
                self.rest.till(start.till);
                self.rest.text(start.provider.as_str());
                self.rest.reservation(start.reservation);
                self.rest.number(start.attempt.0);
                if let Some(token) = &start.token {
                    self.rest.text(token.as_str());
                }
            }
            PaymentAsk::GiveUp => self.op.text("give_up_payment"),
            PaymentAsk::Refund(amount) => {
                self.op.text("refund_payment");
                self.money.minor(*amount);
            }
            PaymentAsk::RefundAgain(declined, amount) => {
                self.op.text("refund_payment");
                self.money.minor(*amount);
                self.rest.uuid(declined.0);
            }
            PaymentAsk::RefundOtherwise(declined, how) => {
                self.op.text("refund_otherwise");
                self.rest.uuid(declined.0);
                self.rest.text(how.as_str());
            }
            PaymentAsk::Read => self.op.text("payment"),
            PaymentAsk::Take(transaction) => {
                self.op.text("take_payment");
                if let Some(transaction) = transaction {
                    self.rest.text(transaction.as_str());
                }
            }
            PaymentAsk::Report(report) => {
                self.op.text("report_payment");
                self.rest.text(report.name());
                self.report(report);
            }
            PaymentAsk::Due => self.op.text("payment_due"),
            PaymentAsk::Settle(asked) => self.settlement(asked),
        }
    }

    fn settlement(&mut self, asked: &Settlement) {
        self.op.text("settle_payments");
        self.rest.text(asked.provider.as_str());
        self.rest.text(asked.name.as_str());
        self.rest.number(asked.until.0);
        self.money.text(asked.currency.as_str());
        for line in &asked.lines {
            self.lines.uuid(line.payment.map_or(0, |payment| payment.0));
            self.lines.text(line.transaction.as_str());
            self.lines.number(u64::from(line.is_refund));
            self.lines.uuid(line.refund.map_or(0, |refund| refund.0));
            self.money.minor(line.amount);
        }
    }

    fn report(&mut self, report: &Report) {
        match report {
            Report::Approved(approval) => {
                self.rest.text(approval.transaction.as_str());
                self.rest.number(u64::from(approval.taken));
                let Card { brand, last4, token, authorisation } = &approval.card;
                self.rest.maybe(brand.as_ref().map(Safe::as_str));
                self.rest.maybe(last4.as_ref().map(Last4::as_str));
                self.rest.maybe(token.as_ref().map(Safe::as_str));
                self.rest.maybe(authorisation.as_ref().map(Safe::as_str));
            }
            Report::Declined(reason) => self.rest.maybe(reason.as_ref().map(Safe::as_str)),
            Report::Failed(reason) => self.rest.text(reason.as_str()),
            Report::Refunded(refund) => self.rest.uuid(refund.0),
            Report::RefundDeclined(refund, reason) => {
                self.rest.uuid(refund.0);
                self.rest.maybe(reason.as_ref().map(Safe::as_str));
            }
            Report::Unknown | Report::NotFound | Report::Captured | Report::Voided => {}
        }
    }
}
