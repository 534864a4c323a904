//! The state as a snapshot keeps it, cut into parts of moderate size. Every part belongs to one
//! location, so that recovery can share them out.

mod totals;

use super::account::{self, AccountPart, RedemptionPart};
use super::basket::{Held, HeldPieces};
use super::catalogue::{Item, Key, Location};
use super::codes::Coded;
use super::costs;
use super::drawer::{DrawerPart, RulesPart};
use super::event::{Line, Policy, code, layouts_in, lines_in, lines_out};
use super::goods::{Terms, serial_in};
use super::layaway::LayawaysPart;
use super::payment::{self, DeclinedPart, NamesPart, PaymentPart};
use super::people::Everybody;
use super::pricing::{BookHead, DatedRate, Promotion, Row};
use super::returns::{GivenBack, GrantRefunds, ReturnGrant, grant_refunds, read_grant_refunds};
use super::unreceipted::{Limits, OfDay};
use super::zone::{self, Zone};
use super::{DecodeError, SCRATCH, access, answer, archive, unarchive};
use crate::log::Remembered;
use answer::AnyAnswer;
use onhand_engine::chain::Chain;
use onhand_engine::command::Channel;
use onhand_engine::event::Event;
use onhand_engine::fingerprint::Fingerprint;
use onhand_engine::ids::{CommandId, LocationId, ReservationId, Seq, SkuId, TillNo, Version};
use onhand_engine::qty::Qty;
use onhand_engine::rules::RulesVersion;
use onhand_engine::scan::Layout;
use onhand_engine::stock::{Detail, StockRow};
use onhand_engine::store::{OrderState, Reservation, Store};
use onhand_engine::time::Timestamp;
use onhand_engine::world::{PlaceState, World};
use rkyv::{Archive, Deserialize, Serialize};
use std::sync::Arc;
use totals::{TillPart, totals_in, totals_out};

/// Entries in one part.
const PART: usize = 2_048;
/// Rows of a price book in one part: they are small.
const BOOK_PART: usize = 32_768;

/// Suspended baskets in one part: each may have many lines.
const SUSPENDED_PART: usize = 64;

const KIND_ROWS: u8 = 0;
const KIND_PART: u8 = 1;
const KIND_MEMOS: u8 = 2;

/// What is rarer than rows. New members go to the end, and none is wider than a list, or older parts could not
/// be read: what is wider goes into a box.
#[derive(Archive, Serialize, Deserialize)]
enum Part {
    Items(Vec<Item>),
    Locations(Vec<Location>),
    Keys(Vec<Key>),
    Totals(Vec<[i64; 10]>),
    Tills(Vec<TillPart>),
    Reservations(Vec<ReservationPart>),
    Orders(Vec<OrderPart>),
    GivenBack(Vec<GivenBack>),
    Drawers(Vec<(u16, DrawerPart)>),
    DrawerRules(Box<RulesPart>),
    Settling(Vec<RedemptionPart>),
    Accounts(Vec<AccountPart>),
    Labels(Vec<(u32, Vec<String>)>),
    /// Locations by number whose tax has dated rates.
    DatedRates(Vec<(u32, Vec<DatedRate>)>),
    /// A price book; its rows follow.
    Book(Box<BookHead>),
    /// More rows of the book of this code.
    BookRows(Box<(String, Vec<Row>)>),
    Promotions(Vec<Promotion>),
    /// How often the selling rules had changed; after all of them.
    RulesVersion(u64),
    /// In a box: a member larger than the others would make all of them larger, and old ones unreadable.
    People(Box<Everybody>),
    Payments(Vec<PaymentPart>),
    /// Reservations of suspended baskets.
    Suspended(Vec<(u128, Held)>),
    /// Items by number that have terms.
    Terms(Vec<(u32, Terms)>),
    /// Serial numbers that were sold and the items they are of, in the order in which they were sold.
    Serials(Vec<(u32, String)>),
    /// What items cost the shop, by number; after those items.
    ItemCosts(Vec<(u32, i64)>),
    Layaways(Box<LayawaysPart>),
    Grants(Vec<ReturnGrant>),
    /// What some payments have beside their part; after those payments.
    PaymentNames(Vec<NamesPart>),
    /// Time zones of locations, by number; after those locations.
    Zones(Vec<(u32, Zone)>),
    /// Pieces of some reservations, suspended baskets or not; after those reservations.
    HeldPieces(Vec<(u128, HeldPieces)>),
    /// What limits returns without a receipt, by location.
    ReturnLimits(Vec<(u32, Limits)>),
    ReturnsOfDay(Box<OfDay>),
    /// Accounts that are a customer's, by id; after those accounts.
    AccountOwners(Vec<(u128, String)>),
    /// What some grants give back of card payments, by command; after those grants.
    GrantRefunds(Vec<GrantRefunds>),
    DeclinedRefunds(Vec<DeclinedPart>),
}

