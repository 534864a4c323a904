// How numbers, times and money are written on the operations page and the analyst view.
//
// Responsible for: text of values. Not responsible for: which values, and where they stand.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const hundredths = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** What stands where a value is not known. */
export const NONE = '–';

const known = (value) => Number.isFinite(value);

/** A count: `12,480`. */
export const count = (value) => (known(value) ? whole.format(value) : NONE);

/** Something per second or minute: one decimal while small, so that it is not zero when it is not. */
export function rate(value) {
  if (!known(value)) return NONE;
  if (value > 0 && value < 0.05) return '< 0.1';
  return value > 0 && value < 9.95 && !Number.isInteger(value) ? tenths.format(value) : whole.format(value);
}

/** Milliseconds with as many decimals as matter: `0.42`, `3.1`, `128`. */
export function ms(value) {
  if (!known(value)) return NONE;
  if (value < 1) return hundredths.format(value);
  return value < 99.5 ? tenths.format(value) : whole.format(value);
}

/** A share of 0 to 1 in per cent. */
export function percent(value) {
  if (!known(value)) return NONE;
  if (value > 0 && value < 0.0005) return '< 0.1';
  return value < 0.0995 && value > 0 ? tenths.format(value * 100) : whole.format(value * 100);
}

/** A quantity in units, which may have thousandths: `201.5`. */
export const units = (value) =>
  known(value) ? value.toLocaleString('en', { maximumFractionDigits: Math.abs(value) < 1000 ? 2 : 0 }) : NONE;

/** Bytes, in the unit that leaves one to three digits. */
export function bytes(value) {
  if (!known(value)) return NONE;
  const steps = ['B', 'kB', 'MB', 'GB'];
  let at = 0;
  while (value >= 1000 && at < steps.length - 1) [value, at] = [value / 1000, at + 1];
  return `${at && value < 100 ? tenths.format(value) : whole.format(value)} ${steps[at]}`;
}

const pad = (value) => `${value}`.padStart(2, '0');

/** `14:02:05` of a time in milliseconds, by the clock of whoever looks. */
export function clock(time, seconds = true) {
  const at = new Date(time);
  return `${pad(at.getHours())}:${pad(at.getMinutes())}${seconds ? `:${pad(at.getSeconds())}` : ''}`;
}

/** A length of time in seconds: `15 s`, `12 min`, `3 h 20`. */
export function lasting(seconds) {
  if (!known(seconds)) return NONE;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)}`;
}

/** Minor units of a currency as its people write them. */
export function money(minor, currency) {
  const form = new Intl.NumberFormat('en', { style: 'currency', currency });
  return form.format(minor / 10 ** form.resolvedOptions().maximumFractionDigits);
}

/** Minor units as a plain decimal, for files. */
export function decimal(minor, currency) {
  const digits = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits;
  return (minor / 10 ** digits).toFixed(digits);
}
