//! What came of it: figures, goals, and the table.

use crate::usage::Machine;
use hdrhistogram::Histogram;
use serde::Serialize;

/// Sales at a planned rate.
#[derive(Clone, Copy, Serialize)]
pub(crate) struct Sales {
    pub(crate) per_s: f64,
    /// From the planned time to the answer.
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
}

/// From the decision of the oldest change that a level brought to its arrival.
#[derive(Clone, Copy, Serialize)]
pub(crate) struct Staleness {
    pub(crate) p50_ms: u64,
    pub(crate) p99_ms: u64,
    pub(crate) max_ms: u64,
}

impl Staleness {
    pub(crate) fn of(ms: &Histogram<u64>) -> Self {
        let at = |quantile| ms.value_at_quantile(quantile).min(ms.max());
        Self { p50_ms: at(0.5), p99_ms: at(0.99), max_ms: ms.max() }
    }
}

/// Many sockets watch one item that is sold all the time: one turn of it.
#[derive(Clone, Copy, Serialize)]
pub(crate) struct Round {
    pub(crate) sales: Sales,
    pub(crate) staleness: Staleness,
    /// Those who read.
    pub(crate) watchers: usize,
    pub(crate) levels_per_s: f64,
    /// Levels that were not newer than what their watcher had.
    pub(crate) went_back: u64,
    /// Memory of the server's process when it ended.
    pub(crate) resident_after: u64,
    /// Connections that the server has closed.
    pub(crate) closed: usize,
}

/// All turns: medians of rates and percentiles, the worst of the rest.
#[derive(Serialize)]
pub(crate) struct Watched {
    pub(crate) all: Round,
    pub(crate) rounds: Vec<Round>,
}

impl Watched {
    pub(crate) fn of(rounds: Vec<Round>) -> Self {
        let middle = |figure: fn(&Round) -> f64| {
            let mut values: Vec<f64> = rounds.iter().map(figure).collect();
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).copied().unwrap_or(0.0)
        };
        let most = |figure: fn(&Round) -> u64| rounds.iter().map(figure).max().unwrap_or(0);
        let all = Round {
            sales: Sales {
                per_s: middle(|round| round.sales.per_s),
                p50_ms: middle(|round| round.sales.p50_ms),
                p99_ms: middle(|round| round.sales.p99_ms),
            },
            staleness: Staleness {
                p50_ms: middle(|round| round.staleness.p50_ms as f64) as u64,
                p99_ms: middle(|round| round.staleness.p99_ms as f64) as u64,
                max_ms: most(|round| round.staleness.max_ms),
            },
            watchers: rounds.first().map_or(0, |round| round.watchers),
            levels_per_s: middle(|round| round.levels_per_s),
            went_back: rounds.iter().map(|round| round.went_back).sum(),
            resident_after: most(|round| round.resident_after),
            closed: rounds.last().map_or(0, |round| round.closed),
        };
        Self { all, rounds }
    }
}

/// Bytes of the server's memory for each connection.
#[derive(Serialize)]
pub(crate) struct Memory {
    pub(crate) connections: usize,
    pub(crate) idle: f64,
    pub(crate) subscribed: f64,
}

/// Many items that change all the time, many who watch all of them.
#[derive(Serialize)]
pub(crate) struct Coalesced {
    pub(crate) server: String,
    pub(crate) subscribers: usize,
    pub(crate) levels_per_s: f64,
    /// Processors that the server kept busy.
    pub(crate) processors: f64,
    pub(crate) levels_per_processor_s: f64,
}

/// What was promised, and whether it holds.
#[derive(Serialize)]
pub(crate) struct Goal {
    pub(crate) what: String,
    pub(crate) measured: String,
    pub(crate) met: bool,
}

#[derive(Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) load_after: String,
    pub(crate) command: String,
    pub(crate) versions: Vec<(String, String)>,
    pub(crate) items: usize,
    pub(crate) seconds: f64,
    pub(crate) memory: Memory,
    pub(crate) alone: Sales,
    pub(crate) watched: Watched,
    pub(crate) quiet: usize,
    pub(crate) with_quiet: Watched,
    pub(crate) coalesced: Vec<Coalesced>,
    pub(crate) goals: Vec<Goal>,
}

/// Idle connections may cost so much.
const IDLE_BYTES_MAX: f64 = 4096.0;
const STALENESS_MS_MAX: u64 = 250;
const SALES_FALL_MAX: f64 = 0.15;
const QUIET_CHANGE_MAX: f64 = 0.10;
/// Levels for each second of the server's time, by subscribers: 0.9 of what a server measured that
/// knows neither stock nor keys, encodes a frame once, and writes dirty sockets on each core's own tokio.
const LEVELS_MIN: [(usize, f64); 2] = [(1_000, 0.9 * 3.31e6), (10_000, 0.9 * 2.35e6)];

