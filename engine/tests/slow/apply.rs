//! What one promotion would take off a basket as it stands.

use super::{Candidate, sets};
use onhand_engine::money::{Minor, divide_half_up, split};
use onhand_engine::promotion::{Benefit, Off, Promotion};
use onhand_engine::qty::Qty;
use onhand_engine::tax::RatePpm;

/// How a line stands after the promotions so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// What is left of its price.
    pub(super) left: Minor,
    pub(super) qty: Qty,
    /// Units that are in no set yet, where it is sold by the piece.
    pub(super) free: i64,
    /// What of `left` is theirs: each has as much of it.
    pub(super) free_left: Minor,
    /// A promotion has touched it.
    pub(super) is_discounted: bool,
    /// No promotion may touch it any more.
    pub(super) is_closed: bool,
    /// How many promotions of this priority had been applied when one last touched it.
    pub(super) changed: usize,
}

/// What is taken off one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) line: usize,
    pub(super) off: Minor,
    /// Units of it that are in sets by this.
    pub(super) pieces: i64,
    /// What they were worth; zero when there are none.
    pub(super) worth: Minor,
}

/// What a promotion takes off; nothing when it does not fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Saving {
    pub(super) shares: Vec<Share>,
}

impl Standing {
    fn is_open_to(&self, promotion: &Promotion) -> bool {
        !(self.is_closed || promotion.exclusive && self.is_discounted)
    }

    /// What some of the units that are in no set yet are worth.
    pub(super) fn value_of(&self, pieces: i64) -> Minor {
        proportion(self.free_left, pieces, self.free)
    }

    /// Takes something off it.
    pub(super) fn take(&mut self, share: &Share) {
        if share.pieces > 0 {
            self.free = self.free.saturating_sub(share.pieces);
            self.free_left = self.free_left.minus(share.worth);
        } else {
            self.free_left = self.free_left.minus(proportion(self.free_left, share.off.0, self.left.0));
        }
        self.left = self.left.minus(share.off);
        self.is_discounted = true;
    }
}

/// What is taken off an amount, never more than all of it.
fn off_of(off: Off, amount: Minor) -> Minor {
    match off {
        Off::Percent(part) => part_of(amount, part),
        Off::Amount(off) => off.min(amount),
    }
}

/// So many parts of an amount that has `of` parts, rounded down.
fn proportion(amount: Minor, parts: i64, of: i64) -> Minor {
    let exact = i128::from(amount.0).saturating_mul(i128::from(parts));
    let part = exact.checked_div(i128::from(of)).unwrap_or(0);
    Minor(i64::try_from(part).unwrap_or(i64::MAX)).min(amount)
}

/// A part of an amount, rounded half up.
pub(super) fn part_of(amount: Minor, part: RatePpm) -> Minor {
    Minor(divide_half_up(i128::from(amount.0).saturating_mul(i128::from(part.0)), 1_000_000)).min(amount)
}

/// Shares an amount that is taken off among lines, by what each of them is worth in it.
pub(super) fn shared(off: Minor, lines: impl Iterator<Item = (usize, Minor, i64)>) -> Saving {
    let lines: Vec<_> = lines.collect();
    let weights: Vec<u64> = lines.iter().map(|(_, worth, _)| worth.0.unsigned_abs()).collect();
    let shares = lines.iter().zip(split(off, &weights));
    let share = |((line, worth, pieces), off): (&(usize, Minor, i64), Minor)| Share {
        line: *line,
        off,
        pieces: *pieces,
        worth: *worth,
    };
    Saving { shares: shares.map(share).collect() }
}

impl Saving {
    /// What the candidate would take off lines as they stand.
    pub(super) fn of(candidate: &Candidate<'_>, lines: &[Standing]) -> Self {
        let promotion = candidate.promotion;
        let open = || {
            let hits = candidate.hits.iter().filter_map(|hit| Some((hit.line, lines.get(hit.line)?)));
            hits.filter(|(_, line)| line.is_open_to(promotion))
        };
        match &promotion.benefit {
            Benefit::Each { off: Off::Percent(part), .. } => Self::each(open(), |line| part_of(line.left, *part)),
            Benefit::Each { off: Off::Amount(off), .. } => Self::each(open(), |line| off.times(line.qty)),
            Benefit::Price { price, .. } => Self::each(open(), |line| line.left.minus(price.times(line.qty))),
            Benefit::Spend { at_least, off, .. } => {
                let all = candidate.hits.iter().filter_map(|hit| lines.get(hit.line));
                if all.map(|line| line.left).sum::<Minor>() < *at_least {
                    return Self::default();
                }
                let off = off_of(*off, open().map(|(_, line)| line.left).sum());
                shared(off, open().map(|(at, line)| (at, line.left, 0)))
            }
            Benefit::BuyGet { buy, get, off, .. } => sets::buy_get(open(), *buy, *get, *off),
            Benefit::Set { parts, price } => {
                let free = |part: usize| {
                    let hits = candidate.hits.iter().filter(move |hit| hit.part == part);
                    let lines = hits.filter_map(|hit| lines.get(hit.line)).filter(|line| line.is_open_to(promotion));
                    lines.fold(0_i64, |free, line| free.saturating_add(line.free))
                };
                // Most baskets have too few of most sets: that costs nothing more to find out.
                if parts.iter().enumerate().any(|(at, part)| free(at) < i64::from(part.units)) {
                    return Self::default();
                }
                let of_part = |part: usize| {
                    let hits = candidate.hits.iter().filter(move |hit| hit.part == part).map(|hit| hit.line);
                    let standing = hits.filter_map(|at| Some((at, *lines.get(at)?)));
                    standing.filter(|(_, line)| line.is_open_to(promotion)).collect::<Vec<_>>()
                };
                let parts: Vec<_> =
                    parts.iter().enumerate().map(|(at, part)| (i64::from(part.units), of_part(at))).collect();
                sets::for_a_price(&parts, *price)
            }
        }
    }

    fn each<'l>(lines: impl Iterator<Item = (usize, &'l Standing)>, off: impl Fn(&Standing) -> Minor) -> Self {
        let share = |(at, line): (usize, &Standing)| {
            let off = off(line).min(line.left);
            (off > Minor::ZERO).then_some(Share { line: at, off, pieces: 0, worth: Minor::ZERO })
        };
        Self { shares: lines.filter_map(share).collect() }
    }

    pub(super) fn total(&self) -> Minor {
        self.shares.iter().map(|share| share.off).sum()
    }
}
