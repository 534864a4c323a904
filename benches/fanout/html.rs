//! The report as a page.

use crate::page::{chip, facts, page, section, table};
use crate::plot::{Axis, Mark, Plot, Row, escape, figure, number};
use crate::report::{Coalesced, Report, Round, Sales, Watched};

pub(crate) fn html(report: &Report) -> String {
    let about = "Many sockets watch stock that changes all the time; each is sent the newest level of what it watches.";
    let sections = [goals(report), watched(report), coalesced(report), memory(report), conditions(report)];
    page("onhand measurement", "Live stock for many", about, &sections)
}

fn goals(report: &Report) -> String {
    let row = |goal: &crate::report::Goal| {
        let (what, measured) = (escape(&goal.what), escape(&goal.measured));
        format!("<tr><td>{what}</td><td class=\"n\">{measured}</td><td>{}</td></tr>", chip(goal.met))
    };
    let rows: String = report.goals.iter().map(row).collect();
    let head = "<thead><tr><th>Goal</th><th class=\"n\">Measured</th><th></th></tr></thead>";
    section("Goals", "All of one run.", &format!("<table class=\"goals\">{head}<tbody>{rows}</tbody></table>"))
}

fn watched(report: &Report) -> String {
    let quiet = format!("{} never read", number(report.quiet as f64));
    let row = |label: &str, class, watched: &Watched| {
        let staleness = watched.all.staleness;
        let rounds = watched.rounds.iter().map(|round| Mark::Dot(round.staleness.p99_ms.max(1) as f64));
        let [p50, p99, max] = [staleness.p50_ms, staleness.p99_ms, staleness.max_ms].map(|ms| ms.max(1) as f64);
        Row {
            label: label.to_owned(),
            class,
            marks: [Mark::Line(p50, max)].into_iter().chain(rounds).chain([Mark::Main(p99)]).collect(),
            value: format!("{} ms", number(p99)),
        }
    };
    let plot = Plot {
        about: "How long changes took to be seen",
        axis: Axis::Log,
        unit: "milliseconds from the oldest change that a level brought to its arrival: half to all; dots are p99 by turn",
        rows: vec![row("All read", "a", &report.watched), row(&quiet, "b", &report.with_quiet)],
        line: Some(250.0),
    };
    let cells = |name: &str, sales: &Sales, watched: Option<&Round>| {
        let levels = watched.map_or_else(|| "-".to_owned(), |watched| number(watched.levels_per_s));
        let back = watched.map_or_else(|| "-".to_owned(), |watched| watched.went_back.to_string());
        let sales = [number(sales.per_s), figure(sales.p50_ms), figure(sales.p99_ms)];
        [name.to_owned()].into_iter().chain(sales).chain([levels, back]).collect::<Vec<String>>()
    };
    let rows = [
        cells("Nobody watches", &report.alone, None),
        cells("All read", &report.watched.all.sales, Some(&report.watched.all)),
        cells(&quiet, &report.with_quiet.all.sales, Some(&report.with_quiet.all)),
    ];
    let heads = ["", "Sales/s", "Sale p50 ms", "Sale p99 ms", "Levels/s", "Went back"];
    let caption = format!(
        "{} sockets on one item that is sold 1,000 times a second. The line is at 250 ms.",
        number(report.watched.all.watchers as f64)
    );
    section("One item, many watchers", &caption, &format!("{}{}", plot.draw(), table(&heads, &rows)))
}

fn class(server: &str) -> &'static str {
    match server {
        "onhand" => "a",
        "bare sockets" => "d",
        python if python.contains("Python") => "c",
        _ => "b",
    }
}

fn coalesced(report: &Report) -> String {
    let row = |one: &Coalesced| Row {
        label: format!("{}, {}", one.server.split(" (").next().unwrap_or_default(), thousands(one.subscribers)),
        class: class(&one.server),
        marks: vec![Mark::Bar(one.levels_per_processor_s)],
        value: number(one.levels_per_processor_s),
    };
    let plot = Plot {
        about: "Levels delivered for each second of the server's time on the processors",
        axis: Axis::Linear,
        unit: "levels delivered for each second of the server's time on the processors",
        rows: report.coalesced.iter().map(row).collect(),
        line: None,
    };
    let cells = |one: &Coalesced| {
        vec![
            one.server.clone(),
            number(one.subscribers as f64),
            number(one.levels_per_s),
            format!("{:.2}", one.processors),
            number(one.levels_per_processor_s),
            format!("{:.2}", report.onhand_over(one)),
        ]
    };
    let rows: Vec<Vec<String>> = report.coalesced.iter().map(cells).collect();
    let heads = ["", "Subscribers", "Levels/s", "Processors", "Levels a processor second", "onhand over it"];
    let caption = format!(
        "Each subscriber watches {} items that all change every 25 ms, or, so that every server can keep up, 25 ms for \
         each 1,000 subscribers. onhand's time includes the sales that change them, \
         with their log; the others make the changes up.",
        report.items
    );
    section("Levels for the server's effort", &caption, &format!("{}{}", plot.draw(), table(&heads, &rows)))
}

fn thousands(count: usize) -> String {
    if count.is_multiple_of(1_000) { format!("{} k", count / 1_000) } else { count.to_string() }
}

fn memory(report: &Report) -> String {
    let memory = &report.memory;
    let row = |label: &str, bytes: f64| Row {
        label: label.to_owned(),
        class: "a",
        marks: vec![Mark::Bar(bytes), Mark::Goal(4096.0)],
        value: number(bytes),
    };
    let plot = Plot {
        about: "Bytes of the server's memory for each connection",
        axis: Axis::Linear,
        unit: "bytes of the server's resident memory for each connection; the mark is at 4 KiB",
        rows: vec![row("Idle, with its key", memory.idle), row("Watching one item", memory.subscribed)],
        line: None,
    };
    let caption = format!("{} connections at once.", number(memory.connections as f64));
    section("Memory", &caption, &plot.draw())
}

fn conditions(report: &Report) -> String {
    let machine = &report.machine;
    let mut rows = vec![
        ("Machine".to_owned(), format!("{}, {} cores, {}", machine.processor, machine.cores, machine.kernel)),
        ("Load average before, after".to_owned(), format!("{}, {}", machine.load_before, report.load_after)),
        ("Each measurement".to_owned(), format!("{} s", report.seconds)),
        ("Client".to_owned(), "one thread and one poll for all watchers; one more thread sells".to_owned()),
    ];
    rows.extend(report.versions.iter().cloned());
    section(
        "Conditions",
        "Servers and client share the machine, over loopback; nothing is bound to a core.",
        &format!("{}<pre>{}</pre>", facts(&rows), escape(&report.command)),
    )
}
