//! One append as it lies on disk: a header of fixed size, then the records.
//!
//! ```text
//! 0   magic and version   "OHB" 1
//! 4   records             u32
//! 8   first               u64, place of the first record
//! 16  bytes               u32, length of the records
//! 20  checksum            u32, CRC-32 of the records
//! 24  prev                32 bytes, the hash of the batch before; zero for the first
//! 56  hash                32 bytes, BLAKE3 of bytes 0 to 55 and the records
//! 88  header checksum     u32, CRC-32 of bytes 0 to 87
//! 92  the records
//! ```
//!
//! The checksums find damage quickly; the chain of hashes finds it too, and also what was put there
//! on purpose: one chain is the integrity of the log and its audit trail.

use crate::log::{Batch, Error};
use onhand_engine::ids::Seq;
use std::fmt;

const MAGIC: [u8; 4] = *b"OHB\x01";
/// Length of a header.
pub const HEADER_BYTES: usize = 92;
const HASHED: usize = 56;
const CHECKED: usize = 88;

/// The hash of a batch, and so of everything before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChainHash(pub [u8; 32]);

/// The header of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The place of its first record.
    pub first: Seq,
    /// How many records it has.
    pub records: u32,
    /// How many bytes they have.
    pub bytes: u32,
    /// CRC-32 of the records.
    pub checksum: u32,
    /// The hash of the batch before.
    pub prev: ChainHash,
    /// The hash of this one.
    pub hash: ChainHash,
}

/// A batch whose header is sound. Its records are still to be checked.
#[derive(Clone, Copy, Debug)]
pub struct Stored<'a> {
    /// The header.
    pub header: Header,
    raw: &'a [u8],
    /// The records as `format::encode` wrote them.
    pub body: &'a [u8],
}

/// What is wrong with the bytes of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The bytes end before the batch does.
    #[error("it ends too early")]
    Torn,
    /// There is something else.
    #[error("it does not start as a batch, or is of a newer version")]
    NotABatch,
    /// The header is not as it was written.
    #[error("its header does not fit its checksum")]
    Header,
    /// The records are not as they were written.
    #[error("its records do not fit their checksum")]
    Records,
    /// The hash is not that of the contents.
    #[error("its hash is not that of its contents")]
    Hash,
}

impl fmt::Display for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl ChainHash {
    /// Reads 64 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut hash = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        for (i, byte) in hash.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * i..2 * i + 2)?, 16).ok()?;
        }
        Some(Self(hash))
    }
}

/// Writes a batch into an empty buffer and returns its hash.
pub fn seal(first: Seq, records: u32, parts: &[&[u8]], prev: ChainHash, into: &mut Vec<u8>) -> ChainHash {
    into.clear();
    into.resize(HEADER_BYTES, 0);
    parts.iter().for_each(|part| into.extend_from_slice(part));
    let (header, body) = into.split_at_mut(HEADER_BYTES);
    let bytes = u32::try_from(body.len()).unwrap_or(u32::MAX);
    header[0..4].copy_from_slice(&MAGIC);
    header[4..8].copy_from_slice(&records.to_le_bytes());
    header[8..16].copy_from_slice(&first.0.to_le_bytes());
    header[16..20].copy_from_slice(&bytes.to_le_bytes());
    header[20..24].copy_from_slice(&crc32fast::hash(body).to_le_bytes());
    header[24..56].copy_from_slice(&prev.0);
    let hash = hash_of(&header[..HASHED], body);
    header[56..88].copy_from_slice(&hash.0);
    let checksum = crc32fast::hash(&header[..CHECKED]);
    header[88..92].copy_from_slice(&checksum.to_le_bytes());
    hash
}

fn hash_of(hashed: &[u8], body: &[u8]) -> ChainHash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(hashed);
    hasher.update(body);
    ChainHash(*hasher.finalize().as_bytes())
}

