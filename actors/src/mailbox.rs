//! Private FIFO mailboxes: every hosted actor has one, eight bytes while it is empty.
//!
//! A job (one command) stands in the mailbox of each of its participants, put there at one moment.
//! It may run when it heads them all. One shard enqueues in one order, so there is no deadlock.

use crate::port::Envelope;
use onhand_engine::ids::SkuId;

const NONE: u32 = u32::MAX;

/// A hosted actor of this shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ActorRef {
    /// The actor of a SKU.
    Sku(SkuId, u32),
    /// A till actor.
    Till(u32),
    /// A store actor.
    Store(u32),
    /// The chain actor; on the first shard only.
    Chain,
}

/// A job in the post office.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct JobId(u32);

/// First and last link of an actor's queue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mailbox {
    first: u32,
    last: u32,
}

impl Default for Mailbox {
    fn default() -> Self {
        Self { first: NONE, last: NONE }
    }
}

impl Mailbox {
    /// Whether nothing waits here.
    pub(crate) const fn is_empty(&self) -> bool {
        self.first == NONE
    }
}

/// A job's place in one mailbox.
struct Link {
    job: JobId,
    actor: ActorRef,
    next_here: u32,
    next_of_job: u32,
}

struct Job {
    envelope: Option<Envelope>,
    store: u32,
    links: u32,
    /// Mailboxes that it does not head yet.
    behind: u32,
}

/// All jobs of a shard that wait, and their links.
#[derive(Default)]
pub(crate) struct PostOffice {
    jobs: Vec<Job>,
    free_jobs: Vec<u32>,
    links: Vec<Link>,
    free_links: Vec<u32>,
}

impl PostOffice {
    /// Takes a command at a store in. It stands nowhere yet.
    pub(crate) fn take_in(&mut self, envelope: Envelope, store: u32) -> JobId {
        let job = Job { envelope: Some(envelope), store, links: NONE, behind: 0 };
        JobId(put(&mut self.jobs, &mut self.free_jobs, job))
    }

    /// Puts a job at the end of an actor's mailbox. Twice in a row is once.
    pub(crate) fn join(&mut self, job: JobId, actor: ActorRef, mailbox: &mut Mailbox) {
        if mailbox.last != NONE && self.links[mailbox.last as usize].job == job {
            return;
        }
        let next_of_job = self.jobs[job.0 as usize].links;
        let link = Link { job, actor, next_here: NONE, next_of_job };
        let at = put(&mut self.links, &mut self.free_links, link);
        let entry = &mut self.jobs[job.0 as usize];
        entry.links = at;
        if mailbox.first == NONE {
            mailbox.first = at;
        } else {
            entry.behind += 1;
            self.links[mailbox.last as usize].next_here = at;
        }
        mailbox.last = at;
    }

    /// Whether a job heads every mailbox it stands in.
    pub(crate) fn is_ready(&self, job: JobId) -> bool {
        self.jobs[job.0 as usize].behind == 0
    }

    /// The command of a job, and its store.
    pub(crate) fn open(&self, job: JobId) -> Option<(&Envelope, u32)> {
        let entry = &self.jobs[job.0 as usize];
        Some((entry.envelope.as_ref()?, entry.store))
    }

    /// The SKU actors that take part in a job.
    pub(crate) fn skus_of(&self, job: JobId, into: &mut Vec<(SkuId, u32)>) {
        let mut at = self.jobs[job.0 as usize].links;
        while at != NONE {
            let link = &self.links[at as usize];
            if let ActorRef::Sku(sku, actor) = link.actor {
                into.push((sku, actor));
            }
            at = link.next_of_job;
        }
    }

    /// The actor of the next mailbox that a job stands in.
    pub(crate) fn next_actor(&self, job: JobId) -> Option<ActorRef> {
        let at = self.jobs[job.0 as usize].links;
        (at != NONE).then(|| self.links[at as usize].actor)
    }

    /// Takes a job that ran out of the mailbox that [`PostOffice::next_actor`] named. Returns the job
    /// that heads all of its own by that.
    pub(crate) fn leave(&mut self, job: JobId, mailbox: &mut Mailbox) -> Option<JobId> {
        let at = self.jobs[job.0 as usize].links;
        let Link { next_here, next_of_job, .. } = self.links[at as usize];
        self.jobs[job.0 as usize].links = next_of_job;
        self.free_links.push(at);
        mailbox.first = next_here;
        if next_here == NONE {
            mailbox.last = NONE;
            return None;
        }
        let next = self.links[next_here as usize].job;
        let entry = &mut self.jobs[next.0 as usize];
        entry.behind -= 1;
        (entry.behind == 0).then_some(next)
    }

    /// Forgets a job that stands nowhere any more; its command.
    pub(crate) fn forget(&mut self, job: JobId) -> Option<Envelope> {
        self.free_jobs.push(job.0);
        self.jobs[job.0 as usize].envelope.take()
    }

    /// Jobs that wait.
    pub(crate) fn len(&self) -> usize {
        self.jobs.len() - self.free_jobs.len()
    }
}

fn put<T>(slab: &mut Vec<T>, free: &mut Vec<u32>, value: T) -> u32 {
    if let Some(at) = free.pop() {
        slab[at as usize] = value;
        return at;
    }
    slab.push(value);
    u32::try_from(slab.len() - 1).unwrap_or(NONE)
}
