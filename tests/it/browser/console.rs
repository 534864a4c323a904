//! The operations page and the analyst view in a real browser, while the server sells.

use super::cdp::{Browser, DESKTOP, Look, PHONE, Page, TABLET, WALL};
use super::{Chain, FAINT_TEXT, SMALL_TARGETS, clean};
use crate::harness::{Server, onhand};
use crate::http;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

const LIVE: &str = "document.querySelector('#status').textContent === 'Live'";

/// A chain with enough tea, and one mug.
fn stocked() -> Chain {
    let chain = Chain::open(None);
    chain.post("receive", &json!({ "location": "S1", "lines": [{ "sku": "TEA-250", "qty": "1000000" }] }));
    chain
}

fn open(page: &mut Page, chain: &Chain, path: &str) {
    page.open("about:blank");
    page.open(&format!("{}{path}#key={}", chain.server.url(), chain.admin));
}

/// Sells tea while something is done, and asks for mugs that are not there. Gives how many sales were recorded.
fn selling(chain: &Chain, work: impl FnOnce()) -> u64 {
    let (stop, sold) = (AtomicBool::new(false), AtomicU64::new(0));
    let (address, key) = (&chain.server.address, &chain.admin);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut orders = [("TEA-250", "1"); 5];
            orders[4] = ("MUG-BLUE", "2");
            for (sku, qty) in orders.into_iter().cycle().take_while(|_| !stop.load(Ordering::Relaxed)) {
                let id = uuid::Uuid::new_v4().to_string();
                let body = json!({ "location": "S1", "currency": "EUR", "lines": [{ "sku": sku, "qty": qty }] });
                let reply = http::post(address, "/v1/sell", key, &id, &body);
                sold.fetch_add(u64::from(reply.status == 200), Ordering::Relaxed);
            }
        });
        let _stop = AtEnd(&stop);
        work();
    });
    sold.into_inner()
}

/// Tells the seller to stop, also when what was done meanwhile failed.
struct AtEnd<'a>(&'a AtomicBool);

impl Drop for AtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What a tile shows.
fn tile(label: &str) -> String {
    format!("document.querySelector('figure-tile[label=\"{label}\"] b').textContent")
}

/// What stands in the engine's strip under a label.
fn figure(list: &str, label: &str) -> String {
    format!(
        "[...document.querySelectorAll('#{list} div')].find((one) => one.innerText.includes('{label}')).querySelector('dd').textContent"
    )
}

/// What the rows of a list say, with single spaces.
fn says(list: &str, text: &str) -> String {
    format!(
        "[...document.querySelectorAll('#{list} .rows [role=row]')].some((row) => row.innerText.replace(/\\s+/g, ' ').includes('{text}'))"
    )
}

/// What the first row of a list says, with single spaces.
fn first_row(list: &str) -> String {
    format!("document.querySelector('#{list} .rows [role=row]').innerText.replace(/\\s+/g, ' ').trim()")
}

/// Waits until an expression gives something else than now.
fn moves(page: &mut Page, expression: &str) {
    let now = page.eval(expression);
    page.until(&format!("{expression} !== {now}"));
}

#[test]
fn operations_page_shows_what_is_sold_and_refused_as_it_happens() {
    let Some(browser) = Browser::start() else { return };
    let chain = stocked();
    let mut page = browser.page();
    open(&mut page, &chain, "/ops");
    assert_eq!(page.eval("location.hash + location.search"), "", "the key is gone from the address");
    selling(&chain, || {
        page.until(LIVE);
        for label in ["Sales a second", "p99 latency", "Log append p99", "Connections"] {
            page.find("group", label);
            page.until(&format!("Number({}.replaceAll(',', '')) > 0", tile(label)));
        }
        // A fifth is refused.
        page.until(&format!("Math.abs(Number({}) - 20) <= 10", tile("Refused")));
        page.until("document.querySelector('#tile-refused').getAttribute('tone') === 'loss'");
        for list in ["Running low", "Top sellers", "Lost sales", "Events"] {
            page.find("table", list);
        }
        page.until(&says("sellers-list", "Green tea 250 g"));
        page.until(&says("lost-list", "Stoneware mug, blue S1"));
        moves(&mut page, &figure("log", "last record"));
        moves(&mut page, &tile("Sales a second"));
        page.until(&format!("{} === '1'", figure("sockets", "admins")));
    });
    chain.sell("S1", "MUG-BLUE", "1");
    page.until(&format!("/^Stoneware mug, blue S1 \\d\\d:\\d\\d:\\d\\d Sold out$/.test({})", first_row("events-list")));
    assert_eq!(page.count("Network.webSocketCreated"), 1);
    clean(&mut page);
}

