// The reports page: some days of one store or all, as sums, hours, stores, goods, taxes and tenders.
//
// Responsible for: what is asked, and showing it. Not responsible for: adding up (the server does, from its log), the
// way there (ask.js), the key (console/key.js).

import { clock, count, money, percent, units } from '/console/format.js';
import { gate } from '/console/key.js';
import { make, write } from '/console/make.js';
import { Refused, download, report, stores } from '/reports/ask.js';
import '/reports/hour-bars.js';

const TOP = 12;
const AGAIN_MS = 60_000;

const $ = (id) => document.getElementById(id);
const view = { key: '', names: new Map(), asOf: 0, asking: null, told: null, again: 0 };

// ---- asking

const day = (date) => {
  const pad = (value) => `${value}`.padStart(2, '0');
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
};

function daysAgo(days) {
  const date = new Date();
  date.setDate(date.getDate() - days);
  return day(date);
}

/** What the form says, without a grouping. */
const question = () => ({
  from: $('from').value,
  until: $('until').value,
  location: $('store').value,
});

const REPORTS = {
  location: ['sales', { group_by: 'location', sort: 'gross' }],
  hour: ['sales', { group_by: 'hour' }],
  item: ['sales', { group_by: 'item', sort: 'gross' }],
  rate: ['sales', { group_by: 'rate' }],
  tender: ['tenders', { group_by: 'tender', sort: 'net' }],
};

async function ask() {
  clearTimeout(view.again);
  view.asking?.abort();
  const asking = new AbortController();
  view.asking = asking;
  const wanted = question();
  if (!wanted.from || !wanted.until) return;
  keepAddress(wanted);
  $('status').textContent = 'Reading';
  try {
    if (!view.names.size) await nameStores(asking.signal);
    const pages = await Promise.all(Object.entries(REPORTS).map(async ([name, [kind, grouped]]) => {
      const limit = name === 'item' ? 200 : 1000;
      return [name, await report(kind, { ...wanted, ...grouped, limit }, view.key, asking.signal)];
    }));
    if (asking.signal.aborted) return;
    Object.assign(view, { told: Object.fromEntries(pages), asOf: Date.now() });
    document.body.dataset.state = 'live';
    $('notice').hidden = true;
    show();
  } catch (error) {
    if (error.name !== 'AbortError') failed(error);
  }
  if (!asking.signal.aborted && wanted.until >= daysAgo(0)) view.again = setTimeout(later, AGAIN_MS);
}

// Nobody looks: then it is read when somebody does.
function later() {
  if (!document.hidden) return ask();
  document.addEventListener('visibilitychange', ask, { once: true });
}

function failed(error) {
  if (error instanceof Refused && [4001, 4002, 4003, 4004, 4006].includes(error.number)) return again(error);
  const cut = !error.number;
  document.body.dataset.state = cut && view.told ? 'cut' : 'refused';
  $('status').textContent = cut ? 'Cut off' : 'Refused';
  $('notice').hidden = false;
  const since = view.told && cut ? ` You see what was known as of ${clock(view.asOf)}.` : '';
  const number = error.number ? make('a', { class: 'number', href: `/errors/${error.number}`, text: ` ${error.number}` }) : '';
  $('notice-text').replaceChildren(`${error.message}${since}`, number);
}

async function nameStores(signal) {
  const all = await stores(view.key, signal);
  view.names = new Map(all.map(({ code, name }) => [code, name]));
  const chosen = new URLSearchParams(location.search).get('store') ?? $('store').value;
  $('store').append(...all.map(({ code, name }) => make('option', { value: code, text: name })));
  if (view.names.has(chosen)) $('store').value = chosen;
}

function keepAddress({ from, until, location: store }) {
  const search = new URLSearchParams({ from, until, ...(store && { store }) });
  history.replaceState(null, '', `?${search}`);
}

// ---- showing

