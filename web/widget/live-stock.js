// <live-stock sku="TEA-250" location="S1">: the live level of one item, on any page, by one script tag.
//
// Responsible for: one socket per page and server, showing the newest level only, saying when a
// level is old, holding an item for a shopper.
// Not responsible for: deciding anything. The server decides; this shows what it said.

const HOME = new URL('..', import.meta.url).href;
const ASK_MS = 10_000;
const QUIET_MS = 25_000;
const LOST_MS = 1_500;
const RETRY_MS_MAX = 20_000;
const SKUS_MAX = 500;

const EVENTS = ['level', 'status', 'hold'];
const feeds = new Map();

/** The shared connection to a server: its HOME unless told otherwise. */
export function feedOf(server, token, channel) {
  const base = new URL(server ?? HOME, HOME).href;
  const name = [base, token, channel].join(' ');
  if (!feeds.has(name)) feeds.set(name, new Feed(base, token, channel));
  return feeds.get(name);
}

// crypto.randomUUID is missing on plain http, where many shops' back offices live.
const uuid = () =>
  '10000000-1000-4000-8000-100000000000'.replace(/[018]/g, (c) =>
    (+c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (+c / 4)))).toString(16));

const kept = (name, value) => {
  try {
    if (value) sessionStorage.setItem(name, value);
    else if (value === null) sessionStorage.removeItem(name);
    return sessionStorage.getItem(name);
  } catch { return value; }
};

const owner = () => kept('onhand.owner') || kept('onhand.owner', uuid());
const refusal = (error) => Object.assign(new Error(error.message), error);

/** Levels by SKU and location, and the socket that keeps them fresh. Fires `level`, `status`, `hold`. */
class Feed extends EventTarget {
  levels = new Map();
  unknown = new Set();
  /** True while levels may be old; `heard` says how old, in ms since 1970. */
  stale = false;
  heard = 0;
  #asks = new Map();
  #waiting = new Map();
  #era = 0;
  #tries = 0;
  /** What this shopper holds: `{sku, location, qty, reservation, until}`, until in ms since 1970. */
  holds = [];
  #shelf; #ticker; #socket; #live; #timer; #quiet; #lost; #planned; #pass; #places;

