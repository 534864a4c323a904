//! The metrics stream over HTTP: lines of JSON, server-sent events, or one list of what was.
//!
//! A task feeds the body as the client takes it. It ends with the client, with the key, with the
//! server, and when nothing is taken for too long.

use super::app::App;
use super::{Cut, reads};
use crate::fault::Fault;
use crate::figures::asked::{self, Watcher};
use crate::keys::Principal;
use crate::metrics;
use crate::rights::Read;
use crate::server::Shared;
use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName};
use onhand_protocol::value::Time;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

/// Bytes gathered before they are handed on.
const CHUNK_BYTES: usize = 64 * 1024;
/// Server-sent events say something after so many seconds of nothing, or proxies hang up.
const QUIET_MAX: u32 = 15;

type Asking = Result<Query<Vec<(String, String)>>, axum::extract::rejection::QueryRejection>;

/// How objects stand in the body.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// One a line.
    Lines,
    /// Server-sent events.
    Events,
    /// `{"metrics":[...]}`, which ends with the newest.
    List,
}

pub(crate) async fn stream(
    State(app): State<Arc<App>>,
    Extension(cut): Extension<Cut>,
    query: Asking,
    headers: HeaderMap,
) -> Response {
    let accepts = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let wants_events = accepts.into_iter().any(|accepts| accepts.contains("text/event-stream"));
    let form = if wants_events { Form::Events } else { Form::Lines };
    begin(&app, cut, query, &headers, form).unwrap_or_else(IntoResponse::into_response)
}

pub(crate) async fn history(
    State(app): State<Arc<App>>,
    Extension(cut): Extension<Cut>,
    query: Asking,
    headers: HeaderMap,
) -> Response {
    begin(&app, cut, query, &headers, Form::List).unwrap_or_else(IntoResponse::into_response)
}

fn begin(app: &App, cut: Cut, query: Asking, headers: &HeaderMap, form: Form) -> Result<Response, Fault> {
    let principal = reads::reader(app, headers, Read::Metrics)?;
    let Query(pairs) =
        query.map_err(|why| Fault::new(1001, format!("the query cannot be read: {}", why.body_text())))?;
    let asked = asked::query(&pairs)?;
    let resume = headers.get("last-event-id").filter(|_| form == Form::Events);
    let resume = resume.map(|value| value.to_str().unwrap_or_default());
    let watcher = asked::watch(&app.shared, &principal, &asked, resume)?;
    let (sender, receiver) = mpsc::channel(1);
    let feeder = Feeder { shared: app.shared.clone(), principal, watcher, form, sender, stage: Stage::Begins };
    tokio::spawn(feeder.feed(cut));
    let body = futures_util::stream::unfold(receiver, |mut receiver| async move {
        let chunk: Bytes = receiver.recv().await?;
        Some((Ok::<_, Infallible>(chunk), receiver))
    });
    let content_type = match form {
        Form::Lines => "application/x-ndjson",
        Form::Events => "text/event-stream",
        Form::List => "application/json",
    };
    // A proxy that gathers before it hands on would turn a stream into nothing.
    let unbuffered = (HeaderName::from_static("x-accel-buffering"), "no");
    let headers = [(CONTENT_TYPE, content_type), (CACHE_CONTROL, "no-store"), unbuffered];
    Ok((headers, Body::from_stream(body)).into_response())
}

struct Feeder {
    shared: Arc<Shared>,
    principal: Principal,
    watcher: Watcher,
    form: Form,
    sender: mpsc::Sender<Bytes>,
    stage: Stage,
}

/// How far a body has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing was said.
    Begins,
    /// Objects were.
    GoesOn,
    /// Everything was.
    Ended,
}

impl Feeder {
    async fn feed(mut self, cut: Cut) {
        let mut stopping = self.shared.stopping.clone();
        let stalled = self.shared.limits.stalled;
        let feeding = async {
            let mut news = self.shared.desk.news();
            while let Some(chunk) = self.next_chunk(&mut news).await {
                match tokio::time::timeout(stalled, self.sender.send(chunk.into())).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) => return,
                    Err(_) => {
                        metrics::closed("slow_consumer");
                        return cut.0.notify_one();
                    }
                }
            }
        };
        tokio::select! {
            () = feeding => {}
            _ = stopping.wait_for(|stop| *stop) => {}
        }
    }

    /// What is to be said next; waits for it. Nothing: the body ends.
    async fn next_chunk(&mut self, news: &mut watch::Receiver<u64>) -> Option<Vec<u8>> {
        let mut quiet = 0;
        while self.stage != Stage::Ended {
            let checked = self.principal.check(self.shared.handle.directory(), self.shared.handle.now());
            let chunk = match checked {
                Ok(()) => self.objects(),
                Err(fault) => self.last_word(&fault),
            };
            if !chunk.is_empty() {
                return Some(chunk);
            }
            quiet += 1;
            if self.form == Form::Events && quiet > QUIET_MAX {
                return Some(b":\n\n".to_vec());
            }
            tokio::select! {
                changed = news.changed() => changed.ok()?,
                () = self.sender.closed() => return None,
            }
        }
        None
    }

    /// The objects that there are, about [`CHUNK_BYTES`] at most.
    fn objects(&mut self) -> Vec<u8> {
        let mut text = Vec::new();
        if self.form == Form::List && self.stage == Stage::Begins {
            text.extend_from_slice(b"{\"metrics\":[");
        }
        while text.len() < CHUNK_BYTES {
            let Some(object) = self.shared.desk.history.next(&mut self.watcher.place) else {
                if self.form == Form::List {
                    text.extend_from_slice(b"]}");
                    self.stage = Stage::Ended;
                }
                return text;
            };
            let is_first = std::mem::replace(&mut self.stage, Stage::GoesOn) == Stage::Begins;
            match self.form {
                Form::Events => {
                    let head = format!("id: {}\nevent: metrics\ndata: ", Time(object.time));
                    text.extend_from_slice(head.as_bytes());
                }
                Form::List if !is_first => text.push(b','),
                Form::List | Form::Lines => {}
            }
            object.write(self.watcher.selection, &mut text);
            text.extend_from_slice(match self.form {
                Form::Lines => b"\n",
                Form::Events => b"\n\n",
                Form::List => b"",
            });
        }
        text
    }

    /// Why nothing more comes.
    fn last_word(&mut self, fault: &Fault) -> Vec<u8> {
        self.stage = Stage::Ended;
        let error = serde_json::json!({ "error": fault.body() });
        match self.form {
            Form::Lines => format!("{error}\n").into_bytes(),
            Form::Events => format!("event: error\ndata: {error}\n\n").into_bytes(),
            Form::List => Vec::new(),
        }
    }
}
