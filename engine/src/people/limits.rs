//! How far a role goes: the largest discount by hand and the largest refund. Looked at where a sale or return has
//! been decided, with the amounts that it comes to, and before it happens. An approver whose own roles go further
//! lifts them.

use super::{By, Capabilities, Capability, People, User, UserNo, stands_before_a_person};
use crate::catalogue::Key;
use crate::command::{Standing, Tender, TenderKind};
use crate::event::{Event, Return, Sale};
use crate::ids::{Label, LocationId};
use crate::money::Minor;
use crate::quote::{LinePricing, Why};
use crate::refusal::Refusal;

/// One, in parts per million.
const ONE: i128 = 1_000_000;

/// How far a role goes; where it says nothing, as far as its capabilities do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Limits {
    /// The largest part of a line that may be taken off by hand, in parts per million.
    pub discount_ppm_max: Option<u32>,
    /// The most money that may go out with one return, in minor units of the location's currency.
    pub refund_max: Option<Minor>,
}

/// A sale or return goes further than whoever asks for it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OverLimit {
    /// 4042
    #[error("{ppm} parts per million are taken off by hand; without an approval it may be {max}")]
    Discount {
        /// How much of a line is taken off, rounded up.
        ppm: u32,
        /// How much may be.
        max: u32,
    },
    /// 4043
    #[error("{} goes out; without an approval it may be {}", amount.0, max.0)]
    Refund {
        /// How much goes out.
        amount: Minor,
        /// How much may.
        max: Minor,
    },
}

impl OverLimit {
    /// The number people look up.
    #[must_use]
    pub const fn number(&self) -> u16 {
        match self {
            OverLimit::Discount { .. } => 4042,
            OverLimit::Refund { .. } => 4043,
        }
    }
}

impl People {
    /// The limits of a role.
    #[must_use]
    pub fn limits_of(&self, role: &Label) -> Limits {
        self.limits.get(role).copied().unwrap_or_default()
    }

    /// Whether what was decided goes no further than whoever asks may. What has happened is not looked at here, nor
    /// anything where people are not required.
    ///
    /// # Errors
    /// [`OverLimit`].
    pub fn check_limits(
        &self,
        location: LocationId,
        by: By,
        key: Option<&Key>,
        event: &Event,
    ) -> Result<(), OverLimit> {
        let is_checked = !self.limits.is_empty()
            && self.are_required_at(location.real())
            && key.is_some_and(|key| stands_before_a_person(key.role));
        if !is_checked {
            return Ok(());
        }
        match event {
            Event::SaleRecorded(sale) => self.check_discounts(by, sale),
            Event::GoodsReturned(back) => {
                let is_void = back.of.as_ref().is_some_and(|of| of.void.is_some());
                let needed = if is_void { Capability::Void } else { Capability::Return };
                self.check_refund(by, needed, goes_out(back))
            }
            Event::Exchanged { sale, .. } => {
                self.check_discounts(by, sale)?;
                self.check_refund(by, Capability::Return, sale.refunds().map(|tender| tender.amount).sum())
            }
            _ => Ok(()),
        }
    }

    /// Whether whoever asks may lift what limits returns without a receipt, or whoever approves it.
    #[must_use]
    pub fn may_lift(&self, by: By) -> bool {
        let may =
            |no: Option<UserNo>| no.and_then(|no| self.user(no)).map_or(Capabilities::NONE, |user| self.may(user));
        let (own, approved) = (may(by.user), may(by.approver.filter(|approver| by.user != Some(*approver))));
        own.has(Capability::LiftReturnLimits)
            || (approved.has(Capability::LiftReturnLimits) && approved.has(Capability::Approve))
    }

