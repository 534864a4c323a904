//! Training: whoever says so at the beginning sells, returns, counts and closes by the same rules, in a ledger and on
//! shelves of their own that nobody else sees.
//!
//! Responsible for: where a command of training goes, and what its shelves have. Not responsible for: what can be
//! trained (`engine/src/training.rs`).

use crate::fault::Fault;
use crate::keys::Principal;
use crate::wire::{self, Asked};
use http::HeaderMap;
use http::header::HeaderValue;
use onhand_actors::directory::Directory;
use onhand_actors::handle::Handle;
use onhand_engine::catalogue::Role;
use onhand_engine::command::{Action, Command, SaleLine, Sell, SkuQty};
use onhand_engine::goods::Goods;
use onhand_engine::ids::{CommandId, LocationId, SkuId};
use onhand_engine::layaway::Ask;
use onhand_protocol::convert::Entered;

/// How HTTP says that it trains.
pub(crate) const HEADER: &str = "onhand-training";

/// Whether one may train: who stands at a till.
pub(crate) fn check(principal: &Principal) -> Result<(), Fault> {
    match principal {
        Principal::Key { role: Role::Admin | Role::Till, .. } => Ok(()),
        _ => Err(Fault::new(4004, format!("the role {} has nothing to train", principal.role_name())).at("training")),
    }
}

/// Whether a request over HTTP trains.
pub(crate) fn is_asked(headers: &HeaderMap, principal: &Principal) -> Result<bool, Fault> {
    match headers.get(HEADER).map(HeaderValue::as_bytes) {
        None => Ok(false),
        Some(b"true") => check(principal).map(|()| true),
        Some(_) => Err(Fault::new(1001, "Onhand-Training is `true`, or not there").at("Onhand-Training")),
    }
}

/// Where people train for a location, or the location itself.
pub(crate) fn ledger(location: LocationId, trains: bool) -> LocationId {
    location.training_twin().filter(|_| trains).unwrap_or(location)
}

/// A command of a connection that trains. The compact form has no room to say so in its answer.
pub(crate) fn enter(directory: &Directory, command: Command, asked: Asked) -> Result<(Command, Asked), Fault> {
    match asked {
        Asked::Text(asked) => {
            let Entered { command, asked } = Entered { command, asked }.in_training(&wire::Book(directory))?;
            Ok((command, Asked::Text(asked)))
        }
        Asked::Compact(..) => Err(Fault::new(3130, "compact sales cannot be trained; send them as JSON")),
    }
}

/// What comes to the shelves before a command of training: what the shop has of each item that is named for the first
/// time. Its id follows from the item, so that it comes once, whoever else trains at the same moment.
pub(crate) fn deliveries(handle: &Handle, command: &Command) -> Vec<Command> {
    const MARK: u128 = u128::from_be_bytes(*b"training shelves");
    let here = command.location;
    let mut skus = named(&command.action);
    skus.sort_unstable();
    skus.dedup();
    skus.retain(|sku| handle.level_change(here, *sku).is_none());
    let delivery = |sku: SkuId| {
        let qty = handle.level(here.real(), sku).on_hand;
        let id = CommandId(MARK ^ (u128::from(here.0) << 32 | u128::from(sku.0)));
        let action = Action::Receive { lines: vec![SkuQty { sku, qty }], goods: None };
        qty.is_positive().then_some(Command { id, location: here, channel: command.channel, action })
    };
    skus.into_iter().filter_map(delivery).collect()
}

fn named(action: &Action) -> Vec<SkuId> {
    match action {
        Action::Sell(sell) => sold(sell),
        Action::Exchange { sell, .. } => sold(sell),
        Action::Layaway { ask: Ask::Open { lines, goods, .. }, .. } => of_lines(lines, goods.as_deref()),
        Action::Return { lines, .. } => lines.iter().map(|line| line.sku).collect(),
        Action::Reserve { lines, .. } | Action::Receive { lines, .. } => lines.iter().map(|line| line.sku).collect(),
        Action::Adjust { sku, .. } | Action::Count { sku, .. } | Action::SetPolicy { sku, .. } => vec![*sku],
        _ => Vec::new(),
    }
}

/// What a sale takes from shelves: its items, and the parts of its kits.
fn sold(sell: &Sell) -> Vec<SkuId> {
    of_lines(&sell.lines, sell.goods.as_deref())
}

fn of_lines(lines: &[SaleLine], goods: Option<&Goods>) -> Vec<SkuId> {
    let parts = goods.into_iter().flat_map(|goods| &goods.under).map(|under| under.sku);
    lines.iter().map(|line| line.sku).chain(parts).collect()
}
