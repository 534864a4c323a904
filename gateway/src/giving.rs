//! Requests that name a sale: the sale is read from the log first, off the worker's thread.

use crate::fault::Fault;
use crate::wire;
use onhand_actors::handle::Handle;
use onhand_engine::ids::Seq;
use onhand_engine::returns::KnownSale;
use onhand_protocol::convert::{self, Entered};
use onhand_protocol::message::{Body, Channel};
use onhand_protocol::value::Id;

/// Turns a request that names a sale into a command.
pub(crate) async fn enter(
    handle: &Handle,
    (id, body, channel): (Id, Body, Channel),
    sale: Seq,
    trains: bool,
) -> Result<Entered, Fault> {
    let known = read(handle, sale).await?;
    let book = wire::Book(handle.directory());
    let entered = convert::command_about(id.command(), body, channel, known, &book)?;
    Ok(if trains { entered.in_training(&book)? } else { entered })
}

async fn read(handle: &Handle, sale: Seq) -> Result<KnownSale, Fault> {
    let unknown = || Fault::from(Box::new(convert::unknown_sale(sale)));
    let before = Seq(sale.0.checked_sub(1).ok_or_else(unknown)?);
    let reader = handle.clone();
    let found = tokio::task::spawn_blocking(move || reader.events(before, 1)).await;
    let found = found.map_err(|_| Fault::new(5005, "an error inside the server was contained"))?;
    let found = found.map_err(|why| {
        tracing::error!(%why, sale = sale.0, "a sale cannot be read");
        Fault::new(5010, "the sale cannot be read; run onhand verify")
    })?;
    let record = found.iter().find(|(seq, _)| *seq == sale).map(|(_, record)| record);
    record.and_then(|record| KnownSale::of(sale, record)).ok_or_else(unknown)
}
