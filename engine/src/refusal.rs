//! Refusals and errors are numbered data. Ranges: 1xxx form, 2xxx stock, 3xxx money, 4xxx rights,
//! 5xxx busy or degraded. A number is never reused; each has a page in `docs/errors`.

use crate::command::TenderKind;
use crate::ids::{AccountId, Label, OrderId, ReservationId, Seq, SessionNo, SkuId, TillNo, UserCode};
use crate::money::Currency;
use crate::payment;
use crate::people::Capability;
use crate::qty::Qty;

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
    /// 3090 to 3099
    #[error(transparent)]
    Payment(#[from] payment::Refused),
}

fn not_open(session: &Option<SessionNo>) -> String {
    session.map_or_else(|| "no session is open".to_owned(), |session| format!("session {} is closed", session.0))
}

impl Refusal {
    /// The number people look up.
    #[must_use]
    pub const fn number(&self) -> u16 {
        match self {
            Refusal::UnknownSku { .. } => 1003,
            Refusal::UnknownLocation => 1004,
            Refusal::BadQuantity { .. } => 1005,
            Refusal::IdReused { .. } => 1008,
            Refusal::EmptyBasket => 1010,
            Refusal::TooManyLines { .. } => 1011,
            Refusal::BadTtl => 1012,
            Refusal::ShortStock { .. } => 2001,
            Refusal::UnknownReservation { .. } => 2002,
            Refusal::UnknownOrder { .. } => 2003,
            Refusal::OrderClosed { .. } => 2004,
            Refusal::NotSoMany { .. } => 2005,
            Refusal::WrongCurrency { .. } => 3001,
            Refusal::TenderMismatch { .. } => 3002,
            Refusal::BadAmount => 3003,
            Refusal::NoTaxRate { .. } => 3004,
            Refusal::NoPrice { .. } => 3005,
            Refusal::NoSuchLine { .. } => 1018,
            Refusal::MoreThanSold { .. } => 2006,
            Refusal::AlreadyReturned { .. } => 2007,
            Refusal::AnotherTill => 2008,
            Refusal::SoldElsewhere => 2010,
            Refusal::SessionOver => 2011,
            Refusal::GrantPending { .. } => 2012,
            Refusal::NoSuchBasket { .. } => 2020,
            Refusal::TooManySuspended { .. } => 2021,
            Refusal::MoreThanPaid { .. } => 3006,
            Refusal::TenderSpent { .. } => 3007,
            Refusal::UnknownAccount => 3030,
            Refusal::AccountDisabled => 3031,
            Refusal::AccountExpired => 3032,
            Refusal::BalanceShort { .. } => 3033,
            Refusal::BalanceHeld { .. } => 3034,
            Refusal::WrongAccount { .. } => 3035,
            Refusal::CodeNeeded => 3036,
            Refusal::NoSuchRedemption => 3039,
            Refusal::NotPaidBy { .. } => 3076,
            Refusal::UnknownCoupon { .. } => 3050,
            Refusal::BadDiscount { .. } => 3051,
            Refusal::UnknownPromotion { .. } => 3053,
            Refusal::UnknownPriceBook { .. } => 3055,
            Refusal::UnknownKey => 4007,
            Refusal::UnknownDevice => 4002,
            Refusal::RevokedDevice => 4003,
            Refusal::PersonNeeded => 4010,
            Refusal::LacksCapability { .. } => 4011,
            Refusal::UserDisabled { .. } => 4012,
            Refusal::MayNotApprove { .. } => 4013,
            Refusal::OwnApproval => 4014,
            Refusal::UnknownUser => 4015,
            Refusal::UnknownRole { .. } => 4016,
            Refusal::LastManager => 4017,
            Refusal::Busy { .. } => 5001,
            Refusal::DiskFull => 5002,
            Refusal::LogStopped => 5003,
            Refusal::ShuttingDown => 5004,
            Refusal::Internal => 5005,
            Refusal::SessionNotOpen { .. } => 3010,
            Refusal::SessionOpen { .. } => 3011,
            Refusal::UnknownSession { .. } => 3012,
            Refusal::Payment(refused) => refused.number(),
        }
    }
}

