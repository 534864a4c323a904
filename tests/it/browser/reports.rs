//! The reports page in a real browser: what it shows is what the server's reports say.

use super::cdp::{Browser, DESKTOP, Look, PHONE, Page, TABLET};
use super::{Chain, FAINT_TEXT, SMALL_TARGETS, clean};
use serde_json::json;

/// Two shops, one of which sold tea, with a margin, and took some back.
fn sold() -> Chain {
    let chain = Chain::open(None);
    let costs = json!({ "items": [{ "sku": "TEA-250", "name": "Green tea 250 g", "tax_class": "standard", "price": 450,
        "category": "Tea", "unit_cost": 210 }] });
    chain.post("define_items", &costs);
    let line = json!([{ "sku": "TEA-250", "qty": "2" }]);
    let sale = json!({ "location": "S1", "till": 1, "currency": "EUR", "lines": line,
        "tenders": [{ "type": "card", "amount": 900 }] });
    let first = chain.post("sell", &sale);
    chain.post(
        "sell",
        &json!({ "location": "S2", "till": 1, "currency": "EUR", "lines": line,
        "tenders": [{ "type": "cash", "amount": 1_000 }, { "type": "cash", "amount": -100 }] }),
    );
    chain.sell("S1", "MUG-BLUE", "1");
    chain.post(
        "return_sale",
        &json!({ "location": "S1", "till": 1, "currency": "EUR", "sale": first["seq"],
        "lines": [{ "line": 0, "qty": "1" }], "disposition": "resell" }),
    );
    chain
}

fn open(page: &mut Page, chain: &Chain, search: &str) {
    page.open("about:blank");
    page.open(&format!("{}/reports{search}#key={}", chain.server.url(), chain.admin));
}

const READ: &str = "document.querySelector('#status').textContent.startsWith('As of')";

fn sum(name: &str) -> String {
    format!("document.querySelector('#sum-{name} b').textContent")
}

/// Whether a row of a table says this, with single spaces.
fn says(table: &str, text: &str) -> String {
    format!(
        "[...document.querySelectorAll('#table-{table} tr')].some((row) => row.innerText.replace(/\\s+/g, ' ').trim() === '{text}')"
    )
}

#[test]
fn a_day_is_shown_by_store_hour_item_rate_and_tender() {
    let Some(browser) = Browser::start() else { return };
    let chain = sold();
    let mut page = browser.page();
    open(&mut page, &chain, "");
    assert_eq!(page.eval("location.hash"), "", "the key is gone from the address");
    page.until(READ);
    page.find("heading", "By hour");
    // Two teas, two teas, a mug, and one tea back: each at 4.50 with 19 % tax.
    page.until(&format!("{} === '€18.00'", sum("gross")));
    assert_eq!(page.eval(&sum("tax")), "€2.88");
    assert_eq!(page.eval(&sum("sales")), "3");
    page.until(&says("location", "Mill Lane S2 1 €9.00 €3.36 44 %"));
    page.until(&says("item", "Green tea 250 g TEA-250 3 €13.50 €0.00 €5.04 44 %"));
    page.until(&says("item", "Stoneware mug, blue MUG-BLUE 1 €4.50 €0.00 – –"));
    page.until(&says("rate", "19 % €15.12 €2.88 €18.00"));
    page.until(&says("tender", "card €9.00 €0.00 €4.50 €4.50"));
    page.until(&says("tender", "cash €10.00 €1.00 €0.00 €9.00"));
    page.until("document.querySelector('hour-bars li.most b').textContent === '€18.00'");
    page.choose("combobox", "Store", "S2");
    page.until(&format!("{} === '€9.00' && {READ}", sum("gross")));
    assert_eq!(page.eval("new URLSearchParams(location.search).get('store')"), "S2");
    // The file is what the server gives.
    page.eval(
        "(() => { const make = URL.createObjectURL; URL.createObjectURL = (blob) => { blob.text().then((text) => { window.file = text; }); return make(blob); }; })()",
    );
    page.click("button", "CSV, by item");
    page.until("window.file?.startsWith('sku,name,currency,') && window.file.includes('TEA-250,Green tea 250 g,EUR,1,0,0,2,0,')");
    page.click("radio", "Yesterday");
    page.until("document.querySelector('#table-location').innerText.includes('Nothing was sold in these days.')");
    assert_eq!(page.eval(&sum("sales")), "0");
    clean(&mut page);
}

