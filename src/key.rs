//! `onhand key`: on a data directory that no server uses, or through a running server.

use crate::chain::Caller;
use crate::cli::{KeyTask, Place};
use crate::fail::Failure;
use crate::remote;
use crate::running::{self, say};
use onhand_actors::handle::Handle;
use onhand_engine::card_number;
use onhand_engine::catalogue::{Key, KeyId, Role};
use onhand_engine::command::Action;
use onhand_engine::ids::Label;
use onhand_gateway::keys;
use onhand_protocol::convert;
use onhand_protocol::http_client::Response;
use onhand_protocol::message::CreateKey;
use onhand_protocol::message::read::{KeyList, KeyMessage};
use onhand_protocol::value::{Id, Text};
use std::path::Path;

pub(crate) async fn run(task: KeyTask) -> Result<(), Failure> {
    let at = match &task {
        KeyTask::Create { at, .. }
        | KeyTask::List { at, .. }
        | KeyTask::Rotate { at, .. }
        | KeyTask::Revoke { at, .. } => at,
    };
    match &at.of.data {
        Some(data) => offline(data, &task),
        None => online(at, &task).await,
    }
}

fn offline(data: &Path, task: &KeyTask) -> Result<(), Failure> {
    if !matches!(task, KeyTask::Create { .. }) {
        running::must_exist(data)?;
    }
    let handle = running::start_actors(data)?;
    let done = on_chain(&handle, task);
    handle.stop();
    done
}

fn on_chain(handle: &Handle, task: &KeyTask) -> Result<(), Failure> {
    match task {
        KeyTask::Create { role, name, .. } => create(handle, (*role).into(), name.clone()),
        KeyTask::List { json, .. } => print(&listed(handle), *json),
        KeyTask::Rotate { id, .. } => {
            let old = known(handle, id)?;
            create(handle, old.role, old.holder)
        }
        KeyTask::Revoke { id, .. } => {
            let key = known(handle, id)?.id;
            Caller::new(handle.clone()).ask(Action::RevokeKey { key })?;
            Ok(())
        }
    }
}

/// Stores a new key, then shows it: a key that was printed is accepted.
fn create(handle: &Handle, role: Role, holder: Label) -> Result<(), Failure> {
    say(&made(handle, role, holder)?)
}

/// Stores a new key and gives its text.
pub(crate) fn made(handle: &Handle, role: Role, holder: Label) -> Result<String, Failure> {
    if card_number::find(holder.as_str().as_bytes()).is_some() {
        return Err(Failure::Refused("the holder's name looks like a payment card number (1020)".to_owned()));
    }
    let minted = keys::mint(role, holder, handle.now()).map_err(|error| Failure::could_not(error.to_string()))?;
    Caller::new(handle.clone()).ask(Action::CreateKey { key: minted.key })?;
    Ok(minted.text)
}

fn known(handle: &Handle, id: &str) -> Result<Key, Failure> {
    let unknown = || Failure::Refused(format!("there is no key `{id}`; `onhand key list` shows them (error 4007)"));
    let id = u64::from_str_radix(id, 16).map_err(|_| unknown())?;
    handle.directory().key(KeyId(id)).ok_or_else(unknown)
}

fn listed(handle: &Handle) -> KeyList {
    KeyList { keys: handle.directory().keys().iter().map(|key| convert::key_message(key, None)).collect() }
}

fn print(list: &KeyList, json: bool) -> Result<(), Failure> {
    if json {
        return running::say_json(list);
    }
    say("ID                ROLE        CREATED                   STATE                             HOLDER")?;
    for key in &list.keys {
        let role = key.role.of_key().map_or("", Role::name);
        let state = key.revoked.map_or_else(|| "live".to_owned(), |time| format!("revoked {time}"));
        say(&format!("{:<16}  {role:<10}  {}  {state:<32}  {}", key.id, key.created, key.holder))?;
    }
    Ok(())
}

async fn online(at: &Place, task: &KeyTask) -> Result<(), Failure> {
    let mut client = remote::client(at.of.server.as_deref(), at.key.as_deref())?;
    if let Some(person) = at.person.sign_in()? {
        client = client.signed_in(&person).await.map_err(remote::failure)?;
    }
    let id = || Some(Id::mint());
    match task {
        KeyTask::Create { role, name, .. } => {
            let role = Role::from(*role).into();
            let body = running::json(&CreateKey { role, holder: Text(name.clone()) })?;
            show(&client.post("/v1/keys", id(), body).await.map_err(remote::failure)?)
        }
        KeyTask::List { json, .. } => {
            let list: KeyList = client.get("/v1/keys").await.and_then(|reply| reply.json()).map_err(remote::failure)?;
            print(&list, *json)
        }
        KeyTask::Rotate { id: old, .. } => {
            show(&client.post(&format!("/v1/keys/{old}/rotate"), id(), "").await.map_err(remote::failure)?)
        }
        KeyTask::Revoke { id, .. } => {
            client.delete(&format!("/v1/keys/{id}")).await.map_err(remote::failure)?;
            Ok(())
        }
    }
}

/// The new key, alone.
fn show(reply: &Response) -> Result<(), Failure> {
    let made: KeyMessage = reply.json().map_err(remote::failure)?;
    let text = made.key.ok_or_else(|| Failure::could_not("the server made a key and did not show it"))?;
    say(&text)
}
