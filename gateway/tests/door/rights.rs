//! Who may do what, over real sockets; keys, tokens and origins.

use crate::harness::{Socket, Stand, id};
use onhand_engine::catalogue::Role;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Error as WsError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

/// Every op with a body that is in form, so that only rights can refuse it with 4004.
fn requests() -> Vec<(&'static str, Value)> {
    let line = json!([{"sku": "TEA", "qty": 1}]);
    let tax = json!({"basis": "inclusive", "rounding": "line", "rates": []});
    let reservation = "00000000-0000-4000-8000-000000000001";
    vec![
        ("ping", json!({})),
        ("get", json!({"location": "S1", "sku": "TEA"})),
        ("scan", json!({"location": "S1", "code": "4006381333931"})),
        ("subscribe", json!({"skus": ["TEA"]})),
        ("watch_metrics", json!({})),
        ("unsubscribe", json!({"subscription": reservation})),
        ("sell", json!({"location": "S1", "currency": "EUR", "lines": line})),
        (
            "reserve",
            json!({"location": "S1", "owner": "0b1f5a52-6f0e-4bb5-9c53-3d1f0f3f5f11", "ttl_s": 60, "lines": line}),
        ),
        ("extend", json!({"location": "S1", "reservation": reservation, "ttl_s": 60})),
        ("release", json!({"location": "S1", "reservation": reservation})),
        ("allocate", json!({"location": "S1", "order": "A1", "lines": line})),
        ("deallocate", json!({"location": "S1", "order": "A2"})),
        ("receive", json!({"location": "S1", "lines": line})),
        ("return", json!({"location": "S1", "currency": "EUR", "disposition": "resell", "lines": line})),
        ("adjust", json!({"location": "S1", "sku": "TEA", "delta": "1", "reason": "found"})),
        ("count", json!({"location": "S1", "sku": "TEA", "counted": "5"})),
        ("set_policy", json!({"location": "S1", "sku": "TEA", "low_at": "2"})),
        ("set_labels", json!({"location": "S1", "layouts": ["20IIIIIVPPPPC"]})),
        ("set_return_limits", json!({"location": "S1", "limits": {"amount_max": 5000}})),
        ("define_location", json!({"code": "S9", "name": "S9", "kind": "shop", "currency": "EUR", "tax": tax})),
        ("define_items", json!({"items": [{"sku": "NEW", "name": "New", "tax_class": "food"}]})),
    ]
}

const READS: &str = "ping get scan subscribe unsubscribe";
const WATCHES: &str = "ping unsubscribe watch_metrics";
const HOLDS: &str = "reserve extend release";

fn may(role: &str, op: &str) -> bool {
    let has = |list: &str| list.split(' ').any(|one| one == op);
    match role {
        "admin" => true,
        "till" => !has("set_policy set_labels set_return_limits define_location define_items watch_metrics"),
        "web" => has(READS) || has(HOLDS) || has("sell allocate deallocate"),
        "analyst" => has(READS) || has(WATCHES),
        "operations" => has(WATCHES),
        "shopper" => has(READS) || has(HOLDS),
        _ => panic!("{role}"),
    }
}

async fn check(stand: &Stand, role: &str, socket: &mut Socket) {
    for (op, body) in requests() {
        let mut request = body.clone();
        request["op"] = json!(op);
        request["id"] = json!(id());
        let reply = socket.ask(request).await;
        let refused = reply["error"]["number"] == 4004;
        assert_eq!(refused, !may(role, op), "{role} {op}: {reply}");
        let key = Role::named(role).map(|role| stand.key(role).to_owned());
        if let Some(key) = key.filter(|_| !READS.contains(op) && !WATCHES.contains(op)) {
            let headers = [("Authorization", format!("Bearer {key}")), ("Idempotency-Key", id())];
            let response = stand.http("POST", &format!("/v1/{op}"), &headers, body.to_string().as_bytes()).await;
            assert_eq!(response.status == 403, !may(role, op), "{role} {op}: {}", response.text());
        }
    }
}

#[tokio::test]
async fn every_role_may_do_what_the_table_says_and_nothing_else() {
    let stand = Stand::start().await;
    stand.receive("S1", "TEA", 1_000).await;
    // A driver's key is not good here at all: nothing of this address is there for it.
    assert!(stand.connect(&[("Authorization", format!("Bearer {}", stand.key(Role::Driver)))]).await.is_err());
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Driver) {
        let mut socket = stand.socket(role).await;
        check(&stand, role.name(), &mut socket).await;
    }
    let mut shopper = stand.shopper().await;
    check(&stand, "shopper", &mut shopper).await;
}

