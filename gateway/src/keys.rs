//! Keys and tokens: minting and checking. No secret is kept, logged or compared in the clear.
//!
//! A key is `ohk_<16 hex: its id>_<64 hex: its secret>`; BLAKE3 of the secret's 32 bytes is stored. A
//! token is `oht_<12 hex: expiry in ms>_<16 hex: the shopper's session>_<32 hex: seal>`; it is not stored
//! at all: the seal is a keyed BLAKE3 whose key is drawn when the process starts. So is a person's,
//! `ohu_<12 hex: expiry in ms>_<16 hex: the device's key>_<8 hex: their number>_<8 hex: how often their PIN
//! was set>_<32 hex: seal>`, which is good at one device only.

use crate::fault::Fault;
use crate::people::Signed;
use onhand_actors::directory::Directory;
use onhand_engine::card_number;
use onhand_engine::catalogue::{Key, KeyId, Role};
use onhand_engine::ids::Label;
use onhand_engine::people::UserNo;
use onhand_engine::time::{Millis, Timestamp};
use std::num::NonZeroU32;

/// How long a shopper's token lives.
pub const TOKEN_TTL: Millis = Millis(10 * 60_000);
/// How long a person's token lives.
pub const PERSON_TTL: Millis = Millis(15 * 60_000);

const SECRET_BYTES: usize = 32;
const SEAL_BYTES: usize = 16;

/// A key that was just made: the only time its text is known.
pub struct Minted {
    /// What is shown to its holder, once.
    pub text: String,
    /// What is stored.
    pub key: Key,
}

/// The operating system has no randomness to give.
#[derive(Debug, thiserror::Error)]
#[error("no randomness from the operating system: {0}")]
pub struct NoRandomness(#[from] getrandom::Error);

/// Makes a new key for a holder. It is accepted once it was stored (`Action::CreateKey`).
///
/// # Errors
/// [`NoRandomness`].
pub fn mint(role: Role, holder: Label, now: Timestamp) -> Result<Minted, NoRandomness> {
    let mut id = KeyId(getrandom::u64()?);
    // It stands in addresses and logs, where nothing may look like a card number.
    while card_number::find(format!("{:016x}", id.0).as_bytes()).is_some() {
        id = KeyId(getrandom::u64()?);
    }
    let mut secret = [0_u8; SECRET_BYTES];
    getrandom::fill(&mut secret)?;
    let key = Key { id, role, holder, secret_hash: *blake3::hash(&secret).as_bytes(), created: now, revoked: None };
    Ok(Minted { text: format!("ohk_{:016x}_{}", id.0, hex(&secret)), key })
}

/// Who is asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Principal {
    /// The holder of a key.
    Key {
        /// Which key.
        id: KeyId,
        /// What it may do.
        role: Role,
    },
    /// A shopper's browser with a short-lived token.
    Shopper {
        /// Tells shoppers apart.
        session: u64,
        /// When the token ends.
        expires: Timestamp,
    },
}

impl Principal {
    /// The word for it in logs and in the answer to `hello`.
    #[must_use]
    pub fn role_name(&self) -> &'static str {
        match self {
            Principal::Key { role, .. } => role.name(),
            Principal::Shopper { .. } => "shopper",
        }
    }

    /// The key of the device; none for a shopper's browser.
    pub(crate) const fn device(&self) -> Option<KeyId> {
        match self {
            Principal::Key { id, .. } => Some(*id),
            Principal::Shopper { .. } => None,
        }
    }

    /// Whether a connection may go on with other rights: a shopper renews a token, a key stays itself. What
    /// was subscribed with one key must not outlive it under another.
    pub(crate) fn is_same_holder(&self, now: &Principal) -> bool {
        match (self, now) {
            (Principal::Shopper { .. }, Principal::Shopper { .. }) => true,
            (Principal::Key { id: before, .. }, Principal::Key { id: now, .. }) => before == now,
            _ => false,
        }
    }

    /// Whether it is still good: a key can be revoked, a token ends.
    pub(crate) fn check(&self, directory: &Directory, now: Timestamp) -> Result<(), Fault> {
        match self {
            Principal::Key { id, .. } => match directory.key(*id) {
                None => Err(Fault::new(4002, "this key is not known")),
                Some(key) if key.revoked.is_some() => Err(Fault::new(4003, "this key was revoked")),
                Some(_) => Ok(()),
            },
            Principal::Shopper { expires, .. } if *expires <= now => {
                Err(Fault::new(4006, "the token's time is over; ask for a new one at POST /v1/token"))
            }
            Principal::Shopper { .. } => Ok(()),
        }
    }
}

