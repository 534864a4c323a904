//! The shop page and the widget in a real browser, against the real server.

mod cdp;
mod console;
mod reports;

use crate::harness::{Data, Server, onhand};
use crate::http;
use cdp::{Browser, Look, PHONE, Page};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpListener;

/// A chain of two shops with a few items in stock.
struct Chain {
    data: Data,
    admin: String,
    server: Server,
}

impl Chain {
    fn open(origin: Option<&str>) -> Self {
        let data = Data::new();
        let admin = data.key("admin");
        let server = match origin {
            Some(origin) => data.serve_with(&["--origin", origin]),
            None => data.serve(),
        };
        let chain = Self { data, admin, server };
        for (code, name) in [("S1", "Harbour Street"), ("S2", "Mill Lane")] {
            chain.post(
                "define_location",
                &json!({ "code": code, "name": name, "kind": "shop", "currency": "EUR",
                    "tax": { "basis": "inclusive", "rounding": "line", "rates": [{ "class": "standard", "rate_ppm": 190_000 }] } }),
            );
        }
        let item = |sku: &str, name: &str, category: &str| json!({ "sku": sku, "name": name, "tax_class": "standard", "price": 450, "category": category });
        let mut items = vec![
            item("TEA-250", "Green tea 250 g", "Tea"),
            item("MUG-BLUE", "Stoneware mug, blue", "Kitchen"),
            item("JAM-1", "Apricot jam", "Pantry"),
        ];
        items.extend((0..100).map(|n| item(&format!("N-{n}"), &format!("Notebook {n}"), "Stationery")));
        chain.post("define_items", &json!({ "items": items }));
        let line = |sku: &str, qty: &str| json!({ "sku": sku, "qty": qty });
        let mut lines = vec![line("TEA-250", "4"), line("MUG-BLUE", "1")];
        lines.extend((0..100).map(|n| line(&format!("N-{n}"), "2")));
        chain.post("receive", &json!({ "location": "S1", "lines": lines }));
        chain.post("receive", &json!({ "location": "S2", "lines": [line("TEA-250", "20")] }));
        chain
    }

    fn post(&self, op: &str, body: &Value) -> Value {
        let id = uuid::Uuid::new_v4().to_string();
        let reply = http::post(&self.server.address, &format!("/v1/{op}"), &self.admin, &id, body);
        assert_eq!(reply.status, 200, "{op}: {}", reply.body);
        reply.json()
    }

    fn sell(&self, location: &str, sku: &str, qty: &str) {
        self.post("sell", &json!({ "location": location, "currency": "EUR", "lines": [{ "sku": sku, "qty": qty }] }));
    }

    fn level(&self, location: &str, sku: &str) -> Value {
        let level = http::get(&self.server.address, &format!("/v1/stock/{location}/{sku}"), &self.admin).json();
        if level["level"].is_object() { level["level"].clone() } else { level }
    }

    fn shop(&self) -> String {
        format!("{}/shop", self.server.url())
    }
}

/// What stands in a widget.
fn reads(sku: &str, location: Option<&str>, text: &str) -> String {
    let place = location.map_or(":not([location])".to_owned(), |code| format!("[location={code}]"));
    format!(
        "document.querySelector('live-stock[sku=\"{sku}\"]{place}').shadowRoot.querySelector('[part=level]').innerText.replace(/\\s+/g, ' ').trim() === '{text}'"
    )
}

