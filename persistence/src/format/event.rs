//! The general form of an event: whatever the engine can say.

use super::DecodeError;
use super::account::{AccountEvent, RedemptionPart};
use super::basket;
use super::catalogue::{Item, Key, Location, label};
use super::codes::Coded;
use super::costs;
use super::drawer::{Happening, RulesPart};
use super::goods::{ItemsWithTerms, KitsAllocated};
use super::layaway;
use super::payment::PaymentEvent;
use super::people::{RoleWithLimits, capabilities, labels_in, labels_out, user_no};
use super::pricing::{Book, DatedRate, Promotion};
use super::returns::{Exchange, Refunding, ReturnGrant, SaleReturn};
use super::unreceipted::{Limits, UnreceiptedReturn};
use super::whole_sale::WholeSale;
use super::zone::Zone;
use onhand_engine::catalogue::KeyId;
use onhand_engine::command::{self, Bucket, Channel, Disposition, SaleLine, SkuQty, Standing, TenderKind};
use onhand_engine::event::{self, Event};
use onhand_engine::ids::{Code, CommandId, LocationId, ReceiptNo, ReservationId, Seq, SkuId, TillNo};
use onhand_engine::money::Minor;
use onhand_engine::people::{self, PinHash};
use onhand_engine::qty::Qty;
use onhand_engine::scan::Layout;
use onhand_engine::tax::{RatePpm, Taxed};
use onhand_engine::time::Timestamp;
use rkyv::{Archive, Deserialize, Serialize};
use std::sync::Arc;

/// A new kind of event goes to the end; none is ever changed or removed, and none is wider than the widest, or
/// older records could not be read: what is wider goes into a box.
#[derive(Archive, Serialize, Deserialize)]
pub(super) enum AnyEvent {
    SaleRecorded(Box<Sale>),
    Reserved { reservation: u128, owner: String, channel: u8, deadline: u64, lines: Vec<Line>, freed: Vec<Freed> },
    Extended { reservation: u128, deadline: u64 },
    Released(Freed),
    Expired(Freed),
    Allocated { order: String, lines: Vec<Line>, freed: Vec<Freed> },
    Deallocated { order: String, lines: Vec<Line> },
    GoodsReceived { lines: Vec<Line> },
    GoodsReturned(Box<Return>),
    StockAdjusted { sku: u32, bucket: AnyBucket, delta: i64, reason: String },
    Counted { sku: u32, counted: i64, variance: i64 },
    PolicySet { sku: u32, policy: Policy },
    ItemsDefined { items: Vec<Item>, added: u32 },
    LocationDefined(Box<Location>),
    KeyCreated(Box<Key>),
    KeyRevoked { key: u64 },
    SaleReturned(Box<SaleReturn>),
    ReturnGranted(Box<ReturnGrant>),
    Exchanged(Box<Exchange>),
    Drawer { till: u16, happening: Box<Happening> },
    DrawerRulesSet(Box<RulesPart>),
    WholeSale(Box<WholeSale>),
    Account(Box<AccountEvent>),
    Settled(Box<RedemptionPart>),
    LabelsSet { location: u32, layouts: Vec<String> },
    DatedLocationDefined(Box<(Location, Vec<DatedRate>)>),
    PriceBookDefined(Box<Book>),
    PriceBookEnded { book: String },
    PromotionsDefined { promotions: Vec<Promotion>, added: u32 },
    PromotionEnded { promotion: String },
    RoleDefined { role: String, capabilities: u64 },
    UserDefined { user: u32, code: String, name: String, roles: Vec<String> },
    PinSet { user: u32, pin: String },
    UserDisabled { user: u32, disabled: bool },
    PeopleRequired { at: u32, required: bool },
    Payment(Box<PaymentEvent>),
    Basket { till: u16, happening: Box<basket::Happening> },
    ItemsWithTerms(Box<ItemsWithTerms>),
    KitsAllocated(Box<KitsAllocated>),
    Layaway { till: u16, layaway: String, happening: Box<layaway::Happening> },
    GrantEnded { command: u128, sale: u64, kept: bool },
    RoleWithLimits(Box<RoleWithLimits>),
    ZonedLocationDefined(Box<(Location, Vec<DatedRate>, Zone)>),
    UnreceiptedReturned(Box<UnreceiptedReturn>),
    ReturnLimitsSet { at: u32, limits: Option<Box<Limits>> },
    Refunding(Refunding),
}

