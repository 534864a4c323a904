//! Sends the lanes: several connections, many requests in flight on each, one per store, so that a
//! store's sales stay in order. What is unanswered when a connection breaks is sent again under the
//! same id by the client.

use super::lane::{Job, Kind, Lane, lanes};
use super::summary::{Summary, Tally};
use super::transactions::{self, Line, Reason, Skipped};
use super::{Error, Options, Speed, prepare};
use crate::clock::Stopwatch;
use futures_util::future::try_join_all;
use futures_util::stream::{FuturesUnordered, StreamExt};
use indicatif::ProgressBar;
use onhand_engine::card_number;
use onhand_engine::ids::SkuCode;
use onhand_engine::qty::Qty;
use onhand_protocol::client::{self, Reconnecting};
use onhand_protocol::message::{ErrorBody, Recorded, Reply, Success};
use onhand_protocol::value::{Text, Time};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::fs::File;
use std::time::Duration;

/// Replays a file. The bar gets the number of lines as its length; a hidden one is fine.
///
/// # Errors
/// [`Error`]; what was recorded until then stays, and replaying again goes on from there.
pub async fn replay(options: &Options, bar: &ProgressBar) -> Result<Summary, Error> {
    let read = File::open(&options.file)
        .map_err(transactions::ReadError::Io)
        .and_then(|file| transactions::read(file, options.currency))
        .map_err(|error| Error::File { file: options.file.display().to_string(), error })?;
    let first_s = read.baskets.first().map_or(0, |basket| basket.time_s);
    let lanes = lanes(read.baskets, options.stock);
    bar.set_length(read.lines);
    bar.inc(read.skipped.len() as u64);

    let connections = options.connections.clamp(1, lanes.len().max(1));
    let links: Vec<Reconnecting> = (0..connections).map(|_| connection(options)).collect();
    let opened = prepare::greet(&links[0]).await?;
    prepare::locations(&links[0], &lanes, options).await?;
    let added = prepare::items(&links[0], &lanes).await?;

    let mut shares: Vec<Vec<Lane>> = (0..connections).map(|_| Vec::new()).collect();
    for (at, lane) in lanes.into_iter().enumerate() {
        shares[at % connections].push(lane);
    }
    let watch = Stopwatch::start();
    let setting = |link| Setting { options, link, bar, watch, first_s, opened };
    let runners = links.iter().zip(shares).map(|(link, lanes)| Runner::new(lanes, setting(link)).run());
    let tallies = try_join_all(runners).await?;
    let took = watch.elapsed();

    let mut tally = Tally::new();
    tallies.into_iter().for_each(|one| tally.merge(one));
    tally.skipped.extend(read.skipped);
    Ok(Summary {
        items_added: added.iter().map(SkuCode::to_string).collect(),
        ..tally.finish(read.lines, options.currency, took)
    })
}

fn connection(options: &Options) -> Reconnecting {
    let patient = client::Options { in_flight_max: options.in_flight.max(1), ..client::Options::default() };
    Reconnecting::new(&options.server, &options.key, patient, client::Patience::default())
}

/// What all runners share.
#[derive(Clone, Copy)]
struct Setting<'a> {
    options: &'a Options,
    link: &'a Reconnecting,
    bar: &'a ProgressBar,
    watch: Stopwatch,
    first_s: i64,
    /// The server's time before the first sale: an older answer is a repeat's.
    opened: Time,
}

/// A lane whose next job may be sent at a time; the oldest job first among those.
type Turn = Reverse<(Duration, i64, usize)>;

struct Runner<'a> {
    setting: Setting<'a>,
    lanes: Vec<Lane>,
    turns: BinaryHeap<Turn>,
    unknown: HashSet<SkuCode>,
    tally: Tally,
}

/// A job whose answer came.
struct Landed {
    lane: usize,
    job: Job,
    sent: Stopwatch,
    answer: Result<Reply, client::Error>,
}

impl<'a> Runner<'a> {
    fn new(lanes: Vec<Lane>, setting: Setting<'a>) -> Self {
        let mut runner =
            Self { setting, turns: BinaryHeap::new(), unknown: HashSet::new(), tally: Tally::new(), lanes };
        (0..runner.lanes.len()).for_each(|lane| runner.queue(lane));
        runner
    }

    /// Gives a lane its next turn, when its next job is due.
    fn queue(&mut self, lane: usize) {
        let Some(job) = self.lanes.get(lane).and_then(|lane| lane.jobs.front()) else { return };
        let due = match self.setting.options.speed {
            Speed::Max => Duration::ZERO,
            Speed::Times(times) => {
                let since_s = u64::try_from(job.time_s - self.setting.first_s).unwrap_or(0);
                Duration::from_secs(since_s) / times.get()
            }
        };
        self.turns.push(Reverse((due, job.time_s, lane)));
    }

