//! Records on disk. The one place where an engine type becomes bytes and comes back.
//!
//! A record is its length (u32, little-endian, of what follows), an archived [`Head`] of fixed size,
//! who asked for it as far as that is known, and an archived body of the kind the head names. Nearly every
//! record is a plain sale, which has a narrow body of its own, beside what was taken off its lines: a sale of one line and one tender takes about
//! 100 bytes in all.
//!
//! Responsible for: the layout, and reading back whatever was ever written with it.
//!
//! Not responsible for: batches, checksums, and what a record means.

mod account;
mod answer;
mod basket;
mod books;
mod catalogue;
mod codes;
mod costs;
mod drawer;
mod event;
mod goods;
pub mod head;
mod layaway;
mod payment;
mod people;
mod priced_sale;
mod pricing;
mod returns;
mod sale;
mod settlement;
pub mod state;
mod unreceipted;
mod whole_sale;
mod zone;

use event::AnyEvent;
use onhand_engine::event::{Event, Record, Sale};
use onhand_engine::fingerprint::Fingerprint;
use onhand_engine::ids::{CommandId, LocationId};
use onhand_engine::people::By;
use onhand_engine::time::Timestamp;
use priced_sale::PricedSale;
use rkyv::api::high::{HighSerializer, HighValidator};
use rkyv::bytecheck::CheckBytes;
use rkyv::rancor::Error as ArchiveError;
use rkyv::ser::allocator::{Arena, ArenaHandle};
use rkyv::{Archive, Portable, Serialize};
use std::cell::RefCell;

/// Why bytes are not records.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("record cannot be read: {0}")]
pub struct DecodeError(pub String);

/// What every record starts with.
#[derive(Archive, Serialize)]
struct Head {
    time: u64,
    command: u128,
    fingerprint: [u32; 4],
    location: u32,
    kind: u8,
}

/// Kinds of body. A number, once given, is never given again; the three highest bits are not part of it
/// (`people`).
const KIND_EVENT: u8 = 0;
const KIND_NARROW_SALE: u8 = 1;
const KIND_COSTED_SALE: u8 = 2;
const KIND_PRICED_SALE: u8 = 3;

const LENGTH_BYTES: usize = size_of::<u32>();
const HEAD_BYTES: usize = size_of::<ArchivedHead>();

/// Where the archiver works between two records: kept per thread, so that a record costs no
/// allocation.
#[derive(Default)]
struct Scratch {
    arena: Arena,
    sale: PricedSale,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Appends one record to a buffer.
pub fn encode(record: &Record, into: &mut Vec<u8>) {
    let start = into.len();
    into.extend_from_slice(&[0; LENGTH_BYTES]);
    SCRATCH.with_borrow_mut(|scratch| match &record.event {
        Event::SaleRecorded(sale) if scratch.sale.fill(sale) => {
            let priced = &scratch.sale;
            let kind = match (sale.pricing.is_some(), priced.sale.has_costs()) {
                (true, _) => KIND_PRICED_SALE,
                (false, true) => KIND_COSTED_SALE,
                (false, false) => KIND_NARROW_SALE,
            };
            archive(&mut scratch.arena, &Head::of(record, kind), into);
            people::write(record.by, into);
            match kind {
                KIND_PRICED_SALE => archive(&mut scratch.arena, priced, into),
                KIND_COSTED_SALE => archive(&mut scratch.arena, &priced.sale, into),
                _ => archive(&mut scratch.arena, &priced.sale.sale, into),
            }
        }
        event => {
            archive(&mut scratch.arena, &Head::of(record, KIND_EVENT), into);
            people::write(record.by, into);
            archive(&mut scratch.arena, &AnyEvent::from(event), into);
        }
    });
    let length = u32::try_from(into.len() - start - LENGTH_BYTES).unwrap_or(u32::MAX);
    if let Some(place) = into.get_mut(start..start + LENGTH_BYTES) {
        place.copy_from_slice(&length.to_le_bytes());
    }
}

/// The records of a batch, in order.
///
/// # Errors
/// [`DecodeError`] at the first that cannot be read.
pub fn decode(bytes: &[u8]) -> Result<Vec<Record>, DecodeError> {
    frames(bytes).map(|frame| frame?.record()).collect()
}

/// Tells every record of a batch, in order.
///
/// # Errors
/// [`DecodeError`] at the first that cannot be read; those before it were told.
pub fn decode_each(bytes: &[u8], mut tell: impl FnMut(Record)) -> Result<(), DecodeError> {
    for frame in frames(bytes) {
        tell(frame?.record()?);
    }
    Ok(())
}

/// The records of a batch, each looked at only as far as its head.
#[must_use]
pub const fn frames(bytes: &[u8]) -> Frames<'_> {
    Frames { rest: bytes }
}

/// An iterator over the records of a batch.
#[derive(Clone, Debug)]
pub struct Frames<'a> {
    rest: &'a [u8],
}

/// One record, not yet read beyond its head.
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    head: &'a ArchivedHead,
    by: By,
    body: &'a [u8],
}

impl<'a> Iterator for Frames<'a> {
    type Item = Result<Frame<'a>, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let Some((frame, rest)) = split_frame(self.rest) else {
            self.rest = &[];
            return Some(Err(DecodeError("the batch ends within a record".into())));
        };
        self.rest = rest;
        Some(Frame::new(frame))
    }
}

fn split_frame(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<LENGTH_BYTES>()?;
    rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)
}

impl<'a> Frame<'a> {
    fn new(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let too_short = || DecodeError(format!("{} bytes are too few for a record", bytes.len()));
        let (head, body) = bytes.split_at_checked(HEAD_BYTES).ok_or_else(too_short)?;
        let head = access::<ArchivedHead>(head)?;
        let (by, body) = people::read(head.kind, body)?;
        Ok(Self { head, by, body })
    }

