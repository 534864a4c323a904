//! The tables of the report: phases, kinds of request, refusals by number.

use super::html::{escape, figure, ms, number, section};
use super::report::{OfKind, Phase, Report};
use onhand_engine::refusal::name_of;

/// A cell with a number.
fn n(value: &str) -> String {
    format!("<td class=\"n\">{value}</td>")
}

/// A table whose first column names the rows.
fn table(heads: &[&str], rows: &[(String, Vec<String>)]) -> String {
    let heads: String = heads.iter().map(|head| format!("<th class=\"n\">{head}</th>")).collect();
    let row = |(name, cells): &(String, Vec<String>)| {
        format!("<tr><th>{}</th>{}</tr>", escape(name), cells.iter().map(|cell| n(cell)).collect::<String>())
    };
    let rows: String = rows.iter().map(row).collect();
    format!("<table class=\"grid\"><thead><tr><th></th>{heads}</tr></thead><tbody>{rows}</tbody></table>")
}

/// Each phase and what was answered in it.
pub(super) fn phases(report: &Report) -> String {
    if report.phases.is_empty() {
        return String::new();
    }
    let watched = report.phases.iter().any(|phase| phase.staleness_ms.is_some());
    let row = |phase: &Phase| {
        let sold = |value: f64| if phase.accepted_per_s > 0.0 { ms(value) } else { "-".to_owned() };
        let refusals = if phase.refused_per_s > 0.0 { ms(phase.refusal_answer_ms.p99) } else { "-".to_owned() };
        let mut cells = vec![
            format!("{} to {}", figure(phase.start_s), figure(phase.end_s)),
            figure(phase.planned_per_s.round()),
            figure(phase.accepted_per_s.round()),
            figure(phase.refused_per_s.round()),
            number(phase.unsent as f64),
            sold(phase.latency_ms.p50),
            sold(phase.latency_ms.p99),
            refusals,
        ];
        if watched {
            cells.push(phase.staleness_ms.map_or_else(|| "-".to_owned(), |staleness| ms(staleness.p99 as f64)));
        }
        (phase.name.clone(), cells)
    };
    let mut heads =
        vec!["seconds", "planned/s", "accepted/s", "refused/s", "given up", "half", "99 of 100", "refusals, 99 of 100"];
    if watched {
        heads.push("seen, 99 of 100");
    }
    let rows: Vec<(String, Vec<String>)> = report.phases.iter().map(row).collect();
    section("Phases", &table(&heads, &rows), "What was answered in each; refusals count from sending.")
}

/// Each kind of request.
pub(super) fn by_kind(report: &Report) -> String {
    if report.by_kind.is_empty() {
        return String::new();
    }
    let row = |of: &OfKind| {
        let name = match of.kind {
            "sale" => "Sale at a till",
            "reserve" => "Shopper reserves",
            "purchase" => "Shopper buys what is reserved",
            _ => "Shopper releases it",
        };
        let latency = &of.latency_ms;
        let cells = vec![
            number(of.accepted as f64),
            number(of.refused as f64),
            ms(latency.p50),
            ms(latency.p99),
            ms(latency.p999),
        ];
        (name.to_owned(), cells)
    };
    let rows: Vec<(String, Vec<String>)> = report.by_kind.iter().map(row).collect();
    section("By kind of request", &table(&["accepted", "refused", "half", "99 of 100", "999 of 1,000"], &rows), "")
}

/// Refusals by number, the most frequent first, with a bar for their share.
pub(super) fn refusals(report: &Report) -> String {
    let mut refusals: Vec<(u16, u64)> = report.refusals.iter().map(|(number, count)| (*number, *count)).collect();
    let Some(most) = refusals.iter().map(|(_, count)| *count).max() else { return String::new() };
    refusals.sort_by_key(|(number, count)| (std::cmp::Reverse(*count), *number));
    let row = |(refusal, count): &(u16, u64)| {
        let percent = *count as f64 / most as f64 * 100.0;
        format!(
            "<tr><th><code>{refusal}</code> {}</th><td class=\"n\">{}</td>\
             <td class=\"bar\"><span style=\"width:{percent:.1}%\"></span></td></tr>",
            name_of(*refusal).replace('_', " "),
            number(*count as f64)
        )
    };
    let rows: String = refusals.iter().map(row).collect();
    let latency = &report.refusal_answer_ms;
    let caption = format!(
        "From sending to the answer: half within {}, 99 of 100 within {}, all within {}.",
        ms(latency.p50),
        ms(latency.p99),
        ms(latency.max)
    );
    section("Refusals by number", &format!("<table class=\"refusals\"><tbody>{rows}</tbody></table>"), &caption)
}