#[test]
fn plot_is_read_by_keyboard_and_as_a_table_and_can_be_held() {
    let Some(browser) = Browser::start() else { return };
    let chain = stocked();
    let mut page = browser.page();
    open(&mut page, &chain, "/ops");
    let value = "document.querySelector('time-plot').getAttribute('aria-valuetext')";
    selling(&chain, || {
        page.until(LIVE);
        // Enough seconds are there to go back by three.
        for _ in 0..7 {
            moves(&mut page, &figure("log", "last record"));
        }
        page.focus("slider", "Throughput and latency over time");
        page.press("ArrowLeft");
        page.press("ArrowLeft");
        page.until(&format!("/^\\d\\d:\\d\\d:\\d\\d: accepted [\\d,.]+\\/s, refused .*p99 [\\d.]+ ms/.test({value})"));
        let there = page.eval(value);
        page.press("ArrowLeft");
        page.until(&format!("{value} !== {there}"));
        page.press("Escape");
        page.until(&format!("{value}.startsWith('now')"));
        page.click("button", "Table");
        page.until("[...document.querySelectorAll('#plot-table td')].some((cell) => Number(cell.textContent) > 0)");
        page.click("button", "Table");
        page.click("radio", "1 h");
        page.until("document.querySelector('time-plot').window === 3600");
        page.click("button", "Pause");
        page.until("document.querySelector('#status').textContent === 'Paused'");
        let held = format!("{} + document.querySelector('#clock').textContent", figure("log", "last record"));
        let then = page.eval(&held);
        page.eval("new Promise((done) => setTimeout(done, 2500))");
        assert_eq!(page.eval(&held), then);
        page.click("button", "Resume");
        page.until(&format!("{held} !== {then}"));
    });
    page.click("link", "p99 latency");
    page.until("document.querySelector(':target dt').textContent === 'p99'");
    clean(&mut page);
}

#[test]
fn both_pages_say_that_they_are_cut_off_and_come_back() {
    let Some(browser) = Browser::start() else { return };
    let mut chain = stocked();
    let mut page = browser.page();
    for path in ["/ops", "/analyst"] {
        open(&mut page, &chain, path);
        page.until(LIVE);
        let Chain { data, admin, server } = chain;
        let address = server.address.clone();
        assert!(server.terminate().success());
        page.until("/as of \\d\\d:\\d\\d:\\d\\d, reconnecting/.test(document.querySelector('#notice').innerText)");
        page.find("button", "Try now");
        page.until("Number(getComputedStyle(document.querySelector('main')).opacity) < 0.6");
        let server = Server::start(&mut onhand(&["serve", "--data", &data.arg(), "--listen", &address])).unwrap();
        chain = Chain { data, admin, server };
        page.until(&format!("{LIVE} && document.querySelector('#notice').hidden"));
        // And it goes on with the numbers of now.
        moves(&mut page, "document.querySelector('#clock').textContent");
    }
}

/// A key of that role, made while the server runs.
fn key(chain: &Chain, role: &str) -> String {
    let made = chain.post("keys", &json!({ "role": role, "holder": format!("{role} of a test") }));
    made["key"].as_str().unwrap().to_owned()
}