fn clean(page: &mut Page) {
    let complaints = page.complaints();
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
fn widget_is_under_six_kilobytes_compressed() {
    let source = include_bytes!("../../web/widget/live-stock.js");
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(source).unwrap();
    let size = gzip.finish().unwrap().len();
    assert!(size < 6 * 1024, "{size} bytes");
}

#[test]
fn a_sale_elsewhere_changes_the_shop_page_without_reload() {
    let Some(browser) = Browser::start() else { return };
    let chain = Chain::open(None);
    let mut page = browser.page();
    page.open(&chain.shop());
    page.until(&reads("TEA-250", Some("S1"), "4 left"));
    page.until(&reads("MUG-BLUE", Some("S1"), "Last one"));
    page.until(&reads("JAM-1", Some("S1"), "Sold out"));
    chain.sell("S1", "MUG-BLUE", "1");
    page.until(&reads("MUG-BLUE", Some("S1"), "Sold out"));
    chain.sell("S1", "TEA-250", "3");
    page.until(&reads("TEA-250", Some("S1"), "Last one"));
    // One place after another, and all together.
    page.choose("combobox", "Show stock at", "");
    page.until(&reads("TEA-250", None, "In stock"));
    chain.sell("S2", "TEA-250", "19");
    page.until(&reads("TEA-250", None, "2 left"));
    page.choose("combobox", "Show stock at", "S2");
    page.until(&reads("TEA-250", Some("S2"), "Last one"));
    assert_eq!(page.count("Page.frameNavigated"), 1, "no reload");
    assert_eq!(page.count("Network.webSocketCreated"), 1);
    clean(&mut page);
}

#[test]
fn search_filters_and_says_when_nothing_is_found() {
    let Some(browser) = Browser::start() else { return };
    let chain = Chain::open(None);
    let mut page = browser.page();
    page.open(&chain.shop());
    page.fill("searchbox", "Search the shop", "jam");
    page.until("document.querySelectorAll('#grid .card').length === 1");
    page.fill("searchbox", "Search the shop", " of quince");
    page.until("document.body.innerText.includes('Nothing here is called “jam of quince”')");
    page.click("button", "Show everything");
    page.click("button", "Stationery");
    page.until("document.querySelectorAll('#grid .card').length === 24");
    page.click("button", "Show more");
    page.until("document.querySelectorAll('#grid .card').length === 48");
    clean(&mut page);
}

#[test]
fn hold_one_counts_down_and_is_a_reservation_until_let_go() {
    let Some(browser) = Browser::start() else { return };
    let chain = Chain::open(None);
    let mut page = browser.page();
    page.open(&format!("{}#/item/MUG-BLUE", chain.shop()));
    page.until(&reads("MUG-BLUE", Some("S1"), "Last one"));
    page.until(&reads("MUG-BLUE", Some("S2"), "Sold out"));
    page.click("button", "Hold one for me, Stoneware mug, blue, Harbour Street");
    page.until(&reads("MUG-BLUE", Some("S1"), "The last one is yours"));
    page.find("complementary", "Held for you");
    assert_eq!(chain.level("S1", "MUG-BLUE")["reserved"], "1");
    page.until("/^9:5\\d$/.test(document.querySelector('#holds time').textContent)");
    // The hold outlives the page.
    page.open(&format!("{}#/item/TEA-250", chain.shop()));
    page.open("about:blank");
    page.open(&format!("{}#/item/MUG-BLUE", chain.shop()));
    page.click("button", "Let it go, Stoneware mug, blue, Harbour Street");
    page.until(&reads("MUG-BLUE", Some("S1"), "Last one"));
    page.until("document.querySelector('#holds').hidden");
    assert_eq!(chain.level("S1", "MUG-BLUE")["reserved"], "0");
    clean(&mut page);
}

#[test]
fn refused_hold_is_told_kindly_with_its_number() {
    let Some(browser) = Browser::start() else { return };
    let chain = Chain::open(None);
    let mut page = browser.page();
    page.open(&format!("{}#/item/TEA-250", chain.shop()));
    page.until(&reads("TEA-250", Some("S1"), "4 left"));
    let widget = "document.querySelector('live-stock[location=S1]')";
    assert_eq!(page.eval(&format!("{widget}.reserve(9, 60).catch((error) => error.number)")), 2001);
    page.until(&format!("{widget}.shadowRoot.querySelector('[part=note]').innerText.includes('Only 4 left to hold.')"));
    page.until(&format!("{widget}.shadowRoot.querySelector('[part=number]').textContent === ' 2001'"));
    let hold = page.eval(&format!("{widget}.reserve(2, 1).then((hold) => hold.qty)"));
    assert_eq!(hold, 2);
    page.until(&reads("TEA-250", Some("S1"), "2 left"));
    // It was for a second only.
    page.until(&format!("{} && !{widget}.held", reads("TEA-250", Some("S1"), "4 left")));
    clean(&mut page);
}

#[test]
fn server_gone_shows_the_last_level_with_its_age_and_back_is_fresh() {
    let Some(browser) = Browser::start() else { return };
    let chain = Chain::open(None);
    let mut page = browser.page();
    page.open(&chain.shop());
    page.until(&reads("MUG-BLUE", Some("S1"), "Last one"));
    let Chain { data, admin, server } = chain;
    let address = server.address.clone();
    assert!(server.terminate().success());
    page.until("/^Last one, as of \\d\\d:\\d\\d$/.test(document.querySelector('live-stock[sku=MUG-BLUE]').shadowRoot.querySelector('[part=level]').innerText.replace(/\\s+/g, ' ').trim())");
    page.until("!document.querySelector('#banner').hidden && document.querySelector('live-stock[stale]')");
    let server = Server::start(&mut onhand(&["serve", "--data", &data.arg(), "--listen", &address])).unwrap();
    let chain = Chain { data, admin, server };
    page.until(&reads("MUG-BLUE", Some("S1"), "Last one"));
    page.until("document.querySelector('#banner').hidden && !document.querySelector('live-stock[stale]')");
    chain.sell("S1", "MUG-BLUE", "1");
    page.until(&reads("MUG-BLUE", Some("S1"), "Sold out"));
}

/// Serves one page to anyone who connects; its address is another website's.
fn stranger(listener: TcpListener, body: String) {
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut reader = BufReader::new(stream);
            let mut line = String::new();
            while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                line.clear();
            }
            let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n", body.len());
            let _ = write!(reader.get_mut(), "{head}Connection: close\r\n\r\n{body}");
        }
    });
}