#[derive(Archive, Serialize, Deserialize)]
struct ReservationPart {
    id: u128,
    owner: String,
    channel: u8,
    deadline: u64,
    lines: Vec<Line>,
}

/// An order: what was asked and what is left of it; closed when there is none.
#[derive(Archive, Serialize, Deserialize)]
struct OrderPart {
    order: String,
    open: Option<(Vec<Line>, Vec<Line>)>,
}

#[derive(Archive, Serialize)]
struct Rows {
    rows: Vec<RowPart>,
}

#[derive(Archive, Serialize)]
struct RowPart {
    sku: u32,
    on_hand: i64,
    incoming: i64,
    version: u64,
    detail: Option<Box<DetailPart>>,
}

#[derive(Archive, Serialize, Deserialize)]
struct DetailPart {
    holds: Vec<(u128, i64)>,
    allocations: Vec<(String, i64)>,
    unavailable: Vec<(String, i64)>,
    policy: Policy,
}

#[derive(Archive, Serialize)]
struct Memos {
    memos: Vec<Memo>,
}

#[derive(Archive, Serialize)]
struct Memo {
    command: u128,
    fingerprint: [u32; 4],
    seq: u64,
    time: u64,
    answer: AnyAnswer,
}

/// Tells the parts of the chain.
pub fn chain_parts(chain: &Chain, tell: &mut dyn FnMut(Vec<u8>)) {
    // Locations first, so that whoever reads them in order has them before what refers to them.
    for locations in chain.locations().chunks(PART) {
        tell(part(&Part::Locations(locations.iter().map(|location| (&**location).into()).collect())));
    }
    for items in chain.items().chunks(PART) {
        tell(part(&Part::Items(items.iter().map(|item| (&**item).into()).collect())));
        costs::known(items).into_iter().for_each(|costs| tell(part(&Part::ItemCosts(costs))));
    }
    let with_terms = chain.items().iter().filter_map(|item| Some((item.sku.0, item.terms.as_ref()?)));
    let with_terms: Vec<_> = with_terms.collect();
    for some in with_terms.chunks(PART) {
        tell(part(&Part::Terms(some.iter().map(|(sku, terms)| (*sku, (&***terms).into())).collect())));
    }
    let keys: Vec<&_> = chain.keys.values().collect();
    for keys in keys.chunks(PART) {
        tell(part(&Part::Keys(keys.iter().map(|key| (*key).into()).collect())));
    }
    if !chain.labels().is_empty() {
        let texts = |layouts: &[Layout]| layouts.iter().map(ToString::to_string).collect();
        let labels = chain.labels().iter().map(|(location, layouts)| (location.0, texts(layouts)));
        tell(part(&Part::Labels(labels.collect())));
    }
    let limits = chain.return_limits().iter().map(|(at, limits)| (at.0, (*limits).into()));
    in_parts(limits, Part::ReturnLimits, tell);
    for zones in zone::of_chain(chain) {
        tell(part(&Part::Zones(zones)));
    }
    rules_parts(chain, tell);
    if let Some(everybody) = Everybody::of(&chain.people) {
        tell(part(&Part::People(Box::new(everybody))));
    }
}

