//! The plan: how many requests are due by when, in phases whose rates may rise and fall.
//!
//! Nothing is stored per request: the plan can be asked when any of them is due, however far the
//! server is behind.

use super::goods::Scenario;
use std::str::FromStr;
use std::time::Duration;

/// The longest run, in seconds.
const SECONDS_MAX: f64 = 86_400.0;
/// Phases of one profile.
const STEPS_MAX: usize = 100;

/// Multipliers of the rate by time, such as `10s:1x,30s:10x,15s:1x`.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    text: String,
    steps: Vec<(f64, f64)>,
}

impl Profile {
    /// All its steps together.
    #[must_use]
    pub fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.steps.iter().map(|(seconds, _)| seconds).sum())
    }
}

impl FromStr for Profile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || {
            format!("{text:?} is no profile: expected times and multipliers of the rate, such as 10s:1x,30s:10x,15s:1x")
        };
        let step = |step: &str| {
            let (seconds, times) = step.trim().split_once(':')?;
            let seconds: f64 = seconds.strip_suffix('s')?.parse().ok()?;
            let times: f64 = times.strip_suffix('x')?.parse().ok()?;
            (seconds > 0.0 && seconds <= SECONDS_MAX && (0.0..=1e6).contains(&times)).then_some((seconds, times))
        };
        let steps: Option<Vec<(f64, f64)>> = text.split(',').map(step).collect();
        let asks = |steps: &Vec<(f64, f64)>| {
            steps.len() <= STEPS_MAX
                && steps.iter().any(|(_, times)| *times > 0.0)
                && steps.iter().map(|(seconds, _)| seconds).sum::<f64>() <= SECONDS_MAX
        };
        Ok(Self { text: text.to_owned(), steps: steps.filter(asks).ok_or_else(wrong)? })
    }
}

impl std::fmt::Display for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// A part of the plan with a name; its rate may rise or fall evenly.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Step {
    pub(super) name: String,
    pub(super) start_us: u64,
    pub(super) end_us: u64,
    /// Requests a second at its start and at its end.
    from: f64,
    to: f64,
    /// Requests due before its start.
    before: f64,
}

impl Step {
    fn seconds(&self) -> f64 {
        (self.end_us - self.start_us) as f64 / 1e6
    }

    /// Requests due within it.
    pub(super) fn requests(&self) -> f64 {
        (self.from + self.to) / 2.0 * self.seconds()
    }

    /// The rate at this many microseconds since the start of the run.
    fn rate_at(&self, us: u64) -> f64 {
        let passed = us.saturating_sub(self.start_us) as f64 / 1e6;
        self.from + (self.to - self.from) * passed / self.seconds()
    }

    fn due_by(&self, us: u64) -> f64 {
        let passed = us.saturating_sub(self.start_us) as f64 / 1e6;
        self.before + (self.from + self.rate_at(us)) / 2.0 * passed
    }

    /// Seconds into the step when so many of its requests are due: the area under the rate, solved for time.
    fn seconds_until(&self, requests: f64) -> f64 {
        let slope = (self.to - self.from) / self.seconds();
        if slope.abs() < 1e-9 {
            return if self.from > 0.0 { requests / self.from } else { self.seconds() };
        }
        let square = (self.from * self.from + 2.0 * slope * requests).max(0.0);
        // The usual formula subtracts nearly equal numbers; this form of it does not.
        2.0 * requests / (self.from + square.sqrt()).max(1e-9)
    }
}

/// When each request is due.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plan {
    steps: Vec<Step>,
}

/// The part of the holiday when one item with few units is put on sale, and everybody wants it.
pub(super) const FLASH_DROP: &str = "flash drop";
/// The part after it.
pub(super) const COOL_DOWN: &str = "cool down";

impl Plan {
    /// At a base rate: of the scenario, or of a profile.
    pub(super) fn new(scenario: Scenario, profile: Option<&Profile>, rate: f64, duration: Duration) -> Self {
        let quarter = duration.as_secs_f64() / 4.0;
        let parts: Vec<(String, f64, f64, f64)> = match (profile, scenario) {
            (Some(profile), _) => {
                let step = |(seconds, times): &(f64, f64)| (format!("{times}x"), *seconds, *times, *times);
                profile.steps.iter().map(step).collect()
            }
            (None, Scenario::Holiday) => vec![
                ("ramp up".to_owned(), quarter, 0.2, 1.0),
                ("spike".to_owned(), quarter, 4.0, 4.0),
                (FLASH_DROP.to_owned(), quarter, 3.0, 2.0),
                (COOL_DOWN.to_owned(), quarter, 1.0, 0.5),
            ],
            (None, _) => vec![(String::new(), quarter * 4.0, 1.0, 1.0)],
        };
        let (mut end, mut before) = (0.0, 0.0);
        let us = |seconds: f64| (seconds * 1e6).round() as u64;
        let step = |(name, seconds, from, to): (String, f64, f64, f64)| {
            let start_us = us(end);
            end += seconds;
            let step = Step { name, start_us, end_us: us(end), from: from * rate, to: to * rate, before };
            before += step.requests();
            step
        };
        Self { steps: parts.into_iter().map(step).collect() }
    }

