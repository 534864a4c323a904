//! Refusals and errors are numbered data. Ranges: 1xxx form, 2xxx stock, 3xxx money, 4xxx rights,
//! 5xxx busy or degraded. A number is never reused; each has a page in `docs/errors`.

mod numbers;

pub use numbers::{NUMBERS, name_of};

use crate::command::TenderKind;
use crate::date::Date;
use crate::goods::Only;
use crate::ids::{AccountId, Label, OrderId, ReservationId, Seq, SessionNo, SkuCode, SkuId, TillNo, UserCode};
use crate::money::Currency;
use crate::payment;
use crate::people::{Capability, OverLimit};
use crate::qty::Qty;
use crate::returns::unreceipted;
use crate::scan::Mark;

/// Why a command was refused. It changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// 1003
    #[error("there is no item with this number")]
    UnknownSku {
        /// The number.
        sku: SkuId,
    },
    /// 1004
    #[error("there is no such location")]
    UnknownLocation,
    /// 1005
    #[error("the quantity must be above zero, at most 1,000,000,000, and whole for items sold by the piece")]
    BadQuantity {
        /// The item.
        sku: SkuId,
    },
    /// 1008
    #[error("this id was already used for a command with other content: {field}")]
    IdReused {
        /// The part that differs.
        field: &'static str,
    },
    /// 1010
    #[error("the basket is empty")]
    EmptyBasket,
    /// 1011
    #[error("the basket has more than {max} lines")]
    TooManyLines {
        /// The most it may have.
        max: usize,
    },
    /// 1012
    #[error("the time must be between 1 second and 7 days")]
    BadTtl,
    /// 2001
    #[error("{short_by} too few: {available} available")]
    ShortStock {
        /// The item.
        sku: SkuId,
        /// How much is missing.
        short_by: Qty,
        /// How much this asker could have.
        available: Qty,
    },
    /// 2002
    #[error("there is no live reservation {reservation}: it was released, completed or has expired")]
    UnknownReservation {
        /// The name asked for.
        reservation: ReservationId,
    },
    /// 2003
    #[error("there is no open order {order} at this location")]
    UnknownOrder {
        /// The name asked for.
        order: OrderId,
    },
    /// 2004
    #[error("order {order} was already fulfilled or cancelled at this location")]
    OrderClosed {
        /// The name asked for.
        order: OrderId,
    },
    /// 2005
    #[error("only {available} of it are in that state")]
    NotSoMany {
        /// The item.
        sku: SkuId,
        /// How much there is.
        available: Qty,
    },
    /// 3001
    #[error("this location trades in {expected}, not {found}")]
    WrongCurrency {
        /// What the location trades in.
        expected: Currency,
        /// What the command said.
        found: Currency,
    },
    /// 3002
    #[error("the tenders add up to {tendered} minor units where {due} are due")]
    TenderMismatch {
        /// What is due in minor units.
        due: i64,
        /// What the tenders add up to.
        tendered: i64,
    },
    /// 3003
    #[error("the amount is beyond 10,000,000,000,000 minor units or below zero")]
    BadAmount,
    /// 3004
    #[error("tax class {class} has no rate at this location")]
    NoTaxRate {
        /// The class.
        class: Label,
    },
    /// 3005
    #[error("the item has no price; send the line's unit_price or amount")]
    NoPrice {
        /// The item.
        sku: SkuId,
    },
    /// 1018
    #[error("the sale has no line {line}: they are counted from 0")]
    NoSuchLine {
        /// The line asked for.
        line: u16,
    },
    /// 2006
    #[error("only {left} of it can still come back: the rest was not sold there or has come back already")]
    MoreThanSold {
        /// The item.
        sku: SkuId,
        /// How much can still come back.
        left: Qty,
    },
    /// 2007
    #[error("something of sale {} has come back already, so it cannot be cancelled; return the rest", sale.0)]
    AlreadyReturned {
        /// The sale's place in the log.
        sale: Seq,
    },
    /// 2008
    #[error("only the till that rang up a sale can cancel it")]
    AnotherTill,
    /// 2010
    #[error("the sale was made at another location, which has granted nothing of it")]
    SoldElsewhere,
    /// 2011
    #[error("the till session of the sale is over: what it sold can only come back as a return")]
    SessionOver,
    /// 2012
    #[error("returns that are not finished hold what could come back; try again in {retry_ms} ms")]
    GrantPending {
        /// When to try again.
        retry_ms: u64,
    },
    /// 2020
    #[error("there is no suspended basket {basket} here: it was recalled, sold, let go, or its time was over")]
    NoSuchBasket {
        /// The name asked for.
        basket: ReservationId,
    },
    /// 2021
    #[error("{max} baskets are suspended here; recall or release some")]
    TooManySuspended {
        /// How many there may be.
        max: usize,
    },
    /// 2022
    #[error("the order {order} is a layaway: cancel that, and what was deposited goes back")]
    IsLayaway {
        /// The order.
        order: OrderId,
    },
    /// 2023
    #[error("there is an order or a layaway {layaway} here already, or there was")]
    LayawayExists {
        /// The name asked for.
        layaway: OrderId,
    },
    /// 2024
    #[error("there is no open layaway {layaway} here: it was completed or cancelled, or never was")]
    UnknownLayaway {
        /// The name asked for.
        layaway: OrderId,
    },
    /// 2025
    #[error("{max} layaways are open here; complete or cancel some")]
    TooManyLayaways {
        /// How many there may be.
        max: usize,
    },
    /// 3056
    #[error("{tendered} minor units are to be paid with deposits, and {deposits} are deposited for the sale's order")]
    DepositMismatch {
        /// What is deposited.
        deposits: i64,
        /// What the tenders say.
        tendered: i64,
    },
    /// 3057
    #[error("only {left} minor units are left to be paid")]
    DepositTooLarge {
        /// What is left.
        left: i64,
    },
    /// 3006
    #[error("only {left} minor units of what was paid for it can still go back")]
    MoreThanPaid {
        /// What can still go back, in minor units.
        left: i64,
    },
    /// 3007
    #[error("only {left} minor units can still go back to {}; the rest may become store credit", kind.name())]
    TenderSpent {
        /// The means of payment.
        kind: TenderKind,
        /// What can still go back to it, in minor units.
        left: i64,
    },
    /// 3030
    #[error("there is no such account")]
    UnknownAccount,
    /// 3031
    #[error("the account was disabled")]
    AccountDisabled,
    /// 3032
    #[error("the account has expired")]
    AccountExpired,
    /// 3033
    #[error("{short_by} too little is on the account: {available}")]
    BalanceShort {
        /// How much is missing, in minor units or points.
        short_by: i64,
        /// How much there is.
        available: i64,
    },
    /// 3034
    #[error("other sales that are not finished hold what is on the account; try again in {retry_ms} ms")]
    BalanceHeld {
        /// When to try again.
        retry_ms: u64,
    },
    /// 3035
    #[error("the account's {field} is another")]
    WrongAccount {
        /// What is another: its type or its currency.
        field: &'static str,
    },
    /// 3036
    #[error("a gift card is paid with by its code")]
    CodeNeeded,
    /// 3039
    #[error("there is no sale of this id that waits for its accounts")]
    NoSuchRedemption,
    /// 3076
    #[error("the account {account} has paid nothing of the sale")]
    NotPaidBy {
        /// The account.
        account: AccountId,
    },
    /// 3050
    #[error("the coupon {coupon} is worth nothing here and now")]
    UnknownCoupon {
        /// Its place among the coupons, from 0.
        at: usize,
        /// The code.
        coupon: Label,
    },
    /// 3051
    #[error("a discount is above zero and at most what the line costs, which is {left} minor units")]
    BadDiscount {
        /// What the line costs before it, in minor units.
        left: i64,
    },
    /// 3111
    #[error("the coupon has been used as often as it may be")]
    CouponUsedUp,
    /// 3112
    #[error("this customer has used the coupon as often as they may")]
    CouponUsedByCustomer,
    /// 3110
    #[error("a part that is taken off is above zero and at most 1,000,000 parts per million, which is everything")]
    BadPercentOff,
    /// 3053
    #[error("there is no promotion {code}")]
    UnknownPromotion {
        /// The code.
        code: Label,
    },
    /// 3055
    #[error("there is no price book {code}")]
    UnknownPriceBook {
        /// The code.
        code: Label,
    },
    /// 4007
    #[error("there is no key with this id")]
    UnknownKey,
    /// 4002
    #[error("this key is not known")]
    UnknownDevice,
    /// 4003
    #[error("this key was revoked")]
    RevokedDevice,
    /// 4010
    #[error("people are required here: sign in first")]
    PersonNeeded,
    /// 4011
    #[error("this needs the capability {}; somebody who has it, and `approve`, may approve it", capability.name())]
    LacksCapability {
        /// What the person lacks.
        capability: Capability,
    },
    /// 4012
    #[error("the user {user} is disabled")]
    UserDisabled {
        /// Who.
        user: UserCode,
    },
    /// 4013
    #[error("whoever approves it must have the capability {}", capability.name())]
    MayNotApprove {
        /// What the approver lacks.
        capability: Capability,
    },
    /// 4014
    #[error("nobody approves what they do themselves")]
    OwnApproval,
    /// 4015
    #[error("there is no user of this code")]
    UnknownUser,
    /// 4016
    #[error("there is no role {role}")]
    UnknownRole {
        /// The name asked for.
        role: Label,
    },
    /// 4017
    #[error("people are required everywhere: somebody with a PIN must be left who has the capability manage_people")]
    LastManager,
    /// 5001
    #[error("too much is waiting; try again in {retry_ms} ms")]
    Busy {
        /// When to try again.
        retry_ms: u64,
    },
    /// 5002
    #[error("the disk is full; reading goes on, writing resumes by itself when there is space")]
    DiskFull,
    /// 5003
    #[error("the log has stopped after a failed write; the server must be restarted")]
    LogStopped,
    /// 5004
    #[error("the server is shutting down")]
    ShuttingDown,
    /// 5005
    #[error("an error inside the server was contained; nothing was changed")]
    Internal,
    /// 3010
    #[error("{} at till {}", not_open(.session), till.0)]
    SessionNotOpen {
        /// The till.
        till: TillNo,
        /// The closed session that was asked for; none: no session is open.
        session: Option<SessionNo>,
    },
    /// 3011
    #[error("session {} is open at till {}; close it first", session.0, till.0)]
    SessionOpen {
        /// The till.
        till: TillNo,
        /// The session that is open.
        session: SessionNo,
    },
    /// 3012
    #[error("this till never had a session {}", session.0)]
    UnknownSession {
        /// The session asked for.
        session: SessionNo,
    },
    /// 1022
    #[error("its last day was {expiry}")]
    ItemExpired {
        /// The item.
        sku: SkuId,
        /// The last day on which it may be sold.
        expiry: Date,
    },
    /// 2030
    #[error("{kit} cannot be such a kit: {why}")]
    BadKit {
        /// The kit's code.
        kit: SkuCode,
        /// The part, or the kit itself.
        part: SkuId,
        /// What is wrong.
        why: &'static str,
    },
    /// 2031
    #[error("a kit has no stock of its own: name its parts")]
    KitHasNoStock {
        /// The kit.
        sku: SkuId,
    },
    /// 2032
    #[error("it may not be sold at present: {reason}")]
    ItemBlocked {
        /// The item.
        sku: SkuId,
        /// Why.
        reason: Label,
    },
    /// 2033
    #[error("it is sold {} only", if *only == Only::Store { "in stores" } else { "online" })]
    NotForChannel {
        /// The item.
        sku: SkuId,
        /// Where alone it is sold.
        only: Only,
    },
    /// 2034
    #[error("at most {max} of it to one customer at a time")]
    TooManyPerOrder {
        /// The item.
        sku: SkuId,
        /// The most.
        max: Qty,
    },
    /// 2035
    #[error("the buyer must be {min_age}: say who looked, in age_checked, and a date of birth must make them so old")]
    AgeNotChecked {
        /// The item.
        sku: SkuId,
        /// How old the buyer must be, in years.
        min_age: u8,
    },
    /// 2036
    #[error("it is sold by its {field}: one serial number for each piece, a lot for each line")]
    TraceMissing {
        /// The item.
        sku: SkuId,
        /// What is missing: serials or lot.
        field: &'static str,
    },
    /// 2037
    #[error("the piece {serial} was sold here already")]
    SerialSold {
        /// The item.
        sku: SkuId,
        /// The serial number.
        serial: Mark,
    },
    /// 1054
    #[error("the piece {serial} is held for another basket")]
    SerialHeld {
        /// The item.
        sku: SkuId,
        /// The serial number.
        serial: Mark,
        /// What holds it.
        reservation: ReservationId,
    },
    /// 2038
    #[error("the piece {serial} was not sold there, or has come back already")]
    SerialNotSold {
        /// The serial number.
        serial: Mark,
    },
    /// 4042 and 4043
    #[error(transparent)]
    OverLimit(#[from] OverLimit),
    /// 3102 to 3107
    #[error(transparent)]
    OverReturn(#[from] unreceipted::OverLimit),
    /// 3090 to 3099 and 3115
    #[error(transparent)]
    Payment(#[from] payment::Refused),
    /// 3130
    #[error("this cannot be done in training")]
    NotInTraining,
    /// 3131
    #[error("{}", of_other_ledger(field, *is_real))]
    OtherLedger {
        /// What belongs to the other one: a sale, an account or a payment.
        field: &'static str,
        /// Whether that is the real one.
        is_real: bool,
    },
    /// Any number
    #[error("it cannot be as things are now: {number}")]
    NotAnyMore {
        /// The number of why.
        number: u16,
    },
}

fn of_other_ledger(what: &str, is_real: bool) -> String {
    match is_real {
        true => format!("the {what} belongs to the real ledger, and this is training"),
        false => format!("the {what} belongs to training, and this is real"),
    }
}

fn not_open(session: &Option<SessionNo>) -> String {
    session.map_or_else(|| "no session is open".to_owned(), |session| format!("session {} is closed", session.0))
}
