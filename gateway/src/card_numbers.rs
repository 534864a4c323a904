//! Payment card numbers never get in: the one gate that every request passes before it is read.
//!
//! JSON of the WebSocket and of HTTP bodies, compact sales, and the path, query and headers of HTTP. Bytes
//! without thirteen digits near each other pass after a glance at each thirteenth of them; only what looks
//! like a card number is read twice, to know which field it stands in.

use crate::fault::Fault;
use crate::keys;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use onhand_engine::card_number::find;
use onhand_engine::gtin::is_gs1_key;
use onhand_engine::scan::{percent, without_symbology};
use onhand_protocol::compact::Sale;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// Fields of codes that shops take from bar codes: there, digits with the check digit of a GTIN, GLN or SSCC
/// are what they say they are.
const CODES: &[&str] = &["code", "location", "locations", "sku", "skus"];
/// Fields of bar codes, which take no other digits: 13 or 14 of them are a bar code, or one that was misread.
const BAR_CODES: &[&str] = &["gtin", "gtins"];
/// Headers whose values are read, besides the key and the token of a person, which are checked by themselves.
const HEADERS: &[&str] = &["idempotency-key", "last-event-id", "if-none-match"];

/// Refuses JSON that has one in any text, number or name of a field.
pub(crate) fn check_json(text: &[u8]) -> Result<(), Fault> {
    let bare = find(text).is_some();
    // Digits may also be written as \u0034.
    let escaped = || text.contains(&b'\\') && text.windows(2).any(|pair| pair == b"\\u");
    if !bare && !escaped() {
        return Ok(());
    }
    let mut walk = Walk::default();
    let mut json = serde_json::Deserializer::from_slice(text);
    let read = Place { walk: &mut walk }.deserialize(&mut json).and_then(|()| json.end());
    match (walk.found(), read) {
        (Some(field), _) => Err(refused(&field)),
        // What cannot be read has no fields.
        (None, Err(_)) if bare => Err(refused("")),
        (None, _) => Ok(()),
    }
}

/// The same for a compact sale.
pub(crate) fn check_sale(sale: &Sale<'_>) -> Result<(), Fault> {
    if is_one(sale.location) {
        return Err(refused("location"));
    }
    match sale.lines.iter().position(|(code, _)| is_one(code)) {
        Some(at) => Err(refused(&format!("lines[{at}].sku"))),
        None => Ok(()),
    }
}

/// The same for what stands before the body of an HTTP request.
pub(crate) async fn check_head(request: Request, next: Next) -> Response {
    let uri = request.uri();
    let checked = check_path(uri.path())
        .and_then(|()| check_query(uri.query().unwrap_or_default()))
        .and_then(|()| check_headers(request.headers()));
    match checked {
        Ok(()) => next.run(request).await,
        Err(fault) => fault.into_response(),
    }
}

fn check_path(path: &str) -> Result<(), Fault> {
    if path.split('/').any(|part| is_one(&meant(part))) { Err(refused("path")) } else { Ok(()) }
}

fn check_query(query: &str) -> Result<(), Fault> {
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        // A blank may stand there as a plus.
        let (name, value) = (name.replace('+', " "), value.replace('+', " "));
        if is_one(&meant(&name)) {
            return Err(refused("query"));
        }
        let value = meant(&value);
        // Only a scan has a code there.
        if is_one(&value) && !(name == "code" && is_gtins_length(&value)) {
            return Err(refused(&name));
        }
    }
    Ok(())
}

fn check_headers(headers: &HeaderMap) -> Result<(), Fault> {
    let has_one = |name: &&&str| headers.get_all(**name).iter().any(|value| find(value.as_bytes()).is_some());
    HEADERS.iter().find(has_one).map_or(Ok(()), |name| Err(refused(name)))
}

