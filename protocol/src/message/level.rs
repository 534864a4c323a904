//! Live stock: what is published of one item at one location.

use crate::value::{LocationCode, Quantity, Sku, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A rough word for a website that does not show numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Band {
    /// Plenty.
    InStock,
    /// At or below the low mark.
    Low,
    /// Nothing to sell.
    Out,
}

/// One snapshot at one version. Staff see every count; the public sees `available`, `low`, `band`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LevelMessage {
    /// Where.
    pub location: LocationCode,
    /// Which item.
    pub sku: Sku,
    /// Goes up with every change of this item here; 0: never touched.
    pub version: u64,
    /// When it was decided.
    pub time: Time,
    /// Available to promise to the asking channel.
    pub available: Quantity,
    /// Whether that is at or below the low mark.
    pub low: bool,
    /// A rough word. Public only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub band: Option<Band>,
    /// Units physically there by the books; may be below zero. Staff only, as all that follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_hand: Option<Quantity>,
    /// Held for baskets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved: Option<Quantity>,
    /// Bound to orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocated: Option<Quantity>,
    /// On hand but not for sale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unavailable: Option<Quantity>,
    /// Ordered or in transit to there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incoming: Option<Quantity>,
    /// Available to promise to a till.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available_till: Option<Quantity>,
    /// Available to promise to the website.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available_web: Option<Quantity>,
    /// Available to promise to a marketplace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available_marketplace: Option<Quantity>,
}

/// A push: the newest level of what changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Levels {
    /// At most one per item and location.
    pub levels: Vec<LevelMessage>,
}
