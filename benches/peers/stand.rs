//! All systems, running beside each other on loopback, and one leg of one of them at a time.

use crate::load::{self, Leg, Shape, Times};
use crate::loopback::{Loopback, LoopbackWire};
use crate::onhand::{Onhand, Template};
use crate::pick::{Goods, LOCATIONS, Picks, SKUS, UNITS};
use crate::postgres::{Postgres, PostgresWire};
use crate::redis::{Redis, RedisWire};
use crate::report::{Figures, Program};
use crate::shop::Shop;
use crate::usage::processor_s;
use crate::workload::{System, Workload};
use std::collections::BTreeMap;
use std::path::Path;

pub(crate) struct Stand {
    shop: Shop,
    /// Where a promotion is live.
    dressed: Option<Shop>,
    redis: Option<Redis>,
    postgres: Option<Postgres>,
    loopback: Loopback,
    /// Units that each must have left.
    books: BTreeMap<System, i64>,
}

impl Stand {
    /// Starts those that take part.
    pub(crate) fn start(folder: &Path, taking_part: &[System]) -> Result<Self, String> {
        let with = |system| taking_part.contains(&system);
        let shop = Shop::start(&folder.join("onhand"), LOCATIONS, SKUS, UNITS)?;
        let dressed = with(System::FullSales).then(|| {
            let shop = Shop::start(&folder.join("onhand-full"), LOCATIONS, SKUS, UNITS)?;
            shop.promote().map(|()| shop)
        });
        let dressed = dressed.transpose()?;
        let redis = with(System::Redis).then(|| Redis::start(&folder.join("redis"))).transpose()?;
        let postgres = with(System::Postgresql).then(|| Postgres::start(&folder.join("postgres"))).transpose()?;
        let mut stand = Self { shop, dressed, redis, postgres, loopback: Loopback::start()?, books: BTreeMap::new() };
        for system in [System::Onhand, System::FullSales, System::Redis, System::Postgresql] {
            if let Some(units) = stand.units(system)? {
                stand.books.insert(system, units);
            }
        }
        Ok(stand)
    }

    pub(crate) fn has(&self, system: System) -> bool {
        system == System::Loopback || self.books.contains_key(&system)
    }

    fn units(&self, system: System) -> Result<Option<i64>, String> {
        match system {
            System::Onhand => self.shop.units().map(Some),
            System::FullSales => self.dressed.as_ref().map(Shop::units).transpose(),
            System::Redis => self.redis.as_ref().map(Redis::units).transpose(),
            System::Postgresql => self.postgres.as_ref().map(Postgres::units).transpose(),
            System::Loopback => Ok(None),
        }
    }

    /// Measures one system under one workload.
    pub(crate) fn leg(
        &mut self,
        workload: &Workload,
        system: System,
        shape: Shape,
        seed: u64,
        times: Times,
    ) -> Result<Figures, String> {
        let pid = self.pid(system)?;
        let before_s = processor_s(pid);
        let goods = if system == System::FullSales { Goods::Full } else { workload.goods };
        let picks = &mut Picks::new(goods, seed);
        let leg = self.drive(goods.lines(), system, picks, shape, seed, times);
        let leg = leg.map_err(|why| format!("{}, {}: {why}", workload.title, system.name()))?;
        let spent_s = processor_s(pid) - before_s;
        if leg.refused_in_all > 0 {
            return Err(format!("{} refused {} sales of goods that it has", system.name(), leg.refused_in_all));
        }
        if let Some(units) = self.books.get_mut(&system) {
            *units -= i64::try_from(leg.accepted_in_all).unwrap_or(i64::MAX) * goods.lines() as i64;
        }
        let ms = |quantile| leg.latency.value_at_quantile(quantile) as f64 / 1e6;
        Ok(Figures {
            accepted_per_s: leg.accepted_per_s,
            p50_ms: ms(0.5),
            p99_ms: ms(0.99),
            p999_ms: ms(0.999),
            server_us_per_sale: spent_s * 1e6 / leg.accepted_in_all.max(1) as f64,
            failed: leg.failed_in_all,
        })
    }

    fn drive(
        &self,
        lines: usize,
        system: System,
        picks: &mut Picks,
        shape: Shape,
        seed: u64,
        times: Times,
    ) -> Result<Leg, String> {
        let missing = || "is not running".to_owned();
        match system {
            System::Onhand => {
                let mut wire = Onhand::new(shape, Template::bare(lines), seed);
                let sockets = wire.connect(self.shop.server.address, &self.shop.till)?;
                load::run(sockets, &mut wire, picks, shape, times)
            }
            System::FullSales => {
                let shop = self.dressed.as_ref().ok_or_else(missing)?;
                let mut wire = Onhand::new(shape, Template::full(lines), seed);
                let sockets = wire.connect(shop.server.address, &shop.till)?;
                load::run(sockets, &mut wire, picks, shape, times)
            }
            System::Redis => {
                let redis = self.redis.as_ref().ok_or_else(missing)?;
                let sockets = RedisWire::connect(shape, redis.server.address)?;
                load::run(sockets, &mut redis.wire(lines)?, picks, shape, times)
            }
            System::Postgresql => {
                let sockets = self.postgres.as_ref().ok_or_else(missing)?.connect(shape, lines)?;
                load::run(sockets, &mut PostgresWire::new(shape, lines), picks, shape, times)
            }
            System::Loopback => load::run(self.loopback.connect(shape)?, &mut LoopbackWire, picks, shape, times),
        }
    }

    fn pid(&self, system: System) -> Result<u32, String> {
        let server = match system {
            System::Onhand => Some(&self.shop.server),
            System::FullSales => self.dressed.as_ref().map(|shop| &shop.server),
            System::Redis => self.redis.as_ref().map(|redis| &redis.server),
            System::Postgresql => self.postgres.as_ref().map(|postgres| &postgres.server),
            System::Loopback => Some(&self.loopback.server),
        };
        server.map(|server| server.pid()).ok_or_else(|| format!("{} is not running", system.name()))
    }

    /// What was accepted is missing from the stock, and nothing else is.
    pub(crate) fn check_books(&self) -> Result<(), String> {
        for (system, expected) in &self.books {
            let left = self.units(*system)?.unwrap_or(0);
            if left != *expected {
                let name = system.name();
                return Err(format!("{name} has {left} units; by its answers it must have {expected}"));
            }
        }
        Ok(())
    }

    pub(crate) fn programs(&self) -> Vec<Program> {
        let onhand = Program {
            system: System::Onhand,
            version: concat!("onhand ", env!("CARGO_PKG_VERSION")).to_owned(),
            command: "onhand serve --data DIR --listen 127.0.0.1:PORT".to_owned(),
        };
        let redis = self.redis.as_ref().map(|redis| Program {
            system: System::Redis,
            version: redis.version.clone(),
            command: redis.command.clone(),
        });
        let postgres = self.postgres.as_ref().map(|postgres| Program {
            system: System::Postgresql,
            version: postgres.version.clone(),
            command: postgres.command.clone(),
        });
        std::iter::once(onhand).chain(redis).chain(postgres).collect()
    }
}
