//! What a shop would use instead: Redis and PostgreSQL beside onhand, durable sales in alternating rounds.
//!
//! Accepted sales are counted, never mere replies; after each round every system's stock must be
//! short of exactly what it accepted. A loopback ping-pong in the same rounds is the ceiling for one
//! small message per round trip.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::disallowed_methods, reason = "a measurement prints")]

#[path = "shared/chance.rs"]
mod chance;
#[path = "shared/child.rs"]
mod child;
#[path = "shared/disk.rs"]
mod disk;
#[path = "peers/html.rs"]
mod html;
#[path = "peers/load.rs"]
mod load;
#[path = "peers/loopback.rs"]
mod loopback;
#[path = "peers/onhand.rs"]
mod onhand;
#[path = "peers/options.rs"]
mod options;
#[path = "shared/page.rs"]
mod page;
#[path = "peers/pick.rs"]
mod pick;
#[path = "shared/plot.rs"]
mod plot;
#[path = "peers/postgres.rs"]
mod postgres;
#[path = "peers/redis.rs"]
mod redis;
#[path = "peers/report.rs"]
mod report;
#[path = "shared/shop.rs"]
mod shop;
#[path = "peers/stand.rs"]
mod stand;
#[path = "shared/usage.rs"]
mod usage;
#[path = "shared/websocket.rs"]
mod websocket;
#[path = "peers/workload.rs"]
mod workload;

use clap::Parser;
use load::Times;
use options::Options;
use report::{Figures, Outcome, Ran, Report};
use stand::Stand;
use std::path::Path;
use std::process::ExitCode;
use usage::Machine;
use workload::{System, Workload};

fn main() -> ExitCode {
    if std::env::args().any(|word| word == loopback::CHILD) {
        return if loopback::serve().is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("peers: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), String> {
    let workloads = wanted(&options.only)?;
    let (folder, file_system) = disk::folder("onhand-peers-", options.dir.as_deref())?;
    let machine = Machine::here();
    let without: Vec<System> = options.without.iter().map(|peer| (*peer).into()).collect();
    let entrants = workloads.iter().flat_map(|workload| &workload.entrants).map(|entrant| entrant.system);
    let taking_part: Vec<System> = entrants.filter(|system| !without.contains(system)).collect();
    let mut stand = Stand::start(folder.path(), &taking_part)?;
    let times = Times { warm: options.warm, measured: options.seconds };
    // By workload, by entrant, by round.
    let mut figures: Vec<Vec<Vec<Figures>>> =
        workloads.iter().map(|workload| workload.entrants.iter().map(|_| Vec::new()).collect()).collect();
    for round in 0..usize::from(options.rounds) {
        for (workload, figures) in workloads.iter().zip(&mut figures) {
            for turn in 0..workload.entrants.len() {
                let at = (turn + round) % workload.entrants.len();
                let entrant = &workload.entrants[at];
                if stand.has(entrant.system) {
                    figures[at].push(stand.leg(workload, entrant.system, entrant.shape, round as u64, times)?);
                }
            }
        }
        stand.check_books()?;
        eprintln!("round {} of {} is over; every system's stock is what its answers say", round + 1, options.rounds);
    }
    let outcomes = workloads.iter().zip(figures).map(|(workload, figures)| outcome(workload, figures)).collect();
    let report = Report {
        machine,
        load_after: usage::load(),
        file_system,
        programs: stand.programs(),
        command: command(),
        rounds: usize::from(options.rounds),
        warm_s: options.warm.as_secs_f64(),
        seconds: options.seconds.as_secs_f64(),
        workloads: outcomes,
    };
    report.print();
    if let Some(file) = &options.json {
        let json = serde_json::to_string_pretty(&report).map_err(|why| why.to_string())?;
        write(file, &json)?;
    }
    if let Some(file) = &options.html {
        write(file, &html::html(&report))?;
    }
    Ok(())
}

fn wanted(only: &[String]) -> Result<Vec<Workload>, String> {
    let all = workload::all();
    if let Some(unknown) = only.iter().find(|name| !all.iter().any(|workload| workload.key == **name)) {
        return Err(format!("there is no workload `{unknown}`; --help lists them"));
    }
    Ok(all.into_iter().filter(|workload| only.is_empty() || only.iter().any(|name| name == workload.key)).collect())
}

fn outcome(workload: &Workload, figures: Vec<Vec<Figures>>) -> Outcome {
    let all = workload.entrants.iter().zip(figures).filter(|(_, rounds)| !rounds.is_empty());
    Outcome::new(workload, all.map(|(entrant, rounds)| Ran::new(entrant.system, entrant.shape, rounds)).collect())
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    std::fs::write(file, text).map_err(|why| format!("{}: {why}", file.display()))
}

/// What was typed.
fn command() -> String {
    let words = std::env::args().skip(1).filter(|word| word != "--bench");
    std::iter::once("cargo xtask bench peers".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}
