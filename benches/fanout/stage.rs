//! One measurement after the other, on one server.

use crate::child::Server;
use crate::crowd::Crowd;
use crate::report::{Coalesced, Memory, Round, Sales, Staleness, Watched};
use crate::seller::{self, Plan, Sold};
use crate::shop::Shop;
use crate::usage::{processor_s, resident_bytes};
use hdrhistogram::Histogram;
use std::path::Path;
use std::time::Duration;

/// Items that everybody watches where many change.
pub(crate) const ITEMS: usize = 32;
/// As often as onhand sends levels.
const TICK: Duration = Duration::from_millis(25);
/// The one item is sold this often.
const SALE_EVERY: Duration = Duration::from_millis(1);
const UNITS: i64 = 999_999_999;
/// What a server needs to calm down after connections came or went.
const SETTLE: Duration = Duration::from_millis(1_500);

/// How often all items change: every tick, but where many watch not more than all servers can send.
pub(crate) fn change_every(subscribers: usize) -> Duration {
    TICK * (subscribers / 1_000).max(1) as u32
}

pub(crate) struct Stage {
    shop: Shop,
    time: Duration,
    /// The first item's version before the first sale.
    first_version: u32,
    /// When each sale of the first item was decided.
    decided_ms: Vec<u64>,
}

impl Stage {
    pub(crate) fn start(folder: &Path, time: Duration) -> Result<Self, String> {
        let shop = Shop::start(folder, 1, ITEMS as u32, UNITS)?;
        let mut one = Crowd::connect(shop.server.address, Some(&shop.web), 1, 1)?;
        one.subscribe(1)?;
        Ok(Self { shop, time, first_version: one.version(), decided_ms: Vec::new() })
    }

    fn plan(&self, every: Duration, time: Duration, lines: usize) -> Plan {
        Plan { address: self.shop.server.address, key: self.shop.till.clone(), every, time, lines }
    }

    fn pid(&self) -> u32 {
        self.shop.server.pid()
    }

    /// Keeps when each was decided, and gives the figures.
    fn keep(&mut self, sold: Sold) -> Sales {
        self.decided_ms.extend(sold.decided_ms);
        let ms = |quantile| sold.latency.value_at_quantile(quantile) as f64 / 1e3;
        Sales { per_s: sold.per_s, p50_ms: ms(0.5), p99_ms: ms(0.99) }
    }

    pub(crate) fn sell_alone(&mut self) -> Result<Sales, String> {
        let sold = join(seller::start(self.plan(SALE_EVERY, self.time, 1)))?;
        Ok(self.keep(sold))
    }

    /// Connects the watchers; what they cost before and after they subscribed.
    pub(crate) fn gather(&mut self, watchers: usize) -> Result<(Memory, Crowd), String> {
        let before = resident_bytes(self.pid());
        let mut crowd = Crowd::connect(self.shop.server.address, Some(&self.shop.web), watchers, 1)?;
        crowd.read_for(SETTLE)?;
        let idle = resident_bytes(self.pid());
        crowd.subscribe(1)?;
        crowd.read_for(SETTLE)?;
        let subscribed = resident_bytes(self.pid());
        let each = |now: u64| now.saturating_sub(before) as f64 / watchers as f64;
        Ok((Memory { connections: watchers, idle: each(idle), subscribed: each(subscribed) }, crowd))
    }

