//! Gates: what a run must reach, such as `p99=20ms`; for scripts, which look at the exit code.

use super::report::{GateResult, Report};
use std::str::FromStr;

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Figure {
    P50,
    P90,
    P99,
    P999,
    Max,
    Staleness,
    Refusal,
    Accepted,
    Refused,
    Errors,
    Unsent,
    Undersold,
}

/// One limit on one figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    text: String,
    figure: Figure,
    limit: f64,
}

impl FromStr for Gate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || {
            format!(
                "{text:?} is no gate: expected p50, p90, p99, p999, max, staleness or refusal with a time (p99=20ms), or \
                 accepted, refused, errors, unsent or undersold with a number (accepted=50000 a second at least, \
                 errors=0 at most)"
            )
        };
        let (name, limit) = text.split_once('=').ok_or_else(wrong)?;
        let figure = match name {
            "p50" => Figure::P50,
            "p90" => Figure::P90,
            "p99" => Figure::P99,
            "p999" => Figure::P999,
            "max" => Figure::Max,
            "staleness" => Figure::Staleness,
            "refusal" => Figure::Refusal,
            "accepted" => Figure::Accepted,
            "refused" => Figure::Refused,
            "errors" => Figure::Errors,
            "unsent" => Figure::Unsent,
            "undersold" => Figure::Undersold,
            _ => return Err(wrong()),
        };
        let limit = if figure.is_time() { time_ms(limit) } else { limit.parse().ok() };
        let limit = limit.filter(|limit| limit.is_finite() && *limit >= 0.0).ok_or_else(wrong)?;
        Ok(Self { text: text.to_owned(), figure, limit })
    }
}

impl std::fmt::Display for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl Figure {
    const fn is_time(self) -> bool {
        !matches!(self, Self::Accepted | Self::Refused | Self::Errors | Self::Unsent | Self::Undersold)
    }
}

/// A time such as `500us`, `20ms` or `1.5s`, in milliseconds.
fn time_ms(text: &str) -> Option<f64> {
    let units = [("us", 1e-3), ("ms", 1.0), ("s", 1e3)];
    let (number, unit_ms) = units.iter().find_map(|(unit, ms)| Some((text.strip_suffix(unit)?, ms)))?;
    Some(number.parse::<f64>().ok()? * unit_ms)
}

impl Gate {
    /// Whether a run reached it. A figure that was not measured did not reach anything.
    #[must_use]
    pub fn judge(&self, report: &Report) -> GateResult {
        let latency = &report.latency_ms;
        let sold = |ms: f64| (report.accepted > 0).then_some(ms);
        let measured = match self.figure {
            Figure::P50 => sold(latency.p50),
            Figure::P90 => sold(latency.p90),
            Figure::P99 => sold(latency.p99),
            Figure::P999 => sold(latency.p999),
            Figure::Max => sold(latency.max),
            Figure::Staleness => report.staleness_ms.map(|staleness| staleness.p99 as f64),
            // From sending: what waited here says nothing about the server's manners.
            Figure::Refusal => (report.refused > 0).then_some(report.refusal_answer_ms.p99),
            Figure::Accepted => Some(report.accepted_per_s),
            Figure::Refused => Some(report.refused_per_s),
            Figure::Errors => Some(report.errors as f64),
            Figure::Unsent => Some(report.unsent as f64),
            Figure::Undersold => report.audit.flash_drop.map(|drop| drop.left as f64),
        };
        let ok = measured.is_some_and(|measured| match self.figure {
            Figure::Accepted => measured >= self.limit,
            _ => measured <= self.limit,
        });
        GateResult { gate: self.text.clone(), limit: self.limit, measured: measured.unwrap_or(0.0), ok }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn gates_are_read_with_their_units() {
        let limit = |text: &str| text.parse::<Gate>().map(|gate| gate.limit);
        assert_eq!(limit("p99=20ms"), Ok(20.0));
        assert_eq!(limit("p50=500us"), Ok(0.5));
        assert_eq!(limit("max=1.5s"), Ok(1500.0));
        assert_eq!(limit("accepted=50000"), Ok(50_000.0));
        for wrong in ["p99", "p99=20", "p98=20ms", "errors=0ms", "accepted=-1", "accepted=inf", "p99=ms"] {
            assert!(limit(wrong).unwrap_err().contains("p99=20ms"), "{wrong}");
        }
    }
}
