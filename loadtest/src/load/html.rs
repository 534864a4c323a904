//! The report as one page that opens offline: verdict first, then plots, conditions, findings.

use super::compare::{Compared, Earlier};
use super::report::{GateResult, Report};
use super::{plot, tables};

/// The page's looks; light, dark and printed from the same tokens.
const STYLE: &str = include_str!("report.css");

/// The page; with the lines of an earlier run where there was one.
#[must_use]
pub fn page(report: &Report, earlier: Option<&Earlier>) -> String {
    let title = format!("Load test: {}", report.scenario);
    let sections = [
        verdict(report),
        figures(report),
        compared(report),
        section("Throughput over time", &plot::throughput(report, earlier), &about_throughput(report)),
        section(
            "Latency over time",
            &plot::latency(report, earlier),
            "Of what was accepted, from the planned time to the answer. Log axis; a dashed line is the gate for 99 of 100.",
        ),
        section(
            "Latency by percentile",
            &plot::percentiles(report, earlier),
            "How long the slowest one in ten, in a hundred, in a thousand took. Both axes are logarithmic.",
        ),
        optional(
            "Staleness over time",
            plot::staleness(report),
            "From the decision of a change to its arrival at watchers; where a level brings several, of the oldest one.",
        ),
        tables::phases(report),
        tables::by_kind(report),
        tables::refusals(report),
        optional("Time to a refusal", plot::refusals(report), "From sending to the answer, log axis."),
        audit(report),
        conditions(report),
    ];
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{title}</title>\
         <style>{STYLE}</style></head><body><main>{}</main></body></html>\n",
        sections.concat()
    )
}

fn about_throughput(report: &Report) -> String {
    let mut text = "Requests accepted and refused a second.".to_owned();
    if report.rate != "max" {
        text.push_str(" The thin line is the plan");
        text.push_str(match report.by_kind.is_empty() {
            true => ".",
            false => ": sales at tills and reservations; what shoppers do with a reservation comes on top.",
        });
    }
    text
}

fn optional(title: &str, body: Option<String>, caption: &str) -> String {
    body.map_or_else(String::new, |body| section(title, &body, caption))
}

fn verdict(report: &Report) -> String {
    let (class, word) = if report.passed() { ("pass", "Passed") } else { ("fail", "Failed") };
    let failed = report.gates.iter().filter(|gate| !gate.ok).count();
    let audit = if report.audit.ok {
        format!(
            "The auditor found nothing wrong with {} acknowledged requests.",
            number(report.audit.acknowledged as f64)
        )
    } else {
        let findings = report.audit.findings.len() as u64 + report.audit.findings_more;
        format!("The auditor has {findings} findings; they are listed below, and the first of them here.")
    };
    let first: String =
        report.audit.findings.iter().take(3).map(|finding| format!("<li>{}</li>", escape(finding))).collect();
    let first = if first.is_empty() { first } else { format!("<ol class=\"first\">{first}</ol>") };
    let gates = match (report.gates.len(), failed) {
        (0, _) => "No gates were set.".to_owned(),
        (1, 0) => "The gate held.".to_owned(),
        (1, _) => "The gate failed.".to_owned(),
        (all, 0) => format!("All {all} gates held."),
        (all, failed) => format!("{failed} of {all} gates failed."),
    };
    let rows: String = report
        .gates
        .iter()
        .map(|gate| {
            let (class, word) = if gate.ok { ("pass", "held") } else { ("fail", "failed") };
            format!(
                "<tr><td><code>{}</code></td><td class=\"n\">{}</td><td><span class=\"chip {class}\">{word}</span></td></tr>",
                escape(&gate.gate),
                with_unit(gate)
            )
        })
        .collect();
    let table = if rows.is_empty() {
        String::new()
    } else {
        format!(
            "<table class=\"gates\"><thead><tr><th>Gate</th><th class=\"n\">Measured</th><th></th></tr></thead><tbody>{rows}</tbody></table>"
        )
    };
    format!(
        "<header><p class=\"kicker\">onhand load test</p><h1>{}</h1><p class=\"about\">{}</p></header>\
         <section class=\"verdict {class}\"><h2>{word}</h2><p>{gates} {audit}</p>{first}{table}</section>",
        report.scenario, report.about
    )
}

