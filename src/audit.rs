//! `onhand audit`: who did what, where, at which device and when, and whether the log is as it was written.

use crate::cli;
use crate::data::verdict;
use crate::fail::Failure;
use crate::running::must_exist;
use onhand_engine::catalogue::{Item, KeyId, Location};
use onhand_engine::chain::Chain;
use onhand_engine::event::Record;
use onhand_engine::gtin::Gtin;
use onhand_engine::ids::{Label, LocationCode, LocationId, SkuCode, SkuId, UserCode};
use onhand_engine::people::UserNo;
use onhand_engine::time::Timestamp;
use onhand_protocol::convert::{self, Names};
use onhand_protocol::message::Capability;
use onhand_protocol::message::read::EventMessage;
use onhand_protocol::time;
use onhand_protocol::value::Amount;
use std::io::Write;
use std::ops::ControlFlow;
use std::sync::Arc;

const HEAD: [&str; 8] = ["seq", "time", "location", "what", "user", "approver", "device", "about"];
const WIDTHS: [usize; 7] = [10, 24, 12, 16, 12, 12, 28];

/// The names in a chain that nobody serves.
struct Book<'a>(&'a Chain);

impl Names for Book<'_> {
    fn item(&self, code: &SkuCode) -> Option<Arc<Item>> {
        self.0.item_by_code(code).and_then(|sku| self.item_numbered(sku))
    }

    fn item_by_gtin(&self, gtin: Gtin) -> Option<Arc<Item>> {
        self.0.items().iter().find(|item| item.gtins.contains(&gtin)).cloned()
    }

    fn item_numbered(&self, sku: SkuId) -> Option<Arc<Item>> {
        self.0.item(sku).cloned()
    }

    fn location(&self, code: &LocationCode) -> Option<Arc<Location>> {
        self.0.location_by_code(code).and_then(|id| self.location_numbered(id))
    }

    fn location_numbered(&self, id: LocationId) -> Option<Arc<Location>> {
        self.0.location(id).cloned()
    }

    fn user_numbered(&self, no: UserNo) -> Option<UserCode> {
        self.0.people.user(no).map(|user| user.code.clone())
    }

    fn holder(&self, key: KeyId) -> Option<Label> {
        self.0.keys.get(&key).map(|key| key.holder.clone())
    }
}

pub(crate) fn run(options: &cli::Audit) -> Result<(), Failure> {
    must_exist(&options.data)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut written = if options.json { Ok(()) } else { table_line(&mut out, &HEAD.map(str::to_owned)) };
    let mut is_known = options.user.is_none();
    let report = onhand_persistence::audit(&options.data, |chain, seq, record| {
        is_known |= options.user.as_ref().is_some_and(|user| chain.people.user_by_code(user).is_some());
        if written.is_ok() && is_wanted(options, chain, record) {
            let event = convert::event(seq, record, &Book(chain));
            written = if options.json { json_line(&mut out, &event) } else { table_line(&mut out, &cells(&event)) };
        }
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    let report = report.map_err(|error| Failure::log(&options.data, &error))?;
    let verdict = verdict(&report);
    let written = written.and_then(|()| {
        if !options.json {
            writeln!(out, "{verdict}")?;
        }
        out.flush()
    });
    match written {
        // Whoever read it has seen enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
        Err(error) => return Err(Failure::could_not(format!("standard output cannot be written: {error}"))),
        Ok(()) if options.json => eprintln!("{verdict}"),
        Ok(()) => {}
    }
    match &options.user {
        Some(user) if !is_known => {
            Err(Failure::Refused(format!("there is no user {user} in this data directory (error 4015)")))
        }
        _ if report.ok => Ok(()),
        _ => Err(Failure::Found),
    }
}

fn is_wanted(options: &cli::Audit, chain: &Chain, record: &Record) -> bool {
    let is_theirs = |user: &UserCode| {
        let no = chain.people.user_by_code(user).map(|user| user.no);
        no.is_some() && (record.by.user == no || record.by.approver == no)
    };
    record.time >= options.since.unwrap_or(Timestamp(0)) && options.user.as_ref().is_none_or(is_theirs)
}

fn json_line(out: &mut impl Write, event: &EventMessage) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, event)?;
    out.write_all(b"\n")
}

fn table_line(out: &mut impl Write, cells: &[String; 8]) -> std::io::Result<()> {
    for (cell, width) in cells.iter().zip(WIDTHS) {
        write!(out, "{cell:<width$}  ")?;
    }
    writeln!(out, "{}", cells[7])
}

/// What a person looks for first; everything else is in the JSON.
fn cells(event: &EventMessage) -> [String; 8] {
    let by = event.by.as_ref();
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let device = by.and_then(|by| {
        Some(format!("{} {}", by.device.as_ref()?, or_dash(by.holder.as_ref().map(ToString::to_string))))
    });
    [
        event.seq.to_string(),
        String::from_utf8_lossy(&time::print(event.time.0)).into_owned(),
        or_dash(event.location.as_ref().map(ToString::to_string)),
        event.event.clone(),
        or_dash(by.and_then(|by| by.user.as_ref()).map(ToString::to_string)),
        or_dash(by.and_then(|by| by.approver.as_ref()).map(ToString::to_string)),
        or_dash(device),
        about(event),
    ]
}

fn about(event: &EventMessage) -> String {
    let lines = event.lines.iter().map(|line| {
        let asked = line.unit_price.unwrap_or_default().0;
        let other = |own: Amount| format!(" at {} instead of {}", asked.0, own.0.0);
        format!("{} x {}{}", line.qty, line.sku, line.list_price.map_or(String::new(), other))
    });
    let named = [
        event.receipt.clone(),
        event.order.as_ref().map(ToString::to_string),
        event.reason.as_ref().map(ToString::to_string),
        event.key.clone(),
        event.role.as_ref().map(ToString::to_string),
        event.user.as_ref().map(ToString::to_string),
        event.capabilities.as_ref().map(|all| words(all)),
        event.roles.as_ref().map(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")),
        event.disabled.map(|disabled| if disabled { "disabled" } else { "enabled" }.to_owned()),
        event.required.map(|required| if required { "required" } else { "no longer required" }.to_owned()),
        event.items.map(|items| format!("{items} items")),
    ];
    named.into_iter().flatten().chain(lines.take(3)).collect::<Vec<_>>().join(", ")
}

fn words(capabilities: &[Capability]) -> String {
    let engine = capabilities.iter().map(|capability| onhand_engine::people::Capability::from(*capability).name());
    engine.collect::<Vec<_>>().join(" ")
}
