//! Every limit of the wire, with its reason.

use onhand_engine::decide;

/// WebSocket subprotocol: names the version and the encoding.
pub const SUBPROTOCOL: &str = "onhand.v1.json";

/// WebSocket subprotocol of those who may also send sales as compact binary messages.
pub const SUBPROTOCOL_COMPACT: &str = "onhand.v1.compact";

/// The largest message, in bytes: a basket of 500 lines with prices and taxes fits twice.
pub const MESSAGE_BYTES_MAX: usize = 64 * 1024;

/// The largest body of `POST /v1/define_items`, in bytes: 100,000 items of 600 bytes, all or nothing.
pub const IMPORT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The most lines in one basket: what one till rings up on a very long day for one customer.
pub const LINES_MAX: usize = decide::LINES_MAX;

/// The most requests in one JSON array. More cannot be in flight on a connection.
pub const BATCH_MAX: usize = IN_FLIGHT_KEY_MAX;

/// Unanswered requests on the connection of a key: enough to fill a group commit by itself.
pub const IN_FLIGHT_KEY_MAX: usize = 1024;

/// Unanswered requests on a shopper's connection: a browser waits for its answer.
pub const IN_FLIGHT_SHOPPER_MAX: usize = 64;

/// What one connection may watch, in subscribed items: bounds the memory of a slow reader.
pub const SUBSCRIPTIONS_MAX: usize = 10_000;

/// Levels in one message of a large snapshot: about 200 bytes each, so it stays near 64 KiB.
pub const LEVELS_PER_MESSAGE_MAX: usize = 250;

/// How much of the past a metrics stream of seconds can begin with, in seconds: what is kept.
pub const METRICS_SECONDS_MAX_S: u64 = 2 * 3_600;

/// How much of the past a metrics stream of minutes can begin with, in seconds: what is kept.
pub const METRICS_MINUTES_MAX_S: u64 = 24 * 3_600;

/// Metrics streams of one connection: an analyst looks at one or two.
pub const METRICS_STREAMS_MAX: usize = 8;

/// Entries of one page of an HTTP list when `limit` is not given.
pub const PAGE_DEFAULT: usize = 100;

/// The most entries of one page of an HTTP list: bounds the time one request takes.
pub const PAGE_MAX: usize = 1_000;

/// How long a connection without a key in its handshake has to say hello, in milliseconds.
pub const HELLO_TIMEOUT_MS: u64 = 5_000;

/// How long answers are remembered for repeats, in milliseconds: a weekday of being offline is for
/// the till's journal, a retry after a crash or a night is not.
pub const REMEMBERED_MS: u64 = 24 * 3_600_000;

/// The shortest time a reservation may have, in milliseconds.
pub const TTL_MIN_MS: u64 = decide::TTL_MIN.0;

/// The longest time a reservation may have, in milliseconds.
pub const TTL_MAX_MS: u64 = decide::TTL_MAX.0;

/// How long a shopper's token lives, in milliseconds: a visit, after which the page asks again.
pub const TOKEN_TTL_MS: u64 = 15 * 60_000;

/// Serial numbers of one line.
pub const SERIALS_MAX: usize = 1_000;

/// Characters of an item's or a location's name.
pub const NAME_CHARS_MAX: usize = 200;

/// Bar codes of one item.
pub const GTINS_MAX: usize = 50;

/// The longest ago that a till is believed to have sold something, in milliseconds: 31 days.
pub const LATE_MAX_MS: u64 = 31 * 86_400_000;

/// Layouts of one location's own labels: each of the prefixes that there are has one.
pub const LAYOUTS_MAX: usize = 20;

/// Tax classes of one location.
pub const TAX_RATES_MAX: usize = 100;

/// Tax rates by date or channel of one location.
pub const DATED_RATES_MAX: usize = 1_000;

/// Coupons shown with one basket.
pub const COUPONS_MAX: usize = 20;

/// Parts of one tax rate: federal, state, county, city and some air.
pub const TAX_PARTS_MAX: usize = 8;
/// Roles of one user.
pub const ROLES_OF_USER_MAX: usize = 16;
