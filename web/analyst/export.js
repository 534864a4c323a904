// Taking it along: the command that streams the same data, and a file of what is shown.

import { decimal } from '/console/format.js';

/** The command, with the key or with its secret left out. */
export function command({ origin, every, seconds, fields, key }) {
  const address = `${origin}/v1/metrics/stream?every=${every}&history_s=${seconds}&fields=${fields.join()}`;
  return `curl -N -H 'Authorization: Bearer ${key}' '${address}'`;
}

/** A key without its secret. */
export const masked = (key) => `${key.slice(0, 8)}…`;

/** Copies text; also where the page has no secure context. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = document.createElement('textarea');
    field.value = text;
    field.className = 'unseen';
    document.body.append(field);
    field.select();
    const done = document.execCommand('copy');
    field.remove();
    if (!done) throw new Error('The browser would not copy it.');
  }
}

/** A cell as spreadsheets read it: quoted where needed, and never taken for a formula. */
export function cell(value) {
  const text = typeof value === 'number' ? `${value}` : /^[=+\-@\t\r]/.test(value) ? `'${value}` : `${value}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Lines of a file: the end of each interval, its length, a column per group. The last interval may be a
    short one, so that the file adds up to the table. */
export function lines(numbers, to, { currency }) {
  const { measure, window } = numbers;
  const step = numbers.step(to - window * 1000, to, 800);
  const start = to - window * 1000;
  const rows = numbers.rows(to);
  const write = (value) => {
    if (Number.isNaN(value)) return '';
    return measure.money ? decimal(Math.round(value), currency) : Number(value.toFixed(3));
  };
  const head = ['until', 'seconds', ...rows.map(({ label }) => label)];
  const body = [];
  for (let at = Math.floor(start / step) * step; at < to; at += step) {
    const [from, until] = [Math.max(at, start), Math.min(at + step, to)];
    const values = rows.map(({ name }) => numbers.amount(name, from, until));
    if (values.every(Number.isNaN)) continue;
    body.push([new Date(until).toISOString(), (until - from) / 1000, ...values.map(write)]);
  }
  return [head, ...body].map((row) => row.map(cell).join()).join('\r\n');
}

/** Hands a file to the browser. */
export function save(name, text) {
  const url = URL.createObjectURL(new Blob(['\ufeff', text, '\r\n'], { type: 'text/csv' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1_000);
}
