//! The messages: what may be asked, what is answered, what is pushed.
//!
//! A request is one JSON object: `op` names it, `id` is the client's UUID, the rest are the fields
//! of that op; an unknown field is an error. Over HTTP the same object stands without `op` and `id`.

mod account;
mod back;
mod basket;
mod body;
mod customer;
mod define;
mod drawer;
mod error;
mod goods;
mod layaway;
mod level;
mod metrics;
mod payment;
mod people;
mod pricing;
pub mod read;
mod replied;
mod reply;
mod report;
mod request;
mod role;
mod tagged;
mod word;

pub use account::{
    AccountBooked, AccountIssued, AccountLine, AccountStatement, AccountType, AssignAccount, DisableAccount,
    IssueAccount, LoadAccount, ReadAccount, Redeem,
};
pub use back::{BackLine, Exchange, Return, ReturnSale, VoidSale};
pub use basket::{Basket, BasketList, Baskets, Recall, Recalled, Suspend, Suspended, SuspendedBasket, VoidLine};
pub use body::{
    Adjust, Allocate, AskedLine, BucketName, Count, Deallocate, Extend, Get, Hello, Ping, Receive, Release, Reserve,
    SaleLine, Scan, Sell, Subscribe, TaxAsItWas, Tender, Unsubscribe, WatchMetrics,
};
pub use customer::CustomerSales;
pub use define::{
    CreateKey, CustomerReturnsMax, DatedRate, DefineItems, DefineLocation, ItemInput, Rate, ReturnLimits, ReturnsMax,
    SafetyStock, SetLabels, SetPolicy, SetReturnLimits, TaxInput,
};
pub use drawer::{
    AccountCode, CashRoundingInput, CloseSession, CountAndAmount, GrandTotal, JournalEntry, MoveCash, NoSale,
    OpenSession, Pieces, Report, ReportCosts, ReportDisposition, ReportLate, ReportSuspended, ReportTax, ReportTender,
    RoundingInput, SessionOpened, SessionReport, SetDrawerRules, TenderCount, XReport, Z,
};
pub use error::{ErrorBody, status_of};
pub use goods::{AgeChecked, Exception, GoodsMessage, ItemTerms, KitPart, KitSold, Lot, Piece};
pub use layaway::{
    CancelLayaway, Deposit, DepositTally, Deposited, LayawayCancelled, LayawayList, LayawayMessage, LayawayOpened,
    Layaways, OpenLayaway, ReportDeposits,
};
pub use level::{Band, LevelMessage, Levels};
pub use metrics::{
    Ages, AppendTimes, Every, Holds, Latency, LiveStock, LogFigures, LostSales, METRIC_FIELDS, MetricField, Metrics,
    MetricsHistory, MetricsMessage, MetricsOfLocation, Notable, RefusedByNumber, RunningLow, ShardFigures, Sockets,
    StockoutBegan, StockoutEnded, Stockouts, Velocity, What,
};
pub use payment::{
    CardMessage, DiscrepancyMessage, GiveUpPayment, MismatchName, OwedRefund, PaidBack, PaymentLine, PaymentMessage,
    PaymentOutcome, PaymentPage, PaymentReply, PaymentStarted, PaymentState, PaymentTask, PaymentTaskName, Payments,
    PaymentsSettled, ReadPayment, RefundOtherwise, RefundPayment, ReportPayment, SettlePayments, SettlementLine,
    StartPayment, TakePayment, WatchPayments,
};
pub use people::{
    Approval, ByMessage, DefineRole, DefineUser, DisableUser, PeopleList, Pin, PinError, RequirePeople, RoleLimits,
    SetPin, SignIn, SignOut, SignedIn, UserMessage,
};
pub use pricing::{
    BenefitInput, BuyGet, DefinePriceBook, DefinePromotions, DiscountByHand, DiscountMessage, Each, EndPriceBook,
    EndPromotion, FixedPrice, HoursInput, Items, PriceBookList, PriceBookMessage, PriceFrom, PriceInput, Prices,
    PricesVersion, PromotionInput, PromotionPage, PromotionTotal, Quote, Quoted, QuotedLine, Set, SetPart, Spend,
    TaxGap, TaxGaps, Terms, UsesInput, WatchPrices,
};
pub use replied::{
    Allocated, Counted, Extended, HelloReply, ItemScanned, ItemsDefined, LevelReply, Plain, Pong, PriceBookDefined,
    Recorded, Reserved, Returned, SkuQuantity, Subscribed,
};
pub(crate) use reply::each_success_schema;
pub use reply::{Incoming, Reply, Success};
pub use report::{ReportPage, ReportRows, RowOf, SalesRow, TenderRow};
pub(crate) use request::each_schema;
pub use request::{Body, Malformed, OPS, Request, parse_all};
pub use role::Role;
pub use word::{
    Account, Basis, Capability, Channel, Direction, Disposition, LocationKind, Posting, Rounding, TenderType, Tie, Unit,
};
