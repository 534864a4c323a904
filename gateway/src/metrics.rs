//! What the gateway counts, in one place, and the text that Prometheus reads.

use hashbrown::HashMap;
use metrics::{Counter, Gauge, Histogram, Unit};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use onhand_actors::handle::Observed;
use std::cell::RefCell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// Starts recording. Whoever starts the actors calls it before: what registers with no recorder in
/// place counts for nobody.
pub fn start_recording() {
    let _ = exporter();
}

/// The recorder of this process. Servers started later in one process (tests) share it.
pub(crate) fn exporter() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let seconds = [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];
        let builder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &seconds)
            // Somebody looks for a card and taps it.
            .and_then(|builder| {
                let payment = [0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 90.0, 180.0, 600.0, 900.0];
                builder.set_buckets_for_metric(Matcher::Full("onhand_payment_known_seconds".to_owned()), &payment)
            })
            .unwrap_or_else(|_| PrometheusBuilder::new());
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        // Somebody else's recorder stays; ours then reads empty rather than stopping the server.
        let _ = metrics::set_global_recorder(recorder);
        describe();
        handle
    })
}

fn describe() {
    use metrics::{describe_counter, describe_gauge, describe_histogram};
    describe_gauge!("onhand_gateway_sockets", "Open connections, HTTP and WebSocket.");
    describe_counter!("onhand_gateway_sockets_total", "Connections taken since the start.");
    describe_counter!(
        "onhand_gateway_sockets_refused_total",
        "Connections refused because there were too many (5011)."
    );
    describe_counter!("onhand_gateway_sockets_closed_total", "WebSockets closed by the server, by reason.");
    describe_counter!("onhand_gateway_commands_total", "Commands handed to the actors.");
    describe_counter!("onhand_gateway_answers_total", "Commands answered, by result: done or refused.");
    describe_counter!("onhand_gateway_errors_total", "Errors told to clients, by number.");
    describe_counter!("onhand_gateway_levels_sent_total", "Levels sent to subscribers.");
    describe_counter!("onhand_gateway_sent_bytes_total", Unit::Bytes, "Bytes of WebSocket messages sent.");
    describe_gauge!("onhand_gateway_watched", "Subscribed SKUs and locations, all sockets together.");
    describe_histogram!(
        "onhand_gateway_answer_seconds",
        Unit::Seconds,
        "From a command's arrival to its durable answer; one command sampled per wake of a worker."
    );
    describe_gauge!("onhand_log_last_seq", "The place of the last durable record.");
}

/// The gateway's counters, looked up once.
pub(crate) struct Meters {
    pub(crate) sockets: Gauge,
    pub(crate) sockets_total: Counter,
    pub(crate) refused: Counter,
    pub(crate) commands: Counter,
    pub(crate) done: Counter,
    pub(crate) declined: Counter,
    pub(crate) levels: Count,
    pub(crate) bytes: Count,
    pub(crate) watched: Amount,
    pub(crate) answer: Histogram,
}

/// A counter that can be read: for the metrics stream too.
pub(crate) struct Count {
    exported: Counter,
    total: AtomicU64,
}

impl Count {
    fn of(exported: Counter) -> Self {
        Self { exported, total: AtomicU64::new(0) }
    }

    pub(crate) fn increment(&self, more: u64) {
        if more > 0 {
            self.exported.increment(more);
            self.total.fetch_add(more, Ordering::Relaxed);
        }
    }

    /// Since the start.
    pub(crate) fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }
}

/// A gauge of whole things that can be read.
pub(crate) struct Amount {
    exported: Gauge,
    now: AtomicI64,
}

impl Amount {
    pub(crate) fn increment(&self, more: f64) {
        self.exported.increment(more);
        self.now.fetch_add(whole(more), Ordering::Relaxed);
    }

    pub(crate) fn decrement(&self, less: f64) {
        self.exported.decrement(less);
        self.now.fetch_sub(whole(less), Ordering::Relaxed);
    }

    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.now.load(Ordering::Relaxed)).unwrap_or(0)
    }
}

/// Gauges are told whole numbers here.
fn whole(number: f64) -> i64 {
    #[expect(clippy::as_conversions, reason = "it came from a count")]
    let whole = number as i64;
    whole
}

impl Meters {
    pub(crate) fn new() -> Self {
        use metrics::{counter, gauge, histogram};
        Self {
            sockets: gauge!("onhand_gateway_sockets"),
            sockets_total: counter!("onhand_gateway_sockets_total"),
            refused: counter!("onhand_gateway_sockets_refused_total"),
            commands: counter!("onhand_gateway_commands_total"),
            done: counter!("onhand_gateway_answers_total", "result" => "done"),
            declined: counter!("onhand_gateway_answers_total", "result" => "refused"),
            levels: Count::of(counter!("onhand_gateway_levels_sent_total")),
            bytes: Count::of(counter!("onhand_gateway_sent_bytes_total")),
            watched: Amount { exported: gauge!("onhand_gateway_watched"), now: AtomicI64::new(0) },
            answer: histogram!("onhand_gateway_answer_seconds"),
        }
    }
}

/// An error was told to a client.
pub(crate) fn error(number: u16) {
    thread_local!(static BY_NUMBER: RefCell<HashMap<u16, Counter>> = RefCell::default());
    let counter = || metrics::counter!("onhand_gateway_errors_total", "number" => number.to_string());
    // Looked up once: while much is refused it is counted often.
    BY_NUMBER.with_borrow_mut(|known| known.entry(number).or_insert_with(counter).increment(1));
}

/// The server closed a WebSocket.
pub(crate) fn closed(why: &'static str) {
    metrics::counter!("onhand_gateway_sockets_closed_total", "reason" => why).increment(1);
}

/// The text of `/metrics`.
pub(crate) fn render(exporter: &PrometheusHandle, observed: &Observed) -> String {
    #[allow(clippy::cast_precision_loss, clippy::as_conversions)]
    metrics::gauge!("onhand_log_last_seq").set(observed.last_seq.0 as f64);
    exporter.run_upkeep();
    exporter.render()
}
