//! Sets of units: 3 for 10.00, a meal deal, buy two get one. A line may have very many units, so they are
//! counted by the line, never one by one.

use super::apply::{Saving, Standing, part_of, shared};
use onhand_engine::money::Minor;
use onhand_engine::tax::RatePpm;

type Placed = (usize, Standing);

/// Lines with units that are in no set yet, the dearest unit first.
fn dearest_first(lines: impl Iterator<Item = Placed>) -> Vec<Placed> {
    let mut lines: Vec<Placed> = lines.filter(|(_, line)| line.free > 0).collect();
    let times = |amount: Minor, pieces: i64| i128::from(amount.0).saturating_mul(i128::from(pieces));
    lines.sort_by(|(at, one), (to, other)| {
        times(other.free_left, one.free).cmp(&times(one.free_left, other.free)).then(at.cmp(to))
    });
    lines
}

/// Of every `buy + get` units, the dearest together, the `get` cheapest are cheaper. What that comes to is
/// shared among all units of the groups, so that giving one back gives back its part.
pub(super) fn buy_get<'l>(
    lines: impl Iterator<Item = (usize, &'l Standing)>,
    buy: u32,
    get: u32,
    part: RatePpm,
) -> Saving {
    let (buy, get) = (i64::from(buy), i64::from(get));
    let group = buy.saturating_add(get);
    let lines: Vec<Placed> = lines.map(|(at, line)| (at, *line)).collect();
    if sum(lines.iter().map(|(_, line)| line.free)) < group {
        return Saving::default();
    }
    let lines = dearest_first(lines.into_iter());
    let whole = |units: i64| units.checked_div(group).unwrap_or(0);
    // Of the first so many units, how many are cheaper.
    let cheaper = |units: i64| {
        let rest = units.checked_rem(group).unwrap_or(0).saturating_sub(buy).max(0);
        whole(units).saturating_mul(get).saturating_add(rest)
    };
    let grouped = whole(sum(lines.iter().map(|(_, line)| line.free))).saturating_mul(group);
    let (mut begin, mut off, mut used) = (0_i64, Minor::ZERO, Vec::new());
    for (at, line) in &lines {
        let end = begin.saturating_add(line.free).min(grouped);
        let pieces = end.saturating_sub(begin);
        if pieces <= 0 {
            break;
        }
        let cheap = cheaper(end).saturating_sub(cheaper(begin));
        off = off.plus(part_of(line.value_of(cheap), part));
        used.push((*at, line.value_of(pieces), pieces));
        begin = end;
    }
    shared(off, used.into_iter())
}

/// As many sets for a price as save something: the dearest units go into the first set, so each further
/// one saves less.
pub(super) fn for_a_price(parts: &[(i64, Vec<Placed>)], price: Minor) -> Saving {
    let parts: Vec<(i64, Vec<Placed>)> =
        parts.iter().map(|(units, lines)| (*units, dearest_first(lines.iter().copied()))).collect();
    let possible = |(units, lines): &(i64, Vec<Placed>)| {
        sum(lines.iter().map(|(_, line)| line.free)).checked_div(*units).unwrap_or(0)
    };
    let worth_it = |sets: i64| {
        let with = made(&parts, sets).map(|used| worth(&used));
        let without = made(&parts, sets.saturating_sub(1)).map(|used| worth(&used));
        matches!((with, without), (Some(with), Some(without)) if with.minus(without) > price)
    };
    let (mut sets, mut too_many) = (0_i64, parts.iter().map(possible).min().unwrap_or(0).saturating_add(1));
    while too_many.saturating_sub(sets) > 1 {
        let middle = sets.midpoint(too_many);
        if worth_it(middle) {
            sets = middle;
        } else {
            too_many = middle;
        }
    }
    let used = made(&parts, sets).unwrap_or_default();
    let off = worth(&used).minus(Minor(price.0.saturating_mul(sets)));
    if off <= Minor::ZERO { Saving::default() } else { shared(off, used.into_iter()) }
}

/// The lines that so many sets take their units from, with what these are worth; none when there are too
/// few.
fn made(parts: &[(i64, Vec<Placed>)], sets: i64) -> Option<Vec<(usize, Minor, i64)>> {
    let lines = parts.iter().flat_map(|(_, lines)| lines).map(|(at, _)| *at).max().map_or(0, |at| at.saturating_add(1));
    let mut taken: Vec<(i64, Option<Standing>)> = vec![(0, None); lines];
    for (units, lines) in parts {
        let mut wanted = units.saturating_mul(sets);
        for (at, line) in lines {
            let place = taken.get_mut(*at)?;
            let pieces = line.free.saturating_sub(place.0).min(wanted);
            *place = (place.0.saturating_add(pieces), Some(*line));
            wanted = wanted.saturating_sub(pieces);
        }
        if wanted > 0 {
            return None;
        }
    }
    let used = taken.iter().enumerate().filter(|(_, (pieces, _))| *pieces > 0);
    Some(used.filter_map(|(at, (pieces, line))| Some((at, (*line)?.value_of(*pieces), *pieces))).collect())
}

fn worth(used: &[(usize, Minor, i64)]) -> Minor {
    used.iter().map(|(_, worth, _)| *worth).sum()
}

fn sum(units: impl Iterator<Item = i64>) -> i64 {
    units.fold(0, i64::saturating_add)
}
