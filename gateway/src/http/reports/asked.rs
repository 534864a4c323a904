//! What a report is asked with.

use crate::fault::Fault;
use crate::wire;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use onhand_actors::directory::Directory;
use onhand_engine::command::Channel;
use onhand_engine::date::Date;
use onhand_engine::ids::{Code, LocationId, Seq, TillNo, UserCode};
use onhand_engine::report::{Clocks, DAYS_MAX, GROUPS_MAX, Group, OFFSET_MIN_MAX, Scope};
use onhand_engine::tax::RatePpm;
use onhand_engine::time::Timestamp;
use onhand_engine::zone::Zone;
use onhand_protocol::limits::{PAGE_DEFAULT, PAGE_MAX};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The query, or why it cannot be read.
pub(crate) type Asking = Result<Query<Vec<(String, String)>>, QueryRejection>;

/// Which of the reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// What was sold and came back.
    Sales,
    /// How it was paid.
    Tenders,
}

impl Kind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Kind::Sales => "sales",
            Kind::Tenders => "tenders",
        }
    }

    /// What it can be sorted by.
    const fn measures(self) -> &'static [&'static str] {
        match self {
            Kind::Sales => &["gross", "net", "margin", "sold_qty", "discounts"],
            Kind::Tenders => &["net"],
        }
    }

    fn has(self, group: Group) -> bool {
        match self {
            Kind::Sales => group.is_of_sales(),
            Kind::Tenders => group.is_of_tenders(),
        }
    }
}

/// How it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A page of rows.
    Json,
    /// All rows as a table.
    Table,
}

/// What was asked.
pub(super) struct Asked {
    pub(super) scope: Scope,
    pub(super) groups: Vec<Group>,
    pub(super) sort: Option<String>,
    pub(super) form: Form,
    pub(super) limit: usize,
    /// The last record to look at, and the rows that earlier pages had.
    pub(super) after: Option<(Seq, usize)>,
}

impl Asked {
    pub(super) fn read(kind: Kind, query: Asking, names: &wire::Book<'_>, now: Timestamp) -> Result<Self, Fault> {
        let Query(pairs) =
            query.map_err(|why| Fault::new(1001, format!("the query cannot be read: {}", why.body_text())))?;
        let mut given = Given(pairs);
        given.check_once()?;
        let directory = names.0;
        let location = given.coded("location")?.map(|code| wire::location(directory, &code)).transpose()?;
        let clocks = match given.number("utc_offset_min", -OFFSET_MIN_MAX, OFFSET_MIN_MAX)? {
            Some(offset_min) => Clocks::Offset(offset_min),
            None => Clocks::Own(zones(directory)),
        };
        // Without a location, by the clock of the first.
        let at = location.as_ref().map_or(LocationId(1), |place| place.id);
        let today = clocks.wall(at, now).date();
        let from = given.day("from")?;
        let until = given.day("until")?.or(from).unwrap_or(today);
        let from = from.unwrap_or(until);
        check_range(from, until)?;
        let groups = given.groups(kind)?;
        let item = given.coded("sku")?.map(|code| wire::item(directory, &code)).transpose()?;
        let person = |code: UserCode| {
            let known = directory.people().user_by_code(&code).map(|user| user.no);
            known.ok_or_else(|| Fault::new(4015, "there is no such user").at("cashier"))
        };
        let scope = Scope {
            from,
            until,
            clocks,
            location: location.map(|place| place.id),
            till: given.number("till", 1, 9_999)?.map(TillNo),
            cashier: given.coded("cashier")?.map(person).transpose()?,
            channel: given.channel()?,
            item: item.map(|item| item.sku),
            category: given.take("category").map(Arc::from),
            rate: given.number("rate_ppm", 0, u32::MAX)?.map(RatePpm),
        };
        let of_lines =
            [("sku", scope.item.is_some()), ("category", scope.category.is_some()), ("rate_ppm", scope.rate.is_some())];
        if let Some((field, _)) = of_lines.into_iter().find(|(_, given)| *given && kind == Kind::Tenders) {
            return Err(Fault::new(1050, "a tender pays for a whole sale and not for one of its lines").at(field));
        }
        let asked = Self {
            scope,
            groups,
            sort: given.sort(kind)?,
            form: given.form()?,
            limit: given.number("limit", 1, PAGE_MAX)?.unwrap_or(PAGE_DEFAULT),
            after: given.after()?,
        };
        given.nothing_else()?;
        Ok(asked)
    }
}

fn zones(directory: &Directory) -> BTreeMap<LocationId, Arc<Zone>> {
    directory.locations().iter().filter_map(|place| Some((place.id, Arc::clone(place.zone.as_ref()?)))).collect()
}

