//! The rules again, slowly: lists that are added up each time, whole units, no counters.

use onhand_engine::command::{Action, Bucket, Channel, Disposition, Sell, SkuQty, Standing};
use onhand_engine::ids::{OrderId, Owner, ReservationId, SkuId};
use std::collections::{BTreeMap, BTreeSet};

struct Hold {
    id: ReservationId,
    owner: Owner,
    deadline: u64,
    units: BTreeMap<SkuId, i64>,
}

struct Order {
    id: OrderId,
    asked: BTreeMap<SkuId, i64>,
    left: BTreeMap<SkuId, i64>,
}

#[derive(Default)]
pub(crate) struct Model {
    on_hand: BTreeMap<SkuId, i64>,
    incoming: BTreeMap<SkuId, i64>,
    aside: BTreeMap<(SkuId, String), i64>,
    safety: BTreeMap<SkuId, [i64; 3]>,
    holds: Vec<Hold>,
    /// Orders with nothing left are closed.
    orders: Vec<Order>,
}

type Units = BTreeMap<SkuId, i64>;
type Outcome = Result<i64, u16>;

fn units(lines: &[SkuQty]) -> Units {
    let mut sums = Units::new();
    lines.iter().for_each(|line| *sums.entry(line.sku).or_default() += line.qty.milli() / 1_000);
    sums
}

impl Model {
    fn of(map: &Units, sku: SkuId) -> i64 {
        map.get(&sku).copied().unwrap_or(0)
    }

    fn aside(&self, sku: SkuId) -> i64 {
        self.aside.iter().filter(|((known, _), _)| *known == sku).map(|(_, units)| units).sum()
    }

    fn held(&self, sku: SkuId, by: impl Fn(&Hold) -> bool) -> i64 {
        self.holds.iter().filter(|hold| by(hold)).map(|hold| Self::of(&hold.units, sku)).sum()
    }

    fn bound(&self, sku: SkuId, to: impl Fn(&Order) -> bool) -> i64 {
        self.orders.iter().filter(|order| to(order)).map(|order| Self::of(&order.left, sku)).sum()
    }

    /// On hand, reserved, allocated, unavailable, incoming, and what each channel may promise.
    pub(crate) fn counts(&self, sku: SkuId) -> Vec<i64> {
        let (on_hand, aside) = (Self::of(&self.on_hand, sku), self.aside(sku));
        let (held, bound) = (self.held(sku, |_| true), self.bound(sku, |_| true));
        let open = on_hand - held - bound - aside;
        let safety = self.safety.get(&sku).copied().unwrap_or_default();
        let mut counts = vec![on_hand, held, bound, aside, Self::of(&self.incoming, sku)];
        counts.extend(safety.map(|safety| (open - safety).max(0)));
        counts
    }

    /// What somebody could have whose own holds and order do not stand in their way.
    fn available(&self, sku: SkuId, safety: i64, mine: &BTreeSet<ReservationId>, order: Option<&OrderId>) -> i64 {
        let here = Self::of(&self.on_hand, sku) - self.aside(sku);
        let others_hold = self.held(sku, |hold| !mine.contains(&hold.id));
        let others_order = self.bound(sku, |known| Some(&known.id) != order);
        let my_holds = self.held(sku, |hold| mine.contains(&hold.id));
        let my_order = self.bound(sku, |known| Some(&known.id) == order);
        let mine_that_is_here = my_order.min(here.max(0)) + my_holds.min((here - others_order - my_order).max(0));
        (here - others_hold - others_order - safety).max(mine_that_is_here)
    }

    fn short(
        &self,
        wanted: &Units,
        safety_of: impl Fn(SkuId) -> i64,
        mine: &BTreeSet<ReservationId>,
        order: Option<&OrderId>,
    ) -> Units {
        let gap = |(sku, want): (&SkuId, &i64)| (*sku, want - self.available(*sku, safety_of(*sku), mine, order));
        wanted.iter().map(gap).filter(|(_, gap)| *gap > 0).collect()
    }

    fn mine(&self, named: Option<ReservationId>, owner: Option<&Owner>) -> BTreeSet<ReservationId> {
        let is_mine = |hold: &&Hold| Some(hold.id) == named || Some(&hold.owner) == owner;
        self.holds.iter().filter(is_mine).map(|hold| hold.id).collect()
    }

    fn live(&self, id: ReservationId) -> Result<usize, u16> {
        self.holds.iter().position(|hold| hold.id == id).ok_or(2002)
    }

    fn end(&mut self, ended: &BTreeSet<ReservationId>) {
        self.holds.retain(|hold| !ended.contains(&hold.id));
    }

