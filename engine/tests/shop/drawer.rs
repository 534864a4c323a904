//! Till sessions in words.

use super::Shop;
use super::reading::{Reading, TENDERS, tender_kind};
use onhand_engine::cash_rounding::{CashRounding, Direction, RoundingRule, Tie};
use onhand_engine::command::{Action, Disposition, Tender, TenderKind};
use onhand_engine::date::Date;
use onhand_engine::drawer::books::Tally;
use onhand_engine::drawer::report::{Count, Counted, Denomination, Report, TenderLine};
use onhand_engine::drawer::rules::{Account, DrawerRules};
use onhand_engine::drawer::{Ask, BusinessDay, Movement, Told};
use onhand_engine::ids::{Label, SessionNo};
use onhand_engine::money::Minor;
use std::fmt::Write as _;

impl Shop {
    pub(super) fn drawer_action(&self, verb: &str, reading: &mut Reading) -> Action {
        if verb == "drawer_rules" {
            return Action::SetDrawerRules { rules: Box::new(rules(reading)) };
        }
        let till = reading.till().unwrap();
        let ask = match verb {
            "open" => Ask::Open {
                business_day: match reading.word().as_str() {
                    "today" => BusinessDay::Today(self.location().day(self.now)),
                    day => Date::parse(day).unwrap().into(),
                },
                float: reading.minor(),
                basis: self.tax.basis,
            },
            "paid_in" => moved(Movement::PaidIn, reading),
            "paid_out" => moved(Movement::PaidOut, reading),
            "drop" => moved(Movement::Drop, reading),
            "no_sale" => Ask::NoSale { reason: reading.code("reason").unwrap() },
            "x" => Ask::Read,
            "close" => {
                let pending = reading.value("pending").map_or(0, |text| text.parse().unwrap());
                let session = reading.value("session").map(|no| SessionNo(no.parse().unwrap()));
                let counts = reading.rest().iter().map(|(kind, found)| count(kind, found)).collect();
                Ask::Close { session, counts, pending }
            }
            other => panic!("no such verb: {other}"),
        };
        Action::Drawer { till, ask }
    }

    /// The journal of the last Z: account, posting and amount, debits above zero.
    pub(super) fn journal(&self) -> String {
        let line = |line: &onhand_engine::drawer::journal::JournalLine| {
            let late = line.late.map_or(String::new(), |session| format!("@{}", session.0));
            let found = if line.unknown_lines > 0 {
                format!("{}_lines", line.unknown_lines)
            } else {
                line.amount.0.to_string()
            };
            format!("{}{}:{}={}", line.code, late, line.posting.name(), found)
        };
        let sum: Minor = self.journal.iter().map(|line| line.amount).sum();
        format!("{} sum={}", self.journal.iter().map(line).collect::<Vec<_>>().join(" "), sum.0)
    }
}

/// `due=5:nearest:up change=5:nearest:up` and `ACCOUNT=CODE`.
fn rules(reading: &mut Reading) -> DrawerRules {
    let rule = |text: &str| {
        let mut parts = text.split(':');
        let step = parts.next().unwrap().parse().unwrap();
        let direction = [Direction::Nearest, Direction::Up, Direction::Down];
        let named = parts.next().unwrap();
        let direction = direction.into_iter().find(|direction| direction.name() == named).unwrap();
        let tie = if parts.next() == Some("down") { Tie::Down } else { Tie::Up };
        RoundingRule { step, direction, tie }
    };
    let due = reading.value("due").map(|text| rule(&text));
    let change = reading.value("change").map(|text| rule(&text)).or(due);
    let rounding = due.zip(change).map(|(due, change)| CashRounding { due, change });
    let account = |(account, code): (String, String)| (Account::named(&account).unwrap(), Label::new(&code).unwrap());
    DrawerRules { rounding, accounts: reading.rest().into_iter().map(account).collect() }
}

fn moved(movement: Movement, reading: &mut Reading) -> Ask {
    let amount = reading.minor();
    Ask::Move { movement, amount, reason: reading.code("reason").unwrap(), person: reading.code("by").unwrap() }
}

