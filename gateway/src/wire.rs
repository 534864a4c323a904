//! Between the protocol's types and the gateway's: names, replies, levels, subscriptions.

use crate::fault::Fault;
use crate::keys::Principal;
use crate::live::{Watch, Watched};
use crate::watching::Since;
use crate::{training, zones};
use onhand_actors::directory::Directory;
use onhand_actors::handle::Handle;
use onhand_actors::port::{LevelChange, Outcome};
use onhand_engine::account::AccountKind;
use onhand_engine::catalogue::{Item, KeyId, Location};
use onhand_engine::gtin::Gtin;
use onhand_engine::ids::{AccountId, CommandId, Label, LocationCode, LocationId, OrderId, SkuCode, SkuId, UserCode};
use onhand_engine::level::Level;
use onhand_engine::people::UserNo;
use onhand_engine::refusal::Refusal;
use onhand_engine::returns::unreceipted::Limits;
use onhand_engine::rules::Rules;
use onhand_engine::time::Timestamp;
use onhand_engine::zone::Zone;
use onhand_protocol::compact;
pub(crate) use onhand_protocol::convert::Audience;
use onhand_protocol::convert::{self, Names};
use onhand_protocol::limits::PAGE_MAX;
use onhand_protocol::message::{
    BasketList, Channel, ErrorBody, ItemScanned, LayawayList, LevelMessage, Reply, Role, Scan, Subscribe, Success,
};
use onhand_protocol::value::{Id, Sku};
use std::sync::Arc;

/// The directory as the protocol asks for it.
pub(crate) struct Book<'a>(pub(crate) &'a Directory);

impl Names for Book<'_> {
    fn item(&self, code: &SkuCode) -> Option<Arc<Item>> {
        self.0.item_by_code(code)
    }

    fn item_by_gtin(&self, gtin: Gtin) -> Option<Arc<Item>> {
        self.0.item_by_gtin(gtin)
    }

    fn item_numbered(&self, sku: SkuId) -> Option<Arc<Item>> {
        self.0.item(sku)
    }

    fn location(&self, code: &LocationCode) -> Option<Arc<Location>> {
        self.0.location_by_code(code)
    }

    fn location_numbered(&self, id: LocationId) -> Option<Arc<Location>> {
        self.0.location(id)
    }

    fn has_rules(&self) -> bool {
        !self.0.rules().are_plain()
    }

    fn rules(&self) -> Arc<Rules> {
        self.0.rules()
    }

    fn return_limits(&self, location: LocationId) -> Limits {
        self.0.return_limits(location)
    }

    fn zone(&self, name: &str) -> Option<Arc<Zone>> {
        zones::zone(name, self.now())
    }

    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn user_numbered(&self, no: UserNo) -> Option<UserCode> {
        self.0.people().user(no).map(|user| user.code.clone())
    }

    fn holder(&self, key: KeyId) -> Option<Label> {
        self.0.key(key).map(|key| key.holder)
    }

    fn accounts_of(&self, owner: &str) -> Vec<(AccountId, AccountKind)> {
        self.0.accounts_of(owner)
    }
}

impl Principal {
    /// The word for its role on the wire.
    pub(crate) fn role(&self) -> Role {
        match self {
            Principal::Key { role, .. } => Role::from(*role),
            Principal::Shopper { .. } => Role::Shopper,
        }
    }

    /// In whose eyes it sees levels, for a channel or that of its role. The public has no eyes for a
    /// till: the difference would tell what is kept back.
    pub(crate) fn audience(&self, channel: Option<Channel>) -> Result<Audience, Fault> {
        let channel = channel.unwrap_or_else(|| self.role().channel());
        match (self.role(), channel) {
            (Role::Web, Channel::Till) | (Role::Shopper, Channel::Till | Channel::Marketplace) | (Role::Driver, _) => {
                let text = format!("the role {} may not see this channel", self.role_name());
                Err(Fault::new(4004, text).at("channel"))
            }
            (Role::Web | Role::Shopper, _) => Ok(Audience::Public(channel)),
            (Role::Admin | Role::Till | Role::Analyst | Role::Operations, _) => Ok(Audience::Staff(channel)),
        }
    }
}

/// What the answer to a request on its way will need; in which encoding it was asked.
pub(crate) enum Asked {
    /// JSON text.
    Text(convert::Asked),
    /// A compact sale, and what is against it as things are now.
    Compact(Id, Option<Box<ErrorBody>>),
}

/// The answer to a compact sale.
pub(crate) fn write_compact(
    out: &mut Vec<u8>,
    handle: &Handle,
    (id, against): (Id, Option<&ErrorBody>),
    outcome: &Outcome,
) {
    let book = Book(handle.directory());
    let refused = match outcome {
        Outcome::Done { seq, time, answer } if compact::recorded(out, id, *seq, *time, answer, &book) => return,
        // An id that stood for something else is refused as such: this cannot be.
        Outcome::Done { .. } => &Refusal::Internal,
        Outcome::Refused(refusal) => refusal,
    };
    compact::refused(out, id, &convert::told(refused, against, &book));
}

/// The reply to a command.
pub(crate) fn write_reply(out: &mut Vec<u8>, handle: &Handle, asked: &convert::Asked, outcome: &Outcome) {
    let book = Book(handle.directory());
    match outcome {
        Outcome::Done { seq, time, answer } => convert::reply(out, asked, *seq, *time, answer, &book),
        Outcome::Refused(refusal) => convert::refused(out, asked, refusal, &book),
    }
}

