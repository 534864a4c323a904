//! The metrics stream: what happened in one second or one minute, for analysts and those who run it.

use super::word::Channel;
use crate::value::{Amount, Currency, Decimal, LocationCode, Position, Quantity, Sku, Time, numbered};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// How long one object of the stream is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Every {
    /// A second.
    #[default]
    #[serde(rename = "1s")]
    Second,
    /// A minute.
    #[serde(rename = "1m")]
    Minute,
}

macro_rules! metrics {
    ($($(#[$doc:meta])* $name:ident: $kind:ty,)*) => {
        /// One interval. With a choice of `fields` the others are left out.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub struct MetricsMessage {
            /// The end of the interval, in engine time.
            pub time: Time,
            /// Its length: 1, or 60; another one where it was not whole.
            pub seconds: u64,
            $(
                $(#[$doc])*
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub $name: Option<$kind>,
            )*
        }

        /// The fields that can be chosen; `time` and `seconds` are always there.
        pub const METRIC_FIELDS: &[&str] = &[$(stringify!($name)),*];

        impl MetricsMessage {
            /// Appends its JSON text and tells where each field lies in it, its comma included: after
            /// `time` and `seconds`, which are what stands before the first, any of them may be left
            /// out.
            pub fn write(&self, out: &mut Vec<u8>, mut tell: impl FnMut(MetricField, Range<usize>)) {
                out.extend_from_slice(b"{\"time\":");
                json(out, &self.time);
                out.extend_from_slice(b",\"seconds\":");
                json(out, &self.seconds);
                let mut at = 0;
                $(
                    if let Some(value) = &self.$name {
                        let from = out.len();
                        out.extend_from_slice(concat!(",\"", stringify!($name), "\":").as_bytes());
                        json(out, value);
                        tell(MetricField(at), from..out.len());
                    }
                    at += 1;
                )*
                debug_assert_eq!(usize::from(at), METRIC_FIELDS.len());
                out.push(b'}');
            }
        }
    };
}

fn json(out: &mut Vec<u8>, value: &impl Serialize) {
    // A Vec takes whatever is written, and no map here has a key that is not a string.
    let _ = serde_json::to_writer(out, value);
}

metrics! {
    /// Sales recorded, all locations and channels together.
    sales: u64,
    /// Lines in them.
    lines: u64,
    /// Units sold.
    units: Quantity,
    /// Returns recorded.
    returns: u64,
    /// Units that came back.
    returned_units: Quantity,
    /// Commands refused by the engine.
    refused: u64,
    /// Commands that came again with the same id.
    repeated: u64,
    /// Per location and channel; those where nothing was sold and nothing came back are left out.
    by_location: Vec<MetricsOfLocation>,
    /// Refused commands by their number, most first.
    refused_by_number: Vec<RefusedByNumber>,
    /// Lost sales: what was refused as too few (2001), by item, most first, at most 50.
    refusals: Vec<LostSales>,
    /// Items with nothing left to promise to any channel.
    stockouts: Stockouts,
    /// Reservations.
    holds: Holds,
    /// What sold most in the interval, at most 50.
    velocity: Vec<Velocity>,
    /// What will be gone first at the rate of the last minutes, soonest first, at most 50.
    running_low: Vec<RunningLow>,
    /// From a command's arrival at the gateway to its durable answer, in milliseconds.
    latency_ms: Latency,
    /// The log.
    log: LogFigures,
    /// The shards, one after the other.
    shards: Vec<ShardFigures>,
    /// Connections at the end of the interval.
    sockets: Sockets,
    /// Live stock.
    live_stock: LiveStock,
    /// What a person may want to know of, at most 20.
    notable: Vec<Notable>,
    /// Exceptions of sales that were recorded all the same, by their number, most first.
    exceptions: Vec<RefusedByNumber>,
}

macro_rules! part {
    ($(#[$doc:meta])* $name:ident { $($(#[$field:meta])* $field_name:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub struct $name {
            $($(#[$field])* pub $field_name: $kind,)*
        }
    };
}

part!(
    /// What one channel sold at one location in the interval. Summed up they are `GET /v1/totals`.
    MetricsOfLocation {
        /// Where.
        location: LocationCode,
        /// Where the demand came from.
        channel: Channel,
        /// The currency of every amount here.
        currency: Currency,
        /// Sales recorded.
        sales: u64,
        /// Lines in them.
        lines: u64,
        /// Units sold.
        units: Quantity,
        /// Revenue without tax. Left out, as every amount, for keys of the role operations.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        net: Option<Amount>,
        /// Tax on it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tax: Option<Amount>,
        /// Returns recorded.
        returns: u64,
        /// Units that came back.
        returned_units: Quantity,
        /// Money given back, without tax.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        returned_net: Option<Amount>,
        /// Tax given back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        returned_tax: Option<Amount>,
        /// Units of completed sales that stock did not cover.
        oversold: Quantity,
        /// The part of `net` less `returned_net` of which it is known what the goods had cost.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        costed_net: Option<Amount>,
        /// What they had cost. `costed_net` less `cost` is the margin.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cost: Option<Amount>,
        /// How much of `net` less `returned_net` has a known cost, in per cent; left out where that is not above zero.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        costed_pct: Option<Decimal>,
    }
);
part!(
    /// How often a number was the answer.
    RefusedByNumber {
        /// The number people look up.
        number: u16,
        /// Its short name.
        name: Cow<'static, str>,
        /// How often.
        count: u64,
    }
);
part!(
    /// Demand for an item that could not be met.
    LostSales {
        /// Where.
        location: LocationCode,
        /// Which item.
        sku: Sku,
        /// What people call it.
        name: String,
        /// Refusals.
        count: u64,
        /// How much was missing, all of them together.
        short_by: Quantity,
    }
);
part!(
    /// Items at locations with nothing left to promise to any channel.
    #[derive(Default)]
    Stockouts {
        /// How many there are at the end of the interval.
        open: u64,
        /// How many began in it.
        began_count: u64,
        /// How many ended in it.
        ended_count: u64,
        /// Those that began, at most 50.
        began: Vec<StockoutBegan>,
        /// Those that ended, at most 50.
        ended: Vec<StockoutEnded>,
    }
);
part!(
    /// Nothing is left.
    StockoutBegan {
        /// Where.
        location: LocationCode,
        /// Which item.
        sku: Sku,
        /// What people call it.
        name: String,
    }
);
part!(
    /// There is something again.
    StockoutEnded {
        /// Where.
        location: LocationCode,
        /// Which item.
        sku: Sku,
        /// What people call it.
        name: String,
        /// For how long there was nothing, in seconds; since the start of the server where it began
        /// before.
        after_s: u64,
    }
);
part!(
    /// Reservations: `live` at the end of the interval is that at its begin, and `began`, without
    /// `sold`, `released` and `expired`.
    #[derive(Default)]
    Holds {
        /// Live ones at the end of the interval.
        live: u64,
        /// The age of the oldest of them, in seconds; 0 when there is none.
        oldest_s: u64,
        /// How many began.
        began: u64,
        /// How many a sale or an order completed.
        sold: u64,
        /// How many were let go, or made room for another one of the same owner.
        released: u64,
        /// How many came to their deadline.
        expired: u64,
        /// How old those were that ended.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ended_age_s: Option<Ages>,
    }
);
part!(
    /// Ages in whole seconds.
    #[derive(Copy)]
    Ages {
        /// Half of them were at most so old.
        p50: u64,
        /// Nine of ten.
        p90: u64,
        /// All of them.
        max: u64,
    }
);
part!(
    /// How fast an item sells.
    Velocity {
        /// Where.
        location: LocationCode,
        /// Which item.
        sku: Sku,
        /// What people call it.
        name: String,
        /// Units sold in the interval.
        units: Quantity,
        /// Units a minute, over the last minutes.
        per_minute: Quantity,
        /// What is left for the channel that may have most.
        available: Quantity,
    }
);
part!(
    /// An item that will soon be gone.
    RunningLow {
        /// Where.
        location: LocationCode,
        /// Which item.
        sku: Sku,
        /// What people call it.
        name: String,
        /// What is left for the channel that may have most.
        available: Quantity,
        /// Units a minute, over the last minutes.
        per_minute: Quantity,
        /// How long it lasts at that rate.
        minutes_left: Decimal,
    }
);
part!(
    /// How long commands took. Left out of a command's figures: its way over the network.
    #[derive(Copy, Default)]
    Latency {
        /// Answers measured: all of them.
        count: u64,
        /// Half of them took at most so long.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        p50: Option<Decimal>,
        /// Nine of ten.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        p90: Option<Decimal>,
        /// 99 of 100.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        p99: Option<Decimal>,
        /// 999 of 1,000.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        p999: Option<Decimal>,
        /// The slowest.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<Decimal>,
    }
);
part!(
    /// The log.
    #[derive(Copy, Default)]
    LogFigures {
        /// Appends, each with its sync.
        appends: u64,
        /// Records they wrote.
        records: u64,
        /// How long they took, in milliseconds.
        append_ms: AppendTimes,
        /// Batches of the shards that wait for it at the end of the interval.
        queue: u64,
        /// The place of the last durable record.
        last_seq: Position,
        /// Whether writes are refused because the disk is full.
        disk_full: bool,
        /// Whether it has stopped.
        stopped: bool,
    }
);
part!(
    /// How long appends took; empty when there were none.
    #[derive(Copy, Default)]
    AppendTimes {
        /// Half of them took at most so long.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        p50: Option<Decimal>,
        /// 99 of 100.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        p99: Option<Decimal>,
        /// The slowest.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<Decimal>,
    }
);
part!(
    /// One shard.
    #[derive(Copy)]
    ShardFigures {
        /// Commands that wait in its inbox at the end of the interval.
        inbox: u64,
        /// How much of the interval its thread was on a processor, in per cent, its part of the
        /// sockets included; left out where the system does not tell.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        busy_pct: Option<Decimal>,
    }
);
part!(
    /// Connections at the end of the interval. WebSockets by role; those that have not said hello are
    /// of none.
    #[derive(Copy, Default)]
    Sockets {
        /// All of them, HTTP included.
        all: u64,
        /// Tills.
        till: u64,
        /// Websites.
        web: u64,
        /// Shoppers' browsers.
        shopper: u64,
        /// Analysts.
        analyst: u64,
        /// Operations.
        operations: u64,
        /// Administrators.
        admin: u64,
    }
);
part!(
    /// Live stock.
    #[derive(Copy, Default)]
    LiveStock {
        /// Subscribed items and locations at the end of the interval.
        watched: u64,
        /// Levels sent.
        levels_sent: u64,
        /// Bytes of WebSocket messages sent, replies included.
        bytes_sent: u64,
    }
);
part!(
    /// What a person may want to know of.
    Notable {
        /// When.
        time: Time,
        /// What.
        what: What,
        /// Where.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        location: Option<LocationCode>,
        /// Which item.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sku: Option<Sku>,
        /// What people call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    }
);

/// What is notable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The last of an item was sold, held, allocated or taken off sale.
    SoldOut,
    /// There is something of it again.
    BackInStock,
    /// A sale that had already happened took more than there was.
    Oversold,
    /// The disk is full.
    DiskFull,
    /// The disk has space again.
    DiskOk,
    /// The log has stopped.
    LogStopped,
}

part!(
    /// A push: one interval.
    Metrics {
        /// The interval.
        metrics: MetricsMessage,
    }
);
part!(
    /// `GET /v1/metrics/history`: intervals, oldest first.
    MetricsHistory {
        /// The intervals.
        metrics: Vec<MetricsMessage>,
    }
);

/// A field of an interval that can be chosen: its place in [`METRIC_FIELDS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MetricField(u8);

impl MetricField {
    /// Its place in [`METRIC_FIELDS`].
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        METRIC_FIELDS.get(self.index()).copied().unwrap_or_default()
    }
}

impl FromStr for MetricField {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let place = METRIC_FIELDS.iter().position(|known| *known == text).and_then(|at| u8::try_from(at).ok());
        place.map(Self).ok_or_else(|| format!("there is no field {text:.40?}; there are {}", METRIC_FIELDS.join(", ")))
    }
}

impl Serialize for MetricField {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for MetricField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl Visitor<'_> for Read {
            type Value = MetricField;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a field of the metrics as a string")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<MetricField, E> {
                text.parse().map_err(|why: String| numbered(1001, why))
            }
        }
        deserializer.deserialize_str(Read)
    }
}

impl JsonSchema for MetricField {
    fn schema_name() -> Cow<'static, str> {
        "MetricField".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "enum": METRIC_FIELDS })
    }

    fn inline_schema() -> bool {
        true
    }
}
