// The operations page: tiles, the plot, lists and the engine's strip, all from one metrics stream.
//
// Responsible for: which number stands where. Not responsible for: the connection (feed.js), keeping
// numbers (series.js), drawing (time-plot.js).

import { clock, count, lasting, ms, percent, rate, units } from '/console/format.js';
import { open, tick } from '/console/frame.js';
import { make } from '/console/make.js';
import '/console/ranked-list.js';
import { Ring, Series } from '/console/series.js';
import '/console/time-plot.js';
import * as engine from '/ops/engine.js';
import '/ops/figure-tile.js';
import { Events, lost, Rolling, sold } from '/ops/rolling.js';

const SOON_MINUTES = 15;
const LOSS_SHARE = 0.01;
const COLUMNS = ['accepted', 'refused', 'p50', 'p99', 'p999', 'max', 'append', 'sockets', 'tills', 'stockouts', 'share'];
const PAST = ['sales', 'refused', 'latency_ms', 'log', 'sockets', 'stockouts', 'notable'];
const LIVE = [...PAST, 'refusals', 'velocity', 'running_low', 'shards'];

const $ = (id) => document.getElementById(id);
const seconds = new Ring(1, 2 * 3600 + 120, COLUMNS);
const minutes = new Ring(60, 24 * 60 + 10, COLUMNS);
const series = new Series(seconds, minutes);
const sellers = new Rolling(60);
const refusals = new Rolling(300);
const events = new Events(20);
const page = { feed: null, last: null, paused: NaN, planned: 0, reached: 300 };

// ---- what is heard

/** One object of the stream as numbers for the plots. */
function numbers({ seconds: span, sales, refused, latency_ms: latency, log, sockets, stockouts }) {
  return {
    accepted: sales / span,
    refused: refused / span,
    p50: latency?.count ? latency.p50 : NaN,
    p99: latency?.count ? latency.p99 : NaN,
    p999: latency?.count ? latency.p999 : NaN,
    max: latency?.count ? latency.max : NaN,
    append: log?.appends ? log.append_ms.p99 : NaN,
    sockets: sockets?.all,
    tills: sockets?.till,
    stockouts: stockouts?.open,
    share: sales + refused ? refused / (sales + refused) : 0,
  };
}

function hear(metrics) {
  const { time } = metrics;
  events.add(metrics.notable);
  if (metrics.every === '1m') minutes.put(time, numbers(metrics));
  else {
    seconds.put(time, numbers(metrics));
    if (metrics.velocity) sellers.add(time, sold(metrics));
    if (metrics.refusals) refusals.add(time, lost(metrics));
    if (metrics.running_low && time >= (page.last?.time ?? 0)) page.last = metrics;
  }
  // The past comes in hundreds: shown once, not each.
  page.planned ||= setTimeout(show, 30);
}

// ---- what is shown

const tiles = {
  sales: { label: 'Sales a second', about: 'about-sales', column: 'accepted', range: true },
  p99: { label: 'p99 latency', about: 'about-p99', unit: 'ms', column: 'p99', how: 'max', range: true },
  refused: { label: 'Refused', about: 'about-refused', unit: '%', column: 'share' },
  sockets: { label: 'Connections', about: 'about-sockets', column: 'sockets', how: 'last', range: true },
  append: { label: 'Log append p99', about: 'about-append', unit: 'ms', column: 'append', how: 'max', range: true },
  tills: { label: 'Tills', about: 'about-tills', column: 'tills', how: 'last', range: true },
  stockouts: { label: 'Stockouts', about: 'about-stockouts', column: 'stockouts', how: 'last' },
};

function buildTiles() {
  for (const [key, tile] of Object.entries(tiles)) {
    tile.element = make('figure-tile', { id: `tile-${key}`, label: tile.label, about: tile.about, unit: tile.unit });
    $('tiles').append(tile.element);
    Object.assign(tile.element.spark, { source: series, name: tile.column, how: tile.how ?? 'mean', range: tile.range });
  }
}

const whole = (time, span, column, how) => Math.max(0, seconds.gather(column, time - span * 1000, time, how) || 0);

