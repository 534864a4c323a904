//! Reports: what records of the log come to, by store, till, cashier, day and more.
//!
//! Responsible for: which records a report is of, how they are grouped, and their sums. Every amount is added up
//! from the parts that the books of a till session are made of ([`crate::drawer::trade`]), so that a report over
//! whole sessions is equal to the journals of their Zs.
//!
//! Not responsible for: reading the log, and what a row looks like.

mod clocks;
mod days;
mod rows;
mod sums;

pub use clocks::Clocks;
pub use days::{Sessions, Span, Walk};
pub use rows::{Full, Key, ROWS_MAX, Rows};
pub use sums::{SalesSums, TenderSums};

use crate::command::{Channel, SaleLine};
use crate::date::Date;
use crate::drawer::trade::Part;
use crate::event::{Event, Record};
use crate::ids::{LocationId, SkuId, TillNo};
use crate::money::Currency;
use crate::people::UserNo;
use crate::tax::{PriceBasis, RatePpm};
use crate::time::Timestamp;
use std::sync::Arc;

/// The most groupings of one report.
pub const GROUPS_MAX: usize = 4;
/// The most days of one report: a year.
pub const DAYS_MAX: u64 = 366;
/// How far a clock on the wall may be from UTC, in minutes.
pub const OFFSET_MIN_MAX: i32 = 14 * 60;

/// What there is a row for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Each location.
    Location,
    /// Each till; none: the website.
    Till,
    /// Each person who asked; none: nobody was signed in.
    Cashier,
    /// Each business day.
    Day,
    /// Each hour of the day.
    Hour,
    /// Each item.
    Item,
    /// Each category of items.
    Category,
    /// Each channel.
    Channel,
    /// Each rate of tax.
    Rate,
    /// Each means of payment.
    Tender,
}

impl Group {
    /// Every one.
    pub const ALL: [Group; 10] = [
        Group::Location,
        Group::Till,
        Group::Cashier,
        Group::Day,
        Group::Hour,
        Group::Item,
        Group::Category,
        Group::Channel,
        Group::Rate,
        Group::Tender,
    ];

    /// The word for it on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Group::Location => "location",
            Group::Till => "till",
            Group::Cashier => "cashier",
            Group::Day => "day",
            Group::Hour => "hour",
            Group::Item => "item",
            Group::Category => "category",
            Group::Channel => "channel",
            Group::Rate => "rate",
            Group::Tender => "tender",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.name() == name)
    }

    /// Whether money has it: a tender pays for a whole sale and not for one of its lines.
    #[must_use]
    pub const fn is_of_tenders(self) -> bool {
        !matches!(self, Group::Item | Group::Category | Group::Rate)
    }

    /// Whether sold lines have it.
    #[must_use]
    pub const fn is_of_sales(self) -> bool {
        !matches!(self, Group::Tender)
    }
}

/// What a row is of, in one of its groupings.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// A location.
    Location(LocationId),
    /// A till, or none.
    Till(Option<TillNo>),
    /// A person, or nobody.
    Cashier(Option<UserNo>),
    /// A business day.
    Day(Date),
    /// An hour of the day, 0 to 23.
    Hour(u8),
    /// An item.
    Item(SkuId),
    /// A category; may be empty.
    Category(Arc<str>),
    /// A channel.
    Channel(Channel),
    /// A rate of tax.
    Rate(RatePpm),
    /// A means of payment.
    Tender(crate::command::TenderKind),
}

/// Which records a report is of.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The first business day.
    pub from: Date,
    /// The last business day.
    pub until: Date,
    /// By which clocks: for hours, and for the day of what was sold outside a till session.
    pub clocks: Clocks,
    /// Of this location only.
    pub location: Option<LocationId>,
    /// Of this till only.
    pub till: Option<TillNo>,
    /// Asked for by this person only.
    pub cashier: Option<UserNo>,
    /// Of this channel only.
    pub channel: Option<Channel>,
    /// Of this item only.
    pub item: Option<SkuId>,
    /// Of this category only.
    pub category: Option<Arc<str>>,
    /// Of this rate of tax only.
    pub rate: Option<RatePpm>,
}

/// What reports need to know beside the log.
pub trait About {
    /// A location's currency and price basis.
    fn place(&self, location: LocationId) -> Option<(Currency, PriceBasis)>;
    /// The category of an item; may be empty.
    fn category(&self, sku: SkuId) -> Arc<str>;
}

/// A report on its way: it is told one record after the other, in the order of the log.
#[derive(Debug)]
pub struct Report<S> {
    scope: Scope,
    groups: Vec<Group>,
    walk: Walk,
    rows: Rows<S>,
    /// Records that count, so far.
    counted: u64,
}

/// What a record says about every row it counts in.
struct Head {
    currency: Currency,
    location: LocationId,
    till: Option<TillNo>,
    cashier: Option<UserNo>,
    day: Date,
    hour: u8,
    /// Its number among those that count.
    no: u64,
}

impl<S: Default> Report<S> {
    /// Begins one. `sessions` are those of every till it may be of.
    #[must_use]
    pub fn new(scope: Scope, groups: Vec<Group>, sessions: Sessions) -> Self {
        let walk = Walk::new(sessions, &scope);
        Self { scope, groups, walk, rows: Rows::default(), counted: 0 }
    }

