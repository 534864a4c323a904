// <live-stock sku="TEA-250" location="S1">: the live level of one item, on any page. See web/README.md.
//
// Responsible for: one socket per page and server, newest levels, their age, holds.
// Not responsible for: deciding anything; the server decides.

const HOME = new URL('..', import.meta.url);
const feeds = new Map();

// A page in another language puts its own words here.
const words = {
  in: 'In stock',
  low: (n) => `${n} left`,
  last: 'Last one',
  yours: 'The last one is yours',
  out: 'Sold out',
  unknown: 'Not in our range',
  offline: 'Stock unknown just now',
  asOf: (time) => `, as of ${time}`,
  hold: 'Hold one for me',
  held: 'Held for you',
  release: 'Let it go',
  gone: 'Someone was quicker.',
  fewer: (n) => `Only ${n} left to hold.`,
  unreachable: 'Out of reach, try again in a moment.',
};

/** The shared connection to a server: this module's own unless told otherwise. */
export function feedOf(server, token, channel) {
  const base = new URL(server || HOME, HOME).href;
  const name = [base, token, channel].join();
  if (!feeds.has(name)) feeds.set(name, new Feed(base, token, channel));
  return feeds.get(name);
}

// crypto.randomUUID is missing on plain http.
const uuid = () => '10000000-1000-4000-8000-100000000000'.replace(/[018]/g, (c) =>
  (c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (c / 4)))).toString(16));

const reached = (map, key, make) => map.get(key) ?? (map.set(key, make()), map.get(key));
const problem = (error) => Object.assign(new Error(), error);

/** Fires `change`, with the set of SKUs when it is about levels. */
class Feed extends EventTarget {
  levels = new Map();
  stale = false;
  heard = 0;
  holds = [];
  #asks = new Map();
  #waiting = new Map();
  #tries = 0;
  #timers = {};
  #base; #channel; #pass; #socket; #live; #places; #shelf; #owner;