function showTiles({ time, seconds: span, sales, refused, latency_ms: latency, log, sockets, stockouts }) {
  const say = (key, ...what) => tiles[key].element.show(...what);
  say('sales', rate(sales / span), `peak ${rate(whole(time, 300, 'accepted', 'max'))} in 5 min`);
  say('p99', latency.count ? ms(latency.p99) : '–', latency.count ? `p50 ${ms(latency.p50)} · p999 ${ms(latency.p999)}` : 'nothing asked');
  const minute = { sold: whole(time, 60, 'accepted', 'sum'), refused: whole(time, 60, 'refused', 'sum') };
  const share = minute.refused / (minute.sold + minute.refused || 1);
  say('refused', percent(share), `${count(minute.refused)} in the last minute`, share >= LOSS_SHARE ? 'loss' : '');
  say('sockets', count(sockets.all), `${count(sockets.shopper ?? 0)} shoppers`);
  say('append', log.appends ? ms(log.append_ms.p99) : '–', log.stopped ? 'stopped' : log.disk_full ? 'disk full' : `max ${log.appends ? ms(log.append_ms.max) : '–'} · ${count(log.queue)} waiting`,
    log.stopped || log.disk_full ? 'loss' : '');
  const tills = sockets.till ?? 0;
  const most = Math.max(tills, minutes.gather('tills', time - 86_400_000, time, 'max') || 0, whole(time, 7200, 'tills', 'max'));
  say('tills', count(tills), most > tills ? `${count(most - tills)} of ${count(most)} dark` : most ? 'none dark' : 'none connected', most > tills ? 'soon' : '');
  const before = seconds.at('stockouts', Math.max(seconds.oldest, time - 300_000));
  const change = stockouts.open - before;
  say('stockouts', count(stockouts.open), change > 0 ? `${count(change)} more than 5 min ago` : change < 0 ? `${count(-change)} fewer than 5 min ago` : 'as 5 min ago');
  for (const { element } of Object.values(tiles)) element.spark.draw(time);
}

function showLists({ time, running_low: low }) {
  sellers.move(time);
  refusals.move(time);
  $('low-list').rows = low.map((one) => ({
    id: `${one.location}|${one.sku}`, item: one.name, place: one.location, tone: Number(one.minutes_left) < SOON_MINUTES ? 'soon' : '',
    cells: { left: units(Number(one.available)), rate: rate(Number(one.per_minute)), until: lasting(Number(one.minutes_left) * 60) },
  }));
  const most = sellers.most();
  $('sellers-list').rows = most.map(({ key, amounts: [sum], about }) => ({
    id: key, item: about.name, share: sum / most[0].amounts[0], tone: 'accent', cells: { units: units(sum) },
  }));
  const missed = refusals.most();
  $('lost-list').rows = missed.map(({ key, amounts: [times, short], about }) => ({
    id: key, item: about.name, place: about.location, share: times / missed[0].amounts[0], tone: 'loss',
    cells: { times: count(times), short: units(short) },
  }));
  $('events-list').rows = events.list().map(({ key, time: when, says, tone, name, sku, location }) => ({
    id: key, item: name ?? sku ?? 'Server', place: location, tone, cells: { when: clock(Date.parse(when)), what: says },
  }));
}

function show() {
  page.planned = 0;
  if (page.paused || !page.last) return;
  $('plot').refresh();
  showTiles(page.last);
  showLists(page.last);
  engine.show(page.last);
  if (!$('plot-table').hidden) showTable();
}

/** The plot in words: its window in twelve rows. */
function showTable() {
  const to = page.paused || page.last?.time;
  if (!to) return;
  const step = Math.max(1, $('plot').window / 12) * 1000;
  const end = Math.floor(to / step) * step;
  const rows = Array.from({ length: 12 }, (_, at) => end - at * step).map((at) => make('tr', {},
    make('td', { text: clock(at, step < 60_000) }),
    ...['accepted', 'refused'].map((name) => make('td', { text: rate(series.ring(at - step).gather(name, at - step, at, 'mean')) })),
    ...['p50', 'p99', 'p999'].map((name) => make('td', { text: ms(series.ring(at - step).gather(name, at - step, at, 'max')) }))));
  const head = ['until', 'accepted/s', 'refused/s', 'p50 ms', 'p99 ms', 'p999 ms'].map((text) => make('th', { scope: 'col', text }));
  $('plot-table').replaceChildren(make('table', {}, make('caption', { class: 'unseen', text: 'Throughput and latency over time' }), make('thead', {}, make('tr', {}, ...head)), make('tbody', {}, ...rows)));
}

