//! Central reports over the wire: equal to the journals of the Zs, whatever happened at the tills.

use crate::harness::{Socket, Stand, id};
use crate::report_rows::three_sales;
use onhand_engine::catalogue::Role;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

/// Numbers that look random and are the same for the same seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn is_one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }
}

#[derive(Clone)]
struct Sold {
    spot: (&'static str, u64),
    seq: String,
    total: i64,
    /// Thousandths, and what a unit had cost.
    lines: Vec<(i64, Option<i64>)>,
}

/// Goods that are set aside, and what is deposited for them.
struct Layaway {
    spot: (&'static str, u64),
    name: String,
    lines: Value,
    costs: Vec<(i64, Option<i64>)>,
    deposits: i64,
    total: i64,
}

/// A chain with three tills, as a test drives it.
struct Day<'a> {
    stand: &'a Stand,
    till: Socket,
    chance: Chance,
    sold: Vec<Sold>,
    layaways: Vec<Layaway>,
    costs: HashMap<&'static str, Option<i64>>,
    cost: i64,
    day: u32,
    closed: BTreeMap<(&'static str, u64), u64>,
    done: usize,
}

const TILLS: [(&str, u64); 3] = [("S1", 3), ("S1", 4), ("S2", 1)];
const ITEMS: [&str; 3] = ["TEA", "MUG", "CHEESE"];

fn cost_of(lines: &[(i64, Option<i64>)]) -> i64 {
    lines.iter().map(|(milli, cost)| (cost.unwrap_or(0) * milli + 500) / 1_000).sum()
}

impl Day<'_> {
    async fn ask(&mut self, op: &str, spot: (&str, u64), more: Value) -> Option<Value> {
        let mut request = json!({"op": op, "id": id(), "location": spot.0, "till": spot.1, "currency": "EUR"});
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let reply = self.till.ask(request).await;
        reply["ok"].is_string().then_some(reply)
    }

