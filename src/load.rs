//! `onhand loadtest`: load at a planned rate, a live view, and a verdict.

mod view;

use crate::cli::{Cli, Loadtest};
use crate::fail::Failure;
use crate::remote;
use crate::running::{json, say};
use clap::CommandFactory as _;
use clap::error::ErrorKind;
use onhand_loadtest::load::compare::{Earlier, compare};
use onhand_loadtest::load::gate::Gate;
use onhand_loadtest::load::goods::Scenario;
use onhand_loadtest::load::plan::Profile;
use onhand_loadtest::load::report::Report;
use onhand_loadtest::load::{self, Options, html};
use std::path::Path;
use std::time::Duration;
use view::View;

pub(crate) async fn run(task: Loadtest) -> Result<(), Failure> {
    for file in [&task.json, &task.html].into_iter().flatten() {
        writable(file)?;
    }
    let earlier = task.compare.as_deref().map(|file| earlier(file, task.scenario)).transpose()?;
    let options = Options {
        server: task.server.server,
        key: task.server.key,
        scenario: task.scenario,
        rate: task.rate,
        connections: usize::from(task.connections.get()),
        in_flight: usize::from(task.in_flight),
        per_message: usize::from(task.per_message),
        duration: task.profile.as_ref().map_or(Duration::from_secs(u64::from(task.duration.get())), Profile::duration),
        patience: Duration::from_secs(u64::from(task.patience)),
        profile: task.profile,
        prefix: task.prefix,
    };
    if let Err(error) = options.check() {
        Cli::command().error(ErrorKind::ArgumentConflict, error).exit();
    }
    let command = command(&options, &task.gate);
    let mut view = View::new(options.scenario.name(), options.scenario.is_watched(), options.duration);
    let outcome = load::load(options, |stage| view.show(stage)).await;
    view.clear();
    let mut report = outcome.map_err(failure)?;
    report.conditions.command = command;
    report.judge(&task.gate);
    if let Some(earlier) = &earlier {
        report.compared = compare(earlier, &report);
    }
    if let Some(file) = &task.json {
        write(file, &json(&report)?)?;
    }
    if let Some(file) = &task.html {
        write(file, &html::page(&report, earlier.as_ref()))?;
    }
    print(&report)?;
    if report.passed() { Ok(()) } else { Err(Failure::Found) }
}

/// Found out before the run, not after it.
fn writable(file: &Path) -> Result<(), Failure> {
    let opened = std::fs::OpenOptions::new().create(true).append(true).open(file);
    opened.map(|_| ()).map_err(|error| cannot_write(file, &error))
}

fn earlier(file: &Path, scenario: Scenario) -> Result<Earlier, Failure> {
    let wrong = |why: String| Failure::could_not(format!("{} is no earlier run: {why}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    let earlier: Earlier = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    if earlier.scenario != scenario.name() {
        return Err(wrong(format!("it was {}, not {}", earlier.scenario, scenario.name())));
    }
    Ok(earlier)
}

fn write(file: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(file, text).map_err(|error| cannot_write(file, &error))
}

fn cannot_write(file: &Path, error: &std::io::Error) -> Failure {
    Failure::could_not(format!("{} cannot be written: {error}", file.display()))
}

/// What to type to make the same run; without the key.
fn command(options: &Options, gates: &[Gate]) -> String {
    let Options { server, scenario, rate, connections, in_flight, per_message, duration, patience, .. } = options;
    let length = match &options.profile {
        Some(profile) => format!("--profile {profile}"),
        None => format!("--duration {}", duration.as_secs()),
    };
    let mut text = format!(
        "onhand loadtest --server {server} --scenario {} --rate {rate} --connections {connections} \
         --in-flight {in_flight} --per-message {per_message} --patience {} {length}",
        scenario.name(),
        patience.as_secs()
    );
    for gate in gates {
        text.push_str(&format!(" --gate {gate}"));
    }
    text
}

fn failure(error: load::Error) -> Failure {
    match error {
        load::Error::Client(error) => remote::failure(error),
        other => Failure::could_not(other.to_string()),
    }
}

fn print(report: &Report) -> Result<(), Failure> {
    let latency = &report.latency_ms;
    say(&format!(
        "{}: {:.0}/s accepted over {:.1} s ({} in all), {:.0}/s refused, {} errors",
        report.scenario, report.accepted_per_s, report.duration_s, report.accepted, report.refused_per_s, report.errors
    ))?;
    say(&format!(
        "latency from the planned time, ms: half {:.2}, 90 of 100 {:.2}, 99 of 100 {:.2}, 999 of 1000 {:.2}, all {:.2}",
        latency.p50, latency.p90, latency.p99, latency.p999, latency.max
    ))?;
    if let Some(staleness) = report.staleness_ms {
        say(&format!(
            "changes seen by watchers within, ms: half {}, 99 of 100 {}, all {}; {:.0} levels/s delivered",
            staleness.p50,
            staleness.p99,
            staleness.max,
            report.levels_per_s.unwrap_or(0.0)
        ))?;
    }
    if let (Some(drop), Some(ended)) = (report.audit.flash_drop, report.audit.reservations) {
        say(&format!(
            "flash drop: {} units, wanted {} times, {} winners, {} left; of {} reservations {} were bought, {} released, \
             {} expired",
            drop.units, drop.asked, drop.winners, drop.left, ended.begun, ended.sold, ended.released, ended.expired
        ))?;
    }
    if report.unsent > 0 {
        say(&format!("{} planned requests were given up: the server was too far behind to take them", report.unsent))?;
    }
    if report.conditions.client_was_busy() {
        let busy = report.conditions.client_busy * 100.0;
        say(&format!("the load tester itself was busy for {busy:.0} % of the time, and may have been the limit"))?;
    }
    for (kind, count) in &report.errors_by_kind {
        say(&format!("error: {kind}: {count}"))?;
    }
    if report.refused > 0 {
        let refusal = &report.refusal_answer_ms;
        let by_number: Vec<String> =
            report.refusals.iter().map(|(number, count)| format!("{number}: {count}")).collect();
        say(&format!(
            "refusals {}; from sending, ms: half {:.2}, 99 of 100 {:.2}, all {:.2}",
            by_number.join(", "),
            refusal.p50,
            refusal.p99,
            refusal.max
        ))?;
    }
    for gate in &report.gates {
        let verdict = if gate.ok { "held" } else { "FAILED" };
        say(&format!("gate {} {verdict}: measured {:.2}", gate.gate, gate.measured))?;
    }
    for one in &report.compared {
        let ratio = one.ratio.map_or_else(String::new, |ratio| format!(", {ratio:.2} times"));
        say(&format!("compared: {}: {:.2}, earlier {:.2}{ratio}", one.figure, one.now, one.earlier))?;
    }
    let audit = &report.audit;
    if audit.ok {
        return say(&format!(
            "audit: clean; {} acknowledgements are in the log exactly once, nothing oversold, no unit lost",
            audit.acknowledged
        ));
    }
    for finding in &audit.findings {
        say(&format!("audit: {finding}"))?;
    }
    say(&format!("audit: {} findings", audit.findings.len() as u64 + audit.findings_more))
}
