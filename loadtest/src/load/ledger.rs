//! What was asked and what became of it, kept small: four bytes a request.

use super::goods::Place;

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// No answer yet, or none came.
    InDoubt,
    /// It is in the books, says the server.
    Accepted,
    /// Too little stock (2001).
    Short,
    /// The reservation is no longer live (2002).
    Gone,
    /// Refused for another reason: nothing happened.
    Failed,
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A basket at a till.
    Sale,
    /// A shopper holds a unit for a while.
    Reserve,
    /// The shopper buys what is held.
    Purchase,
    /// The shopper lets it go.
    Release,
}

/// All kinds, by their numbers.
pub(super) const KINDS: [Kind; 4] = [Kind::Sale, Kind::Reserve, Kind::Purchase, Kind::Release];
const FATES: [Fate; 5] = [Fate::InDoubt, Fate::Accepted, Fate::Short, Fate::Gone, Fate::Failed];

impl Kind {
    /// What it is called in the report.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Sale => "sale",
            Self::Reserve => "reserve",
            Self::Purchase => "purchase",
            Self::Release => "release",
        }
    }

    /// The word of its success, in the answer and in the log.
    pub(super) const fn done(self) -> &'static str {
        match self {
            Self::Sale | Self::Purchase => "recorded",
            Self::Reserve => "reserved",
            Self::Release => "released",
        }
    }
}

/// How a reservation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Open,
    Sold,
    Released,
    Expired,
}

const ENDS: [End; 4] = [End::Open, End::Sold, End::Released, End::Expired];

/// Bits of an entry: the place below, then fate, kind, the reservation's end, whether the log has it.
const PLACE_BITS: u32 = 24;
const PLACE: u32 = (1 << PLACE_BITS) - 1;
const FATE_AT: u32 = 24;
const FATE: u32 = 0x7 << FATE_AT;
const KIND_AT: u32 = 27;
const END_AT: u32 = 29;
const END: u32 = 0x3 << END_AT;
const LOGGED: u32 = 1 << 31;

/// A request: its connection, and its number on it.
pub(super) type At = (usize, usize);

/// Every request of a run, by connection and number on it.
#[derive(Debug)]
pub(super) struct Ledger {
    run: u64,
    asked: Vec<Vec<u32>>,
    /// By connection: the requests that are about an earlier reservation on it, in order, and which.
    about: Vec<Vec<(u32, u32)>>,
}

impl Ledger {
    /// Empty; `run` tells this run's ids from all others.
    pub(super) fn new(run: u64, connections: usize) -> Self {
        let (asked, about) = (vec![Vec::new(); connections], vec![Vec::new(); connections]);
        Self { run: run & 0xffff_ffff_ffff, asked, about }
    }

    /// The id of a request: a version 8 UUID of run, connection and number.
    pub(super) fn id(&self, (connection, number): At) -> u128 {
        let (connection, number) = (connection as u128, number as u128);
        let high = u128::from(self.run) << 16 | 0x8 << 12 | (connection >> 14 & 0xfff);
        let low = 0b10 << 62 | (connection & 0x3fff) << 48 | (number & 0xffff_ffff_ffff);
        high << 64 | low
    }

    /// The id of a request as people read it.
    pub(super) fn name(&self, at: At) -> String {
        uuid::Uuid::from_u128(self.id(at)).to_string()
    }

    /// The request with this id; none: not of this run.
    pub(super) fn find(&self, id: u128) -> Option<At> {
        let part = |shift: u32, bits: u32| usize::try_from(id >> shift & ((1 << bits) - 1)).unwrap_or(usize::MAX);
        let (connection, number) = (part(64, 12) << 14 | part(48, 14), part(0, 48));
        let known = self.asked.get(connection).is_some_and(|asked| number < asked.len());
        (known && self.id((connection, number)) == id).then_some((connection, number))
    }

    /// Notes a request; gives its number on the connection. `about` is the reservation it is about.
    pub(super) fn ask(&mut self, connection: usize, kind: Kind, place: Place, about: Option<usize>) -> usize {
        let asked = &mut self.asked[connection];
        let number = asked.len();
        asked.push(place & PLACE | (kind as u32) << KIND_AT);
        if let Some(about) = about.and_then(|about| u32::try_from(about).ok()) {
            self.about[connection].push((u32::try_from(number).unwrap_or(u32::MAX), about));
        }
        number
    }

