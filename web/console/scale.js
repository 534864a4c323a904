// Axes: where the round numbers are.

/** The round number at or above a value, so that an axis ends on one. */
export function roundUp(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((step) => step * power >= value * 0.999) * power;
}

/** Round values from zero to `max`, with room for about that many. */
export function linearTicks(max, room) {
  const raw = max / Math.max(2, Math.min(5, room));
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].find((one) => one * power >= raw * 0.999) * power;
  return Array.from({ length: Math.floor(max / step + 1.001) }, (_, at) => at * step);
}

/** Where a logarithmic axis begins and ends: on ..., 0.1, 0.3, 1, 3, 10, ..., and at least a decade apart. */
export function logEnds(least, most) {
  if (!(least > 0 && least < Infinity)) return { low: 0.1, top: 10 };
  const steps = (value) => {
    const power = 10 ** Math.floor(Math.log10(value));
    return [power * 0.3, power, power * 3, power * 10];
  };
  const low = steps(least).findLast((step) => step <= least);
  return { low, top: Math.max(low * 10, steps(most).find((step) => step >= most)) };
}

/** Powers of ten between two values, with 3 between them where there is room for that many. */
export function logTicks(min, max, room) {
  const decades = Math.log10(max / min);
  const ticks = [];
  for (let power = Math.floor(Math.log10(min)); power <= Math.ceil(Math.log10(max)); power += 1) {
    for (const one of decades * 2 > room ? [1] : [1, 3]) ticks.push(one * 10 ** power);
  }
  return ticks.filter((tick) => tick >= min * 0.999 && tick <= max * 1.001);
}

const MINUTE = 60_000;
const TIME_STEPS = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 240, 360].map((minutes) => minutes * MINUTE);

/** Round moments between two times, at most `most`, by the clock of whoever looks. */
export function timeTicks(from, to, most) {
  const step = TIME_STEPS.find((one) => (to - from) / one <= most) ?? TIME_STEPS.at(-1);
  const shift = new Date(to).getTimezoneOffset() * MINUTE;
  const ticks = [];
  for (let at = Math.ceil((from - shift) / step) * step + shift; at <= to; at += step) ticks.push(at);
  return { ticks, seconds: step < MINUTE };
}