/// Tells the parts of the selling rules; none for a chain that never had any.
fn rules_parts(chain: &Chain, tell: &mut dyn FnMut(Vec<u8>)) {
    let rules = chain.rules();
    if rules.are_plain() {
        return tell(part(&Part::RulesVersion(rules.version.0)));
    }
    let dated = chain.locations().iter().filter(|location| !location.tax.dated.is_empty());
    let dated = dated.map(|location| (location.id.0, location.tax.dated.iter().map(Into::into).collect()));
    tell(part(&Part::DatedRates(dated.collect())));
    for book in rules.books.list() {
        tell(part(&Part::Book(Box::new((&**book).into()))));
        for rows in book.rows().chunks(BOOK_PART) {
            let rows = rows.iter().map(Row::of).collect();
            tell(part(&Part::BookRows(Box::new((book.code.to_string(), rows)))));
        }
    }
    let promotions: Vec<_> = rules.promotions.list().collect();
    for some in promotions.chunks(PART) {
        tell(part(&Part::Promotions(some.iter().map(|one| (&***one).into()).collect())));
    }
    tell(part(&Part::RulesVersion(rules.version.0)));
}

/// Tells the parts of a location.
pub fn place_parts(place: &PlaceState, tell: &mut dyn FnMut(Vec<u8>)) {
    let mut rows: Vec<(SkuId, &StockRow)> = place.rows.iter().map(|(sku, row)| (*sku, row)).collect();
    rows.sort_unstable_by_key(|(sku, _)| *sku);
    for rows in rows.chunks(PART) {
        let rows = Rows { rows: rows.iter().map(|(sku, row)| RowPart::of(*sku, row)).collect() };
        tell(bytes(KIND_ROWS, &rows));
    }
    tell(part(&Part::Totals(place.store.totals.iter().map(totals_out).collect())));
    tell(part(&Part::Tills(place.tills.iter().map(|(no, till)| TillPart::of(*no, till)).collect())));
    let drawers = place.tills.iter().filter_map(|(no, till)| Some((no.0, till.drawer.as_deref()?.into())));
    in_parts(drawers, Part::Drawers, tell);
    if let Some(rules) = &place.store.drawer_rules {
        tell(part(&Part::DrawerRules(Box::new((&**rules).into()))));
    }
    let (suspended, reservations): (Vec<_>, Vec<_>) =
        place.store.reservations.iter().partition(|(_, live)| live.suspended.is_some());
    for some in suspended.chunks(SUSPENDED_PART) {
        tell(part(&Part::Suspended(some.iter().map(|(id, held)| (id.0, (*held).into())).collect())));
    }
    in_parts(reservations.iter().map(|(id, one)| ReservationPart::of(**id, one)), Part::Reservations, tell);
    let with_pieces = place.store.reservations.iter().filter_map(|(id, one)| Some((id.0, HeldPieces::of(one)?)));
    in_parts(with_pieces, Part::HeldPieces, tell);
    LayawaysPart::each(&place.store, PART, |some| tell(part(&Part::Layaways(Box::new(some)))));
    let order = |(order, state): (&onhand_engine::ids::OrderId, &OrderState)| OrderPart {
        order: order.to_string(),
        open: match state {
            OrderState::Open { asked, left } => Some((lines_out(asked), lines_out(left))),
            OrderState::Closed => None,
        },
    };
    in_parts(place.store.orders.iter().map(order), Part::Orders, tell);
    let store = &place.store;
    let given = store.given_back.iter().map(|(sale, given)| GivenBack::new(*sale, given));
    in_parts(given, Part::GivenBack, tell);
    let serials = store.serials.list().map(|(sku, serial)| (sku.0, serial.to_string()));
    in_parts(serials, Part::Serials, tell);
    store.returns_of_day.iter().for_each(|of_day| tell(part(&Part::ReturnsOfDay(Box::new(of_day.into())))));
    let grants = store.grants.iter().map(|(command, pending)| ReturnGrant::new(*command, pending));
    in_parts(grants, Part::Grants, tell);
    in_parts(store.grants.iter().filter_map(grant_refunds), Part::GrantRefunds, tell);
    in_parts(store.settling.list.values().map(RedemptionPart::from), Part::Settling, tell);
    in_parts(store.accounts.list.iter().map(|(id, account)| AccountPart::of(*id, account)), Part::Accounts, tell);
    in_parts(store.accounts.list.iter().filter_map(account::owner), Part::AccountOwners, tell);
    in_parts(store.payments.list().map(|(id, payment)| PaymentPart::of(id, payment)), Part::Payments, tell);
    in_parts(store.payments.list().filter_map(|(id, payment)| payment::names(id, payment)), Part::PaymentNames, tell);
    in_parts(store.payments.list().flat_map(payment::declined), Part::DeclinedRefunds, tell);
}