/// The reply to a request that succeeded without the actors.
pub(crate) fn write_success(out: &mut Vec<u8>, id: Id, success: Success) {
    Reply::done(id, success).write(out);
}

/// An error, for the request it belongs to where that is known.
pub(crate) fn write_error(out: &mut Vec<u8>, id: Option<Id>, fault: &Fault) {
    Reply::failed(id, fault.body().clone()).write(out);
}

/// The reply that begins a snapshot.
pub(crate) fn write_subscribed(out: &mut Vec<u8>, id: u128, levels: &[u8]) {
    out.extend_from_slice(b"{\"id\":\"");
    out.extend_from_slice(CommandId(id).to_string().as_bytes());
    out.extend_from_slice(b"\",\"ok\":\"subscribed\",\"levels\":[");
    out.extend_from_slice(levels);
    out.extend_from_slice(b"]}");
}

/// One level as one JSON object. An item or a place without a name has no level.
pub(crate) fn write_level(out: &mut Vec<u8>, handle: &Handle, change: &LevelChange, audience: Audience) -> bool {
    let directory = handle.directory();
    let (Some(location), Some(item)) = (directory.location(change.location.real()), directory.item(change.sku)) else {
        return false;
    };
    convert::level(out, &location.code, &item.code, change.time, &change.level, audience);
    true
}

/// The same as a value; none for an item or a place without a name.
pub(crate) fn level_message(handle: &Handle, change: &LevelChange, audience: Audience) -> Option<LevelMessage> {
    let directory = handle.directory();
    let (location, item) = (directory.location(change.location.real())?, directory.item(change.sku)?);
    let (place, sku) = ((&location.code).into(), (&item.code).into());
    Some(convert::level_message(place, sku, change.time, &change.level, audience))
}

/// The published level of one item at one place; version zero when it was never touched there.
pub(crate) fn level(handle: &Handle, location: LocationId, sku: SkuId) -> LevelChange {
    let untouched = || LevelChange { location, sku, time: handle.now(), level: Level::default() };
    handle.level_change(location, sku).unwrap_or_else(untouched)
}

/// A place by its code.
pub(crate) fn location(directory: &Directory, code: &LocationCode) -> Result<Arc<Location>, Fault> {
    directory.location_by_code(code).ok_or_else(|| {
        Fault::new(1004, format!("there is no location {code}; GET /v1/locations lists them")).at("location")
    })
}

/// An item by its code.
pub(crate) fn item(directory: &Directory, code: &SkuCode) -> Result<Arc<Item>, Fault> {
    directory.item_by_code(code).ok_or_else(|| {
        let fault = Fault::new(1003, format!("there is no item {code} in the catalogue")).at("sku");
        fault.about(Sku::from(code))
    })
}

/// What was scanned.
pub(crate) fn scan(handle: &Handle, asked: &Scan) -> Result<ItemScanned, Fault> {
    let directory = handle.directory();
    let location = location(directory, &asked.location.0)?;
    let (labels, today) = (directory.labels(location.id), location.day(handle.now()));
    Ok(convert::scan(&asked.code, &location, &labels, today, &Book(directory))?)
}

/// The open layaways of a place, after one.
pub(crate) fn layaways(
    handle: &Handle,
    (code, trains): (&LocationCode, bool),
    after: Option<&OrderId>,
) -> Result<LayawayList, Fault> {
    let location = location(handle.directory(), code)?;
    let open = handle.layaways(training::ledger(location.id, trains), after, PAGE_MAX);
    Ok(convert::layaways(&open, &location, handle.now(), &Book(handle.directory())))
}

/// The baskets suspended at a place.
pub(crate) fn baskets(handle: &Handle, code: &LocationCode) -> Result<BasketList, Fault> {
    let location = location(handle.directory(), code)?;
    Ok(convert::baskets(&handle.suspended(location.id), &Book(handle.directory())))
}

/// A subscription that was asked for.
pub(crate) struct Subscribing {
    pub(crate) watched: Watched,
    pub(crate) since: Since,
}

/// Turns codes into numbers.
pub(crate) fn subscribing(asked: Subscribe, principal: Principal, directory: &Directory) -> Result<Subscribing, Fault> {
    let sku = |code: &Sku| Ok(item(directory, &code.0)?.sku);
    let place = |code: &onhand_protocol::value::LocationCode| Ok(location(directory, &code.0)?.id);
    let skus: Option<Result<_, Fault>> = asked.skus.map(|codes| codes.iter().map(sku).collect());
    let locations: Option<Result<_, Fault>> = asked.locations.map(|codes| codes.iter().map(place).collect());
    let mut watch = Watch { skus: skus.transpose()?, locations: locations.transpose()?, low_only: asked.low_only };
    watch.tidy();
    let mut since = Since::default();
    for (code, versions) in asked.since.unwrap_or_default() {
        let place = place(&code)?;
        // An item that is gone from the client's list is not worth refusing the others for.
        let known = versions.iter().filter_map(|(code, version)| Some((directory.item_by_code(&code.0)?, *version)));
        since.extend(known.map(|(item, version)| ((place, item.sku), version)));
    }
    Ok(Subscribing { watched: Watched { watch, audience: principal.audience(asked.channel)? }, since })
}

/// A count as a gauge takes it.
pub(crate) fn gauge(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// A count as a counter takes it.
pub(crate) fn count(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
