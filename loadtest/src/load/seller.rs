//! One connection that asks: a till, or a shopper who holds a unit and then buys it, lets it go or
//! forgets it. Many requests in flight, all that is due in one write, all that has come in one read.

use super::Rate;
use super::desk::{Desk, Turns};
use super::ledger::{Fate, Kind};
use super::measure::Took;
use super::wire::Wire;
use onhand_protocol::client::{self, Socket};
use onhand_protocol::message::Incoming;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::io;
use std::rc::Rc;
use std::time::Duration;

/// The pause before a lost connection is opened again, and how often that is tried.
const REOPEN_AFTER: Duration = Duration::from_millis(200);
const REOPEN_TRIES: u32 = 25;

/// A request on its way: when it was due and when it was sent, in microseconds since the start.
#[derive(Clone, Copy)]
struct Flight {
    due_us: u64,
    sent_us: u64,
    /// Whether what it reserves is bought in any case.
    bought: bool,
}

/// What a shopper will do with a reservation: when, what, and which it is.
type Errand = (u64, Kind, usize);

/// What can be sent next.
enum Next {
    Planned { number: u64, due_us: u64 },
    Errand(Errand),
}

/// One asking connection.
pub(super) struct Seller {
    desk: Rc<Desk>,
    turns: Rc<Turns>,
    connection: usize,
    shopper: bool,
    stem: Vec<u8>,
    /// Every unanswered request, from the oldest; none: answered.
    flying: VecDeque<Option<Flight>>,
    /// The number of the oldest.
    oldest: usize,
    in_flight: usize,
    /// The number in the plan of what is asked next: every so manieth is ours.
    planned: u64,
    errands: BinaryHeap<Reverse<Errand>>,
    /// The time, read once for all that is done at a time.
    now_us: u64,
}

impl Seller {
    pub(super) fn new(desk: Rc<Desk>, turns: Rc<Turns>, connection: usize) -> Self {
        let stem = desk.auditor.borrow().ledger.id_stem(connection).into_bytes();
        let shopper = connection >= desk.tills;
        let planned = connection as u64;
        Self {
            desk,
            turns,
            connection,
            shopper,
            stem,
            flying: VecDeque::new(),
            oldest: 0,
            in_flight: 0,
            planned,
            errands: BinaryHeap::new(),
            now_us: 0,
        }
    }

    /// Asks until it is over and everything is answered; opens the connection again when it is lost.
    pub(super) async fn run(mut self, socket: Socket) {
        let mut wire = Wire::new(socket, self.desk.chance.borrow_mut().next());
        while self.trade(&mut wire).await.is_err() {
            self.lose();
            match self.reopen().await {
                Some(again) => wire = Wire::new(again, self.desk.chance.borrow_mut().next()),
                None => return,
            }
        }
        wire.close().await;
    }

    async fn reopen(&self) -> Option<Socket> {
        for _ in 0..REOPEN_TRIES {
            if !self.desk.open.get() {
                return None;
            }
            tokio::time::sleep(REOPEN_AFTER).await;
            let key = if self.shopper { &self.desk.keys.web } else { &self.desk.keys.till };
            if let Ok(socket) = client::open(&self.desk.options.server, Some(key)).await {
                return Some(socket);
            }
        }
        None
    }

    /// What was in flight is in doubt: it is asked again when the run is over.
    fn lose(&mut self) {
        self.desk.measure.borrow_mut().error("connection lost, requests in flight", self.in_flight as u64);
        self.oldest += self.flying.len();
        self.flying.clear();
        self.in_flight = 0;
    }

    /// Ends when it is over.
    async fn trade(&mut self, wire: &mut Wire) -> io::Result<()> {
        loop {
            self.now_us = self.desk.now_us();
            while self.send(wire) {}
            let open = self.desk.open.get();
            if !open && self.in_flight == 0 && self.errands.is_empty() && !wire.has_output() {
                return Ok(());
            }
            let next_us = self.errands.peek().map_or(u64::MAX, |Reverse((due_us, _, _))| *due_us);
            self.turns.errand_us.set(next_us);
            let may_send = self.in_flight < self.desk.options.in_flight && (open || self.shopper);
            tokio::select! {
                biased;
                done = wire.exchange() => done?,
                () = self.turns.wake.notified(), if may_send => continue,
                () = self.desk.over.notified(), if open => continue,
            }
            self.now_us = self.desk.now_us();
            wire.messages(|text| self.answers(text))?;
        }
    }

