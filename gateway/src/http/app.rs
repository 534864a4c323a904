//! What the handlers share, and who is calling.

use crate::fault::Fault;
use crate::keys::{self, Principal};
use crate::limits::Bucket;
use crate::rights::Address;
use crate::server::Shared;
use crate::worker::{FromHttp, too_busy};
use crate::{clock, elsewhere};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use onhand_actors::port::Outcome;
use onhand_engine::command::Command;
use onhand_engine::people::By;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{mpsc, oneshot};

/// Buckets kept before those that are full again are forgotten.
const BUCKETS_MAX: usize = 10_000;
/// Where a person's token stands.
pub(crate) const PERSON: &str = "onhand-user";

pub(crate) struct App {
    pub(crate) shared: Arc<Shared>,
    to_worker: mpsc::Sender<FromHttp>,
    pub(crate) address: Address,
    callers: Buckets<Principal>,
    askers: Buckets<IpAddr>,
}

impl App {
    pub(crate) fn new(shared: Arc<Shared>, to_worker: mpsc::Sender<FromHttp>, address: Address) -> Self {
        Self { shared, to_worker, address, callers: Buckets::default(), askers: Buckets::default() }
    }

    /// Who is calling: known, still good, and not too often.
    pub(crate) fn caller(&self, headers: &HeaderMap) -> Result<Principal, Fault> {
        let principal = self
            .identify(headers)?
            .ok_or_else(|| Fault::new(4001, "send a key or a token: Authorization: Bearer ohk_... (or oht_...)"))?;
        let limits = &self.shared.limits;
        let (per_s, at_once) = match principal {
            Principal::Key { .. } => (limits.rate_per_s, limits.rate_per_s),
            Principal::Shopper { .. } => (limits.shopper_rate_per_s, limits.shopper_rate_per_s.saturating_mul(2)),
        };
        self.callers.take(principal, per_s, at_once)?;
        Ok(principal)
    }

    /// Whose key or token it is; none when there is neither.
    pub(crate) fn identify(&self, headers: &HeaderMap) -> Result<Option<Principal>, Fault> {
        let Some(value) = headers.get(AUTHORIZATION) else { return Ok(None) };
        let text = std::str::from_utf8(value.as_bytes()).unwrap_or_default();
        let secret = match text.split_once(' ') {
            Some((scheme, secret)) if scheme.eq_ignore_ascii_case("bearer") => secret.trim(),
            _ => return Err(Fault::new(4001, "the form is Authorization: Bearer ohk_... (or oht_...)")),
        };
        let shared = &self.shared;
        let principal = keys::check(secret, shared.handle.directory(), &shared.tokens, shared.handle.now())?;
        self.address.check(&principal)?;
        Ok(Some(principal))
    }

    /// Who asks: the caller's device, and whoever is signed in there.
    pub(crate) fn by(&self, headers: &HeaderMap, caller: &Principal) -> Result<By, Fault> {
        let by = By { device: caller.device(), ..By::default() };
        let Some(value) = headers.get(PERSON) else { return Ok(by) };
        let device = by.device.ok_or_else(|| Fault::new(4004, "people sign in at devices with a key"))?;
        let (shared, text) = (&self.shared, std::str::from_utf8(value.as_bytes()).unwrap_or_default());
        let signed = shared.tokens.check_person(text.trim(), device, shared.handle.now())?;
        if !signed.is_current(&shared.handle.directory().people()) {
            return Err(Fault::new(4021, "the PIN was changed; sign in again at POST /v1/sign_in"));
        }
        Ok(By { user: Some(signed.user), ..by })
    }

    /// Whether this address may have another token now.
    pub(crate) fn token_for(&self, address: IpAddr) -> Result<(), Fault> {
        let per_s = self.shared.limits.token_rate_per_s;
        self.askers.take(address, per_s, per_s.saturating_mul(10))
    }

    /// Has a command decided. The outcome stands also when the caller stops waiting for it.
    pub(crate) async fn decide(&self, by: By, command: Command) -> Result<Outcome, Fault> {
        for asked in elsewhere::asks(&self.shared.handle, &command) {
            let outcome = self.decide_here(by, asked).await?;
            if !elsewhere::is_unknown(&outcome) {
                return Ok(outcome);
            }
        }
        self.decide_here(by, command).await
    }

    async fn decide_here(&self, by: By, command: Command) -> Result<Outcome, Fault> {
        let (reply, outcome) = oneshot::channel();
        self.to_worker.try_send(FromHttp::Command(by, Box::new(command), reply)).map_err(|_| too_busy())?;
        match tokio::time::timeout(self.shared.limits.answer, outcome).await {
            Ok(Ok(outcome)) => Ok(outcome),
            Ok(Err(_)) => Err(Fault::new(5004, "the server is shutting down; send it again with the same id")),
            Err(_) => {
                let text = "no answer in time; the outcome is not known yet: send it again with the same id";
                Err(Fault::new(5013, text).retry_after(1_000))
            }
        }
    }

    /// Hands the connection over to the worker.
    pub(crate) fn hand_over(&self, upgrade: crate::worker::Upgrade) -> Result<(), Fault> {
        self.to_worker.try_send(FromHttp::Upgrade(upgrade)).map_err(|_| too_busy())
    }
}

/// Rates by caller. Each worker counts for itself.
struct Buckets<K>(Mutex<HashMap<K, Bucket>>);

impl<K> Default for Buckets<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash> Buckets<K> {
    fn take(&self, key: K, per_s: u32, at_once: u32) -> Result<(), Fault> {
        let now = clock::now();
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS_MAX {
            buckets.retain(|_, bucket| !bucket.is_full(now));
        }
        let bucket = buckets.entry(key).or_insert_with(|| Bucket::new(per_s, at_once, now));
        bucket
            .take(now)
            .map_err(|ms| Fault::new(5012, format!("requests come too fast; try again in {ms} ms")).retry_after(ms))
    }
}
