//! Shards on actix arbiters, each hosting the SKU, till and store actors of its locations.
//!
//! Responsible for: order (one mailbox per actor), admission, budgets, exactly-once answers, the
//! release of replies once their record is durable, reservation deadlines, the published view, the
//! feed of durable events, the figures of what became durable.
//!
//! Not responsible for: rules (engine), sockets (gateway), bytes on disk (persistence).

pub mod clock;
pub mod directory;
mod drained;
pub mod figures;
mod finding;
pub mod handle;
pub mod histogram;
mod kits;
mod log_thread;
mod mailbox;
mod meters;
mod places;
pub mod port;
mod quarantine;
mod remembered;
pub mod scanning;
mod shard;
mod shared;
mod sku_index;
mod view;
mod wheel;
