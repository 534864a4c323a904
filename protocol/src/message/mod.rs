//! The messages: what may be asked, what is answered, what is pushed.
//!
//! A request is one JSON object: `op` names it, `id` is the client's UUID, the rest are the fields
//! of that op; an unknown field is an error. Over HTTP the same object stands without `op` and `id`.

mod body;
mod error;
mod level;
mod metrics;
mod people;
pub mod read;
mod reply;
mod request;
mod tagged;
mod word;

pub use body::{
    Adjust, Allocate, AskedLine, BackLine, BucketName, Count, CreateKey, Deallocate, DefineItems, DefineLocation,
    Exchange, Extend, Get, Hello, ItemInput, Ping, Rate, Receive, Release, Reserve, Return, ReturnSale, SafetyStock,
    SaleLine, Sell, SetPolicy, Subscribe, TaxAsItWas, TaxInput, Tender, Unsubscribe, VoidSale, WatchMetrics,
};
pub use error::{ErrorBody, status_of};
pub use level::{Band, LevelMessage, Levels};
pub use metrics::{
    Ages, AppendTimes, Every, Holds, Latency, LiveStock, LogFigures, LostSales, METRIC_FIELDS, MetricField, Metrics,
    MetricsHistory, MetricsMessage, MetricsOfLocation, Notable, RefusedByNumber, RunningLow, ShardFigures, Sockets,
    StockoutBegan, StockoutEnded, Stockouts, Velocity, What,
};
pub use people::{
    Approval, ByMessage, DefineRole, DefineUser, DisableUser, PeopleList, Pin, PinError, RequirePeople, SetPin, SignIn,
    SignOut, SignedIn, UserMessage,
};
pub(crate) use reply::each_success_schema;
pub use reply::{
    Allocated, Counted, Extended, HelloReply, Incoming, ItemsDefined, LevelReply, Plain, Pong, Recorded, Reply,
    Reserved, Returned, Role, SkuQuantity, Subscribed, Success,
};
pub(crate) use request::each_schema;
pub use request::{Body, Malformed, OPS, Request, parse_all};
pub use word::{Basis, Capability, Channel, Disposition, LocationKind, Rounding, TenderType, Unit};
