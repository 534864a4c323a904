//! What the server itself had to find the account for may have gone to another shard the first time it came, and is
//! remembered there: whoever has it is asked first.

use crate::connection::Connection;
use crate::pending::Waiter;
use crate::wire::{self, Asked};
use crate::worker::Worker;
use crate::{clock, metrics};
use onhand_actors::handle::Handle;
use onhand_actors::port::Outcome;
use onhand_engine::command::{Action, Command};
use onhand_engine::ids::{AccountId, LocationId};
use onhand_engine::people::By;
use onhand_engine::refusal::Refusal;
use onhand_protocol::value::Id;
use std::collections::BTreeMap;
use std::rc::Rc;
use tokio::sync::oneshot;

/// What each other shard is asked first; nothing where it can be nowhere else.
pub(crate) fn asks(handle: &Handle, command: &Command) -> Vec<Command> {
    if !command.action.is_found_by_customer() {
        return Vec::new();
    }
    let every = (0..u128::from(LocationId::ACCOUNT_PLACES)).map(|part| LocationId::of_account(AccountId(part)));
    let every = every.map(|place| place.in_ledger_of(command.location));
    let mut of_shard: BTreeMap<usize, LocationId> = every.map(|place| (handle.shard_of(place), place)).collect();
    of_shard.remove(&handle.shard_of(command.location));
    let ask = |location| {
        let action = Action::IfKnown { asked: Box::new(command.action.asked().clone()), number: 0 };
        Command { location, action, ..command.clone() }
    };
    of_shard.into_values().map(ask).collect()
}

/// Whether it is not known there. Where somebody cannot say, whoever asks is told that instead.
pub(crate) const fn is_unknown(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Refused(Refusal::NotAnyMore { .. }))
}

impl Worker {
    /// Asks those who may have had a command the first time it came, and has it decided where none of them has.
    pub(crate) fn ask_elsewhere(
        self: &Rc<Self>,
        connection: &Rc<Connection>,
        by: By,
        (command, asked): (Command, Asked),
        first: Vec<Command>,
    ) {
        connection.asked();
        let (worker, connection) = (Rc::clone(self), Rc::clone(connection));
        tokio::task::spawn_local(async move {
            let id = command.id;
            let told = match worker.first_known(by, first).await {
                Some(outcome) => {
                    if let Asked::Text(asked) = &asked {
                        connection.say(|out| wire::write_reply(out, &worker.shared.handle, asked, &outcome));
                    }
                    Ok(())
                }
                None => worker.ask_here(&connection, by, (command, asked), clock::now()),
            };
            // What was asked here counts in its place.
            connection.one_less();
            if let Err(fault) = told {
                metrics::error(fault.number);
                connection.say(|out| wire::write_error(out, Some(Id(id.0)), &fault));
            }
            connection.flush();
        });
    }

    async fn first_known(&self, by: By, asks: Vec<Command>) -> Option<Outcome> {
        for asked in asks {
            let (reply, outcome) = oneshot::channel();
            self.ask(by, asked, Waiter::Request(reply), clock::now());
            let outcome = outcome.await.unwrap_or(Outcome::Refused(Refusal::ShuttingDown));
            if !is_unknown(&outcome) {
                return Some(outcome);
            }
        }
        None
    }
}
