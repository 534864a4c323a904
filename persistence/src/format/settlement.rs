//! The form of a settlement as it matched the payments.

use super::DecodeError;
use super::catalogue::label;
use super::codes::Coded;
use super::payment::safe;
use onhand_engine::ids::{CommandId, PaymentId};
use onhand_engine::money::Minor;
use onhand_engine::payment::settlement::{Discrepancy, Mismatch, Settled};
use rkyv::{Archive, Deserialize, Serialize};

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct SettledPart {
    provider: String,
    name: String,
    charges: Vec<u128>,
    refunds: Vec<(u128, u128)>,
    discrepancies: Vec<DiscrepancyPart>,
    more_missing: u32,
}

#[derive(Archive, Serialize, Deserialize)]
struct DiscrepancyPart {
    line: Option<u32>,
    mismatch: u8,
    payment: Option<u128>,
    transaction: Option<String>,
    ours: i64,
    theirs: i64,
}

impl From<&Settled> for SettledPart {
    fn from(settled: &Settled) -> Self {
        let one = |one: &Discrepancy| DiscrepancyPart {
            line: one.line,
            mismatch: one.mismatch.code(),
            payment: one.payment.map(|payment| payment.0),
            transaction: one.transaction.as_ref().map(ToString::to_string),
            ours: one.ours.0,
            theirs: one.theirs.0,
        };
        Self {
            provider: settled.provider.to_string(),
            name: settled.name.to_string(),
            charges: settled.charges.iter().map(|payment| payment.0).collect(),
            refunds: settled.refunds.iter().map(|(payment, refund)| (payment.0, refund.0)).collect(),
            discrepancies: settled.discrepancies.iter().map(one).collect(),
            more_missing: settled.more_missing,
        }
    }
}

impl TryFrom<SettledPart> for Settled {
    type Error = DecodeError;

    fn try_from(part: SettledPart) -> Result<Self, DecodeError> {
        let one = |one: DiscrepancyPart| {
            Ok(Discrepancy {
                line: one.line,
                mismatch: Mismatch::from_code(one.mismatch)?,
                payment: one.payment.map(PaymentId),
                transaction: one.transaction.as_deref().map(safe).transpose()?,
                ours: Minor(one.ours),
                theirs: Minor(one.theirs),
            })
        };
        Ok(Self {
            provider: label(&part.provider)?,
            name: label(&part.name)?,
            charges: part.charges.into_iter().map(PaymentId).collect(),
            refunds: part.refunds.into_iter().map(|(id, refund)| (PaymentId(id), CommandId(refund))).collect(),
            discrepancies: part.discrepancies.into_iter().map(one).collect::<Result<_, _>>()?,
            more_missing: part.more_missing,
        })
    }
}