fn check_range(from: Date, until: Date) -> Result<(), Fault> {
    if from > until {
        return Err(Fault::new(1051, format!("the range ends on {until}, before it begins on {from}")).at("until"));
    }
    let days = (until.begins().0 - from.begins().0) / 86_400_000 + 1;
    if days > DAYS_MAX {
        return Err(Fault::new(1051, format!("a report is of {DAYS_MAX} days at most, not of {days}")).at("from"));
    }
    Ok(())
}

/// What is left of the query.
struct Given(Vec<(String, String)>);

impl Given {
    fn check_once(&self) -> Result<(), Fault> {
        for (at, (name, _)) in self.0.iter().enumerate() {
            if self.0.iter().skip(at + 1).any(|(other, _)| other == name) {
                return Err(Fault::new(1001, format!("{name} is given twice")).at(name));
            }
        }
        Ok(())
    }

    fn nothing_else(&self) -> Result<(), Fault> {
        match self.0.first() {
            Some((name, _)) => Err(Fault::new(1001, format!("a report is not asked with {name:.80?}"))),
            None => Ok(()),
        }
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.swap_remove(at).1)
    }

    fn number<T>(&mut self, name: &str, min: T, max: T) -> Result<Option<T>, Fault>
    where
        T: std::str::FromStr + PartialOrd + std::fmt::Display,
    {
        let Some(text) = self.take(name) else { return Ok(None) };
        let wrong = || Fault::new(1001, format!("{name} is a whole number from {min} to {max}")).at(name);
        let number = text.parse().map_err(|_| wrong())?;
        if (&min..=&max).contains(&&number) { Ok(Some(number)) } else { Err(wrong()) }
    }

    fn coded<const MAX: usize>(&mut self, name: &str) -> Result<Option<Code<MAX>>, Fault> {
        let wrong = |why| Fault::new(1013, format!("the {name} {why}")).at(name);
        self.take(name).map(|text| Code::new(&text).map_err(wrong)).transpose()
    }

    fn day(&mut self, name: &str) -> Result<Option<Date>, Fault> {
        let wrong = || Fault::new(1051, "a day of the calendar is written as in 2026-01-31").at(name);
        self.take(name).map(|text| Date::parse(&text).ok_or_else(wrong)).transpose()
    }

    fn channel(&mut self) -> Result<Option<Channel>, Fault> {
        let Some(text) = self.take("channel") else { return Ok(None) };
        let found = Channel::ALL.into_iter().find(|channel| channel.name() == text);
        let wrong = || Fault::new(1001, "a channel is till, web or marketplace").at("channel");
        found.ok_or_else(wrong).map(Some)
    }

    fn groups(&mut self, kind: Kind) -> Result<Vec<Group>, Fault> {
        let text = self.take("group_by").unwrap_or_default();
        let mut groups: Vec<Group> = Vec::new();
        let wrong = |text: String| Fault::new(1050, text).at("group_by");
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let known = || Group::ALL.into_iter().filter(|group| kind.has(*group)).map(Group::name);
            let group = Group::named(name).filter(|group| kind.has(*group)).ok_or_else(|| {
                let all: Vec<&str> = known().collect();
                wrong(format!("{} cannot be grouped by {name:.40?}; they can by {}", kind.name(), all.join(", ")))
            })?;
            if groups.contains(&group) {
                return Err(wrong(format!("{name} is named twice")));
            }
            groups.push(group);
        }
        if groups.len() > GROUPS_MAX {
            return Err(wrong(format!("a report is grouped by {GROUPS_MAX} things at most")));
        }
        Ok(groups)
    }

    fn sort(&mut self, kind: Kind) -> Result<Option<String>, Fault> {
        let Some(name) = self.take("sort") else { return Ok(None) };
        if kind.measures().contains(&name.as_str()) {
            return Ok(Some(name));
        }
        let text = format!("{} are sorted by {}", kind.name(), kind.measures().join(", "));
        Err(Fault::new(1001, text).at("sort"))
    }

    fn form(&mut self) -> Result<Form, Fault> {
        match self.take("format").as_deref() {
            None | Some("json") => Ok(Form::Json),
            Some("csv") => Ok(Form::Table),
            Some(_) => Err(Fault::new(1001, "the format is json or csv").at("format")),
        }
    }

    fn after(&mut self) -> Result<Option<(Seq, usize)>, Fault> {
        let Some(text) = self.take("after") else { return Ok(None) };
        let wrong = || Fault::new(1017, "`after` is not the `next` of a page").at("after");
        let (seq, rows) = text.split_once('-').ok_or_else(wrong)?;
        let (seq, rows) = (seq.parse().map_err(|_| wrong())?, rows.parse().map_err(|_| wrong())?);
        Ok(Some((Seq(seq), rows)))
    }
}