/// Whether a text is written as keys and tokens are, good or not.
pub(crate) fn has_form(text: &str) -> bool {
    let rest = text.strip_prefix("ohk_").or_else(|| text.strip_prefix("oht_"));
    rest.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'_'))
}

/// Checks what stands behind `Authorization: Bearer` or in a `hello`.
pub(crate) fn check(text: &str, directory: &Directory, tokens: &Tokens, now: Timestamp) -> Result<Principal, Fault> {
    if text.starts_with("oht_") {
        return tokens.check(text, now);
    }
    let wrong = || Fault::new(4002, "this key is not known");
    let (id, secret) = text.strip_prefix("ohk_").and_then(|rest| rest.split_once('_')).ok_or_else(wrong)?;
    let id = KeyId(u64::from_str_radix(id, 16).map_err(|_| wrong())?);
    let secret: [u8; SECRET_BYTES] = unhex(secret).ok_or_else(wrong)?;
    let key = directory.key(id).ok_or_else(wrong)?;
    // `blake3::Hash` compares in constant time.
    if blake3::hash(&secret) != blake3::Hash::from_bytes(key.secret_hash) {
        return Err(wrong());
    }
    let principal = Principal::Key { id, role: key.role };
    principal.check(directory, now)?;
    Ok(principal)
}

/// Makes and checks the tokens of this process.
pub(crate) struct Tokens {
    key: [u8; 32],
}

impl Tokens {
    pub(crate) fn new() -> Result<Self, NoRandomness> {
        let mut key = [0_u8; 32];
        getrandom::fill(&mut key)?;
        Ok(Self { key })
    }

    pub(crate) fn issue(&self, now: Timestamp) -> Result<(String, Timestamp), NoRandomness> {
        let expires = now.plus(TOKEN_TTL);
        let body = format!("{:012x}_{:016x}", expires.0, getrandom::u64()?);
        Ok((format!("oht_{body}_{}", hex(&self.seal(&body))), expires))
    }

    fn check(&self, text: &str, now: Timestamp) -> Result<Principal, Fault> {
        let wrong = || Fault::new(4002, "this token is not known; ask for a new one at POST /v1/token");
        let (body, seal) = text.strip_prefix("oht_").and_then(|rest| rest.rsplit_once('_')).ok_or_else(wrong)?;
        let seal: [u8; SEAL_BYTES] = unhex(seal).ok_or_else(wrong)?;
        if !same(&seal, &self.seal(body)) {
            return Err(wrong());
        }
        let (expires, session) = body.split_once('_').ok_or_else(wrong)?;
        let number = |text| u64::from_str_radix(text, 16).map_err(|_| wrong());
        let principal = Principal::Shopper { session: number(session)?, expires: Timestamp(number(expires)?) };
        if let Principal::Shopper { expires, .. } = principal
            && expires <= now
        {
            return Err(Fault::new(4006, "the token's time is over; ask for a new one at POST /v1/token"));
        }
        Ok(principal)
    }

