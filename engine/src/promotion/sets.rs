//! Sets of units: 3 for 10.00, a meal deal, buy two get one. A line may have very many units, so they are
//! counted by the line, never one by one.

use super::apply::{Units, part_of};
use crate::money::Minor;
use crate::tax::RatePpm;

/// Lines with what their units in sets are worth and how many these are.
type Used = Vec<(usize, Minor, i64)>;

/// Of every `buy + get` units, the dearest together, the `get` cheapest are cheaper: by how much, and by
/// which lines. What that comes to is shared among all units of the groups, so that giving one back gives
/// back its part. The dearest unit comes first.
pub(super) fn buy_get(lines: &[Units], buy: i64, get: i64, part: RatePpm, used: &mut Used) -> Minor {
    let group = buy.saturating_add(get);
    let whole = |units: i64| units.checked_div(group).unwrap_or(0);
    // Of the first so many units, how many are cheaper.
    let cheaper = |units: i64| {
        let rest = units.checked_rem(group).unwrap_or(0).saturating_sub(buy).max(0);
        whole(units).saturating_mul(get).saturating_add(rest)
    };
    let grouped = whole(sum(lines)).saturating_mul(group);
    let (mut begin, mut off) = (0_i64, Minor::ZERO);
    for units in lines {
        let end = begin.saturating_add(units.free).min(grouped);
        let pieces = end.saturating_sub(begin);
        if pieces <= 0 {
            break;
        }
        let cheap = cheaper(end).saturating_sub(cheaper(begin));
        off = off.plus(part_of(units.value_of(cheap), part));
        used.push((units.line, units.value_of(pieces), pieces));
        begin = end;
    }
    off
}

/// As many sets for a price as save something: the dearest units go into the first set, so each further
/// one saves less. How much they save together; which lines do is noted.
pub(super) fn for_a_price(making: &mut Making<'_>, price: Minor) -> Minor {
    let (lines, parts) = (making.lines, making.parts);
    let possible = |(at, units): (usize, &i64)| sum(of_part(lines, at)).checked_div(*units).unwrap_or(0);
    let most = parts.iter().enumerate().map(possible).min().unwrap_or(0);
    let (mut sets, mut too_many) = (0_i64, most.saturating_add(1));
    while too_many.saturating_sub(sets) > 1 {
        let middle = sets.midpoint(too_many);
        let (with, without) = (making.worth(middle), making.worth(middle.saturating_sub(1)));
        if matches!((with, without), (Some(with), Some(without)) if with.minus(without) > price) {
            sets = middle;
        } else {
            too_many = middle;
        }
    }
    let worth = making.worth(sets).unwrap_or_default();
    let off = worth.minus(Minor(price.0.saturating_mul(sets)));
    if off <= Minor::ZERO {
        making.used.clear();
        return Minor::ZERO;
    }
    making.used.sort_unstable_by_key(|(line, ..)| *line);
    off
}

/// Sets being made up.
pub(super) struct Making<'a> {
    /// The units of each part together, the dearest first.
    pub(super) lines: &'a [Units],
    /// How many units of each part a set has.
    pub(super) parts: &'a [i64],
    /// Units of each line that are in them.
    pub(super) taken: &'a mut Vec<i64>,
    /// The lines that are in them.
    pub(super) used: &'a mut Used,
}

impl Making<'_> {
    /// What the units in so many sets are worth; none when there are too few. They are noted.
    fn worth(&mut self, sets: i64) -> Option<Minor> {
        let Self { lines, parts, taken, used } = self;
        used.clear();
        taken.clear();
        taken.resize(lines.iter().map(|units| units.line.saturating_add(1)).max().unwrap_or(0), 0);
        for (at, units) in parts.iter().enumerate() {
            let mut wanted = units.saturating_mul(sets);
            for units in of_part(lines, at) {
                let taken = taken.get_mut(units.line)?;
                let pieces = units.free.saturating_sub(*taken).min(wanted);
                *taken = taken.saturating_add(pieces);
                wanted = wanted.saturating_sub(pieces);
            }
            if wanted > 0 {
                return None;
            }
        }
        for units in *lines {
            // A line that several parts mean is told once.
            let pieces = std::mem::take(taken.get_mut(units.line)?);
            if pieces > 0 {
                used.push((units.line, units.value_of(pieces), pieces));
            }
        }
        Some(used.iter().map(|(_, worth, _)| *worth).sum())
    }
}

fn of_part(lines: &[Units], part: usize) -> &[Units] {
    let begin = lines.partition_point(|units| units.part < part);
    let end = lines.partition_point(|units| units.part <= part);
    lines.get(begin..end).unwrap_or_default()
}

fn sum(lines: &[Units]) -> i64 {
    lines.iter().fold(0, |sum, units| sum.saturating_add(units.free))
}
