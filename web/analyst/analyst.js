// The analyst view: a measure, a grouping and a window of the metrics stream, as plot, table, file and command.
//
// Responsible for: what is asked, and showing it. Not responsible for: adding up (table.js), what can be
// measured (measures.js), the connection (feed.js).

import { command, copy, lines, masked, save } from '/analyst/export.js';
import { GROUPS, MEASURES, WINDOWS } from '/analyst/measures.js';
import { Numbers } from '/analyst/table.js';
import { clock, count, money, ms, percent, rate, units } from '/console/format.js';
import { open, tick } from '/console/frame.js';
import { make, write } from '/console/make.js';
import '/console/time-plot.js';

const LINES = 6;
const ROWS = 100;

const $ = (id) => document.getElementById(id);
const view = { feed: null, key: '', numbers: null, asked: [], shown: '', colours: new Map(), planned: 0, rows: [] };

const chosen = () => ({ measure: MEASURES[$('measure').value], window: Number(new FormData($('question')).get('window')) });
const currency = () => $('currency').value || [...(view.numbers?.currencies ?? [])][0] || 'EUR';

// ---- asking

function options(select, entries, value) {
  select.replaceChildren(...entries.map(([name, label, off]) => make('option', { value: name, text: label, disabled: !!off })));
  if (entries.some(([name]) => name === value)) select.value = value;
}

function groups() {
  const { measure } = chosen();
  const names = Object.keys(measure.groups);
  options($('group'), names.map((name) => [name, GROUPS[name]]), $('group').value);
  $('group').disabled = names.length < 2;
}

/** Asks anew: another measure, group or window. */
function ask() {
  const { measure, window } = chosen();
  const group = measure.groups[$('group').value];
  const { every } = WINDOWS[window];
  for (const id of view.asked) view.feed?.end(id);
  view.numbers = new Numbers(measure, group, window, () => $('currency').value || undefined);
  view.colours.clear();
  Object.assign(view, { shown: '', rows: [] });
  $('plot').window = window;
  $('plot').source = view.numbers;
  $('totals-title').textContent = measure.kind === 'sum' ? 'Totals' : 'Values';
  $('every').textContent = every === '1m' ? 'minute' : 'second';
  $('command').textContent = say(masked(view.key));
  $('copied').textContent = '';
  $('plot').setAttribute('aria-label', `${measure.label} over the ${WINDOWS[window].label}`);
  if (view.feed) {
    const { fields } = group;
    view.asked = [view.feed.watch({ every, history_s: window, fields })];
    // The newest part of a long window, and whether the stream is alive, by the second.
    if (every !== '1s') view.asked.push(view.feed.watch({ every: '1s', history_s: 90, fields }));
  }
  const search = new URLSearchParams({ measure: $('measure').value, by: $('group').value, window });
  history.replaceState(null, '', `?${search}`);
  show();
}

function say(key) {
  const { measure, window } = chosen();
  const { fields } = measure.groups[$('group').value];
  return command({ origin: location.origin, every: WINDOWS[window].every, seconds: window, fields, key });
}

function hear(metrics) {
  const { numbers } = view;
  if (!view.asked.includes(metrics.ask)) return;
  if (metrics.every === '1s' && numbers.long && numbers.measure.tail === false) return;
  numbers.add(metrics);
  view.planned ||= setTimeout(show, 50);
}

// ---- showing

function writer(measure) {
  if (measure.money) return (value) => (Number.isFinite(value) ? money(value, currency()) : '–');
  if (measure.unit === 'ms') return ms;
  return rate;
}

function show() {
  view.planned = 0;
  const { numbers } = view;
  const to = view.feed?.newest || NaN;
  view.rows = Number.isFinite(to) ? numbers.rows(to) : [];
  const several = numbers.currencies.size > 1;
  $('currency-choice').hidden = !several;
  if (several && $('currency').options.length !== numbers.currencies.size) {
    options($('currency'), [...numbers.currencies].sort().map((code) => [code, code]), $('currency').value);
  }
  const since = numbers.oldest;
  const short = since > to - numbers.window * 1000 + 90_000;
  write($('about'), `${numbers.measure.about}${short ? ` Known since ${clock(since, false)}.` : ''}`, false);
  showPlot();
  showTable();
}

// A group keeps its colour as long as it is among the first.
function palette(names) {
  const { colours } = view;
  for (const name of colours.keys()) if (!names.includes(name)) colours.delete(name);
  for (const name of names) {
    if (colours.has(name)) continue;
    const used = new Set(colours.values());
    colours.set(name, Array.from({ length: LINES }, (_, at) => `--plot-${at + 1}`).find((one) => !used.has(one)));
  }
  return colours;
}