#[tokio::test]
async fn reads_over_http_by_role() {
    let stand = Stand::start().await;
    stand.receive("S1", "TEA", 1).await;
    let table = [
        ("/v1/stock/S1/TEA", "admin till web analyst shopper"),
        ("/v1/stock?location=S1", "admin till web analyst shopper"),
        ("/v1/items", "admin till web analyst shopper"),
        ("/v1/items/TEA", "admin till web analyst shopper"),
        ("/v1/locations", "admin till web analyst shopper"),
        ("/v1/scan?location=S1&code=4006381333931", "admin till web analyst shopper"),
        ("/v1/totals", "admin analyst"),
        ("/v1/events", "admin analyst"),
        ("/v1/status", "admin operations"),
        ("/v1/metrics/history", "admin analyst operations"),
        ("/v1/keys", "admin"),
    ];
    let token = stand.token().await;
    for (path, allowed) in table {
        assert_eq!(stand.http("GET", path, &[], b"").await.number(), 4001, "{path}");
        for role in Role::ALL {
            let got = stand.get_as(role, path).await;
            let wanted = allowed.split(' ').any(|one| one == role.name());
            assert_eq!(got.status, if wanted { 200 } else { 403 }, "{} {path}: {}", role.name(), got.text());
        }
        let got = stand.http("GET", path, &[("Authorization", format!("Bearer {token}"))], b"").await;
        assert_eq!(got.status, if allowed.contains("shopper") { 200 } else { 403 }, "shopper {path}");
    }
}

#[tokio::test]
async fn the_public_sees_no_internal_counts() {
    let stand = Stand::start().await;
    stand.receive("S1", "TEA", 5).await;
    let mut shopper = stand.shopper().await;
    let shown = shopper.ask(json!({"op": "get", "id": id(), "location": "S1", "sku": "TEA"})).await;
    let mut fields: Vec<&String> = shown["level"].as_object().unwrap().keys().collect();
    fields.sort();
    assert_eq!(fields, ["available", "band", "location", "low", "sku", "time", "version"]);
    assert_eq!(shown["level"]["band"], "in_stock");
    let snapshot = shopper.ask(json!({"op": "subscribe", "id": id(), "channel": "till"})).await;
    assert!(snapshot["levels"][0].get("on_hand").is_none(), "{snapshot}");
}

#[tokio::test]
async fn a_shopper_holds_within_limits_and_for_the_website_only() {
    let stand = Stand::start().await;
    stand.receive("WEB", "TEA", 100).await;
    let mut shopper = stand.shopper().await;
    let mut reserve = async |change: fn(&mut Value)| {
        let mut request = json!({"op": "reserve", "id": id(), "location": "WEB", "owner": id(), "ttl_s": 600,
            "lines": [{"sku": "TEA", "qty": 1}]});
        change(&mut request);
        shopper.ask(request).await
    };
    assert_eq!(reserve(|_| {}).await["ok"], "reserved");
    assert_eq!(reserve(|request| request["ttl_s"] = json!(86_400)).await["error"]["number"], 4004);
    assert_eq!(reserve(|request| request["lines"][0]["qty"] = json!(50)).await["error"]["number"], 4004);
    assert_eq!(reserve(|request| request["owner"] = json!("till-3")).await["error"]["field"], "owner");
    assert_eq!(reserve(|request| request["channel"] = json!("till")).await["error"]["field"], "channel");
    let mut web = stand.socket(Role::Web).await;
    let sale = json!({"op": "sell", "id": id(), "location": "WEB", "currency": "EUR", "channel": "till",
        "lines": [{"sku": "TEA", "qty": 1}]});
    assert_eq!(web.ask(sale).await["error"]["number"], 4004);
}

#[tokio::test]
async fn keys_that_are_wrong_revoked_or_missing_have_their_numbers() {
    let stand = Stand::start().await;
    let admin = stand.key(Role::Admin).to_owned();
    let other = if admin.ends_with('0') { "1" } else { "0" };
    let wrong = format!("{}{other}", &admin[..admin.len() - 1]);
    let unknown = format!("ohk_{:016x}_{}", 1, "0".repeat(64));
    for key in [wrong.as_str(), unknown.as_str(), "ohk_", "oht_0_0_0", "x", "ohk_äöü_ß"] {
        let bearer = [("Authorization", format!("Bearer {key}"))];
        let response = stand.http("GET", "/v1/items", &bearer, b"").await;
        assert_eq!((response.status, response.number()), (401, 4002), "{key}");
        let Err(WsError::Http(refused)) = stand.connect(&bearer).await.map(|_| ()) else { panic!("{key}") };
        assert_eq!(refused.status(), 401);
        let mut socket = stand.connect(&[]).await.unwrap();
        let reply = socket.ask(json!({"op": "hello", "id": id(), "key": key})).await;
        assert_eq!(reply["error"]["number"], 4002, "{key}");
        assert_eq!(socket.closed().await.map(|frame| frame.code), Some(CloseCode::Policy));
    }
    let mut socket = stand.connect(&[]).await.unwrap();
    let reply = socket.ask(json!({"op": "get", "id": id(), "location": "S1", "sku": "TEA"})).await;
    assert_eq!(reply["error"]["number"], 4001);
    assert!(socket.closed().await.is_some());
}

