//! What somebody bought, and their accounts. A customer is known by the name that sales give as their `owner`, and
//! found wherever a sale was made: in the log, newest first.

use super::answer;
use super::app::App;
use super::reads::{Answer, Asking, asked, reader, respond};
use crate::fault::Fault;
use crate::rights::Read;
use crate::wire;
use axum::extract::{Path, State};
use axum::response::Response;
use http::header::HeaderMap;
use onhand_actors::port::Outcome;
use onhand_engine::account::{AccountAsk, AccountKind};
use onhand_engine::answer::Answer as Told;
use onhand_engine::command::{Action, Channel, Command};
use onhand_engine::event::Record;
use onhand_engine::ids::{AccountId, CommandId, LocationId, Owner, Seq};
use onhand_engine::people::By;
use onhand_protocol::convert;
use onhand_protocol::message::{AccountStatement, CustomerSales};
use onhand_protocol::value::{Id, Position};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Records that one page may look at.
const RECORDS_MAX: u64 = 5_000_000;
/// Accounts that are told on one page.
const ACCOUNTS_MAX: usize = 100;

pub(crate) async fn sales(
    State(app): State<Arc<App>>,
    Path(owner): Path<String>,
    query: Asking,
    headers: HeaderMap,
) -> Response {
    respond(find(&app, &owner, query, &headers).await)
}

async fn find(app: &App, owner: &str, query: Asking, headers: &HeaderMap) -> Answer {
    reader(app, headers, Read::Customers)?;
    let asked = asked(query)?;
    let owner = Owner::new(owner).map_err(|why| Fault::new(1013, format!("the owner {why}")).at("owner"))?;
    let handle = app.shared.handle.clone();
    let newest = Seq(handle.last_seq().0.saturating_add(1));
    let wrong = || Fault::new(1017, "`after` is not the `next` of a page").at("after");
    let before = asked.after.as_deref().map_or(Ok(newest), |text| text.parse().map(Seq).map_err(|_| wrong()))?;
    let limit = asked.limit();
    let own = handle.directory().accounts_of(owner.as_str());
    let look = move |wanted: &crate::office::Wanted<_>| {
        handle.sales_of(&owner, before.min(newest), limit, |looked_at| looked_at < RECORDS_MAX && wanted.is_wanted())
    };
    let looked = app.shared.office.make(app.shared.stopping.clone(), look).await?;
    let (found, next) = looked.map_err(|why| {
        tracing::error!(%why, "the sales of a customer cannot be read");
        Fault::new(5010, "the log cannot be read; run onhand verify")
    })?;
    let accounts = accounts(app, own, &found).await?;
    let book = wire::Book(app.shared.handle.directory());
    let sales = found.iter().map(|(seq, record)| convert::event(*seq, record, &book)).collect();
    Ok(answer::json(&CustomerSales { sales, accounts, next: next.map(Position) }))
}

/// The accounts that are theirs, then those that are named by their id in their sales: those are somebody's own, too.
async fn accounts(
    app: &App,
    own: Vec<(AccountId, AccountKind)>,
    sales: &[(Seq, Record)],
) -> Result<Vec<AccountStatement>, Fault> {
    let paid = sales.iter().filter_map(|(_, record)| record.event.sale()?.redemption.as_deref());
    let paid = paid.flat_map(|paid| &paid.takes).filter(|take| !take.by_code).map(|take| take.account);
    let own: Vec<AccountId> = own.into_iter().map(|(account, _)| account).collect();
    let paid: BTreeSet<AccountId> = paid.filter(|account| !own.contains(account)).collect();
    let mut told = Vec::new();
    for account in own.into_iter().chain(paid).take(ACCOUNTS_MAX) {
        let (location, action) = (LocationId::of_account(account), Action::Account { account, ask: AccountAsk::Read });
        let command = Command { id: CommandId(Id::mint().0), location, channel: Channel::Till, action };
        let outcome = app.decide(By::default(), command).await?;
        if let Outcome::Done { seq, time, answer: Told::Account(said) } = outcome {
            told.push(convert::account_statement(seq, time, &said));
        }
    }
    Ok(told)
}
