// What is asked for, as numbers per group and time: totals, points for the plot, rows for a file.
//
// Responsible for: adding up. Not responsible for: asking, drawing.

import { Ring } from '/console/series.js';

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600];

/** One question's numbers: seconds for the newest part, minutes for the rest of a long window. */
export class Numbers {
  labels = new Map();
  currencies = new Set();
  #fine; #coarse; #seen = { minutes: { time: 0 }, seconds: { time: 0 } };

  /** `currency` gives the one that is shown, of money. */
  constructor(measure, group, window, currency) {
    Object.assign(this, { measure, group, window, currency });
    this.long = window > 300;
    const blank = measure.kind === 'sum' ? 0 : NaN;
    this.#fine = new Ring(1, 420, [], blank);
    this.#coarse = new Ring(60, 24 * 60 + 10, [], blank);
  }

  /** Takes one object of the stream. */
  add(metrics) {
    const long = metrics.seconds > 1;
    const seen = long ? this.#seen.minutes : this.#seen.seconds;
    // After a break the last moments come once more.
    if (metrics.time <= seen.time) return;
    seen.time = metrics.time;
    const values = {};
    for (const [key, label, value] of this.#entries(metrics, seen)) {
      this.labels.set(key, label);
      const amount = this.measure.kind === 'sum' ? (value * 60) / metrics.seconds : value;
      values[key] = (values[key] ?? 0) + amount;
    }
    (long ? this.#coarse : this.#fine).put(metrics.time, values);
  }

  #entries(metrics, seen) {
    if (!this.measure.money) return this.group.read(metrics, seen);
    for (const { currency } of metrics.by_location) this.currencies.add(currency);
    const chosen = this.currency() ?? [...this.currencies][0];
    return this.group.read({ by_location: metrics.by_location.filter(({ currency }) => currency === chosen) })
      .filter(([, , amount]) => amount !== undefined);
  }

  get names() { return [...new Set([...this.#fine.names, ...this.#coarse.names])]; }

  /** The step for points on that many pixels, in milliseconds. */
  step(from, to, pixels) {
    const wanted = Math.max(this.long ? 60_000 : 1_000, ((to - from) / pixels) * 1.5);
    return (STEPS.find((step) => step * 1000 >= wanted) ?? STEPS.at(-1)) * 1000;
  }

  #gather(name, from, to, how) {
    if (!this.long) return [this.#fine.gather(name, from, to, how)];
    const seam = Math.min(to, Math.max(from, this.#coarse.newest));
    return [this.#coarse.gather(name, from, seam, how), this.#fine.gather(name, seam, to, how)];
  }

  #value(name, from, to) {
    if (this.measure.kind === 'worst') return highest(this.#gather(name, from, to, 'max'));
    const sums = this.#gather(name, from, to, 'sum');
    const counts = this.#gather(name, from, to, 'count');
    let [sum, weight] = [0, 0];
    sums.forEach((one, at) => {
      if (Number.isNaN(one)) return;
      const length = this.long && at === 0 ? 60 : 1;
      sum += one * length;
      weight += counts[at] * length;
    });
    return weight ? sum / weight : NaN;
  }

  /** Points of a group, or of several together. */
  points(name, from, to, step) {
    const names = name.split('\n');
    const points = [];
    for (let at = Math.floor(from / step) * step; at < to + step; at += step) {
      const values = names.map((one) => this.#value(one, at, at + step));
      points.push([at + step, values.every(Number.isNaN) ? NaN : values.reduce((sum, value) => sum + (value || 0), 0)]);
    }
    return points;
  }

  /** What a group came to between two times: amounts, not rates. */
  amount(name, from, to) {
    const [first, second = 0] = this.#gather(name, from, to, 'sum');
    return (first || 0) * (this.long ? 1 : 1 / 60) + (second || 0) / 60;
  }

  /** Each group's line of the table for the window that ends at `to`, most first. */
  rows(to) {
    const from = to - this.window * 1000;
    const [known, tail] = this.#gather(this.names[0] ?? '', from, to, 'count');
    const minutes = (known || 0) * (this.long ? 1 : 1 / 60) + (tail || 0) / 60;
    const rows = this.names.map((name) => {
      const total = this.amount(name, from, to);
      return {
        name, total, label: this.labels.get(name), rate: minutes ? total / minutes : NaN,
        most: highest(this.#gather(name, from, to, 'max')), mean: this.#value(name, from, to), now: this.#fine.gather(name, to - 3_000, to, 'last'),
      };
    });
    if (this.measure.kind !== 'sum') return rows;
    return rows.filter(({ total }) => total !== 0 || this.names.length === 1).sort((a, b) => b.total - a.total);
  }
}

const highest = (values) => values.reduce((most, value) => (value > most || Number.isNaN(most) ? value : most), NaN);
