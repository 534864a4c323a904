//! RFC 3339 in UTC with milliseconds, printed and read. Reads no clock.

use onhand_engine::time::Timestamp;

const DAY_MS: u64 = 86_400_000;
/// The end of the year 9999, the last that RFC 3339 can write.
const MAX_MS: u64 = 253_402_300_799_999;

/// `2026-01-31T09:05:07.042Z`, always 24 bytes; times beyond the year 9999 print as its end.
#[must_use]
pub fn print(time: Timestamp) -> [u8; 24] {
    let ms = time.0.min(MAX_MS);
    let (year, month, day) = civil(ms / DAY_MS);
    let in_day = ms % DAY_MS;
    let mut out = *b"0000-00-00T00:00:00.000Z";
    digits(&mut out[0..4], year);
    digits(&mut out[5..7], month);
    digits(&mut out[8..10], day);
    digits(&mut out[11..13], in_day / 3_600_000);
    digits(&mut out[14..16], in_day / 60_000 % 60);
    digits(&mut out[17..19], in_day / 1_000 % 60);
    digits(&mut out[20..23], in_day % 1_000);
    out
}

fn digits(out: &mut [u8], mut number: u64) {
    for place in out.iter_mut().rev() {
        *place = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
    }
}

/// Reads a time with any number of decimals (those beyond milliseconds are cut) and any offset.
#[must_use]
pub fn parse(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    if bytes.len() < 20 || bytes[4] != b'-' || bytes[7] != b'-' || bytes[13] != b':' || bytes[16] != b':' {
        return None;
    }
    if !matches!(bytes[10], b'T' | b't' | b' ') {
        return None;
    }
    let (year, month, day) = (number(&bytes[0..4])?, number(&bytes[5..7])?, number(&bytes[8..10])?);
    let (hour, minute, second) = (number(&bytes[11..13])?, number(&bytes[14..16])?, number(&bytes[17..19])?);
    if year < 1970 || !(1..=12).contains(&month) || day == 0 || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let days = days_before(year, month) + day - 1;
    if civil(days) != (year, month, day) {
        return None;
    }
    let (ms, zone) = decimals(&bytes[19..])?;
    let local = days * DAY_MS + hour * 3_600_000 + minute * 60_000 + second * 1_000 + ms;
    let utc = i64::try_from(local).ok()? - offset_ms(zone)?;
    u64::try_from(utc).ok().map(Timestamp)
}

/// Milliseconds after the full second, and what follows them.
fn decimals(rest: &[u8]) -> Option<(u64, &[u8])> {
    let Some(after) = rest.strip_prefix(b".") else { return Some((0, rest)) };
    let len = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let milli =
        (0..3).fold(0, |sum, place| sum * 10 + after[..len].get(place).map_or(0, |byte| u64::from(byte - b'0')));
    (len > 0).then(|| (milli, &after[len..]))
}

fn offset_ms(zone: &[u8]) -> Option<i64> {
    let (sign, rest) = match zone {
        b"Z" | b"z" => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    if rest.len() != 5 || rest[2] != b':' {
        return None;
    }
    let (hours, minutes) = (number(&rest[0..2])?, number(&rest[3..5])?);
    let ms = i64::try_from(hours * 3_600_000 + minutes * 60_000).ok()?;
    (hours < 24 && minutes < 60).then_some(sign * ms)
}

fn number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u64::from(byte - b'0')))
}

/// Year, month and day of a day counted from 1970-01-01 (Hinnant, "chrono-compatible low-level date
/// algorithms").
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

/// Days from 1970-01-01 to the first of a month.
fn days_before(year: u64, month: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let (era, year_of_era) = (year / 400, year % 400);
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + (153 * shifted_month + 2) / 5;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn printed(ms: u64) -> String {
        String::from_utf8(print(Timestamp(ms)).to_vec()).unwrap()
    }

    #[test]
    fn known_times() {
        assert_eq!(printed(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(printed(951_782_399_999), "2000-02-28T23:59:59.999Z");
        assert_eq!(printed(951_782_400_000), "2000-02-29T00:00:00.000Z");
        assert_eq!(printed(1_767_225_600_042), "2026-01-01T00:00:00.042Z");
        assert_eq!(printed(u64::MAX), "9999-12-31T23:59:59.999Z");
        assert_eq!(parse("2026-01-01T02:00:00.0429+02:00"), Some(Timestamp(1_767_225_600_042)));
        assert_eq!(parse("2026-01-01T00:00:00Z"), Some(Timestamp(1_767_225_600_000)));
    }

    #[test]
    fn every_day_round_trips() {
        for day in 0..MAX_MS / DAY_MS {
            let time = Timestamp(day * DAY_MS + day % DAY_MS);
            assert_eq!(parse(std::str::from_utf8(&print(time)).unwrap()), Some(time));
        }
    }

    #[test]
    fn what_is_not_a_time() {
        for text in [
            "",
            "now",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01",
            "1969-12-31T23:59:59Z",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00+2:00",
            "2026-00-01T00:00:00Z",
            "2026-01-00T00:00:00Z",
            "éééééééééééé",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
