//! From numbers to names: an interval as its message.

use super::interval::{Gauges, Interval, Noted};
use super::rates::{Rates, descending, shown, units};
use onhand_actors::directory::Directory;
use onhand_actors::figures::{HoldFigures, Margin, Spot};
use onhand_actors::handle::Handle;
use onhand_actors::histogram::Distribution;
use onhand_engine::catalogue::{Item, Location};
use onhand_engine::command::Channel;
use onhand_engine::money::{Minor, divide_half_up};
use onhand_engine::qty::Qty;
use onhand_engine::refusal::name_of;
use onhand_engine::store::Totals;
use onhand_engine::time::Timestamp;
use onhand_protocol::message::{
    Ages, AppendTimes, Holds, Latency, LiveStock, LogFigures, LostSales, MetricsMessage, MetricsOfLocation, Notable,
    RefusedByNumber, RunningLow, ShardFigures, StockoutBegan, StockoutEnded, Stockouts, Velocity,
};
use onhand_protocol::value::{Amount, Currency, Decimal, LocationCode, Position, Quantity, Sku, Text, Time};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Items in each list.
const LISTED_MAX: usize = 50;
/// What lasts longer than this is not running low.
const LOW_MINUTES: f64 = 60.0;

/// Writes intervals.
pub(super) struct Teller<'a> {
    pub(super) handle: &'a Handle,
    pub(super) rates: &'a Rates,
    pub(super) gauges: &'a Gauges,
    pub(super) end: Timestamp,
}

