//! The work of one store, in order: goods received first, then sale by sale.

use super::ids;
use super::transactions::{Basket, Line};
use onhand_engine::decide::LINES_MAX;
use onhand_engine::ids::{CommandId, LocationCode, SkuCode};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::qty::Qty;
use onhand_protocol::message::{AskedLine, Body, Channel, Receive, Request, SaleLine, Sell, TaxAsItWas};
use onhand_protocol::value::{Amount, Currency as WireCurrency, Id, Quantity, Text};
use std::collections::{BTreeMap, HashSet, VecDeque};

/// How many tills a replayed store has.
const TILLS: u64 = 4;

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Receives goods.
    Stock,
    /// Records a sale at this till.
    Sale { till: u16 },
}

/// One command to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Job {
    pub(super) id: CommandId,
    pub(super) time_s: i64,
    pub(super) kind: Kind,
    pub(super) lines: Vec<Line>,
}

/// One store's jobs.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    pub(super) store: LocationCode,
    pub(super) jobs: VecDeque<Job>,
}

impl Job {
    /// The request that asks for it.
    pub(super) fn request(&self, store: &LocationCode, currency: Currency) -> Request {
        let location = Text(store.clone());
        let body = match self.kind {
            Kind::Stock => {
                let lines =
                    self.lines.iter().map(|line| AskedLine { sku: Text(line.sku.clone()), qty: Quantity(line.qty) });
                Body::Receive(Receive { location, lines: lines.collect() })
            }
            Kind::Sale { till } => Body::Sell(Sell {
                location,
                channel: Some(Channel::Till),
                till: Some(till),
                currency: WireCurrency(currency),
                lines: self.lines.iter().map(sale_line).collect(),
                tenders: Vec::new(),
                completed: true,
                sold_at: None,
                reservation: None,
                owner: None,
                order: None,
                session: None,
                group: None,
                coupons: Vec::new(),
                tax_exempt: None,
                customer: None,
                discount: None,
                age_checked: None,
            }),
        };
        Request { id: Id(self.id.0), approval: None, body }
    }
}

fn sale_line(line: &Line) -> SaleLine {
    SaleLine {
        sku: Some(Text(line.sku.clone())),
        gtin: None,
        qty: Quantity(line.qty),
        amount: Some(Amount(line.amount)),
        unit_price: None,
        tax: Some(TaxAsItWas { amount: Amount(Minor::ZERO), rate_ppm: 0 }),
        price_reason: None,
        discount: None,
        expiry: None,
        lot: None,
        serials: vec![],
    }
}

/// The lanes of all stores that occur, in the order of their codes.
pub(super) fn lanes(baskets: Vec<Basket>, stock: Option<Qty>) -> Vec<Lane> {
    let mut stores: BTreeMap<LocationCode, Vec<Basket>> = BTreeMap::new();
    for basket in baskets {
        stores.entry(basket.store.clone()).or_default().push(basket);
    }
    stores
        .into_iter()
        .map(|(store, baskets)| {
            let mut jobs: VecDeque<Job> = stock.map_or_else(VecDeque::new, |qty| stock_jobs(&store, &baskets, qty));
            jobs.extend(baskets.into_iter().flat_map(sale_jobs));
            Lane { store, jobs }
        })
        .collect()
}

/// One sale; more only where a basket has more lines than a sale may have.
fn sale_jobs(basket: Basket) -> Vec<Job> {
    let till = basket.number.bytes().fold(0, |sum, byte| sum + u64::from(byte)) % TILLS + 1;
    let till = u16::try_from(till).unwrap_or(1);
    let part = |(part, lines): (usize, &[Line])| {
        let (store, part) = (basket.store.as_str(), part.to_string());
        let id = ids::derive(&["sale", store, &basket.number, &part]);
        Job { id, time_s: basket.time_s, kind: Kind::Sale { till }, lines: lines.to_vec() }
    };
    basket.lines.chunks(LINES_MAX).enumerate().map(part).collect()
}

fn stock_jobs(store: &LocationCode, baskets: &[Basket], qty: Qty) -> VecDeque<Job> {
    let mut seen: HashSet<&SkuCode> = HashSet::new();
    let lines = baskets.iter().flat_map(|basket| &basket.lines);
    let first: Vec<Line> = lines
        .filter(|line| seen.insert(&line.sku))
        .map(|line| Line { qty, amount: Minor::ZERO, ..line.clone() })
        .collect();
    let opening_s = baskets.first().map_or(0, |basket| basket.time_s);
    let part = |(part, lines): (usize, &[Line])| {
        let id = ids::derive(&["stock", store.as_str(), &qty.to_string(), &part.to_string()]);
        Job { id, time_s: opening_s, kind: Kind::Stock, lines: lines.to_vec() }
    };
    first.chunks(LINES_MAX).enumerate().map(part).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn basket(store: &str, number: &str, skus: impl IntoIterator<Item = usize>) -> Basket {
        let line = |n: usize| Line {
            line: n as u64,
            sku: SkuCode::new(&format!("P{n}")).unwrap(),
            qty: Qty::units(1),
            amount: Minor(99),
        };
        Basket {
            time_s: 7,
            store: LocationCode::new(store).unwrap(),
            number: number.to_owned(),
            lines: skus.into_iter().map(line).collect(),
        }
    }

    #[test]
    fn a_store_receives_each_item_once_and_then_sells() {
        let baskets = vec![basket("B", "1", [1, 2]), basket("A", "2", [3]), basket("B", "3", [2, 4])];
        let lanes = lanes(baskets, Some(Qty::units(50)));
        assert_eq!(lanes.iter().map(|lane| lane.store.as_str()).collect::<Vec<_>>(), ["A", "B"]);
        let kinds: Vec<(Kind, usize)> = lanes[1].jobs.iter().map(|job| (job.kind, job.lines.len())).collect();
        assert!(matches!(kinds[..], [(Kind::Stock, 3), (Kind::Sale { .. }, 2), (Kind::Sale { .. }, 2)]));
        assert_eq!(lanes[1].jobs[0].lines[0].qty, Qty::units(50));
    }

    #[test]
    fn a_huge_basket_is_split_the_same_way_every_time() {
        let jobs = sale_jobs(basket("A", "9", 0..1_001));
        assert_eq!(jobs.iter().map(|job| job.lines.len()).collect::<Vec<_>>(), [500, 500, 1]);
        assert_eq!(jobs, sale_jobs(basket("A", "9", 0..1_001)));
        assert_ne!(jobs[0].id, jobs[1].id);
    }

    #[test]
    fn a_sale_is_a_fact_at_its_own_value() {
        let job = sale_jobs(basket("A", "9", [1])).remove(0);
        let json = job.request(&LocationCode::new("A").unwrap(), Currency::EUR).to_json();
        let body = r#""location":"A","channel":"till","till":2,"currency":"EUR","lines":[{"sku":"P1","qty":"1","amount":99,"tax":{"amount":0,"rate_ppm":0}}],"completed":true"#;
        assert!(json.contains(body), "{json}");
    }
}
