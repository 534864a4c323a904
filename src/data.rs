//! `onhand verify`, `backup` and `restore`: a data directory without a server.

use crate::cli;
use crate::fail::Failure;
use crate::running::{must_exist, say, say_json};
use onhand_persistence::{Backup, Report};
use serde::Serialize;

/// A report, for a machine.
#[derive(Serialize)]
struct Verified<'a> {
    ok: bool,
    findings: &'a [String],
    state_hash: &'a str,
    records: u64,
    last_seq: u64,
    chain_head: &'a str,
}

pub(crate) fn verify(options: &cli::Verify) -> Result<(), Failure> {
    must_exist(&options.data)?;
    let report = onhand_persistence::verify(&options.data).map_err(|error| Failure::log(&options.data, &error))?;
    let Report { ok, findings, state_hash, records, last_seq, chain_head } = &report;
    if options.json {
        let (ok, records, last_seq) = (*ok, *records, *last_seq);
        say_json(&Verified { ok, findings, state_hash, records, last_seq, chain_head })?;
        return if ok { Ok(()) } else { Err(Failure::Found) };
    }
    say(&verdict(&report))?;
    if report.ok { Ok(()) } else { Err(Failure::Found) }
}

/// What was found, for a person.
pub(crate) fn verdict(report: &Report) -> String {
    let Report { ok, findings, state_hash, records, last_seq, chain_head } = report;
    let findings: String = findings.iter().map(|finding| format!("finding: {finding}\n")).collect();
    let verdict = if *ok { "everything is as it was written" } else { "damaged" };
    format!("{findings}{verdict}: {records} records, the last is {last_seq}\nstate {state_hash}\nchain {chain_head}")
}

pub(crate) fn backup(options: &cli::Backup) -> Result<(), Failure> {
    must_exist(&options.data)?;
    let made = onhand_persistence::backup(&options.data, &options.to);
    print(&made.map_err(|error| Failure::log(&options.data, &error))?)
}

pub(crate) fn restore(options: &cli::Restore) -> Result<(), Failure> {
    let made = onhand_persistence::restore(&options.from, &options.data);
    print(&made.map_err(|error| Failure::backup(&options.from, &error))?)
}

fn print(made: &Backup) -> Result<(), Failure> {
    let Backup { last_seq, chain_head, state_hash } = made;
    say(&format!("whole and checked: the last record is {last_seq}\nstate {state_hash}\nchain {chain_head}"))
}