#[test]
fn hundred_widgets_of_a_foreign_page_share_one_socket_by_one_script_tag() {
    let Some(browser) = Browser::start() else { return };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let chain = Chain::open(Some(&origin));
    let mut body = format!(
        "<!doctype html><html lang=en><link rel=icon href='data:,'><script type=module src='{}/widget/live-stock.js'></script>",
        chain.server.url()
    );
    for n in 0..100 {
        let _ = write!(body, "<p><live-stock sku='N-{n}' location='S1'></live-stock>");
    }
    body.push_str("<live-stock sku='NONE'></live-stock><live-stock sku='TEA-250' list></live-stock>");
    stranger(listener, body);
    let mut page = browser.page();
    page.open(&origin);
    page.until("document.querySelectorAll('live-stock[state=low][location=S1]').length === 100");
    page.until("document.querySelector('live-stock[sku=NONE]').getAttribute('state') === 'unknown'");
    page.until("document.querySelector('live-stock[list]').shadowRoot.querySelectorAll('li')[1].innerText.includes('Mill Lane')");
    page.eval("addEventListener('stockchange', ({ detail }) => { window.heard = detail; })");
    chain.sell("S1", "N-42", "2");
    page.until("document.querySelector('live-stock[sku=N-42]').getAttribute('state') === 'out'");
    page.until("window.heard.sku === 'N-42' && window.heard.available === 0");
    assert_eq!(page.count("Network.webSocketCreated"), 1);
    clean(&mut page);
}

#[test]
fn every_page_fits_a_phone_and_a_desktop_light_and_dark() {
    let Some(browser) = Browser::start() else { return };
    let chain = Chain::open(None);
    let mut page = browser.page();
    for scheme in ["light", "dark"] {
        for size in [PHONE, cdp::DESKTOP] {
            page.look(&Look { scheme, ..size });
            for path in ["/", "/shop", "/shop#/item/TEA-250", "/shop#/item/NOT-THERE"] {
                page.open("about:blank");
                page.open(&format!("{}{path}", chain.server.url()));
                if path.starts_with("/shop") {
                    page.until("!document.querySelector('.waiting') && document.querySelector('h1').checkVisibility");
                }
                let wide = page.eval("document.documentElement.scrollWidth");
                assert!(wide.as_u64().unwrap() <= u64::from(size.width), "{path} is {wide} wide");
                assert_eq!(page.eval(SMALL_TARGETS), json!([]), "{path}");
                assert_eq!(page.eval(FAINT_TEXT), json!([]), "{path} {scheme}");
            }
        }
    }
    clean(&mut page);
}

/// Controls lower than 48 px, shadow trees included.
const SMALL_TARGETS: &str = "(() => {
    const all = (root) => [...root.querySelectorAll('*')].flatMap((one) => [one, ...(one.shadowRoot ? all(one.shadowRoot) : [])]);
    return all(document)
        .filter((one) => one.matches('button, input, select, nav a, .card, .back, .brand') && one.checkVisibility())
        .filter((one) => one.getBoundingClientRect().height < 47.5)
        .map((one) => one.outerHTML.slice(0, 80));
})()";

/// Text with less contrast to its ground than 4.5:1.
const FAINT_TEXT: &str = "(() => {
    const all = (root) => [...root.querySelectorAll('*')].flatMap((one) => [one, ...(one.shadowRoot ? all(one.shadowRoot) : [])]);
    const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
        .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
        .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
    const ground = (one) => {
        for (let at = one; at; at = at.assignedSlot ?? at.parentElement ?? at.getRootNode().host) {
            const colour = parse(getComputedStyle(at).backgroundColor);
            if (colour[3] !== 0) return colour;
        }
        return [255, 255, 255];
    };
    return all(document.body)
        .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest('svg, .unseen'))
        .filter((one) => [...one.childNodes].some((child) => child.nodeType === 3 && child.data.trim()))
        .map((one) => {
            const [a, b] = [light(parse(getComputedStyle(one).color)), light(ground(one))];
            return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), one.outerHTML.slice(0, 80)];
        })
        .filter(([contrast]) => contrast < 4.5);
})()";
