//! One connection that sells: many requests in flight, written together and flushed once.

use super::audit::Auditor;
use super::ledger::{Fate, SALE};
use super::measure::Measure;
use super::{Error, Options, Rate};
use crate::chance::Chance;
use crate::clock::Stopwatch;
use futures_util::{FutureExt, SinkExt, StreamExt};
use onhand_protocol::client::{self, Socket};
use onhand_protocol::message::Incoming;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Message;

/// The pause before a lost connection is opened again, and how often that is tried.
const REOPEN_AFTER: Duration = Duration::from_millis(200);
const REOPEN_TRIES: u32 = 25;
/// How long answers may take after the last request.
pub(super) const DRAIN: Duration = Duration::from_secs(10);

/// What everybody in a run shares, on one thread.
pub(super) struct Desk {
    pub(super) options: Options,
    pub(super) auditor: RefCell<Auditor>,
    pub(super) measure: RefCell<Measure>,
    pub(super) chance: RefCell<Chance>,
    /// By place: what a sale's message ends with.
    pub(super) endings: Vec<String>,
    pub(super) watch: Stopwatch,
    /// Whether requests are still made.
    pub(super) open: Cell<bool>,
    /// The number of the next request of the run, when there is no plan.
    pub(super) next: Cell<u64>,
    /// Wakes everybody when it is over.
    pub(super) over: Notify,
}

/// A request that is due: its number in the plan, and when, in microseconds since the start.
type Due = (u64, u64);

/// What the plan wants of one connection.
#[derive(Default)]
pub(super) struct Turns {
    pub(super) due: RefCell<VecDeque<Due>>,
    pub(super) wake: Notify,
}

