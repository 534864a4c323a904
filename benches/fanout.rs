//! Live stock for 10,000 sockets: staleness, memory, those who never read, and levels for the server's effort.
//!
//! Beside it, in the same run and with the same client and payloads: bare sockets, `ws` from npm and
//! `websockets` from PyPI.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::disallowed_methods, reason = "a measurement prints")]

#[path = "fanout/bare.rs"]
mod bare;
#[path = "shared/chance.rs"]
mod chance;
#[path = "shared/child.rs"]
mod child;
#[path = "fanout/clock.rs"]
mod clock;
#[path = "fanout/crowd.rs"]
mod crowd;
#[path = "shared/disk.rs"]
mod disk;
#[path = "fanout/html.rs"]
mod html;
#[path = "shared/page.rs"]
mod page;
#[path = "shared/plot.rs"]
mod plot;
#[path = "fanout/report.rs"]
mod report;
#[path = "fanout/rivals.rs"]
mod rivals;
#[path = "fanout/seller.rs"]
mod seller;
#[path = "shared/shop.rs"]
mod shop;
#[path = "fanout/stage.rs"]
mod stage;
#[path = "shared/usage.rs"]
mod usage;
#[path = "shared/websocket.rs"]
mod websocket;

use clap::Parser;
use report::Report;
use rivals::{Packages, RIVALS};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use stage::{ITEMS, Stage};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use usage::Machine;

/// Live stock for many sockets, measured from outside.
#[derive(Parser)]
#[command(name = "cargo xtask bench fanout")]
struct Options {
    /// Sockets that watch.
    #[arg(long, value_name = "N", default_value = "10000", value_parser = clap::value_parser!(u32).range(10..=20_000))]
    watchers: u32,
    /// Seconds of each measurement.
    #[arg(long, value_name = "S", default_value = "3", value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// Turns of selling while all read and while some never read.
    #[arg(long, value_name = "N", default_value = "3", value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Install nothing: only bare sockets beside onhand.
    #[arg(long)]
    no_install: bool,
    /// Where the temporary folder is made; by default the system's. Must be on a disk.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Write everything measured here, as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write a page with plots here; it opens without a network.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// What `cargo bench` says to every measurement.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().collect();
    if let [_, child, items, clients, every_ms] = words.as_slice()
        && child == bare::CHILD
        && let (Ok(items), Ok(clients), Ok(every_ms)) = (items.parse(), clients.parse(), every_ms.parse())
    {
        let served = bare::serve(items, clients, Duration::from_millis(every_ms));
        return if served.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("fanout: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), String> {
    raise_open_files(options.watchers)?;
    let (folder, _) = disk::folder("onhand-fanout-", options.dir.as_deref())?;
    let packages = if options.no_install { None } else { Some(Packages::install(&folder.path().join("packages"))?) };
    let machine = Machine::here();
    let watchers = options.watchers as usize;
    let time = Duration::from_secs(u64::from(options.seconds));
    let mut stage = Stage::start(&folder.path().join("onhand"), time)?;

    let alone = stage.sell_alone()?;
    eprintln!("sold while nobody watches");
    let (memory, crowd) = stage.gather(watchers)?;
    eprintln!("{watchers} sockets are connected and watch");
    let quiet = watchers / 10;
    let [watched, with_quiet] = stage.watch(crowd, quiet, options.rounds)?;
    eprintln!("sold while they watch, and while {quiet} of them never read");

    let mut versions = Vec::new();
    let mut coalesced = Vec::new();
    for subscribers in [watchers / 10, watchers] {
        coalesced.push(stage.coalesce(subscribers)?);
        eprintln!("{ITEMS} items for {subscribers} subscribers: onhand is measured");
        for rival in RIVALS {
            let Some(packages) = &packages else { continue };
            match packages.version(rival) {
                Ok(version) if subscribers == watchers => versions.push((rival.name().to_owned(), version)),
                Ok(_) => {}
                Err(why) => {
                    eprintln!("{} takes no part: {why}", rival.name());
                    continue;
                }
            }
            let server = packages.start(rival, ITEMS, subscribers, stage::change_every(subscribers).as_millis())?;
            coalesced.push(stage::rival(&server, rival.name(), subscribers, time)?);
            eprintln!("{ITEMS} items for {subscribers} subscribers: {} is measured", rival.name());
        }
    }
    let mut report = Report {
        machine,
        load_after: usage::load(),
        command: command(),
        versions,
        items: ITEMS,
        seconds: time.as_secs_f64(),
        memory,
        alone,
        watched,
        quiet,
        with_quiet,
        coalesced,
        goals: Vec::new(),
    };
    report.judge();
    report.print();
    if let Some(file) = &options.json {
        write(file, &serde_json::to_string_pretty(&report).map_err(|why| why.to_string())?)?;
    }
    if let Some(file) = &options.html {
        write(file, &html::html(&report))?;
    }
    Ok(())
}

/// Each socket is an open file, here and in the servers, which inherit the limit.
fn raise_open_files(watchers: u32) -> Result<(), String> {
    let limit = getrlimit(Resource::Nofile);
    let wanted = Rlimit { current: limit.maximum, maximum: limit.maximum };
    setrlimit(Resource::Nofile, wanted).map_err(|why| format!("open files: {why}"))?;
    match limit.maximum {
        Some(most) if most < u64::from(watchers) + 200 => {
            Err(format!("{watchers} sockets need more open files than the {most} that are allowed: see ulimit -Hn"))
        }
        _ => Ok(()),
    }
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    std::fs::write(file, text).map_err(|why| format!("{}: {why}", file.display()))
}

/// What was typed.
fn command() -> String {
    let words = std::env::args().skip(1).filter(|word| word != "--bench");
    std::iter::once("cargo xtask bench fanout".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}
