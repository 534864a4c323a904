//! PINs: hashed slowly, away from the threads of the sockets, and compared with what is stored. The
//! digits are neither kept nor logged.

use super::Signed;
use super::attempts::Attempts;
use crate::clock;
use crate::fault::Fault;
use crate::server::Shared;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use onhand_engine::catalogue::KeyId;
use onhand_engine::ids::{CommandId, UserCode};
use onhand_engine::people::PinHash;
use onhand_protocol::message::{Pin, SetPin, SignIn};
use std::sync::{Mutex, PoisonError};
use tokio::sync::Semaphore;

/// PINs that wait to be hashed; more are told 5001.
const WAITING_MAX: usize = 64;
/// PINs hashed at once: each takes 19 MiB and a core for some 20 ms, which sales go before.
const AT_ONCE: usize = 2;
const RETRY_MS: u64 = 500;

/// Where PINs are looked at.
pub(crate) struct Pins {
    attempts: Mutex<Attempts>,
    waiting: Semaphore,
    hashing: Semaphore,
    /// The hash of no PIN: looked at for whoever has none, so that it takes as long.
    nobody: PinHash,
}

impl Pins {
    pub(crate) fn new() -> Result<Self, getrandom::Error> {
        let (attempts, waiting, hashing) = (Mutex::default(), Semaphore::new(WAITING_MAX), Semaphore::new(AT_ONCE));
        let nobody = hash("", &getrandom::u64()?.to_le_bytes()).unwrap_or_else(|_| PinHash::new(""));
        Ok(Self { attempts, waiting, hashing, nobody })
    }

    /// Whether the PIN is that of the user, who is not disabled. Somebody unknown, somebody without a PIN
    /// and a wrong PIN are told alike.
    pub(crate) async fn check(&self, shared: &Shared, device: KeyId, asked: SignIn) -> Result<Signed, Fault> {
        let SignIn { user: code, pin } = asked;
        let code = code.0;
        let _place = self.waiting.try_acquire().map_err(|_| busy())?;
        self.begin(shared, device, &code)?;
        let people = shared.handle.directory().people();
        let user = people.user_by_code(&code);
        let stored = user.and_then(|user| user.pin.clone());
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.nobody.clone());
        let is_right = self.on_blocking_thread(move || verify(&pin, &stored)).await? && known;
        // As they are now: while it was looked at, they may have been disabled or given another PIN.
        let (people, signed) = (shared.handle.directory().people(), user.map(Signed::of));
        let signed = signed.filter(|signed| is_right && signed.is_current(&people)).ok_or_else(wrong)?;
        self.lock().right(device, &code);
        match people.user(signed.user) {
            Some(user) if !user.disabled => Ok(signed),
            _ => Err(Fault::new(4012, format!("the user {code} is disabled")).at("user")),
        }
    }

    /// The hash that is stored for a new PIN. The same command gets the same one again, so that a repeat
    /// is known as such: its salt, which is no secret, follows from the command's id and the user.
    pub(crate) async fn hash(&self, id: CommandId, asked: &SetPin) -> Result<PinHash, Fault> {
        let _place = self.waiting.try_acquire().map_err(|_| busy())?;
        let (pin, salt) = (asked.pin.clone(), salt_of(id, &asked.user.0));
        let hashed = self.on_blocking_thread(move || hash(pin.digits(), &salt)).await?;
        hashed.map_err(|why| {
            tracing::error!(%why, "a PIN cannot be hashed");
            Fault::new(5005, "the PIN cannot be hashed now")
        })
    }

    fn begin(&self, shared: &Shared, device: KeyId, user: &UserCode) -> Result<(), Fault> {
        let begun = self.lock().begin(device, user, &shared.limits, clock::now());
        begun.map_err(|ms| {
            tracing::warn!(device = format!("{:016x}", device.0), user = user.as_str(), "too many wrong PINs");
            Fault::new(4019, format!("too many wrong PINs at this device; try again in {ms} ms")).retry_after(ms)
        })
    }

    async fn on_blocking_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Fault> {
        let contained = || Fault::new(5005, "an error inside the server was contained");
        let _one = self.hashing.acquire().await.map_err(|_| contained())?;
        tokio::task::spawn_blocking(work).await.map_err(|_| contained())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Attempts> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wrong() -> Fault {
    Fault::new(4018, "user and PIN do not belong together")
}

fn busy() -> Fault {
    let text = format!("too many PINs are being looked at; try again in {RETRY_MS} ms");
    Fault::new(5001, text).retry_after(RETRY_MS)
}

/// Argon2id with the parameters that OWASP names as the least: 19 MiB, two passes, one lane.
fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default())
}

fn hash(digits: &str, salt: &[u8]) -> Result<PinHash, argon2::password_hash::Error> {
    let salt = SaltString::encode_b64(salt)?;
    let hashed = argon2().hash_password(digits.as_bytes(), &salt)?;
    Ok(PinHash::new(&hashed.to_string()))
}

fn verify(pin: &Pin, stored: &PinHash) -> bool {
    let stored = PasswordHash::new(stored.as_str());
    stored.is_ok_and(|stored| argon2().verify_password(pin.digits().as_bytes(), &stored).is_ok())
}

fn salt_of(id: CommandId, user: &UserCode) -> [u8; 16] {
    let mut material = id.0.to_be_bytes().to_vec();
    material.extend_from_slice(user.as_str().as_bytes());
    let whole = blake3::derive_key("onhand 2026 salt of a PIN", &material);
    let mut salt = [0; 16];
    salt.copy_from_slice(&whole[..16]);
    salt
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn pin(digits: &str) -> Pin {
        serde_json::from_str(&format!("\"{digits}\"")).unwrap()
    }

    #[test]
    fn t60_a_stored_pin_is_argon2id_and_tells_nothing_of_it() {
        let (id, ann, bob) = (CommandId(1), UserCode::new("ann").unwrap(), UserCode::new("bob").unwrap());
        let stored = hash("4711", &salt_of(id, &ann)).unwrap();
        assert!(stored.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", stored.as_str());
        assert!(verify(&pin("4711"), &stored));
        assert!(!verify(&pin("4712"), &stored) && !verify(&pin("47110"), &stored));
        assert_eq!(hash("4711", &salt_of(id, &ann)).unwrap(), stored, "a repeat is the same command");
        assert_ne!(hash("4711", &salt_of(id, &bob)).unwrap(), stored, "the same PIN of two people looks different");
        assert_ne!(hash("4711", &salt_of(CommandId(2), &ann)).unwrap(), stored);
        assert!(!verify(&pin("4711"), &PinHash::new("not a hash")));
    }
}