impl Desk {
    pub(super) fn now_us(&self) -> u64 {
        u64::try_from(self.watch.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Hands out due requests in turn until the time is over.
    pub(super) async fn plan(&self, turns: &[Rc<Turns>], per_second: u64) {
        let end_us = u64::try_from(self.options.duration.as_micros()).unwrap_or(u64::MAX);
        let period = Duration::from_micros((1_000_000 / per_second).clamp(250, 2_000));
        let beat = crate::clock::Beat::every(period);
        let mut number: u64 = 0;
        loop {
            let now_us = self.now_us().min(end_us);
            loop {
                let due_us = u64::try_from(u128::from(number) * 1_000_000 / u128::from(per_second)).unwrap_or(u64::MAX);
                if due_us > now_us || due_us >= end_us {
                    break;
                }
                let at = usize::try_from(number % turns.len() as u64).unwrap_or(0);
                turns[at].due.borrow_mut().push_back((number, due_us));
                turns[at].wake.notify_one();
                number += 1;
            }
            if now_us >= end_us {
                return;
            }
            beat.next().await;
        }
    }
}

/// One selling connection.
pub(super) struct Seller {
    desk: Rc<Desk>,
    turns: Rc<Turns>,
    connection: usize,
    stem: String,
    /// When each unanswered request was due, from the oldest; none: answered.
    flying: VecDeque<Option<u64>>,
    /// The number of the oldest.
    oldest: usize,
    in_flight: usize,
}

impl Seller {
    pub(super) fn new(desk: Rc<Desk>, turns: Rc<Turns>, connection: usize) -> Self {
        let stem = desk.auditor.borrow().ledger.id_stem(connection);
        Self { desk, turns, connection, stem, flying: VecDeque::new(), oldest: 0, in_flight: 0 }
    }

    /// Sells until it is over and everything is answered; opens the connection again when it is lost.
    pub(super) async fn run(mut self, mut socket: Socket) {
        while self.trade(&mut socket).await.is_none() {
            self.lose();
            match self.reopen().await {
                Some(again) => socket = again,
                None => return,
            }
        }
        // Whoever listens sees us go; whether they do no longer matters.
        let _ = socket.close(None).await;
    }

    async fn reopen(&self) -> Option<Socket> {
        for _ in 0..REOPEN_TRIES {
            if !self.desk.open.get() {
                return None;
            }
            tokio::time::sleep(REOPEN_AFTER).await;
            if let Ok(socket) = client::open(&self.desk.options.server, Some(&self.desk.options.key)).await {
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

    /// Some: it is over. None: the connection is lost.
    async fn trade(&mut self, socket: &mut Socket) -> Option<()> {
        loop {
            let mut sent = false;
            while let Some(message) = self.message() {
                socket.feed(message).await.ok()?;
                sent = true;
            }
            if sent {
                socket.flush().await.ok()?;
            }
            if !self.desk.open.get() && self.in_flight == 0 {
                return Some(());
            }
            let may_send = self.in_flight < self.desk.options.in_flight && self.desk.open.get();
            tokio::select! {
                biased;
                message = socket.next() => self.read(message?.ok()?)?,
                () = self.turns.wake.notified(), if may_send => continue,
                () = self.desk.over.notified(), if self.desk.open.get() => continue,
            }
            // What else has arrived is read before anything is written.
            while let Some(message) = socket.next().now_or_never() {
                self.read(message?.ok()?)?;
            }
        }
    }

    fn next_due(&self) -> Option<Due> {
        if !self.desk.open.get() || self.in_flight >= self.desk.options.in_flight {
            return None;
        }
        match self.desk.options.rate {
            Rate::PerSecond(_) => self.turns.due.borrow_mut().pop_front(),
            Rate::Max => {
                let number = self.desk.next.get();
                self.desk.next.set(number + 1);
                Some((number, self.desk.now_us()))
            }
        }
    }

    /// The next message, of as many sales as one may have; none: nothing is due, or nothing may be sent.
    fn message(&mut self) -> Option<Message> {
        let per_message = self.desk.options.per_message;
        let mut text = String::new();
        for at in 0..per_message {
            let Some(due) = self.next_due() else { break };
            if per_message > 1 {
                text.push(if at == 0 { '[' } else { ',' });
            }
            self.write(due, &mut text);
        }
        if text.is_empty() {
            return None;
        }
        if per_message > 1 {
            text.push(']');
        }
        Some(Message::text(text))
    }

    fn write(&mut self, (number, due_us): Due, text: &mut String) {
        let mut auditor = self.desk.auditor.borrow_mut();
        let first = auditor.goods().pick(number, &mut self.desk.chance.borrow_mut());
        let asked = auditor.asks(self.connection, first);
        self.flying.push_back(Some(due_us));
        self.in_flight += 1;
        let ending = &self.desk.endings[first as usize];
        text.reserve(SALE.len() + 40 + ending.len());
        text.push_str(SALE);
        text.push_str(&self.stem);
        // Writing to a string cannot fail.
        let _ = write!(text, "{asked:012x}");
        text.push_str(ending);
    }

    fn read(&mut self, message: Message) -> Option<()> {
        match message {
            Message::Text(text) => self.answers(text.as_str()),
            Message::Close(_) => return None,
            _ => {}
        }
        Some(())
    }

    fn answers(&mut self, text: &str) {
        let now_us = self.desk.now_us();
        if !text.starts_with('[') {
            return self.answer(text, now_us);
        }
        match serde_json::from_str::<Vec<&serde_json::value::RawValue>>(text) {
            Ok(answers) => answers.into_iter().for_each(|answer| self.answer(answer.get(), now_us)),
            Err(_) => self.desk.measure.borrow_mut().error("unreadable answer", 1),
        }
    }

    fn answer(&mut self, text: &str, now_us: u64) {
        let Some((id, number)) = scan(text).or_else(|| parse(text)) else {
            return self.desk.measure.borrow_mut().error("unreadable answer", 1);
        };
        let asked = id.strip_prefix(self.stem.as_str()).and_then(|last| usize::from_str_radix(last, 16).ok());
        let flying = asked.and_then(|asked| self.flying.get_mut(asked.checked_sub(self.oldest)?));
        let (Some(asked), Some(due_us)) = (asked, flying.and_then(Option::take)) else {
            let told = asked.map(|asked| (self.connection, asked));
            return self.unexpected(told, &id);
        };
        self.in_flight -= 1;
        while self.flying.front().is_some_and(Option::is_none) {
            self.flying.pop_front();
            self.oldest += 1;
        }
        let latency_us = now_us.saturating_sub(due_us);
        let fate = judge(number);
        self.desk.auditor.borrow_mut().answered((self.connection, asked), fate);
        let mut measure = self.desk.measure.borrow_mut();
        match number {
            None => measure.accepted(latency_us),
            Some(number @ (2000..=2999 | 5000..=5999)) => measure.refused(number, latency_us),
            Some(number) => measure.error(&format!("refused with {number}"), 1),
        }
    }

    /// An answer to something that is not in flight here.
    fn unexpected(&self, asked: Option<(usize, usize)>, id: &str) {
        let known = asked.filter(|(_, asked)| *asked < self.oldest + self.flying.len());
        self.desk.auditor.borrow_mut().found(match known {
            Some(_) => format!("request {id} was answered twice"),
            None => format!("an answer came to {id}, which nobody asked"),
        });
    }
}

/// What an answer's number means; none: it was done.
pub(super) fn judge(number: Option<u16>) -> Fate {
    match number {
        None => Fate::Accepted,
        Some(2001) => Fate::Short,
        Some(_) => Fate::Failed,
    }
}

/// The id and, of a refusal, the number of an answer, read where this server writes them.
fn scan(text: &str) -> Option<(std::borrow::Cow<'_, str>, Option<u16>)> {
    let rest = text.strip_prefix("{\"id\":\"")?;
    let (id, rest) = rest.split_at_checked(36)?;
    if rest.starts_with("\",\"ok\":\"recorded\"") {
        return Some((id.into(), None));
    }
    let number = rest.strip_prefix("\",\"error\":{\"number\":")?;
    let end = number.find(|c: char| !c.is_ascii_digit())?;
    Some((id.into(), Some(number.get(..end)?.parse().ok()?)))
}

/// The same, whatever the order of its fields.
fn parse(text: &str) -> Option<(std::borrow::Cow<'_, str>, Option<u16>)> {
    let Incoming::Reply(reply) = Incoming::parse(text).ok()? else { return None };
    Some((reply.id?.to_string().into(), reply.result.err().map(|error| error.number)))
}

/// Opens the sockets, some at a time.
pub(super) async fn open_all(options: &Options, count: usize) -> Result<Vec<Socket>, Error> {
    let mut sockets = Vec::with_capacity(count);
    let open = (0..count).map(|_| client::open(&options.server, Some(&options.key)));
    let mut opened = futures_util::stream::iter(open).buffer_unordered(32);
    while let Some(socket) = opened.next().await {
        sockets.push(socket?);
    }
    Ok(sockets)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_in_any_order_of_their_fields() {
        let id = "01234567-89ab-8000-8000-000000000001";
        let quick = format!(r#"{{"id":"{id}","error":{{"number":2001,"name":"short_stock"}}}}"#);
        assert_eq!(scan(&quick).unwrap(), (id.into(), Some(2001)));
        let done = r#""ok":"recorded","seq":"9","time":"2026-01-02T03:04:05.678Z","total":450,"currency":"EUR""#;
        assert_eq!(scan(&format!(r#"{{"id":"{id}",{done}}}"#)).unwrap(), (id.into(), None));
        let other = format!(r#"{{{done},"id":"{id}"}}"#);
        assert_eq!(scan(&other), None);
        assert_eq!(parse(&other).unwrap(), (id.into(), None));
    }
}