    /// Its phases.
    pub(super) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The end of the plan, in microseconds.
    pub(super) fn end_us(&self) -> u64 {
        self.steps.last().map_or(0, |step| step.end_us)
    }

    /// The number of the phase at this time; the last one after the end.
    pub(super) fn phase_at(&self, us: u64) -> usize {
        self.steps.partition_point(|step| step.end_us <= us).min(self.steps.len().saturating_sub(1))
    }

    /// Requests a second wanted at this time.
    pub(super) fn rate_at(&self, us: u64) -> f64 {
        self.steps.get(self.phase_at(us)).map_or(0.0, |step| step.rate_at(us.min(step.end_us)))
    }

    /// Requests of the whole plan: those due before its end.
    pub(super) fn requests(&self) -> u64 {
        self.steps.last().map_or(0, |step| (step.before + step.requests() - 1e-6).ceil().max(0.0) as u64)
    }

    /// How many requests are due by this time: their numbers are below it.
    pub(super) fn due_by(&self, us: u64) -> u64 {
        if us >= self.end_us() {
            return self.requests();
        }
        let step = &self.steps[self.phase_at(us)];
        ((step.due_by(us) + 1e-6).floor() as u64 + 1).min(self.requests())
    }

    /// When the request of this number is due, in microseconds since the start.
    pub(super) fn due_us(&self, number: u64) -> u64 {
        let number = number as f64;
        let at = self.steps.partition_point(|step| step.before + step.requests() <= number);
        let Some(step) = self.steps.get(at) else { return self.end_us() };
        let into = step.seconds_until(number - step.before) * 1e6;
        (step.start_us + into.max(0.0) as u64).min(step.end_us)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn holds_together(plan: &Plan) {
        let all = plan.requests();
        let mut last = 0;
        for number in (0..all).step_by(1 + usize::try_from(all / 2_000).unwrap()) {
            let due_us = plan.due_us(number);
            assert!(due_us >= last && due_us < plan.end_us(), "{number} at {due_us} after {last}");
            assert!(plan.due_by(due_us + 1) > number, "{number} is due at {due_us}");
            assert!(due_us == 0 || plan.due_by(due_us - 1) <= number, "{number} is not due before {due_us}");
            last = due_us;
        }
        assert_eq!(plan.due_by(plan.end_us()), all);
    }

    #[test]
    fn requests_are_due_evenly_at_a_fixed_rate() {
        let plan = Plan::new(Scenario::Spread, None, 300.0, Duration::from_secs(1));
        assert_eq!((plan.requests(), plan.due_us(0), plan.due_us(150)), (300, 0, 500_000));
        holds_together(&plan);
        holds_together(&Plan::new(Scenario::Spread, None, 997.0, Duration::from_secs(7)));
    }

    #[test]
    fn a_profile_multiplies_the_rate() {
        let profile: Profile = "10s:1x,30s:10x,15s:0.5x".parse().unwrap();
        assert_eq!(profile.duration(), Duration::from_secs(55));
        let plan = Plan::new(Scenario::HotSku, Some(&profile), 100.0, profile.duration());
        assert_eq!(plan.requests(), 1_000 + 30_000 + 750);
        assert_eq!((plan.due_us(1_000), plan.due_us(31_000)), (10_000_000, 40_000_000));
        assert_eq!((plan.phase_at(9_999_999), plan.phase_at(10_000_000), plan.phase_at(99_000_000)), (0, 1, 2));
        holds_together(&plan);
        let quiet: Profile = "1s:1x,1s:0x,1s:1x".parse().unwrap();
        let plan = Plan::new(Scenario::HotSku, Some(&quiet), 10.0, quiet.duration());
        assert_eq!((plan.requests(), plan.due_us(10)), (20, 2_000_000));
        for wrong in ["", "10s", "10:1x", "10s:1", "0s:1x", "-1s:1x", "1s:-1x", "1s:0x", "1s:infx", "1s:NaNx"] {
            assert!(wrong.parse::<Profile>().unwrap_err().contains("10s:1x,30s:10x"), "{wrong}");
        }
    }

    #[test]
    fn a_holiday_rises_peaks_and_cools_down_whatever_its_length() {
        for seconds in [4, 30, 300] {
            let plan = Plan::new(Scenario::Holiday, None, 1_000.0, Duration::from_secs(seconds));
            holds_together(&plan);
            let names: Vec<&str> = plan.steps().iter().map(|step| step.name.as_str()).collect();
            assert_eq!(names, ["ramp up", "spike", "flash drop", "cool down"]);
            let quarter_us = seconds * 250_000;
            assert_eq!(plan.rate_at(0), 200.0);
            assert_eq!(plan.rate_at(quarter_us), 4_000.0);
            assert_eq!(plan.rate_at(4 * quarter_us), 500.0);
        }
    }
}
