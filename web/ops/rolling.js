// What sold, and what was refused, over the last minutes: sums that move along with the stream.

const name = ({ sku, location }) => `${location}|${sku}`;

/** Sums per key over the last `seconds`, from additions that may come in any order of time. */
export class Rolling {
  #parts = new Map();
  #sums = new Map();

  constructor(seconds) { this.span = seconds * 1000; }

  /** Adds one second's entries: `[key, amounts, about]`. A second that is there already is left. */
  add(time, entries) {
    if (this.#parts.has(time)) return;
    this.#parts.set(time, entries);
    for (const [key, amounts, about] of entries) {
      const sum = this.#sums.get(key) ?? { about, amounts: amounts.map(() => 0) };
      sum.about = about;
      sum.amounts = sum.amounts.map((amount, at) => amount + amounts[at]);
      this.#sums.set(key, sum);
    }
  }

  /** Forgets what is older than the span before `now`. */
  move(now) {
    for (const [time, entries] of this.#parts) {
      if (time > now - this.span) continue;
      this.#parts.delete(time);
      for (const [key, amounts] of entries) {
        const sum = this.#sums.get(key);
        sum.amounts = sum.amounts.map((amount, at) => amount - amounts[at]);
        if (!(sum.amounts[0] > 0.0005)) this.#sums.delete(key);
      }
    }
  }

  /** The sums, most first. */
  most() {
    return [...this.#sums].map(([key, { amounts, about }]) => ({ key, amounts, about }))
      .sort((a, b) => b.amounts[0] - a.amounts[0] || a.about.name.localeCompare(b.about.name));
  }
}

/** What a second adds to the sellers: units per item, all locations together. */
export const sold = ({ velocity = [] }) => velocity.map((one) => [one.sku, [Number(one.units)], one]);

/** What a second adds to the lost sales: refusals and missing units per item and location. */
export const lost = ({ refusals = [] }) => refusals.map((one) => [name(one), [one.count, Number(one.short_by)], one]);

const SAYS = {
  sold_out: ['Sold out', ''],
  back_in_stock: ['Back', 'calm'],
  oversold: ['Oversold', 'broken'],
  disk_full: ['Disk full', 'broken'],
  disk_ok: ['Disk has room', 'calm'],
  log_stopped: ['Log stopped', 'broken'],
};

/** The newest events, each once. */
export class Events {
  #known = new Map();

  constructor(most) { this.most = most; }

  add(notable = []) {
    for (const event of notable) this.#known.set(`${event.time} ${event.what} ${event.location} ${event.sku}`, event);
    const newest = this.list();
    this.#known = new Map(newest.map((event) => [event.key, event]));
  }

  /** Newest first, each with `says` and `tone`. */
  list() {
    return [...this.#known].map(([key, event]) => {
      const [says, tone] = SAYS[event.what] ?? [event.what.replaceAll('_', ' '), ''];
      return { ...event, key, says, tone };
    }).sort((a, b) => (a.time < b.time ? 1 : a.time > b.time ? -1 : 0)).slice(0, this.most);
  }
}