  constructor(base, token, channel) {
    super();
    this.#base = base;
    this.#channel = channel;
    if (token) this.#pass = { token, until: Infinity };
    this.#shelf = `onhand ${base}`;
    try { ({ owner: this.#owner, holds: this.holds } = JSON.parse(sessionStorage[this.#shelf])); } catch { this.#owner = uuid(); }
    this.#keep(this.holds);
    addEventListener('online', () => this.#connect());
  }

  watch(sku, locations) {
    const ask = reached(this.#asks, `${locations}|${sku}`, () => ({ sku, locations, count: 0 }));
    ask.count += 1;
    this.#plan(0);
    this.#connect();
    return ask;
  }

  // Sent again under the same id if the line drops: the server does it once.
  ask(op, body, id = uuid()) {
    return new Promise((done, fail) => {
      const text = JSON.stringify({ op, id, ...body });
      const timer = setTimeout(() => this.#waiting.delete(id) && fail(problem({ message: words.unreachable })), 10_000);
      this.#waiting.set(id, { op, text, done, fail, timer });
      if (this.#live) this.#socket.send(text);
    });
  }

  async get(path) { return this.#fetch(path, { headers: { authorization: `Bearer ${await this.#token()}` } }); }

  places() {
    return (this.#places ??= this.get('v1/locations').then(
      ({ locations }) => new Map(locations.map((place) => [place.code, place])),
      (error) => { this.#places = null; throw error; }));
  }

  async hold(sku, location, qty, ttl_s) {
    const { reservation, deadline, time } = await this.ask('reserve', { location, owner: this.#owner, ttl_s, lines: [{ sku, qty: `${qty}` }] });
    const hold = { sku, location, qty, reservation, until: Date.now() + Date.parse(deadline) - Date.parse(time) };
    this.#keep([...this.holds, hold]);
    return hold;
  }

  // 2002: it is over already, which is as good.
  async release({ location, reservation }) {
    await this.ask('release', { location, reservation }).catch((error) => { if (error.number !== 2002) throw error; });
    this.#keep(this.holds.filter((hold) => hold.reservation !== reservation));
  }

  #keep(holds) {
    this.holds = holds.filter((hold) => hold.until > Date.now());
    try { sessionStorage[this.#shelf] = JSON.stringify({ owner: this.#owner, holds: this.holds }); } catch {}
    this.#fire();
    if (this.holds.length) this.#after('hold', 1000, () => this.#keep(this.holds));
  }

  #fire(detail) { this.dispatchEvent(new CustomEvent('change', { detail })); }

  #after(name, ms, work) {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = setTimeout(work, ms);
  }

  #plan(ms) { this.#after('plan', ms, () => this.#subscribe()); }

  async #fetch(path, options) {
    const answer = await fetch(new URL(path, this.#base), options);
    const body = await answer.json();
    if (answer.ok) return body;
    if (answer.status === 401) this.#pass = null;
    throw problem({ ...body, message: body.detail });
  }

  async #token() {
    if (!(this.#pass?.until > Date.now())) {
      const { token } = await this.#fetch('v1/token', { method: 'POST' });
      this.#pass = { token, until: Date.now() + 60_000 };
    }
    return this.#pass.token;
  }

  async #connect() {
    if (this.#socket) return;
    let socket = (this.#socket = {});
    try {
      const token = await this.#token();
      socket = this.#socket = new WebSocket(new URL('v1/ws', this.#base).href.replace('http', 'ws'), 'onhand.v1.json');
      socket.onopen = () => socket.send(JSON.stringify({ op: 'hello', id: uuid(), token }));
      socket.onmessage = ({ data }) => this.#socket === socket && this.#hear(JSON.parse(data));
      socket.onclose = () => this.#drop(socket);
    } catch {
      this.#drop(socket);
    }
  }

  #drop(socket) {
    if (this.#socket !== socket) return;
    socket.close?.();
    this.#socket = this.#live = null;
    clearTimeout(this.#timers.listen);
    for (const ask of this.#asks.values()) ask.group = null;
    for (const [id, { op }] of this.#waiting) if (op === 'subscribe') this.#waiting.delete(id);
    this.#timers.lost ??= setTimeout(() => this.#status(true), 1_500);
    // Jitter: ten thousand phones do not come back in the same second.
    this.#after('connect', Math.min(20_000, 400 * 2 ** this.#tries++) * (0.3 + Math.random()), () => this.#connect());
  }

  // A dead line makes no noise: ask, and take silence as lost.
  #listen() {
    const socket = this.#socket;
    socket.send(JSON.stringify({ op: 'ping', id: uuid() }));
    this.#after('listen', 8_000, () => this.#drop(socket));
  }

  #hear(message) {
    this.heard = Date.now();
    const { id, ok, levels, error } = message;
    if (/400[1236]/.test(error?.number)) {
      this.#pass = null;
      return this.#drop(this.#socket);
    }
    if (ok === 'hello') {
      this.#live = true;
      this.#tries = 0;
      for (const { text } of this.#waiting.values()) this.#socket.send(text);
      this.#subscribe();
    }
    this.#after('listen', 25_000, () => this.#listen());
    if (levels) this.#take(levels);
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    if (error) waiting.fail(problem(error));
    else waiting.done(message);
  }

  #take(levels) {
    const changed = new Set();
    for (const level of levels) {
      const places = reached(this.levels, level.sku, () => new Map());
      // Versions only grow: an older one is late news.
      if (places.get(level.location)?.version >= level.version) continue;
      places.set(level.location, level);
      changed.add(level.sku);
    }
    this.#fire(changed);
  }

  #status(stale) {
    clearTimeout(this.#timers.lost);
    this.#timers.lost = null;
    this.stale = stale;
    this.#fire();
  }

  // One request for all that is newly watched at the same places.
  #subscribe() {
    if (!this.#live) return;
    const groups = new Map();
    for (const ask of this.#asks.values()) {
      if (ask.sku && ask.count && !ask.group && !ask.unknown) reached(groups, `${ask.locations}`, () => []).push(ask);
    }
    for (const asks of groups.values()) while (asks.length) this.#open(asks.splice(0, 200));
  }

  async #open(group) {
    const { locations } = group[0];
    const skus = group.map((ask) => ask.sku);
    for (const ask of group) ask.group = group;
    try {
      await this.ask('subscribe', { skus, locations: locations.length ? locations : undefined, channel: this.#channel });
      this.#status(false);
    } catch ({ sku, number }) {
      const wrong = group.filter((ask) => ask.sku === sku);
      for (const ask of group) ask.group = null;
      if (number < 5000) for (const ask of wrong.length ? wrong : group) ask.unknown = true;
      this.#fire();
      this.#plan(number < 5000 ? 0 : 3_000);
    }
  }
}

const SHEET = new CSSStyleSheet();
SHEET.replaceSync(`
:host{display:inline-block;font-variant-numeric:tabular-nums;min-inline-size:var(--live-stock-width,6.5em)}
:host([list]){display:block}
[hidden]{display:none!important}
b{font-weight:inherit}
small{font-size:.85em}
[part=level]{border-radius:.25em}
i{display:inline-block;inline-size:.5em;block-size:.5em;margin-inline-end:.45em;border-radius:50%;border:.1em solid;box-sizing:border-box;vertical-align:.06em}
.in i,.low i,.last i{background:currentColor}
.low>*,.last>*{color:var(--live-stock-low,inherit)}
.out>*{color:var(--live-stock-out,inherit)}
.loading{display:inline-block;inline-size:6em;background:var(--live-stock-skeleton,#8883)}
.loading>*{visibility:hidden}
ul{list-style:none;margin:.5em 0 0;padding:0}
li{display:flex;justify-content:space-between;gap:1em;padding:.35em 0}
[part=action]{display:flex;flex-wrap:wrap;align-items:center;margin-block-start:.5em}
[part=action]>:not(:empty,button){margin-inline-end:.6em}
button{font:inherit;color:var(--live-stock-button-ink,Canvas);background:var(--live-stock-button,CanvasText);border:1px solid;border-radius:var(--live-stock-radius,.5em);min-block-size:48px;padding:0 1.1em;cursor:pointer}
.held button{background:none;color:inherit}
button:disabled{opacity:.6;cursor:default}
`);

export class LiveStock extends HTMLElement {
  static observedAttributes = ['sku', 'location', 'list', 'reserve', 'label', 'low-at', 'server', 'token', 'channel'];

  static words = words;

  #was = {};
  #parts; #feed; #ask; #planned; #busy; #hold;

  connectedCallback() {
    this.#parts ??= this.#build();
    this.#feed = feedOf(...['server', 'token', 'channel'].map((name) => this.getAttribute(name) ?? undefined));
    this.#ask = this.#feed.watch(this.sku, this.#codes);
    this.#feed.addEventListener('change', this.#show);
    this.#list();
    this.#show();
  }

  disconnectedCallback() {
    this.#ask.count -= 1;
    this.#feed.removeEventListener('change', this.#show);
  }

  attributeChangedCallback() {
    if (!this.#feed || this.#planned) return;
    this.#planned = true;
    queueMicrotask(() => {
      this.#planned = false;
      if (!this.isConnected) return;
      this.disconnectedCallback();
      this.#was = {};
      this.connectedCallback();
    });
  }

  get sku() { return this.getAttribute('sku') ?? ''; }

  get available() { return this.#was.available; }

  get held() { return this.#feed?.holds.find(({ sku, location }) => sku === this.sku && this.#here(location)); }

  reserve(qty = 1, ttl = +(this.getAttribute('ttl') ?? 600)) {
    const [best] = this.#levels.sort((a, b) => b.available - a.available);
    return this.#act(() => this.#feed.hold(this.sku, best?.location ?? this.#codes[0], qty, ttl));
  }

  release() { return this.#act(() => this.#feed.release(this.held)); }

  get #codes() { return this.getAttribute('location')?.match(/[^\s,]+/g) ?? []; }

  #here(location) { return !this.#codes.length || this.#codes.includes(location); }

  get #levels() { return [...(this.#feed.levels.get(this.sku)?.values() ?? [])].filter(({ location }) => this.#here(location)); }

  #build() {
    const root = this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [SHEET];
    root.innerHTML = `<span part="level"><i part="dot"></i><b part="text"></b><small part="age"></small></span><ul part="list" hidden></ul>
<span part="action" hidden><span part="note" role="status"></span><b part="countdown" role="timer"></b><button part="button"></button></span>`;
    const parts = Object.fromEntries([...root.querySelectorAll('[part]')].map((part) => [part.part, part]));
    parts.button.onclick = () => (this.held ? this.release() : this.reserve()).catch(() => {});
    return parts;
  }

  async #act(work) {
    const { note } = this.#parts;
    this.#busy = true;
    note.textContent = '';
    this.#show();
    try {
      return await work();
    } catch (error) {
      const { number, available, message } = error;
      note.textContent = number !== 2001 ? message : available > 0 ? words.fewer(available) : words.gone;
      const small = document.createElement('small');
      small.part = 'number';
      small.textContent = number ? ` ${number}` : '';
      note.append(small);
      throw error;
    } finally {
      this.#busy = false;
      this.#show();
    }
  }

  #read(levels) {
    if (this.#ask.unknown) return ['unknown', words.unknown];
    if (!levels.length) return this.#feed.stale ? ['offline', words.offline] : ['loading', '\u00a0'];
    const sum = levels.reduce((sum, { available }) => sum + Math.max(0, Math.round(available * 1000)), 0) / 1000;
    if (!sum) return ['out', this.held ? words.yours : words.out, sum];
    if (sum === 1) return ['last', words.last, sum];
    if (sum > (this.getAttribute('low-at') ?? 5) && levels.some(({ low }) => !low)) return ['in', words.in, sum];
    return ['low', words.low(sum.toLocaleString(this.lang || undefined)), sum];
  }

  #show = ({ detail } = {}) => {
    if (detail && !detail.has(this.sku)) return;
    const { level, text, age } = this.#parts;
    const levels = this.#levels;
    const [state, says, available] = this.#read(levels);
    const stale = this.#feed.stale && levels.length > 0;
    const was = this.#was;
    this.#action(state);
    if (was.says === says && was.available === available && was.stale === stale) return;
    this.#was = { state, says, available, stale };
    level.className = state;
    if (was.says && was.says !== says && was.state !== 'loading') {
      // From the first change on: a page of a hundred does not read itself out on arrival.
      level.ariaLive = 'polite';
      if (!matchMedia('(prefers-reduced-motion:reduce)').matches) level.animate({ background: ['var(--live-stock-flash,#fc69)', '#0000'] }, 300);
    }
    text.textContent = says;
    age.textContent = stale ? words.asOf(new Date(this.#feed.heard).toTimeString().slice(0, 5)) : '';
    this.setAttribute('state', state);
    this.toggleAttribute('stale', stale);
    this.#tell('stockchange', { state, available, stale, levels });
  };

  #action(state) {
    const { action, button, note, countdown } = this.#parts;
    const { held } = this;
    const left = held && Math.max(0, Math.ceil((held.until - Date.now()) / 1000));
    const can = held || ['in', 'low', 'last'].includes(state);
    action.hidden = !this.hasAttribute('reserve') || !can && !note.textContent;
    button.hidden = !can;
    action.className = held && 'held';
    button.textContent = held ? words.release : words.hold;
    button.ariaLabel = [button.textContent, this.getAttribute('label')].filter(Boolean).join(', ');
    button.disabled = this.#busy;
    countdown.textContent = held ? `${Math.floor(left / 60)}:${`${left % 60}`.padStart(2, 0)}` : '';
    if (held?.reservation === this.#hold) return;
    this.#hold = held?.reservation;
    note.textContent = held ? words.held : '';
    this.#tell('holdchange', { held });
  }

  // Each place is a widget of its own, on the same socket.
  async #list() {
    const { list } = this.#parts;
    list.hidden = !this.hasAttribute('list');
    if (list.hidden) return;
    const places = await this.#feed.places().catch(() => new Map());
    const codes = this.#codes.length ? this.#codes : [...places.keys()];
    list.replaceChildren(...codes.map((code) => {
      const row = document.createElement('li');
      row.innerHTML = '<span part="place"></span><live-stock exportparts="level,text,age,action,button,note,countdown"></live-stock>';
      row.firstChild.textContent = places.get(code)?.name ?? code;
      for (const name of LiveStock.observedAttributes) {
        if (name !== 'list' && this.hasAttribute(name)) row.lastChild.setAttribute(name, this.getAttribute(name));
      }
      row.lastChild.setAttribute('location', code);
      return row;
    }));
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { bubbles: true, composed: true, detail: { sku: this.sku, ...detail } }));
  }
}

if (!customElements.get('live-stock')) customElements.define('live-stock', LiveStock);
