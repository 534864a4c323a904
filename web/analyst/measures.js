// What can be measured: which fields of the stream it needs, how they group, what kind of number it is.
//
// Kinds: `sum` adds up over time and is shown per minute; `gauge` is a state; `worst` is the highest of a time.

const all = (value) => [['all', 'All', value]];
const item = ({ sku, location, name }) => [`${sku}|${location}`, `${name ?? sku} · ${location}`];
const add = (list, key, label, amount) => list.map((one) => [key(one), label(one), amount(one)]);

const byLocation = (amount) => ({
  location: { fields: ['by_location'], read: ({ by_location: list }) => add(list, (one) => one.location, (one) => one.location, amount) },
  channel: { fields: ['by_location'], read: ({ by_location: list }) => add(list, (one) => one.channel, (one) => one.channel, amount) },
});

const money = (amount) => ({
  all: { fields: ['by_location'], read: ({ by_location: list }) => add(list, () => 'all', () => 'All', amount) },
  ...byLocation(amount),
});

const lost = (amount) => ({
  all: { fields: ['refusals'], read: ({ refusals: list }) => add(list, () => 'all', () => 'All', amount) },
  location: { fields: ['refusals'], read: ({ refusals: list }) => add(list, (one) => one.location, (one) => one.location, amount) },
  item: { fields: ['refusals'], read: ({ refusals: list }) => list.map((one) => [...item(one), amount(one)]) },
});

/**
 * Stockout minutes by name. The stream names an item when it sells out and when it is back; what was sold out
 * before is counted without a name. In a minute, a beginning or an end counts half of it.
 */
const open = (name) => ({ stockouts, seconds }, seen) => {
  const now = (seen.open ??= new Map());
  const part = seconds > 1 ? seconds / 2 : 0;
  const minutes = new Map([...now].map(([id, one]) => [id, [...name(one), seconds / 60]]));
  for (const one of stockouts.ended) {
    const id = item(one)[0];
    minutes.set(id, [...name(one), Math.min(one.after_s, part) / 60]);
    now.delete(id);
  }
  for (const one of stockouts.began) {
    const id = item(one)[0];
    minutes.set(id, [...name(one), (seconds - part) / 60]);
    now.set(id, one);
  }
  const named = [...minutes.values()].reduce((sum, [, , one]) => sum + one, 0);
  const rest = (stockouts.open * seconds) / 60 - named;
  return [...minutes.values(), ...(rest > 0.001 ? [['before', 'Sold out since before', rest]] : [])];
};

const PERCENTILES = ['p50', 'p90', 'p99', 'p999', 'max'];

/** The names of the groups. */
export const GROUPS = {
  all: 'All together', location: 'Location', channel: 'Channel', item: 'Item', number: 'Number of the refusal', outcome: 'What became of it', percentile: 'Percentile',
};

/** Every measure, by its name in the address. */
export const MEASURES = {
  sales: {
    label: 'Sales', kind: 'sum', about: 'Sales made durable. A basket is one sale.',
    groups: { all: { fields: ['sales'], read: ({ sales }) => all(sales) }, ...byLocation((one) => one.sales) },
  },
  units: {
    label: 'Units', kind: 'sum', about: 'Units sold. By item the stream names the 50 that sold most in each interval.',
    groups: {
      all: { fields: ['units'], read: ({ units }) => all(Number(units)) }, ...byLocation((one) => Number(one.units)),
      item: { fields: ['velocity'], read: ({ velocity }) => velocity.map((one) => [...item(one), Number(one.units)]) },
    },
  },
  revenue: { label: 'Net revenue', kind: 'sum', money: true, about: 'What was sold, without tax; returns are not taken off.', groups: money((one) => one.net) },
  tax: { label: 'Tax', kind: 'sum', money: true, about: 'The tax in what was sold; returns are not taken off.', groups: money((one) => one.tax) },
  returned: { label: 'Net returned', kind: 'sum', money: true, about: 'What came back, without tax.', groups: money((one) => one.returned_net) },
  refusals: {
    label: 'Refusals', kind: 'sum', loss: true, about: 'Commands refused, for whatever reason.',
    groups: {
      all: { fields: ['refused'], read: ({ refused }) => all(refused) },
      number: { fields: ['refused_by_number'], read: ({ refused_by_number: list }) => add(list, (one) => `${one.number}`, (one) => `${one.number} ${one.name.replaceAll('_', ' ')}`, (one) => one.count) },
    },
  },
  lost: { label: 'Lost sales', kind: 'sum', loss: true, about: 'Refused because too few were left (2001). The stream names the 50 items refused most in each interval.', groups: lost((one) => one.count) },
  missing: { label: 'Units that were missing', kind: 'sum', loss: true, about: 'How many more units the lost sales would have needed.', groups: lost((one) => Number(one.short_by)) },
  stockouts: {
    label: 'Stockout minutes', plotted: 'Sold out at once', rates: ['on average', 'most at once'], kind: 'sum', tail: false, loss: true, about: 'Minutes during which an item at a location had nothing left to promise: two items for three minutes are six.',
    groups: {
      all: { fields: ['stockouts'], read: ({ stockouts, seconds }) => all((stockouts.open * seconds) / 60) },
      location: { fields: ['stockouts'], read: open((one) => [one.location, one.location]) },
      item: { fields: ['stockouts'], read: open(item) },
    },
  },
  holds: {
    label: 'Holds', kind: 'sum', about: 'Reservations that began, and what became of those that ended.',
    groups: {
      outcome: { fields: ['holds'], read: ({ holds }) => ['began', 'sold', 'released', 'expired'].map((name) => [name, name[0].toUpperCase() + name.slice(1), holds[name]]) },
    },
  },
  live: {
    label: 'Holds at once', kind: 'gauge', about: 'Reservations that are live.',
    groups: { all: { fields: ['holds'], read: ({ holds }) => all(holds.live) } },
  },
  latency: {
    label: 'Latency', kind: 'worst', unit: 'ms', about: 'From a command’s arrival at the gateway to its durable answer. Where a point stands for more than a second it is the worst of them.',
    groups: {
      percentile: { fields: ['latency_ms'], read: ({ latency_ms: latency }) => (latency.count ? PERCENTILES.map((name) => [name, name, latency[name]]) : []) },
    },
  },
};

/** Windows: how often, how far back. */
export const WINDOWS = {
  300: { every: '1s', label: 'last 5 minutes' },
  3600: { every: '1m', label: 'last hour' },
  86400: { every: '1m', label: 'last 24 hours' },
};
