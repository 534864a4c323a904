//! The chain opened without a gateway: one command at a time, for `key` and the first start of `demo`.

use crate::fail::Failure;
use onhand_actors::handle::Handle;
use onhand_actors::port::{Envelope, LevelChange, Outcome, Port, PortId, Ticket};
use onhand_engine::answer::Answer;
use onhand_engine::command::{Action, Channel, Command};
use onhand_engine::ids::{CommandId, LocationId};
use onhand_engine::people::By;
use onhand_protocol::value::Id;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long one command may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked meanwhile whether it can succeed at all.
const LOOKS: u32 = 100;

/// One caller with one command in flight.
pub(crate) struct Caller {
    handle: Handle,
    port: PortId,
    answers: Receiver<Outcome>,
}

struct Answers(Mutex<SyncSender<Outcome>>);

impl Port for Answers {
    fn outcomes(&self, outcomes: Vec<(Ticket, Outcome)>) {
        let sender = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, outcome) in outcomes {
            // One command is in flight, so there is room, unless its caller has given up.
            let _ = sender.try_send(outcome);
        }
    }

    fn wants_levels(&self) -> bool {
        false
    }

    fn levels(&self, _: Arc<[LevelChange]>) {}

    fn chain_changed(&self) {}
}

impl Caller {
    pub(crate) fn new(handle: Handle) -> Self {
        let (sender, answers) = sync_channel(1);
        let port = handle.register(Arc::new(Answers(Mutex::new(sender))));
        Self { handle, port, answers }
    }

    /// Asks the chain for something and waits until it is durable.
    pub(crate) fn ask(&self, action: Action) -> Result<Answer, Failure> {
        let command =
            Command { id: CommandId(Id::mint().0), location: LocationId::CHAIN, channel: Channel::Till, action };
        self.handle.submit(&mut vec![Envelope { port: self.port, ticket: Ticket(0), by: By::default(), command }]);
        for _ in 0..LOOKS {
            match self.answers.recv_timeout(PATIENCE / LOOKS) {
                Ok(Outcome::Done { answer, .. }) => return Ok(answer),
                Ok(Outcome::Refused(refusal)) => {
                    return Err(Failure::Refused(format!("{refusal} (error {})", refusal.number())));
                }
                // The log would keep it until there is space; whoever typed it need not wait for that.
                Err(_) if self.handle.observe().disk_full => {
                    return Err(Failure::numbered(5002, "there is no space left on the disk of the data directory."));
                }
                Err(_) => {}
            }
        }
        Err(Failure::numbered(5013, "the log did not answer in time"))
    }
}
