//! What a watcher asks for, over WebSocket and HTTP alike, and what may not be asked.

use super::history::{Begin, Place};
use super::object::Selection;
use crate::fault::Fault;
use crate::keys::Principal;
use crate::server::Shared;
use onhand_engine::catalogue::Role;
use onhand_protocol::limits::{METRICS_MINUTES_MAX_S, METRICS_SECONDS_MAX_S};
use onhand_protocol::message::{Every, MetricField, WatchMetrics};
use onhand_protocol::time;

/// A watcher: where it is, and what it sees.
#[derive(Debug)]
pub(crate) struct Watcher {
    pub(crate) place: Place,
    pub(crate) selection: Selection,
}

/// Begins to watch. `resume` is the time of the last object that the watcher has.
pub(crate) fn watch(
    shared: &Shared,
    principal: &Principal,
    asked: &WatchMetrics,
    resume: Option<&str>,
) -> Result<Watcher, Fault> {
    let every = asked.every.unwrap_or_default();
    let max = match every {
        Every::Second => METRICS_SECONDS_MAX_S,
        Every::Minute => METRICS_MINUTES_MAX_S,
    };
    let history_s = asked.history_s.unwrap_or(0);
    if history_s > max {
        let text = format!("history_s is at most {max} for this `every`: no more is kept");
        return Err(Fault::new(1001, text).at("history_s"));
    }
    let begin = match resume {
        None => Begin::Ago { seconds: history_s },
        Some(text) => Begin::After(time::parse(text).ok_or_else(|| {
            Fault::new(1017, "Last-Event-ID is the `time` of the last object you have").at("Last-Event-ID")
        })?),
    };
    let place = shared.desk.history.begin(every, begin);
    Ok(Watcher { place, selection: Selection::new(asked.fields.as_deref(), sees_money(principal)) })
}

/// Operations sees how much is sold, not for how much.
fn sees_money(principal: &Principal) -> bool {
    !matches!(principal, Principal::Key { role: Role::Operations, .. })
}

/// The parameters of a query; each wrong one is named.
pub(crate) fn query(pairs: &[(String, String)]) -> Result<WatchMetrics, Fault> {
    let mut asked = WatchMetrics::default();
    let wrong = |name: &str, text: String| Err(Fault::new(1001, format!("{name}: {text}")).at(name));
    for (name, value) in pairs {
        match name.as_str() {
            "every" => match value.as_str() {
                "1s" => asked.every = Some(Every::Second),
                "1m" => asked.every = Some(Every::Minute),
                _ => return wrong("every", format!("{value:.40?} is neither 1s nor 1m")),
            },
            "history_s" => match value.parse() {
                Ok(seconds) => asked.history_s = Some(seconds),
                Err(_) => return wrong("history_s", format!("{value:.40?} is not a whole number of seconds")),
            },
            "fields" => {
                let fields: Result<Vec<MetricField>, String> = value.split(',').map(str::parse).collect();
                match fields {
                    Ok(fields) => asked.fields = Some(fields),
                    Err(text) => return wrong("fields", text),
                }
            }
            other => {
                let text = format!("there is no parameter {other:.40?}; there are every, history_s and fields");
                return Err(Fault::new(1001, text).at(other.get(..40).unwrap_or(other)));
            }
        }
    }
    Ok(asked)
}