    /// When the first record was decided that can be of it, and the last.
    #[must_use]
    pub const fn window(&self) -> (Timestamp, Timestamp) {
        self.walk.window()
    }

    /// Whether a location's records have to be told.
    #[must_use]
    pub fn wants(&self, location: LocationId) -> bool {
        !location.is_of_accounts() && !location.is_training() && self.scope.location.is_none_or(|only| only == location)
    }

    /// The rows, and what they are of.
    #[must_use]
    pub fn finish(self) -> (Vec<Group>, Rows<S>) {
        (self.groups, self.rows)
    }

    /// What a record says, if it counts; and whether shelf prices contained the tax.
    fn head(&mut self, record: &Record, about: &impl About) -> Option<(Head, PriceBasis)> {
        if !self.wants(record.location) || !self.walk.is_in_window(record.time) {
            return None;
        }
        self.walk.see(record);
        if !record.event.is_trade() {
            return None;
        }
        let (currency, basis_now) = about.place(record.location)?;
        let till = record.event.till();
        let (day, basis) = self.walk.day_of(record, till, &self.scope.clocks);
        let scope = &self.scope;
        let cashier = record.by.user;
        let fits = (scope.from..=scope.until).contains(&day)
            && scope.till.is_none_or(|only| till == Some(only))
            && scope.cashier.is_none_or(|only| cashier == Some(only));
        if !fits {
            return None;
        }
        self.counted = self.counted.saturating_add(1);
        let hour = scope.clocks.wall(record.location, record.time).hour();
        let no = self.counted;
        let head = Head { currency, location: record.location, till, cashier, day, hour, no };
        Some((head, basis.unwrap_or(basis_now)))
    }
}

impl Report<SalesSums> {
    /// Adds a record.
    ///
    /// # Errors
    /// [`Full`] when there would be too many rows.
    pub fn take(&mut self, record: &Record, about: &impl About) -> Result<(), Full> {
        let Some((head, basis)) = self.head(record, about) else { return Ok(()) };
        let voids = match &record.event {
            Event::GoodsReturned(back) => back.of.as_ref().is_some_and(|of| of.void.is_some()),
            _ => false,
        };
        let (scope, groups, rows) = (&self.scope, &self.groups, &mut self.rows);
        let mut full = Ok(());
        record.event.each_part(basis, &mut |part| {
            let (channel, line) = match part {
                Part::Sold { channel, line, .. } | Part::CameBack { channel, line, .. } => (channel, line),
                Part::Moved { .. } | Part::Rounded(_) | Part::Deposited(_) | Part::DepositBack(_) => return,
            };
            let category = || about.category(line.sku);
            if full.is_err() || !scope.has_line(channel, line, category) {
                return;
            }
            let value = |group| match group {
                Group::Item => Value::Item(line.sku),
                Group::Category => Value::Category(category()),
                Group::Rate => Value::Rate(line.taxed.rate),
                Group::Channel => Value::Channel(channel),
                group => head.value(group),
            };
            match rows.row(Key::of(head.currency, groups, value)) {
                Ok(sums) => sums.add(&part, head.no, voids),
                Err(none) => full = Err(none),
            }
        });
        full
    }
}

impl Report<TenderSums> {
    /// Adds a record.
    ///
    /// # Errors
    /// [`Full`] when there would be too many rows.
    pub fn take(&mut self, record: &Record, about: &impl About) -> Result<(), Full> {
        let Some((head, basis)) = self.head(record, about) else { return Ok(()) };
        let channel = match &record.event {
            Event::GoodsReturned(back) => back.channel,
            event => event.sale().map_or(Channel::Till, |sale| sale.channel),
        };
        if self.scope.channel.is_some_and(|only| only != channel) {
            return Ok(());
        }
        let (groups, rows) = (&self.groups, &mut self.rows);
        let mut full = Ok(());
        record.event.each_part(basis, &mut |part| {
            let Some(kind) = TenderSums::kind(&part).filter(|_| full.is_ok()) else { return };
            let value = |group| match group {
                Group::Tender => Value::Tender(kind),
                Group::Channel => Value::Channel(channel),
                group => head.value(group),
            };
            match rows.row(Key::of(head.currency, groups, value)) {
                Ok(sums) => sums.add(&part, head.no),
                Err(none) => full = Err(none),
            }
        });
        full
    }
}

impl Head {
    fn value(&self, group: Group) -> Value {
        match group {
            Group::Till => Value::Till(self.till),
            Group::Cashier => Value::Cashier(self.cashier),
            Group::Day => Value::Day(self.day),
            Group::Hour => Value::Hour(self.hour),
            // The others are of lines and of money; there they were looked at before.
            _ => Value::Location(self.location),
        }
    }
}

impl Scope {
    fn has_line(&self, channel: Channel, line: &SaleLine, category: impl FnOnce() -> Arc<str>) -> bool {
        self.channel.is_none_or(|only| only == channel)
            && self.item.is_none_or(|only| only == line.sku)
            && self.rate.is_none_or(|only| only == line.taxed.rate)
            && self.category.as_ref().is_none_or(|only| *only == category())
    }
}