function showPlot() {
  const { measure } = view.numbers;
  const rows = view.rows.length > LINES + 1 ? view.rows.slice(0, LINES) : view.rows.slice(0, LINES + 1);
  const rest = view.rows.slice(rows.length);
  const first = rows.slice(0, LINES).map(({ name }) => name);
  const colours = palette(first);
  const mark = [...first].sort().join('\n') + (rest.length ? `\n+${rest.map(({ name }) => name).sort().join('\n')}` : '');
  if (mark === view.shown && view.rows.length) return $('plot').refresh();
  view.shown = mark;
  const text = writer(measure);
  const single = rows.length === 1;
  const lines = rows.map(({ name, label }) => ({
    name, label: single ? measure.label.toLowerCase() : label, write: text,
    colour: single && measure.loss ? '--plot-refused' : colours.get(name) ?? '--plot-rest', fill: single ? 0.1 : 0, width: single ? 2 : 1.75,
  }));
  if (rest.length) lines.push({ name: rest.map(({ name }) => name).join('\n'), label: `${rest.length} others`, write: text, colour: '--plot-rest', width: 1.5, dash: [3, 3] });
  const unit = measure.unit ? ` ${measure.unit}` : '';
  const title = measure.plotted ?? (measure.kind === 'sum' ? `${measure.label} a minute` : measure.label);
  $('plot').panes = [{ title, unit, log: measure.unit === 'ms', scale: measure.money ? 100 : 1, lines }];
}

function columns(measure) {
  const text = writer(measure);
  const sum = measure.money ? text : units;
  if (measure.kind === 'worst') return [['newest', ({ now }) => text(now)], ['worst', ({ most }) => text(most)]];
  if (measure.kind === 'gauge') return [['newest', ({ now }) => count(now)], ['mean', ({ total }) => rate(total)], ['most', ({ most }) => rate(most)]];
  const [mean, most] = measure.rates ?? ['a minute', 'most a minute'];
  return [
    ['total', ({ total }) => sum(total)],
    ['share', ({ share }) => `${percent(share)} %`],
    [mean, (row) => text(row.rate)],
    [most, (row) => text(row.most)],
  ];
}

function showTable() {
  const { measure, window } = view.numbers;
  const all = view.rows.reduce((sum, { total }) => sum + total, 0);
  const parts = columns(measure);
  const rows = view.rows.slice(0, ROWS).map((row) => {
    const swatch = make('i', { 'aria-hidden': true });
    const colour = view.colours.get(row.name);
    if (colour && view.rows.length > 1) swatch.style.setProperty('--key', `var(${colour})`);
    const values = { ...row, ...view.numbers.extremes(row.name, view.feed.newest), share: all ? row.total / all : NaN };
    return make('tr', {}, make('td', { title: row.label }, swatch, row.label), ...parts.map(([, text]) => make('td', { text: text(values) })));
  });
  const left = view.rows.length - rows.length;
  const foot = measure.kind === 'sum' && view.rows.length > 1 ? [make('tfoot', {}, make('tr', {},
    make('th', { scope: 'row', text: left ? `All, ${left} more not listed` : 'All' }),
    ...parts.map(([label, text]) => make('td', { text: label.startsWith('most') ? '' : text({ total: all, share: 1, rate: view.rows.reduce((sum, row) => sum + row.rate, 0) }) }))))] : [];
  $('table').replaceChildren(
    make('thead', {}, make('tr', {}, make('th', { scope: 'col', text: GROUPS[$('group').value] }), ...parts.map(([text]) => make('th', { scope: 'col', text })))),
    make('tbody', {}, ...(rows.length ? rows : [make('tr', {}, make('td', { colspan: parts.length + 1, text: view.feed?.newest ? `Nothing in the ${WINDOWS[window].label}.` : 'Waiting for the first second.' }))])),
    ...foot);
}

// ---- parts of the page

function exportFile() {
  const to = view.feed?.newest;
  if (!to) return;
  const name = `onhand-${$('measure').value}-by-${$('group').value}-${new Date(to).toISOString().slice(0, 19).replaceAll(':', '')}.csv`;
  save(name, lines(view.numbers, to, { currency: currency() }));
}

async function copyCommand() {
  try {
    await copy(say(view.key));
    $('copied').textContent = 'Copied.';
  } catch (error) {
    $('copied').textContent = error.message;
  }
}

function begin(feed, key) {
  Object.assign(view, { feed, key });
  feed.addEventListener('metrics', ({ detail }) => hear(detail));
  // Known with the first answer: whether this key sees money.
  feed.addEventListener('state', ({ detail }) => {
    if (detail.state !== 'live' || feed.role !== 'operations') return;
    for (const option of $('measure').options) option.disabled = !!MEASURES[option.value].money;
    for (const option of $('measure').options) if (option.disabled) option.textContent = `${MEASURES[option.value].label} (not for this key)`;
    if (!chosen().measure.money) return;
    $('measure').value = 'sales';
    groups();
    ask();
  });
  ask();
}

const asked = new URLSearchParams(location.search);
options($('measure'), Object.entries(MEASURES).map(([name, { label }]) => [name, label]), asked.get('measure'));
groups();
if ([...$('group').options].some(({ value }) => value === asked.get('by'))) $('group').value = asked.get('by');
for (const choice of document.querySelectorAll('#windows input')) {
  choice.checked = choice.value === (asked.get('window') in WINDOWS ? asked.get('window') : '300');
  choice.onchange = ask;
}
$('measure').onchange = () => { groups(); ask(); };
$('group').onchange = ask;
$('currency').onchange = ask;
$('export').onclick = exportFile;
$('copy').onclick = copyCommand;
$('question').onsubmit = (event) => event.preventDefault();
$('plot').time = () => view.feed?.now() ?? NaN;
setInterval(() => view.feed?.newest && tick(view.feed), 250);
open(begin);