/// `cash=5000x3+200x4`, `card=1200`, either with `:REASON`.
fn count(kind: &str, found: &str) -> Count {
    let (found, reason) = found.split_once(':').map_or((found, None), |(found, reason)| (found, Some(reason)));
    let piece = |text: &str| {
        let (value, pieces) = text.split_once('x').unwrap();
        Denomination { value: Minor(value.parse().unwrap()), pieces: pieces.parse().unwrap() }
    };
    let counted = if found.contains('x') {
        Counted::Pieces(found.split('+').map(piece).collect())
    } else {
        Counted::Amount(Minor(found.parse().unwrap()))
    };
    Count { kind: tender_kind(kind), counted, reason: reason.map(|reason| Label::new(reason).unwrap()) }
}

/// The rounding that was recorded, where there was any.
pub(super) fn rounding(tenders: &[Tender]) -> String {
    let rounding = tenders.iter().filter(|tender| tender.kind == TenderKind::CashRounding);
    let rounding: Minor = rounding.map(|tender| tender.amount).sum();
    if rounding == Minor::ZERO { String::new() } else { format!(" rounding={}", rounding.0) }
}

pub(super) fn told(told: &Told) -> String {
    match told {
        Told::SessionOpened { session } => format!("opened session={}", session.0),
        Told::CashMoved(movement) => movement.name().to_owned(),
        Told::NoSaleOpened => "noted".to_owned(),
        Told::Read(x) => format!("x {}", report(x)),
        Told::SessionClosed(z) => format!("closed z={} {}", z.session.0, report(z)),
    }
}

fn report(report: &Report) -> String {
    let mut text = format!("day={} sales={} returns={}", report.business_day, report.books.sales, report.books.returns);
    let sums = [
        ("sold", report.books.gross_sold().0),
        ("returned", report.books.gross_returned().0),
        ("rounding", report.books.rounding.0),
        ("discounts", report.books.discounts.amount.0),
        ("no_sales", i64::try_from(report.no_sales).unwrap()),
        ("pending", i64::try_from(report.pending).unwrap()),
    ];
    for (name, sum) in sums.iter().filter(|(_, sum)| *sum != 0) {
        let _ = write!(text, " {name}={sum}");
    }
    for ((_, rate), turnover) in &report.books.sold {
        let _ = write!(text, " tax@{}={}", rate.0, turnover.tax.0);
    }
    if let Some((first, last)) = report.receipts {
        let _ = write!(text, " receipts={}..{}", first.0, last.0);
    }
    let deposits = &report.deposits;
    let sum = |tallies: &[Tally]| tallies.iter().map(|tally| tally.amount.0).sum::<i64>();
    let (taken, back) = (sum(&deposits.taken), sum(&deposits.given_back));
    for (name, amount) in [
        ("deposited", taken),
        ("given_back", back),
        ("kept", deposits.kept.amount.0),
        ("deposits_used", report.books.deposits_used.0),
    ] {
        text += &if amount == 0 { String::new() } else { format!(" {name}={amount}") };
    }
    for (disposition, tally) in Disposition::ALL.into_iter().zip(report.books.dispositions).skip(1) {
        if tally.count > 0 {
            let _ = write!(text, " {}={}:{}", disposition.name(), tally.count, tally.amount.0);
        }
    }
    if report.books.voids != Default::default() {
        let _ = write!(text, " voids={}:{}", report.books.voids.count, report.books.voids.amount.0);
    }
    if report.voided != Default::default() {
        let _ = write!(text, " voided={}:{}", report.voided.count, report.voided.amount.0);
    }
    if !report.suspended.is_empty() {
        let _ = write!(text, " suspended={}", report.suspended.len());
    }
    for late in &report.late {
        let _ = write!(text, " late={}:{}", late.session.0, late.books.gross_sold().0);
    }
    let _ = write!(text, " grand={}", report.grand.sold.minus(report.grand.returned).0);
    report.tenders.iter().for_each(|line| text += &tender(line));
    text
}

fn tender(line: &TenderLine) -> String {
    let mut text = format!(" | {} expected={}", TENDERS[line.kind.index()], line.expected.0);
    if let Some(counted) = &line.counted {
        let _ = write!(text, " counted={} variance={}", counted.total().0, line.variance().0);
    }
    if let Some(reason) = &line.reason {
        let _ = write!(text, " reason={reason}");
    }
    text
}
