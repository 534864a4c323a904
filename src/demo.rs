//! `onhand demo`: a small chain on embedded storage, with simulated cashiers and shoppers.

use crate::chain::Caller;
use crate::cli::Demo;
use crate::fail::Failure;
use crate::running::{self, Stop, say};
use crate::{key, remote};
use onhand_actors::handle::Handle;
use onhand_connectors::payments::{self, Bank};
use onhand_engine::catalogue::Role;
use onhand_engine::command::Action;
use onhand_engine::ids::Label;
use onhand_loadtest::{sample, traders};
use onhand_protocol::value::Text;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Who holds the keys of a demo.
const HOLDER: &str = "demo";
/// How long a simulated provider that says nothing is waited for.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

pub(crate) async fn run(options: Demo) -> Result<(), Failure> {
    let mut temporary = None;
    let data = match &options.data {
        Some(data) => data.clone(),
        None => {
            let folder = tempfile::Builder::new().prefix("onhand-demo-").tempdir();
            let folder =
                folder.map_err(|error| Failure::could_not(format!("no folder for the demo's data: {error}")))?;
            temporary.insert(folder).path().join("data")
        }
    };
    let handle = running::start_actors(&data)?;
    // The provider remembers across demos on the same data, as the server does.
    let bank = Bank::open(&beside(&data)).map_err(|error| Failure::could_not(error.to_string()));
    let traded = match bank {
        Ok(bank) => trade(&options, &handle, bank).await,
        Err(failure) => Err(failure),
    };
    handle.stop();
    traded
}

/// The simulated provider's books, in a file beside the data.
fn beside(data: &Path) -> PathBuf {
    let mut name = data.file_name().unwrap_or_default().to_owned();
    name.push("-bank.jsonl");
    data.with_file_name(name)
}

async fn trade(options: &Demo, handle: &Handle, bank: Bank) -> Result<(), Failure> {
    let stop = Stop::watch()?;
    let (key, drivers_key) = fresh_keys(handle)?;
    let door = running::open_door(options.listen, Some(options.payments), Vec::new(), handle.clone())?;
    let url = format!("http://{}", door.address());
    sample::load(&url, &key).await.map_err(|error| match error {
        sample::LoadError::Client(error) => remote::failure(error),
        sample::LoadError::Sample(error) => Failure::could_not(error.to_string()),
    })?;
    running::say_listening(&door)?;
    introduce(&url, &key)?;
    let mut stopped = Ok(());
    let until_stopped = async { stopped = stop.wait(handle).await };
    let payments = door.payments_address().map(|address| format!("http://{address}"));
    let driver = match payments {
        Some(url) => {
            let options = payments::Options::new(&url, &drivers_key, provider()?);
            let options = payments::Options { answer_within: ANSWER_WITHIN, ..options };
            Some(tokio::spawn(take_payments(options, bank)))
        }
        None => None,
    };
    let cards = driver.is_some().then(provider).transpose()?;
    let traded = traders::run(&url, &key, traders::Options { cards, ..Default::default() }, until_stopped).await;
    driver.iter().for_each(tokio::task::JoinHandle::abort);
    door.stop();
    traded.map_err(|error| Failure::could_not(error.to_string()))?;
    stopped
}

/// New keys each time, the admin's and a driver's; those of earlier demos on the same data end.
fn fresh_keys(handle: &Handle) -> Result<(String, String), Failure> {
    let caller = Caller::new(handle.clone());
    let earlier = handle.directory().keys();
    for old in earlier.into_iter().filter(|key| key.holder.as_str() == HOLDER && key.revoked.is_none()) {
        caller.ask(Action::RevokeKey { key: old.id })?;
    }
    let holder = Label::new(HOLDER).map_err(|error| Failure::could_not(error.to_string()))?;
    Ok((key::made(handle, Role::Admin, holder.clone())?, key::made(handle, Role::Driver, holder)?))
}

/// Whose payments the simulated provider takes.
fn provider() -> Result<Text<32>, Failure> {
    Label::new("simulator").map(Text).map_err(|error| Failure::could_not(error.to_string()))
}

/// The simulated provider: payments for `simulator` are approved, or not, by their amounts.
async fn take_payments(options: payments::Options, bank: Bank) {
    let simulator = payments::Simulator::new(bank);
    if let Err(error) = payments::run(options, Arc::new(simulator), std::future::pending()).await {
        tracing::warn!(%error, "the simulated provider has stopped");
    }
}

fn introduce(url: &str, key: &str) -> Result<(), Failure> {
    say(&format!(
        "
  {url}/        what there is to see
  {url}/shop    a shop page with live stock; open it twice
  {url}/ops#key={key}
                              operations: throughput, latency, stock running low, as it happens
  {url}/analyst#key={key}
                              the same stream by location, channel and item
  {url}/reports#key={key}
                              the day by store, hour, item, tax and tender

Four shops and a web warehouse are trading: cashiers sell for cash and by card, shoppers hold and buy, shelves are
filled. A simulated provider takes the cards; of amounts that end in 51 it declines, in 68 and 91 it says nothing at first.
The admin's key of this demo:
  {key}
  curl -H 'Authorization: Bearer {key}' {url}/v1/stock?location=S1
Stop it with Ctrl-C."
    ))
}
