//! `onhand settle`: what a provider says it has taken, matched with the payments of a location.

use crate::cli::Settle;
use crate::fail::Failure;
use crate::remote;
use crate::running::{json, say, say_json};
use onhand_connectors::payments::read_settlement;
use onhand_protocol::message::{DiscrepancyMessage, PaymentsSettled, SettlePayments};
use onhand_protocol::value::{Currency, Id, Text, Time};

pub(crate) async fn run(task: Settle) -> Result<(), Failure> {
    let file = task.file.display();
    let bytes =
        std::fs::read(&task.file).map_err(|error| Failure::could_not(format!("{file} cannot be read: {error}")))?;
    let lines = match read_settlement(&bytes, task.currency) {
        Ok(lines) => lines,
        Err(findings) => {
            for finding in &findings {
                say(&format!("line {}: {} {}; {}", finding.line, finding.field, finding.problem, finding.mend))?;
            }
            return Err(Failure::Found);
        }
    };
    let client = remote::client(Some(&task.server.server), Some(&task.server.key))?;
    let at: Vec<u64> = lines.iter().map(|line| line.line).collect();
    let asked = SettlePayments {
        location: Text(task.location),
        provider: Text(task.provider),
        name: Text(task.name),
        currency: Currency(task.currency),
        until: Time(task.until),
        lines: lines.into_iter().map(|line| line.moved).collect(),
    };
    let reply = client.post("/v1/settle_payments", Some(id_of(&asked)), json(&asked)?).await;
    let settled: PaymentsSettled = reply.and_then(|reply| reply.json()).map_err(remote::failure)?;
    if task.json {
        say_json(&settled)?;
    } else {
        settled.discrepancies.iter().try_for_each(|one| tell(one, &at))?;
        let (wrong, more) = (settled.discrepancies.len(), settled.more_missing);
        say(&format!("{file}: {} matched, {wrong} discrepancies, {more} more missing", settled.matched))?;
    }
    if settled.discrepancies.is_empty() { Ok(()) } else { Err(Failure::Found) }
}

/// The same settlement is the same request, however often it is sent.
fn id_of(asked: &SettlePayments) -> Id {
    let mut hash = blake3::Hasher::new();
    for text in [asked.location.as_str(), asked.provider.as_str(), asked.name.as_str()] {
        hash.update(&u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(text.as_bytes());
    }
    let mut id = [0; 16];
    id.copy_from_slice(&hash.finalize().as_bytes()[..16]);
    Id(u128::from_be_bytes(id))
}

fn tell(one: &DiscrepancyMessage, lines: &[u64]) -> Result<(), Failure> {
    let at = one.line.and_then(|line| lines.get(usize::try_from(line).ok()?));
    let at = at.map_or_else(|| "not in the file".to_owned(), |line| format!("line {line}"));
    let name = serde_json::to_value(one.mismatch).unwrap_or_default();
    let payment = one.payment.map_or_else(|| "-".to_owned(), |payment| payment.to_string());
    let transaction = one.transaction.as_deref().unwrap_or("-");
    let (ours, theirs) = (one.ours.0.0, one.theirs.0.0);
    say(&format!(
        "{at}: {} payment={payment} transaction={transaction} ours={ours} theirs={theirs}",
        name.as_str().unwrap_or("")
    ))
}
