//! Whose keys a run asks with. A holiday has keys of its own, of a till and of a website, so that it is
//! held to their rights and seen as what it is; they are revoked when it is over.

use super::Options;
use super::goods::Scenario;
use onhand_protocol::client::Error;
use onhand_protocol::http_client::HttpClient;
use onhand_protocol::message::read::KeyMessage;

/// The keys of a run.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    /// Of those who sell at a till.
    pub(super) till: String,
    /// Of those who shop and watch on the website.
    pub(super) web: String,
    made: Vec<String>,
}

impl Keys {
    /// The key that was given, or new ones.
    pub(super) async fn of(options: &Options, prefix: &str) -> Result<Self, Error> {
        if options.scenario != Scenario::Holiday {
            return Ok(Self { till: options.key.clone(), web: options.key.clone(), made: Vec::new() });
        }
        let http = HttpClient::new(&options.server, Some(&options.key));
        let (till, till_id) = make(&http, "till", prefix).await?;
        let (web, web_id) = make(&http, "web", prefix).await?;
        Ok(Self { till, web, made: vec![till_id, web_id] })
    }

    /// Revokes what was made. A key that stays does no harm: its name says whose it was.
    pub(super) async fn revoke(&self, options: &Options) {
        let http = HttpClient::new(&options.server, Some(&options.key));
        for id in &self.made {
            let _ = http.delete(&format!("/v1/keys/{id}")).await;
        }
    }
}

/// A new key and its id.
async fn make(http: &HttpClient, role: &str, holder: &str) -> Result<(String, String), Error> {
    let body = serde_json::json!({ "role": role, "holder": holder }).to_string();
    let made: KeyMessage = http.post("/v1/keys", None, body).await?.json()?;
    let key = made.key.ok_or_else(|| Error::Unreadable("a new key came without its secret".to_owned()))?;
    Ok((key, made.id))
}
