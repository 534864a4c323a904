//! A random game played on the engine and on the model at once.

mod model;

use super::build::{line, owner, policy, run_at, sale_line, sell};
use model::Model;
use onhand_engine::command::Said;
use onhand_engine::command::{Action, Bucket, Channel, Disposition, Standing};
use onhand_engine::decide::Decision;
use onhand_engine::event::Event;
use onhand_engine::ids::{Label, OrderId, ReservationId, SkuId, TillNo};
use onhand_engine::money::Currency;
use onhand_engine::qty::Qty;
use onhand_engine::stock::StockRow;
use onhand_engine::time::{Millis, Timestamp};
use onhand_engine::world::PlaceState;

const SKUS: u64 = 4;
const OWNERS: [&str; 4] = ["ann", "bob", "cleo", "dan"];

/// The engine, the model, and the dice.
pub(crate) struct Game {
    place: PlaceState,
    model: Model,
    dice: Dice,
    now: u64,
    commands: u128,
    /// How often it met: success, shortage, unknown reservation, closed or unknown order, oversold, replaced.
    pub(crate) met: [u64; 6],
}

impl Game {
    pub(crate) fn new(seed: u64) -> Self {
        let dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        Self { place: PlaceState::default(), model: Model::default(), dice, now: 1, commands: 0, met: [0; 6] }
    }

    /// Plays one random command on both.
    pub(crate) fn step(&mut self) -> Result<(), String> {
        self.commands += 1;
        self.now += self.dice.below(2_000);
        let channel = Channel::ALL[self.dice.index(3)];
        let action = self.action();
        let said = format!("{channel:?} {action:?}");
        let expected = self.model.play(self.commands, channel, &action, self.now);
        let found = run_at(&mut self.place, self.commands, channel, action, Timestamp(self.now));
        let found = match found {
            Ok(Decision::Happens(event)) => Ok(self.notes(&event)),
            Ok(Decision::Already(_)) => Ok(0),
            Err(refusal) => Err(refusal.number()),
        };
        self.count(&expected);
        if found != expected {
            return Err(format!("{said}\nthe engine says {found:?}, the model {expected:?}"));
        }
        let breaches = self.place.check();
        if !breaches.is_empty() {
            return Err(format!("{said}\n{breaches:?}"));
        }
        self.compare().map_err(|difference| format!("{said}\n{difference}"))
    }

    /// What a success must agree on: the units oversold, in whole units.
    fn notes(&mut self, event: &Event) -> i64 {
        match event {
            Event::SaleRecorded(sale) => {
                let oversold: Qty = sale.oversold.iter().map(|line| line.qty).sum();
                self.met[4] += u64::from(!sale.oversold.is_empty());
                oversold.milli() / Qty::SCALE
            }
            Event::Reserved { freed, .. } => {
                self.met[5] += u64::from(!freed.is_empty());
                0
            }
            _ => 0,
        }
    }

    fn count(&mut self, outcome: &Result<i64, u16>) {
        match outcome {
            Ok(_) => self.met[0] += 1,
            Err(2001) => self.met[1] += 1,
            Err(2002) => self.met[2] += 1,
            Err(2003 | 2004) => self.met[3] += 1,
            Err(_) => {}
        }
    }

    fn compare(&self) -> Result<(), String> {
        for sku in 0..SKUS {
            let sku = SkuId(u32::try_from(sku).unwrap());
            let level = self.place.rows.get(&sku).map(|row| row.level()).unwrap_or_default();
            let counts = [level.on_hand, level.reserved, level.allocated, level.unavailable, level.incoming];
            let found: Vec<i64> = counts.iter().chain(&level.atp).map(|qty| qty.milli() / Qty::SCALE).collect();
            let expected = self.model.counts(sku);
            if found != expected {
                return Err(format!("{sku:?}: the engine has {found:?}, the model {expected:?}"));
            }
        }
        Ok(())
    }

    /// Each row rebuilt from its parts, as a snapshot keeps them, is the same row.
    pub(crate) fn rebuild(&self) {
        for row in self.place.rows.values() {
            let detail = row.detail().cloned();
            assert_eq!(StockRow::from_parts(row.on_hand(), row.incoming(), row.version(), detail), *row);
        }
    }

