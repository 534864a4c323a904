//! How often a coupon may be used.

use super::Promotion;
use super::check::PromotionFlaw;

/// How often a coupon may be used: with so many sales in all, with so many of each customer. Counted by
/// accounts of the promotion's own, taken from with the sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uses {
    /// By everybody together; none: as often as they like.
    pub in_all: Option<u32>,
    /// By each customer, who must be named; none: as often as they like.
    pub per_customer: Option<u32>,
}

impl Promotion {
    pub(super) fn check_uses(&self) -> Result<(), PromotionFlaw> {
        let Some(uses) = self.uses else { return Ok(()) };
        let flaw = |why| Err(PromotionFlaw { field: "uses", why });
        if self.coupon.is_none() {
            return flaw("is given, but the promotion has no coupon that could be used");
        }
        let limits = [uses.in_all, uses.per_customer];
        if limits.contains(&Some(0)) {
            return flaw("is zero: the coupon could never be used");
        }
        if limits == [None, None] { flaw("limits nothing: give `in_all` or `per_customer`") } else { Ok(()) }
    }
}