/// A deposit, some of one that went back, and one that paid a sale: what was sold and what money came are told apart.
#[test]
fn deposits_stand_beside_what_was_sold() {
    let Some(browser) = Browser::start() else { return };
    let chain = sold();
    let mut page = browser.page();
    open(&mut page, &chain, "");
    page.until(READ);
    assert_eq!(page.eval("document.querySelectorAll('#table-tender th').length"), 5, "nobody has set goods aside");
    deposits(&chain);
    open(&mut page, &chain, "");
    page.until(READ);
    page.until(&says("tender", "Paid by Taken Change Refunded In all Deposited Given back Money"));
    page.until(&says("tender", "card €11.00 €0.00 €4.50 €6.50 €7.00 €2.00 €11.50"));
    page.until(&says("tender", "cash €10.00 €1.00 €0.00 €9.00 €3.00 €0.00 €12.00"));
    page.until(&says("tender", "deposit €7.00 €0.00 €0.00 €7.00"));
    page.until(&says("tender", "All €32.50 €1.00 €4.50 €27.00 €10.00 €2.00 €28.00"));
    for size in [DESKTOP, TABLET] {
        page.look(&size);
        let wide = page.eval("document.documentElement.scrollWidth");
        assert!(wide.as_u64().unwrap() <= u64::from(size.width), "{} is {wide} wide", size.width);
        let hidden = "(() => { const box = document.querySelector('#money .scroll'); return box.scrollWidth - box.clientWidth; })()";
        assert_eq!(page.eval(hidden), 0, "all columns are seen at {}", size.width);
    }
    clean(&mut page);
}

/// One layaway is paid and fetched, another one is given up.
fn deposits(chain: &Chain) {
    chain.post("open_session", &json!({ "location": "S1", "till": 1, "currency": "EUR", "float": 0 }));
    let at = |more: serde_json::Value| {
        let mut body = json!({ "location": "S1", "till": 1, "currency": "EUR" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let set_aside = |name: &str, lines: serde_json::Value, tenders: serde_json::Value| {
        let body = json!({ "layaway": name, "customer": "Ann", "ttl_s": 86_400, "fee": 100, "lines": [lines], "tenders": tenders });
        chain.post("open_layaway", &at(body));
    };
    let (tea, notebook) = (json!({ "sku": "TEA-250", "qty": "2" }), json!({ "sku": "N-1", "qty": "1" }));
    set_aside("LA-1", tea.clone(), json!([{ "type": "card", "amount": 500 }, { "type": "cash", "amount": 200 }]));
    set_aside("LA-2", notebook, json!([{ "type": "card", "amount": 200 }, { "type": "cash", "amount": 100 }]));
    let fetched = json!({ "order": "LA-1", "lines": [tea],
        "tenders": [{ "type": "deposit", "amount": 700 }, { "type": "card", "amount": 200 }] });
    chain.post("sell", &at(fetched));
    let given_up = json!({ "layaway": "LA-2", "reason": "too dear", "tenders": [{ "type": "card", "amount": 200 }] });
    chain.post("cancel_layaway", &at(given_up));
}

#[test]
fn it_says_what_is_refused_and_when_the_server_is_gone() {
    let Some(browser) = Browser::start() else { return };
    let chain = sold();
    let till = chain.post("keys", &json!({ "role": "till", "holder": "a till of a test" }));
    let mut page = browser.page();
    page.open(&format!("{}/reports", chain.server.url()));
    page.fill("textbox", "Key", till["key"].as_str().unwrap());
    page.click("button", "Open");
    page.until("document.querySelector('#trouble .number')?.textContent === '4004'");
    page.fill("textbox", "Key", &chain.admin);
    page.click("button", "Open");
    page.until(READ);
    page.eval("(() => { const from = document.querySelector('#from'); from.value = '2020-01-01'; from.dispatchEvent(new Event('change', { bubbles: true })); })()");
    page.until("document.querySelector('#notice .number')?.textContent.trim() === '1051'");
    page.click("radio", "7 days");
    page.until(&format!("{READ} && document.querySelector('#notice').hidden"));
    assert!(chain.server.terminate().success());
    page.click("button", "Read again");
    page.until(
        "/out of reach. You see what was known as of \\d\\d:\\d\\d/.test(document.querySelector('#notice').innerText)",
    );
}

#[test]
fn reports_fit_a_phone_a_tablet_and_a_desktop_light_and_dark() {
    let Some(browser) = Browser::start() else { return };
    let chain = sold();
    let mut page = browser.page();
    for scheme in ["light", "dark"] {
        for size in [PHONE, TABLET, DESKTOP] {
            page.look(&Look { scheme, ..size });
            open(&mut page, &chain, "");
            page.until(READ);
            let wide = page.eval("document.documentElement.scrollWidth");
            assert!(wide.as_u64().unwrap() <= u64::from(size.width), "{} is {wide} wide", size.width);
            assert_eq!(page.eval(SMALL_TARGETS), json!([]), "{}", size.width);
            assert_eq!(page.eval(FAINT_TEXT), json!([]), "{} {scheme}", size.width);
        }
    }
    clean(&mut page);
}