/// Splits one batch off, its header checked.
///
/// # Errors
/// [`Damage`]; `Torn` only when a sound header, or the start of one, promises more than is there.
pub fn split(bytes: &[u8]) -> Result<(Stored<'_>, &[u8]), Damage> {
    let Some((raw, rest)) = bytes.split_at_checked(HEADER_BYTES) else {
        let start = bytes.len().min(MAGIC.len());
        return Err(if bytes[..start] == MAGIC[..start] { Damage::Torn } else { Damage::NotABatch });
    };
    let header = header(raw)?;
    let length = usize::try_from(header.bytes).unwrap_or(usize::MAX);
    let (body, rest) = rest.split_at_checked(length).ok_or(Damage::Torn)?;
    Ok((Stored { header, raw: &bytes[..HEADER_BYTES + length], body }, rest))
}

/// Whether a batch may start with this byte.
pub(crate) const fn may_start_with(byte: u8) -> bool {
    byte == MAGIC[0]
}

/// Reads a header.
///
/// # Errors
/// [`Damage::NotABatch`] or [`Damage::Header`].
pub(crate) fn header(raw: &[u8]) -> Result<Header, Damage> {
    if raw.len() < HEADER_BYTES || raw[0..4] != MAGIC {
        return Err(Damage::NotABatch);
    }
    if u32_at(raw, 88) != crc32fast::hash(&raw[..CHECKED]) {
        return Err(Damage::Header);
    }
    Ok(Header {
        records: u32_at(raw, 4),
        first: Seq(u64::from(u32_at(raw, 8)) | (u64::from(u32_at(raw, 12)) << 32)),
        bytes: u32_at(raw, 16),
        checksum: u32_at(raw, 20),
        prev: hash_at(raw, 24),
        hash: hash_at(raw, 56),
    })
}

/// One batch that fills the bytes exactly, its header checked.
///
/// # Errors
/// [`Damage`].
pub fn whole(bytes: &[u8]) -> Result<Stored<'_>, Damage> {
    match split(bytes)? {
        (stored, []) => Ok(stored),
        _ => Err(Damage::NotABatch),
    }
}

fn u32_at(raw: &[u8], at: usize) -> u32 {
    let mut bytes = [0; 4];
    bytes.copy_from_slice(&raw[at..at + 4]);
    u32::from_le_bytes(bytes)
}

fn hash_at(raw: &[u8], at: usize) -> ChainHash {
    let mut hash = [0; 32];
    hash.copy_from_slice(&raw[at..at + 32]);
    ChainHash(hash)
}

impl Header {
    /// The place after its last record.
    #[must_use]
    pub const fn end(&self) -> Seq {
        Seq(self.first.0.saturating_add(self.records as u64))
    }
}

impl Stored<'_> {
    /// Checks the records against their checksum.
    ///
    /// # Errors
    /// [`Damage::Records`].
    pub fn check(&self) -> Result<(), Damage> {
        if crc32fast::hash(self.body) == self.header.checksum { Ok(()) } else { Err(Damage::Records) }
    }

    /// Checks the records and the hash.
    ///
    /// # Errors
    /// [`Damage::Records`] or [`Damage::Hash`].
    pub fn check_hash(&self) -> Result<(), Damage> {
        self.check()?;
        if hash_of(&self.raw[..HASHED], self.body) == self.header.hash { Ok(()) } else { Err(Damage::Hash) }
    }

    /// Header and records.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        self.raw
    }

    /// The batch for a reader.
    #[must_use]
    pub fn to_batch(&self) -> Batch {
        Batch { first: self.header.first, records: self.header.records, bytes: self.body.to_vec() }
    }
}

/// Where a chain of batches has got to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tip {
    /// The last record.
    pub last: Seq,
    /// The hash of its batch.
    pub hash: ChainHash,
}

impl Tip {
    /// Goes on by one batch.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when the batch does not follow.
    pub fn follow(&mut self, header: &Header) -> Result<(), Error> {
        let expected = self.last.0.saturating_add(1);
        if header.first.0 != expected {
            return Err(Error::Corrupt(format!(
                "record {expected} is missing: the next batch starts at {}",
                header.first.0
            )));
        }
        if header.prev != self.hash {
            return Err(Error::Corrupt(format!("the chain of hashes breaks before record {expected}")));
        }
        *self = Self { last: Seq(header.end().0.saturating_sub(1)), hash: header.hash };
        Ok(())
    }
}

/// Says where the damage is.
#[must_use]
pub fn damaged(at: Seq, damage: Damage) -> Error {
    Error::Corrupt(format!("the batch at record {}: {damage}", at.0))
}