fn figures(report: &Report) -> String {
    let latency = &report.latency_ms;
    let mut tiles = vec![
        ("accepted a second", figure(report.accepted_per_s)),
        ("refused a second", figure(report.refused_per_s)),
        ("half answered within", ms(latency.p50)),
        ("99 of 100 within", ms(latency.p99)),
        ("999 of 1,000 within", ms(latency.p999)),
        ("errors", number(report.errors as f64)),
    ];
    if let Some(staleness) = report.staleness_ms {
        tiles.push(("99 of 100 changes seen within", ms(staleness.p99 as f64)));
        tiles.push(("levels delivered a second", figure(report.levels_per_s.unwrap_or(0.0))));
    }
    let tile = |(name, value): &(&str, String)| format!("<div><dd>{value}</dd><dt>{name}</dt></div>");
    format!("<dl class=\"tiles\">{}</dl>", tiles.iter().map(tile).collect::<String>())
}

pub(super) fn section(title: &str, body: &str, caption: &str) -> String {
    let caption = if caption.is_empty() { String::new() } else { format!("<p class=\"caption\">{caption}</p>") };
    format!("<section><h2>{title}</h2>{caption}{body}</section>")
}

fn audit(report: &Report) -> String {
    let audit = &report.audit;
    let count = |n: u64| number(n as f64);
    let mut rows = vec![
        ("Acknowledgements, each looked up in the log", count(audit.acknowledged)),
        ("Events of this run in the log", count(audit.logged)),
        ("Units received", number(audit.units_received as f64)),
        ("Units acknowledged as sold", number(audit.units_acknowledged as f64)),
        ("Places asked for, and sold at", format!("{} and {}", count(audit.places_asked), count(audit.places_sold))),
        ("Looks at the stock while it was being sold", count(audit.probes)),
        (
            "Requests without an answer, asked again with the same id",
            format!("{}, of which {} were accepted", count(audit.resolved), count(audit.resolved_accepted)),
        ),
        (
            "Moments of refusal for want of stock, each compared with the stock in the log",
            count(audit.refusals_compared),
        ),
    ];
    if let Some(ended) = audit.reservations {
        let [begun, sold, released, expired] =
            [ended.begun, ended.sold, ended.released, ended.expired].map(|n| number(n as f64));
        rows.push((
            "Reservations, each of which ended once",
            format!("{begun}: {sold} bought, {released} released, {expired} expired"),
        ));
    }
    if let Some(drop) = audit.flash_drop {
        rows.push((
            "Flash drop",
            format!(
                "{} units, wanted {} times: {} winners, {} refused, {} left",
                number(drop.units as f64),
                count(drop.asked),
                number(drop.winners as f64),
                count(drop.refused),
                number(drop.left as f64)
            ),
        ));
    }
    if audit.watchers > 0 {
        rows.push(("Watchers whose last level was compared", count(audit.watchers)));
    }
    let findings = if audit.ok {
        "<p class=\"clean\">No findings: nothing sold twice, no unit lost, every acknowledgement in the log exactly once.</p>"
            .to_owned()
    } else {
        let items: String = audit.findings.iter().map(|finding| format!("<li>{}</li>", escape(finding))).collect();
        let more = match audit.findings_more {
            0 => String::new(),
            more => format!("<p>And {} more.</p>", count(more)),
        };
        format!("<ol class=\"findings\">{items}</ol>{more}")
    };
    format!("<section><h2>Auditor</h2>{findings}{}</section>", table(&rows))
}

fn compared(report: &Report) -> String {
    if report.compared.is_empty() {
        return String::new();
    }
    let row = |one: &Compared| {
        let ratio = one.ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"));
        format!(
            "<tr><th>{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{ratio}</td></tr>",
            one.figure,
            figure(one.earlier),
            figure(one.now)
        )
    };
    let rows: String = report.compared.iter().map(row).collect();
    format!(
        "<section><h2>Beside the earlier run</h2><table><thead><tr><th></th><th class=\"n\">Earlier</th>\
         <th class=\"n\">Now</th><th class=\"n\">Ratio</th></tr></thead><tbody>{rows}</tbody></table></section>"
    )
}

