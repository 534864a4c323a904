//! Which accounts count the uses of a coupon.

use onhand_engine::ids::{AccountId, Label};

/// Sets these hashes apart from any other.
const CONTEXT: &str = "onhand 2026 promotion and customer to account of uses";

/// The account of the uses of a promotion's coupon: by everybody, or by one customer. It stays the same
/// when the promotion is defined anew.
#[must_use]
pub fn account(promotion: &Label, customer: Option<&str>) -> AccountId {
    // A label has no control characters.
    let text = customer.map_or_else(|| promotion.to_string(), |customer| format!("{promotion}\0{customer}"));
    of_text(CONTEXT, &text)
}

/// The account of a customer who has none, or several: there is none of this id.
#[must_use]
pub fn account_of_nobody(customer: &str) -> AccountId {
    of_text("onhand 2026 customer to an account that there is not", customer)
}

fn of_text(context: &str, text: &str) -> AccountId {
    let hash = blake3::derive_key(context, text.as_bytes());
    let (first, _) = hash.split_at(hash.len() / 2);
    AccountId(first.iter().fold(0, |id, byte| id << 8 | u128::from(*byte)))
}
