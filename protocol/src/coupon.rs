//! Which accounts count the uses of a coupon.

use onhand_engine::ids::{AccountId, Label};

/// Sets these hashes apart from any other.
const CONTEXT: &str = "onhand 2026 promotion and customer to account of uses";

/// The account of the uses of a promotion's coupon: by everybody, or by one customer. It stays the same
/// when the promotion is defined anew.
#[must_use]
pub fn account(promotion: &Label, customer: Option<&Label>) -> AccountId {
    // A label has no control characters.
    let text = customer.map_or_else(|| promotion.to_string(), |customer| format!("{promotion}\0{customer}"));
    let hash = blake3::derive_key(CONTEXT, text.as_bytes());
    let (first, _) = hash.split_at(hash.len() / 2);
    AccountId(first.iter().fold(0, |id, byte| id << 8 | u128::from(*byte)))
}
