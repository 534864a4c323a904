//! The form of a remembered answer.

use super::basket;
use super::drawer::AnyTold;
use super::event::{Line, lines_in, lines_out};
use super::goods::Exception;
use super::layaway;
use super::returns::{Grant, RefundParts, parts_in, parts_out};
use super::settlement::SettledPart;
use super::{ArchiveError, DecodeError};
use onhand_engine::answer::{self, Answer};
use onhand_engine::command::SkuQty;
use onhand_engine::ids::{AccountId, ReceiptNo, SkuId, TillNo};
use onhand_engine::money::Minor;
use onhand_engine::qty::Qty;
use onhand_engine::time::Timestamp;
use rkyv::{Archive, Deserialize, Serialize};

/// New members go to the end and are no larger than those before; none is ever changed or removed.
#[derive(Archive, Serialize)]
pub(super) enum AnyAnswer {
    Recorded { receipt: Option<(u16, u64)>, gross: i64, oversold: Vec<Line> },
    Reserved { deadline: u64 },
    Extended { deadline: u64 },
    Released,
    Expired,
    Allocated,
    Deallocated,
    Received,
    Returned { receipt: Option<(u16, u64)>, gross: i64 },
    Adjusted,
    Counted { variance: i64 },
    PolicySet,
    ItemsDefined { added: u32, changed: u32 },
    LocationDefined,
    KeyCreated,
    KeyRevoked,
    ReturnGranted(Box<Grant>),
    Exchanged { receipt: Option<(u16, u64)>, returned: i64, gross: i64 },
    Drawer(AnyTold),
    DrawerRulesSet,
    AccountIssued { account: u128, balance: i64 },
    AccountBooked { balance: i64 },
    StepTaken,
    LabelsSet,
    PriceBookDefined { prices: u32 },
    PriceBookEnded,
    PromotionsDefined { added: u32, changed: u32 },
    PromotionEnded,
    RoleDefined,
    UserDefined,
    PinSet,
    UserDisabled,
    PeopleRequired,
    PaymentStarted { expires: u64 },
    PaymentStep,
    PaymentsSettled(Box<SettledPart>),
    Basket(Box<basket::AnyTold>),
    Layaway(Box<layaway::AnyTold>),
    RecordedWithExceptions(Box<Excepted>),
    ReturnLimitsSet,
    ReturnedWithExceptions(Box<Excepted>),
    ExchangedWithExceptions(Box<(i64, Excepted)>),
    Refunding(Box<Refunding>),
}