    /// Sells in turns: while all read, and while some never read.
    pub(crate) fn watch(&mut self, mut crowd: Crowd, quiet: usize, rounds: u32) -> Result<[Watched; 2], String> {
        crowd.keeps_deliveries = true;
        let (mut all, mut some) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            all.push(self.sell_watched(&mut crowd)?);
            crowd.stop_reading(quiet)?;
            some.push(self.sell_watched(&mut crowd)?);
            crowd.resume_reading()?;
            crowd.read_for(SETTLE)?;
        }
        Ok([Watched::of(all), Watched::of(some)])
    }

    fn sell_watched(&mut self, crowd: &mut Crowd) -> Result<Round, String> {
        crowd.deliveries.clear();
        let (levels, went_back) = (crowd.levels, crowd.went_back);
        let selling = seller::start(self.plan(SALE_EVERY, self.time, 1));
        crowd.read_for(self.time)?;
        let levels = crowd.levels - levels;
        let resident_after = resident_bytes(self.pid());
        while !selling.is_finished() {
            crowd.read_for(Duration::from_millis(50))?;
        }
        let sales = self.keep(join(selling)?);
        let last = self.first_version + self.decided_ms.len() as u32;
        for _ in 0..200 {
            if crowd.behind(last) == 0 {
                break;
            }
            crowd.read_for(Duration::from_millis(50))?;
        }
        if crowd.behind(last) > 0 {
            return Err(format!("{} watchers were never told of the last sale", crowd.behind(last)));
        }
        Ok(Round {
            sales,
            staleness: Staleness::of(&self.staleness(crowd)?),
            watchers: crowd.readers(),
            levels_per_s: levels as f64 / self.time.as_secs_f64(),
            went_back: crowd.went_back - went_back,
            resident_after,
            closed: crowd.gone(),
        })
    }

    /// Of each delivery: how long ago the oldest change that it brought was decided.
    fn staleness(&self, crowd: &Crowd) -> Result<Histogram<u64>, String> {
        let mut ms = Histogram::new_with_bounds(1, 600_000, 3).map_err(|why| why.to_string())?;
        for delivery in &crowd.deliveries {
            // The change after the version that the watcher had.
            let change = delivery.had.checked_sub(self.first_version).map(|change| change as usize);
            if let Some(decided) = change.and_then(|change| self.decided_ms.get(change)) {
                ms.saturating_record(delivery.at_ms.saturating_sub(*decided));
            }
        }
        if ms.is_empty() { Err("no level was delivered".to_owned()) } else { Ok(ms) }
    }

    /// Baskets change all items all the time, and everybody watches all of them.
    pub(crate) fn coalesce(&self, subscribers: usize) -> Result<Coalesced, String> {
        let mut crowd = Crowd::connect(self.shop.server.address, Some(&self.shop.web), subscribers, ITEMS)?;
        crowd.subscribe(ITEMS)?;
        crowd.read_for(SETTLE)?;
        let selling = seller::start(self.plan(change_every(subscribers), self.time + SETTLE, ITEMS));
        crowd.read_for(SETTLE / 2)?;
        let measured = count(&mut crowd, self.pid(), "onhand", subscribers, self.time)?;
        while !selling.is_finished() {
            crowd.read_for(Duration::from_millis(50))?;
        }
        join(selling)?;
        Ok(measured)
    }
}

/// The same from a server that only fans out.
pub(crate) fn rival(server: &Server, name: &str, subscribers: usize, time: Duration) -> Result<Coalesced, String> {
    let mut crowd = Crowd::connect(server.address, None, subscribers, ITEMS).map_err(|why| format!("{name}: {why}"))?;
    crowd.read_for(SETTLE)?;
    count(&mut crowd, server.pid(), name, subscribers, time)
}

fn count(crowd: &mut Crowd, pid: u32, name: &str, subscribers: usize, time: Duration) -> Result<Coalesced, String> {
    let (levels, spent_s) = (crowd.levels, processor_s(pid));
    crowd.read_for(time).map_err(|why| format!("{name}: {why}"))?;
    let (levels, spent_s) = ((crowd.levels - levels) as f64, processor_s(pid) - spent_s);
    if crowd.went_back > 0 {
        return Err(format!("{name}: {} levels were older than what their watcher had", crowd.went_back));
    }
    if levels == 0.0 || spent_s == 0.0 || crowd.gone() > 0 {
        return Err(format!("{name}: {levels} levels came in {spent_s} s, {} sockets were closed", crowd.gone()));
    }
    Ok(Coalesced {
        server: name.to_owned(),
        subscribers,
        levels_per_s: levels / time.as_secs_f64(),
        processors: spent_s / time.as_secs_f64(),
        levels_per_processor_s: levels / spent_s,
    })
}

fn join(selling: std::thread::JoinHandle<Result<Sold, String>>) -> Result<Sold, String> {
    selling.join().map_err(|_| "the seller panicked".to_owned())?
}
