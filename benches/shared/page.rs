//! A report as one page that opens offline; it looks like the load tester's.

use crate::plot::escape;

/// The looks of all reports, and what only these have.
const STYLE: &str = concat!(include_str!("../../loadtest/src/load/report.css"), include_str!("page.css"));

/// The page.
pub(crate) fn page(kicker: &str, title: &str, about: &str, sections: &[String]) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{title}</title>\
         <style>{STYLE}</style></head><body><main><header><p class=\"kicker\">{kicker}</p><h1>{title}</h1>\
         <p class=\"about\">{about}</p></header>{}</main></body></html>\n",
        sections.concat()
    )
}

/// A part of it with a heading. The caption is text, the body is markup.
pub(crate) fn section(title: &str, caption: &str, body: &str) -> String {
    format!("<section><h2>{}</h2><p class=\"caption\">{}</p>{body}</section>", escape(title), escape(caption))
}

/// Names and what they are.
pub(crate) fn facts(rows: &[(String, String)]) -> String {
    let row =
        |(name, value): &(String, String)| format!("<tr><th>{}</th><td>{}</td></tr>", escape(name), escape(value));
    format!("<table class=\"facts\"><tbody>{}</tbody></table>", rows.iter().map(row).collect::<String>())
}

/// A table: the first column is text, the others are numbers.
pub(crate) fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    let class = |at: usize| if at == 0 { "" } else { " class=\"n\"" };
    let head: String =
        heads.iter().enumerate().map(|(at, head)| format!("<th{}>{}</th>", class(at), escape(head))).collect();
    let cells = |row: &Vec<String>| {
        let cells = row.iter().enumerate().map(|(at, cell)| format!("<td{}>{}</td>", class(at), escape(cell)));
        format!("<tr>{}</tr>", cells.collect::<String>())
    };
    let body: String = rows.iter().map(cells).collect();
    format!("<table class=\"wide\"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")
}

/// A goal with its verdict.
pub(crate) fn chip(met: bool) -> String {
    let (class, word) = if met { ("pass", "met") } else { ("fail", "missed") };
    format!("<span class=\"chip {class}\">{word}</span>")
}
