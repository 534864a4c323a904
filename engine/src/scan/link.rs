//! GS1 Digital Link: the same elements in a web address, `https://id.example/01/09506000134352/10/ABC?17=261231`.
//! Whose address it is does not matter: it is read and never fetched.

use super::elements::Elements;
use super::{ScanError, Scanned, percent};
use crate::date::Date;
use crate::gtin::Gtin;

/// Whether a code is a web address.
pub(super) fn is_one(code: &str) -> bool {
    split_scheme(code).is_some()
}

pub(super) fn read(code: &str, today: Date) -> Result<Scanned, ScanError> {
    let rest = split_scheme(code).ok_or(ScanError::Unknown)?;
    let address = rest.split('#').next().unwrap_or_default();
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let mut elements = Elements::new(today);
    // The host and folders of its own may stand in front.
    let mut parts = path.split('/').skip(1).skip_while(|part| identifier(part) != "01");
    parts.next().ok_or(ScanError::NoItem)?;
    let item = plain(parts.next().ok_or(ScanError::NoItem)?)?;
    elements.put("01", &format!("{}", Gtin::parse(&item)?))?;
    while let Some(part) = parts.next().filter(|part| !part.is_empty()) {
        let data = parts.next().ok_or(ScanError::Unknown)?;
        elements.put(identifier(part), &plain(data)?)?;
    }
    for pair in query.split(['&', ';']).filter(|pair| !pair.is_empty()) {
        let (name, data) = pair.split_once('=').unwrap_or((pair, ""));
        let identifier = identifier(name);
        // Addresses have parameters of other people's too.
        if matches!(identifier.len(), 2..=4) && identifier.bytes().all(|byte| byte.is_ascii_digit()) {
            elements.put(identifier, &plain(data)?)?;
        }
    }
    elements.finish()
}

fn split_scheme(code: &str) -> Option<&str> {
    let (scheme, rest) = code.split_once("://")?;
    (scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http")).then_some(rest)
}

/// Identifiers may also stand there as words.
fn identifier(part: &str) -> &str {
    match part {
        "gtin" => "01",
        "lot" => "10",
        "ser" => "21",
        "exp" | "expdt" => "17",
        other => other,
    }
}

/// The data as it was meant.
fn plain(data: &str) -> Result<String, ScanError> {
    String::from_utf8(percent::decoded(data).into_owned()).map_err(|_| ScanError::Unknown)
}
