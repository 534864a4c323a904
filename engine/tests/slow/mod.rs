//! Which promotions a basket gets, the slow way round: every promotion is looked at, with every line, and
//! what it saves is worked out in full each time. The engine must come to the same.

mod apply;
mod sets;

use apply::{Saving, Standing};
use onhand_engine::ids::Label;
use onhand_engine::money::Minor;
use onhand_engine::pricing::Setting;
use onhand_engine::promotion::{Line, Promotion};
use onhand_engine::qty::{Qty, Unit};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What one promotion took off: its code, and how much off which line.
pub(crate) type Applied = (Label, Vec<(usize, Minor)>);

/// A line that one part of a promotion means.
#[derive(Clone, Copy)]
struct Hit {
    part: usize,
    line: usize,
}

/// A promotion that may fit, with the lines it means: by part, then by line.
struct Candidate<'a> {
    promotion: &'a Promotion,
    hits: Vec<Hit>,
}

/// What a way to apply promotions of one priority has come to.
struct Plan {
    lines: Vec<Standing>,
    applied: Vec<Applied>,
}

/// The promotions that a basket gets, in the order in which they are applied.
pub(crate) fn apply(
    promotions: &[Promotion],
    lines: &[Line<'_>],
    coupons: &[Label],
    setting: &Setting<'_>,
) -> Vec<Applied> {
    let mut candidates: Vec<Candidate<'_>> =
        promotions.iter().filter_map(|one| candidate(one, lines, coupons, setting)).collect();
    candidates.sort_by_key(|one| (Reverse(one.promotion.priority), one.promotion.code.clone()));
    let mut standing: Vec<Standing> = lines.iter().map(Standing::of).collect();
    let mut applied = Vec::new();
    for equals in candidates.chunk_by(|one, next| one.promotion.priority == next.promotion.priority) {
        let plan = Plan::best_of(standing, equals);
        standing = plan.lines;
        applied.extend(plan.applied);
    }
    applied
}

fn candidate<'a>(
    promotion: &'a Promotion,
    lines: &[Line<'_>],
    coupons: &[Label],
    setting: &Setting<'_>,
) -> Option<Candidate<'a>> {
    let is_shown = promotion.coupon.as_ref().is_none_or(|coupon| coupons.contains(coupon));
    let is_meant = promotion.currency.is_none_or(|currency| currency == setting.location.currency);
    if !is_shown || !is_meant || !promotion.terms.hold(setting) {
        return None;
    }
    let mut hits = Vec::new();
    for (part, scope) in promotion.benefit.scopes().into_iter().enumerate() {
        let meant = lines.iter().enumerate().filter(|(_, line)| line.is_open && scope.has(line.item));
        hits.extend(meant.map(|(line, _)| Hit { part, line }));
    }
    (!hits.is_empty()).then_some(Candidate { promotion, hits })
}

impl Standing {
    fn of(line: &Line<'_>) -> Self {
        // Half a piece, or a kilogram of ham, is in no set.
        let is_counted = line.item.unit == Unit::Each && line.qty.is_whole();
        let pieces = if is_counted { line.qty.milli().checked_div(Qty::SCALE).unwrap_or(0) } else { 0 };
        let left = line.amount;
        Self {
            left,
            qty: line.qty,
            free: pieces,
            free_left: left,
            is_discounted: false,
            is_closed: !line.is_open,
            changed: 0,
        }
    }
}

impl Plan {
    /// The best that can be made of the promotions of one priority.
    fn best_of(lines: Vec<Standing>, equals: &[Candidate<'_>]) -> Self {
        let has = |exclusive: bool| equals.iter().any(|candidate| candidate.promotion.exclusive == exclusive);
        if !has(true) || !has(false) {
            return Self::of(lines, equals, |_| true);
        }
        let combined = Self::of(lines.clone(), equals, |promotion| !promotion.exclusive);
        let all = Self::of(lines, equals, |_| true);
        if combined.left() < all.left() { combined } else { all }
    }

    fn left(&self) -> Minor {
        self.lines.iter().map(|line| line.left).sum()
    }

    /// The best first, as long as one saves something. What one can save only falls as others are
    /// applied, and only when they touch a line of its own: few are looked at again.
    fn of(mut lines: Vec<Standing>, equals: &[Candidate<'_>], may: impl Fn(&Promotion) -> bool) -> Self {
        lines.iter_mut().for_each(|line| line.changed = 0);
        let mut plan = Self { lines, applied: Vec::new() };
        let saves = |candidate: &Candidate<'_>, lines: &[Standing]| {
            let saving = may(candidate.promotion).then(|| Saving::of(candidate, lines));
            let total = saving.as_ref().map_or(Minor::ZERO, Saving::total);
            (saving.unwrap_or_default(), total)
        };
        let mut savings: Vec<(Saving, usize)> = Vec::with_capacity(equals.len());
        let mut waiting: BinaryHeap<(Minor, Reverse<usize>)> = BinaryHeap::with_capacity(equals.len());
        for (at, candidate) in equals.iter().enumerate() {
            let (saving, total) = saves(candidate, &plan.lines);
            savings.push((saving, 0));
            if total > Minor::ZERO {
                waiting.push((total, Reverse(at)));
            }
        }
        while let Some((total, Reverse(at))) = waiting.pop() {
            let (Some(candidate), Some((saving, known))) = (equals.get(at), savings.get_mut(at)) else { continue };
            if candidate.hits.iter().any(|hit| plan.lines.get(hit.line).is_some_and(|line| line.changed > *known)) {
                let (now, left) = saves(candidate, &plan.lines);
                (*saving, *known) = (now, plan.applied.len());
                if left < total {
                    if left > Minor::ZERO {
                        waiting.push((left, Reverse(at)));
                    }
                    continue;
                }
            }
            let saving = std::mem::take(saving);
            plan.take(candidate.promotion, &saving);
        }
        plan
    }

    fn take(&mut self, promotion: &Promotion, saving: &Saving) {
        let changed = self.applied.len().saturating_add(1);
        for share in &saving.shares {
            if let Some(line) = self.lines.get_mut(share.line) {
                line.take(share);
                line.changed = changed;
                line.is_closed |= promotion.exclusive;
            }
        }
        let shares = saving.shares.iter().filter(|share| share.off > Minor::ZERO);
        let shares = shares.map(|share| (share.line, share.off)).collect();
        self.applied.push((promotion.code.clone(), shares));
    }
}
