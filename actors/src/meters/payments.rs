//! Card payments as metrics: how they stand, at which provider, and how long it took to know what came of them.

use metrics::{Counter, Gauge, Histogram, Unit};
use onhand_engine::ids::Label;
use onhand_engine::payment::{Payment, Stage};
use onhand_engine::time::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Providers that are told apart. Whoever starts a payment names one, so there must be an end to them.
const PROVIDERS_MAX: usize = 50;
/// The name of all others. No provider of that name is confused with them: a name has no brackets.
const OTHERS: &str = "(others)";

/// Handles by provider.
#[derive(Default)]
pub(crate) struct PaymentMeters {
    providers: Mutex<BTreeMap<Label, Arc<Provider>>>,
}

struct Provider {
    /// By stage, as are `entered`.
    open: [Gauge; Stage::ALL.len()],
    entered: [Counter; Stage::ALL.len()],
    refunds: Gauge,
    owed: Gauge,
    known_seconds: Histogram,
}

impl PaymentMeters {
    /// Takes over a payment that is not ended, as it was recovered.
    pub(crate) fn load(&self, payment: &Payment) {
        self.provider(&payment.start.provider).stands(None, Some(payment));
    }

    /// A change of a payment is durable. `before` is how it stood; none: it had ended, or it is new.
    pub(crate) fn see(&self, before: Option<&Payment>, payment: &Payment, now: Timestamp) {
        let provider = self.provider(&payment.start.provider);
        provider.stands(before, Some(payment).filter(|payment| payment.is_open()));
        let from = before.map(|before| before.stage);
        // An ended one that is to be refunded is captured as it was before.
        let is_refunded = from.is_none() && payment.stage == Stage::Captured;
        if from != Some(payment.stage) && !is_refunded {
            provider.entered[place(payment.stage)].increment(1);
        }
        let is_known = !payment.stage.is_undecided() && payment.stage != Stage::Cancelled;
        if is_known && from.is_some_and(Stage::is_undecided) {
            provider.known_seconds.record(since(payment.at, now).as_secs_f64());
        }
    }

    fn provider(&self, name: &Label) -> Arc<Provider> {
        let mut known = self.providers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(provider) = known.get(name) {
            return Arc::clone(provider);
        }
        let told = if known.len() < PROVIDERS_MAX { name.as_str() } else { OTHERS };
        let provider = Arc::new(Provider::new(told));
        // Those of no name of their own are looked up anew: that is rare, and they are without number.
        if told != OTHERS {
            known.insert(name.clone(), Arc::clone(&provider));
        }
        provider
    }
}

impl Provider {
    fn new(name: &str) -> Self {
        let labels = |stage: Stage| [("provider", name.to_owned()), ("state", stage.name().to_owned())];
        Self {
            open: Stage::ALL.map(|stage| metrics::gauge!("onhand_payments_open", &labels(stage))),
            entered: Stage::ALL.map(|stage| metrics::counter!("onhand_payments_total", &labels(stage))),
            refunds: metrics::gauge!("onhand_payment_refunds_pending", "provider" => name.to_owned()),
            owed: metrics::gauge!("onhand_payment_refunds_owed", "provider" => name.to_owned()),
            known_seconds: metrics::histogram!("onhand_payment_known_seconds", "provider" => name.to_owned()),
        }
    }

    /// Counts how it stands now in the place of how it stood.
    fn stands(&self, before: Option<&Payment>, now: Option<&Payment>) {
        if let Some(before) = before {
            self.open[place(before.stage)].decrement(1.0);
            self.refunds.decrement(pending(before));
            self.owed.decrement(owed(before));
        }
        if let Some(now) = now {
            self.open[place(now.stage)].increment(1.0);
            self.refunds.increment(pending(now));
            self.owed.increment(owed(now));
        }
    }
}

/// Refunds that the provider has not given back.
fn pending(payment: &Payment) -> f64 {
    let count = payment.refunds.iter().filter(|refund| refund.is_pending()).count();
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Refunds that the provider declined and nobody has given since.
fn owed(payment: &Payment) -> f64 {
    f64::from(u32::try_from(payment.owed().count()).unwrap_or(u32::MAX))
}

fn since(began: Timestamp, now: Timestamp) -> Duration {
    Duration::from_millis(now.0.saturating_sub(began.0))
}

fn place(stage: Stage) -> usize {
    Stage::ALL.iter().position(|known| *known == stage).unwrap_or(0)
}

/// How long the oldest payment of which nobody knows what came of it has been waited for.
pub(crate) fn tell_oldest_unknown(began: Option<Timestamp>, now: Timestamp) {
    let waited = began.map_or(Duration::ZERO, |began| since(began, now));
    metrics::gauge!("onhand_payments_unknown_oldest_seconds").set(waited.as_secs_f64());
}

pub(super) fn describe() {
    use metrics::{describe_counter, describe_gauge, describe_histogram};
    describe_gauge!("onhand_payments_open", Unit::Count, "Payments that are not ended, by provider and state.");
    describe_counter!("onhand_payments_total", Unit::Count, "Payments that came to a state, by provider and state.");
    describe_gauge!(
        "onhand_payments_unknown_oldest_seconds",
        Unit::Seconds,
        "Age of the oldest payment of which nobody knows what came of it; 0 without any."
    );
    describe_gauge!(
        "onhand_payment_refunds_pending",
        Unit::Count,
        "Refunds that providers have not given back yet, by provider."
    );
    describe_gauge!(
        "onhand_payment_refunds_owed",
        Unit::Count,
        "Refunds that providers declined and nobody has given since, by provider."
    );
    describe_histogram!(
        "onhand_payment_known_seconds",
        Unit::Seconds,
        "From a payment's beginning until it was known to be approved or declined, by provider."
    );
}
