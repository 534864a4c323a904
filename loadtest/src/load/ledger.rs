//! What was asked and what became of it, kept small: four bytes a request.

use super::goods::{Goods, Place};

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// No answer yet, or none came.
    InDoubt,
    /// The sale is in the books, says the server.
    Accepted,
    /// Too little stock (2001).
    Short,
    /// Refused for another reason: nothing happened.
    Failed,
}

/// Bits of an entry: the place below, then the fate, then whether the log has it.
const PLACE_BITS: u32 = 24;
const PLACE: u32 = (1 << PLACE_BITS) - 1;
const LOGGED: u32 = 1 << 31;

/// Every request of a run, by connection and number on it.
#[derive(Debug)]
pub(super) struct Ledger {
    run: u64,
    asked: Vec<Vec<u32>>,
}

impl Ledger {
    /// Empty; `run` tells this run's ids from all others.
    pub(super) fn new(run: u64, connections: usize) -> Self {
        Self { run: run & 0xffff_ffff_ffff, asked: vec![Vec::new(); connections] }
    }

    /// The id of a request: a version 8 UUID of run, connection and number.
    pub(super) fn id(&self, connection: usize, number: usize) -> u128 {
        let (connection, number) = (connection as u128, number as u128);
        let high = u128::from(self.run) << 16 | 0x8 << 12 | (connection >> 14 & 0xfff);
        let low = 0b10 << 62 | (connection & 0x3fff) << 48 | (number & 0xffff_ffff_ffff);
        high << 64 | low
    }

    /// The request with this id; none: not of this run.
    pub(super) fn find(&self, id: u128) -> Option<(usize, usize)> {
        let part = |shift: u32, bits: u32| usize::try_from(id >> shift & ((1 << bits) - 1)).unwrap_or(usize::MAX);
        let (connection, number) = (part(64, 12) << 14 | part(48, 14), part(0, 48));
        let known = self.asked.get(connection).is_some_and(|asked| number < asked.len());
        (known && self.id(connection, number) == id).then_some((connection, number))
    }

    /// Notes a request; gives its number on the connection.
    pub(super) fn ask(&mut self, connection: usize, place: Place) -> usize {
        let asked = &mut self.asked[connection];
        asked.push(place & PLACE);
        asked.len() - 1
    }

    pub(super) fn place(&self, (connection, number): (usize, usize)) -> Place {
        self.asked[connection][number] & PLACE
    }

    pub(super) fn fate(&self, (connection, number): (usize, usize)) -> Fate {
        match self.asked[connection][number] >> PLACE_BITS & 0x3 {
            1 => Fate::Accepted,
            2 => Fate::Short,
            3 => Fate::Failed,
            _ => Fate::InDoubt,
        }
    }

    pub(super) fn set_fate(&mut self, (connection, number): (usize, usize), fate: Fate) {
        let code = match fate {
            Fate::InDoubt => 0,
            Fate::Accepted => 1,
            Fate::Short => 2,
            Fate::Failed => 3,
        };
        let entry = &mut self.asked[connection][number];
        *entry = *entry & !(0x3 << PLACE_BITS) | code << PLACE_BITS;
    }

    /// Marks it as found in the log; whether that is the first time.
    pub(super) fn log(&mut self, (connection, number): (usize, usize)) -> bool {
        let entry = &mut self.asked[connection][number];
        let first = *entry & LOGGED == 0;
        *entry |= LOGGED;
        first
    }

    pub(super) fn is_logged(&self, (connection, number): (usize, usize)) -> bool {
        self.asked[connection][number] & LOGGED != 0
    }

    /// Every request there was.
    pub(super) fn all(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.asked.iter().enumerate().flat_map(|(connection, asked)| (0..asked.len()).map(move |at| (connection, at)))
    }

    /// The part of a request's message before its number, and the part after: patched, not built.
    pub(super) fn id_stem(&self, connection: usize) -> String {
        let id = uuid::Uuid::from_u128(self.id(connection, 0)).to_string();
        id[..24].to_owned()
    }
}

/// What every sale's message begins with; its id follows, then the end that belongs to its place.
pub(super) const SALE: &str = r#"{"op":"sell","id":""#;

/// The message of a sale after its id: the same for every sale of a basket, so built once.
pub(super) fn ending(goods: &Goods, first: Place) -> String {
    let line = |place: Place| format!(r#"{{"sku":"{}","qty":"1"}}"#, goods.sku(place % goods.items()));
    let lines: Vec<String> = goods.basket(first).map(line).collect();
    let location = goods.location(first / goods.items());
    let lines = lines.join(",");
    format!(r#"","location":"{location}","channel":"till","currency":"EUR","lines":[{lines}]}}"#)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_id_leads_back_to_its_request() {
        let mut ledger = Ledger::new(0xabcd_ef01_2345, 20_000);
        (0..3).for_each(|place| {
            ledger.ask(19_999, place);
        });
        let id = ledger.id(19_999, 2);
        assert_eq!(ledger.find(id), Some((19_999, 2)));
        assert_eq!(ledger.place((19_999, 2)), 2);
        assert_eq!(ledger.find(id + 1), None, "not asked");
        assert_eq!(ledger.find(id ^ (1 << 100)), None, "another run");
        let text = uuid::Uuid::from_u128(id).to_string();
        assert_eq!(text, format!("{}{:012x}", ledger.id_stem(19_999), 2));
    }

    #[test]
    fn fate_and_log_do_not_disturb_the_place() {
        let mut ledger = Ledger::new(1, 1);
        let at = (0, ledger.ask(0, 7_999));
        ledger.set_fate(at, Fate::Failed);
        assert!(ledger.log(at) && !ledger.log(at));
        ledger.set_fate(at, Fate::Accepted);
        assert_eq!((ledger.place(at), ledger.fate(at), ledger.is_logged(at)), (7_999, Fate::Accepted, true));
    }

    #[test]
    fn a_sale_can_be_read_by_the_server() {
        let goods = Goods::new(super::super::goods::Scenario::Baskets, "LT1", 2);
        let text = format!("{SALE}01234567-89ab-8000-8000-000000000001{}", ending(&goods, 5));
        let request = onhand_protocol::message::Request::parse(&text).unwrap();
        assert_eq!(request.body.op(), "sell", "{text}");
    }
}