    async fn open(&mut self, spot: (&'static str, u64)) {
        let day = format!("2026-03-{:02}", self.day);
        self.ask("open_session", spot, json!({"business_day": day, "float": 10_000})).await.unwrap();
    }

    async fn close(&mut self, spot: (&'static str, u64)) {
        let counted = json!({"counts": [{"type": "cash", "amount": self.chance.below(90_000)}]});
        let z = self.ask("close_session", spot, counted).await.unwrap();
        self.closed.insert(spot, z["report"]["session"].as_u64().unwrap());
    }

    fn basket(&mut self) -> (Vec<Value>, Vec<(i64, Option<i64>)>) {
        let count = 1 + self.chance.below(4);
        let mut lines = Vec::new();
        let mut costs = Vec::new();
        for _ in 0..count {
            let sku = ITEMS[self.chance.below(3) as usize];
            let milli = if sku == "CHEESE" { 50 + self.chance.below(900) } else { 1_000 * (1 + self.chance.below(4)) };
            let mut line = json!({"sku": sku, "qty": format!("{}.{:03}", milli / 1_000, milli % 1_000)});
            if self.chance.is_one_in(4) {
                line["discount"] = json!({"amount": 1 + self.chance.below(90), "reason": "dented"});
            } else if self.chance.is_one_in(4) {
                line["unit_price"] = json!(301 + self.chance.below(900));
                line["price_reason"] = json!("haggled");
            }
            lines.push(line);
            costs.push((milli as i64, self.costs[sku]));
        }
        (lines, costs)
    }

    /// What it costs, paid in one of many ways.
    fn tenders(&mut self, due: i64, rounds: bool) -> Value {
        let cash = if rounds { (due + 2) / 5 * 5 } else { due };
        match self.chance.below(5) {
            0 => json!([]),
            1 => json!([{"type": "card", "amount": due}]),
            2 => json!([{"type": "cash", "amount": cash}]),
            3 => json!([{"type": "cash", "amount": cash + 500}, {"type": "cash", "amount": -500}]),
            _ => json!([{"type": "voucher", "amount": 50}, {"type": "card", "amount": due - 50}]),
        }
    }

    async fn quote(&mut self, location: &str, lines: &[Value]) -> i64 {
        let quote = json!({"op": "quote", "id": id(), "location": location, "currency": "EUR", "lines": lines});
        self.till.ask(quote).await["total"].as_i64().unwrap()
    }

    async fn sell(&mut self, spot: (&'static str, u64), late: bool) {
        // Of what is below the shelf price in late sales the Z tells nothing: mugs have no promotion.
        let (lines, costs) = match late {
            true => (vec![json!({"sku": "MUG", "qty": 1 + self.chance.below(3)})], vec![]),
            false => self.basket(),
        };
        let due = self.quote(spot.0, &lines).await;
        let mut sale = json!({"lines": lines, "tenders": self.tenders(due, spot.0 == "S1")});
        if late {
            sale["completed"] = json!(true);
            sale["session"] = json!(self.closed[&spot]);
        }
        let reply = self.ask("sell", spot, sale).await.unwrap();
        self.cost += cost_of(&costs);
        let (seq, total) = (reply["seq"].as_str().unwrap().to_owned(), reply["total"].as_i64().unwrap());
        if !late {
            self.sold.push(Sold { spot, seq, total, lines: costs });
        }
    }

    async fn set_aside(&mut self, spot: (&'static str, u64)) {
        let (mugs, milli) = (1 + self.chance.below(2), 100 + self.chance.below(900));
        let lines = json!([{"sku": "MUG", "qty": mugs}, {"sku": "CHEESE", "qty": format!("0.{milli:03}")}]);
        let costs = vec![(1_000, None), (milli as i64, self.costs["CHEESE"])];
        let name = format!("L-{}", self.done);
        let first = 1 + self.chance.below(300) as i64;
        let more = json!({"layaway": name, "customer": "ann", "ttl_s": 3600, "fee": self.chance.below(200),
            "lines": lines, "tenders": [{"type": "cash", "amount": first}]});
        let told = self.ask("open_layaway", spot, more).await.unwrap();
        let total = first + told["left"].as_i64().unwrap();
        self.layaways.push(Layaway { spot, name, lines, costs, deposits: first, total });
    }

    /// One more deposit, the goods are fetched, or it is given up.
    async fn go_on_with_a_layaway(&mut self) -> bool {
        if self.layaways.is_empty() {
            return false;
        }
        let at = self.chance.below(self.layaways.len() as u64) as usize;
        let mut one = self.layaways.swap_remove(at);
        let left = one.total - one.deposits;
        match self.chance.below(3) {
            0 if left > 1 => {
                let amount = left / 2;
                let paid = json!({"layaway": one.name, "tenders": [{"type": "card", "amount": amount}]});
                self.ask("deposit", one.spot, paid).await.unwrap();
                one.deposits += amount;
                self.layaways.push(one);
            }
            1 => {
                let why = json!({"layaway": one.name, "reason": "moved"});
                self.ask("cancel_layaway", one.spot, why).await.unwrap();
            }
            _ => {
                let tenders = json!([{"type": "deposit", "amount": one.deposits}, {"type": "voucher", "amount": left}]);
                let sale = json!({"lines": one.lines, "order": one.name, "tenders": tenders});
                self.ask("sell", one.spot, sale).await.unwrap();
                self.cost += cost_of(&one.costs);
            }
        }
        true
    }

    fn one_sold(&mut self) -> Option<(usize, Sold)> {
        let many = self.sold.len() as u64;
        (many > 0).then(|| {
            let at = self.chance.below(many) as usize;
            (at, self.sold[at].clone())
        })
    }

    async fn step(&mut self) {
        let spot = TILLS[self.chance.below(3) as usize];
        let elsewhere = TILLS[self.chance.below(3) as usize];
        let is_done = match self.chance.below(23) {
            0..9 => {
                self.sell(spot, false).await;
                true
            }
            9 | 10 => match self.one_sold() {
                Some((at, sold)) => {
                    let line = self.chance.below(sold.lines.len() as u64) as usize;
                    let (milli, cost) = sold.lines[line];
                    let qty = format!("{}.{:03}", milli / 1_000, milli % 1_000);
                    let part =
                        json!({"sale": sold.seq, "lines": [{"line": line, "qty": qty}], "disposition": "resell"});
                    let done = self.ask("return_sale", elsewhere, part).await.is_some();
                    if done {
                        self.cost -= cost_of(&[(milli, cost)]);
                        self.sold.swap_remove(at);
                    }
                    done
                }
                None => false,
            },
            11 => {
                // Of no known sale: at what the goods cost the shop now.
                let cost = self.costs["TEA"];
                let back = json!({"lines": [{"sku": "TEA", "qty": 2, "amount": 777}], "disposition": "damaged"});
                self.ask("return", spot, back).await.unwrap();
                self.cost -= cost_of(&[(2_000, cost)]);
                true
            }
            12 | 13 => match self.one_sold() {
                Some((at, sold)) => {
                    let (location, till) = sold.spot;
                    let void = json!({"op": "void_sale", "id": id(), "location": location, "till": till,
                        "sale": sold.seq, "reason": "mistyped"});
                    let done = self.till.ask(void).await["ok"].is_string();
                    if done {
                        self.cost -= cost_of(&sold.lines);
                        self.sold.swap_remove(at);
                    }
                    done
                }
                None => false,
            },
            14 | 15 => match self.one_sold().filter(|(_, sold)| sold.spot.0 == spot.0) {
                Some((at, sold)) => {
                    let (lines, costs) = self.basket();
                    let due = self.quote(spot.0, &lines).await - sold.total;
                    // In both directions: what is below zero goes back.
                    let tenders = if due == 0 { json!([]) } else { json!([{"type": "card", "amount": due}]) };
                    let back = |(line, (milli, _)): (usize, &(i64, Option<i64>))| {
                        let qty = format!("{}.{:03}", milli / 1_000, milli % 1_000);
                        json!({"line": line, "qty": qty})
                    };
                    let back: Vec<Value> = sold.lines.iter().enumerate().map(back).collect();
                    let exchange = json!({"sale": sold.seq, "returned": back, "disposition": "resell", "lines": lines, "tenders": tenders});
                    let done = self.ask("exchange", spot, exchange).await.is_some();
                    if done {
                        self.cost += cost_of(&costs) - cost_of(&sold.lines);
                        self.sold.swap_remove(at);
                    }
                    done
                }
                None => false,
            },
            16 if self.closed.contains_key(&spot) => {
                self.sell(spot, true).await;
                true
            }
            20 => {
                self.set_aside(spot).await;
                true
            }
            21 | 22 => self.go_on_with_a_layaway().await,
            17 => {
                let cost = 150 + self.chance.below(90) as i64;
                let items = json!({"items": [{"sku": "TEA", "name": "Green tea", "tax_class": "food", "price": 450,
                    "unit_cost": cost}]});
                assert_eq!(self.stand.post("define_items", &items).await.status, 200);
                self.costs.insert("TEA", Some(cost));
                false
            }
            18 => {
                // A product file that does not say what things cost leaves that as it was.
                let items = json!({"items": [{"sku": "TEA", "name": "Tea", "tax_class": "food", "price": 450},
                    {"sku": "CHEESE", "name": "Cheese", "tax_class": "standard", "price": 2000, "unit": "kg"}]});
                assert_eq!(self.stand.post("define_items", &items).await.status, 200);
                false
            }
            _ => {
                self.close(spot).await;
                self.day += u32::from(self.chance.is_one_in(2));
                if self.chance.is_one_in(2) {
                    // Between two sessions.
                    self.sell(spot, true).await;
                }
                self.open(spot).await;
                false
            }
        };
        self.done += usize::from(is_done);
    }
}

pub(crate) async fn report(stand: &Stand, path: &str) -> Value {
    let response = stand.get_as(Role::Analyst, &format!("/v1/reports/{path}")).await;
    assert_eq!(response.status, 200, "{path}: {}", response.text());
    response.json()
}

type Sums = BTreeMap<(String, u64, String, String), i64>;

fn add(sums: &mut Sums, line: &Value, z: &Value, of: &str, amount: i64) {
    let till = (z["report"]["location"].as_str().unwrap().to_owned(), z["report"]["till"].as_u64().unwrap());
    let day = z["report"]["business_day"].as_str().unwrap().to_owned();
    let of = format!("{of} {} {}", line["channel"].as_str().unwrap_or(""), line["rate_ppm"]);
    *sums.entry((till.0, till.1, day, of)).or_default() += amount;
}

fn without_zeros(sums: Sums) -> Sums {
    sums.into_iter().filter(|(_, sum)| *sum != 0).collect()
}

#[tokio::test]
async fn reports_are_equal_to_the_journals_of_the_zs() {
    for seed in [1, 2, 3] {
        equal_to_the_journals(seed).await;
    }
}

async fn equal_to_the_journals(seed: u64) {
    let stand = Stand::start().await;
    for (code, basis) in [("S1", "inclusive"), ("S2", "exclusive")] {
        let rates = json!([{"class": "food", "rate_ppm": 70_000}, {"class": "standard", "rate_ppm": 210_000}]);
        let tax = json!({"basis": basis, "rounding": "document", "rates": rates});
        let place = json!({"code": code, "name": code, "kind": "shop", "currency": "EUR", "tax": tax});
        assert_eq!(stand.post("define_location", &place).await.status, 200);
        for sku in ITEMS {
            stand.receive(code, sku, 1_000_000).await;
        }
    }
    let items = json!({"items": [
        {"sku": "TEA", "name": "Green tea", "tax_class": "food", "price": 450, "unit_cost": 199},
        {"sku": "CHEESE", "name": "Cheese", "tax_class": "standard", "price": 2000, "unit": "kg", "unit_cost": 1111},
    ]});
    assert_eq!(stand.post("define_items", &items).await.status, 200);
    let promotions = json!({"promotions": [{"code": "TEA3", "name": "Three teas", "currency": "EUR",
        "benefit": {"set": {"parts": [{"items": {"skus": ["TEA"]}, "units": 3}], "price": 1000}}}]});
    assert_eq!(stand.post("define_promotions", &promotions).await.status, 200);
    let rules = json!({"location": "S1", "cash_rounding": {"due": {"step": 5}}});
    assert_eq!(stand.post("set_drawer_rules", &rules).await.status, 200);
    let costs = [("TEA", Some(199)), ("MUG", None), ("CHEESE", Some(1_111))].into_iter().collect();
    let till = stand.socket(Role::Till).await;
    let (chance, closed) = (Chance(seed), BTreeMap::new());
    let mut day =
        Day { stand: &stand, till, chance, sold: vec![], layaways: vec![], costs, cost: 0, day: 1, closed, done: 0 };
    for spot in TILLS {
        day.open(spot).await;
    }
    while day.done < 130 {
        day.step().await;
    }
    for spot in TILLS {
        day.close(spot).await;
    }

    let (mut sold, mut paid, mut discounts, mut sales) = (Sums::new(), Sums::new(), 0, 0);
    let (mut money, mut cost) = (Sums::new(), 0);
    for ((location, till), sessions) in day.closed.clone() {
        for session in 1..=sessions {
            let z = stand.get_as(Role::Analyst, &format!("/v1/z/{location}/{till}/{session}")).await.json();
            discounts += z["report"]["discounts"]["amount"].as_i64().unwrap();
            let late = z["report"]["late"].as_array().cloned().unwrap_or_default();
            sales += z["report"]["sales"].as_i64().unwrap();
            sales += late.iter().map(|late| late["sales"].as_i64().unwrap()).sum::<i64>();
            for line in z["journal"].as_array().unwrap() {
                let amount = line["debit"].as_i64().unwrap() - line["credit"].as_i64().unwrap();
                let tender = line["tender"].as_str().unwrap_or("");
                let (account, posting) = (line["account"].as_str().unwrap(), line["posting"].as_str().unwrap());
                if account == "cost_of_goods" {
                    cost += amount;
                }
                if account != "deposits" && matches!(posting, "taken" | "refunded" | "deposited" | "deposits_back") {
                    add(&mut money, &Value::Null, &z, tender, amount);
                }
                match (account, posting) {
                    ("revenue", "sales") => add(&mut sold, line, &z, "sold_net", -amount),
                    ("tax_payable", "tax") => add(&mut sold, line, &z, "sold_tax", -amount),
                    ("returns", "returns") => add(&mut sold, line, &z, "returned_net", amount),
                    ("tax_payable", "returns") => add(&mut sold, line, &z, "returned_tax", amount),
                    ("cash_rounding", "rounding") => add(&mut paid, &Value::Null, &z, "cash_rounding", amount),
                    ("deposits", "deposits_used") => add(&mut paid, &Value::Null, &z, "deposit", amount),
                    (_, "taken" | "refunded") => add(&mut paid, &Value::Null, &z, tender, amount),
                    _ => {}
                }
            }
        }
    }

    let range = "from=2026-03-01&until=2026-12-31";
    let (mut by_report, mut by_tenders, mut by_money) = (Sums::new(), Sums::new(), Sums::new());
    for location in ["S1", "S2"] {
        let path = format!("sales?{range}&location={location}&group_by=till,day,channel,rate&limit=1000");
        for row in report(&stand, &path).await["sales"].as_array().unwrap() {
            let till = row["till"].as_u64().unwrap();
            for name in ["sold_net", "sold_tax", "returned_net", "returned_tax"] {
                let of = format!("{name} {} {}", row["channel"].as_str().unwrap(), row["rate_ppm"]);
                let key = (location.to_owned(), till, row["day"].as_str().unwrap().to_owned(), of);
                *by_report.entry(key).or_default() += row[name].as_i64().unwrap();
            }
        }
        let path = format!("tenders?{range}&location={location}&group_by=till,day,tender&limit=1000");
        for row in report(&stand, &path).await["tenders"].as_array().unwrap() {
            let of = format!("{}  null", row["tender"].as_str().unwrap());
            let key = (location.to_owned(), row["till"].as_u64().unwrap(), row["day"].as_str().unwrap().to_owned(), of);
            by_money.insert(key.clone(), row["money"].as_i64().unwrap());
            by_tenders.insert(key, row["net"].as_i64().unwrap());
        }
    }
    assert_eq!(without_zeros(by_report), without_zeros(sold), "seed {seed}");
    assert_eq!(without_zeros(by_tenders), without_zeros(paid), "seed {seed}");
    assert_eq!(without_zeros(by_money), without_zeros(money), "seed {seed}");
    assert_eq!(cost, day.cost, "seed {seed}: what the journals say that goods had cost");

    // In one row, and however it is cut.
    let whole = &report(&stand, &format!("sales?{range}")).await["sales"][0];
    assert_eq!(whole["discounts"], discounts, "seed {seed}");
    assert_eq!(whole["sales"], sales, "seed {seed}");
    assert_eq!(whole["cost"], day.cost, "seed {seed}");
    let amount = |row: &Value, name: &str| row[name].as_i64().unwrap();
    assert_eq!(amount(whole, "margin"), amount(whole, "costed_net") - day.cost);
    assert!(amount(whole, "returns") > 0 && amount(whole, "voids") > 0 && discounts > 0);
    for groups in ["location", "location,till,cashier,day", "day,hour", "item", "category", "channel,rate", "item,day"]
    {
        let cut = report(&stand, &format!("sales?{range}&group_by={groups}&limit=1000")).await;
        for name in ["sold_net", "sold_tax", "returned_net", "returned_tax", "gross", "discounts", "cost", "margin"] {
            let sum: i64 = cut["sales"].as_array().unwrap().iter().map(|row| amount(row, name)).sum();
            assert_eq!(sum, amount(whole, name), "seed {seed}: {name} by {groups}");
        }
    }
    let money = &report(&stand, &format!("tenders?{range}")).await["tenders"][0];
    assert_eq!(money["net"], whole["gross"], "what was paid is what was sold");
    assert_ne!(money["rounding"], 0);
    assert!(amount(money, "deposited") > 0 && amount(money, "deposits_back") > 0);
}

/// T45: the Z says what became of goods that came back; what goods had cost is for those who may know it.
#[tokio::test]
async fn t45_a_z_tells_costs_to_those_who_may_know_them() {
    let stand = three_sales().await;
    let mut till = stand.socket(Role::Till).await;
    let mut ask = async |op: &str, more: Value| {
        let mut request = json!({"op": op, "id": id(), "location": "S1", "till": 3, "currency": "EUR"});
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let reply = till.ask(request).await;
        assert!(reply["ok"].is_string(), "{reply:#}");
        reply
    };
    ask("open_session", json!({"business_day": "2026-01-31", "float": 0})).await;
    let lines = json!([{"sku": "TEA", "qty": 4}, {"sku": "MUG", "qty": 1}]);
    let sold = ask("sell", json!({"lines": lines, "tenders": [{"type": "card", "amount": 3_000}]})).await;
    let back = |line: u64, qty: &str, to: &str| json!({"sale": sold["seq"], "lines": [{"line": line, "qty": qty}], "disposition": to});
    ask("return_sale", back(0, "1", "damaged")).await;
    ask("return_sale", back(0, "1", "to_supplier")).await;
    ask("return_sale", back(1, "1", "resell")).await;
    let again = ask("sell", json!({"lines": [{"sku": "TEA", "qty": 1}]})).await;
    let void = json!({"op": "void_sale", "id": id(), "location": "S1", "till": 3, "sale": again["seq"],
        "reason": "mistyped"});
    assert!(stand.socket(Role::Till).await.ask(void).await["ok"].is_string());
    let z = ask("close_session", json!({})).await["report"].clone();
    assert_eq!(
        z["dispositions"],
        json!([{"disposition": "resell", "count": 2, "amount": 1_650},
            {"disposition": "damaged", "count": 1, "amount": 450},
            {"disposition": "to_supplier", "count": 1, "amount": 450}])
    );
    assert_eq!((&z["voids"], &z["costs"]), (&json!({"count": 1, "amount": 450}), &Value::Null));
    let found = stand.get_as(Role::Till, "/v1/z/S1/3/1").await.json();
    assert_eq!(found["report"], z);
    let is_of_costs = |line: &&Value| line["posting"].as_str().unwrap().starts_with("cost");
    assert_eq!(found["journal"].as_array().unwrap().iter().filter(is_of_costs).count(), 0);
    let whole = stand.get_as(Role::Analyst, "/v1/z/S1/3/1").await.json();
    // Five teas at 2.00 went out, three came back; nobody knows what the mug had cost, out and back.
    assert_eq!(whole["report"]["costs"], json!({"sold": 1_000, "returned": 600, "unknown_lines": 2}));
    let posted = |line: &Value| {
        let amount = line["debit"].as_i64().unwrap() - line["credit"].as_i64().unwrap();
        (line["code"].as_str().unwrap().to_owned(), line["posting"].as_str().unwrap().to_owned(), amount)
    };
    let costs: Vec<_> = whole["journal"].as_array().unwrap().iter().filter(is_of_costs).map(posted).collect();
    let expected = [
        ("5000", "cost", 1_000),
        ("1300", "cost", -1_000),
        ("1300", "cost_back", 200),
        ("5000", "cost_back", -200),
        ("5900", "cost_back", 200),
        ("5000", "cost_back", -200),
        ("1310", "cost_back", 200),
        ("5000", "cost_back", -200),
        ("5000", "cost_unknown", 0),
    ];
    let text = |(code, posting, amount): &(&str, &str, i64)| ((*code).to_owned(), (*posting).to_owned(), *amount);
    assert_eq!(costs, expected.iter().map(text).collect::<Vec<_>>());
    let table = stand.get_as(Role::Analyst, "/v1/z/S1/3/1/journal").await.text();
    assert!(table.lines().next().unwrap().ends_with(",credit,currency,unknown_lines"));
    assert!(table.lines().any(|line| line.contains(",cost_unknown,") && line.ends_with(",0,0,EUR,2")), "{table}");
    let for_tills = stand.get_as(Role::Till, "/v1/z/S1/3/1/journal").await.text();
    assert!(!for_tills.contains("cost"), "{for_tills}");
}
