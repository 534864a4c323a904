//! Which promotions a basket gets, and in which order.

use super::apply::{Saving, Standing};
use super::{Promotion, Promotions};
use crate::catalogue::Item;
use crate::ids::Label;
use crate::money::Minor;
use crate::pricing::Setting;
use crate::qty::{Qty, Unit};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A line of a basket, as promotions see it.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// The item.
    pub item: &'a Item,
    /// How much of it.
    pub qty: Qty,
    /// What it costs without any promotion.
    pub amount: Minor,
    /// Whether promotions may touch it: not when its price was named by a person.
    pub is_open: bool,
}

/// What one promotion took off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied<'a> {
    /// Which.
    pub promotion: &'a Promotion,
    /// What it took off each line it touched, by the line's place; above zero.
    pub shares: Vec<(usize, Minor)>,
}

/// A line that one part of a promotion means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) part: usize,
    pub(super) line: usize,
}

/// A promotion that may fit, with the lines it means: by part, then by line.
#[derive(Clone, Debug)]
pub(super) struct Candidate<'a> {
    pub(super) promotion: &'a Promotion,
    pub(super) hits: Vec<Hit>,
}

/// What a way to apply promotions of one priority has come to.
struct Plan<'a> {
    lines: Vec<Standing>,
    applied: Vec<Applied<'a>>,
}

impl Promotions {
    /// The promotions that a basket gets, in the order in which they were applied.
    #[must_use]
    pub fn apply(&self, lines: &[Line<'_>], coupons: &[Label], setting: &Setting<'_>) -> Vec<Applied<'_>> {
        let mut candidates = self.candidates(lines, coupons, setting);
        candidates.sort_by_key(|candidate| Reverse(candidate.promotion.priority));
        let mut standing: Vec<Standing> = lines.iter().map(Standing::of).collect();
        let mut applied = Vec::new();
        for equals in candidates.chunk_by(|one, next| one.promotion.priority == next.promotion.priority) {
            let plan = Plan::best_of(standing, equals);
            standing = plan.lines;
            applied.extend(plan.applied);
        }
        applied
    }
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

impl<'a> Plan<'a> {
    /// The best that can be made of the promotions of one priority.
    fn best_of(lines: Vec<Standing>, equals: &[Candidate<'a>]) -> Self {
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
    fn of(mut lines: Vec<Standing>, equals: &[Candidate<'a>], may: impl Fn(&Promotion) -> bool) -> Self {
        lines.iter_mut().for_each(|line| line.changed = 0);
        let mut plan = Self { lines, applied: Vec::new() };
        let saves = |candidate: &Candidate<'a>, lines: &[Standing]| {
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

    fn take(&mut self, promotion: &'a Promotion, saving: &Saving) {
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
        self.applied.push(Applied { promotion, shares });
    }
}
