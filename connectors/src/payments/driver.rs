//! One driver: a connection to the server, and what is being done for payments.

use onhand_protocol::client::{self, Client, Error, Patience, Reconnecting};
use onhand_protocol::message::{
    Body, CardMessage, PaymentMessage, PaymentOutcome, PaymentTask, PaymentTaskName, ReportPayment, Request,
    TakePayment, WatchPayments,
};
use onhand_protocol::value::{Amount, Id, Label, LocationCode};
use std::collections::{BTreeMap, HashMap};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{self, AbortHandle, JoinError, JoinSet};

/// Payments that are seen to at the same time, those that wait for another try included.
const JOBS_MAX: usize = 256;
/// The longest text about a payment that the server takes.
const REASON_MAX: usize = 64;

/// What a provider says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The amount is approved.
    Approved(Approved),
    /// It is declined, for this reason.
    Declined(Option<String>),
    /// It has never heard of the payment.
    NotFound,
    /// It has done what was asked.
    Done,
    /// It cannot do what was asked.
    Failed(String),
    /// It said nothing that can be understood, or nothing in time.
    Nothing,
}

/// An approved amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approved {
    /// The provider's own name for it.
    pub transaction: String,
    /// The card.
    pub card: CardMessage,
    /// Whether it was taken with the approval.
    pub taken: bool,
}

/// Whether a payment can be sent to its provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ready {
    /// It can, under this name of the provider's where it has one already.
    Yes(Option<String>),
    /// It never can, for this reason.
    Never(String),
    /// It cannot now.
    NotNow,
}

/// A provider of payments, or a terminal. Whatever is asked of it may be asked again: it goes by the
/// payment's id, and does nothing twice.
pub trait Provider: Send + Sync + 'static {
    /// Before the payment is taken: whatever moves no money and gives it a name, which is kept before more is asked.
    fn prepare(&self, _payment: &PaymentMessage) -> impl Future<Output = Ready> + Send {
        async { Ready::Yes(None) }
    }
    /// Have the amount approved.
    fn authorise(&self, payment: &PaymentMessage) -> impl Future<Output = Answer> + Send;
    /// What became of the payment?
    fn inquire(&self, payment: &PaymentMessage) -> impl Future<Output = Answer> + Send;
    /// Take so much of what was approved.
    fn capture(&self, payment: &PaymentMessage, amount: Amount) -> impl Future<Output = Answer> + Send;
    /// Let go what was approved.
    fn void(&self, payment: &PaymentMessage) -> impl Future<Output = Answer> + Send;
    /// Give so much of what was taken back, under this name.
    fn refund(&self, payment: &PaymentMessage, refund: Id, amount: Amount) -> impl Future<Output = Answer> + Send;
}

/// How a driver works.
#[derive(Clone, Debug)]
pub struct Options {
    /// The server's address for payments.
    pub url: String,
    /// A driver's key.
    pub key: String,
    /// Whose payments it takes.
    pub provider: Label,
    /// Where; none: everywhere.
    pub locations: Vec<LocationCode>,
    /// How long the provider may take to answer before nobody knows.
    pub answer_within: Duration,
    /// The wait before something that did not work is tried again; doubles with each try.
    pub first_wait: Duration,
    /// The longest such wait.
    pub longest_wait: Duration,
}

impl Options {
    /// Everywhere, with waits that suit a shop.
    #[must_use]
    pub fn new(url: &str, key: &str, provider: Label) -> Self {
        Self {
            url: url.to_owned(),
            key: key.to_owned(),
            provider,
            locations: Vec::new(),
            answer_within: Duration::from_secs(60),
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(60),
        }
    }
}

/// A payment that is being seen to.
struct Job {
    /// As it stood when it began.
    version: u32,
    task: Option<PaymentTask>,
    handle: AbortHandle,
}

