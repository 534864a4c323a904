//! Command ids made of what a command is about, so that replaying a file again repeats the same ids.

use onhand_engine::ids::CommandId;

/// The id of the command named by these parts: a version 8 UUID of their BLAKE3 hash. It depends on
/// nothing but the parts, so neither on the file's name nor on its order.
#[must_use]
pub fn derive(parts: &[&str]) -> CommandId {
    let mut hasher = blake3::Hasher::new_derive_key("onhand 2026 command ids of replayed transactions");
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    let mut bytes = [0; 16];
    hasher.finalize_xof().fill(&mut bytes);
    let random = u128::from_be_bytes(bytes);
    let version = 0xf_u128 << 76;
    let variant = 0x3_u128 << 62;
    CommandId((random & !version & !variant) | (0x8 << 76) | (0x2 << 62))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_stable_for_ever() {
        assert_eq!(derive(&["sale", "309", "31625220889"]).to_string(), "89a20180-f3f0-8f4d-b2b8-f0ee4191fdbd");
        assert_ne!(derive(&["a", "bc"]), derive(&["ab", "c"]));
    }
}