impl ArchivedAnyEvent {
    /// Whether it is a sale that says that it is this owner's.
    pub(super) fn is_sale_of(&self, owner: &str) -> bool {
        matches!(self, Self::WholeSale(sale) if sale.is_of(owner))
    }

    /// Whether it is a sale, a return, an exchange, of a layaway, or of a drawer.
    pub(super) fn is_of_tills(&self) -> bool {
        if let Self::Refunding(refunding) = self {
            return refunding.is_of_tills();
        }
        matches!(
            self,
            Self::SaleRecorded(_)
                | Self::WholeSale(_)
                | Self::GoodsReturned(_)
                | Self::SaleReturned(_)
                | Self::UnreceiptedReturned(_)
                | Self::Exchanged(_)
                | Self::Layaway { .. }
                | Self::Drawer { .. }
        )
    }
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) sku: u32,
    pub(super) qty: i64,
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct Freed {
    reservation: u128,
    lines: Vec<Line>,
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct WideLine {
    sku: u32,
    qty: i64,
    unit_price: i64,
    net: i64,
    tax: i64,
    rate: u32,
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct Tender {
    pub(super) kind: u8,
    pub(super) amount: i64,
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct Sale {
    standing: u8,
    channel: u8,
    receipt: Option<(u16, u64)>,
    lines: Vec<WideLine>,
    tenders: Vec<Tender>,
    oversold: Vec<Line>,
    freed: Vec<Freed>,
    order: Option<String>,
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct Return {
    receipt: Option<(u16, u64)>,
    channel: u8,
    lines: Vec<WideLine>,
    disposition: u8,
    tenders: Vec<Tender>,
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) enum AnyBucket {
    OnHand,
    Unavailable(String),
    Incoming,
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct Policy {
    safety_stock: [i64; 3],
    low_at: i64,
}

/// A text identifier as it was when it was written.
pub(super) fn code<const MAX: usize>(text: &str) -> Result<Code<MAX>, DecodeError> {
    Code::new(text).map_err(|e| DecodeError(format!("an identifier {e}")))
}

pub(super) fn lines_out(lines: &[SkuQty]) -> Vec<Line> {
    lines.iter().map(|line| Line { sku: line.sku.0, qty: line.qty.milli() }).collect()
}

pub(super) fn lines_in(lines: Vec<Line>) -> Vec<SkuQty> {
    lines.into_iter().map(|line| SkuQty { sku: SkuId(line.sku), qty: Qty::from_milli(line.qty) }).collect()
}

pub(super) fn wide_out(lines: &[SaleLine]) -> Vec<WideLine> {
    let wide = |line: &SaleLine| WideLine {
        sku: line.sku.0,
        qty: line.qty.milli(),
        unit_price: line.unit_price.0,
        net: line.taxed.net.0,
        tax: line.taxed.tax.0,
        rate: line.taxed.rate.0,
    };
    lines.iter().map(wide).collect()
}

pub(super) fn wide_in(lines: Vec<WideLine>) -> Vec<SaleLine> {
    let line = |line: WideLine| SaleLine {
        sku: SkuId(line.sku),
        qty: Qty::from_milli(line.qty),
        unit_price: Minor(line.unit_price),
        taxed: Taxed { net: Minor(line.net), tax: Minor(line.tax), rate: RatePpm(line.rate) },
        unit_cost: None,
    };
    lines.into_iter().map(line).collect()
}

pub(super) fn tenders_out(tenders: &[command::Tender]) -> Vec<Tender> {
    tenders.iter().map(|tender| Tender { kind: tender.kind.code(), amount: tender.amount.0 }).collect()
}

pub(super) fn tenders_in(tenders: Vec<Tender>) -> Result<Vec<command::Tender>, DecodeError> {
    let tender = |tender: Tender| {
        Ok(command::Tender { kind: TenderKind::from_code(tender.kind)?, amount: Minor(tender.amount) })
    };
    tenders.into_iter().map(tender).collect()
}

fn receipt_out(receipt: Option<(TillNo, ReceiptNo)>) -> Option<(u16, u64)> {
    receipt.map(|(till, no)| (till.0, no.0))
}

fn receipt_in(receipt: Option<(u16, u64)>) -> Option<(TillNo, ReceiptNo)> {
    receipt.map(|(till, no)| (TillNo(till), ReceiptNo(no)))
}

pub(super) fn layouts_in(layouts: &[String]) -> Result<Vec<Layout>, DecodeError> {
    let layout = |text: &String| Layout::parse(text).map_err(|why| DecodeError(format!("a layout {why}")));
    layouts.iter().map(layout).collect()
}

impl From<&event::Freed> for Freed {
    fn from(freed: &event::Freed) -> Self {
        Self { reservation: freed.reservation.0, lines: lines_out(&freed.lines) }
    }
}

impl From<Freed> for event::Freed {
    fn from(freed: Freed) -> Self {
        Self { reservation: ReservationId(freed.reservation), lines: lines_in(freed.lines) }
    }
}

impl From<&event::Sale> for Sale {
    fn from(sale: &event::Sale) -> Self {
        Self {
            standing: sale.standing.code(),
            channel: sale.channel.code(),
            receipt: receipt_out(sale.receipt),
            lines: wide_out(&sale.lines),
            tenders: tenders_out(&sale.tenders),
            oversold: lines_out(&sale.oversold),
            freed: sale.freed.iter().map(Freed::from).collect(),
            order: sale.order.as_ref().map(ToString::to_string),
        }
    }
}

impl TryFrom<Sale> for event::Sale {
    type Error = DecodeError;

    fn try_from(sale: Sale) -> Result<Self, DecodeError> {
        Ok(Self {
            standing: Standing::from_code(sale.standing)?,
            channel: Channel::from_code(sale.channel)?,
            receipt: receipt_in(sale.receipt),
            lines: wide_in(sale.lines),
            tenders: tenders_in(sale.tenders)?,
            oversold: lines_in(sale.oversold),
            freed: sale.freed.into_iter().map(Into::into).collect(),
            order: sale.order.as_deref().map(code).transpose()?,
            late: None,
            redemption: None,
            pricing: None,
            goods: None,
            payments: None,
            owner: None,
        })
    }
}

impl From<&event::Return> for Return {
    fn from(back: &event::Return) -> Self {
        Self {
            receipt: receipt_out(back.receipt),
            channel: back.channel.code(),
            lines: wide_out(&back.lines),
            disposition: back.disposition.code(),
            tenders: tenders_out(&back.tenders),
        }
    }
}

impl TryFrom<Return> for event::Return {
    type Error = DecodeError;

    fn try_from(back: Return) -> Result<Self, DecodeError> {
        Ok(Self {
            receipt: receipt_in(back.receipt),
            channel: Channel::from_code(back.channel)?,
            lines: wide_in(back.lines),
            disposition: Disposition::from_code(back.disposition)?,
            tenders: tenders_in(back.tenders)?,
            of: None,
            redemption: None,
            goods: None,
            unreceipted: None,
            refunds: None,
        })
    }
}

impl From<&Bucket> for AnyBucket {
    fn from(bucket: &Bucket) -> Self {
        match bucket {
            Bucket::OnHand => Self::OnHand,
            Bucket::Unavailable(reason) => Self::Unavailable(reason.to_string()),
            Bucket::Incoming => Self::Incoming,
        }
    }
}

impl TryFrom<AnyBucket> for Bucket {
    type Error = DecodeError;

    fn try_from(bucket: AnyBucket) -> Result<Self, DecodeError> {
        Ok(match bucket {
            AnyBucket::OnHand => Self::OnHand,
            AnyBucket::Unavailable(reason) => Self::Unavailable(label(&reason)?),
            AnyBucket::Incoming => Self::Incoming,
        })
    }
}

impl From<&command::Policy> for Policy {
    fn from(policy: &command::Policy) -> Self {
        Self { safety_stock: policy.safety_stock.map(Qty::milli), low_at: policy.low_at.milli() }
    }
}

impl From<Policy> for command::Policy {
    fn from(policy: Policy) -> Self {
        Self { safety_stock: policy.safety_stock.map(Qty::from_milli), low_at: Qty::from_milli(policy.low_at) }
    }
}

impl From<&Event> for AnyEvent {
    fn from(event: &Event) -> Self {
        if let Some(refunding) = Refunding::of(event) {
            return Self::Refunding(refunding);
        }
        match event {
            Event::SaleRecorded(sale) if WholeSale::is_needed(sale) || costs::are_known(&sale.lines) => {
                Self::WholeSale(Box::new(sale.into()))
            }
            Event::SaleRecorded(sale) => Self::SaleRecorded(Box::new(sale.into())),
            Event::Reserved { reservation, owner, channel, deadline, lines, freed } => Self::Reserved {
                reservation: reservation.0,
                owner: owner.to_string(),
                channel: channel.code(),
                deadline: deadline.0,
                lines: lines_out(lines),
                freed: freed.iter().map(Into::into).collect(),
            },
            Event::Extended { reservation, deadline } => {
                Self::Extended { reservation: reservation.0, deadline: deadline.0 }
            }
            Event::Released(freed) => Self::Released(freed.into()),
            Event::Expired(freed) => Self::Expired(freed.into()),
            Event::Allocated { order, lines, freed, asked: Some(asked) } => {
                Self::KitsAllocated(Box::new(KitsAllocated::new(order, lines, freed, asked)))
            }
            Event::Allocated { order, lines, freed, asked: None } => Self::Allocated {
                order: order.to_string(),
                lines: lines_out(lines),
                freed: freed.iter().map(Into::into).collect(),
            },
            Event::Deallocated { order, lines } => {
                Self::Deallocated { order: order.to_string(), lines: lines_out(lines) }
            }
            Event::GoodsReceived { lines } => Self::GoodsReceived { lines: lines_out(lines) },
            Event::GoodsReturned(back) if back.unreceipted.is_some() => {
                Self::UnreceiptedReturned(Box::new(UnreceiptedReturn::new(back)))
            }
            Event::GoodsReturned(back)
                if back.of.is_some()
                    || back.redemption.is_some()
                    || back.goods.is_some()
                    || costs::are_known(&back.lines) =>
            {
                Self::SaleReturned(Box::new(SaleReturn::new(back)))
            }
            Event::GoodsReturned(back) => Self::GoodsReturned(Box::new(back.into())),
            Event::StockAdjusted { sku, bucket, delta, reason } => Self::StockAdjusted {
                sku: sku.0,
                bucket: bucket.into(),
                delta: delta.milli(),
                reason: reason.to_string(),
            },
            Event::Counted { sku, counted, variance } => {
                Self::Counted { sku: sku.0, counted: counted.milli(), variance: variance.milli() }
            }
            Event::PolicySet { sku, policy } => Self::PolicySet { sku: sku.0, policy: policy.into() },
            Event::ItemsDefined { items, added } => match ItemsWithTerms::of(items, *added) {
                Some(items) => Self::ItemsWithTerms(Box::new(items)),
                None => Self::ItemsDefined { items: items.iter().map(Into::into).collect(), added: *added },
            },
            Event::LocationDefined { location } => {
                let dated: Vec<_> = location.tax.dated.iter().map(Into::into).collect();
                match &location.zone {
                    Some(zone) => Self::ZonedLocationDefined(Box::new((location.into(), dated, (&**zone).into()))),
                    None if dated.is_empty() => Self::LocationDefined(Box::new(location.into())),
                    None => Self::DatedLocationDefined(Box::new((location.into(), dated))),
                }
            }
            Event::KeyCreated { key } => Self::KeyCreated(Box::new(key.into())),
            Event::KeyRevoked { key } => Self::KeyRevoked { key: key.0 },
            Event::GrantEnded { command, sale, kept, .. } => {
                Self::GrantEnded { command: command.0, sale: sale.0, kept: *kept }
            }
            Event::ReturnGranted { command, pending } => {
                Self::ReturnGranted(Box::new(ReturnGrant::new(*command, pending)))
            }
            Event::Exchanged { back, sale } => Self::Exchanged(Box::new(Exchange::new(back, sale))),
            Event::Drawer { till, happening } => Self::Drawer { till: till.0, happening: Box::new(happening.into()) },
            Event::Layaway { till, layaway, happening } => {
                Self::Layaway { till: till.0, layaway: layaway.to_string(), happening: Box::new((&**happening).into()) }
            }
            Event::Basket { till, happening } => {
                Self::Basket { till: till.0, happening: Box::new((&**happening).into()) }
            }
            Event::DrawerRulesSet { rules } => Self::DrawerRulesSet(Box::new((&**rules).into())),
            Event::Account { account, entry } => Self::Account(Box::new(AccountEvent::of(*account, entry))),
            Event::Settled { sale, unpaid } => Self::Settled(Box::new(RedemptionPart::of(*sale, unpaid))),
            Event::ReturnLimitsSet { at, limits } => {
                Self::ReturnLimitsSet { at: at.0, limits: limits.map(|limits| Box::new(limits.into())) }
            }
            Event::LabelsSet { location, layouts } => {
                Self::LabelsSet { location: location.0, layouts: layouts.iter().map(ToString::to_string).collect() }
            }
            Event::PriceBookDefined { book } => Self::PriceBookDefined(Box::new((&**book).into())),
            Event::PriceBookEnded { book } => Self::PriceBookEnded { book: book.to_string() },
            Event::PromotionsDefined { promotions, added } => Self::PromotionsDefined {
                promotions: promotions.iter().map(|one| (&**one).into()).collect(),
                added: *added,
            },
            Event::PromotionEnded { promotion } => Self::PromotionEnded { promotion: promotion.to_string() },
            Event::RoleDefined { role, capabilities, limits } if *limits == people::Limits::default() => {
                Self::RoleDefined { role: role.to_string(), capabilities: capabilities.bits() }
            }
            Event::RoleDefined { role, capabilities, limits } => {
                Self::RoleWithLimits(Box::new(RoleWithLimits::new(role, *capabilities, *limits)))
            }
            Event::UserDefined { user, code, name, roles } => Self::UserDefined {
                user: user.0.get(),
                code: code.to_string(),
                name: name.to_string(),
                roles: labels_out(roles),
            },
            Event::PinSet { user, pin } => Self::PinSet { user: user.0.get(), pin: pin.as_str().to_owned() },
            Event::UserDisabled { user, disabled } => Self::UserDisabled { user: user.0.get(), disabled: *disabled },
            Event::PeopleRequired { at, required } => Self::PeopleRequired { at: at.0, required: *required },
            Event::Payment { payment, happening } => Self::Payment(Box::new(PaymentEvent::of(*payment, happening))),
        }
    }
}

impl TryFrom<AnyEvent> for Event {
    type Error = DecodeError;

    fn try_from(event: AnyEvent) -> Result<Self, DecodeError> {
        Ok(match event {
            AnyEvent::SaleRecorded(sale) => Self::SaleRecorded((*sale).try_into()?),
            AnyEvent::Reserved { reservation, owner, channel, deadline, lines, freed } => Self::Reserved {
                reservation: ReservationId(reservation),
                owner: code(&owner)?,
                channel: Channel::from_code(channel)?,
                deadline: Timestamp(deadline),
                lines: lines_in(lines),
                freed: freed.into_iter().map(Into::into).collect(),
            },
            AnyEvent::Extended { reservation, deadline } => {
                Self::Extended { reservation: ReservationId(reservation), deadline: Timestamp(deadline) }
            }
            AnyEvent::Released(freed) => Self::Released(freed.into()),
            AnyEvent::Expired(freed) => Self::Expired(freed.into()),
            AnyEvent::Allocated { order, lines, freed } => Self::Allocated {
                order: code(&order)?,
                lines: lines_in(lines),
                freed: freed.into_iter().map(Into::into).collect(),
                asked: None,
            },
            AnyEvent::KitsAllocated(allocated) => allocated.read()?,
            AnyEvent::ItemsWithTerms(items) => items.read()?,
            AnyEvent::Deallocated { order, lines } => {
                Self::Deallocated { order: code(&order)?, lines: lines_in(lines) }
            }
            AnyEvent::GoodsReceived { lines } => Self::GoodsReceived { lines: lines_in(lines) },
            AnyEvent::GoodsReturned(back) => Self::GoodsReturned((*back).try_into()?),
            AnyEvent::StockAdjusted { sku, bucket, delta, reason } => Self::StockAdjusted {
                sku: SkuId(sku),
                bucket: bucket.try_into()?,
                delta: Qty::from_milli(delta),
                reason: label(&reason)?,
            },
            AnyEvent::Counted { sku, counted, variance } => Self::Counted {
                sku: SkuId(sku),
                counted: Qty::from_milli(counted),
                variance: Qty::from_milli(variance),
            },
            AnyEvent::PolicySet { sku, policy } => Self::PolicySet { sku: SkuId(sku), policy: policy.into() },
            AnyEvent::ItemsDefined { items, added } => {
                let items = items.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
                Self::ItemsDefined { items, added }
            }
            AnyEvent::LocationDefined(location) => Self::LocationDefined { location: (*location).try_into()? },
            AnyEvent::KeyCreated(key) => Self::KeyCreated { key: (*key).try_into()? },
            AnyEvent::KeyRevoked { key } => Self::KeyRevoked { key: KeyId(key) },
            AnyEvent::SaleReturned(back) => Self::GoodsReturned(back.read()?),
            AnyEvent::UnreceiptedReturned(back) => Self::GoodsReturned(back.read()?),
            AnyEvent::ReturnLimitsSet { at, limits } => {
                Self::ReturnLimitsSet { at: LocationId(at), limits: limits.map(|limits| (*limits).into()) }
            }
            AnyEvent::ReturnGranted(granted) => {
                let (command, pending) = granted.read()?;
                Self::ReturnGranted { command, pending: Box::new(pending) }
            }
            AnyEvent::GrantEnded { command, sale, kept } => {
                Self::GrantEnded { command: CommandId(command), sale: Seq(sale), kept, refunds: Vec::new() }
            }
            AnyEvent::Exchanged(exchange) => exchange.read()?,
            AnyEvent::Refunding(refunding) => refunding.read()?,
            AnyEvent::Drawer { till, happening } => {
                Self::Drawer { till: TillNo(till), happening: (*happening).try_into()? }
            }
            AnyEvent::DrawerRulesSet(rules) => Self::DrawerRulesSet { rules: Box::new((*rules).try_into()?) },
            AnyEvent::WholeSale(sale) => Self::SaleRecorded(sale.read()?),
            AnyEvent::Account(event) => event.read()?,
            AnyEvent::Settled(part) => {
                let redemption = part.read()?;
                Self::Settled { sale: redemption.sale, unpaid: redemption.takes }
            }
            AnyEvent::LabelsSet { location, layouts } => {
                Self::LabelsSet { location: LocationId(location), layouts: layouts_in(&layouts)? }
            }
            AnyEvent::DatedLocationDefined(both) => {
                let (location, dated) = *both;
                let mut location: onhand_engine::catalogue::Location = location.try_into()?;
                location.tax.dated = dated.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
                Self::LocationDefined { location }
            }
            AnyEvent::ZonedLocationDefined(all) => {
                let (location, dated, zone) = *all;
                let mut location: onhand_engine::catalogue::Location = location.try_into()?;
                location.tax.dated = dated.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
                location.zone = Some(zone.try_into()?);
                Self::LocationDefined { location }
            }
            AnyEvent::PriceBookDefined(book) => Self::PriceBookDefined { book: Arc::new((*book).try_into()?) },
            AnyEvent::PriceBookEnded { book } => Self::PriceBookEnded { book: label(&book)? },
            AnyEvent::PromotionsDefined { promotions, added } => {
                let promotions = promotions.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
                Self::PromotionsDefined { promotions, added }
            }
            AnyEvent::PromotionEnded { promotion } => Self::PromotionEnded { promotion: label(&promotion)? },
            AnyEvent::RoleDefined { role, capabilities: bits } => {
                let (role, capabilities) = (label(&role)?, capabilities(bits)?);
                Self::RoleDefined { role, capabilities, limits: people::Limits::default() }
            }
            AnyEvent::RoleWithLimits(role) => role.read()?,
            AnyEvent::UserDefined { user, code: known_as, name, roles } => Self::UserDefined {
                user: user_no(user)?,
                code: code(&known_as)?,
                name: name.into(),
                roles: labels_in(&roles)?,
            },
            AnyEvent::PinSet { user, pin } => Self::PinSet { user: user_no(user)?, pin: PinHash::new(&pin) },
            AnyEvent::UserDisabled { user, disabled } => Self::UserDisabled { user: user_no(user)?, disabled },
            AnyEvent::PeopleRequired { at, required } => Self::PeopleRequired { at: LocationId(at), required },
            AnyEvent::Payment(event) => event.read()?,
            AnyEvent::Layaway { till, layaway, happening } => Self::Layaway {
                till: TillNo(till),
                layaway: code(&layaway)?,
                happening: Box::new((*happening).try_into()?),
            },
            AnyEvent::Basket { till, happening } => {
                Self::Basket { till: TillNo(till), happening: Box::new((*happening).try_into()?) }
            }
        })
    }
}