impl Report {
    pub(crate) fn judge(&mut self) {
        let (watched, with_quiet) = (&self.watched.all, &self.with_quiet.all);
        let fall = 1.0 - watched.sales.per_s / self.alone.per_s;
        let went_back = watched.went_back + with_quiet.went_back;
        let p99 = |round: &Round| round.staleness.p99_ms as f64;
        let change = p99(with_quiet) / p99(watched).max(1.0) - 1.0;
        let mut goals = vec![
            goal("levels that went back: none", format!("{went_back}"), went_back == 0),
            goal(
                &format!("99 of 100 levels seen within {STALENESS_MS_MAX} ms"),
                format!("{} ms", watched.staleness.p99_ms),
                watched.staleness.p99_ms <= STALENESS_MS_MAX,
            ),
            goal("sales fall by less than 15 % when watched", format!("{:.1} %", fall * 100.0), fall < SALES_FALL_MAX),
            goal(
                "at most 4 KiB of memory for an idle connection",
                format!("{:.0} bytes", self.memory.idle),
                self.memory.idle <= IDLE_BYTES_MAX,
            ),
            goal(
                &format!("{} who never read change the others' p99 by less than 10 %", self.quiet),
                format!("{:+.1} %", change * 100.0),
                change < QUIET_CHANGE_MAX,
            ),
        ];
        for (subscribers, least) in LEVELS_MIN {
            let ours = |one: &&Coalesced| one.subscribers == subscribers && one.server == "onhand";
            let Some(ours) = self.coalesced.iter().find(ours) else { continue };
            let measured = ours.levels_per_processor_s;
            goals.push(goal(
                &format!("{subscribers} subscribers: at least {:.2} M levels a processor second", least / 1e6),
                format!("{:.2} M", measured / 1e6),
                measured >= least,
            ));
        }
        self.goals = goals;
    }

    /// How many times as many levels onhand delivers with the same effort.
    pub(crate) fn onhand_over(&self, other: &Coalesced) -> f64 {
        let ours = |one: &&Coalesced| one.subscribers == other.subscribers && one.server == "onhand";
        let ours = self.coalesced.iter().find(ours);
        ours.map_or(0.0, |ours| ours.levels_per_processor_s / other.levels_per_processor_s)
    }

    pub(crate) fn print(&self) {
        println!("Sales planned at 1,000/s, of one item:");
        println!("{:<34}{:>10}{:>10}{:>10}", "", "sales/s", "p50 ms", "p99 ms");
        let line = |name: &str, sales: &Sales| {
            println!("{name:<34}{:>10.1}{:>10.2}{:>10.2}", sales.per_s, sales.p50_ms, sales.p99_ms);
        };
        line("nobody watches", &self.alone);
        line(&format!("{} watch", self.watched.all.watchers), &self.watched.all.sales);
        line(&format!("{} of them never read", self.quiet), &self.with_quiet.all.sales);
        println!(
            "\nLevels seen by those who read, from the oldest change that a level brought ({} turns):",
            self.watched.rounds.len()
        );
        let heads = ["levels/s", "p50 ms", "p99 ms", "max ms", "went back", "closed", "server MiB"];
        println!("{:<34}{}", "", heads.map(|head| format!("{head:>12}")).concat());
        for (name, one) in [("all read", &self.watched.all), ("with those who never read", &self.with_quiet.all)] {
            let Staleness { p50_ms, p99_ms, max_ms } = one.staleness;
            let mib = one.resident_after as f64 / f64::from(1 << 20);
            let (levels, back, closed) = (one.levels_per_s, one.went_back, one.closed);
            println!("{name:<34}{levels:>12.0}{p50_ms:>12}{p99_ms:>12}{max_ms:>12}{back:>12}{closed:>12}{mib:>12.1}");
        }
        let Memory { connections, idle, subscribed } = &self.memory;
        println!(
            "\nMemory of the server's process for each of {connections} connections: {idle:.0} bytes idle, \
             {subscribed:.0} subscribed to one item"
        );
        println!(
            "\nEach subscriber watches {} items that all change every 25 ms for each 1,000 subscribers:",
            self.items
        );
        println!("{:<26}{:>12}{:>14}{:>12}{:>24}", "", "subscribers", "levels/s", "processors", "levels/processor s");
        for one in &self.coalesced {
            println!(
                "{:<26}{:>12}{:>14.0}{:>12.2}{:>24.0}{:>10.2}",
                one.server,
                one.subscribers,
                one.levels_per_s,
                one.processors,
                one.levels_per_processor_s,
                self.onhand_over(one)
            );
        }
        println!();
        for goal in &self.goals {
            println!("{}: {}: {}", goal.what, goal.measured, if goal.met { "met" } else { "MISSED" });
        }
    }
}

fn goal(what: &str, measured: String, met: bool) -> Goal {
    Goal { what: what.to_owned(), measured, met }
}