  constructor(base, token, channel) {
    super();
    Object.assign(this, { base, channel });
    if (token) this.#pass = { token, until: Infinity };
    this.#shelf = `onhand.holds ${base}`;
    this.#keep(JSON.parse(kept(this.#shelf) || '[]'));
    addEventListener('online', () => this.#connect());
    document.addEventListener('visibilitychange', () => this.#live && this.#listen(5_000, true));
  }

  /** The time of day of the last word from the server. */
  since(lang) {
    return new Date(this.heard).toLocaleTimeString(lang || undefined, { hour: '2-digit', minute: '2-digit' });
  }

  /** Watches an item at some places, or at all; the returned function ends it. */
  watch(sku, places) {
    const name = `${places}|${sku}`;
    const ask = this.#asks.get(name) ?? { sku, places, count: 0 };
    this.#asks.set(name, ask);
    ask.count += 1;
    this.#plan();
    return () => {
      ask.count -= 1;
      queueMicrotask(() => this.#forget(name, ask));
    };
  }

  /** Sends a request; gives its answer or throws its refusal. Sent again, same id, if the line drops. */
  ask(op, body = {}, id = uuid()) {
    this.#connect();
    return new Promise((done, fail) => {
      const text = JSON.stringify({ op, id, ...body });
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        fail(refusal({ number: 0, message: LiveStock.words.unreachable }));
      }, ASK_MS);
      this.#waiting.set(id, { text, done, fail, timer });
      if (this.#live) this.#socket.send(text);
    });
  }

  /** Reads an address of the server, as the shopper. */
  async get(path) {
    const answer = await fetch(new URL(path, this.base), {
      headers: { authorization: `Bearer ${await this.#token()}` },
    });
    const body = await answer.json();
    if (answer.ok) return body;
    if (answer.status === 401) this.#pass = null;
    throw refusal({ ...body, message: body.detail });
  }

  /** Every place by its code. */
  places() {
    return (this.#places ??= this.get('v1/locations').then(
      ({ locations }) => new Map(locations.map((place) => [place.code, place])),
      (error) => { this.#places = null; throw error; }));
  }

  /** Holds some of an item for this shopper for a time; gives the hold or throws the refusal. */
  async hold(sku, location, qty = 1, ttl_s = 600) {
    const answer = await this.ask('reserve', { location, owner: owner(), ttl_s, lines: [{ sku, qty: `${qty}` }] });
    const until = Date.now() + Date.parse(answer.deadline) - Date.parse(answer.time);
    const hold = { sku, location, qty, reservation: answer.reservation, until };
    this.#keep([...this.holds, hold]);
    return hold;
  }

  /** Gives a hold back. */
  async release({ location, reservation }) {
    // 2002: it is over already, which is what was wanted.
    await this.ask('release', { location, reservation }).catch((error) => {
      if (error.number !== 2002) throw error;
    });
    this.#keep(this.holds.filter((hold) => hold.reservation !== reservation));
  }

  #keep(holds) {
    this.holds = holds;
    kept(this.#shelf, holds.length ? JSON.stringify(holds) : null);
    this.#tick();
  }

  #tick() {
    clearTimeout(this.#ticker);
    const live = this.holds.filter((hold) => hold.until > Date.now());
    if (live.length < this.holds.length) return this.#keep(live);
    this.dispatchEvent(new Event('hold'));
    if (live.length) this.#ticker = setTimeout(() => this.#tick(), 1000);
  }

  async #token() {
    if (this.#pass?.until > Date.now()) return this.#pass.token;
    const answer = await fetch(new URL('v1/token', this.base), { method: 'POST' });
    const body = await answer.json();
    if (!answer.ok) throw refusal({ ...body, message: body.detail });
    this.#pass = { token: body.token, until: Date.now() + 60_000 };
    return body.token;
  }

  async #connect() {
    if (this.#socket) return;
    const socket = (this.#socket = {});
    try {
      const token = await this.#token();
      const url = new URL('v1/ws', this.base);
      url.protocol = url.protocol.replace('http', 'ws');
      const wire = (this.#socket = new WebSocket(url, 'onhand.v1.json'));
      wire.onopen = () => wire.send(JSON.stringify({ op: 'hello', id: uuid(), token }));
      wire.onmessage = ({ data }) => this.#socket === wire && this.#hear(data);
      wire.onclose = () => this.#drop(wire);
    } catch {
      this.#drop(socket);
    }
  }

  #drop(socket) {
    if (this.#socket !== socket) return;
    this.#socket = null;
    this.#live = false;
    socket.close?.();
    clearTimeout(this.#quiet);
    for (const ask of this.#asks.values()) ask.sub = null;
    this.#lost ??= setTimeout(() => this.#status(true), LOST_MS);
    // Full jitter: ten thousand phones do not come back in the same second.
    const wait = Math.min(RETRY_MS_MAX, 500 * 2 ** this.#tries++) * (0.2 + 0.8 * Math.random());
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), wait);
  }

  // A dead line makes no noise: after a silence ask, and without an answer take it as lost.
  #listen(wait = QUIET_MS, now = false) {
    clearTimeout(this.#quiet);
    if (now) this.#socket.send(JSON.stringify({ op: 'ping', id: uuid() }));
    const socket = this.#socket;
    this.#quiet = setTimeout(() => (now ? this.#drop(socket) : this.#listen(ASK_MS, true)), wait);
  }

  #hear(data) {
    this.heard = Date.now();
    for (const message of [JSON.parse(data)].flat()) {
      if (message.ok === 'hello') this.#welcome();
      message.levels?.forEach((level) => this.#take(level));
      const waiting = this.#waiting.get(message.id);
      if (!waiting) {
        if (message.error?.number >= 4000 && message.error.number < 5000) this.#pass = null;
        continue;
      }
      this.#waiting.delete(message.id);
      clearTimeout(waiting.timer);
      if (message.error) waiting.fail(refusal(message.error));
      else waiting.done(message);
    }
    if (this.#live) this.#listen();
  }

  #welcome() {
    this.#live = true;
    this.#tries = 0;
    this.#era += 1;
    for (const { text } of this.#waiting.values()) this.#socket.send(text);
    this.#flush();
  }

  // Versions only grow, so an older one is late news; a new connection's snapshot is the truth anyway.
  #take(level) {
    const { sku, location } = level;
    if (!this.levels.has(sku)) this.levels.set(sku, new Map());
    const places = this.levels.get(sku);
    const known = places.get(location);
    if (known?.era === this.#era && known.version >= level.version) return;
    places.set(location, { ...level, era: this.#era });
    this.dispatchEvent(new CustomEvent('level', { detail: sku }));
  }

  #status(stale) {
    clearTimeout(this.#lost);
    this.#lost = null;
    if (this.stale === stale) return;
    this.stale = stale;
    this.dispatchEvent(new Event('status'));
  }

  #plan() {
    this.#connect();
    if (this.#planned) return;
    this.#planned = true;
    queueMicrotask(() => { this.#planned = false; this.#flush(); });
  }

  async #flush() {
    if (!this.#live) return;
    const groups = new Map();
    for (const ask of this.#asks.values()) {
      if (ask.sub || !ask.count || this.unknown.has(ask.sku)) continue;
      let group = groups.get(`${ask.places}`);
      if (!group || group.length >= SKUS_MAX) groups.set(`${ask.places}`, (group = []));
      ask.sub = group;
      group.push(ask);
    }
    const era = this.#era;
    const answers = await Promise.all([...groups.values()].map((group) => this.#subscribe(group)));
    if (this.#live && era === this.#era && answers.every(Boolean)) this.#status(false);
  }

  async #subscribe(group) {
    group.id = uuid();
    group.live = group.length;
    const { places } = group[0];
    try {
      await this.ask('subscribe', {
        skus: group.map((ask) => ask.sku),
        ...(places.length && { locations: places }),
        ...(this.channel && { channel: this.channel }),
      }, group.id);
      this.dispatchEvent(new Event('level'));
      return true;
    } catch (error) {
      for (const ask of group) ask.sub = null;
      if (!error.sku) return false;
      this.unknown.add(error.sku);
      this.dispatchEvent(new CustomEvent('level', { detail: error.sku }));
      this.#plan();
    }
  }

  #forget(name, ask) {
    if (ask.count || this.#asks.get(name) !== ask) return;
    this.#asks.delete(name);
    const group = ask.sub;
    if (!group || --group.live || !this.#live) return;
    this.ask('unsubscribe', {}, group.id).catch(() => {});
  }
}

const SHEET = new CSSStyleSheet();
SHEET.replaceSync(`
:host{display:inline-block;font-variant-numeric:tabular-nums;min-inline-size:var(--live-stock-width,6.5em)}
:host([list]){display:block}
[hidden]{display:none!important}
[part=level]{display:inline-flex;align-items:baseline;gap:.45em;border-radius:.25em}
i{flex:none;inline-size:.5em;block-size:.5em;border-radius:50%;border:.1em solid;box-sizing:border-box;translate:0 -.08em}
.in i,.low i,.last i{background:currentColor}
.low>*,.last>*{color:var(--live-stock-low,inherit)}
.out>*{color:var(--live-stock-out,inherit)}
.loading{background:var(--live-stock-skeleton,rgb(127 127 127/.18));inline-size:6em}
.loading>*{visibility:hidden}
b{font-weight:inherit}
small{font-size:.85em}
ul{list-style:none;margin:.5em 0 0;padding:0}
li{display:flex;justify-content:space-between;gap:1em;padding:.35em 0}
[part=action]{display:flex;flex-wrap:wrap;align-items:center;gap:.25em .75em;margin-block-start:.5em}
button{font:inherit;color:var(--live-stock-button-ink,Canvas);background:var(--live-stock-button,CanvasText);border:1px solid;border-radius:var(--live-stock-radius,.5em);min-block-size:48px;padding:0 1.1em;cursor:pointer}
.held button{background:none;color:inherit}
button:disabled{opacity:.6;cursor:default}
button:focus-visible{outline:3px solid var(--live-stock-focus,Highlight);outline-offset:2px}
@media (prefers-reduced-motion:no-preference){.new{animation:f .3s ease-out}@keyframes f{from{background:var(--live-stock-flash,rgb(240 180 60/.55))}}}
`);

const BODY = `<span part="level"><i part="dot"></i><b part="text"></b><small part="age"></small></span><ul part="list" hidden></ul>
<span part="action" hidden><button part="button"></button><span part="note" role="status"></span><b part="countdown" role="timer"></b></span>`;

/**
 * Attributes: sku; location (one, several with commas, none for all); list; reserve; ttl (s); label;
 * low-at; server, token, channel. Events: stockchange, holdchange. See web/README.md.
 */
export class LiveStock extends HTMLElement {
  static observedAttributes = ['sku', 'location', 'list', 'reserve', 'label', 'low-at', 'server', 'token', 'channel'];

  /** What it says; a page in another language puts its own words here. */
  static words = {
    in: 'In stock',
    low: (n) => `${n} left`,
    last: 'Last one',
    yours: 'The last one is yours',
    out: 'Sold out',
    unknown: 'Not in our range',
    offline: 'Stock unknown just now',
    asOf: (time) => `as of ${time}`,
    hold: 'Hold one for me',
    held: 'Held for you',
    release: 'Let it go',
    gone: 'Someone was quicker, it is gone.',
    fewer: (n) => `Only ${n} left to hold.`,
    unreachable: 'The shop is out of reach. Try again in a moment.',
  };

  #parts = {};
  #was = {};
  #feed; #unwatch; #planned; #busy; #hold;

  connectedCallback() {
    if (!this.shadowRoot) this.#build();
    const [server, token, channel] = ['server', 'token', 'channel'].map((name) => this.getAttribute(name) ?? undefined);
    this.#feed = feedOf(server, token, channel);
    this.#unwatch = this.#feed.watch(this.sku, this.#codes);
    for (const type of EVENTS) this.#feed.addEventListener(type, this.#show);
    this.#parts.list.hidden = !this.hasAttribute('list');
    if (this.hasAttribute('list')) this.#list();
    this.#show();
  }

  disconnectedCallback() {
    this.#unwatch();
    for (const type of EVENTS) this.#feed.removeEventListener(type, this.#show);
  }

  attributeChangedCallback() {
    if (!this.isConnected || !this.#feed || this.#planned) return;
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
  set sku(sku) { this.setAttribute('sku', sku); }

  /** Units that can be had, or undefined when not known. */
  get available() { return this.#was.available; }

  /** The connection this element shares. */
  get feed() { return this.#feed; }

  /** This shopper's hold on the item here, if any. */
  get held() {
    return this.#feed?.holds.find((hold) => hold.sku === this.sku && this.#here(hold.location));
  }

  /** Holds `qty` for `ttl` seconds at the place with the most; gives the hold or throws the refusal. */
  reserve(qty = 1, ttl = +(this.getAttribute('ttl') ?? 600)) {
    const [best] = this.#levels.sort((a, b) => b.available - a.available);
    return this.#act(() => this.#feed.hold(this.sku, best?.location ?? this.#codes[0], qty, ttl));
  }

  /** Gives the hold back. */
  release() { return this.#act(() => this.held && this.#feed.release(this.held)); }

  get #codes() { return this.getAttribute('location')?.split(/[\s,]+/).filter(Boolean) ?? []; }

  #here(location) { return !this.#codes.length || this.#codes.includes(location); }

  get #levels() { return [...(this.#feed.levels.get(this.sku)?.values() ?? [])].filter((level) => this.#here(level.location)); }

  #build() {
    const root = this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [SHEET];
    root.innerHTML = BODY;
    for (const part of root.querySelectorAll('[part]')) this.#parts[part.part] = part;
    this.#parts.button.onclick = () => (this.held ? this.release() : this.reserve()).catch(() => {});
  }

  async #act(work) {
    const { note } = this.#parts;
    this.#busy = true;
    note.textContent = '';
    this.#show();
    try {
      return await work();
    } catch (error) {
      const { words } = LiveStock;
      const { number, available, message } = error;
      const short = number === 2001 && (available > 0 ? words.fewer(available) : words.gone);
      note.innerHTML = '<span></span> <small part="number"></small>';
      note.firstChild.textContent = short || message;
      note.lastChild.textContent = number || '';
      throw error;
    } finally {
      this.#busy = false;
      this.#show();
    }
  }

  #read(levels) {
    const { words } = LiveStock;
    if (this.#feed.unknown.has(this.sku)) return ['unknown', words.unknown];
    if (!levels.length) return this.#feed.stale ? ['offline', words.offline] : ['loading', '\u00a0'];
    const available = levels.reduce((sum, level) => sum + Math.max(0, Math.round(level.available * 1000)), 0) / 1000;
    if (!available) return ['out', this.held ? words.yours : words.out, 0];
    if (available === 1) return ['last', words.last, 1];
    if (available > (this.getAttribute('low-at') ?? 5) && levels.some((level) => !level.low)) return ['in', words.in, available];
    return ['low', words.low(available.toLocaleString(this.lang || undefined)), available];
  }

  #show = ({ detail } = {}) => {
    if (detail && detail !== this.sku) return;
    const { level, text, age } = this.#parts;
    const levels = this.#levels;
    const [state, words, available] = this.#read(levels);
    const stale = this.#feed.stale && levels.length > 0;
    this.#action(state);
    const was = this.#was;
    if (was.words === words && was.available === available && was.stale === stale) return;
    this.#was = { state, words, available, stale };
    level.className = state;
    if (was.words && was.words !== words && was.state !== 'loading') {
      // Polite only from the first change on: a page of a hundred does not read itself out on arrival.
      level.ariaLive = 'polite';
      requestAnimationFrame(() => level.classList.add('new'));
    }
    text.textContent = words;
    age.textContent = stale ? LiveStock.words.asOf(this.#feed.since(this.lang)) : '';
    this.setAttribute('state', state);
    this.toggleAttribute('stale', stale);
    this.#tell('stockchange', { state, available, stale, levels });
  };

  #action(state) {
    const { action, button, note, countdown } = this.#parts;
    const { held } = this;
    const { words } = LiveStock;
    action.hidden = !held && !this.hasAttribute('reserve');
    button.textContent = held ? words.release : words.hold;
    button.ariaLabel = [button.textContent, this.getAttribute('label')].filter(Boolean).join(', ');
    button.disabled = this.#busy || !(held || ['in', 'low', 'last'].includes(state));
    action.className = held ? 'held' : '';
    if (held) {
      const left = Math.max(0, Math.ceil((held.until - Date.now()) / 1000));
      countdown.textContent = `${Math.floor(left / 60)}:${`${left % 60}`.padStart(2, '0')}`;
    }
    if (held?.reservation === this.#hold) return;
    this.#hold = held?.reservation;
    note.textContent = held ? words.held : '';
    if (!held) countdown.textContent = '';
    this.#tell('holdchange', { held });
  }

  #list() {
    this.#feed.places().then((places) => {
      const codes = this.#codes.length ? this.#codes : [...places.keys()];
      this.#parts.list.replaceChildren(...codes.map((code) => {
        const row = document.createElement('li');
        const place = document.createElement('span');
        const level = document.createElement('live-stock');
        place.part = 'place';
        place.textContent = places.get(code)?.name ?? code;
        for (const { name, value } of this.attributes) if (!/^(list|id|class|style|state|stale|part)$/.test(name)) level.setAttribute(name, value);
        level.setAttribute('location', code);
        level.setAttribute('exportparts', 'level,text,age,button,note,countdown');
        row.append(place, level);
        return row;
      }));
    }, () => {});
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { bubbles: true, composed: true, detail: { sku: this.sku, ...detail } }));
  }
}

if (!customElements.get('live-stock')) customElements.define('live-stock', LiveStock);