    /// The reservation a request is about.
    pub(super) fn about(&self, (connection, number): At) -> Option<At> {
        let about = &self.about[connection];
        let found = about.binary_search_by_key(&(number as u64), |(number, _)| u64::from(*number)).ok()?;
        Some((connection, usize::try_from(about[found].1).ok()?))
    }

    fn entry(&self, (connection, number): At) -> u32 {
        self.asked[connection][number]
    }

    fn entry_mut(&mut self, (connection, number): At) -> &mut u32 {
        &mut self.asked[connection][number]
    }

    pub(super) fn place(&self, at: At) -> Place {
        self.entry(at) & PLACE
    }

    pub(super) fn kind(&self, at: At) -> Kind {
        KINDS[(self.entry(at) >> KIND_AT & 0x3) as usize]
    }

    pub(super) fn fate(&self, at: At) -> Fate {
        FATES.get(((self.entry(at) & FATE) >> FATE_AT) as usize).copied().unwrap_or(Fate::Failed)
    }

    pub(super) fn set_fate(&mut self, at: At, fate: Fate) {
        let entry = self.entry_mut(at);
        *entry = *entry & !FATE | (fate as u32) << FATE_AT;
    }

    /// How the reservation that this request made ended.
    pub(super) fn end(&self, at: At) -> End {
        ENDS[((self.entry(at) & END) >> END_AT) as usize]
    }

    pub(super) fn set_end(&mut self, at: At, end: End) {
        let entry = self.entry_mut(at);
        *entry = *entry & !END | (end as u32) << END_AT;
    }

    /// Marks it as found in the log; whether that is the first time.
    pub(super) fn log(&mut self, at: At) -> bool {
        let entry = self.entry_mut(at);
        let first = *entry & LOGGED == 0;
        *entry |= LOGGED;
        first
    }

    pub(super) fn is_logged(&self, at: At) -> bool {
        self.entry(at) & LOGGED != 0
    }

    /// Every request there was.
    pub(super) fn all(&self) -> impl Iterator<Item = At> + '_ {
        self.asked.iter().enumerate().flat_map(|(connection, asked)| (0..asked.len()).map(move |at| (connection, at)))
    }

    /// What the ids of a connection's requests begin with: all but the number.
    pub(super) fn id_stem(&self, connection: usize) -> String {
        self.name((connection, 0))[..24].to_owned()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_id_leads_back_to_its_request() {
        let mut ledger = Ledger::new(0xabcd_ef01_2345, 20_000);
        (0..3).for_each(|place| {
            ledger.ask(19_999, Kind::Sale, place, None);
        });
        let id = ledger.id((19_999, 2));
        assert_eq!(ledger.find(id), Some((19_999, 2)));
        assert_eq!(ledger.place((19_999, 2)), 2);
        assert_eq!(ledger.find(id + 1), None, "not asked");
        assert_eq!(ledger.find(id ^ (1 << 100)), None, "another run");
        assert_eq!(ledger.name((19_999, 2)), format!("{}{:012x}", ledger.id_stem(19_999), 2));
    }

    #[test]
    fn the_parts_of_an_entry_do_not_disturb_each_other() {
        let mut ledger = Ledger::new(1, 1);
        let held = (0, ledger.ask(0, Kind::Reserve, 7_999, None));
        let other = (0, ledger.ask(0, Kind::Sale, PLACE, None));
        let bought = (0, ledger.ask(0, Kind::Release, 7_999, Some(held.1)));
        for fate in FATES {
            for end in ENDS {
                ledger.set_fate(held, fate);
                ledger.set_end(held, end);
                assert_eq!((ledger.place(held), ledger.kind(held)), (7_999, Kind::Reserve));
                assert_eq!((ledger.fate(held), ledger.end(held)), (fate, end));
            }
        }
        assert!(!ledger.is_logged(held) && ledger.log(held) && !ledger.log(held) && ledger.is_logged(held));
        assert_eq!((ledger.place(other), ledger.kind(other), ledger.fate(other)), (PLACE, Kind::Sale, Fate::InDoubt));
        assert_eq!((ledger.about(bought), ledger.about(other)), (Some(held), None));
        assert_eq!(ledger.kind(bought), Kind::Release);
    }
}
