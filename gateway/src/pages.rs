//! The pages: every file of `web/` and every error page, embedded in the program.
//!
//! `web/index.html` is `/`, `web/shop/index.html` is `/shop`, any other `web/PATH` is `/PATH` and
//! `/assets/PATH`. To add a page, add the file.

use crate::keys::hex;
use bytes::Bytes;
use onhand_engine::refusal::NUMBERS;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// One embedded file, ready to send.
pub(crate) struct Page {
    pub(crate) content_type: &'static str,
    /// Quoted, as it stands in the header.
    pub(crate) etag: String,
    pub(crate) content: Bytes,
    /// Whether other websites may include it.
    pub(crate) shared: bool,
}

static PAGES: LazyLock<HashMap<String, Page>> =
    LazyLock::new(|| WEB.iter().filter_map(|(path, content)| Some((address(path), page(path, content)?))).collect());

static ERRORS: LazyLock<HashMap<u16, Page>> = LazyLock::new(|| NUMBERS.iter().map(error_page).collect());

/// The page of an address.
pub(crate) fn find(address: &str) -> Option<&'static Page> {
    let plain = address.strip_prefix("/assets").unwrap_or(address);
    let plain = if plain.len() > 1 { plain.trim_end_matches('/') } else { plain };
    PAGES.get(plain)
}

/// The page of an error's number.
pub(crate) fn error(number: &str) -> Option<&'static Page> {
    ERRORS.get(&number.parse().ok()?)
}

fn address(path: &str) -> String {
    let plain = path.strip_suffix("index.html").unwrap_or(path).trim_end_matches('/');
    format!("/{plain}")
}

fn page(path: &str, content: &'static [u8]) -> Option<Page> {
    let content_type = match path.rsplit_once('.')?.1 {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        _ => return None,
    };
    Some(Page {
        content_type,
        etag: etag(content),
        content: Bytes::from_static(content),
        shared: path.starts_with("widget/"),
    })
}

fn etag(content: &[u8]) -> String {
    format!("\"{}\"", hex(&blake3::hash(content).as_bytes()[..8]))
}

fn error_page(&(number, name, meaning): &(u16, &str, &str)) -> (u16, Page) {
    let file = format!("{number}.md");
    let written = ERROR_PAGES.iter().find(|(path, _)| *path == file);
    let body = match written.and_then(|(_, text)| std::str::from_utf8(text).ok()) {
        Some(text) => html(text),
        None => html(&format!("# {number} {name}\n\n{meaning}\n")),
    };
    let whole = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{number} {name}</title><style>{STYLE}</style><main>{body}</main></html>"
    );
    let content = Bytes::from(whole);
    (number, Page { content_type: "text/html; charset=utf-8", etag: etag(&content), content, shared: false })
}

const STYLE: &str = "html{color-scheme:light dark;font:17px/1.55 system-ui,sans-serif}\
    main{max-width:42rem;margin:3rem auto;padding:0 1.25rem}h1{font-size:1.6rem;line-height:1.25}\
    h2{font-size:1.15rem;margin-top:2rem}code,pre{font:0.9em ui-monospace,monospace}\
    pre{overflow:auto;padding:.75rem 1rem;border:1px solid #8884;border-radius:.5rem}";

/// The little of Markdown that the error pages use: headings, paragraphs, lists, code blocks, `code`,
/// **strong** and links.
fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut open = "";
    let close = |out: &mut String, open: &mut &'static str, next: &'static str| {
        if *open != next {
            if !open.is_empty() {
                let _ = writeln!(out, "</{open}>");
            }
            if !next.is_empty() {
                let _ = writeln!(out, "<{next}>");
            }
            *open = next;
        }
    };
    for line in text.lines() {
        if line.starts_with("```") {
            let next = if open == "pre" { "" } else { "pre" };
            close(&mut out, &mut open, next);
            continue;
        }
        if open == "pre" {
            let _ = writeln!(out, "{}", escape(line));
            continue;
        }
        let level = line.bytes().take_while(|byte| *byte == b'#').count();
        let item = line.trim_start().strip_prefix("- ").or_else(|| line.trim_start().strip_prefix("* "));
        if (1..=4).contains(&level) {
            close(&mut out, &mut open, "");
            let _ = writeln!(out, "<h{level}>{}</h{level}>", inline(line[level..].trim()));
        } else if line.trim().is_empty() {
            close(&mut out, &mut open, "");
        } else if let Some(item) = item {
            close(&mut out, &mut open, "ul");
            let _ = writeln!(out, "<li>{}</li>", inline(item));
        } else {
            let next = if open == "ul" { "ul" } else { "p" };
            close(&mut out, &mut open, next);
            let _ = writeln!(out, "{}", inline(line.trim()));
        }
    }
    close(&mut out, &mut open, "");
    out
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn inline(text: &str) -> String {
    let mut out = String::new();
    for (at, part) in text.split('`').enumerate() {
        if at % 2 == 1 {
            let _ = write!(out, "<code>{}</code>", escape(part));
            continue;
        }
        for (at, part) in part.split("**").enumerate() {
            let part = links(&escape(part));
            let _ = if at % 2 == 1 { write!(out, "<strong>{part}</strong>") } else { write!(out, "{part}") };
        }
    }
    out
}

/// `[text](address)`, addresses within this server or of https only.
fn links(text: &str) -> String {
    let Some((before, rest)) = text.split_once('[') else { return text.to_owned() };
    let Some((label, rest)) = rest.split_once("](") else { return text.to_owned() };
    let Some((to, after)) = rest.split_once(')') else { return text.to_owned() };
    let to = match to.strip_suffix(".md") {
        Some(number) => format!("/errors/{}", number.rsplit('/').next().unwrap_or(number)),
        None => to.to_owned(),
    };
    if !to.starts_with('/') && !to.starts_with("https://") {
        return format!("{before}{label}{}", links(after));
    }
    format!("{before}<a href=\"{to}\">{label}</a>{}", links(after))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_number_has_a_page() {
        for (number, name, _) in NUMBERS {
            let page = error(&number.to_string()).unwrap();
            assert!(std::str::from_utf8(&page.content).unwrap().contains(name));
        }
        assert!(error("9999").is_none());
    }

    #[test]
    fn the_little_markdown_is_escaped_html() {
        let text =
            "# A <b>\n\nWords `x<y` and **strong**\nmore [2001](2001.md).\n\n- one\n- two\n\n```\n{\"a\": 1}\n```\n";
        let got = html(text);
        assert!(got.contains("<h1>A &lt;b&gt;</h1>"), "{got}");
        assert!(got.contains("<code>x&lt;y</code> and <strong>strong</strong>"), "{got}");
        assert!(got.contains("<a href=\"/errors/2001\">2001</a>."), "{got}");
        assert!(got.contains("<ul>\n<li>one</li>\n<li>two</li>\n</ul>"), "{got}");
        assert!(got.contains("<pre>\n{&quot;a&quot;: 1}\n</pre>"), "{got}");
    }

    #[test]
    fn files_are_found_at_their_addresses() {
        assert_eq!(address("index.html"), "/");
        assert_eq!(address("shop/index.html"), "/shop");
        assert_eq!(address("widget/live-stock.js"), "/widget/live-stock.js");
    }
}
