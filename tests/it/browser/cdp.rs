//! Chromium without a window, spoken to over its DevTools protocol.
//!
//! Responsible for: starting one, finding things by role and name as assistive technology does,
//! clicking, waiting for what happens in the page, collecting complaints.
//! Not responsible for: what the pages should show.
//!
//! Plain DevTools over the WebSocket library that is here anyway: it needs no driver program beside
//! the browser, and it can be a phone, be dark, and list what the console said.

use crate::harness::PATIENCE;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Instant;
use tempfile::TempDir;
use tokio_tungstenite::tungstenite::{Message, WebSocket, client};

const PROGRAMS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// A browser with a profile of its own. Ends with its test.
pub(super) struct Browser {
    child: Child,
    address: String,
    path: String,
    _profile: TempDir,
}

impl Browser {
    /// Starts one; `None`, having said so, when there is none on this machine.
    pub(super) fn start() -> Option<Self> {
        let Some(program) = PROGRAMS.into_iter().find(|name| found(name)) else {
            eprintln!("passed over: no Chromium here; `cargo xtask test` installs it");
            return None;
        };
        let profile = TempDir::new().unwrap();
        let mut child = Command::new(program)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-port=0"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let (address, path) = lines
            .find_map(|line| line.split_once("ws://")?.1.split_once('/').map(|(a, b)| (a.to_owned(), b.to_owned())))
            .expect("Chromium says where it listens");
        // What it grumbles later is read away, so that it never waits for us.
        std::thread::spawn(move || lines.for_each(drop));
        Some(Self { child, address, path, _profile: profile })
    }

    /// A new tab of desktop size.
    pub(super) fn page(&self) -> Page {
        let made = self.connect(&self.path).call("Target.createTarget", &json!({ "url": "about:blank" }));
        let mut page = self.connect(&format!("devtools/page/{}", made["targetId"].as_str().unwrap()));
        for domain in ["Page", "Runtime", "Log", "Network", "DOM", "Accessibility"] {
            page.call(&format!("{domain}.enable"), &json!({}));
        }
        page.look(&DESKTOP);
        page
    }

    fn connect(&self, path: &str) -> Page {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let (socket, _) = client::client(format!("ws://{}/{path}", self.address), stream).unwrap();
        Page { socket, last_id: 0, events: Vec::new() }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn found(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// How a page is looked at.
pub(super) struct Look {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) scheme: &'static str,
}

pub(super) const DESKTOP: Look = Look { width: 1280, height: 800, scheme: "light" };
pub(super) const WALL: Look = Look { width: 1920, height: 1080, scheme: "light" };
pub(super) const TABLET: Look = Look { width: 820, height: 1180, scheme: "light" };
pub(super) const PHONE: Look = Look { width: 390, height: 844, scheme: "light" };

/// One tab.
pub(super) struct Page {
    socket: WebSocket<TcpStream>,
    last_id: u64,
    events: Vec<Value>,
}

impl Page {
    fn call(&mut self, method: &str, params: &Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        let text = json!({ "id": id, "method": method, "params": params }).to_string();
        self.socket.send(Message::text(text)).unwrap();
        loop {
            let Message::Text(text) = self.socket.read().expect("the browser answers") else { continue };
            let mut message: Value = serde_json::from_str(&text).unwrap();
            if message["id"] == id {
                assert!(message["error"].is_null(), "{method}: {}", message["error"]);
                return message["result"].take();
            }
            self.events.push(message);
        }
    }

    /// Size and colour scheme.
    pub(super) fn look(&mut self, look: &Look) {
        let mobile = look.width < 600;
        let size = json!({ "width": look.width, "height": look.height, "deviceScaleFactor": 1, "mobile": mobile });
        self.call("Emulation.setDeviceMetricsOverride", &size);
        let scheme = json!({ "name": "prefers-color-scheme", "value": look.scheme });
        self.call("Emulation.setEmulatedMedia", &json!({ "features": [scheme] }));
    }

    pub(super) fn open(&mut self, url: &str) {
        let went = self.call("Page.navigate", &json!({ "url": url }));
        assert!(went["errorText"].is_null(), "{url}: {}", went["errorText"]);
        self.until("document.readyState === 'complete'");
    }

    /// The value of an expression; a promise is awaited.
    pub(super) fn eval(&mut self, expression: &str) -> Value {
        let mut got = self.call(
            "Runtime.evaluate",
            &json!({ "expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true }),
        );
        assert!(got["exceptionDetails"].is_null(), "{expression}: {:#}", got["exceptionDetails"]);
        got["result"]["value"].take()
    }

    /// Waits in the page until an expression holds.
    pub(super) fn until(&mut self, expression: &str) {
        let patience_ms = PATIENCE.as_millis() / 2;
        let wait = format!(
            "new Promise((done) => {{
                const end = Date.now() + {patience_ms};
                const look = () => {{
                    let holds = false;
                    try {{ holds = {expression}; }} catch {{}}
                    if (holds || Date.now() > end) done(!!holds); else setTimeout(look, 15);
                }};
                look();
            }})"
        );
        let held = self.eval(&wait);
        if held != true {
            let seen = self.eval("document.body.innerText");
            panic!("never: {expression}\nthe page says: {seen}\nthe console: {:?}", self.complaints());
        }
    }

    /// The element of that role and accessible name, once it is there.
    pub(super) fn find(&mut self, role: &str, name: &str) -> u64 {
        let begun = Instant::now();
        loop {
            let root = self.call("DOM.getDocument", &json!({ "depth": 0 }))["root"]["nodeId"].clone();
            let query = json!({ "nodeId": root, "role": role, "accessibleName": name });
            let nodes = self.call("Accessibility.queryAXTree", &query);
            let node = nodes["nodes"].as_array().unwrap().iter().find(|node| node["ignored"] == false);
            if let Some(id) = node.and_then(|node| node["backendDOMNodeId"].as_u64()) {
                return id;
            }
            if begun.elapsed() > PATIENCE / 2 {
                panic!("no {role} called {name:?}; the page says: {}", self.eval("document.body.innerText"));
            }
            self.eval("new Promise((done) => setTimeout(done, 25))");
        }
    }

    /// Clicks it with the mouse, where it is.
    pub(super) fn click(&mut self, role: &str, name: &str) {
        let node = self.find(role, name);
        self.call("DOM.scrollIntoViewIfNeeded", &json!({ "backendNodeId": node }));
        let quad = self.call("DOM.getContentQuads", &json!({ "backendNodeId": node }))["quads"][0].clone();
        let at = |index: usize| quad[index].as_f64().unwrap();
        let (x, y) = (f64::midpoint(at(0), at(4)), f64::midpoint(at(1), at(5)));
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", &event);
        }
    }

