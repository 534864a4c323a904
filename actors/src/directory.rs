//! The address book: catalogue, locations and keys as of the last durable change, for every thread
//! to read. Never the truth; the chain actor is.

use onhand_engine::catalogue::{Item, Key, KeyId, Location};
use onhand_engine::gtin::Gtin;
use onhand_engine::ids::{LocationCode, LocationId, SkuCode, SkuId};
use std::sync::Arc;

/// Look-ups by code and number.
#[derive(Default)]
pub struct Directory {}

impl Directory {
    /// The item of a code.
    pub fn item_by_code(&self, code: &SkuCode) -> Option<Arc<Item>> {
        let _ = code;
        None
    }

    /// The item of a bar code.
    pub fn item_by_gtin(&self, gtin: Gtin) -> Option<Arc<Item>> {
        let _ = gtin;
        None
    }

    /// The item of a number.
    pub fn item(&self, sku: SkuId) -> Option<Arc<Item>> {
        let _ = sku;
        None
    }

    /// Items in the order of their number, after one, at most so many.
    pub fn items(&self, after: Option<SkuId>, max: usize) -> Vec<Arc<Item>> {
        let _ = (after, max);
        Vec::new()
    }

    /// How many items there are.
    pub fn item_count(&self) -> usize {
        0
    }

    /// The location of a code.
    pub fn location_by_code(&self, code: &LocationCode) -> Option<Arc<Location>> {
        let _ = code;
        None
    }

    /// The location of a number.
    pub fn location(&self, id: LocationId) -> Option<Arc<Location>> {
        let _ = id;
        None
    }

    /// Every location, in the order of its number.
    pub fn locations(&self) -> Vec<Arc<Location>> {
        Vec::new()
    }

    /// A key, revoked or not.
    pub fn key(&self, id: KeyId) -> Option<Key> {
        let _ = id;
        None
    }

    /// Every key.
    pub fn keys(&self) -> Vec<Key> {
        Vec::new()
    }
}