#[tokio::test]
async fn a_revoked_key_is_refused_and_its_sockets_are_closed() {
    let stand = Stand::start().await;
    let headers = [("Authorization", format!("Bearer {}", stand.key(Role::Admin)))];
    let made = stand.http("POST", "/v1/keys", &headers, br#"{"role":"till","holder":"shop 1"}"#).await;
    assert_eq!(made.status, 200, "{}", made.text());
    let (key, number) =
        (made.json()["key"].as_str().unwrap().to_owned(), made.json()["id"].as_str().unwrap().to_owned());
    let bearer = [("Authorization", format!("Bearer {key}"))];
    let mut socket = stand.connect(&bearer).await.unwrap();
    let mut other = stand.socket(Role::Till).await;
    assert_eq!(socket.ask(json!({"op": "ping", "id": id()})).await["ok"], "pong");

    let rotated = stand.http("POST", &format!("/v1/keys/{number}/rotate"), &headers, b"").await;
    assert_eq!(rotated.json()["holder"], "shop 1");
    let second = [("Authorization", format!("Bearer {}", rotated.json()["key"].as_str().unwrap()))];
    assert_eq!(stand.http("GET", "/v1/items", &second, b"").await.status, 200);
    assert_eq!(stand.http("GET", "/v1/items", &bearer, b"").await.status, 200, "both are good while it is rotated");

    let revoked = stand.http("DELETE", &format!("/v1/keys/{number}"), &headers, b"").await;
    assert_eq!(revoked.status, 200, "{}", revoked.text());
    assert!(revoked.json()["revoked"].is_string());
    let told = socket.next().await;
    assert_eq!(told["error"]["number"], 4003, "{told}");
    assert_eq!(socket.closed().await.map(|frame| frame.code), Some(CloseCode::Policy));
    assert_eq!(stand.http("GET", "/v1/items", &bearer, b"").await.number(), 4003);
    assert_eq!(other.ask(json!({"op": "ping", "id": id()})).await["ok"], "pong", "others go on");

    let list = stand.get_as(Role::Admin, "/v1/keys").await.text();
    assert!(!list.contains(&key[22..]) && !list.contains("ohk_"), "a secret is shown once: {list}");
    let nobody = stand.http("DELETE", "/v1/keys/00000000000000ff", &headers, b"").await;
    assert_eq!((nobody.status, nobody.number()), (404, 4007));
}

#[tokio::test]
async fn only_listed_websites_may_connect() {
    let stand = Stand::start().await;
    let evil = [("Origin", "https://evil.example".to_owned())];
    assert_eq!(stand.http("POST", "/v1/token", &evil, b"").await.number(), 4005);
    assert_eq!(stand.http("POST", "/v1/token", &[], b"").await.number(), 4005, "no browser, no token");
    let key = ("Authorization", format!("Bearer {}", stand.key(Role::Admin)));
    let with_key = [evil[0].clone(), key];
    assert_eq!(stand.http("GET", "/v1/items", &with_key, b"").await.number(), 4005, "Origin first, whatever the key");
    let Err(WsError::Http(refused)) = stand.connect(&evil).await.map(|_| ()) else { panic!("connected") };
    assert_eq!(refused.status(), 403);
    let shop = [("Origin", "https://shop.example".to_owned())];
    let token = stand.http("POST", "/v1/token", &shop, b"").await;
    assert_eq!(token.header("access-control-allow-origin").as_deref(), Some("https://shop.example"));
    let asked = stand.http("OPTIONS", "/v1/items", &shop, b"").await;
    assert_eq!(asked.status, 204);
    assert!(asked.header("access-control-allow-headers").unwrap().contains("Authorization"));
    let own = [("Origin", format!("http://{}", stand.address))];
    assert_eq!(stand.http("POST", "/v1/token", &own, b"").await.status, 200, "our own pages on loopback");
}

#[tokio::test]
async fn the_public_does_not_see_what_other_channels_have() {
    let stand = Stand::start().await;
    stand.receive("S1", "TEA", 4).await;
    let mut shopper = stand.shopper().await;
    let mut website = stand.socket(Role::Web).await;
    for (socket, channel, number) in [(&mut shopper, "till", 4004), (&mut website, "till", 4004)] {
        let subscribe = json!({"op": "subscribe", "id": id(), "skus": ["TEA"], "channel": channel});
        assert_eq!(socket.ask(subscribe).await["error"]["number"], number);
    }
    let reply = stand.get_as(Role::Web, "/v1/stock/S1/TEA?channel=till").await;
    assert_eq!(reply.number(), 4004);
    assert_eq!(stand.get_as(Role::Web, "/v1/stock?location=S1&channel=till").await.number(), 4004);
    assert_eq!(stand.get_as(Role::Web, "/v1/stock/S1/TEA?channel=marketplace").await.status, 200);
    assert_eq!(stand.get_as(Role::Till, "/v1/stock/S1/TEA?channel=web").await.status, 200);
}
