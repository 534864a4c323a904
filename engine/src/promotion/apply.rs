//! What one promotion would take off a basket as it stands.

use super::head::Gain;
use super::index::Candidate;
use super::sets::Making;
use super::{Benefit, Off, sets};
use crate::money::{Minor, divide_half_up, split};
use crate::qty::Qty;
use crate::tax::RatePpm;

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

/// Units of one line that are in no set yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Units {
    pub(super) line: usize,
    /// The part of a set that means them.
    pub(super) part: usize,
    pub(super) free: i64,
    pub(super) left: Minor,
}

/// Room to weigh promotions in: a basket meets hundreds, and nothing is allocated for one that is only
/// weighed.
#[derive(Debug, Default)]
pub(super) struct Room {
    units: Vec<Units>,
    /// What the one weighed last takes an amount off together: line, worth, units of it in sets.
    used: Vec<(usize, Minor, i64)>,
    taken: Vec<i64>,
    shares: Vec<Share>,
}

impl Standing {
    const fn is_open_to(&self, is_exclusive: bool) -> bool {
        !(self.is_closed || is_exclusive && self.is_discounted)
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

impl Units {
    /// What some of them are worth.
    pub(super) fn value_of(&self, pieces: i64) -> Minor {
        if pieces == self.free { self.left } else { proportion(self.left, pieces, self.free) }
    }
}

impl Off {
    /// What it takes off an amount, never more than all of it.
    pub(crate) fn of(self, amount: Minor) -> Minor {
        match self {
            Off::Percent(part) => part_of(amount, part),
            Off::Amount(off) => off.min(amount),
        }
    }
}

/// So many parts of an amount that has `of` parts, rounded down.
fn proportion(amount: Minor, parts: i64, of: i64) -> Minor {
    let part = match amount.0.checked_mul(parts) {
        Some(exact) => exact.checked_div(of).unwrap_or(0),
        None => {
            let exact = i128::from(amount.0).saturating_mul(i128::from(parts));
            i64::try_from(exact.checked_div(i128::from(of)).unwrap_or(0)).unwrap_or(i64::MAX)
        }
    };
    Minor(part).min(amount)
}

/// A part of an amount, rounded half up.
pub(super) fn part_of(amount: Minor, part: RatePpm) -> Minor {
    Minor(divide_half_up(i128::from(amount.0).saturating_mul(i128::from(part.0)), 1_000_000)).min(amount)
}

impl Candidate<'_, '_> {
    /// What it would take off lines as they stand.
    pub(super) fn weigh(&self, lines: &[Standing], room: &mut Room) -> Minor {
        if let Some(off) = self.each() {
            return self.open(lines).map(|(_, line)| off(line).max(Minor::ZERO)).sum();
        }
        self.together(lines, room)
    }

    /// The same, line by line.
    pub(super) fn shares<'r>(&self, lines: &[Standing], room: &'r mut Room) -> &'r [Share] {
        room.shares.clear();
        if let Some(off) = self.each() {
            let share = |(at, line): (usize, &Standing)| {
                let off = off(line);
                (off > Minor::ZERO).then_some(Share { line: at, off, pieces: 0, worth: Minor::ZERO })
            };
            room.shares.extend(self.open(lines).filter_map(share));
            return &room.shares;
        }
        let off = self.together(lines, room);
        // Shared among the lines by what each of them is worth in it.
        let weights: Vec<u64> = room.used.iter().map(|(_, worth, _)| worth.0.unsigned_abs()).collect();
        let shares = room.used.iter().zip(split(off, &weights));
        let share = |((line, worth, pieces), off): (&(usize, Minor, i64), Minor)| Share {
            line: *line,
            off,
            pieces: *pieces,
            worth: *worth,
        };
        room.shares.extend(shares.map(share));
        &room.shares
    }