    /// Where it was decided.
    #[must_use]
    pub fn location(&self) -> LocationId {
        LocationId(self.head.location.to_native())
    }

    /// When it was decided.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        Timestamp(self.head.time.to_native())
    }

    /// The command that asked for it.
    #[must_use]
    pub fn command(&self) -> CommandId {
        CommandId(self.head.command.to_native())
    }

    /// Whether it is a sale that says that it is this owner's: known without reading all of it.
    ///
    /// # Errors
    /// [`DecodeError`] when its body cannot be read.
    pub fn is_sale_of(&self, owner: &str) -> Result<bool, DecodeError> {
        match people::without_flags(self.head.kind) {
            KIND_EVENT => Ok(access::<event::ArchivedAnyEvent>(self.body)?.is_sale_of(owner)),
            _ => Ok(false),
        }
    }

    /// Whether it is a sale, a return, an exchange, of a layaway, or of a drawer: known without reading all of it.
    ///
    /// # Errors
    /// [`DecodeError`] when its body cannot be read.
    pub fn is_of_tills(&self) -> Result<bool, DecodeError> {
        match people::without_flags(self.head.kind) {
            KIND_EVENT => Ok(access::<event::ArchivedAnyEvent>(self.body)?.is_of_tills()),
            _ => Ok(true),
        }
    }

    /// The whole record.
    ///
    /// # Errors
    /// [`DecodeError`] when its body cannot be read.
    pub fn record(&self) -> Result<Record, DecodeError> {
        Ok(Record {
            time: self.time(),
            command: self.command(),
            fingerprint: self.fingerprint(),
            location: self.location(),
            by: self.by,
            event: self.event()?,
        })
    }

    /// The whole record in the place of another. A sale takes over the room of a sale's lists: going
    /// through many sales costs no allocations.
    ///
    /// # Errors
    /// [`DecodeError`] when its body cannot be read; the other record is neither then.
    pub fn read_into(&self, record: &mut Record) -> Result<(), DecodeError> {
        match (&mut record.event, people::without_flags(self.head.kind)) {
            (Event::SaleRecorded(sale), KIND_NARROW_SALE | KIND_COSTED_SALE | KIND_PRICED_SALE) => {
                self.sale_into(sale)?
            }
            (event, _) => *event = self.event()?,
        }
        record.time = self.time();
        record.command = self.command();
        record.fingerprint = self.fingerprint();
        record.location = self.location();
        record.by = self.by;
        Ok(())
    }

    fn fingerprint(&self) -> Fingerprint {
        let [op, lines, money, rest] = self.head.fingerprint.map(|part| part.to_native());
        Fingerprint { op, lines, money, rest }
    }

    fn event(&self) -> Result<Event, DecodeError> {
        match people::without_flags(self.head.kind) {
            KIND_NARROW_SALE | KIND_COSTED_SALE | KIND_PRICED_SALE => {
                let mut sale = sale::blank();
                self.sale_into(&mut sale)?;
                Ok(Event::SaleRecorded(sale))
            }
            KIND_EVENT => unarchive::<AnyEvent>(self.body)?.try_into(),
            other => Err(DecodeError(format!("unknown kind of record: {other}"))),
        }
    }

    /// A narrow sale in the place of another.
    fn sale_into(&self, sale: &mut Sale) -> Result<(), DecodeError> {
        match people::without_flags(self.head.kind) {
            KIND_PRICED_SALE => access::<priced_sale::ArchivedPricedSale>(self.body)?.read_into(sale),
            KIND_COSTED_SALE => access::<sale::ArchivedCostedSale>(self.body)?.read_into(sale),
            _ => access::<sale::ArchivedNarrowSale>(self.body)?.read_into(sale),
        }
    }
}

impl Head {
    fn of(record: &Record, kind: u8) -> Self {
        let Fingerprint { op, lines, money, rest } = record.fingerprint;
        Self {
            time: record.time.0,
            command: record.command.0,
            fingerprint: [op, lines, money, rest],
            location: record.location.0,
            kind: kind | people::flags(record.by),
        }
    }
}

type Serializer<'a, 'v> = HighSerializer<&'v mut Vec<u8>, ArenaHandle<'a>, ArchiveError>;

/// Appends the archived form of a value.
#[expect(clippy::expect_used, reason = "writing to memory fails only when there is none")]
fn archive<T>(arena: &mut Arena, value: &T, into: &mut Vec<u8>)
where
    T: for<'a, 'v> Serialize<Serializer<'a, 'v>>,
{
    rkyv::api::high::to_bytes_in_with_alloc::<_, _, ArchiveError>(value, into, arena.acquire())
        .expect("a value can be archived into memory");
}

/// A checked view of an archived value.
fn access<T>(bytes: &[u8]) -> Result<&T, DecodeError>
where
    T: Portable + for<'a> CheckBytes<HighValidator<'a, ArchiveError>>,
{
    rkyv::access::<T, ArchiveError>(bytes).map_err(|e| DecodeError(e.to_string()))
}

/// An archived value, checked and read back whole.
fn unarchive<T>(bytes: &[u8]) -> Result<T, DecodeError>
where
    T: Archive,
    T::Archived: for<'a> CheckBytes<HighValidator<'a, ArchiveError>>
        + rkyv::Deserialize<T, rkyv::api::high::HighDeserializer<ArchiveError>>,
{
    rkyv::from_bytes::<T, ArchiveError>(bytes).map_err(|e| DecodeError(e.to_string()))
}
