//! What a session does with each request.

use super::{End, Session};
use crate::fault::Fault;
use crate::keys::{self, Principal};
use crate::people::{self, socket::Waiting};
use crate::wire::{self, Asked};
use crate::{card_numbers, cards, figures, payments, prices, rights, training};
use onhand_engine::people::By;
use onhand_protocol::compact::Sale;
use onhand_protocol::convert::{self, Entered};
use onhand_protocol::message::{self, Approval, Body, HelloReply, LevelReply, Pong, Request, Success};
use onhand_protocol::value::Id;
use std::time::Instant;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

impl Session<'_> {
    /// A compact sale, by the rules that the JSON one goes by.
    pub(super) fn sell(&mut self, sale: &Sale<'_>, now: Instant) -> Result<(), Fault> {
        self.check_rate(now)?;
        let principal = self.identified()?;
        rights::check_op(&principal, "sell")?;
        self.check_in_flight(principal)?;
        card_numbers::check_sale(sale)?;
        let book = self.worker.names.over(self.worker.shared.handle.directory());
        let (command, against) = convert::sale(sale, principal.role().channel(), &book)?;
        self.worker.ask_for(self.connection, self.by(), command, Asked::Compact(sale.id, against), now)
    }

    /// Form was checked; here come identity, limits and rights, in this order.
    pub(super) fn answer(&mut self, request: Request, now: Instant) -> Result<(), Fault> {
        let Request { id, approval, body } = request;
        self.check_rate(now)?;
        if let Body::Hello(hello) = body {
            return self.hello(id, hello, now);
        }
        let principal = self.identified()?;
        rights::check(&principal, &body)?;
        people::check_approval(&body, approval.as_deref(), || self.by())?;
        match body {
            Body::Get(asked) => self.get(id, &asked, principal),
            Body::Scan(asked) => {
                self.reply(id, Success::Scanned(wire::scan(&self.worker.shared.handle, &asked)?));
                Ok(())
            }
            Body::Layaways(asked) => {
                let after = asked.after.as_ref().map(|after| &after.0);
                let at = (&asked.location.0, self.connection.trains.get());
                self.reply(id, Success::Layaways(wire::layaways(&self.worker.shared.handle, at, after)?));
                Ok(())
            }
            Body::Baskets(asked) => {
                self.reply(id, Success::Baskets(wire::baskets(&self.worker.shared.handle, &asked.location.0)?));
                Ok(())
            }
            Body::Subscribe(asked) => self.subscribe(id, asked, principal),
            Body::WatchMetrics(asked) => figures::socket::begin(self.worker, self.connection, id, &asked, &principal),
            Body::Unsubscribe(asked) => self.unsubscribe(id, asked.subscription),
            Body::Quote(asked) => prices::quote(self.worker, self.connection, id, &asked, principal),
            Body::WatchPrices(_) => prices::begin(self.worker, self.connection, id),
            Body::WatchPayments(asked) => payments::begin(self.worker, self.connection, id, asked),
            Body::Ping(_) => {
                self.reply(id, Success::Pong(Pong { time: self.time() }));
                Ok(())
            }
            Body::SignIn(asked) => people::socket::sign_in(self.worker, self.connection, id, asked, principal),
            Body::SignOut(_) => {
                people::socket::sign_out(self.worker, self.connection, id);
                Ok(())
            }
            command => self.command(id, command, approval, principal, now),
        }
    }

    fn by(&self) -> By {
        self.connection.by(self.worker.shared.handle.directory())
    }

    fn check_rate(&mut self, now: Instant) -> Result<(), Fault> {
        let wait = |ms| Fault::new(5012, format!("requests come too fast; try again in {ms} ms")).retry_after(ms);
        self.bucket.take(now).map_err(wait)
    }

    fn identified(&self) -> Result<Principal, Fault> {
        self.connection.principal().ok_or_else(|| {
            Fault::new(4001, "say hello first, with a key or a token, or send Authorization in the handshake")
        })
    }

    fn hello(&mut self, id: Id, hello: message::Hello, now: Instant) -> Result<(), Fault> {
        let shared = &self.worker.shared;
        let text = hello.key.or(hello.token).ok_or_else(|| Fault::new(4001, "hello needs a `key` or a `token`"))?;
        let checked = keys::check(&text, shared.handle.directory(), &shared.tokens, shared.handle.now());
        let principal = checked.inspect_err(|fault| {
            self.end = Some(End::Said(CloseCode::Policy, "not_authenticated"));
            tracing::info!(connection = self.connection.id, number = fault.number, "hello refused");
        })?;
        self.at.address.check(&principal)?;
        if self.connection.principal().is_some_and(|before| !before.is_same_holder(&principal)) {
            let text = "this connection has said hello as somebody else; open another one";
            return Err(Fault::new(4004, text));
        }
        if hello.training {
            training::check(&principal)?;
            self.connection.trains.set(true);
        }
        // A renewed token is no new allowance.
        if self.connection.principal().is_none() {
            self.worker.figures.came(&principal);
            self.bucket = shared.limits.bucket(Some(principal), now);
        }
        self.worker.identify(self.connection, principal);
        let reply = HelloReply {
            role: principal.role(),
            server: concat!("onhand ", env!("CARGO_PKG_VERSION")).to_owned(),
            time: self.time(),
            training: self.connection.trains.get(),
        };
        self.reply(id, Success::Hello(reply));
        Ok(())
    }

    fn get(&self, id: Id, asked: &message::Get, principal: Principal) -> Result<(), Fault> {
        let handle = &self.worker.shared.handle;
        let location = wire::location(handle.directory(), &asked.location.0)?;
        let item = wire::item(handle.directory(), &asked.sku.0)?;
        let at = training::ledger(location.id, self.connection.trains.get());
        let read = wire::level(handle, at, item.sku);
        let level = wire::level_message(handle, &read, principal.audience(None)?);
        let level = level.ok_or_else(|| Fault::new(1003, "there is no such item"))?;
        self.reply(id, Success::Level(LevelReply { level }));
        Ok(())
    }

    fn subscribe(&self, id: Id, asked: message::Subscribe, principal: Principal) -> Result<(), Fault> {
        let max = self.worker.shared.limits.subscriptions_max;
        let subscribing = wire::subscribing(asked, principal, self.worker.shared.handle.directory())?;
        self.connection.check_new(id)?;
        let watching = self.connection.watching.borrow();
        if watching.weight().saturating_add(subscribing.watched.watch.weight()) > max {
            return Err(Fault::new(5007, format!("a connection may watch {max} items; watch whole locations instead")));
        }
        drop(watching);
        self.worker.subscribe(self.connection, id.0, subscribing);
        Ok(())
    }

    fn unsubscribe(&self, id: Id, subscription: Id) -> Result<(), Fault> {
        let was_stream = self.connection.streams.borrow_mut().remove(subscription);
        let was_told = self.connection.prices.borrow_mut().remove(subscription)
            || self.connection.payments.borrow_mut().remove(subscription);
        if !was_stream && !was_told && !self.worker.unsubscribe(self.connection, subscription.0) {
            return Err(Fault::new(1015, "this connection has no such subscription").at("subscription"));
        }
        self.reply(id, Success::Unsubscribed(Pong { time: self.time() }));
        Ok(())
    }

    fn check_in_flight(&self, principal: Principal) -> Result<(), Fault> {
        let limits = &self.worker.shared.limits;
        let max = match principal {
            Principal::Key { .. } => limits.in_flight_max,
            Principal::Shopper { .. } => limits.shopper_in_flight_max,
        };
        if self.connection.in_flight() >= max {
            let text = format!("{max} requests of this connection are unanswered; wait for one");
            return Err(Fault::new(5006, text).retry_after(10));
        }
        Ok(())
    }

    fn command(
        &self,
        id: Id,
        mut body: Body,
        approval: Option<Box<Approval>>,
        principal: Principal,
        now: Instant,
    ) -> Result<(), Fault> {
        self.check_in_flight(principal)?;
        self.worker.shared.guesses.check(&principal, &body, now)?;
        cards::prepare(id, &mut body)?;
        let channel = principal.role().channel();
        if approval.is_some() || matches!(body, Body::SetPin(_)) {
            let waiting = Waiting { id, body, approval, principal, channel, asked_at: now };
            return people::socket::command(self.worker, self.connection, waiting);
        }
        if let Some(sale) = body.sale() {
            self.worker.ask_about(self.connection, self.by(), (id, body, channel), sale);
            return Ok(());
        }
        let book = self.worker.names.over(self.worker.shared.handle.directory());
        let Entered { command, asked } = convert::command(id.command(), body, channel, &book)?;
        self.worker.ask_for(self.connection, self.by(), command, Asked::Text(asked), now)
    }
}