    /// A person's token for a device.
    pub(crate) fn issue_person(&self, device: KeyId, signed: Signed, now: Timestamp) -> (String, Timestamp) {
        let expires = now.plus(PERSON_TTL);
        let Signed { user, pins_set } = signed;
        let body = format!("{:012x}_{:016x}_{:08x}_{pins_set:08x}", expires.0, device.0, user.0);
        (format!("ohu_{body}_{}", hex(&self.seal(&body))), expires)
    }

    /// Who shows a person's token at a device.
    pub(crate) fn check_person(&self, text: &str, device: KeyId, now: Timestamp) -> Result<Signed, Fault> {
        let wrong = || Fault::new(4021, "this sign-in is not known here; sign in again at POST /v1/sign_in");
        let (body, seal) = text.strip_prefix("ohu_").and_then(|rest| rest.rsplit_once('_')).ok_or_else(wrong)?;
        let seal: [u8; SEAL_BYTES] = unhex(seal).ok_or_else(wrong)?;
        if !same(&seal, &self.seal(body)) {
            return Err(wrong());
        }
        let mut numbers = body.split('_').map(|text| u64::from_str_radix(text, 16).map_err(|_| wrong()));
        let mut next = || numbers.next().unwrap_or_else(|| Err(wrong()));
        let (expires, its_device, user, pins_set) = (next()?, next()?, next()?, next()?);
        if its_device != device.0 {
            return Err(Fault::new(4021, "this sign-in is another device's; sign in here"));
        }
        if expires <= now.0 {
            return Err(Fault::new(4021, "the sign-in is over; sign in again at POST /v1/sign_in"));
        }
        let number = |number: u64| u32::try_from(number).map_err(|_| wrong());
        let user = NonZeroU32::new(number(user)?).map(UserNo).ok_or_else(wrong)?;
        Ok(Signed { user, pins_set: number(pins_set)? })
    }

    fn seal(&self, body: &str) -> [u8; SEAL_BYTES] {
        let mut seal = [0_u8; SEAL_BYTES];
        seal.copy_from_slice(&blake3::keyed_hash(&self.key, body.as_bytes()).as_bytes()[..SEAL_BYTES]);
        seal
    }
}

/// Equal, found out in the same time wherever they differ.
fn same(a: &[u8; SEAL_BYTES], b: &[u8; SEAL_BYTES]) -> bool {
    let pad = |seal: &[u8; SEAL_BYTES]| {
        let mut whole = [0_u8; 32];
        whole[..SEAL_BYTES].copy_from_slice(seal);
        blake3::Hash::from_bytes(whole)
    };
    pad(a) == pad(b)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != N * 2 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let mut bytes = [0_u8; N];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_token_is_good_for_its_time_only_and_only_as_it_was_given() {
        let tokens = Tokens::new().unwrap();
        let now = Timestamp(1_700_000_000_000);
        let (text, expires) = tokens.issue(now).unwrap();
        assert_eq!(expires, now.plus(TOKEN_TTL));
        assert!(matches!(tokens.check(&text, now), Ok(Principal::Shopper { .. })));
        assert_eq!(tokens.check(&text, expires).unwrap_err().number, 4006);
        for at in 4..text.len() {
            let mut other = text.clone().into_bytes();
            other[at] = if other[at] == b'0' { b'1' } else { b'0' };
            let other = String::from_utf8(other).unwrap();
            assert_eq!(tokens.check(&other, now).unwrap_err().number, 4002, "{other}");
        }
        assert_eq!(Tokens::new().unwrap().check(&text, now).unwrap_err().number, 4002);
    }

    #[test]
    fn a_minted_key_has_the_documented_shape() {
        let minted = mint(Role::Till, Label::new("s1").unwrap(), Timestamp(0)).unwrap();
        let parts: Vec<&str> = minted.text.split('_').collect();
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [3, 16, 64]);
        let secret: [u8; 32] = unhex(parts[2]).unwrap();
        assert_eq!(*blake3::hash(&secret).as_bytes(), minted.key.secret_hash);
    }
}