/// A part of an address as it was meant: `%34` is `4`.
fn meant(part: &str) -> Cow<'_, str> {
    match percent::decoded(part) {
        Cow::Borrowed(_) => Cow::Borrowed(part),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

/// Whether a code is one, or has one in it.
fn is_one(code: &str) -> bool {
    // The digit of a symbology identifier in front is none of the number's.
    let code = without_symbology(code);
    find(code.as_bytes()).is_some() && !is_gs1_key(code)
}

fn is_gtins_length(text: &str) -> bool {
    let digits = without_symbology(text);
    matches!(digits.len(), 13 | 14) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// It says where and not what.
fn refused(field: &str) -> Fault {
    let text = "this looks like a payment card number; onhand takes none: send the token and the last four digits";
    let fault = Fault::new(1020, text);
    if field.is_empty() { fault } else { fault.at(field) }
}

/// A way through JSON: every value, also of names that stand twice.
#[derive(Default)]
struct Walk {
    /// Where it is, such as `lines[2].sku`.
    path: String,
    /// Where the first one was found.
    found: Option<String>,
    /// Whether it is a scan, whose `code` is a bar code and is not kept.
    is_scan: bool,
    /// Whether its `code` is one that only a scan may have.
    has_misread_code: bool,
}

impl Walk {
    fn see(&mut self, text: &str) {
        self.is_scan |= self.path == "op" && text == "scan";
        if self.found.is_some() || find(text.as_bytes()).is_none() {
            return;
        }
        let name = self.path.rsplit('.').next().unwrap_or_default();
        let list = name.split('[').next().unwrap_or_default();
        let is_bar_code = BAR_CODES.contains(&list) && (is_gtins_length(text) || !is_one(text));
        let is_code = is_bar_code || (CODES.contains(&list) && !is_one(text));
        let is_key = matches!(name, "key" | "token") && keys::has_form(text);
        if !is_code && self.path == "code" && is_gtins_length(text) {
            // The op may stand behind it.
            self.has_misread_code = true;
        } else if !is_code && !is_key {
            self.found = Some(self.path.clone());
        }
    }

    fn found(self) -> Option<String> {
        let kept_code = (self.has_misread_code && !self.is_scan).then(|| "code".to_owned());
        self.found.or(kept_code)
    }

    fn see_name(&mut self, name: &str) {
        if self.found.is_none() && is_one(name) {
            self.found = Some(self.path.clone());
        }
    }
}

/// One value on the way.
struct Place<'a> {
    walk: &'a mut Walk,
}

impl Place<'_> {
    fn deeper<T>(&mut self, step: fmt::Arguments<'_>, go: impl FnOnce(Place<'_>) -> T) -> T {
        let before = self.walk.path.len();
        self.walk.path.push_str(&step.to_string());
        let gone = go(Place { walk: &mut *self.walk });
        self.walk.path.truncate(before);
        gone
    }
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.visit_str(&number.to_string())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.visit_str(&number.to_string())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        self.visit_str(&number.to_string())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.walk.see(text);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut values: A) -> Result<(), A::Error> {
        let mut at = 0_usize;
        while self.deeper(format_args!("[{at}]"), |place| values.next_element_seed(place))?.is_some() {
            at += 1;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut fields: A) -> Result<(), A::Error> {
        while let Some(name) = fields.next_key::<Cow<'de, str>>()? {
            self.walk.see_name(&name);
            let dot = if self.walk.path.is_empty() { "" } else { "." };
            self.deeper(format_args!("{dot}{name}"), |place| fields.next_value_seed(place))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const CARD: &str = "4111111111111111";

    fn field_of(value: &Value) -> Option<String> {
        field_in(&value.to_string())
    }

    fn field_in(text: &str) -> Option<String> {
        let fault = check_json(text.as_bytes()).err()?;
        assert_eq!(fault.number, 1020);
        assert!(!format!("{fault:?}").contains("4111"), "{fault:?}");
        Some(fault.body().field.clone().unwrap_or_default())
    }

    #[test]
    fn the_field_is_named_wherever_it_stands() {
        assert_eq!(field_of(&json!({"op": "reserve", "owner": CARD})).as_deref(), Some("owner"));
        assert_eq!(field_of(&json!({"lines": [{}, {"sku": CARD}]})).as_deref(), Some("lines[1].sku"));
        assert_eq!(field_of(&json!({"skus": ["TEA", CARD]})).as_deref(), Some("skus[1]"));
        assert_eq!(field_of(&json!({"ttl_s": 4_111_111_111_111_111_u64})).as_deref(), Some("ttl_s"));
        assert_eq!(field_of(&json!({"tax": {"rates": [[CARD]]}})).as_deref(), Some("tax.rates[0][0]"));
        assert_eq!(field_of(&json!({"since": {CARD: {"TEA": 1}}})).as_deref(), Some("since"));
        assert_eq!(field_of(&json!({CARD: 1})).as_deref(), Some(""));
        assert_eq!(field_of(&json!(CARD)).as_deref(), Some(""));
        assert_eq!(field_of(&json!({"name": "Ann's 4111 1111-1111 1111, 12/28"})).as_deref(), Some("name"));
    }

    #[test]
    fn no_way_of_writing_json_hides_it() {
        let escaped: String = CARD.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
        for (text, field) in [
            (format!("{{\"name\":\"{escaped}\"}}"), "name"),
            (r#"{"name":"\u0034111111111111111"}"#.to_owned(), "name"),
            (format!("{{\"{escaped}\":1}}"), ""),
            // The same name twice, half a text, not UTF-8.
            (format!("{{\"name\":\"{CARD}\",\"name\":\"\"}}"), "name"),
            (format!("{{\"name\":\"{CARD}"), ""),
            (format!("{{\"name\":\"x\"}}{CARD}"), ""),
            (format!("{{\"n\\qame\":\"{CARD}\"}}"), ""),
        ] {
            assert_eq!(field_in(&text).as_deref(), Some(field), "{text}");
        }
        let latin = [b"{\"name\":\"\xfc ".as_slice(), CARD.as_bytes(), b"\"}"].concat();
        assert_eq!(check_json(&latin).unwrap_err().number, 1020);
    }

    #[test]
    fn bar_codes_ids_and_keys_pass() {
        // An EAN-13, and a GTIN-14, that Luhn likes too, with a prefix of cards.
        for code in ["4006381000093", "30063810000036"] {
            assert!(find(code.as_bytes()).is_some() && is_gs1_key(code), "{code}");
            assert_eq!(field_of(&json!({"gtin": code, "lines": [{"sku": code}], "skus": [code]})), None);
            assert_eq!(field_of(&json!({"since": {"S1": {code: 1}}})), None);
            assert_eq!(field_of(&json!({"owner": code})).as_deref(), Some("owner"));
            assert_eq!(field_of(&json!({"sku": format!("{code} 12")})).as_deref(), Some("sku"));
        }
        // Misread: the rule of bar codes says so.
        assert_eq!(field_of(&json!({"gtins": ["4006381333932"]})), None);
        assert_eq!(field_in(r#"{"op":"scan","code":"]E04006381333932"}"#), None);
        assert_eq!(field_in(r#"{"code":"4006381333932","op":"scan"}"#), None);
        assert_eq!(field_in(r#"{"code":"4222222222222","op":"define_location"}"#).as_deref(), Some("code"));
        // A location's code is kept.
        assert_eq!(field_in(r#"{"op":"define_location","code":"4222222222222"}"#).as_deref(), Some("code"));
        assert_eq!(field_of(&json!({"sku": "4006381333932"})).as_deref(), Some("sku"));
        assert_eq!(field_of(&json!({"code": "]Q301300638100000361010"})), None);
        assert_eq!(
            field_of(&json!({"code": "]d2010950600013435210A\u{1d}91 4111111111111111"})).as_deref(),
            Some("code")
        );
        let id = "41111111-1111-1111-8111-000000000001";
        assert_eq!(field_of(&json!({"id": id, "owner": id})), None);
        let key = format!("ohk_{CARD}_{}", "0123456789abcdef".repeat(4));
        assert_eq!(field_of(&json!({"op": "hello", "key": key})), None);
        assert_eq!(field_of(&json!({"op": "hello", "key": CARD})).as_deref(), Some("key"));
        assert_eq!(field_of(&json!({"op": "reserve", "owner": key})).as_deref(), Some("owner"));
    }

    #[test]
    fn addresses_are_checked_as_they_are_meant() {
        let path = |text: &str| check_path(text).err().and_then(|fault| fault.body().field.clone());
        let query = |text: &str| check_query(text).err().and_then(|fault| fault.body().field.clone());
        assert_eq!(path("/v1/items/4111111111111111").as_deref(), Some("path"));
        assert_eq!(path("/v1/items/%34111%201111%2D11111111").as_deref(), Some("path"));
        assert_eq!(path("/v1/items/4006381000093"), None);
        assert_eq!(path("/v1/reservations/S1/41111111-1111-1111-8111-000000000001"), None);
        assert_eq!(path("/v1/items/100%"), None);
        assert_eq!(query("limit=1&after=4111+1111+1111+1111").as_deref(), Some("after"));
        assert_eq!(query("4111111111111111=1").as_deref(), Some("query"));
        assert_eq!(query("after=4006381000093&limit=1000"), None);
        assert_eq!(query("location=S1&code=4006381333932"), None);
        assert_eq!(query("location=4006381333932").as_deref(), Some("location"));
        let mut headers = HeaderMap::new();
        headers.insert("idempotency-key", http::HeaderValue::from_static("4111-1111-1111-1111"));
        assert_eq!(check_headers(&headers).unwrap_err().body().field.as_deref(), Some("idempotency-key"));
    }
}
