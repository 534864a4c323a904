// The shop page: shelves, search, one product's page, what is held. Addresses are `#/` and `#/item/SKU`.
//
// Responsible for: what is shown and found. Not responsible for: stock, which the widget shows, and
// holds, which the widget's feed makes and keeps.

import { feedOf } from '/widget/live-stock.js';
import { picture } from '/shop/pictures.js';

const SHELF = 24;
const feed = feedOf();
const $ = (id) => document.getElementById(id);
const state = { items: [], places: new Map(), query: '', category: '', place: '', shown: SHELF, ready: false };

/** An element by tag with attributes (`text`, `html` for its content) and children. */
function make(tag, { text, html, ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (html !== undefined) element.innerHTML = html;
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element[name] = value;
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children);
  return element;
}

function money(minor, unit) {
  if (minor === undefined || minor === null) return '';
  const currency = [...state.places.values()][0]?.currency ?? 'EUR';
  const form = new Intl.NumberFormat(document.documentElement.lang, { style: 'currency', currency });
  const text = form.format(minor / 10 ** form.resolvedOptions().maximumFractionDigits);
  return unit && unit !== 'each' && unit !== 'piece' ? `${text} / ${unit}` : text;
}

const clock = (time) => new Date(time).toTimeString().slice(0, 5);

// ---- shelves

/** One of each category in turn, so that the first shelf shows what kind of shop this is. */
function mixed(items) {
  const shelves = Map.groupBy ? [...Map.groupBy(items, (item) => item.category).values()] : [items];
  const rows = Math.max(0, ...shelves.map((shelf) => shelf.length));
  return Array.from({ length: rows }, (_, row) => shelves.map((shelf) => shelf[row]).filter(Boolean)).flat();
}

function found() {
  const words = state.query.toLowerCase().split(/\s+/).filter(Boolean);
  const items = state.items.filter((item) =>
    (!state.category || item.category === state.category) &&
    words.every((word) => `${item.name} ${item.category} ${item.sku}`.toLowerCase().includes(word)));
  return words.length || state.category ? items : mixed(items);
}

function card(item, heading = 'h2') {
  const level = make('live-stock', { sku: item.sku, location: state.place || undefined });
  return make('li', {},
    make('a', { href: `#/item/${encodeURIComponent(item.sku)}`, class: 'card' },
      make('div', { class: 'picture', html: picture(item) }),
      make(heading, { text: item.name }),
      make('p', { class: 'row' }, make('span', { class: 'price', text: money(item.price, item.unit) }), level)));
}

function showShelves() {
  const items = found();
  $('grid').replaceChildren(...items.slice(0, state.shown).map((item) => card(item)));
  $('more').hidden = items.length <= state.shown;
  $('empty').hidden = items.length > 0;
  if (!items.length) {
    const clear = make('button', { class: 'quiet', text: 'Show everything', onclick: clearSearch });
    $('empty').replaceChildren(make('b', { text: state.query ? `Nothing here is called “${state.query}”.` : 'These shelves are empty.' }), ' ', clear);
  }
  for (const chip of $('categories').children) chip.setAttribute('aria-pressed', chip.value === state.category);
}

function clearSearch() {
  Object.assign(state, { query: '', category: '', shown: SHELF });
  $('search').value = '';
  showShelves();
}

function showCategories() {
  const names = [...new Set(state.items.map((item) => item.category).filter(Boolean))];
  const chip = (name) => make('button', {
    class: 'chip', value: name, text: name || 'Everything', 'aria-pressed': name === state.category,
    onclick: () => { state.category = name; state.shown = SHELF; showShelves(); },
  });
  $('categories').replaceChildren(...['', ...names].map(chip));
}

// ---- one product

function storeRow(item, place) {
  const ships = place.kind === 'warehouse';
  return make('li', {},
    make('div', {}, make('b', { text: place.name }), make('span', { class: 'muted', text: ships ? 'Ships to you' : 'Pick up today' })),
    make('live-stock', { sku: item.sku, location: place.code, label: `${item.name}, ${place.name}`, reserve: true }));
}

function showProduct(item) {
  const more = state.items.filter((other) => other.category === item.category && other !== item).slice(0, 4);
  const stores = [...state.places.values()].sort((a, b) => (b.code === state.place) - (a.code === state.place));
  $('product').replaceChildren(
    make('a', { href: '#/', class: 'back', text: '← All products' }),
    make('div', { class: 'picture large', html: picture(item) }),
    make('div', { class: 'facts' },
      make('p', { class: 'muted', text: item.category ?? '' }),
      make('h1', { text: item.name, tabindex: '-1' }),
      make('p', { class: 'price', text: money(item.price, item.unit) }),
      make('p', { class: 'total' }, make('live-stock', { sku: item.sku }), make('span', { class: 'muted', text: ' in all stores' })),
      make('h2', { text: 'Where it is' }),
      make('ul', { class: 'stores' }, ...stores.map((place) => storeRow(item, place)))),
    more.length ? make('section', { class: 'beside', 'aria-label': 'On the same shelf' },
      make('h2', { text: 'On the same shelf' }), make('ul', { class: 'grid' }, ...more.map((other) => card(other, 'h3')))) : '');
}