    /// Presses a key, such as `ArrowLeft`, wherever the focus is.
    pub(super) fn press(&mut self, key: &str) {
        for kind in ["keyDown", "keyUp"] {
            self.call("Input.dispatchKeyEvent", &json!({ "type": kind, "key": key, "code": key }));
        }
    }

    /// Puts the focus on it.
    pub(super) fn focus(&mut self, role: &str, name: &str) {
        let node = self.find(role, name);
        self.call("DOM.focus", &json!({ "backendNodeId": node }));
    }

    /// Types into it.
    pub(super) fn fill(&mut self, role: &str, name: &str, text: &str) {
        self.focus(role, name);
        self.call("Input.insertText", &json!({ "text": text }));
    }

    /// Chooses an option by its value.
    pub(super) fn choose(&mut self, role: &str, name: &str, value: &str) {
        let node = self.find(role, name);
        let object = self.call("DOM.resolveNode", &json!({ "backendNodeId": node }))["object"]["objectId"].clone();
        let choose =
            "function (value) { this.value = value; this.dispatchEvent(new Event('change', { bubbles: true })); }";
        let call = json!({ "objectId": object, "functionDeclaration": choose, "arguments": [{ "value": value }] });
        self.call("Runtime.callFunctionOn", &call);
    }

    /// How many times something happened, such as `Network.webSocketCreated`.
    pub(super) fn count(&mut self, event: &str) -> usize {
        self.eval("0");
        self.events.iter().filter(|seen| seen["method"] == event).count()
    }

    /// Uncaught exceptions, and what was written to the console as an error or a warning.
    pub(super) fn complaints(&mut self) -> Vec<String> {
        self.eval("0");
        let grave = |level: &Value| level == "error" || level == "warning" || level == "assert";
        self.events
            .iter()
            .filter(|event| match event["method"].as_str() {
                Some("Runtime.exceptionThrown") => true,
                Some("Runtime.consoleAPICalled") => grave(&event["params"]["type"]),
                Some("Log.entryAdded") => grave(&event["params"]["entry"]["level"]),
                _ => false,
            })
            .map(|event| event["params"].to_string())
            .collect()
    }
}