/// A return, or an exchange for what came back, and what goes back of which card payment.
#[derive(Archive, Serialize, Deserialize)]
pub(super) struct Refunding {
    returned: Option<i64>,
    told: Excepted,
    parts: RefundParts,
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct Excepted {
    receipt: Option<(u16, u64)>,
    gross: i64,
    oversold: Vec<Line>,
    exceptions: Vec<Exception>,
}

impl From<&answer::Excepted> for Excepted {
    fn from(one: &answer::Excepted) -> Self {
        Self {
            receipt: one.receipt.map(|(till, no)| (till.0, no.0)),
            gross: one.gross.0,
            oversold: lines_out(&one.oversold),
            exceptions: one.exceptions.iter().map(Into::into).collect(),
        }
    }
}

impl Excepted {
    fn read(self) -> Box<answer::Excepted> {
        Box::new(answer::Excepted {
            receipt: self.receipt.map(|(till, no)| (TillNo(till), ReceiptNo(no))),
            gross: Minor(self.gross),
            oversold: lines_in(self.oversold).into(),
            exceptions: self.exceptions.into_iter().map(Into::into).collect(),
        })
    }
}

impl ArchivedExcepted {
    fn read(&self) -> Result<Box<answer::Excepted>, DecodeError> {
        let one = rkyv::deserialize::<Excepted, ArchiveError>(self);
        Ok(one.map_err(|why| DecodeError(format!("an answer with exceptions: {why}")))?.read())
    }
}

impl From<&answer::Refunding> for Refunding {
    fn from(one: &answer::Refunding) -> Self {
        let plain = |receipt: &Option<(TillNo, ReceiptNo)>, gross: &Minor| Excepted {
            receipt: receipt.map(|(till, no)| (till.0, no.0)),
            gross: gross.0,
            oversold: Vec::new(),
            exceptions: Vec::new(),
        };
        let (returned, told) = match &one.told {
            Answer::Exchanged { receipt, returned, gross } => (Some(returned.0), plain(receipt, gross)),
            Answer::ExchangedWithExceptions { returned, sale } => (Some(returned.0), (&**sale).into()),
            Answer::ReturnedWithExceptions(told) => (None, (&**told).into()),
            Answer::Returned { receipt, gross } => (None, plain(receipt, gross)),
            // Nothing else gives money back to cards.
            _ => (None, plain(&None, &Minor::ZERO)),
        };
        Self { returned, told, parts: parts_out(&one.parts) }
    }
}

impl Refunding {
    fn read(self) -> Answer {
        let sale = self.told.read();
        let (receipt, gross) = (sale.receipt, sale.gross);
        let told = match self.returned.map(Minor) {
            Some(returned) if sale.is_plain() => Answer::Exchanged { receipt, returned, gross },
            Some(returned) => Answer::ExchangedWithExceptions { returned, sale },
            None if sale.is_plain() => Answer::Returned { receipt, gross },
            None => Answer::ReturnedWithExceptions(sale),
        };
        Answer::Refunding(Box::new(answer::Refunding { told, parts: parts_in(self.parts).into() }))
    }
}

impl From<&Answer> for AnyAnswer {
    fn from(answer: &Answer) -> Self {
        let number = |receipt: &Option<(TillNo, ReceiptNo)>| receipt.map(|(till, no)| (till.0, no.0));
        match answer {
            Answer::Recorded { receipt, gross, oversold } => {
                Self::Recorded { receipt: number(receipt), gross: gross.0, oversold: lines_out(oversold) }
            }
            Answer::RecordedWithExceptions(one) => Self::RecordedWithExceptions(Box::new((&**one).into())),
            Answer::ReturnedWithExceptions(one) => Self::ReturnedWithExceptions(Box::new((&**one).into())),
            Answer::ExchangedWithExceptions { returned, sale } => {
                Self::ExchangedWithExceptions(Box::new((returned.0, (&**sale).into())))
            }
            Answer::Refunding(one) => Self::Refunding(Box::new((&**one).into())),
            Answer::Reserved { deadline } => Self::Reserved { deadline: deadline.0 },
            Answer::Extended { deadline } => Self::Extended { deadline: deadline.0 },
            Answer::Released => Self::Released,
            Answer::Expired => Self::Expired,
            Answer::Allocated => Self::Allocated,
            Answer::Deallocated => Self::Deallocated,
            Answer::Received => Self::Received,
            Answer::Returned { receipt, gross } => Self::Returned { receipt: number(receipt), gross: gross.0 },
            Answer::Adjusted => Self::Adjusted,
            Answer::Counted { variance } => Self::Counted { variance: variance.milli() },
            Answer::PolicySet => Self::PolicySet,
            Answer::ItemsDefined { added, changed } => Self::ItemsDefined { added: *added, changed: *changed },
            Answer::LocationDefined => Self::LocationDefined,
            Answer::KeyCreated => Self::KeyCreated,
            Answer::KeyRevoked => Self::KeyRevoked,
            Answer::ReturnGranted(grant) => Self::ReturnGranted(Box::new((&**grant).into())),
            Answer::Exchanged { receipt, returned, gross } => {
                Self::Exchanged { receipt: number(receipt), returned: returned.0, gross: gross.0 }
            }
            Answer::Drawer(told) => Self::Drawer(told.into()),
            Answer::Layaway(told) => Self::Layaway(Box::new(told.into())),
            Answer::Basket(told) => Self::Basket(Box::new(told.into())),
            Answer::DrawerRulesSet => Self::DrawerRulesSet,
            Answer::AccountIssued { account, balance } => {
                Self::AccountIssued { account: account.0, balance: balance.0 }
            }
            Answer::AccountBooked { balance } => Self::AccountBooked { balance: balance.0 },
            // A reading has no record, so it is never remembered.
            Answer::StepTaken | Answer::Account(_) => Self::StepTaken,
            Answer::LabelsSet => Self::LabelsSet,
            Answer::ReturnLimitsSet => Self::ReturnLimitsSet,
            Answer::PriceBookDefined { prices } => Self::PriceBookDefined { prices: *prices },
            Answer::PriceBookEnded => Self::PriceBookEnded,
            Answer::PromotionsDefined { added, changed } => {
                Self::PromotionsDefined { added: *added, changed: *changed }
            }
            Answer::PromotionEnded => Self::PromotionEnded,
            Answer::RoleDefined => Self::RoleDefined,
            Answer::UserDefined => Self::UserDefined,
            Answer::PinSet => Self::PinSet,
            Answer::UserDisabled => Self::UserDisabled,
            Answer::PeopleRequired => Self::PeopleRequired,
            Answer::PaymentStarted { expires } => Self::PaymentStarted { expires: expires.0 },
            Answer::PaymentsSettled(settled) => Self::PaymentsSettled(Box::new((&**settled).into())),
            // A reading is never remembered either.
            Answer::PaymentStep | Answer::Payment(..) => Self::PaymentStep,
        }
    }
}

impl ArchivedAnyAnswer {
    pub(super) fn read(&self) -> Result<Answer, DecodeError> {
        Ok(match self {
            Self::Recorded { receipt, gross, oversold } => {
                let line = |line: &rkyv::Archived<Line>| SkuQty {
                    sku: SkuId(line.sku.to_native()),
                    qty: Qty::from_milli(line.qty.to_native()),
                };
                let oversold = oversold.iter().map(line).collect();
                Answer::Recorded { receipt: number(receipt), gross: Minor(gross.to_native()), oversold }
            }
            Self::RecordedWithExceptions(one) => Answer::RecordedWithExceptions(one.read()?),
            Self::ReturnedWithExceptions(one) => Answer::ReturnedWithExceptions(one.read()?),
            Self::ExchangedWithExceptions(one) => {
                Answer::ExchangedWithExceptions { returned: Minor(one.0.to_native()), sale: one.1.read()? }
            }
            Self::Reserved { deadline } => Answer::Reserved { deadline: Timestamp(deadline.to_native()) },
            Self::Extended { deadline } => Answer::Extended { deadline: Timestamp(deadline.to_native()) },
            Self::Released => Answer::Released,
            Self::Expired => Answer::Expired,
            Self::Allocated => Answer::Allocated,
            Self::Deallocated => Answer::Deallocated,
            Self::Received => Answer::Received,
            Self::Returned { receipt, gross } => {
                Answer::Returned { receipt: number(receipt), gross: Minor(gross.to_native()) }
            }
            Self::Refunding(one) => {
                let one = rkyv::deserialize::<Refunding, ArchiveError>(&**one);
                one.map_err(|why| DecodeError(format!("an answer with refunds: {why}")))?.read()
            }
            Self::Adjusted => Answer::Adjusted,
            Self::Counted { variance } => Answer::Counted { variance: Qty::from_milli(variance.to_native()) },
            Self::PolicySet => Answer::PolicySet,
            Self::ItemsDefined { added, changed } => {
                Answer::ItemsDefined { added: added.to_native(), changed: changed.to_native() }
            }
            Self::LocationDefined => Answer::LocationDefined,
            Self::KeyCreated => Answer::KeyCreated,
            Self::KeyRevoked => Answer::KeyRevoked,
            Self::ReturnGranted(grant) => {
                let grant = rkyv::deserialize::<Grant, ArchiveError>(&**grant);
                let grant = grant.map_err(|why| DecodeError(format!("a granted return: {why}")))?;
                Answer::ReturnGranted(Box::new(grant.read()?))
            }
            Self::Exchanged { receipt, returned, gross } => Answer::Exchanged {
                receipt: number(receipt),
                returned: Minor(returned.to_native()),
                gross: Minor(gross.to_native()),
            },
            Self::Drawer(told) => {
                let told: AnyTold =
                    rkyv::deserialize::<_, ArchiveError>(told).map_err(|e| DecodeError(e.to_string()))?;
                Answer::Drawer(told.try_into()?)
            }
            Self::DrawerRulesSet => Answer::DrawerRulesSet,
            Self::AccountIssued { account, balance } => {
                Answer::AccountIssued { account: AccountId(account.to_native()), balance: Minor(balance.to_native()) }
            }
            Self::AccountBooked { balance } => Answer::AccountBooked { balance: Minor(balance.to_native()) },
            Self::StepTaken => Answer::StepTaken,
            Self::LabelsSet => Answer::LabelsSet,
            Self::ReturnLimitsSet => Answer::ReturnLimitsSet,
            Self::PriceBookDefined { prices } => Answer::PriceBookDefined { prices: prices.to_native() },
            Self::PriceBookEnded => Answer::PriceBookEnded,
            Self::PromotionsDefined { added, changed } => {
                Answer::PromotionsDefined { added: added.to_native(), changed: changed.to_native() }
            }
            Self::PromotionEnded => Answer::PromotionEnded,
            Self::RoleDefined => Answer::RoleDefined,
            Self::UserDefined => Answer::UserDefined,
            Self::PinSet => Answer::PinSet,
            Self::UserDisabled => Answer::UserDisabled,
            Self::PeopleRequired => Answer::PeopleRequired,
            Self::PaymentStarted { expires } => Answer::PaymentStarted { expires: Timestamp(expires.to_native()) },
            Self::PaymentStep => Answer::PaymentStep,
            Self::PaymentsSettled(settled) => {
                let settled = rkyv::deserialize::<SettledPart, ArchiveError>(&**settled);
                let settled = settled.map_err(|why| DecodeError(format!("a settlement: {why}")))?;
                Answer::PaymentsSettled(Box::new(settled.try_into()?))
            }
            Self::Layaway(told) => {
                let told = rkyv::deserialize::<layaway::AnyTold, ArchiveError>(&**told);
                let told = told.map_err(|why| DecodeError(format!("an answer about a layaway: {why}")))?;
                Answer::Layaway(told.try_into()?)
            }
            Self::Basket(told) => {
                let told = rkyv::deserialize::<basket::AnyTold, ArchiveError>(&**told);
                let told = told.map_err(|why| DecodeError(format!("an answer about a basket: {why}")))?;
                Answer::Basket(told.try_into()?)
            }
        })
    }
}

fn number(receipt: &rkyv::Archived<Option<(u16, u64)>>) -> Option<(TillNo, ReceiptNo)> {
    receipt.as_ref().map(|pair| (TillNo(pair.0.to_native()), ReceiptNo(pair.1.to_native())))
}