    pub(crate) fn play(&mut self, id: u128, channel: Channel, action: &Action, now: u64) -> Outcome {
        let safety = self.safety.clone();
        let safety = move |sku: SkuId| safety.get(&sku).map_or(0, |of| of[channel.index()]);
        match action {
            Action::Sell(sell) => self.sell(sell, safety),
            Action::Reserve { owner, ttl, lines, .. } => {
                let mut wanted = units(lines);
                let short = self.short(&wanted, &safety, &BTreeSet::new(), None);
                let in_the_way =
                    |hold: &&Hold| hold.owner == *owner && hold.units.keys().any(|s| short.contains_key(s));
                let replaced: BTreeSet<_> = self.holds.iter().filter(in_the_way).map(|hold| hold.id).collect();
                if !self.short(&wanted, &safety, &replaced, None).is_empty() {
                    return Err(2001);
                }
                let mut rest = Units::new();
                for hold in self.holds.iter().filter(|hold| replaced.contains(&hold.id)) {
                    hold.units.iter().for_each(|(sku, units)| *rest.entry(*sku).or_default() += units);
                }
                rest.extend(wanted);
                wanted = rest;
                self.end(&replaced);
                let deadline = now + ttl.0;
                self.holds.push(Hold { id: ReservationId(id), owner: owner.clone(), deadline, units: wanted });
                Ok(0)
            }
            Action::Extend { reservation, ttl } => {
                let at = self.live(*reservation)?;
                self.holds[at].deadline = now + ttl.0;
                Ok(0)
            }
            Action::Release { reservation } => {
                let at = self.live(*reservation)?;
                self.holds.remove(at);
                Ok(0)
            }
            Action::Expire { reservation } => {
                let at = self.live(*reservation)?;
                if self.holds[at].deadline > now {
                    return Err(2002);
                }
                self.holds.remove(at);
                Ok(0)
            }
            Action::Allocate { order, lines, reservation, owner, .. } => {
                let asked = units(lines);
                if let Some(known) = self.orders.iter().find(|known| known.id == *order) {
                    let same = known.asked == asked;
                    return if known.left.is_empty() { Err(2004) } else { same.then_some(0).ok_or(1008) };
                }
                reservation.map(|id| self.live(id)).transpose()?;
                let mine = self.mine(*reservation, owner.as_ref());
                if !self.short(&asked, &safety, &mine, None).is_empty() {
                    return Err(2001);
                }
                self.end(&mine);
                self.orders.push(Order { id: order.clone(), asked: asked.clone(), left: asked });
                Ok(0)
            }
            Action::Deallocate { order } => {
                let found = self.orders.iter_mut().find(|known| known.id == *order).ok_or(2003_u16)?;
                if found.left.is_empty() {
                    return Err(2004);
                }
                found.left.clear();
                Ok(0)
            }
            other => self.goods(other),
        }
    }

    fn sell(&mut self, sell: &Sell, safety: impl Fn(SkuId) -> i64) -> Outcome {
        let lines: Vec<_> = sell.lines.iter().map(|line| SkuQty { sku: line.sku, qty: line.qty }).collect();
        let (wanted, order) = (units(&lines), sell.order.as_ref());
        let is_fact = sell.standing == Standing::Fact;
        let closed = |known: &Order| Some(&known.id) == order && known.left.is_empty();
        if !is_fact && self.orders.iter().any(closed) {
            return Err(2004);
        }
        if let (false, Some(id)) = (is_fact, sell.reservation) {
            self.live(id)?;
        }
        let mine = self.mine(sell.reservation, sell.owner.as_ref());
        let short = self.short(&wanted, |sku| if is_fact { 0 } else { safety(sku) }, &mine, order);
        if !is_fact && !short.is_empty() {
            return Err(2001);
        }
        self.end(&mine);
        wanted.iter().for_each(|(sku, units)| *self.on_hand.entry(*sku).or_default() -= units);
        if let Some(id) = order {
            match self.orders.iter_mut().find(|known| known.id == *id) {
                Some(known) => {
                    known.left.iter_mut().for_each(|(sku, left)| *left -= Self::of(&wanted, *sku));
                    known.left.retain(|_, left| *left > 0);
                }
                None => self.orders.push(Order { id: id.clone(), asked: Units::new(), left: Units::new() }),
            }
        }
        Ok(short.values().sum())
    }

    fn goods(&mut self, action: &Action) -> Outcome {
        match action {
            Action::Receive { lines, .. } => {
                for line in lines {
                    let came = line.qty.milli() / 1_000;
                    *self.on_hand.entry(line.sku).or_default() += came;
                    let incoming = self.incoming.entry(line.sku).or_default();
                    *incoming = (*incoming - came).max(0);
                }
            }
            Action::Return { lines, disposition, .. } => {
                for line in lines.iter().filter(|_| *disposition != Disposition::ToSupplier) {
                    let came = line.qty.milli() / 1_000;
                    *self.on_hand.entry(line.sku).or_default() += came;
                    if *disposition == Disposition::Damaged {
                        *self.aside.entry((line.sku, "damaged".to_owned())).or_default() += came;
                    }
                }
            }
            Action::Adjust { sku, bucket, delta, .. } => {
                let delta = delta.milli() / 1_000;
                if delta == 0 {
                    return Err(1005);
                }
                let count = match bucket {
                    Bucket::OnHand => self.on_hand.entry(*sku).or_default(),
                    Bucket::Incoming => self.incoming.entry(*sku).or_default(),
                    Bucket::Unavailable(why) => self.aside.entry((*sku, why.as_str().to_owned())).or_default(),
                };
                if *bucket != Bucket::OnHand && *count + delta < 0 {
                    return Err(2005);
                }
                *count += delta;
            }
            Action::Count { sku, counted, on_hand_then } => {
                let on_hand = self.on_hand.entry(*sku).or_default();
                let then = on_hand_then.map_or(*on_hand, |then| then.milli() / 1_000);
                *on_hand += counted.milli() / 1_000 - then;
            }
            Action::SetPolicy { sku, policy } => {
                self.safety.insert(*sku, policy.safety_stock.map(|qty| qty.milli() / 1_000));
            }
            other => panic!("not played: {other:?}"),
        }
        Ok(0)
    }
}
