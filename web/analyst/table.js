// What is asked for, as numbers per group and time: totals, points for the plot, rows for a file.
//
// Responsible for: adding up. Not responsible for: asking, drawing.

import { Ring } from '/console/series.js';

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600];
/** The column that has how long an interval was, in seconds. */
const LENGTH = '\0length';
const SHORT_S = 300;

const highest = (values) => values.reduce((most, value) => (value > most || Number.isNaN(most) ? value : most), NaN);

/** One question's numbers: seconds for the newest part, minutes for the rest of a long window. */
export class Numbers {
  labels = new Map();
  currencies = new Set();
  #fine; #coarse;
  #seen = { '1s': { time: 0 }, '1m': { time: 0 } };

  /** `currency` gives the one that is shown, of money. */
  constructor(measure, group, window, currency) {
    Object.assign(this, { measure, group, window, currency });
    this.sums = measure.kind === 'sum';
    this.long = window > SHORT_S;
    this.#fine = new Ring(1, SHORT_S + 120, [], this.sums ? 0 : NaN);
    this.#coarse = new Ring(60, 24 * 60 + 10, [], this.sums ? 0 : NaN);
  }

  /** Takes one object of the stream. */
  add(metrics) {
    const seen = this.#seen[metrics.every];
    // After a break the last moments come once more.
    if (metrics.time <= seen.time) return;
    seen.time = metrics.time;
    const values = { [LENGTH]: metrics.seconds };
    for (const [key, label, value] of this.#entries(metrics, seen)) {
      if (value === undefined) continue;
      this.labels.set(key, label);
      values[key] = (values[key] ?? 0) + value;
    }
    (metrics.every === '1m' ? this.#coarse : this.#fine).put(metrics.time, values);
  }

  #entries(metrics, seen) {
    if (!this.measure.money) return this.group.read(metrics, seen);
    for (const { currency } of metrics.by_location) this.currencies.add(currency);
    const chosen = this.currency() ?? [...this.currencies][0];
    return this.group.read({ by_location: metrics.by_location.filter(({ currency }) => currency === chosen) });
  }

  get names() { return [...this.labels.keys()]; }

  /** The beginning of what is known. */
  get oldest() { return Math.min(this.#fine.oldest - 1_000, this.#coarse.oldest - 60_000); }

  /** The step for points on that many pixels, in milliseconds. */
  step(from, to, pixels) {
    // A sale now and then is no rate of sixty a minute.
    const least = this.long ? 60_000 : this.sums ? 5_000 : 1_000;
    const wanted = Math.max(least, ((to - from) / pixels) * 1.5);
    return (STEPS.find((step) => step * 1000 >= wanted) ?? STEPS.at(-1)) * 1000;
  }

  // Minutes as far as there are any, then seconds.
  #gather(name, from, to, how) {
    if (!this.long) return [this.#fine.gather(name, from, to, how)];
    const seam = Math.min(to, Math.max(from, this.#coarse.newest));
    return [this.#coarse.gather(name, from, seam, how), this.#fine.gather(name, seam, to, how)];
  }

  #sum(name, from, to) {
    const known = this.#gather(name, from, to, 'sum').filter((value) => !Number.isNaN(value));
    return known.length ? known.reduce((sum, value) => sum + value, 0) : NaN;
  }

  /** What a group came to between two times: the amount of a sum, the mean of a state, the worst of a time. */
  amount(name, from, to) {
    if (this.sums) return this.#sum(name, from, to);
    if (this.measure.kind === 'worst') return highest(this.#gather(name, from, to, 'max'));
    const counts = this.#gather(name, from, to, 'count').filter((value) => !Number.isNaN(value));
    return this.#sum(name, from, to) / counts.reduce((sum, value) => sum + value, 0);
  }

  /** As it is plotted: a sum per minute, anything else as it is. */
  #plotted(name, from, to) {
    const amount = this.amount(name, from, to);
    return this.sums ? (amount / this.#sum(LENGTH, from, to)) * 60 : amount;
  }

  /** Points of a group, or of several together. */
  points(name, from, to, step) {
    const names = name.split('\n');
    const points = [];
    for (let at = Math.floor(from / step) * step; at < to + step; at += step) {
      const known = names.map((one) => this.#plotted(one, at, at + step)).filter((value) => !Number.isNaN(value));
      points.push([at + step, known.length ? known.reduce((sum, value) => sum + value, 0) : NaN]);
    }
    return points;
  }

  /** Each group's line of the table for the window that ends at `to`, most first. */
  rows(to) {
    const from = to - this.window * 1000;
    const minutes = this.#sum(LENGTH, from, to) / 60;
    const rows = this.names.map((name) => {
      const total = this.amount(name, from, to);
      return { name, label: this.labels.get(name), total, rate: total / minutes };
    });
    if (!this.sums) return rows;
    return rows.filter(({ total }) => total !== 0 || rows.length === 1).sort((a, b) => b.total - a.total);
  }

  /** What else the table says of a group: its newest value, and the most there was. */
  extremes(name, to) {
    const from = to - this.window * 1000;
    const step = this.step(from, to, 800);
    const points = this.points(name, from, to - step, step).map(([, value]) => value);
    return { most: highest(points), now: this.#fine.gather(name, to - 3_000, to, 'last') };
  }
}
