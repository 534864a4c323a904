//! The report as a page: ratios first, then each workload, then how it was measured.

use crate::page::{chip, facts, page, section, table};
use crate::plot::{Axis, Mark, Plot, Row, escape, figure, number};
use crate::report::{Outcome, Ran, Ratio, Report};
use crate::workload::System;

const fn class(system: System) -> &'static str {
    match system {
        System::Onhand | System::FullSales => "a",
        System::Redis => "b",
        System::Postgresql => "c",
        System::Loopback => "d",
    }
}

pub(crate) fn html(report: &Report) -> String {
    let mut sections = vec![goals(report), ratios(report)];
    sections.extend(report.workloads.iter().map(workload));
    sections.push(conditions(report));
    let about = "Durable sales, never below zero, counted only when accepted. All servers and the client shared the \
                 machine described below; ratios compare legs of the same round.";
    page("onhand measurement", "onhand beside its peers", about, &sections)
}

fn goals(report: &Report) -> String {
    let row = |outcome: &Outcome, ratio: &Ratio| {
        let (goal, met) = (ratio.goal?, ratio.met?);
        let p99 = ratio.p99_no_worse.map_or_else(String::new, |met| format!("; p99 no worse {}", chip(met)));
        Some(format!(
            "<tr><td>{}: {} over {}, at least {goal}</td><td class=\"n\">{:.2}</td><td>{}{p99}</td></tr>",
            escape(outcome.title),
            ratio.ours.name(),
            ratio.peer.name(),
            ratio.of_medians,
            chip(met)
        ))
    };
    let rows =
        report.workloads.iter().flat_map(|outcome| outcome.ratios.iter().filter_map(move |one| row(outcome, one)));
    let rows: String = rows.collect();
    let caption = "Median rate over median rate, of accepted sales a second.";
    let head = "<thead><tr><th>Goal</th><th class=\"n\">Measured</th><th></th></tr></thead>";
    section("Goals", caption, &format!("<table class=\"goals\">{head}<tbody>{rows}</tbody></table>"))
}

fn ratios(report: &Report) -> String {
    let row = |outcome: &Outcome, ratio: &Ratio| {
        let dots = ratio.rounds.iter().map(|value| Mark::Dot(*value));
        Row {
            label: format!("{} / {}", outcome.short, ratio.peer.name()),
            class: class(ratio.peer),
            marks: ratio.goal.map(Mark::Goal).into_iter().chain(dots).chain([Mark::Main(ratio.median)]).collect(),
            value: format!("{} times", figure(ratio.median)),
        }
    };
    let rows = report.workloads.iter().flat_map(|outcome| outcome.ratios.iter().map(move |ratio| row(outcome, ratio)));
    let plot = Plot {
        about: "Ratio of the first rate to each of the others, per round",
        axis: Axis::Log,
        unit: "times the peer's accepted sales a second; right of 1 onhand is faster",
        rows: rows.collect(),
        line: Some(1.0),
    };
    let caption = "Each pale dot is a round, the full one is the median of the rounds, a dashed mark is a goal. \
                   The axis is logarithmic.";
    section("onhand over its peers", caption, &plot.draw())
}

fn workload(outcome: &Outcome) -> String {
    let rate = |ran: &Ran| {
        let (low, high) = ran.spread();
        Row {
            label: ran.system.name().to_owned(),
            class: class(ran.system),
            marks: vec![Mark::Bar(ran.median.accepted_per_s), Mark::Spread(low, high)],
            value: format!("{}/s", number(ran.median.accepted_per_s)),
        }
    };
    let rates = Plot {
        about: "Accepted sales a second",
        axis: Axis::Linear,
        unit: "accepted sales a second; the median of the rounds, with the slowest and the fastest",
        rows: outcome.ran.iter().map(rate).collect(),
        line: None,
    };
    let latency = |ran: &Ran| {
        let median = &ran.median;
        let marks = vec![
            Mark::Line(median.p50_ms, median.p999_ms),
            Mark::Dot(median.p50_ms),
            Mark::Main(median.p99_ms),
            Mark::Dot(median.p999_ms),
        ];
        let value = format!("{} ms", figure(median.p99_ms));
        Row { label: ran.system.name().to_owned(), class: class(ran.system), marks, value }
    };
    let latencies = Plot {
        about: "Latency of accepted sales: half, 99 of 100, 999 of 1,000",
        axis: Axis::Log,
        unit: "milliseconds from sending to the answer: p50, p99 (full dot, and in words), p99.9",
        rows: outcome.ran.iter().map(latency).collect(),
        line: None,
    };
    let heads = ["", "Connections x messages x sales", "Sales/s", "p50 ms", "p99 ms", "p99.9 ms", "Server µs a sale"];
    let row = |ran: &Ran| {
        let median = &ran.median;
        let shape = format!("{} x {} x {}", ran.connections, ran.in_flight, ran.per_message);
        let figures =
            [median.p50_ms, median.p99_ms, median.p999_ms, median.server_us_per_sale].map(|ms| format!("{ms:.2}"));
        [ran.system.name().to_owned(), shape, number(median.accepted_per_s)].into_iter().chain(figures).collect()
    };
    let rows: Vec<Vec<String>> = outcome.ran.iter().map(row).collect();
    section(outcome.title, outcome.about, &[rates.draw(), latencies.draw(), table(&heads, &rows)].concat())
}

fn conditions(report: &Report) -> String {
    let machine = &report.machine;
    let mut rows = vec![
        ("Machine".to_owned(), format!("{}, {} cores, {}", machine.processor, machine.cores, machine.kernel)),
        ("Data of all servers".to_owned(), format!("in one temporary folder, {}", report.file_system)),
        ("Load average before, after".to_owned(), format!("{}, {}", machine.load_before, report.load_after)),
        (
            "Rounds".to_owned(),
            format!("{}, each leg {} s after {} s of warming up", report.rounds, report.seconds, report.warm_s),
        ),
        (
            "Client".to_owned(),
            "one thread, one poll, the same for all; prebuilt messages in which ids and items are patched; nothing \
             is bound to a core"
                .to_owned(),
        ),
        (
            "Checked".to_owned(),
            "every answer: recorded, refused or failed; onhand's by its id; after each round the stock of every \
             system against its answers"
                .to_owned(),
        ),
    ];
    rows.extend(
        report.programs.iter().map(|one| (one.system.name().to_owned(), format!("{}; {}", one.version, one.command))),
    );
    let body = format!("{}<pre>{}</pre>", facts(&rows), escape(&report.command));
    section(
        "Conditions",
        "A sale at onhand is a priced and taxed record with its answer kept for repeats; at the peers it is a decrement.",
        &body,
    )
}