function showMissing(sku) {
  $('product').replaceChildren(
    make('a', { href: '#/', class: 'back', text: '← All products' }),
    make('div', { class: 'facts' }, make('h1', { text: 'We do not carry that' }), make('p', { class: 'muted', text: `There is no product ${sku} in our range.` })));
}

// ---- what is held

function showHolds() {
  const holds = feed.holds;
  $('holds').hidden = !holds.length;
  const known = [...$('holds').querySelectorAll('li')].map((row) => row.dataset.id).join();
  if (known !== holds.map((hold) => hold.reservation).join()) {
    $('holds').replaceChildren(make('ul', {}, ...holds.map((hold) => {
      const name = state.items.find((item) => item.sku === hold.sku)?.name ?? hold.sku;
      const place = state.places.get(hold.location)?.name ?? hold.location;
      return make('li', { 'data-id': hold.reservation },
        make('a', { href: `#/item/${encodeURIComponent(hold.sku)}` }, make('b', { text: name }), make('span', { text: `held at ${place}` })),
        make('time', {}));
    })));
  }
  holds.forEach((hold, at) => {
    const left = Math.max(0, Math.ceil((hold.until - Date.now()) / 1000));
    $('holds').querySelectorAll('time')[at].textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
  });
}

function showStatus() {
  const { stale, heard } = feed;
  $('banner').hidden = !stale || !state.ready;
  document.querySelector('.intro p').hidden = stale;
  $('banner').textContent = heard
    ? `Live stock is out of reach. You see what we knew at ${clock(feed.heard)}; we keep trying.`
    : 'Live stock is out of reach. We keep trying.';
}

// ---- finding one's way

function route() {
  const sku = location.hash.startsWith('#/item/') ? decodeURIComponent(location.hash.slice(7)) : null;
  const item = state.items.find((one) => one.sku === sku);
  $('shelves').hidden = sku !== null;
  $('product').hidden = sku === null;
  if (sku === null) $('product').replaceChildren();
  else if (item) showProduct(item);
  else if (state.ready) showMissing(sku);
  document.title = item ? `${item.name} · Fennel & Rye` : 'Fennel & Rye';
  scrollTo(0, sku === null ? state.scroll ?? 0 : 0);
}

function placeholders() {
  $('grid').replaceChildren(...Array.from({ length: 12 }, () =>
    make('li', { class: 'waiting', 'aria-hidden': true }, make('div', { class: 'picture' }), make('h2'), make('p'))));
}

async function allItems() {
  const items = [];
  for (let path = 'v1/items?limit=500'; path;) {
    const page = await feed.get(path);
    items.push(...page.items);
    path = page.next && `v1/items?limit=500&after=${encodeURIComponent(page.next)}`;
  }
  return items;
}

async function load(wait = 1000) {
  try {
    const [items, places] = await Promise.all([allItems(), feed.places()]);
    Object.assign(state, { items, places, ready: true });
  } catch {
    $('grid').replaceChildren();
    $('empty').hidden = false;
    $('empty').replaceChildren(
      make('b', { text: 'The shelves are out of reach.' }), ' ',
      make('button', { class: 'quiet', text: 'Try again', onclick: () => { placeholders(); load(); } }));
    setTimeout(() => state.ready || load(Math.min(wait * 2, 30_000)), wait * (0.5 + Math.random()));
    return;
  }
  state.place = [...state.places.values()].find((place) => place.kind === 'shop')?.code ?? '';
  $('place').append(...[...state.places.values()].map((place) => make('option', { value: place.code, text: place.name })));
  $('place').value = state.place;
  showCategories();
  showShelves();
  showHolds();
  route();
}

$('search').oninput = () => {
  Object.assign(state, { query: $('search').value.trim(), shown: SHELF });
  if (!$('product').hidden) location.hash = '#/';
  if (state.ready) showShelves();
};
document.querySelector('form').onsubmit = (event) => event.preventDefault();
$('place').onchange = () => { state.place = $('place').value; showShelves(); route(); };
$('more').onclick = () => { state.shown += SHELF; showShelves(); };
addEventListener('hashchange', route);
addEventListener('click', (event) => { if (event.target.closest('.card') && $('product').hidden) state.scroll = scrollY; }, true);
feed.addEventListener('change', ({ detail }) => {
  if (detail) return;
  showHolds();
  showStatus();
});
placeholders();
load();
