//! How a run stands while it runs: a live view where standard error is a terminal, else a line every
//! few seconds.

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use onhand_loadtest::load::{Now, Stage};
use std::collections::VecDeque;
use std::io::IsTerminal as _;
use std::time::Duration;

/// As many of the last intervals are drawn.
const SPARKS: usize = 48;
/// Where there is no terminal: a line so often.
const LINE_EVERY: Duration = Duration::from_secs(2);
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The view of one run.
pub(super) struct View {
    screen: Screen,
    story: Story,
}

enum Screen {
    Terminal { bar: ProgressBar, lines: Vec<ProgressBar>, all: MultiProgress },
    Lines { last: Option<Duration> },
}

/// What is remembered of the run so far.
struct Story {
    scenario: &'static str,
    watched: bool,
    duration: Duration,
    phases: Vec<(String, f64, f64)>,
    accepted: VecDeque<f64>,
    /// Levels at the interval before, and when that was.
    levels_before: (u64, Duration),
    levels_per_s: f64,
}

impl View {
    pub(super) fn new(scenario: &'static str, watched: bool, duration: Duration) -> Self {
        let story = Story {
            scenario,
            watched,
            duration,
            phases: Vec::new(),
            accepted: VecDeque::new(),
            levels_before: (0, Duration::ZERO),
            levels_per_s: 0.0,
        };
        let screen = if std::io::stderr().is_terminal() { terminal(&story) } else { Screen::Lines { last: None } };
        Self { screen, story }
    }

    pub(super) fn show(&mut self, stage: Stage) {
        match stage {
            Stage::Preparing => self.say("preparing: locations, items, goods, connections"),
            Stage::Begins(phases) => self.story.phases = phases,
            Stage::Running(now) => {
                self.story.hear(&now);
                self.running(&now);
            }
            Stage::Settling => self.say("settling: the last answers, the end of every reservation"),
            Stage::Auditing(read) => match &self.screen {
                Screen::Terminal { .. } => self.say(&format!("auditing: {read} events of the log read back")),
                // Thousands of pages would be thousands of lines.
                Screen::Lines { .. } => {}
            },
        }
    }

    fn running(&mut self, now: &Now) {
        match &mut self.screen {
            Screen::Terminal { bar, lines, .. } => {
                bar.set_position(u64::try_from(now.elapsed.as_millis()).unwrap_or(u64::MAX));
                bar.set_message(self.story.progress(now));
                for (line, text) in lines.iter().zip(self.story.lines(now)) {
                    line.set_message(text);
                }
            }
            Screen::Lines { last } if last.is_none_or(|last| now.elapsed >= last + LINE_EVERY) => {
                *last = Some(now.elapsed);
                eprintln!("{}", self.story.line(now));
            }
            Screen::Lines { .. } => {}
        }
    }

    fn say(&self, what: &str) {
        match &self.screen {
            Screen::Terminal { bar, .. } => bar.set_message(what.to_owned()),
            Screen::Lines { .. } => eprintln!("{}: {what}", self.story.scenario),
        }
    }

    /// Leaves the terminal to the result.
    pub(super) fn clear(self) {
        if let Screen::Terminal { bar, lines, all } = self.screen {
            bar.finish_and_clear();
            lines.iter().for_each(ProgressBar::finish_and_clear);
            // A terminal that is gone cannot be cleared, and need not be.
            let _ = all.clear();
        }
    }
}

fn terminal(story: &Story) -> Screen {
    let all = MultiProgress::new();
    let style = |template: &str| {
        // The templates are ours: should one be wrong, the line looks plain.
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸─")
    };
    let bar = all.add(ProgressBar::new(u64::try_from(story.duration.as_millis()).unwrap_or(u64::MAX)));
    bar.set_style(style("{prefix:.bold} {bar:32.cyan/blue} {msg}"));
    bar.set_prefix(story.scenario);
    let colours = ["{msg:.cyan}", "{msg}", "{msg}", "{msg}", "{msg}", "{msg:.red.bold}"];
    let line = |colour: &&str| {
        let line = all.add(ProgressBar::no_length());
        line.set_style(style(colour));
        line
    };
    let lines = colours.iter().map(line).collect();
    Screen::Terminal { bar, lines, all }
}

impl Story {
    fn hear(&mut self, now: &Now) {
        if self.accepted.len() == SPARKS {
            self.accepted.pop_front();
        }
        self.accepted.push_back(now.last.accepted);
        let (before, then) = self.levels_before;
        let passed_s = now.elapsed.saturating_sub(then).as_secs_f64().max(1e-3);
        self.levels_per_s = now.levels.saturating_sub(before) as f64 / passed_s;
        self.levels_before = (now.levels, now.elapsed);
    }

    fn phase(&self, now: &Now) -> &str {
        self.phases.get(now.phase).map_or("", |(name, _, _)| name)
    }

    fn progress(&self, now: &Now) -> String {
        let time = format!("{:.0} of {} s", now.elapsed.as_secs_f64(), self.duration.as_secs());
        match (self.phase(now), self.phases.len()) {
            ("", _) => time,
            (phase, phases) => format!("{time}  {phase} ({} of {phases})", now.phase + 1),
        }
    }