    /// The lines that it may take something off.
    fn open<'l>(&self, lines: &'l [Standing]) -> impl Iterator<Item = (usize, &'l Standing)> {
        let is_exclusive = self.entry.head.exclusive;
        let hits = self.hits.iter().filter_map(|hit| Some((hit.line(), lines.get(hit.line())?)));
        hits.filter(move |(_, line)| line.is_open_to(is_exclusive))
    }

    /// What it takes off each line by itself; none when it looks at them together.
    fn each(&self) -> Option<impl Fn(&Standing) -> Minor> {
        let gain = self.entry.head.gain;
        let off = move |line: &Standing| {
            let off = match gain {
                Gain::Each(Off::Percent(part)) => part_of(line.left, part),
                Gain::Each(Off::Amount(off)) => off.times(line.qty),
                Gain::Price(price) => line.left.minus(price.times(line.qty)),
                Gain::BuyGet { .. } | Gain::Multi { .. } | Gain::Set { .. } | Gain::Spend { .. } => Minor::ZERO,
            };
            off.min(line.left)
        };
        matches!(gain, Gain::Each(_) | Gain::Price(_)).then_some(off)
    }

    /// What it takes off its lines together, and which.
    fn together(&self, lines: &[Standing], room: &mut Room) -> Minor {
        let Room { units, used, taken, .. } = room;
        used.clear();
        match self.entry.head.gain {
            Gain::Spend { at_least, off } => {
                let all = self.hits.iter().filter_map(|hit| lines.get(hit.line()));
                if all.map(|line| line.left).sum::<Minor>() < at_least {
                    return Minor::ZERO;
                }
                used.extend(self.open(lines).map(|(at, line)| (at, line.left, 0)));
                off.of(used.iter().map(|(_, left, _)| *left).sum())
            }
            Gain::BuyGet { buy, get, off } => {
                let group = i64::from(buy).saturating_add(i64::from(get));
                // Most baskets have too few of most sets: that costs nothing more to find out.
                if self.free(lines, 0) < group {
                    return Minor::ZERO;
                }
                self.gather(lines, units);
                sets::buy_get(units, i64::from(buy), i64::from(get), off, used)
            }
            Gain::Multi { units: of_one, price } => {
                if self.free(lines, 0) < i64::from(of_one) {
                    return Minor::ZERO;
                }
                self.gather(lines, units);
                let parts = &[i64::from(of_one)];
                sets::for_a_price(&mut Making { lines: units, parts, taken, used }, price)
            }
            Gain::Set { price } => {
                let Benefit::Set { parts, .. } = &self.entry.promotion.benefit else { return Minor::ZERO };
                if parts.iter().enumerate().any(|(at, part)| self.free(lines, at) < i64::from(part.units)) {
                    return Minor::ZERO;
                }
                self.gather(lines, units);
                let parts: Vec<i64> = parts.iter().map(|part| i64::from(part.units)).collect();
                sets::for_a_price(&mut Making { lines: units, parts: &parts, taken, used }, price)
            }
            Gain::Each(_) | Gain::Price(_) => Minor::ZERO,
        }
    }

    /// How many units that one part means are in no set yet.
    fn free(&self, lines: &[Standing], part: usize) -> i64 {
        let is_exclusive = self.entry.head.exclusive;
        let of_part = self.hits.iter().filter(|hit| hit.part() == part).filter_map(|hit| lines.get(hit.line()));
        let open = of_part.filter(|line| line.is_open_to(is_exclusive));
        open.fold(0, |free, line| free.saturating_add(line.free))
    }

    /// The units that are in no set yet: part by part, the dearest first.
    fn gather(&self, lines: &[Standing], units: &mut Vec<Units>) {
        let is_exclusive = self.entry.head.exclusive;
        let of_hit = |(part, at): (usize, usize)| {
            let line = lines.get(at).filter(|line| line.is_open_to(is_exclusive) && line.free > 0)?;
            Some(Units { line: at, part, free: line.free, left: line.free_left })
        };
        units.clear();
        units.extend(self.hits.iter().map(|hit| (hit.part(), hit.line())).filter_map(of_hit));
        let times = |amount: Minor, pieces: i64| i128::from(amount.0).saturating_mul(i128::from(pieces));
        units.sort_unstable_by(|one, other| {
            let dearer = || times(other.left, one.free).cmp(&times(one.left, other.free));
            one.part.cmp(&other.part).then_with(dearer).then(one.line.cmp(&other.line))
        });
    }
}