#[test]
fn key_is_asked_for_and_a_refusal_says_what_to_do() {
    let Some(browser) = Browser::start() else { return };
    let chain = stocked();
    let (till, operations) = (key(&chain, "till"), key(&chain, "operations"));
    let mut page = browser.page();
    page.open(&format!("{}/ops", chain.server.url()));
    page.find("heading", "Operations");
    let unknown = format!("ohk_{}_{}", "0".repeat(16), "0".repeat(64));
    for (key, number) in [(&unknown, "4002"), (&till, "4004")] {
        page.fill("textbox", "Key", key);
        page.click("button", "Open");
        page.until(&format!("document.querySelector('#trouble .number')?.textContent === '{number}'"));
        assert_eq!(page.eval("sessionStorage.length"), 0, "a refused key is not kept");
    }
    page.until("document.querySelector('#trouble').innerText.includes('Use a key of the role operations')");
    page.fill("textbox", "Key", &operations);
    page.click("button", "Open");
    page.until(LIVE);
    // Operations see no money.
    page.open(&format!("{}/analyst?measure=revenue", chain.server.url()));
    page.until(&format!("{LIVE} && document.querySelector('#measure').value === 'sales'"));
    page.until("[...document.querySelectorAll('#measure option:disabled')].map((one) => one.value).join() === 'revenue,tax,returned'");
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// An amount such as `12.5`, in cents.
fn cents(amount: &str) -> u64 {
    let (whole, part) = amount.split_once('.').unwrap_or((amount, ""));
    whole.parse::<u64>().unwrap() * 100 + format!("{part:0<2}").parse::<u64>().unwrap()
}

/// The numbers of the first row of the analyst's table.
const FIRST_TOTAL: &str = "document.querySelector('#table tbody td + td').textContent";

#[test]
fn analyst_sees_totals_that_equal_the_log_and_takes_them_along() {
    let Some(browser) = Browser::start() else { return };
    let chain = stocked();
    let mut page = browser.page();
    open(&mut page, &chain, "/analyst");
    page.until(LIVE);
    page.choose("combobox", "Measure", "sales");
    page.choose("combobox", "By", "location");
    let sold = selling(&chain, || {
        page.until("document.querySelector('#table tbody td').textContent === 'S1'");
        moves(&mut page, FIRST_TOTAL);
        moves(&mut page, FIRST_TOTAL);
    });
    page.until(&format!("Number({FIRST_TOTAL}.replaceAll(',', '')) === {sold}"));

    page.choose("combobox", "Measure", "revenue");
    page.choose("combobox", "By", "channel");
    let totals = http::get(&chain.server.address, "/v1/totals?location=S1", &chain.admin).json();
    let net = totals["totals"].as_array().unwrap().iter().find(|one| one["channel"] == "till").unwrap()["net"].as_u64();
    let net = net.unwrap();
    page.until(&format!("Math.round(Number({FIRST_TOTAL}.replaceAll(/[^\\d.]/g, '')) * 100) === {net}"));

    // The file has the same.
    page.eval("URL.createObjectURL = (file) => { file.text().then((text) => { window.saved = text; }); return '#'; }");
    page.eval("HTMLAnchorElement.prototype.click = function () { window.named = this.download; }");
    page.click("button", "Export CSV");
    page.until("window.saved");
    assert!(text(&page.eval("window.named")).starts_with("onhand-revenue-by-channel-"));
    let saved = text(&page.eval("window.saved"));
    let mut lines = saved.lines();
    assert_eq!(lines.next().unwrap().trim_start_matches('\u{feff}'), "until,seconds,till");
    let cents = lines.map(|line| cents(line.rsplit_once(',').unwrap().1)).sum::<u64>();
    assert_eq!(cents, net, "{saved}");

    // And so does what the command streams.
    page.eval("Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (text) => { window.copied = text; } } })");
    page.click("button", "Copy");
    page.until("window.copied");
    let shown = text(&page.eval("document.querySelector('#command').textContent"));
    assert!(!shown.contains(&chain.admin), "the secret is not on the screen");
    let copied = text(&page.eval("window.copied"));
    let parts = copied.split('\'').collect::<Vec<_>>();
    let &["curl -N -H ", header, " ", address, ""] = parts.as_slice() else { panic!("{copied}") };
    let path = address.strip_prefix(&chain.server.url()).unwrap();
    let mut stream = TcpStream::connect(&chain.server.address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\n{header}\r\n\r\n", chain.server.address).unwrap();
    let mut streamed = 0;
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        let Ok(metrics) = serde_json::from_str::<Value>(&line) else { continue };
        let Some(list) = metrics["by_location"].as_array() else { continue };
        streamed += list.iter().map(|one| one["net"].as_u64().unwrap()).sum::<u64>();
        if streamed >= net {
            break;
        }
    }
    assert_eq!(streamed, net);
    clean(&mut page);
}

#[test]
fn both_pages_fit_every_screen_light_and_dark() {
    let Some(browser) = Browser::start() else { return };
    let chain = stocked();
    let mut page = browser.page();
    let check = |page: &mut Page, what: &str, size: &Look| {
        let wide = page.eval("document.documentElement.scrollWidth");
        assert!(wide.as_u64().unwrap() <= u64::from(size.width), "{what} is {wide} wide");
        assert_eq!(page.eval(SMALL_TARGETS), json!([]), "{what}");
        assert_eq!(page.eval(FAINT_TEXT), json!([]), "{what}");
    };
    let screens = [WALL, DESKTOP, TABLET, PHONE];
    let looks =
        ["light", "dark"].into_iter().flat_map(|scheme| screens.iter().map(move |size| Look { scheme, ..*size }));
    let looks = looks.collect::<Vec<_>>();
    page.open(&format!("{}/ops", chain.server.url()));
    for look in &looks {
        page.look(look);
        check(&mut page, &format!("the key's page, {} {}", look.scheme, look.width), look);
    }
    selling(&chain, || {
        for path in ["/ops", "/analyst?measure=units&by=item"] {
            open(&mut page, &chain, path);
            page.until(&format!(
                "{LIVE} && !document.querySelector('[waiting]') && document.body.innerText.includes('Green tea')"
            ));
            for look in &looks {
                page.look(look);
                page.eval("new Promise((done) => setTimeout(done, 400))");
                let what = format!("{path}, {} {}", look.scheme, look.width);
                check(&mut page, &what, look);
                // On a wall and on a laptop all of it is on one screen.
                if path == "/ops" && look.width >= DESKTOP.width {
                    let below = page.eval("[...document.querySelectorAll('.panel')].filter((one) => one.getBoundingClientRect().bottom > innerHeight || one.scrollHeight > one.clientHeight + 1).map((one) => one.id)");
                    assert_eq!(below, json!([]), "{what}");
                }
            }
        }
    });
    clean(&mut page);
}
