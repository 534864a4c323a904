// Numbers over time, in rings of fixed size: two hours of seconds and a day of minutes.
//
// Responsible for: keeping them, and gathering them into as many points as a plot has room for.
// Not responsible for: drawing, and where they come from.

/** One ring: a slot per step of time, a column per name. What was not heard is NaN. */
export class Ring {
  #times; #columns; #blank;

  /** `blank` is what a column has where an interval is known but says nothing of it. */
  constructor(step_s, capacity, names = [], blank = NaN) {
    this.step = step_s * 1000;
    this.capacity = capacity;
    this.#blank = blank;
    this.newest = 0;
    this.oldest = Infinity;
    this.#times = new Float64Array(capacity);
    this.#columns = Object.fromEntries(names.map((name) => [name, this.#column()]));
  }

  get names() { return Object.keys(this.#columns); }

  #column() { return new Float64Array(this.capacity).fill(this.#blank); }

  /** Keeps what is known of the interval that ends at `time`; what is there already stays. */
  put(time, values) {
    const at = Math.round(time / this.step);
    const slot = at % this.capacity;
    if (this.#times[slot] > at) return;
    if (this.#times[slot] !== at) {
      for (const column of Object.values(this.#columns)) column[slot] = this.#blank;
      this.#times[slot] = at;
    }
    for (const [name, value] of Object.entries(values)) {
      if (value !== undefined) (this.#columns[name] ??= this.#column())[slot] = value;
    }
    this.newest = Math.max(this.newest, at * this.step);
    this.oldest = Math.max(Math.min(this.oldest, at * this.step), this.newest - (this.capacity - 1) * this.step);
  }

  /** The value of the interval that ends at `time`. */
  at(name, time) {
    const at = Math.round(time / this.step);
    const slot = at % this.capacity;
    return this.#times[slot] === at ? (this.#columns[name]?.[slot] ?? NaN) : NaN;
  }

  /** All values between two times, gathered into one: `mean`, `max`, `sum`, `last` or `count`. */
  gather(name, from, to, how) {
    const column = this.#columns[name];
    if (!column) return NaN;
    let [sum, max, last, count] = [0, NaN, NaN, 0];
    for (let at = Math.floor(from / this.step) + 1; at * this.step <= to; at += 1) {
      const slot = at % this.capacity;
      if (this.#times[slot] !== at) continue;
      const value = column[slot];
      if (Number.isNaN(value)) continue;
      sum += value;
      count += 1;
      last = value;
      if (!(max >= value)) max = value;
    }
    if (!count) return NaN;
    return { mean: sum / count, max, sum, last, count }[how];
  }
}

/** Steps in seconds that a point may stand for. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600];

/** Several rings as one source for plots: the finest that reaches back far enough. */
export class Series {
  #rings;

  constructor(...rings) { this.#rings = rings; }

  /** The ring for a window that begins at `from`: a coarser one only where it knows clearly more of the past. */
  ring(from) {
    return this.#rings.reduce((best, ring) => {
      const enough = best.newest && best.oldest <= from + 5 * best.step;
      return !enough && ring.newest && ring.oldest < best.oldest - ring.step ? ring : best;
    });
  }

  /** The step for a window of that length on that many pixels, in milliseconds. */
  step(from, to, pixels) {
    const ring = this.ring(from);
    const wanted = Math.max(ring.step, ((to - from) / pixels) * 1.2);
    return (STEPS.find((step) => step * 1000 >= wanted) ?? STEPS.at(-1)) * 1000;
  }

  /**
   * Points `[time, value]` of a name from a bit before `from` to a bit after `to`. Points stand at whole
   * multiples of the step, so that they keep their shape while they move.
   */
  points(name, from, to, step, how) {
    const ring = this.ring(from);
    const points = [];
    for (let at = Math.floor(from / step) * step; at < to + step; at += step) {
      points.push([at + step, ring.gather(name, at, at + step, how)]);
    }
    return points;
  }
}