    /// What to send next; none: nothing is due, or nothing may be sent.
    fn next(&mut self) -> Option<Next> {
        if self.in_flight >= self.desk.options.in_flight {
            return None;
        }
        if let Some(Reverse(errand)) =
            self.errands.peek().copied().filter(|Reverse((due_us, ..))| *due_us <= self.now_us)
        {
            self.errands.pop();
            return Some(Next::Errand(errand));
        }
        if !self.desk.open.get() {
            return None;
        }
        if self.desk.options.rate == Rate::Max {
            let number = self.desk.next.get();
            self.desk.next.set(number + 1);
            return Some(Next::Planned { number, due_us: self.now_us });
        }
        self.planned_next()
    }

    /// The next of the plan. What has waited longer than anybody would is given up and counted: only
    /// its number was ever kept.
    fn planned_next(&mut self) -> Option<Next> {
        let desk = &self.desk;
        let sellers = desk.sellers as u64;
        let given_up = self.now_us.checked_sub(desk.patience_us).map_or(0, |us| desk.plan.due_by(us));
        let given_up = given_up.min(desk.due.get());
        if self.planned < given_up {
            let count = (given_up - self.planned).div_ceil(sellers);
            self.planned += count * sellers;
            desk.taken.set(desk.taken.get() + count);
            desk.measure.borrow_mut().unsent(count);
        }
        if self.planned >= desk.due.get() {
            return None;
        }
        let number = self.planned;
        self.planned += sellers;
        desk.taken.set(desk.taken.get() + 1);
        Some(Next::Planned { number, due_us: desk.plan.due_us(number).min(self.now_us) })
    }

    /// Adds one message, of as many requests as one may have, to what will be written; false: there is
    /// nothing to send.
    fn send(&mut self, wire: &mut Wire) -> bool {
        let Some(first) = self.next() else { return false };
        let per_message = self.desk.options.per_message;
        wire.text(|out| {
            if per_message == 1 {
                return self.write(first, out);
            }
            out.push(b'[');
            self.write(first, out);
            for _ in 1..per_message {
                let Some(next) = self.next() else { break };
                out.push(b',');
                self.write(next, out);
            }
            out.push(b']');
        });
        true
    }

    fn write(&mut self, next: Next, out: &mut Vec<u8>) {
        let mut auditor = self.desk.auditor.borrow_mut();
        let (kind, place, due_us, about, bought) = match next {
            Next::Planned { number, due_us } => {
                let phase = self.desk.plan.phase_at(due_us);
                let flash = self.desk.flash_percent.get(phase).copied().unwrap_or_default();
                let place = auditor.goods().pick(number, flash.wanted, &mut self.desk.chance.borrow_mut());
                let kind = if self.shopper { Kind::Reserve } else { Kind::Sale };
                (kind, place, due_us, None, flash.bought && auditor.goods().flash().is_some_and(|(at, _)| at == place))
            }
            Next::Errand((due_us, kind, about)) => {
                let place = auditor.ledger.place((self.connection, about));
                (kind, place, due_us, Some(about), false)
            }
        };
        let number = auditor.asks(self.connection, kind, place, about);
        self.flying.push_back(Some(Flight { due_us, sent_us: self.now_us, bought }));
        self.in_flight += 1;
        self.desk.phrases.write(out, (kind, place), &self.stem, (number, about));
    }

    fn answers(&mut self, text: &[u8]) {
        if text.first() != Some(&b'[') {
            return self.answer(text);
        }
        match serde_json::from_slice::<Vec<&serde_json::value::RawValue>>(text) {
            Ok(answers) => answers.into_iter().for_each(|answer| self.answer(answer.get().as_bytes())),
            Err(_) => self.desk.measure.borrow_mut().error("unreadable answer", 1),
        }
    }

    fn answer(&mut self, text: &[u8]) {
        let slow;
        let answer = match scan(text) {
            Some(answer) => answer,
            None => match parse(text) {
                Some(parsed) => {
                    slow = parsed;
                    Answer { id: slow.0.as_bytes(), said: slow.1.as_ref().map(Vec::as_slice).map_err(|number| *number) }
                }
                None => return self.desk.measure.borrow_mut().error("unreadable answer", 1),
            },
        };
        let asked = self.number(answer.id);
        let flying = asked.and_then(|asked| self.flying.get_mut(asked.checked_sub(self.oldest)?));
        let (Some(asked), Some(flight)) = (asked, flying.and_then(Option::take)) else {
            return self.unexpected(asked, answer.id);
        };
        self.in_flight -= 1;
        while self.flying.front().is_some_and(Option::is_none) {
            self.flying.pop_front();
            self.oldest += 1;
        }
        self.settle(asked, flight, answer.said);
    }