/// Tells all that there are of one kind, so many in each part.
fn in_parts<T>(all: impl Iterator<Item = T>, whole: fn(Vec<T>) -> Part, tell: &mut dyn FnMut(Vec<u8>)) {
    let mut all = all.peekable();
    while all.peek().is_some() {
        tell(part(&whole(all.by_ref().take(PART).collect())));
    }
}

/// Tells the parts of the remembered answers of one location, oldest first.
pub fn memo_parts(remembered: &[&Remembered], tell: &mut dyn FnMut(Vec<u8>)) {
    for some in remembered.chunks(PART) {
        tell(bytes(KIND_MEMOS, &Memos { memos: some.iter().map(|one| Memo::of(one)).collect() }));
    }
}

/// Reads one part of a location back into the world or the answers.
///
/// # Errors
/// [`DecodeError`] when it cannot be read.
pub fn read_part(
    location: LocationId,
    bytes: &[u8],
    world: &mut World,
    remembered: &mut Vec<Remembered>,
) -> Result<(), DecodeError> {
    let Some((kind, body)) = bytes.split_first() else { return Err(DecodeError("an empty part".into())) };
    match *kind {
        KIND_ROWS => {
            let rows = &mut world.places.entry(location).or_default().rows;
            let archived = &access::<ArchivedRows>(body)?.rows;
            rows.reserve(archived.len());
            for row in archived.iter() {
                rows.insert(SkuId(row.sku.to_native()), row.read()?);
            }
        }
        KIND_MEMOS => {
            let archived = &access::<ArchivedMemos>(body)?.memos;
            remembered.reserve(archived.len());
            for memo in archived.iter() {
                remembered.push(memo.read(location)?);
            }
        }
        KIND_PART => read_other(location, unarchive(body)?, world)?,
        other => return Err(DecodeError(format!("unknown kind of part: {other}"))),
    }
    Ok(())
}

fn read_other(location: LocationId, part: Part, world: &mut World) -> Result<(), DecodeError> {
    let place = match &part {
        Part::Items(_)
        | Part::Locations(_)
        | Part::Keys(_)
        | Part::Labels(_)
        | Part::DatedRates(_)
        | Part::Book(_)
        | Part::BookRows(_)
        | Part::Promotions(_)
        | Part::RulesVersion(_)
        | Part::People(_)
        | Part::Terms(_)
        | Part::ItemCosts(_)
        | Part::Zones(_)
        | Part::ReturnLimits(_) => return read_chain(part, &mut world.chain),
        _ => world.places.entry(location).or_default(),
    };
    match part {
        Part::Totals(totals) => {
            for (channel, totals) in place.store.totals.iter_mut().zip(totals) {
                *channel = totals_in(totals);
            }
        }
        Part::Tills(tills) => place.tills.extend(tills.into_iter().map(TillPart::read)),
        Part::Reservations(reservations) => {
            for one in reservations {
                one.read_into(&mut place.store)?;
            }
        }
        Part::Layaways(layaways) => layaways.read_into(&mut place.store)?,
        Part::Suspended(baskets) => {
            for (id, held) in baskets {
                place.store.insert(ReservationId(id), held.try_into()?);
            }
        }
        Part::HeldPieces(all) => {
            for (id, pieces) in all {
                let id = ReservationId(id);
                let known = place.store.reservations.get(&id).cloned();
                let known = known.ok_or_else(|| DecodeError("pieces of no reservation".into()))?;
                place.store.insert(id, pieces.read(known)?);
            }
        }
        Part::Orders(orders) => {
            for OrderPart { order, open } in orders {
                let state = match open {
                    Some((asked, left)) => OrderState::Open { asked: lines_in(asked), left: lines_in(left) },
                    None => OrderState::Closed,
                };
                place.store.orders.insert(code(&order)?, state);
            }
        }
        Part::GivenBack(given_back) => {
            for one in given_back {
                let (sale, given) = one.read()?;
                place.store.given_back.insert(sale, given);
            }
        }
        Part::Grants(grants) => {
            for one in grants {
                let (command, pending) = one.read()?;
                place.store.grants.insert(command, pending);
            }
        }
        Part::GrantRefunds(all) => all.into_iter().try_for_each(|one| read_grant_refunds(one, &mut place.store))?,
        Part::Drawers(drawers) => {
            for (till, drawer) in drawers {
                place.tills.entry(TillNo(till)).or_default().drawer = Some(Box::new(drawer.try_into()?));
            }
        }
        Part::ReturnsOfDay(of_day) => place.store.returns_of_day = Some((*of_day).try_into()?),
        Part::DrawerRules(rules) => place.store.drawer_rules = Some(Box::new((*rules).try_into()?)),
        Part::Serials(serials) => {
            for serial in serials {
                let (sku, serial) = serial_in(serial)?;
                place.store.serials.sell(sku, &serial);
            }
        }
        Part::Settling(sales) => {
            for sale in sales {
                place.store.settling.begin(&sale.read()?);
            }
        }
        Part::Accounts(accounts) => {
            for account in accounts {
                account.read_into(&mut place.store)?;
            }
        }
        Part::AccountOwners(owners) => {
            for (id, owner) in owners {
                account::owner_in(id, &owner, &mut place.store)?;
            }
        }
        Part::Payments(payments) => payments.into_iter().try_for_each(|one| one.read_into(&mut place.store))?,
        Part::PaymentNames(names) => {
            names.into_iter().try_for_each(|one| payment::read_names(one, &mut place.store))?
        }
        Part::DeclinedRefunds(all) => {
            all.into_iter().try_for_each(|one| payment::read_declined(one, &mut place.store))?
        }
        _ => {}
    }
    Ok(())
}