    /// Whether the limits that are lifted for a return without a receipt may be.
    ///
    /// # Errors
    /// [`Refusal::OverReturn`]; [`Refusal::MayNotApprove`] where somebody approved it who may not.
    pub fn check_lifted(&self, by: By, event: &Event) -> Result<(), Refusal> {
        let Event::GoodsReturned(Return { unreceipted: Some(unreceipted), .. }) = event else { return Ok(()) };
        match unreceipted.lifted.first() {
            Some(_) if by.approver.is_some() && !self.may_lift(by) => {
                Err(Refusal::MayNotApprove { capability: Capability::LiftReturnLimits })
            }
            Some(first) if !self.may_lift(by) => Err((*first).into()),
            _ => Ok(()),
        }
    }

    fn check_discounts(&self, by: By, sale: &Sale) -> Result<(), OverLimit> {
        if sale.standing == Standing::Fact {
            return Ok(());
        }
        let priced = sale.pricing.iter().flat_map(|pricing| sale.lines.iter().zip(&pricing.lines));
        let largest = priced.map(|(line, pricing)| part_off(pricing, line.unit_price.times(line.qty))).max();
        let ppm = largest.unwrap_or(0);
        let max = self.largest(by, Capability::Discount, |limits| limits.discount_ppm_max);
        match max.filter(|max| ppm > *max) {
            Some(max) => Err(OverLimit::Discount { ppm, max }),
            None => Ok(()),
        }
    }

    fn check_refund(&self, by: By, needed: Capability, amount: Minor) -> Result<(), OverLimit> {
        let max = self.largest(by, needed, |limits| limits.refund_max);
        match max.filter(|max| amount > *max) {
            Some(max) => Err(OverLimit::Refund { amount, max }),
            None => Ok(()),
        }
    }

    /// How far whoever asks may go, with the approval where there is one; none: as far as they like.
    fn largest<T: Ord>(&self, by: By, needed: Capability, limit: impl Fn(Limits) -> Option<T> + Copy) -> Option<T> {
        let user = |no| self.user(no).filter(|user: &&User| !user.disabled);
        let asker = by.user.and_then(user).map(|user| self.furthest(user, needed, limit));
        let may_approve = |user: &&User| self.may(user).has(Capability::Approve);
        let approver = by.approver.and_then(user).filter(may_approve).map(|user| self.furthest(user, needed, limit));
        let far: Vec<Option<T>> = [asker, approver].into_iter().flatten().flatten().collect();
        // One who has no limit goes further than any.
        if far.iter().any(Option::is_none) { None } else { far.into_iter().flatten().max() }
    }

    /// How far the roles of a user go that name what is needed; none: none does. The furthest of them counts.
    fn furthest<T: Ord>(
        &self,
        user: &User,
        needed: Capability,
        limit: impl Fn(Limits) -> Option<T>,
    ) -> Option<Option<T>> {
        let names = |role: &&Label| self.roles.get(*role).is_some_and(|all: &Capabilities| all.has(needed));
        let far: Vec<Option<T>> = user.roles.iter().filter(names).map(|role| limit(self.limits_of(role))).collect();
        if far.is_empty() {
            return None;
        }
        Some(if far.iter().any(Option::is_none) { None } else { far.into_iter().flatten().max() })
    }
}

/// What of a line a person took off, in parts per million of its price, rounded up.
fn part_off(pricing: &LinePricing, price: Minor) -> u32 {
    let own = pricing.discounts.iter().filter(|discount| matches!(discount.why, Why::Person(_)));
    let off: Minor = own.map(|discount| discount.amount).sum();
    if off <= Minor::ZERO {
        return 0;
    }
    let scaled = i128::from(off.0).saturating_mul(ONE).saturating_add(i128::from(price.0.max(1)).saturating_sub(1));
    let part = scaled.checked_div(i128::from(price.0.max(1))).unwrap_or(ONE);
    u32::try_from(part).unwrap_or(u32::MAX)
}

/// The money that goes out with a return.
fn goes_out(back: &Return) -> Minor {
    let money = |tender: &&Tender| tender.kind != TenderKind::CashRounding && tender.amount > Minor::ZERO;
    if back.tenders.is_empty() { back.gross() } else { back.tenders.iter().filter(money).map(|one| one.amount).sum() }
}