/// Every number there is: (number, name, what it means in a few words). Those that are not a
/// [`Refusal`] are given by the gateway or the command line.
pub const NUMBERS: &[(u16, &str, &str)] = &[
    (1001, "malformed_message", "The message is not the JSON that this request expects."),
    (1002, "unknown_op", "There is no request of this name."),
    (1003, "unknown_sku", "There is no such item in the catalogue."),
    (1004, "unknown_location", "There is no such location."),
    (1005, "bad_quantity", "The quantity cannot be used."),
    (1006, "frame_too_large", "The message is larger than the limit."),
    (1007, "not_utf8", "The message is not UTF-8 text."),
    (1008, "id_reused", "This id was used before for something else."),
    (1009, "bad_id", "The id is not a UUID."),
    (1010, "empty_basket", "There is nothing in the basket."),
    (1011, "too_many_lines", "The basket has too many lines."),
    (1012, "bad_ttl", "The time is too short or too long."),
    (1013, "bad_code", "A name or code cannot be used."),
    (1014, "bad_gtin", "The bar code's digits do not fit."),
    (1015, "not_found", "There is nothing at this address."),
    (1016, "import_has_errors", "The catalogue has errors; nothing was imported."),
    (1017, "bad_cursor", "The position to go on from cannot be used."),
    (1018, "no_such_line", "The sale has no such line."),
    (1020, "card_number", "A field holds what looks like a payment card number."),
    (1021, "bad_scan", "What was scanned cannot be read."),
    (1022, "expired_item", "The item's last day is over."),
    (1023, "bad_layout", "The layout of a label cannot be used."),
    (1050, "bad_group", "The report cannot be grouped like that."),
    (1051, "bad_range", "The days of the report cannot be used."),
    (1052, "too_many_rows", "The report would have too many rows."),
    (1053, "too_much_log", "The report would have to read too much."),
    (2001, "short_stock", "There are not enough units left."),
    (2002, "unknown_reservation", "The reservation is not live."),
    (2003, "unknown_order", "The order is not open here."),
    (2004, "order_closed", "The order is already finished here."),
    (2005, "not_so_many", "Fewer units are in that state."),
    (2006, "more_than_sold", "More would come back than was sold."),
    (2007, "already_returned", "Something of the sale has come back already."),
    (2008, "another_till", "Another till rang up the sale."),
    (2009, "unknown_sale", "There is no sale of this name."),
    (2010, "sold_elsewhere", "The sale was made at another location."),
    (2011, "session_over", "The till session of the sale is over."),
    (2012, "grant_pending", "Unfinished returns hold what could come back."),
    (2020, "no_such_basket", "There is no suspended basket of this name here."),
    (2021, "too_many_suspended", "Too many baskets are suspended here."),
    (3001, "wrong_currency", "The location trades in another currency."),
    (3002, "tender_mismatch", "What was paid is not what is due."),
    (3003, "bad_amount", "The amount cannot be used."),
    (3004, "no_tax_rate", "The tax class has no rate at this location."),
    (3005, "no_price", "The item has no price."),
    (3006, "more_than_paid", "More money would go back than was paid."),
    (3007, "tender_spent", "More would go back to a means of payment than was paid with it."),
    (3010, "session_not_open", "The till session is not open."),
    (3011, "session_open", "The till has an open session already."),
    (3012, "unknown_session", "The till never had this session."),
    (3030, "unknown_account", "There is no such account."),
    (3031, "account_disabled", "The account was disabled."),
    (3032, "account_expired", "The account has expired."),
    (3033, "balance_short", "Too little is on the account."),
    (3034, "balance_held", "Unfinished sales hold what is on the account."),
    (3035, "wrong_account", "The account is of another type or currency."),
    (3036, "code_needed", "A gift card is paid with by its code."),
    (3037, "bad_account_tender", "The tender cannot name this account."),
    (3038, "bad_card_code", "The code of the gift card does not fit."),
    (3039, "no_such_redemption", "No sale of this id waits for its accounts."),
    (3050, "unknown_coupon", "The coupon is worth nothing here and now."),
    (3051, "bad_discount", "The line does not have what is to be taken off."),
    (3052, "bad_promotion", "The promotion cannot be taken up."),
    (3053, "unknown_promotion", "There is no such promotion."),
    (3054, "bad_price_book", "The price book cannot be taken up."),
    (3055, "unknown_price_book", "There is no such price book."),
    (3076, "not_paid_by", "The account has paid nothing of the sale."),
    (3090, "payment_undecided", "A payment of this sale is not decided yet."),
    (3091, "too_many_payments", "Too many payments are not ended."),
    (3092, "goods_not_held", "The goods must be held before they are paid for."),
    (3093, "unknown_payment", "There is no such payment here."),
    (3094, "payment_stage", "The payment does not stand where this needs it."),
    (3095, "payment_of_another_sale", "The payment is for another sale."),
    (3096, "payment_amount", "The payment has less to give."),
    (3097, "another_transaction", "The provider approved the payment twice."),
    (3098, "sale_paid", "The sale is recorded already."),
    (3099, "no_such_refund", "The payment has no such refund."),
    (3100, "wrong_listener", "This is asked at the other address of the server."),
    (3101, "bad_payment_tender", "The tender cannot name this payment."),
    (4001, "not_authenticated", "A key or token is needed."),
    (4002, "wrong_key", "The key or token is not known."),
    (4003, "revoked_key", "The key was revoked."),
    (4004, "forbidden", "This key's role may not do that."),
    (4005, "origin_not_allowed", "This website is not on the list."),
    (4006, "token_expired", "The token's time is over."),
    (4007, "unknown_key", "There is no key with this id."),
    (4010, "person_needed", "Somebody must be signed in for this."),
    (4011, "lacks_capability", "The person signed in may not do this alone."),
    (4012, "user_disabled", "The user is disabled."),
    (4013, "may_not_approve", "The approver may not approve this."),
    (4014, "own_approval", "Nobody approves what they do themselves."),
    (4015, "unknown_user", "There is no such user."),
    (4016, "unknown_role", "There is no such role."),
    (4017, "last_manager", "Nobody would be left who manages people."),
    (4018, "wrong_pin", "User and PIN do not belong together."),
    (4019, "pin_locked", "Too many wrong PINs; wait."),
    (4020, "bad_pin", "A PIN has 4 to 12 digits."),
    (4021, "sign_in_over", "The sign-in is over."),
    (5001, "busy", "Too much is waiting."),
    (5002, "disk_full", "The disk is full."),
    (5003, "log_stopped", "The log has stopped."),
    (5004, "shutting_down", "The server is shutting down."),
    (5005, "internal", "An error inside the server was contained."),
    (5006, "too_many_in_flight", "Too many requests of this connection are unanswered."),
    (5007, "too_many_subscriptions", "This connection watches too much."),
    (5008, "data_in_use", "Another process uses the data directory."),
    (5009, "address_in_use", "Another program listens on the address."),
    (5010, "data_corrupt", "The data directory is damaged."),
    (5011, "too_many_connections", "No more connections are taken."),
    (5012, "rate_limited", "Requests come too fast."),
    (5013, "timed_out", "No answer came in time; the outcome is not known yet."),
];

/// The short name of a number, as it stands in messages.
#[must_use]
pub fn name_of(number: u16) -> &'static str {
    NUMBERS.iter().find(|(n, _, _)| *n == number).map_or("unknown", |(_, name, _)| name)
}