fn read_chain(part: Part, chain: &mut Chain) -> Result<(), DecodeError> {
    match part {
        Part::ItemCosts(costs) => costs::to_chain(&costs, chain),
        Part::Items(items) => {
            let items = items.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
            chain.apply(&Event::ItemsDefined { items, added: 0 }, Timestamp(0));
        }
        Part::Locations(locations) => {
            for location in locations {
                chain.apply(&Event::LocationDefined { location: location.try_into()? }, Timestamp(0));
            }
        }
        Part::Keys(keys) => {
            for key in keys {
                let key: onhand_engine::catalogue::Key = key.try_into()?;
                chain.keys.insert(key.id, key);
            }
        }
        Part::ReturnLimits(limits) => {
            for (at, limits) in limits {
                let set = Event::ReturnLimitsSet { at: LocationId(at), limits: Some(limits.into()) };
                chain.apply(&set, Timestamp(0));
            }
        }
        Part::Labels(labels) => {
            for (location, layouts) in labels {
                let set = Event::LabelsSet { location: LocationId(location), layouts: layouts_in(&layouts)? };
                chain.apply(&set, Timestamp(0));
            }
        }
        Part::DatedRates(all) => {
            for (id, dated) in all {
                let known = chain.location(LocationId(id)).ok_or_else(|| DecodeError("rates of no location".into()))?;
                let mut location = (**known).clone();
                location.tax.dated = dated.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
                chain.apply(&Event::LocationDefined { location }, Timestamp(0));
            }
        }
        Part::Zones(zones) => zone::to_chain(zones, chain)?,
        Part::Book(head) => {
            let book = Arc::new(head.with(Vec::new())?);
            chain.restore_rules(|rules| rules.put_book(book));
        }
        Part::BookRows(both) => {
            let (code, rows) = *both;
            let code = super::catalogue::label(&code)?;
            let rows = rows.into_iter().map(Row::read);
            let mut known = false;
            chain.restore_rules(|rules_now| known = rules_now.extend_book(&code, rows));
            if !known {
                return Err(DecodeError("prices of no price book".into()));
            }
        }
        Part::Promotions(promotions) => {
            let promotions: Vec<_> = promotions.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
            chain.restore_rules(|rules| rules.put_promotions(promotions));
        }
        Part::RulesVersion(version) => chain.restore_rules(|rules| rules.version = RulesVersion(version)),
        Part::People(everybody) => everybody.read_into(chain)?,
        Part::Terms(all) => {
            for (sku, terms) in all {
                let known = chain.item(SkuId(sku)).ok_or_else(|| DecodeError("terms of no item".into()))?;
                let item = onhand_engine::catalogue::Item { terms: Some(Arc::new(terms.read()?)), ..(**known).clone() };
                chain.apply(&Event::ItemsDefined { items: vec![item], added: 0 }, Timestamp(0));
            }
        }
        _ => {}
    }
    Ok(())
}