fn conditions(report: &Report) -> String {
    let conditions = &report.conditions;
    let list = |pairs: Vec<String>| if pairs.is_empty() { "none".to_owned() } else { pairs.join(", ") };
    let errors = report.errors_by_kind.iter().map(|(kind, count)| format!("{kind}: {}", number(*count as f64)));
    let mut rate =
        if report.rate == "max" { "as fast as answers come".to_owned() } else { format!("{}/s", report.rate) };
    if let Some(profile) = &report.profile {
        rate.push_str(&format!(", times {profile}"));
    }
    let busy = format!(
        "{:.0} % of a core while it asked{}",
        conditions.client_busy * 100.0,
        if conditions.client_was_busy() { ": it may have been the limit itself" } else { "" }
    );
    let rows = [
        ("Planned rate", rate),
        ("Connections, unanswered requests on each", format!("{}, {}", report.connections, report.in_flight)),
        ("Sales in one message", report.per_message.to_string()),
        ("Duration", format!("{:.1} s", report.duration_s)),
        ("Accepted, refused", format!("{}, {}", number(report.accepted as f64), number(report.refused as f64))),
        ("Errors by kind", list(errors.collect())),
        (
            "Planned and given up",
            format!("{}, each after waiting {:.0} s to be sent", number(report.unsent as f64), report.patience_s),
        ),
        (
            "Server",
            format!("{}, {}, {} shards", conditions.server_version, conditions.server, conditions.server_shards),
        ),
        ("Load tester", format!("onhand {}", conditions.version)),
        ("Its machine", format!("{}, {} cores, {}", conditions.processor, conditions.cores, conditions.system)),
        (
            "Load average of its machine, before and at the end",
            format!("{:.2}, {:.2}", conditions.load_average[0], conditions.load_average[1]),
        ),
        ("The load tester was busy", busy),
        ("Ended", ended(conditions.ended_ms)),
        ("Codes begin with", report.prefix.clone()),
    ];
    let rows: Vec<(&str, String)> = rows.into_iter().map(|(name, value)| (name, escape(&value))).collect();
    format!("<section><h2>Conditions</h2>{}<pre>{}</pre></section>", table(&rows), escape(&conditions.command))
}

fn ended(ms: i64) -> String {
    let time = onhand_engine::time::Timestamp(u64::try_from(ms).unwrap_or(0));
    let text = serde_json::to_string(&onhand_protocol::value::Time(time)).unwrap_or_default();
    text.trim_matches('"').replace('T', " ").replace('Z', " UTC")
}

fn table(rows: &[(&str, String)]) -> String {
    let row = |(name, value): &(&str, String)| format!("<tr><th>{name}</th><td>{value}</td></tr>");
    format!("<table class=\"facts\"><tbody>{}</tbody></table>", rows.iter().map(row).collect::<String>())
}

/// A figure with as many digits as are worth reading.
pub(super) fn figure(value: f64) -> String {
    if value >= 100.0 || value == value.trunc() { number(value) } else { format!("{value:.2}") }
}

pub(super) fn ms(value: f64) -> String {
    format!("{}\u{202f}ms", figure(value))
}

fn with_unit(gate: &GateResult) -> String {
    match gate.gate.split('=').next() {
        Some("accepted" | "refused") => format!("{}/s", figure(gate.measured)),
        Some("errors" | "unsent" | "undersold") => figure(gate.measured),
        _ => ms(gate.measured),
    }
}

/// A whole number with commas.
pub(super) fn number(value: f64) -> String {
    let digits = format!("{value:.0}");
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits.as_str()), |rest| ("-", rest));
    let mut out = sign.to_owned();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_easy_to_read() {
        assert_eq!(number(1_234_567.4), "1,234,567");
        assert_eq!(number(999.0), "999");
        assert_eq!(number(-1000.0), "-1,000");
        assert_eq!(figure(2.345_678), "2.35");
        assert_eq!(escape("<a & \"b\">"), "&lt;a &amp; &quot;b&quot;&gt;");
    }
}
