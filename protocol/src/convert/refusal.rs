//! The engine's refusals as errors of the wire, with codes instead of numbers.

use super::{Asked, Names};
use crate::message::{ErrorBody, Reply};
use crate::value::{Currency, Id, OrderName, Quantity, Sku, Text};
use onhand_engine::ids::SkuId;
use onhand_engine::payment::Refused;
use onhand_engine::people::OverLimit;
use onhand_engine::refusal::Refusal;
use onhand_engine::returns::unreceipted;

/// Appends the reply to a refused command.
pub fn refused(out: &mut Vec<u8>, asked: &Asked, why: &Refusal, names: &impl Names) {
    Reply::failed(Some(Id::from(asked.id)), asked.refusal(why, names)).write(out);
}

/// A refusal as an error of the wire.
#[must_use]
pub fn refusal(why: &Refusal, names: &impl Names) -> ErrorBody {
    let sku = |number: &SkuId| names.item_numbered(*number).map(|item| Text(item.code.clone()));
    let name = |sku: &Option<Sku>| sku.as_ref().map_or(String::new(), |sku| format!("{sku}: "));
    let error = ErrorBody::new(why.number(), why.to_string());
    match why {
        Refusal::UnknownSku { .. }
        | Refusal::UnknownLocation
        | Refusal::EmptyBasket
        | Refusal::BadTtl
        | Refusal::BadAmount
        | Refusal::UnknownKey
        | Refusal::DiskFull
        | Refusal::LogStopped
        | Refusal::ShuttingDown
        | Refusal::Internal
        | Refusal::WrongAccount { .. }
        | Refusal::NoSuchRedemption
        | Refusal::BadPercentOff
        | Refusal::UnknownDevice
        | Refusal::RevokedDevice
        | Refusal::PersonNeeded
        | Refusal::LastManager
        | Refusal::NotInTraining
        | Refusal::NotAnyMore { .. } => error,
        Refusal::BadKit { part, .. } => ErrorBody { sku: sku(part), ..error }.at("items"),
        Refusal::KitHasNoStock { sku: number }
        | Refusal::ItemBlocked { sku: number, .. }
        | Refusal::NotForChannel { sku: number, .. }
        | Refusal::TooManyPerOrder { sku: number, .. }
        | Refusal::ItemExpired { sku: number, .. }
        | Refusal::SerialSold { sku: number, .. }
        | Refusal::TraceMissing { sku: number, .. } => {
            let sku = sku(number);
            ErrorBody { message: format!("{}{why}", name(&sku)), sku, ..error }
        }
        Refusal::AgeNotChecked { sku: number, .. } => {
            let sku = sku(number);
            ErrorBody { message: format!("{}{why}", name(&sku)), sku, ..error }.at("age_checked")
        }
        Refusal::SerialHeld { sku: number, reservation, .. } => {
            let (sku, reservation) = (sku(number), Some(Id::from(*reservation)));
            ErrorBody { message: format!("{}{why}", name(&sku)), sku, reservation, ..error }
        }
        Refusal::SerialNotSold { .. } => error.at("serials"),
        Refusal::Payment(refused) => match refused {
            Refused::Undecided { payment, .. } => ErrorBody { payment: Some(Id::from(*payment)), ..error }.at("sale"),
            Refused::TooMany { max } => ErrorBody { max: u64::try_from(*max).ok(), ..error },
            Refused::NotHeld => error.at("reservation"),
            Refused::Unknown | Refused::Stage { .. } | Refused::AnotherSale => error.at("payment"),
            Refused::Amount { has } => ErrorBody { due: Some(*has), ..error }.at("amount"),
            Refused::AnotherTransaction => error.at("transaction"),
            Refused::SaleRecorded => error.at("sale"),
            Refused::NoSuchRefund | Refused::NotOwed => error.at("refund"),
        },
        Refusal::BadQuantity { sku: number } | Refusal::NoPrice { sku: number } => {
            let sku = sku(number);
            ErrorBody { message: format!("{}{why}", name(&sku)), sku, ..error }
        }
        Refusal::IdReused { field } => error.at(*field),
        Refusal::TooManyLines { max } => ErrorBody { max: u64::try_from(*max).ok(), ..error }.at("lines"),
        Refusal::ShortStock { sku: number, short_by, available } => {
            let sku = sku(number);
            ErrorBody {
                message: format!("{}{why}", name(&sku)),
                sku,
                short_by: Some(Quantity(*short_by)),
                available: Some(Quantity(*available)),
                ..error
            }
        }
        Refusal::IsLayaway { order: name }
        | Refusal::LayawayExists { layaway: name }
        | Refusal::UnknownLayaway { layaway: name } => {
            let field = if matches!(why, Refusal::IsLayaway { .. }) { "order" } else { "layaway" };
            ErrorBody { order: Some(OrderName::from(name)), ..error }.at(field)
        }
        Refusal::TooManyLayaways { max } => ErrorBody { max: u64::try_from(*max).ok(), ..error },
        Refusal::DepositMismatch { deposits, tendered } => {
            ErrorBody { due: Some(*deposits), tendered: Some(*tendered), ..error }.at("tenders")
        }
        Refusal::DepositTooLarge { left } => ErrorBody { due: Some(*left), ..error }.at("tenders"),
        Refusal::NoSuchBasket { basket } => ErrorBody { reservation: Some(Id::from(*basket)), ..error }.at("basket"),
        Refusal::TooManySuspended { max } => ErrorBody { max: u64::try_from(*max).ok(), ..error },
        Refusal::UnknownReservation { reservation } => {
            ErrorBody { reservation: Some(Id::from(*reservation)), ..error }.at("reservation")
        }
        Refusal::UnknownOrder { order } | Refusal::OrderClosed { order } => {
            ErrorBody { order: Some(OrderName::from(order)), ..error }.at("order")
        }
        Refusal::NotSoMany { sku: number, available } => {
            let sku = sku(number);
            let message = format!("{}{why}", name(&sku));
            ErrorBody { message, sku, available: Some(Quantity(*available)), ..error }
        }
        Refusal::WrongCurrency { expected, found } => {
            ErrorBody { expected: Some(Currency(*expected)), found: Some(Currency(*found)), ..error }.at("currency")
        }
        Refusal::TenderMismatch { due, tendered } => {
            ErrorBody { due: Some(*due), tendered: Some(*tendered), ..error }.at("tenders")
        }
        Refusal::NoSuchLine { .. } | Refusal::AlreadyReturned { .. } | Refusal::AnotherTill => error.at("sale"),
        Refusal::OtherLedger { field, .. } => error.at(*field),
        Refusal::SoldElsewhere => error.at("location"),
        Refusal::MoreThanSold { sku: number, left } => {
            let sku = sku(number);
            let message = format!("{}{why}", name(&sku));
            ErrorBody { message, sku, available: Some(Quantity(*left)), ..error }
        }
        Refusal::MoreThanPaid { left } => ErrorBody { due: Some(*left), ..error },
        Refusal::TenderSpent { left, .. } => ErrorBody { due: Some(*left), ..error }.at("tenders"),
        Refusal::NoTaxRate { class } => ErrorBody { class: Some(Text(class.clone())), ..error },
        Refusal::CouponUsedUp | Refusal::CouponUsedByCustomer => error.at("coupons"),
        Refusal::UnknownCoupon { at, .. } => error.at(format!("coupons[{at}]")),
        Refusal::BadDiscount { left } => ErrorBody { due: Some(*left), ..error },
        Refusal::UnknownPromotion { .. } => error.at("promotion"),
        Refusal::UnknownPriceBook { .. } => error.at("book"),
        Refusal::SessionNotOpen { till, session } => {
            ErrorBody { till: Some(till.0), session: session.map(|session| session.0), ..error }
        }
        Refusal::SessionOpen { till, session } => ErrorBody { till: Some(till.0), session: Some(session.0), ..error },
        Refusal::UnknownSession { session } => ErrorBody { session: Some(session.0), ..error }.at("session"),
        Refusal::Busy { retry_ms } | Refusal::BalanceHeld { retry_ms } | Refusal::GrantPending { retry_ms } => {
            ErrorBody { retry_ms: Some(*retry_ms), ..error }
        }
        Refusal::UnknownAccount | Refusal::AccountDisabled | Refusal::AccountExpired => error.at("account"),
        Refusal::CodeNeeded => error.at("code"),
        Refusal::NotPaidBy { .. } => error.at("tenders"),
        Refusal::SessionOver => error.at("sale"),
        Refusal::BalanceShort { short_by, available } => {
            ErrorBody { balance: Some(*available), missing: Some(*short_by), ..error }
        }
        Refusal::LacksCapability { capability } => ErrorBody { capability: Some((*capability).into()), ..error },
        Refusal::MayNotApprove { capability } => {
            ErrorBody { capability: Some((*capability).into()), ..error }.at("approval")
        }
        Refusal::OwnApproval => error.at("approval"),
        Refusal::OverLimit(over) => {
            let max = match over {
                OverLimit::Discount { max, .. } => Some(u64::from(*max)),
                OverLimit::Refund { max, .. } => u64::try_from(max.0).ok(),
            };
            ErrorBody { max, ..error }.at("approval")
        }
        Refusal::OverReturn(over) => {
            let due = match over {
                unreceipted::OverLimit::CustomerAmount { left } => Some(left.0),
                _ => None,
            };
            let max = match over {
                unreceipted::OverLimit::DayReturns { max } => Some(u64::from(*max)),
                over => over.amounts().and_then(|(_, max)| u64::try_from(max.0).ok()),
            };
            ErrorBody { due, max, ..error }.at(over.field())
        }
        Refusal::UserDisabled { user } => ErrorBody { user: Some(Text(user.clone())), ..error },
        Refusal::UnknownUser => error.at("user"),
        Refusal::UnknownRole { role } => ErrorBody { role: Some(Text(role.clone())), ..error }.at("roles"),
    }
}
