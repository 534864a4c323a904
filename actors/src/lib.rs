//! Shards on actix arbiters hosting SKU, till and store actors; the published view; the feed of durable events.