    fn action(&mut self) -> Action {
        let (a, b) = (self.lines(), self.lines());
        let who = OWNERS[self.dice.index(OWNERS.len())];
        match self.dice.below(20) {
            0..=5 => self.sale(&a, who),
            6..=8 => {
                let lines = a.iter().chain(&b).map(|(sku, units)| line(*sku, *units)).collect();
                Action::Reserve { owner: owner(who), ttl: Millis(1_000 + self.dice.below(90_000)), lines, goods: None }
            }
            9 => Action::Release { reservation: self.reservation() },
            10 => Action::Expire { reservation: self.reservation() },
            11 => Action::Extend { reservation: self.reservation(), ttl: Millis(1_000 + self.dice.below(90_000)) },
            12 | 13 => Action::Allocate {
                order: self.order(),
                lines: a.iter().map(|(sku, units)| line(*sku, *units)).collect(),
                reservation: self.sometimes(3).then(|| self.reservation()),
                owner: self.sometimes(3).then(|| owner(who)),
                goods: None,
            },
            14 => Action::Deallocate { order: self.order() },
            15 => Action::Receive {
                lines: a.iter().chain(&b).map(|(sku, units)| line(*sku, *units)).collect(),
                goods: None,
            },
            16 => Action::Return {
                till: Some(TillNo(2)),
                currency: Currency::EUR,
                lines: a.iter().map(|(sku, units)| sale_line(*sku, *units)).collect(),
                said: Said::default(),
                disposition: Disposition::ALL[self.dice.index(3)],
                tenders: vec![],
                accounts: Box::default(),
                of: None,
                goods: None,
                unreceipted: None,
            },
            17 => self.adjustment(a[0].0),
            18 => {
                let then = self.sometimes(2).then(|| Qty::units(self.dice.signed(6)));
                Action::Count { sku: a[0].0, counted: Qty::units(a[0].1 + 3), on_hand_then: then }
            }
            _ => policy(a[0].0, [0, self.dice.signed(3).abs(), self.dice.signed(3).abs()]),
        }
    }

    fn sale(&mut self, lines: &[(SkuId, i64)], who: &str) -> Action {
        let mut sale = sell(lines);
        sale.standing = if self.sometimes(4) { Standing::Fact } else { Standing::Request };
        sale.till = self.sometimes(2).then_some(TillNo(1));
        sale.owner = self.sometimes(3).then(|| owner(who));
        sale.reservation = self.sometimes(3).then(|| self.reservation());
        sale.order = self.sometimes(4).then(|| self.order());
        Action::Sell(sale)
    }

    fn adjustment(&mut self, sku: SkuId) -> Action {
        let reason = Label::new(["display", "damaged"][self.dice.index(2)]).unwrap();
        let bucket = match self.dice.below(3) {
            0 => Bucket::OnHand,
            1 => Bucket::Incoming,
            _ => Bucket::Unavailable(reason.clone()),
        };
        Action::Adjust { sku, bucket, delta: Qty::units(self.dice.signed(3)), reason }
    }

    fn lines(&mut self) -> Vec<(SkuId, i64)> {
        let count = 1 + self.dice.below(3) * self.dice.below(2);
        let sku = |dice: &mut Dice| SkuId(u32::try_from(dice.below(SKUS)).unwrap());
        (0..count).map(|_| (sku(&mut self.dice), 1 + self.dice.signed(2).abs())).collect()
    }

    /// Mostly a live one, sometimes one that is long gone or never was.
    fn reservation(&mut self) -> ReservationId {
        let live: Vec<_> = self.place.store.reservations.keys().copied().collect();
        if live.is_empty() || self.sometimes(5) {
            return ReservationId(u128::from(self.dice.below(2_000)));
        }
        live[self.dice.index(live.len())]
    }

    fn order(&mut self) -> OrderId {
        // Orders close for ever, so the names move on.
        let name = self.commands / 20 + u128::from(self.dice.below(4));
        OrderId::new(&format!("W-{name}")).unwrap()
    }

    fn sometimes(&mut self, one_in: u64) -> bool {
        self.dice.below(one_in) == 0
    }
}

/// Xorshift: the same game for the same seed, everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }

    fn index(&mut self, end: usize) -> usize {
        usize::try_from(self.below(u64::try_from(end).unwrap())).unwrap()
    }

    fn signed(&mut self, reach: i64) -> i64 {
        i64::try_from(self.below(u64::try_from(2 * reach + 1).unwrap())).unwrap() - reach
    }
}