const currency = () => $('currency').value;
const rows = (name) => {
  const { sales, tenders } = view.told[name];
  return (sales ?? tenders).filter((row) => row.currency === currency());
};
const sum = (list, name) => list.reduce((all, row) => all + Number(row[name]), 0);
const amount = (minor) => money(minor, currency());
const margin = (row) => (row.costed_net > 0 ? loss(row.margin) : '–');
const share = (row) => (row.costed_net > 0 ? `${percent(row.margin / row.costed_net)} %` : '–');

function show() {
  const codes = [...new Set(['location', 'tender'].flatMap((name) => (view.told[name].sales ?? view.told[name].tenders).map((row) => row.currency)))].sort();
  const known = codes.length ? codes : [currency() || 'EUR'];
  if ([...$('currency').options].map(({ value }) => value).join() !== known.join()) {
    const before = currency();
    $('currency').replaceChildren(...known.map((code) => make('option', { value: code, text: code })));
    if (known.includes(before)) $('currency').value = before;
  }
  $('currency-choice').hidden = known.length < 2;
  $('status').textContent = `As of ${clock(view.asOf)}`;
  showSums();
  showHours();
  showTables();
  const { oldest } = view.told.location;
  write($('about'), `Read from the log and equal to the Zs. What comes late for a closed session stands on the day of the Z that tells of it.${oldest ? ` The log begins on ${oldest.slice(0, 10)}; what was before is not in it.` : ''}`, false);
}

function showSums() {
  const all = rows('location');
  const [net, costed, margin] = ['net', 'costed_net', 'margin'].map((name) => sum(all, name));
  const tell = (name, value, note = '') => {
    write($(`sum-${name}`).querySelector('b'), value);
    write($(`sum-${name}`).querySelector('small'), note, false);
  };
  const [sales, returns, voids] = ['sales', 'returns', 'voids'].map((name) => sum(all, name));
  tell('gross', amount(sum(all, 'gross')), returns ? 'less what came back' : '');
  tell('net', amount(net), sales ? `${amount(net / sales)} a sale` : '');
  const unknown = net - costed;
  tell('margin', costed ? amount(margin) : '–', costed ? `${percent(margin / costed)} %${unknown ? `, of ${amount(costed)}` : ''}` : 'no costs are known');
  $('sum-margin').querySelector('b').classList.toggle('loss', margin < 0);
  tell('tax', amount(sum(all, 'tax')));
  tell('sales', count(sales), [returns && `${count(returns)} ${returns === 1 ? 'return' : 'returns'}`, voids && `${count(voids)} cancelled`].filter(Boolean).join(', '));
  tell('discounts', amount(sum(all, 'discounts')), `${count(sum(all, 'discounted_lines'))} lines`);
}

function showHours() {
  const values = Array.from({ length: 24 }, () => 0);
  for (const row of rows('hour')) values[row.hour] += row.gross;
  $('hour-bars').text = amount;
  $('hour-bars').hours = values;
}

function table(name, heads, list, cells, foot) {
  const line = (tag, values) => make('tr', {}, ...values.map((value) => (value instanceof Node ? make(tag, {}, value) : make(tag, { text: value }))));
  const body = list.length
    ? list.map((row) => line('td', cells(row)))
    : [make('tr', {}, make('td', { class: 'empty', colspan: heads.length, text: 'Nothing was sold in these days.' }))];
  const head = make('tr', {}, ...heads.map((text) => make('th', { scope: 'col', text })));
  const parts = [make('thead', {}, head), make('tbody', {}, ...body)];
  if (foot && list.length > 1) parts.push(make('tfoot', {}, line('td', foot)));
  $(`table-${name}`).replaceChildren(...parts);
}

const called = (name, code) => {
  const both = document.createDocumentFragment();
  both.append(name, ' ', make('small', { text: code }));
  return both;
};
const loss = (minor) => (minor < 0 ? make('span', { class: 'loss', text: amount(minor) }) : amount(minor));

