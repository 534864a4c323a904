//! The bytes of a payment in the state hash.

use super::card::{Card, Last4, Safe};
use super::{Approval, Payment, Start};
use crate::digest::Bytes;

impl Payment {
    pub(crate) fn digest(&self, bytes: &mut Bytes) {
        let Start { sale, till, provider, currency, amount, token, reservation, attempt } = &self.start;
        bytes.uuid(sale.0);
        bytes.small(till.map_or(0, |till| u32::from(till.0)));
        bytes.text(provider.as_str());
        bytes.text(currency.as_str());
        bytes.minor(*amount);
        bytes.text(token.as_ref().map_or("", Safe::as_str));
        bytes.flag(reservation.is_some());
        bytes.uuid(reservation.map_or(0, |reservation| reservation.0));
        bytes.number(attempt.0);
        bytes.text(self.channel.name());
        bytes.number(self.at.0);
        bytes.number(self.expires.0);
        bytes.text(self.stage.name());
        bytes.flag(self.until.is_some());
        bytes.number(self.until.unwrap_or_default().0);
        bytes.flag(self.given_up);
        bytes.flag(self.sold.is_some());
        bytes.minor(self.sold.unwrap_or_default());
        bytes.text(self.transaction.as_deref().map_or("", Safe::as_str));
        bytes.flag(self.approval.is_some());
        if let Some(approval) = &self.approval {
            let Approval { transaction, card, taken } = &**approval;
            bytes.text(transaction.as_str());
            bytes.flag(*taken);
            let Card { brand, last4, token, authorisation } = card;
            bytes.text(brand.as_ref().map_or("", Safe::as_str));
            bytes.text(last4.as_ref().map_or("", Last4::as_str));
            bytes.text(token.as_ref().map_or("", Safe::as_str));
            bytes.text(authorisation.as_ref().map_or("", Safe::as_str));
        }
        bytes.count(self.refunds.len());
        for refund in &self.refunds {
            bytes.uuid(refund.id.0);
            bytes.minor(refund.amount);
            bytes.flag(refund.done);
            bytes.flag(refund.settled);
            // What no provider declined has the bytes it always had.
            refund.declined.iter().for_each(|declined| bytes.text(declined.name()));
        }
        bytes.text(self.reason.as_ref().map_or("", Safe::as_str));
        bytes.flag(self.settled);
        bytes.small(self.version);
    }
}