    /// The lines below the bar; the last one is empty unless something is wrong.
    fn lines(&self, now: &Now) -> [String; 6] {
        let last = &now.last;
        let planned = if last.planned > 0.0 { format!("  planned {:.0}/s", last.planned) } else { String::new() };
        let refusal = now.refusal.map_or_else(String::new, |(number, count)| format!("  most often {number}: {count}"));
        let refused_within =
            if last.refused > 0.0 { format!("  p99 {:.2} ms", last.refused_p99) } else { String::new() };
        let watchers = match now.staleness_ms {
            _ if !self.watched => String::new(),
            Some(ms) => format!("  watchers  {:.0} levels/s  oldest {ms} ms", self.levels_per_s),
            None => format!("  watchers  {:.0} levels/s", self.levels_per_s),
        };
        [
            format!("  accepted  {:>8.0}/s  {}{planned}", last.accepted, self.sparks()),
            format!("  latency   p50 {:.2} ms  p99 {:.2} ms  p999 {:.2} ms", last.p50, last.p99, last.p999),
            format!("  refused   {:>8.0}/s{refused_within}{refusal}", last.refused),
            format!("  waiting   {:>8}    given up {}", now.waiting, now.unsent),
            watchers,
            wrong(now).map_or_else(String::new, |wrong| format!("  {wrong}")),
        ]
    }

    /// All of it in one line, for a log.
    fn line(&self, now: &Now) -> String {
        let last = &now.last;
        let phase = match self.phase(now) {
            "" => String::new(),
            phase => format!(" {phase}"),
        };
        let mut text = format!(
            "{}: {:.0} s{phase}: {:.0}/s accepted, {:.0}/s refused, p50 {:.2} ms, p99 {:.2} ms",
            self.scenario,
            now.elapsed.as_secs_f64(),
            last.accepted,
            last.refused,
            last.p50,
            last.p99
        );
        for (count, what) in [(now.waiting, "waiting"), (now.unsent, "given up")].into_iter().filter(|(n, _)| *n > 0) {
            text.push_str(&format!(", {count} {what}"));
        }
        if let Some(ms) = now.staleness_ms {
            text.push_str(&format!(", {:.0} levels/s, oldest {ms} ms", self.levels_per_s));
        }
        if let Some(wrong) = wrong(now) {
            text.push_str(&format!(", {wrong}"));
        }
        text
    }

    fn sparks(&self) -> String {
        let max = self.accepted.iter().copied().fold(1.0, f64::max);
        let spark = |rate: &f64| {
            let height = (rate / max * HEIGHTS.len() as f64) as usize;
            HEIGHTS[height.min(HEIGHTS.len() - 1)]
        };
        self.accepted.iter().map(spark).collect()
    }
}

fn wrong(now: &Now) -> Option<String> {
    let some = [(now.errors, "errors"), (now.findings, "FINDINGS OF THE AUDITOR")];
    let some: Vec<String> =
        some.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    (!some.is_empty()).then(|| some.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use onhand_loadtest::load::Second;

    fn told(watched: bool, findings: u64) -> (Story, Now) {
        let phases = vec![("ramp up".to_owned(), 0.0, 5.0), ("spike".to_owned(), 5.0, 10.0)];
        let view = View::new("holiday", watched, Duration::from_secs(10));
        let mut story = Story { phases, ..view.story };
        let mut now = Now::default();
        for quarter in 1..=24_u32 {
            let accepted = f64::from(quarter) * 150.0;
            let last = Second {
                planned: 4_000.0,
                accepted,
                refused: 21.0,
                p50: 0.714,
                p99: 4.3,
                p999: 9.08,
                refused_p99: 1.5,
                ..Second::default()
            };
            now = Now { elapsed: Duration::from_millis(250) * quarter, last, levels: u64::from(quarter) * 300, ..now };
            story.hear(&now);
        }
        let now = Now {
            phase: 1,
            refusal: Some((2001, 1_599)),
            waiting: 12,
            unsent: 3,
            findings,
            staleness_ms: Some(24),
            ..now
        };
        (story, now)
    }

    #[test]
    fn the_live_view_says_how_it_stands() {
        let (story, now) = told(true, 2);
        let shown = format!("{}\n{}", story.progress(&now), story.lines(&now).join("\n"));
        expect![[r#"
            6 of 10 s  spike (2 of 2)
              accepted      3600/s  ▁▁▂▂▂▃▃▃▄▄▄▅▅▅▆▆▆▇▇▇████  planned 4000/s
              latency   p50 0.71 ms  p99 4.30 ms  p999 9.08 ms
              refused         21/s  p99 1.50 ms  most often 2001: 1599
              waiting         12    given up 3
              watchers  1200 levels/s  oldest 24 ms
              2 FINDINGS OF THE AUDITOR"#]]
        .assert_eq(&shown);
    }

    #[test]
    fn a_log_gets_one_line() {
        let (story, now) = told(true, 0);
        expect!["holiday: 6 s spike: 3600/s accepted, 21/s refused, p50 0.71 ms, p99 4.30 ms, 12 waiting, 3 given up, 1200 levels/s, oldest 24 ms"]
            .assert_eq(&story.line(&now));
    }
}
