//! A connection that comes back, and sends again what had no answer: with the same ids, so that
//! everything happens exactly once.

use super::connection::{Client, Options};
use super::error::Error;
use super::feed::Feed;
use crate::message::{Body, LevelMessage, Reply, Request, Subscribe};
use std::time::Duration;
use tokio::sync::Mutex;

/// How long to keep trying, and how often.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// The wait after the first failure; doubles with each, and half of it is left to chance so
    /// that a thousand tills do not come back at the same moment.
    pub first_wait: Duration,
    /// The longest wait.
    pub longest_wait: Duration,
    /// How long to try in all before giving the last error back.
    pub give_up_after: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            first_wait: Duration::from_millis(100),
            longest_wait: Duration::from_secs(5),
            give_up_after: Duration::from_secs(60),
        }
    }
}

/// A client that reconnects. Subscriptions are taken up again from the versions seen.
#[derive(Debug)]
pub struct Reconnecting {
    url: String,
    key: String,
    options: Options,
    patience: Patience,
    feed: Feed,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    client: Option<Client>,
    subscriptions: Vec<Subscribe>,
}

impl Reconnecting {
    /// For a server; connects at the first call.
    #[must_use]
    pub fn new(url: &str, key: &str, options: Options, patience: Patience) -> Self {
        Self {
            url: url.to_owned(),
            key: key.to_owned(),
            options,
            patience,
            feed: Feed::default(),
            state: Mutex::default(),
        }
    }

    /// Sends a request until there is an answer: over new connections if need be, always with the
    /// same id. A refusal that time may mend (5xxx) is tried again too.
    ///
    /// # Errors
    /// What went wrong last when patience is at its end; at once what trying again cannot mend.
    pub async fn call(&self, request: &Request) -> Result<Reply, Error> {
        let mut last = Err(Error::TimedOut);
        let attempts = async {
            let mut wait = self.patience.first_wait;
            loop {
                let outcome = match self.client().await {
                    Ok(client) => client.call(request).await,
                    Err(why) => Err(why),
                };
                let retry = match &outcome {
                    Ok(reply) => reply.result.as_ref().is_err_and(|why| why.is_worth_retrying()),
                    Err(why) => why.is_worth_retrying(),
                };
                if !retry {
                    return outcome;
                }
                last = outcome;
                tokio::time::sleep(jittered(wait)).await;
                wait = (wait * 2).min(self.patience.longest_wait);
            }
        };
        let outcome = tokio::time::timeout(self.patience.give_up_after, attempts).await;
        outcome.unwrap_or(last)
    }

    /// Watches live stock through every reconnection.
    ///
    /// # Errors
    /// As [`Reconnecting::call`].
    pub async fn subscribe(&self, what: Subscribe) -> Result<(), Error> {
        self.call(&Request::new(Body::Subscribe(what.clone()))).await?.result?;
        self.state.lock().await.subscriptions.push(what);
        Ok(())
    }

    /// The newest levels since the last call; waits until there is one, through reconnections.
    pub async fn levels(&self) -> Vec<LevelMessage> {
        let mut wait = self.patience.first_wait;
        loop {
            let levels = self.feed.next().await;
            if !levels.is_empty() {
                return levels;
            }
            if self.client().await.is_err() {
                tokio::time::sleep(jittered(wait)).await;
                wait = (wait * 2).min(self.patience.longest_wait);
            }
        }
    }

    /// The live connection, a new one if need be.
    ///
    /// # Errors
    /// As [`Client::connect`]; one attempt only.
    pub async fn client(&self) -> Result<Client, Error> {
        let mut state = self.state.lock().await;
        if let Some(client) = state.client.as_ref().filter(|client| !client.is_closed()) {
            return Ok(client.clone());
        }
        let client = Client::connect_with(&self.url, Some(&self.key), self.options.clone(), self.feed.clone()).await?;
        for subscription in &state.subscriptions {
            let since = Some(self.feed.versions());
            client.subscribe(Subscribe { since, ..subscription.clone() }).await?;
        }
        state.client = Some(client.clone());
        Ok(client)
    }
}

/// Between half of it and all of it.
fn jittered(wait: Duration) -> Duration {
    let chance = getrandom::u32().unwrap_or(u32::MAX / 2);
    wait / 2 + wait.mul_f64(f64::from(chance) / f64::from(u32::MAX) / 2.0)
}