impl Teller<'_> {
    pub(super) fn message(&self, interval: &Interval) -> MetricsMessage {
        let figures = &interval.figures;
        let all = figures.totals.values().flatten().fold(Totals::default(), |mut all, totals| {
            all.sales += totals.sales;
            all.lines += totals.lines;
            all.units = all.units.plus(totals.units);
            all.returns += totals.returns;
            all.returned_units = all.returned_units.plus(totals.returned_units);
            all
        });
        MetricsMessage {
            time: Time(self.end),
            seconds: interval.seconds,
            sales: Some(all.sales),
            lines: Some(all.lines),
            units: Some(Quantity(all.units)),
            returns: Some(all.returns),
            returned_units: Some(Quantity(all.returned_units)),
            refused: Some(figures.refused.values().sum()),
            repeated: Some(figures.repeated),
            by_location: Some(self.by_location(interval)),
            refused_by_number: Some(by_number(&interval.figures.refused)),
            exceptions: Some(by_number(&interval.figures.exceptions)),
            refusals: Some(self.refusals(interval)),
            stockouts: Some(self.stockouts(interval)),
            holds: Some(self.holds(&figures.holds)),
            velocity: Some(self.velocity(interval)),
            running_low: Some(self.running_low()),
            latency_ms: Some(latency(&interval.latency)),
            log: Some(self.log(interval)),
            shards: Some(self.shards(interval)),
            sockets: Some(self.gauges.sockets),
            live_stock: Some(LiveStock {
                watched: self.gauges.watched,
                levels_sent: interval.levels_sent,
                bytes_sent: interval.bytes_sent,
            }),
            notable: Some(interval.notable.iter().filter_map(|noted| self.notable(noted)).collect()),
        }
    }

    fn directory(&self) -> &Directory {
        self.handle.directory()
    }

    /// Codes are never taken away, so everything that was counted has its names.
    fn named(&self, spot: &Spot) -> Option<(LocationCode, Sku, String)> {
        let place = self.directory().location(spot.0)?;
        let item: Arc<Item> = self.directory().item(spot.1)?;
        Some((Text(place.code.clone()), Text(item.code.clone()), item.name.to_string()))
    }

    fn by_location(&self, interval: &Interval) -> Vec<MetricsOfLocation> {
        let mut list = Vec::new();
        for (id, totals) in &interval.figures.totals {
            let Some(location) = self.directory().location(*id) else { continue };
            let margins = interval.figures.margins.get(id).copied().unwrap_or_default();
            let all = Channel::ALL.into_iter().zip(totals).zip(margins);
            let moved = all.filter(|((_, totals), _)| **totals != Totals::default());
            list.extend(moved.map(|((channel, totals), margin)| of_location(&location, channel, totals, margin)));
        }
        list
    }

    fn refusals(&self, interval: &Interval) -> Vec<LostSales> {
        let short = interval.figures.short.iter();
        let most = first(short.map(|(spot, short)| (*spot, *short)).collect(), |(spot, short)| {
            (Reverse(short.count), Reverse(short.by), *spot)
        });
        let told = |(spot, short): &(Spot, onhand_actors::figures::Short)| {
            let (location, sku, name) = self.named(spot)?;
            Some(LostSales { location, sku, name, count: short.count, short_by: Quantity(short.by) })
        };
        most.iter().filter_map(told).collect()
    }

    fn stockouts(&self, interval: &Interval) -> Stockouts {
        let found = &interval.figures.stockouts;
        let began = found.first_began.iter().take(LISTED_MAX).filter_map(|one| {
            let (location, sku, name) = self.named(&one.spot)?;
            Some(StockoutBegan { location, sku, name })
        });
        let ended = found.first_ended.iter().take(LISTED_MAX).filter_map(|one| {
            let (location, sku, name) = self.named(&one.spot)?;
            Some(StockoutEnded { location, sku, name, after_s: one.after_ms / 1_000 })
        });
        Stockouts {
            open: found.open,
            began_count: found.began,
            ended_count: found.ended,
            began: began.collect(),
            ended: ended.collect(),
        }
    }

    fn holds(&self, holds: &HoldFigures) -> Holds {
        let oldest = self.gauges.observed.oldest_hold;
        let ages = holds.age_s_at(50).zip(holds.age_s_at(90)).zip(holds.age_s_at(100));
        Holds {
            live: whole(self.gauges.observed.reservations),
            oldest_s: oldest.map_or(0, |began| self.end.0.saturating_sub(began.0) / 1_000),
            began: holds.began,
            sold: holds.sold,
            released: holds.released,
            expired: holds.expired,
            ended_age_s: ages.map(|((p50, p90), max)| Ages { p50, p90, max }),
        }
    }

    fn velocity(&self, interval: &Interval) -> Vec<Velocity> {
        let sold = interval.figures.sold.iter().map(|(spot, qty)| (*spot, *qty)).collect();
        let most = first(sold, |(spot, qty): &(Spot, Qty)| (Reverse(*qty), *spot));
        let told = |(spot, qty): &(Spot, Qty)| {
            let (location, sku, name) = self.named(spot)?;
            let seconds = u32::try_from(interval.seconds.max(1)).unwrap_or(u32::MAX);
            let per_minute = self.rates.per_minute(spot).unwrap_or(units(*qty) * 60.0 / f64::from(seconds));
            let (per_minute, available) = (Quantity(shown(per_minute)), Quantity(self.available(spot)));
            Some(Velocity { location, sku, name, units: Quantity(*qty), per_minute, available })
        };
        most.iter().filter_map(told).collect()
    }

    fn running_low(&self) -> Vec<RunningLow> {
        let lasts = |(spot, per_minute): (&Spot, f64)| {
            let available = self.available(spot);
            let minutes = units(available) / per_minute;
            (available.is_positive() && minutes <= LOW_MINUTES).then_some((*spot, available, per_minute, minutes))
        };
        let mut low: Vec<_> = self.rates.each().filter_map(lasts).collect();
        low.sort_unstable_by(|a, b| descending(b.3, a.3).then(a.0.cmp(&b.0)));
        low.truncate(LISTED_MAX);
        let told = |(spot, available, per_minute, minutes): (Spot, Qty, f64, f64)| {
            let (location, sku, name) = self.named(&spot)?;
            let (available, per_minute) = (Quantity(available), Quantity(shown(per_minute)));
            Some(RunningLow { location, sku, name, available, per_minute, minutes_left: decimal(minutes) })
        };
        low.into_iter().filter_map(told).collect()
    }

    /// What is left for the channel that may have most.
    fn available(&self, (location, sku): &Spot) -> Qty {
        self.handle.level(*location, *sku).atp.into_iter().max().unwrap_or_default()
    }

    fn log(&self, interval: &Interval) -> LogFigures {
        let observed = &self.gauges.observed;
        let appends = &interval.figures.appends;
        let ms = |micros: Option<u64>| micros.map(milliseconds);
        LogFigures {
            appends: appends.count(),
            records: interval.records,
            append_ms: AppendTimes { p50: ms(appends.at(500)), p99: ms(appends.at(990)), max: ms(appends.max()) },
            queue: whole(observed.log_queue),
            last_seq: Position(observed.last_seq),
            disk_full: observed.disk_full,
            stopped: observed.stopped,
        }
    }

    fn shards(&self, interval: &Interval) -> Vec<ShardFigures> {
        let busy = |shard: usize| {
            let busy_ns = interval.busy_ns.get(shard).copied().flatten()?;
            // Ten million nanoseconds of a second are one per cent; in thousandths.
            let milli_pct = busy_ns / (10_000 * interval.seconds.max(1));
            Some(Decimal(u32::try_from(milli_pct).unwrap_or(u32::MAX).min(100_000)))
        };
        let each = self.gauges.observed.inbox_depth.iter().enumerate();
        each.map(|(shard, depth)| ShardFigures { inbox: whole(*depth), busy_pct: busy(shard) }).collect()
    }

    fn notable(&self, noted: &Noted) -> Option<Notable> {
        let blank = Notable { time: Time(noted.time), what: noted.what, location: None, sku: None, name: None };
        let Some(spot) = &noted.spot else { return Some(blank) };
        let (location, sku, name) = self.named(spot)?;
        Some(Notable { location: Some(location), sku: Some(sku), name: Some(name), ..blank })
    }
}

