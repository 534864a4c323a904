//! People at a WebSocket: signing in and out, and commands whose PIN must be looked at before they go
//! on. Meanwhile the connection is served: such a request is answered later, as commands are.

use super::{Signed, in_approval};
use crate::connection::Connection;
use crate::fault::Fault;
use crate::giving;
use crate::keys::Principal;
use crate::metrics;
use crate::wire::{self, Asked};
use crate::worker::Worker;
use onhand_engine::people::By;
use onhand_protocol::convert::{self, Entered};
use onhand_protocol::message::{Approval, Body, Channel, Pong, SignIn, Success};
use onhand_protocol::value::{Id, Time};
use std::rc::Rc;
use std::time::Instant;

/// Somebody signs in. Whoever was signed in is so no longer, from this moment and whatever comes of it.
pub(crate) fn sign_in(
    worker: &Rc<Worker>,
    connection: &Rc<Connection>,
    id: Id,
    asked: SignIn,
    principal: Principal,
) -> Result<(), Fault> {
    let turn = connection.sign_out();
    later(worker, connection, id, async move |worker: &Rc<Worker>, connection: &Rc<Connection>| {
        let signed = check(worker, principal, asked).await?;
        if connection.sign_in(signed, turn) {
            let people = worker.shared.handle.directory().people();
            let user = people.user(signed.user).ok_or_else(over)?;
            let reply = Success::SignedIn(convert::signed_in(&people, user));
            connection.answer(|out| wire::write_success(out, id, reply));
            return Ok(());
        }
        Err(over())
    })
}

/// Nobody is signed in any more.
pub(crate) fn sign_out(worker: &Worker, connection: &Connection, id: Id) {
    connection.sign_out();
    let time = Time(worker.shared.handle.now());
    connection.say(|out| wire::write_success(out, id, Success::SignedOut(Pong { time })));
}

/// What a command waits for before it goes to the actors.
pub(crate) struct Waiting {
    pub(crate) id: Id,
    pub(crate) body: Body,
    pub(crate) approval: Option<Box<Approval>>,
    pub(crate) principal: Principal,
    pub(crate) channel: Channel,
    pub(crate) asked_at: Instant,
}

/// A command that carries a PIN: the approver's, or a new one. It is that of whoever is signed in now.
pub(crate) fn command(worker: &Rc<Worker>, connection: &Rc<Connection>, waiting: Waiting) -> Result<(), Fault> {
    let by = connection.by(worker.shared.handle.directory());
    let Waiting { id, body, approval, principal, channel, asked_at } = waiting;
    later(worker, connection, id, async move |worker: &Rc<Worker>, connection: &Rc<Connection>| {
        let approver = match approval {
            Some(approval) => {
                Some(check(worker, principal, (*approval).into()).await.map_err(|fault| in_approval(&fault))?)
            }
            None => None,
        };
        let by = By { approver: approver.map(|signed| signed.user), ..by };
        let trains = connection.trains.get();
        let Entered { command, asked } = enter(worker, (id, body, channel), trains).await?;
        principal.check(worker.shared.handle.directory(), worker.shared.handle.now())?;
        worker.ask_for(connection, by, command, Asked::Text(asked), asked_at)?;
        // What was asked now counts in the place of the request.
        connection.one_less();
        Ok(())
    })
}

async fn enter(worker: &Worker, (id, body, channel): (Id, Body, Channel), trains: bool) -> Result<Entered, Fault> {
    let shared = &worker.shared;
    if let Some(sale) = body.sale() {
        return giving::enter(&shared.handle, (id, body, channel), sale, trains).await;
    }
    Ok(match body {
        Body::SetPin(asked) => {
            let pin = shared.pins.hash(id.command(), &asked).await?;
            convert::set_pin(id.command(), asked, pin, channel)
        }
        body => convert::command(id.command(), body, channel, &worker.names.over(shared.handle.directory()))?,
    })
}

async fn check(worker: &Worker, principal: Principal, asked: SignIn) -> Result<Signed, Fault> {
    let device = principal.device().ok_or_else(|| Fault::new(4004, "people sign in at devices with a key"))?;
    worker.shared.pins.check(&worker.shared, device, asked).await
}

/// Answers a request once its PIN was looked at; one at a time for each connection.
fn later<F>(worker: &Rc<Worker>, connection: &Rc<Connection>, id: Id, answer: F) -> Result<(), Fault>
where
    F: AsyncFnOnce(&Rc<Worker>, &Rc<Connection>) -> Result<(), Fault> + 'static,
{
    if connection.set_looking_at_pin(true) {
        let text = "a PIN of this connection is being looked at; wait for its answer";
        return Err(Fault::new(5006, text).retry_after(50));
    }
    connection.asked();
    let (worker, connection) = (worker.clone(), connection.clone());
    tokio::task::spawn_local(async move {
        let answered = answer(&worker, &connection).await;
        connection.set_looking_at_pin(false);
        if let Err(fault) = answered {
            metrics::error(fault.number);
            connection.answer(|out| wire::write_error(out, Some(id), &fault));
        }
        connection.flush();
    });
    Ok(())
}

fn over() -> Fault {
    Fault::new(4021, "somebody else signed in or out meanwhile")
}
