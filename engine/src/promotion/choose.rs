//! Which promotions a basket gets, and in which order.

use super::apply::{Room, Standing};
use super::index::Candidate;
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

/// What a way to apply promotions of one priority has come to.
struct Plan<'a, 'h> {
    lines: Vec<Standing>,
    /// Each promotion with where its shares end.
    applied: Vec<(&'h Candidate<'a, 'h>, usize)>,
    /// Line and what was taken off it.
    shares: Vec<(usize, Minor)>,
}

/// Promotions of one priority, each with what it would save of the basket as it stood before them.
struct Equals<'h, 'a> {
    candidates: &'h [Candidate<'a, 'h>],
    saves: Vec<Minor>,
}

impl Promotions {
    /// The promotions that a basket gets, in the order in which they were applied.
    #[must_use]
    pub fn apply(&self, lines: &[Line<'_>], coupons: &[Label], setting: &Setting<'_>) -> Vec<Applied<'_>> {
        let hits = self.hits(lines, coupons);
        let candidates = self.candidates(&hits, setting);
        let mut standing: Vec<Standing> = lines.iter().map(Standing::of).collect();
        let mut room = Room::default();
        let mut applied = Vec::new();
        let priority = |candidate: &Candidate<'_, '_>| candidate.entry.head.priority;
        for candidates in candidates.chunk_by(|one, next| priority(one) == priority(next)) {
            let saves = candidates.iter().map(|candidate| candidate.weigh(&standing, &mut room)).collect();
            let plan = Equals { candidates, saves }.best(standing, &mut room);
            applied.extend(plan.applied());
            standing = plan.lines;
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

impl<'h, 'a> Equals<'h, 'a> {
    /// The best that can be made of them.
    fn best(&self, lines: Vec<Standing>, room: &mut Room) -> Plan<'a, 'h> {
        let has = |exclusive: bool| self.candidates.iter().any(|one| one.entry.head.exclusive == exclusive);
        if !has(true) || !has(false) {
            return self.plan(lines, true, room);
        }
        let combined = self.plan(lines.clone(), false, room);
        let all = self.plan(lines, true, room);
        if combined.left() < all.left() { combined } else { all }
    }

    /// The best first, as long as one saves something, with the exclusive ones or without. What one can
    /// save only falls as others are applied, and only when they touch a line of its own: few are looked at
    /// again.
    fn plan(&self, mut lines: Vec<Standing>, with_exclusive: bool, room: &mut Room) -> Plan<'a, 'h> {
        lines.iter_mut().for_each(|line| line.changed = 0);
        let count = self.candidates.len();
        let (applied, shares) = (Vec::with_capacity(count), Vec::with_capacity(count.saturating_mul(4)));
        let mut plan = Plan { lines, applied, shares };
        let may = |candidate: &Candidate<'_, '_>| with_exclusive || !candidate.entry.head.exclusive;
        if let ([only], [saves]) = (self.candidates, self.saves.as_slice()) {
            if *saves > Minor::ZERO && may(only) {
                plan.take(only, room);
            }
            return plan;
        }
        let saving = self.candidates.iter().zip(&self.saves).enumerate();
        let saving = saving.filter(|(_, (candidate, saves))| **saves > Minor::ZERO && may(candidate));
        let mut waiting: Vec<(Minor, Reverse<usize>)> = Vec::with_capacity(count);
        waiting.extend(saving.map(|(at, (_, saves))| (*saves, Reverse(at))));
        let mut waiting = BinaryHeap::from(waiting);
        // How many had been applied when each was weighed last.
        let mut known = vec![0; count];
        while let Some((total, Reverse(at))) = waiting.pop() {
            let (Some(candidate), Some(known)) = (self.candidates.get(at), known.get_mut(at)) else { continue };
            let has_changed = |line: &Standing| line.changed > *known;
            if candidate.hits.iter().any(|hit| plan.lines.get(hit.line()).is_some_and(has_changed)) {
                *known = plan.applied.len();
                let left = candidate.weigh(&plan.lines, room);
                if left < total {
                    if left > Minor::ZERO {
                        waiting.push((left, Reverse(at)));
                    }
                    continue;
                }
            }
            plan.take(candidate, room);
        }
        plan
    }
}

impl<'a, 'h> Plan<'a, 'h> {
    fn left(&self) -> Minor {
        self.lines.iter().map(|line| line.left).sum()
    }

    fn take(&mut self, candidate: &'h Candidate<'a, 'h>, room: &mut Room) {
        let changed = self.applied.len().saturating_add(1);
        for share in candidate.shares(&self.lines, room) {
            if let Some(line) = self.lines.get_mut(share.line) {
                line.take(share);
                line.changed = changed;
                line.is_closed |= candidate.entry.head.exclusive;
            }
            if share.off > Minor::ZERO {
                self.shares.push((share.line, share.off));
            }
        }
        self.applied.push((candidate, self.shares.len()));
    }

    fn applied(&self) -> impl Iterator<Item = Applied<'a>> {
        let mut begin = 0;
        self.applied.iter().map(move |(candidate, end)| {
            let shares = self.shares.get(begin..*end).unwrap_or_default().to_vec();
            begin = *end;
            Applied { promotion: &candidate.entry.promotion, shares }
        })
    }
}