/// Takes payments to a provider until the signal comes. What fails on the way is tried again.
///
/// # Errors
/// What trying again cannot mend: a wrong address, a key that is not a driver's.
pub async fn run<P: Provider>(
    options: Options,
    provider: Arc<P>,
    until: impl Future<Output = ()>,
) -> Result<(), Error> {
    let patience = Patience { first_wait: options.first_wait, ..Patience::default() };
    let server = Reconnecting::new(&options.url, &options.key, client::Options::default(), patience);
    let mut driver = Driver {
        desk: Arc::new(Desk { options, server, provider }),
        payments: BTreeMap::new(),
        busy: HashMap::new(),
        tries: HashMap::new(),
        jobs: JoinSet::new(),
    };
    let mut until = pin!(until);
    let mut wait = driver.desk.options.first_wait;
    loop {
        let watched = tokio::select! {
            () = &mut until => return Ok(()),
            watched = driver.desk.watch() => watched,
        };
        match watched {
            Ok(client) => {
                wait = driver.desk.options.first_wait;
                tokio::select! {
                    () = &mut until => return Ok(()),
                    () = driver.attend(&client) => {}
                }
            }
            Err(why) if why.is_worth_retrying() => {
                tokio::select! {
                    () = &mut until => return Ok(()),
                    () = tokio::time::sleep(wait) => {}
                }
                wait = (wait * 2).min(driver.desk.options.longest_wait);
            }
            Err(why) => return Err(why),
        }
    }
}

/// What every job needs.
struct Desk<P> {
    options: Options,
    server: Reconnecting,
    provider: Arc<P>,
}

struct Driver<P> {
    desk: Arc<Desk<P>>,
    /// Payments that have something to do, as they were told last.
    payments: BTreeMap<Id, PaymentMessage>,
    /// Those that are being seen to.
    busy: HashMap<Id, Job>,
    /// How often what a payment needs did not work.
    tries: HashMap<Id, u32>,
    jobs: JoinSet<()>,
}

impl<P: Provider> Driver<P> {
    /// Sees to payments until the connection ends. Jobs go on without it.
    async fn attend(&mut self, client: &Client) {
        loop {
            tokio::select! {
                told = client.payments().next() => match told {
                    Some(payment) => self.told(payment),
                    None => return,
                },
                Some(ended) = self.jobs.join_next_with_id() => self.ended(ended),
            }
            self.begin();
        }
    }

    fn told(&mut self, payment: PaymentMessage) {
        let id = payment.payment;
        if payment.task.is_none() {
            self.payments.remove(&id);
            self.tries.remove(&id);
            return;
        }
        // What was to be done before is done: how often it was tried says nothing of what is next.
        if self.payments.get(&id).is_some_and(|known| known.task != payment.task) {
            self.tries.remove(&id);
        }
        // Whoever still waits for a terminal that says nothing waits no more: something else is to be done.
        if let Some(job) = self.busy.get(&id)
            && job.version < payment.version
            && job.task != payment.task
        {
            job.handle.abort();
            self.busy.remove(&id);
        }
        self.payments.insert(id, payment);
    }

    /// What a job has changed is told by the server; where it has not, there is another try.
    fn ended(&mut self, ended: Result<(task::Id, ()), JoinError>) {
        let job = ended.map_or_else(|why| why.id(), |(job, ())| job);
        let of = |(id, known): (&Id, &Job)| (known.handle.id() == job).then_some(*id);
        let Some(id) = self.busy.iter().find_map(of) else { return };
        let Some(job) = self.busy.remove(&id) else { return };
        match self.payments.get(&id) {
            Some(payment) if payment.version == job.version => {
                let tries = self.tries.entry(id).or_default();
                *tries = tries.saturating_add(1);
            }
            _ => drop(self.tries.remove(&id)),
        }
    }

    fn begin(&mut self) {
        for (id, payment) in &self.payments {
            if self.busy.len() >= JOBS_MAX {
                return;
            }
            if self.busy.contains_key(id) {
                continue;
            }
            let tries = self.tries.get(id).copied().unwrap_or_default();
            let (version, task) = (payment.version, payment.task.clone());
            let (desk, payment) = (Arc::clone(&self.desk), payment.clone());
            let handle = self.jobs.spawn(async move {
                desk.wait(tries).await;
                desk.see_to(&payment).await;
            });
            self.busy.insert(*id, Job { version, task, handle });
        }
    }
}

impl<P: Provider> Desk<P> {
    async fn watch(&self) -> Result<Client, Error> {
        let client = self.server.client().await?;
        let (locations, provider) = (self.options.locations.clone(), Some(self.options.provider.clone()));
        client.ask(Body::WatchPayments(WatchPayments { locations, provider, till: None })).await?;
        Ok(client)
    }

    async fn wait(&self, tries: u32) {
        if tries > 0 {
            let doubled = 2_u32.saturating_pow(tries.saturating_sub(1));
            let wait = self.options.first_wait.saturating_mul(doubled);
            tokio::time::sleep(wait.min(self.options.longest_wait)).await;
        }
    }