fn of_location(location: &Location, channel: Channel, totals: &Totals, margin: Margin) -> MetricsOfLocation {
    MetricsOfLocation {
        location: Text(location.code.clone()),
        channel: channel.into(),
        currency: Currency(location.currency),
        sales: totals.sales,
        lines: totals.lines,
        units: Quantity(totals.units),
        net: Some(Amount(totals.net)),
        tax: Some(Amount(totals.tax)),
        returns: totals.returns,
        returned_units: Quantity(totals.returned_units),
        returned_net: Some(Amount(totals.returned_net)),
        returned_tax: Some(Amount(totals.returned_tax)),
        oversold: Quantity(totals.oversold),
        costed_net: Some(Amount(margin.costed_net)),
        cost: Some(Amount(margin.cost)),
        costed_pct: share_pct(margin.costed_net, totals.net.minus(totals.returned_net)),
    }
}

/// How much of the whole a part is, in per cent; none where the whole is not above zero.
fn share_pct(part: Minor, whole: Minor) -> Option<Decimal> {
    if whole <= Minor::ZERO {
        return None;
    }
    // Thousandths of a per cent.
    let share = divide_half_up(i128::from(part.0).saturating_mul(100_000), i128::from(whole.0));
    Some(Decimal(u32::try_from(share.clamp(0, 100_000)).unwrap_or(0)))
}

fn by_number(counts: &BTreeMap<u16, u64>) -> Vec<RefusedByNumber> {
    let told = |(number, count): (&u16, &u64)| RefusedByNumber {
        number: *number,
        name: name_of(*number).into(),
        count: *count,
    };
    let mut list: Vec<RefusedByNumber> = counts.iter().map(told).collect();
    list.sort_by_key(|one| (Reverse(one.count), one.number));
    list
}

fn latency(taken: &Distribution) -> Latency {
    let at = |thousandths| taken.at(thousandths).map(milliseconds);
    Latency {
        count: taken.count(),
        p50: at(500),
        p90: at(900),
        p99: at(990),
        p999: at(999),
        max: taken.max().map(milliseconds),
    }
}

/// The first of a list in an order, as many as are listed.
fn first<T, K: Ord>(mut all: Vec<T>, order: impl Fn(&T) -> K) -> Vec<T> {
    if all.len() > LISTED_MAX {
        all.select_nth_unstable_by_key(LISTED_MAX, &order);
        all.truncate(LISTED_MAX);
    }
    all.sort_by_key(order);
    all
}

fn milliseconds(micros: u64) -> Decimal {
    Decimal(u32::try_from(micros).unwrap_or(u32::MAX))
}

fn decimal(figure: f64) -> Decimal {
    #[expect(clippy::as_conversions, reason = "what does not fit stays at the end of the range")]
    Decimal((figure * 1_000.0).round() as u32)
}

fn whole(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