// ---- parts of the page

function buildPlot() {
  const plot = $('plot');
  plot.source = series;
  plot.time = () => page.paused || page.feed?.now() || NaN;
  plot.panes = [
    { title: 'Throughput', about: 'about-flow', unit: '/s', height: 1.2, lines: [
      { name: 'accepted', label: 'accepted', colour: '--plot-accepted', fill: 0.1, write: rate },
      { name: 'refused', label: 'refused', colour: '--plot-refused', fill: 0.18, write: rate },
    ] },
    { title: 'Latency', about: 'about-p99', unit: ' ms', height: 1, log: true, lines: [
      { name: 'p999', label: 'p999', colour: '--plot-p999', width: 1.25, how: 'max', write: ms },
      { name: 'p99', label: 'p99', colour: '--plot-p99', how: 'max', write: ms },
      { name: 'p50', label: 'p50', colour: '--plot-p50', how: 'max', write: ms },
    ] },
  ];
  plot.addEventListener('pause', pause);
  for (const choice of document.querySelectorAll('#windows input')) choice.onchange = () => choose(Number(choice.value));
}

/** Another window: what it needs of the past is asked for once. */
function choose(window) {
  $('plot').window = window;
  $('plot').refresh();
  if (window > page.reached && window <= 7200) {
    page.reached = window;
    page.feed?.recall({ every: '1s', history_s: window, fields: PAST });
  }
  if (!$('plot-table').hidden) showTable();
}

/** The plot, or the same as a table. */
function swap() {
  const table = $('plot-table').hidden;
  $('plot-table').hidden = !table;
  $('plot').hidden = table;
  $('flow-title').classList.toggle('unseen', !table);
  $('as-table').setAttribute('aria-pressed', table);
  if (table) showTable();
}

function pause() {
  page.paused = page.paused ? NaN : page.feed?.now() ?? NaN;
  const paused = Number.isFinite(page.paused);
  $('pause').setAttribute('aria-pressed', paused);
  $('pause').textContent = paused ? 'Resume' : 'Pause';
  document.body.classList.toggle('paused', paused);
  show();
}

const lists = {
  low: { columns: [{ label: 'item' }, { label: 'left', name: 'left' }, { label: 'a minute', name: 'rate' }, { label: 'gone in', name: 'until' }],
    empty: 'Nothing runs low at the present rate.' },
  sellers: { columns: [{ label: 'item' }, { label: 'in 1 min', name: 'units' }], empty: 'Nothing sold in the last minute.' },
  lost: { columns: [{ label: 'item' }, { label: 'units', name: 'short' }, { label: 'in 5 min', name: 'times' }], empty: 'Nothing was refused for want of stock in the last 5 minutes.' },
  events: { columns: [{ label: 'item' }, { label: 'at', name: 'when' }, { label: 'what', name: 'what' }], empty: 'Nothing to report.' },
};

function buildLists() {
  for (const [id, { columns, empty }] of Object.entries(lists)) {
    const list = $(`${id}-list`);
    Object.assign(list, { columns, empty, most: id === 'events' ? 20 : 12 });
    const more = make('button', { class: 'more', type: 'button', hidden: true, 'aria-expanded': 'false' });
    $(id).querySelector('.panel-head').append(more);
    more.onclick = () => {
      const all = !list.hasAttribute('all');
      list.all = all;
      more.setAttribute('aria-expanded', all);
      document.body.classList.toggle('long', !!document.querySelector('ranked-list[all]'));
      show();
    };
    list.addEventListener('shown', ({ detail: { shown, all } }) => {
      const open = list.hasAttribute('all');
      more.hidden = !open && shown >= all;
      more.textContent = open ? 'Fewer' : `All ${all}`;
    });
  }
}

customElements.whenDefined('ranked-list').then(() => {
  buildTiles();
  buildLists();
  buildPlot();
  engine.wait();
  $('pause').onclick = pause;
  $('as-table').onclick = swap;
  setInterval(() => page.feed?.newest && tick(page.feed, page.paused), 250);
  open((feed) => {
    page.feed = feed;
    feed.addEventListener('metrics', ({ detail }) => hear(detail));
    feed.watch({ every: '1s', history_s: 300, fields: LIVE });
    feed.watch({ every: '1m', history_s: 86_400, fields: PAST });
  });
});
