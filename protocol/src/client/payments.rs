//! Payments that a connection is told of: of each, the newest waits until somebody takes it.

use crate::message::PaymentMessage;
use crate::value::{Id, LocationCode};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The payments told to one connection; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct ToldPayments {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    waiting: BTreeMap<(LocationCode, Id), PaymentMessage>,
    ended: bool,
}

impl ToldPayments {
    /// The next payment that has changed, as it stands now; none once the connection has ended and all were
    /// taken. For one caller at a time.
    pub async fn next(&self) -> Option<PaymentMessage> {
        loop {
            let told = self.shared.changed.notified();
            {
                let mut state = self.state();
                if let Some((_, payment)) = state.waiting.pop_first() {
                    return Some(payment);
                }
                if state.ended {
                    return None;
                }
            }
            told.await;
        }
    }

    pub(super) fn put(&self, payments: Vec<PaymentMessage>) {
        let mut state = self.state();
        for payment in payments {
            state.waiting.insert((payment.location.clone(), payment.payment), payment);
        }
        drop(state);
        self.shared.changed.notify_one();
    }

    pub(super) fn end(&self) {
        self.state().ended = true;
        self.shared.changed.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
