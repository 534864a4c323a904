//! The limits of the door. Each has a number that a client past it is told.

use crate::keys::Principal;
use std::time::{Duration, Instant};

/// Every limit of the gateway. The defaults fit a chain of some hundred tills and a busy website.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Sockets at once; more are told 5011 and closed.
    pub connections_max: usize,
    /// A request head, or the first message of a socket, must be there in this time.
    pub handshake: Duration,
    /// A request body must be there in this time.
    pub body: Duration,
    /// A socket that says nothing for this long is asked with a ping, and closed after as long again.
    pub idle: Duration,
    /// A socket whose client takes nothing for this long is closed.
    pub stalled: Duration,
    /// An HTTP command that was not answered in this time is told 5013.
    pub answer: Duration,
    /// How long a stop waits for answers before it closes regardless.
    pub stop: Duration,
    /// Unanswered requests per socket of a key (5006).
    pub in_flight_max: usize,
    /// Unanswered requests per socket of a shopper (5006).
    pub shopper_in_flight_max: usize,
    /// SKUs and locations one socket may watch (5007).
    pub subscriptions_max: usize,
    /// Requests per second of one socket of a key, and as many at once (5012).
    pub rate_per_s: u32,
    /// Requests per second of a shopper's socket, and twice as many at once (5012).
    pub shopper_rate_per_s: u32,
    /// Tokens per second that one address may ask for, and ten times as many at once (5012).
    pub token_rate_per_s: u32,
    /// Numbered errors of form, rights or rate in a row after which a socket is closed.
    pub strikes_max: u32,
    /// How long a device is locked for a person after five wrong PINs; twice as long after each more (4019).
    pub pin_lock: Duration,
    /// The longest that it is locked.
    pub pin_lock_max: Duration,
    /// Changed levels are gathered for so long; at once when it was quiet before.
    pub tick: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 20_000,
            handshake: Duration::from_secs(5),
            body: Duration::from_secs(60),
            idle: Duration::from_secs(30),
            stalled: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            stop: Duration::from_secs(10),
            in_flight_max: 1_024,
            shopper_in_flight_max: 64,
            subscriptions_max: 10_000,
            rate_per_s: 100_000,
            shopper_rate_per_s: 50,
            token_rate_per_s: 5,
            strikes_max: 100,
            pin_lock: Duration::from_secs(30),
            pin_lock_max: Duration::from_secs(300),
            tick: Duration::from_millis(25),
        }
    }
}

impl Limits {
    /// The allowance of one socket.
    pub(crate) fn bucket(&self, principal: Option<Principal>, now: Instant) -> Bucket {
        match principal {
            Some(Principal::Key { .. }) => Bucket::new(self.rate_per_s, self.rate_per_s, now),
            _ => Bucket::new(self.shopper_rate_per_s, self.shopper_rate_per_s.saturating_mul(2), now),
        }
    }
}

/// A token bucket: so many per second, so many at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    per_s: u32,
    at_once: u32,
    milli_left: u64,
    filled: Instant,
}

impl Bucket {
    pub(crate) fn new(per_s: u32, at_once: u32, now: Instant) -> Self {
        Self { per_s, at_once, milli_left: u64::from(at_once) * 1_000, filled: now }
    }

    /// Takes one, or says in how many milliseconds there will be one.
    pub(crate) fn take(&mut self, now: Instant) -> Result<(), u64> {
        if self.milli_left < 1_000 {
            self.fill(now);
        }
        if let Some(left) = self.milli_left.checked_sub(1_000) {
            self.milli_left = left;
            return Ok(());
        }
        Err((1_000 - self.milli_left).div_ceil(u64::from(self.per_s.max(1))))
    }

    /// Whether it is as full as it gets, so that forgetting it changes nothing.
    pub(crate) fn is_full(&mut self, now: Instant) -> bool {
        self.fill(now);
        self.milli_left == u64::from(self.at_once) * 1_000
    }

    fn fill(&mut self, now: Instant) {
        let ms = u64::try_from(now.saturating_duration_since(self.filled).as_millis()).unwrap_or(u64::MAX);
        if ms > 0 {
            let more = ms.saturating_mul(u64::from(self.per_s));
            self.milli_left = self.milli_left.saturating_add(more).min(u64::from(self.at_once) * 1_000);
            self.filled = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[test]
    fn a_bucket_refills_at_its_rate() {
        let start = clock::now();
        let mut bucket = Bucket::new(10, 2, start);
        assert_eq!(bucket.take(start), Ok(()));
        assert_eq!(bucket.take(start), Ok(()));
        assert_eq!(bucket.take(start), Err(100));
        assert_eq!(bucket.take(start + Duration::from_millis(100)), Ok(()));
        assert!(!bucket.is_full(start + Duration::from_millis(200)));
        assert!(bucket.is_full(start + Duration::from_millis(400)));
    }
}