function showTables() {
  const places = rows('location');
  const inAll = (list, name) => amount(sum(list, name));
  const together = { margin: sum(places, 'margin'), costed_net: sum(places, 'costed_net') };
  table('location', ['Store', 'Sales', 'With tax', 'Margin', 'of net'], places,
    (row) => [called(view.names.get(row.location) ?? row.location, row.location), count(row.sales), amount(row.gross), margin(row), share(row)],
    ['All', count(sum(places, 'sales')), inAll(places, 'gross'), margin(together), share(together)]);
  table('item', ['Item', 'Units', 'With tax', 'Discounts', 'Margin', 'of net'], rows('item').slice(0, TOP),
    (row) => [called(row.name ?? row.sku, row.sku), units(row.sold_qty - row.returned_qty), amount(row.gross), amount(row.discounts), margin(row), share(row)]);
  const taxes = rows('rate');
  table('rate', ['Rate', 'Without tax', 'Tax', 'With tax'], taxes,
    (row) => [`${row.rate_ppm / 10_000} %`, amount(row.net), amount(row.tax), amount(row.gross)],
    ['All', inAll(taxes, 'net'), inAll(taxes, 'tax'), inAll(taxes, 'gross')]);
  const tenders = rows('tender');
  // Only who sets goods aside has deposits: elsewhere what is there more than before is what was sold.
  const deposits = tenders.some((row) => row.deposited || row.deposits_back || row.tender === 'deposit');
  $('money').classList.toggle('wide', deposits);
  const flows = ['taken', 'change', 'refunded', 'net', ...(deposits ? ['deposited', 'deposits_back', 'money'] : [])];
  const moves = { cash_rounding: ['net'], deposit: ['taken', 'change', 'refunded', 'net'] };
  table('tender', ['Paid by', 'Taken', 'Change', 'Refunded', 'In all', ...(deposits ? ['Deposited', 'Given back', 'Money'] : [])], tenders,
    (row) => [row.tender.replaceAll('_', ' '), ...flows.map((name) => ((moves[row.tender] ?? flows).includes(name) ? amount(row[name]) : ''))],
    ['All', ...flows.map((name) => inAll(tenders, name))]);
}

// Shapes of what will come, never a blank page.
function wait() {
  for (const [name, columns] of [['location', 5], ['item', 6], ['rate', 4], ['tender', 5]]) {
    const line = () => make('tr', { 'aria-hidden': true }, ...Array.from({ length: columns }, () => make('td', {}, make('i'))));
    $(`table-${name}`).replaceChildren(make('tbody', {}, ...Array.from({ length: name === 'item' ? 8 : 3 }, line)));
  }
  $('hour-bars').hours = Array.from({ length: 24 }, () => 0);
}

// ---- choosing

function chooseSpan(days) {
  $('until').value = daysAgo(days === 1 ? 1 : 0);
  $('from').value = daysAgo(days > 1 ? days - 1 : days);
}

$('question').onsubmit = (event) => event.preventDefault();
$('question').onchange = ({ target }) => {
  if (target.name === 'span') chooseSpan(Number(target.value));
  else if (target.type === 'date') for (const radio of $('question').elements.span) radio.checked = false;
  if (target.id === 'currency') show();
  else ask();
};
$('fresh').onclick = ask;
$('again').onclick = ask;
for (const button of document.querySelectorAll('[data-table]')) {
  const [kind, grouped] = REPORTS[button.dataset.table];
  button.onclick = () => download(kind, { ...question(), ...grouped }, view.key).catch(failed);
}

const given = new URLSearchParams(location.search);
chooseSpan(0);
if (given.get('from') && given.get('until')) {
  const [from, until] = [given.get('from'), given.get('until')];
  Object.assign($('from'), { value: from });
  Object.assign($('until'), { value: until });
  const today = from === daysAgo(0) && until === from;
  if (!today) for (const radio of $('question').elements.span) radio.checked = false;
}
const again = gate('analyst or admin', (key) => {
  view.key = key;
  wait();
  ask();
});