    /// The number of the request with this id; none: it is not of this connection.
    fn number(&self, id: &[u8]) -> Option<usize> {
        let digits = id.strip_prefix(self.stem.as_slice())?;
        if digits.len() != 12 {
            return None;
        }
        digits.iter().try_fold(0_usize, |number, digit| {
            Some(number << 4 | usize::try_from(char::from(*digit).to_digit(16)?).ok()?)
        })
    }

    /// A request has its answer: the word of a success, or the number of a refusal.
    fn settle(&mut self, asked: usize, flight: Flight, said: Result<&[u8], u16>) {
        let took = Took {
            planned_us: self.now_us.saturating_sub(flight.due_us),
            sent_us: self.now_us.saturating_sub(flight.sent_us),
        };
        let at = (self.connection, asked);
        let mut auditor = self.desk.auditor.borrow_mut();
        let kind = auditor.ledger.kind(at);
        if let Ok(word) = said
            && word != kind.done().as_bytes()
        {
            let (id, word) = (auditor.ledger.name(at), String::from_utf8_lossy(word));
            auditor.found(format!("{} {id} was answered with {word}", kind.name()));
        }
        let span = self.desk.span(flight.sent_us, self.now_us);
        auditor.answered(at, judge(said.err()), span);
        drop(auditor);
        let mut measure = self.desk.measure.borrow_mut();
        match said {
            Ok(_) => measure.accepted(kind, took),
            Err(number @ (2000..=2999 | 5000..=5999)) => measure.refused(kind, number, took),
            Err(number) => measure.error(&format!("refused with {number}"), 1),
        }
        drop(measure);
        if kind == Kind::Reserve && said.is_ok() {
            self.errands.extend(self.desk.decide(self.now_us, asked, flight.bought).map(Reverse));
        }
    }

    /// An answer to something that is not in flight here.
    fn unexpected(&self, asked: Option<usize>, id: &[u8]) {
        let id = String::from_utf8_lossy(id);
        let known = asked.filter(|asked| *asked < self.oldest + self.flying.len());
        self.desk.auditor.borrow_mut().found(match known {
            Some(_) => format!("doubled: request {id} was answered twice"),
            None => format!("an answer came to {id}, which nobody asked"),
        });
    }
}

/// What an answer's number means; none: it was done.
pub(super) fn judge(number: Option<u16>) -> Fate {
    match number {
        None => Fate::Accepted,
        Some(2001) => Fate::Short,
        Some(2002) => Fate::Gone,
        Some(_) => Fate::Failed,
    }
}

/// An answer: to which id, and the word of the success or the number of the refusal.
#[derive(Debug, PartialEq, Eq)]
struct Answer<'a> {
    id: &'a [u8],
    said: Result<&'a [u8], u16>,
}

/// An answer, read where this server writes its parts.
fn scan(text: &[u8]) -> Option<Answer<'_>> {
    let (id, rest) = text.strip_prefix(b"{\"id\":\"")?.split_at_checked(36)?;
    if let Some(word) = rest.strip_prefix(b"\",\"ok\":\"") {
        let end = word.iter().position(|byte| *byte == b'"')?;
        return Some(Answer { id, said: Ok(&word[..end]) });
    }
    let number = rest.strip_prefix(b"\",\"error\":{\"number\":")?;
    let end = number.iter().position(|byte| !byte.is_ascii_digit())?;
    Some(Answer { id, said: Err(std::str::from_utf8(&number[..end]).ok()?.parse().ok()?) })
}

/// The same, whatever the order of its fields.
fn parse(text: &[u8]) -> Option<(String, Result<Vec<u8>, u16>)> {
    let Incoming::Reply(reply) = Incoming::parse(std::str::from_utf8(text).ok()?).ok()? else { return None };
    let said = reply.result.map(|done| done.ok().as_bytes().to_vec()).map_err(|error| error.number);
    Some((reply.id?.to_string(), said))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_in_any_order_of_their_fields() {
        let id = "01234567-89ab-8000-8000-000000000001";
        let quick = format!(r#"{{"id":"{id}","error":{{"number":2001,"name":"short_stock"}}}}"#);
        assert_eq!(scan(quick.as_bytes()).unwrap(), Answer { id: id.as_bytes(), said: Err(2001) });
        let done = r#""ok":"recorded","seq":"9","time":"2026-01-02T03:04:05.678Z","total":450,"currency":"EUR""#;
        let usual = format!(r#"{{"id":"{id}",{done}}}"#);
        assert_eq!(scan(usual.as_bytes()).unwrap(), Answer { id: id.as_bytes(), said: Ok(b"recorded") });
        let other = format!(r#"{{{done},"id":"{id}"}}"#);
        assert_eq!(scan(other.as_bytes()), None);
        assert_eq!(parse(other.as_bytes()).unwrap(), (id.to_owned(), Ok(b"recorded".to_vec())));
    }
}
