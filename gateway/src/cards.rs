//! Gift cards at the door: their codes are made here, and guessing them is limited.

use crate::fault::Fault;
use crate::keys::{NoRandomness, Principal};
use crate::limits::Bucket;
use hashbrown::HashMap;
use onhand_engine::ids::{AccountId, LocationId};
use onhand_protocol::card_code::CardCode;
use onhand_protocol::message::{AccountType, Body};
use onhand_protocol::value::Id;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Accounts that there are not, which one key may ask for at once.
const MISSES_AT_ONCE: u32 = 20;
/// How many of these it gets back each second.
const MISSES_PER_S: u32 = 1;
/// Keys that are watched so; a key that has missed nothing lately is not.
const KEYS_MAX: usize = 10_000;

/// Makes the code of a gift card that is asked for.
///
/// # Errors
/// 5005 without randomness from the operating system.
pub(crate) fn prepare(id: Id, body: &mut Body) -> Result<(), Fault> {
    if let Body::IssueAccount(asked) = body
        && asked.kind == AccountType::GiftCard
    {
        asked.code = Some(mint(id).map_err(|error| Fault::new(5005, error.to_string()))?);
    }
    Ok(())
}

/// A code whose account is among those of the place where the command is looked up when it comes again:
/// so a repeat, for which another code is made, is known there.
fn mint(id: Id) -> Result<CardCode, NoRandomness> {
    let place = LocationId::of_account(AccountId(id.0));
    loop {
        let mut bytes = [0; 20];
        getrandom::fill(&mut bytes)?;
        let code = CardCode::of_random(bytes);
        if LocationId::of_account(code.account()) == place {
            return Ok(code);
        }
    }
}

/// How often each key asked for accounts that there are not. Whoever knows the codes is not slowed.
#[derive(Default)]
pub(crate) struct Guesses {
    missed: Mutex<HashMap<Principal, Bucket>>,
}

impl Guesses {
    /// Whether somebody may ask about a code, who has not missed too often.
    pub(crate) fn check(&self, principal: &Principal, body: &Body, now: Instant) -> Result<(), Fault> {
        if !body.has_card_code() {
            return Ok(());
        }
        let missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
        // A copy: only a miss takes one away.
        let Some(mut bucket) = missed.get(principal).copied() else { return Ok(()) };
        drop(missed);
        bucket.take(now).map_err(|ms| {
            let text = format!("too many codes that are no card's; try again in {ms} ms");
            Fault::new(5012, text).retry_after(ms)
        })
    }

    /// Somebody asked for an account that there is not.
    pub(crate) fn miss(&self, principal: Principal, now: Instant) {
        let mut missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
        if missed.len() >= KEYS_MAX {
            missed.retain(|_, bucket| !bucket.is_full(now));
        }
        let bucket = missed.entry(principal).or_insert_with(|| Bucket::new(MISSES_PER_S, MISSES_AT_ONCE, now));
        let _ = bucket.take(now);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::clock;
    use onhand_engine::catalogue::{KeyId, Role};
    use onhand_protocol::message::ReadAccount;
    use std::time::Duration;

    #[test]
    fn a_card_is_at_the_place_of_the_command_that_asked_for_it() {
        for n in 0..50 {
            let id = Id(n * 7_919);
            let (one, other) = (mint(id).unwrap(), mint(id).unwrap());
            assert_ne!(one, other);
            for code in [one, other] {
                assert_eq!(LocationId::of_account(code.account()), LocationId::of_account(AccountId(id.0)));
            }
        }
    }

    #[test]
    fn only_who_misses_too_often_has_to_wait() {
        let (guesses, now) = (Guesses::default(), clock::now());
        let key = |n| Principal::Key { id: KeyId(n), role: Role::Till };
        let by_code = Body::Account(ReadAccount { code: Some(mint(Id(1)).unwrap()), ..Default::default() });
        let by_id = Body::Account(ReadAccount { account: Some(Id(1)), ..Default::default() });
        for _ in 0..MISSES_AT_ONCE {
            assert!(guesses.check(&key(1), &by_code, now).is_ok());
            guesses.miss(key(1), now);
        }
        let fault = guesses.check(&key(1), &by_code, now).unwrap_err();
        assert_eq!((fault.number, fault.retry_ms), (5012, Some(1_000)));
        assert!(guesses.check(&key(1), &by_id, now).is_ok(), "an id is no guess");
        assert!(guesses.check(&key(2), &by_code, now).is_ok(), "another key");
        assert!(guesses.check(&key(1), &by_code, now + Duration::from_secs(1)).is_ok());
    }
}
