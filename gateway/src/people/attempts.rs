//! How many wrong PINs there may be, and how long to wait after too many.
//!
//! Counted for a person at a device, so that whoever tries at one till keeps nobody from working at
//! another, and for a device over all people, so that nobody tries one PIN with everyone's code. A try
//! counts when it begins, so that many at once are not more than one after the other.

use crate::limits::Limits;
use hashbrown::HashMap;
use onhand_engine::catalogue::KeyId;
use onhand_engine::ids::UserCode;
use std::time::{Duration, Instant};

/// Wrong PINs of one person at one device before it is locked for them.
const PERSON_MAX: u32 = 5;
/// Wrong PINs of all people at one device before it is locked.
const DEVICE_MAX: u32 = 20;
/// One wrong PIN of a person is forgotten after so long.
const PERSON_FADE: Duration = Duration::from_secs(600);
/// One wrong PIN of a device is forgotten after so long.
const DEVICE_FADE: Duration = Duration::from_secs(60);
/// People and devices kept in mind before those with nothing against them are forgotten.
const KEPT_MAX: usize = 10_000;

type Whose = (KeyId, Option<UserCode>);

/// Every try that was wrong, or is not yet known to be right.
#[derive(Default)]
pub(super) struct Attempts(HashMap<Whose, Count>);

#[derive(Clone, Copy)]
struct Count {
    wrong: u32,
    /// When the last of them faded, or the first came.
    since: Instant,
    locked_until: Instant,
}

impl Attempts {
    /// A try begins. When there were too many, in how many milliseconds the next may.
    pub(super) fn begin(&mut self, device: KeyId, user: &UserCode, limits: &Limits, now: Instant) -> Result<(), u64> {
        if self.0.len() >= KEPT_MAX {
            self.0.retain(|(_, user), count| !count.is_over(fade(user.as_ref()), now));
        }
        let both = [((device, None), DEVICE_MAX), ((device, Some(user.clone())), PERSON_MAX)];
        for (whose, _) in &both {
            let locked = self.0.get(whose).map(|count| count.locked_until.saturating_duration_since(now));
            if let Some(left) = locked.filter(|left| !left.is_zero()) {
                // Rounded up: who waits so long has waited long enough.
                return Err(u64::try_from(left.as_micros().div_ceil(1_000)).unwrap_or(u64::MAX).max(1));
            }
        }
        for (whose, max) in both {
            let fade = fade(whose.1.as_ref());
            let fresh = Count { wrong: 0, since: now, locked_until: now };
            self.0.entry(whose).or_insert(fresh).add(max, fade, limits, now);
        }
        Ok(())
    }

    /// The PIN was right. Of the person nothing is left; at the device this try counts as none, and a lock
    /// that began with it is over. What others got wrong there still counts.
    pub(super) fn right(&mut self, device: KeyId, user: &UserCode) {
        self.0.remove(&(device, Some(user.clone())));
        if let Some(count) = self.0.get_mut(&(device, None)) {
            count.wrong = count.wrong.saturating_sub(1);
            count.locked_until = count.since;
        }
    }
}

const fn fade(user: Option<&UserCode>) -> Duration {
    if user.is_some() { PERSON_FADE } else { DEVICE_FADE }
}

impl Count {
    fn faded(&self, fade: Duration, now: Instant) -> u32 {
        let passed = now.saturating_duration_since(self.since).as_secs() / fade.as_secs().max(1);
        u32::try_from(passed).unwrap_or(u32::MAX)
    }

    fn is_over(&self, fade: Duration, now: Instant) -> bool {
        self.locked_until <= now && self.faded(fade, now) >= self.wrong
    }

