// The engine's strip: log, shards, connections by role.

import { count, ms, NONE, rate } from '/console/format.js';
import { make, write } from '/console/make.js';

const LOG = [
  ['appends', 'appends/s', (log, seconds) => rate(log.appends / seconds)],
  ['p50', 'p50 ms', (log) => ms(log.append_ms.p50)],
  ['p99', 'p99 ms', (log) => ms(log.append_ms.p99)],
  ['max', 'max ms', (log) => ms(log.append_ms.max)],
  ['queue', 'waiting', (log) => count(log.queue)],
  ['last', 'last record', (log) => count(Number(log.last_seq))],
  ['state', 'state', (log) => (log.stopped ? 'Stopped' : log.disk_full ? 'Disk full' : 'Writing'), (log) => log.stopped || log.disk_full],
];

const ROLES = [['till', 'tills'], ['web', 'websites'], ['shopper', 'shoppers'], ['analyst', 'analysts'], ['operations', 'operations'], ['admin', 'admins']];

/** Up to so many shards stand one by one. */
const FEW = 6;

// Where the system does not tell, nothing is claimed.
const per = (busy_pct) => (Number.isFinite(busy_pct) ? `${Math.round(busy_pct)} %` : NONE);

const $ = (id) => document.getElementById(id);

function figures(list, entries) {
  if (list.children.length !== entries.length) {
    list.replaceChildren(...entries.map(([, label]) => make('div', {}, make('dt', { text: label }), make('dd', {}))));
  }
  entries.forEach(([, , text, broken], at) => {
    const row = list.children[at];
    row.classList.toggle('broken', !!broken);
    write(row.lastChild, text);
  });
}

/** Places for the figures before there are any. */
export function wait() {
  figures($('log'), LOG.map(([key, label]) => [key, label, '–']));
  figures($('sockets'), ROLES.map(([key, label]) => [key, label, '–']));
}

/** Shows one second's log, shards and sockets. */
export function show({ log, shards = [], sockets = {}, seconds }) {
  if (log) figures($('log'), LOG.map(([key, label, text, broken]) => [key, label, text(log, seconds), broken?.(log)]));
  figures($('sockets'), ROLES.map(([key, label]) => [key, label, count(sockets[key] ?? 0)]));
  if (shards.length > FEW) manyShards($('shards'), shards);
  else fewShards($('shards'), shards);
}

function fewShards(list, shards) {
  if (list.className !== '' || list.children.length !== shards.length) {
    list.className = '';
    list.replaceChildren(...shards.map((_, at) => {
      const bar = make('span', { class: 'bar', 'aria-hidden': true }, make('i'));
      return make('li', { 'aria-label': `shard ${at}` }, make('b'), bar, make('small'));
    }));
  }
  shards.forEach(({ inbox, busy_pct }, at) => {
    const [busy, bar, waiting] = list.children[at].children;
    write(busy, per(busy_pct));
    write(waiting, `${count(inbox)} waiting`, false);
    bar.firstChild.style.setProperty('--share', Math.min(1, (busy_pct ?? 0) / 100));
  });
}

// A machine with dozens of cores: the figures that matter, and a small bar for each.
function manyShards(list, shards) {
  if (list.className !== 'many' || list.lastChild.children.length !== shards.length) {
    list.className = 'many';
    const figure = (label) => make('li', {}, make('b'), make('small', { text: label }));
    const bars = make('li', { class: 'bars', 'aria-hidden': true }, ...shards.map(() => make('i')));
    list.replaceChildren(figure('busiest'), figure('mean'), figure('waiting'), figure('most waiting'), bars);
  }
  const busy = shards.map((one) => one.busy_pct ?? NaN);
  const waiting = shards.map((one) => one.inbox);
  const sum = (values) => values.reduce((all, one) => all + one, 0);
  const texts = [per(Math.max(...busy)), per(sum(busy) / shards.length), count(sum(waiting)), count(Math.max(...waiting))];
  texts.forEach((text, at) => write(list.children[at].firstChild, text));
  shards.forEach(({ inbox, busy_pct }, at) => {
    const bar = list.lastChild.children[at];
    bar.title = `shard ${at}: ${per(busy_pct)} busy, ${inbox} waiting`;
    bar.style.setProperty('--share', Math.min(1, (busy_pct ?? 0) / 100));
  });
}
