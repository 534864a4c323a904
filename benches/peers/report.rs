//! What came of all rounds: medians, ratios of the same round with their spread, and verdicts.

use crate::load::Shape;
use crate::usage::Machine;
use crate::workload::{System, Workload};
use serde::Serialize;

/// Of one leg; the median of each over the rounds.
#[derive(Clone, Copy, Serialize)]
pub(crate) struct Figures {
    pub(crate) accepted_per_s: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) p999_ms: f64,
    /// Time of the server's processes on the processors, for each accepted sale.
    pub(crate) server_us_per_sale: f64,
    /// Sales that the server undid for reasons of its own.
    pub(crate) failed: u64,
}

#[derive(Serialize)]
pub(crate) struct Program {
    pub(crate) system: System,
    pub(crate) version: String,
    pub(crate) command: String,
}

#[derive(Serialize)]
pub(crate) struct Ran {
    pub(crate) system: System,
    pub(crate) connections: usize,
    pub(crate) in_flight: usize,
    pub(crate) per_message: usize,
    pub(crate) rounds: Vec<Figures>,
    pub(crate) median: Figures,
}

/// The rate of the first entrant over another's, round by round.
#[derive(Serialize)]
pub(crate) struct Ratio {
    pub(crate) ours: System,
    pub(crate) peer: System,
    pub(crate) rounds: Vec<f64>,
    pub(crate) min: f64,
    pub(crate) median: f64,
    pub(crate) max: f64,
    pub(crate) goal: Option<f64>,
    /// Whether the ratio of the medians reaches the goal.
    pub(crate) met: Option<bool>,
    /// Whether the first one's p99 is no worse, where that is asked.
    pub(crate) p99_no_worse: Option<bool>,
    /// Its median rate over the peer's.
    pub(crate) of_medians: f64,
}

#[derive(Serialize)]
pub(crate) struct Outcome {
    pub(crate) key: &'static str,
    pub(crate) short: &'static str,
    pub(crate) title: &'static str,
    pub(crate) about: &'static str,
    pub(crate) ran: Vec<Ran>,
    pub(crate) ratios: Vec<Ratio>,
}

#[derive(Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) load_after: String,
    pub(crate) file_system: String,
    pub(crate) programs: Vec<Program>,
    pub(crate) command: String,
    pub(crate) rounds: usize,
    pub(crate) warm_s: f64,
    pub(crate) seconds: f64,
    pub(crate) workloads: Vec<Outcome>,
}

impl Ran {
    pub(crate) fn new(system: System, shape: Shape, rounds: Vec<Figures>) -> Self {
        let of = |figure: fn(&Figures) -> f64| median(rounds.iter().map(figure).collect());
        let median = Figures {
            accepted_per_s: of(|figures| figures.accepted_per_s),
            p50_ms: of(|figures| figures.p50_ms),
            p99_ms: of(|figures| figures.p99_ms),
            p999_ms: of(|figures| figures.p999_ms),
            server_us_per_sale: of(|figures| figures.server_us_per_sale),
            failed: rounds.iter().map(|figures| figures.failed).sum(),
        };
        let Shape { connections, in_flight, per_message } = shape;
        Self { system, connections, in_flight, per_message, rounds, median }
    }

    /// The slowest and the fastest round.
    pub(crate) fn spread(&self) -> (f64, f64) {
        let rates = self.rounds.iter().map(|figures| figures.accepted_per_s);
        (rates.clone().fold(f64::MAX, f64::min), rates.fold(0.0, f64::max))
    }
}

impl Outcome {
    pub(crate) fn new(workload: &Workload, ran: Vec<Ran>) -> Self {
        let ratios = match ran.split_first() {
            Some((ours, peers)) => peers.iter().map(|peer| ratio(workload, ours, peer)).collect(),
            None => Vec::new(),
        };
        let Workload { key, short, title, about, .. } = *workload;
        Self { key, short, title, about, ran, ratios }
    }
}

fn ratio(workload: &Workload, ours: &Ran, peer: &Ran) -> Ratio {
    let pairs = ours.rounds.iter().zip(&peer.rounds);
    let rounds: Vec<f64> = pairs.map(|(ours, theirs)| ours.accepted_per_s / theirs.accepted_per_s).collect();
    let goal = workload.entrants.iter().find(|entrant| entrant.system == peer.system).and_then(|entrant| entrant.goal);
    let of_medians = ours.median.accepted_per_s / peer.median.accepted_per_s;
    let judges_p99 = workload.judges_p99 && peer.system == System::Redis;
    Ratio {
        ours: ours.system,
        peer: peer.system,
        min: rounds.iter().copied().fold(f64::MAX, f64::min),
        median: median(rounds.clone()),
        max: rounds.iter().copied().fold(0.0, f64::max),
        rounds,
        goal,
        met: goal.map(|goal| of_medians >= goal),
        p99_no_worse: judges_p99.then_some(ours.median.p99_ms <= peer.median.p99_ms),
        of_medians,
    }
}

/// The middle one; of an even number the mean of the middle two.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => values[middle],
        _ => (values[middle - 1] + values[middle]) / 2.0,
    }
}

impl Report {
    /// The table, for a terminal.
    pub(crate) fn print(&self) {
        for outcome in &self.workloads {
            println!("\n{}: {}", outcome.title, outcome.about);
            println!(
                "{:<20}{:>14}{:>12}{:>12}{:>12}{:>10}{:>10}{:>10}{:>16}",
                "", "shape", "sales/s", "lowest", "highest", "p50 ms", "p99 ms", "p99.9 ms", "server us/sale"
            );
            for ran in &outcome.ran {
                let (lowest, highest) = ran.spread();
                let median = &ran.median;
                println!(
                    "{:<20}{:>14}{:>12.0}{lowest:>12.0}{highest:>12.0}{:>10.2}{:>10.2}{:>10.2}{:>16.2}",
                    ran.system.name(),
                    format!("{} x {} x {}", ran.connections, ran.in_flight, ran.per_message),
                    median.accepted_per_s,
                    median.p50_ms,
                    median.p99_ms,
                    median.p999_ms,
                    median.server_us_per_sale
                );
                if median.failed > 0 {
                    println!("{:<20}{} sales were undone by deadlocks and do not count", "", median.failed);
                }
            }
            outcome.ratios.iter().for_each(Ratio::print);
        }
    }
}

impl Ratio {
    fn print(&self) {
        let verdict = |met: bool| if met { "met" } else { "MISSED" };
        let goal = match (self.goal, self.met) {
            (Some(goal), Some(met)) => format!("; at least {goal}: {}", verdict(met)),
            _ => String::new(),
        };
        let p99 = self.p99_no_worse.map_or_else(String::new, |met| format!("; p99 no worse: {}", verdict(met)));
        println!(
            "{} / {}: {:.2} of the medians; rounds {:.2}, {:.2} to {:.2}{goal}{p99}",
            self.ours.name(),
            self.peer.name(),
            self.of_medians,
            self.median,
            self.min,
            self.max
        );
    }
}