    async fn see_to(&self, payment: &PaymentMessage) {
        let Some(task) = &payment.task else { return };
        let mut payment = payment.clone();
        if task.task == PaymentTaskName::Authorise {
            let ready = tokio::time::timeout(self.options.answer_within, self.provider.prepare(&payment)).await;
            match ready.unwrap_or(Ready::NotNow) {
                Ready::Yes(transaction) => payment.transaction = transaction,
                Ready::Never(reason) => {
                    let declined = report(&payment, task, Answer::Declined(Some(reason)));
                    return self.report(declined).await;
                }
                Ready::NotNow => return,
            }
            if !self.take(&payment).await {
                return;
            }
        }
        let payment = &payment;
        let asked = self.ask(payment, task);
        let answer = tokio::time::timeout(self.options.answer_within, asked).await.unwrap_or(Answer::Nothing);
        self.report(report(payment, task, answer)).await;
    }

    async fn report(&self, report: Option<ReportPayment>) {
        if let Some(report) = report {
            self.tell(Body::ReportPayment(report)).await;
        }
    }

    /// Only who is given it sends it.
    async fn take(&self, payment: &PaymentMessage) -> bool {
        let (location, transaction) = (payment.location.clone(), payment.transaction.clone());
        self.tell(Body::TakePayment(TakePayment { location, payment: payment.payment, transaction })).await
    }

    /// Whether the server took it. What it does not take it knows better: it tells how the payment stands.
    async fn tell(&self, body: Body) -> bool {
        self.server.call(&Request::new(body)).await.is_ok_and(|reply| reply.result.is_ok())
    }

    async fn ask(&self, payment: &PaymentMessage, task: &PaymentTask) -> Answer {
        let provider = &*self.provider;
        let amount = task.amount.unwrap_or(payment.amount);
        match task.task {
            PaymentTaskName::Authorise => provider.authorise(payment).await,
            PaymentTaskName::Inquire => provider.inquire(payment).await,
            PaymentTaskName::Capture => provider.capture(payment, amount).await,
            PaymentTaskName::Void => provider.void(payment).await,
            PaymentTaskName::Refund => provider.refund(payment, task.refund.unwrap_or(payment.payment), amount).await,
        }
    }
}

/// What the server is told; nothing where nothing is known that it does not know.
fn report(payment: &PaymentMessage, task: &PaymentTask, answer: Answer) -> Option<ReportPayment> {
    let blank = ReportPayment {
        location: payment.location.clone(),
        payment: payment.payment,
        outcome: PaymentOutcome::Unknown,
        transaction: None,
        card: None,
        taken: false,
        reason: None,
        refund: None,
    };
    let shorter = |reason: String| Some(reason.chars().take(REASON_MAX).collect());
    let decides = matches!(task.task, PaymentTaskName::Authorise | PaymentTaskName::Inquire);
    let outcome = match (answer, task.task) {
        (Answer::Approved(approved), _) if decides => {
            let Approved { transaction, card, taken } = approved;
            let (transaction, card) = (Some(transaction), Some(card));
            return Some(ReportPayment { outcome: PaymentOutcome::Approved, transaction, card, taken, ..blank });
        }
        (Answer::Declined(reason), _) if decides => {
            let reason = reason.and_then(shorter);
            return Some(ReportPayment { outcome: PaymentOutcome::Declined, reason, ..blank });
        }
        (Answer::Declined(reason), PaymentTaskName::Refund) => {
            let (refund, reason) = (task.refund, reason.and_then(shorter));
            return Some(ReportPayment { outcome: PaymentOutcome::Declined, refund, reason, ..blank });
        }
        (Answer::NotFound, PaymentTaskName::Inquire) => PaymentOutcome::NotFound,
        (_, PaymentTaskName::Authorise) => PaymentOutcome::Unknown,
        (_, PaymentTaskName::Inquire) => return None,
        (Answer::Done, PaymentTaskName::Capture) => PaymentOutcome::Captured,
        (Answer::Done, PaymentTaskName::Void) => PaymentOutcome::Voided,
        (Answer::Done, PaymentTaskName::Refund) => {
            return Some(ReportPayment { outcome: PaymentOutcome::Refunded, refund: task.refund, ..blank });
        }
        (other, _) => {
            let reason = match other {
                Answer::Failed(reason) | Answer::Declined(Some(reason)) => reason,
                Answer::NotFound => "the provider does not know it".to_owned(),
                _ => "no answer".to_owned(),
            };
            return Some(ReportPayment { outcome: PaymentOutcome::Failed, reason: shorter(reason), ..blank });
        }
    };
    Some(ReportPayment { outcome, ..blank })
}