    async fn run(mut self) -> Result<Tally, Error> {
        let in_flight = self.setting.options.in_flight.max(1);
        let mut flying = FuturesUnordered::new();
        loop {
            let now = self.setting.watch.elapsed();
            while flying.len() < in_flight {
                let Some(Reverse((due, _, lane))) = self.turns.peek().copied() else { break };
                if due > now {
                    break;
                }
                self.turns.pop();
                match self.next_job(lane) {
                    Some(job) => flying.push(self.fly(lane, job)),
                    None => self.queue(lane),
                }
            }
            let wait = self.turns.peek().map(|Reverse((due, ..))| due.saturating_sub(now));
            let landed = match (flying.is_empty(), wait) {
                (true, None) => return Ok(self.tally),
                (true, Some(wait)) => {
                    tokio::time::sleep(wait).await;
                    continue;
                }
                (false, Some(wait)) if flying.len() < in_flight => {
                    tokio::time::timeout(wait, flying.next()).await.unwrap_or_default()
                }
                (false, _) => flying.next().await,
            };
            if let Some(landed) = landed {
                self.land(landed)?;
            }
        }
    }

    fn fly(&self, lane: usize, job: Job) -> impl Future<Output = Landed> + use<'a> {
        let Setting { link, options, .. } = self.setting;
        let request = job.request(&self.lanes[lane].store, options.currency);
        let sent = Stopwatch::start();
        async move { Landed { lane, job, sent, answer: link.call(&request).await } }
    }

    /// The lane's next job without the items that the server does not know; none when nothing is left of it.
    fn next_job(&mut self, lane: usize) -> Option<Job> {
        let mut job = self.lanes.get_mut(lane)?.jobs.pop_front()?;
        self.drop_unknown(&mut job);
        (!job.lines.is_empty()).then_some(job)
    }

    fn drop_unknown(&mut self, job: &mut Job) {
        if self.unknown.is_empty() || !job.lines.iter().any(|line| self.unknown.contains(&line.sku)) {
            return;
        }
        let (gone, kept): (Vec<Line>, Vec<Line>) =
            std::mem::take(&mut job.lines).into_iter().partition(|line| self.unknown.contains(&line.sku));
        job.lines = kept;
        if job.kind != Kind::Stock {
            self.skip(&gone, Reason::UnknownSku, None);
        }
    }

    fn skip(&mut self, lines: &[Line], reason: Reason, why: Option<&ErrorBody>) {
        self.setting.bar.inc(lines.len() as u64);
        for line in lines {
            let value = why.map_or_else(|| line.sku.to_string(), ToString::to_string);
            let value = card_number::mask(&value).into_owned();
            self.tally.skipped.push(Skipped { line: line.line, reason, value });
        }
    }

    fn land(&mut self, landed: Landed) -> Result<(), Error> {
        let Landed { lane, job, sent, answer } = landed;
        match answer?.result {
            Ok(success) => {
                self.tally.answered_in(sent.elapsed());
                self.count(lane, &job, &success);
            }
            Err(error) => match (error.number, &error.sku) {
                // Once more, without the item that the server does not know.
                (1003, Some(Text(sku))) if job.lines.iter().any(|line| line.sku == *sku) => {
                    self.unknown.insert(sku.clone());
                    self.lanes[lane].jobs.push_front(job);
                }
                (4001..=4999, _) => return Err(client::Error::Refused(error).into()),
                _ if job.kind == Kind::Stock => {}
                _ => self.skip(&job.lines, Reason::Refused, Some(&error)),
            },
        }
        self.queue(lane);
        Ok(())
    }

    fn count(&mut self, lane: usize, job: &Job, success: &Success) {
        let Success::Recorded(Recorded { time, total, oversold, .. }) = success else {
            self.tally.receipts += 1;
            return;
        };
        self.setting.bar.inc(job.lines.len() as u64);
        if *time < self.setting.opened {
            self.tally.repeated += 1;
        } else {
            self.tally.recorded += 1;
            let short: Qty = oversold.iter().map(|line| line.qty.0).sum();
            self.tally.oversold = self.tally.oversold.plus(short);
        }
        let location = self.tally.location(&self.lanes[lane].store);
        location.sales += 1;
        location.lines += job.lines.len() as u64;
        location.units = location.units.plus(job.lines.iter().map(|line| line.qty).sum());
        location.revenue = location.revenue.plus(total.0);
    }
}
