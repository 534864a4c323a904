//! A provider's settlement as a file: `payment`, `transaction`, `type`, `amount`, `currency` and, for refunds,
//! `refund`. Payments and refunds are our ids, as the driver gave them to the provider; amounts are decimal.

use crate::amount;
use crate::catalogue::{Finding, Severity};
use crate::table::{Column, Row, Table};
use onhand_engine::card_number;
use onhand_engine::money::Currency;
use onhand_protocol::message::SettlementLine;
use onhand_protocol::value::{Amount, Id};

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Where it stands, from 1.
    pub line: u64,
    /// What it says.
    pub moved: SettlementLine,
}

const NEEDED: [&str; 4] = ["payment", "transaction", "type", "amount"];

/// Reads a file, plain or gzip.
///
/// # Errors
/// What is wrong with it, by line; then nothing of it is settled.
pub fn read_settlement(bytes: &[u8], currency: Currency) -> Result<Vec<Settled>, Vec<Finding>> {
    let table = Table::open(bytes).map_err(|finding| vec![finding])?;
    if !table.has(&NEEDED) {
        let problem = format!("its header lacks some of {}", NEEDED.join(", "));
        return Err(vec![finding(0, "", problem, "name the columns so")]);
    }
    let columns = Columns {
        payment: table.column(&["payment"]),
        transaction: table.column(&["transaction"]),
        kind: table.column(&["type"]),
        amount: table.column(&["amount"]),
        currency: table.column(&["currency"]),
        refund: table.column(&["refund"]),
    };
    let (mut lines, mut findings) = (Vec::new(), table.findings);
    for row in &table.rows {
        match columns.read(row, currency) {
            Ok(moved) => lines.push(Settled { line: row.line, moved }),
            Err(finding) => findings.push(*finding),
        }
    }
    if findings.is_empty() { Ok(lines) } else { Err(findings) }
}

struct Columns {
    payment: Column,
    transaction: Column,
    kind: Column,
    amount: Column,
    currency: Column,
    refund: Column,
}

impl Columns {
    fn read(&self, row: &Row, currency: Currency) -> Result<SettlementLine, Box<Finding>> {
        let wrong = |field, problem: String, mend: &str| Box::new(finding(row.line, field, problem, mend));
        let transaction = row.get(self.transaction);
        if transaction.is_empty() {
            return Err(wrong("transaction", "is empty".to_owned(), "give the provider's name for it"));
        }
        if card_number::find(transaction.as_bytes()).is_some() {
            let problem = "holds what looks like a payment card number".to_owned();
            return Err(wrong("transaction", problem, "take it out of the file"));
        }
        let refunded = match row.get(self.kind) {
            "charge" => false,
            "refund" => true,
            _ => return Err(wrong("type", "is neither charge nor refund".to_owned(), "say which it is")),
        };
        if !matches!(row.get(self.currency), "" | "-") && row.get(self.currency) != currency.as_str() {
            return Err(wrong("currency", format!("is not {currency}"), "settle each currency by itself"));
        }
        let amount = amount::parse(row.get(self.amount), currency);
        let amount = amount.map_err(|why| wrong("amount", why.to_string(), "write it as 12.50"))?;
        // A reference that is not ours is a payment that we do not know.
        let id = |column| row.get(column).parse::<Id>().ok();
        Ok(SettlementLine {
            payment: id(self.payment),
            transaction: transaction.to_owned(),
            amount: Amount(amount),
            refunded,
            refund: id(self.refund),
        })
    }
}

fn finding(line: u64, field: &'static str, problem: String, mend: &str) -> Finding {
    Finding { line, severity: Severity::Error, field, problem, mend: mend.to_owned() }
}