    fn add(&mut self, max: u32, fade: Duration, limits: &Limits, now: Instant) {
        let faded = self.faded(fade, now);
        self.since = if faded >= self.wrong { now } else { self.since + fade * faded };
        self.wrong = self.wrong.saturating_sub(faded).saturating_add(1);
        if let Some(beyond) = self.wrong.checked_sub(max) {
            let lock = limits.pin_lock.saturating_mul(2_u32.saturating_pow(beyond));
            self.locked_until = now + lock.min(limits.pin_lock_max);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::clock;

    const TILL: KeyId = KeyId(1);
    const OTHER: KeyId = KeyId(2);

    fn code(text: &str) -> UserCode {
        UserCode::new(text).unwrap()
    }

    /// Tries wrong PINs until it is locked: how many were tried, and how long it is locked.
    fn exhaust(attempts: &mut Attempts, user: &str, now: Instant) -> (u32, u64) {
        for tried in 0..1_000 {
            if let Err(ms) = attempts.begin(TILL, &code(user), &Limits::default(), now) {
                return (tried, ms);
            }
        }
        panic!("never locked");
    }

    #[test]
    fn t60_locks_grow_and_have_a_longest() {
        let (mut attempts, mut now) = (Attempts::default(), clock::now());
        assert_eq!(exhaust(&mut attempts, "ann", now), (5, 30_000));
        for wanted in [60_000, 120_000, 240_000, 300_000, 300_000] {
            now += Duration::from_millis(300_000);
            let (tried, ms) = exhaust(&mut attempts, "ann", now);
            assert!(tried >= 1, "whoever waits may try again");
            assert!(ms <= wanted && ms <= 300_000, "{ms}");
        }
    }

    #[test]
    fn t60_waiting_is_all_that_an_honest_person_needs() {
        let (mut attempts, now) = (Attempts::default(), clock::now());
        let limits = Limits::default();
        let (_, ms) = exhaust(&mut attempts, "ann", now);
        // Trying on while it is locked makes it no longer.
        for _ in 0..100 {
            assert!(attempts.begin(TILL, &code("ann"), &limits, now).is_err());
        }
        let later = now + Duration::from_millis(ms);
        assert_eq!(attempts.begin(TILL, &code("ann"), &limits, later), Ok(()));
        attempts.right(TILL, &code("ann"));
        assert_eq!(exhaust(&mut attempts, "ann", later).0, 5, "a right PIN wipes the slate");
    }

    #[test]
    fn t60_one_device_s_guesses_lock_nobody_out_elsewhere() {
        let (mut attempts, now) = (Attempts::default(), clock::now());
        let limits = Limits::default();
        exhaust(&mut attempts, "ann", now);
        assert_eq!(attempts.begin(OTHER, &code("ann"), &limits, now), Ok(()), "ann at another till");
        assert_eq!(attempts.begin(TILL, &code("bob"), &limits, now), Ok(()), "bob at this till");
    }

    #[test]
    fn t60_one_pin_tried_with_everybody_s_code_locks_the_device() {
        let (mut attempts, now) = (Attempts::default(), clock::now());
        let limits = Limits::default();
        let tries = (0..100).take_while(|n| attempts.begin(TILL, &code(&format!("u{n}")), &limits, now).is_ok());
        assert_eq!(tries.count(), 20);
        let later = now + Duration::from_secs(30);
        assert_eq!(attempts.begin(TILL, &code("honest"), &limits, later), Ok(()));
        attempts.right(TILL, &code("honest"));
        let next = attempts.begin(TILL, &code("next"), &limits, later);
        assert_eq!(next, Ok(()), "an honest try locks nobody out");
        // That one was wrong: those before it are not forgotten because one was right.
        assert_eq!(attempts.begin(TILL, &code("third"), &limits, later), Err(60_000));
    }

    #[test]
    fn wrong_pins_fade() {
        let (mut attempts, mut now) = (Attempts::default(), clock::now());
        for _ in 0..200 {
            assert_eq!(attempts.begin(TILL, &code("ann"), &Limits::default(), now), Ok(()), "a slip now and then");
            now += PERSON_FADE;
        }
        assert!(attempts.0.values().all(|count| count.wrong <= 1));
    }

    #[test]
    fn what_is_kept_has_a_limit() {
        let (mut attempts, mut now) = (Attempts::default(), clock::now());
        for n in 0..3 * KEPT_MAX as u64 {
            let _ = attempts.begin(KeyId(n), &code("ann"), &Limits::default(), now);
            now += PERSON_FADE;
        }
        assert!(attempts.0.len() <= KEPT_MAX + 2, "{}", attempts.0.len());
    }
}