fn part(part: &Part) -> Vec<u8> {
    bytes(KIND_PART, part)
}

fn bytes<T: for<'a, 'v> Serialize<super::Serializer<'a, 'v>>>(kind: u8, value: &T) -> Vec<u8> {
    let mut bytes = vec![kind];
    SCRATCH.with_borrow_mut(|scratch| archive(&mut scratch.arena, value, &mut bytes));
    bytes
}

impl ReservationPart {
    fn of(id: ReservationId, one: &Reservation) -> Self {
        Self {
            id: id.0,
            owner: one.owner.to_string(),
            channel: one.channel.code(),
            deadline: one.deadline.0,
            lines: lines_out(&one.lines),
        }
    }

    fn read_into(self, store: &mut Store) -> Result<(), DecodeError> {
        let reservation = Reservation {
            owner: code(&self.owner)?,
            channel: Channel::from_code(self.channel)?,
            deadline: Timestamp(self.deadline),
            lines: lines_in(self.lines),
            suspended: None,
            pieces: Box::default(),
        };
        store.insert(ReservationId(self.id), reservation);
        Ok(())
    }
}

impl RowPart {
    fn of(sku: SkuId, row: &StockRow) -> Self {
        Self {
            sku: sku.0,
            on_hand: row.on_hand().milli(),
            incoming: row.incoming().milli(),
            version: row.version().0,
            detail: row.detail().map(|detail| Box::new(DetailPart::of(detail))),
        }
    }
}

impl ArchivedRowPart {
    fn read(&self) -> Result<StockRow, DecodeError> {
        let detail = match self.detail.as_ref() {
            None => None,
            Some(detail) => {
                let part: DetailPart =
                    rkyv::deserialize::<_, super::ArchiveError>(&**detail).map_err(|e| DecodeError(e.to_string()))?;
                Some(part.read()?)
            }
        };
        let milli = |n: rkyv::rend::unaligned::i64_ule| Qty::from_milli(n.to_native());
        Ok(StockRow::from_parts(milli(self.on_hand), milli(self.incoming), Version(self.version.to_native()), detail))
    }
}

impl DetailPart {
    fn of(detail: &Detail) -> Self {
        Self {
            holds: detail.holds.iter().map(|(id, qty)| (id.0, qty.milli())).collect(),
            allocations: detail.allocations.iter().map(|(order, qty)| (order.to_string(), qty.milli())).collect(),
            unavailable: detail.unavailable.iter().map(|(reason, qty)| (reason.to_string(), qty.milli())).collect(),
            policy: (&detail.policy).into(),
        }
    }

    fn read(self) -> Result<Detail, DecodeError> {
        let named = |(order, milli): (String, i64)| Ok((code(&order)?, Qty::from_milli(milli)));
        let reason = |(reason, milli): (String, i64)| Ok((code(&reason)?, Qty::from_milli(milli)));
        Ok(Detail {
            holds: self.holds.into_iter().map(|(id, milli)| (ReservationId(id), Qty::from_milli(milli))).collect(),
            allocations: self.allocations.into_iter().map(named).collect::<Result<_, DecodeError>>()?,
            unavailable: self.unavailable.into_iter().map(reason).collect::<Result<_, DecodeError>>()?,
            policy: self.policy.into(),
        })
    }
}

impl Memo {
    fn of(one: &Remembered) -> Self {
        let Fingerprint { op, lines, money, rest } = one.fingerprint;
        Self {
            command: one.command.0,
            fingerprint: [op, lines, money, rest],
            seq: one.seq.0,
            time: one.time.0,
            answer: (&one.answer()).into(),
        }
    }
}

impl ArchivedMemo {
    fn read(&self, location: LocationId) -> Result<Remembered, DecodeError> {
        let [op, lines, money, rest] = self.fingerprint.map(|part| part.to_native());
        Ok(Remembered::new(
            CommandId(self.command.to_native()),
            Fingerprint { op, lines, money, rest },
            location,
            Seq(self.seq.to_native()),
            Timestamp(self.time.to_native()),
            self.answer.read()?,
        ))
    }
}
