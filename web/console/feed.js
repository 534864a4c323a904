// The metrics stream over one WebSocket: says hello with the key, asks, keeps asking after a break.
//
// Responsible for: the connection, what is asked for, the server's clock, and saying plainly how it stands.
// Not responsible for: what the numbers mean, and how any of it looks.

const SILENT_MS = 3_500;
/** What is older than this when it was asked for is the past, not the present. */
const FRESH_MS = 2_500;
const DEAD_MS = 10_000;
const PAUSE_MAX_MS = 10_000;
/** Small fields that tell apart what would otherwise be asked twice alike: pushes do not name their request. */
const MARKS = ['repeated', 'returns', 'lines', 'returned_units', 'units', 'sales'];
/** Refusals that only another key can mend. */
const KEY_TROUBLE = [4001, 4002, 4003, 4006];

// crypto.randomUUID is missing on plain http.
const uuid = () => '10000000-1000-4000-8000-100000000000'.replace(/[018]/g, (c) =>
  (c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (c / 4)))).toString(16));

/**
 * Fires `metrics` (detail: the object, with its `time` in milliseconds and the `every` that was asked for) and `state` (detail: `state`, and with it
 * `asOf`, `retryAt`, `error`). States: `connecting`, `live`, `cut` (reconnects by itself), `key` (the key is
 * refused), `refused` (the key is known but may not, or the server does not know the request).
 */
export class Feed extends EventTarget {
  role = null;
  state = 'connecting';
  /** Engine time of the newest second, in milliseconds. */
  newest = 0;
  #key; #socket; #heard = 0; #offset = NaN;
  #asks = new Map();
  #tries = 0;
  #retry; #watch;

  constructor(key) {
    super();
    this.#key = key;
    this.#watch = setInterval(() => this.#listen(), 500);
    addEventListener('online', () => this.hurry());
    document.addEventListener('visibilitychange', () => document.hidden || this.hurry());
    this.#connect();
  }

  /** The engine's time now, or of the newest second while the stream is cut. */
  now() {
    const now = performance.now() + this.#offset;
    return this.newest ? Math.min(now, this.newest + 1_500) : now;
  }

  /** Asks for a stream: `every`, `history_s`, `fields`. After a break only what was missed is asked again. */
  watch(ask) {
    const kept = { ...ask, fields: this.#unlike(ask.fields), id: uuid(), newest: 0, since: 0 };
    this.#asks.set(kept.id, kept);
    if (this.role) this.#send(kept);
    return kept.id;
  }

  /** Asks for the past once: a stream that ends by itself when it has reached the present. */
  recall(ask) { return this.watch({ ...ask, once: true }); }

  /** Ends a stream. */
  end(id) {
    if (this.#asks.delete(id) && this.role) this.#say({ op: 'unsubscribe', id: uuid(), subscription: id });
  }

  /** Tries again at once instead of after the pause. */
  hurry() {
    if (this.state === 'cut' && !this.#socket) this.#connect();
  }

  #unlike(fields) {
    const taken = new Set([...this.#asks.values()].map((ask) => name(ask.fields)));
    const more = MARKS.filter((mark) => !fields.includes(mark));
    const marked = [fields, ...more.map((mark) => [...fields, mark])];
    return marked.find((one) => !taken.has(name(one))) ?? fields;
  }

  #say(message) { this.#socket.send(JSON.stringify(message)); }

  #send(ask) {
    const { id, every, fields, newest } = ask;
    const missed = newest ? Math.ceil((Date.now() - ask.heard) / 1000) + (every === '1m' ? 60 : 3) : Infinity;
    ask.since = 0;
    this.#say({ op: 'watch_metrics', id, every, fields, history_s: Math.min(ask.history_s, missed) });
  }

  #connect() {
    clearTimeout(this.#retry);
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const socket = (this.#socket = new WebSocket(`${scheme}://${location.host}/v1/ws`, 'onhand.v1.json'));
    this.#heard = performance.now();
    socket.onopen = () => this.#say({ op: 'hello', id: uuid(), key: this.#key });
    socket.onmessage = ({ data }) => this.#socket === socket && this.#hear(JSON.parse(data));
    socket.onclose = () => this.#socket === socket && this.#drop();
  }

  #drop(error) {
    const socket = this.#socket;
    this.#socket = this.role = null;
    socket?.close();
    // Jitter: all screens of a chain do not come back in the same moment.
    const pause = Math.min(PAUSE_MAX_MS, 300 * 2 ** this.#tries++) * (0.5 + Math.random());
    this.#retry = setTimeout(() => this.#connect(), pause);
    this.#tell('cut', { retryAt: Date.now() + pause, error });
  }

  #stop(state, error) {
    clearInterval(this.#watch);
    const socket = this.#socket;
    this.#socket = this.role = null;
    socket?.close();
    this.#tell(state, { error });
  }

  #tell(state, detail = {}) {
    this.state = state;
    this.dispatchEvent(new CustomEvent('state', { detail: { state, asOf: this.newest, ...detail } }));
  }

  // A line that is dead makes no noise: the stream speaks every second, so silence is news.
  #listen() {
    const silent = performance.now() - this.#heard;
    if (this.#socket && silent > DEAD_MS) this.#drop();
    else if (this.state === 'live' && silent > SILENT_MS) this.#tell('cut');
  }

  #hear(message) {
    this.#heard = performance.now();
    if (message.metrics) this.#take(message.metrics);
    else if (message.error) this.#refused(message);
    else if (message.ok === 'hello') {
      this.role = message.role;
      this.#tries = 0;
      for (const ask of this.#asks.values()) this.#send(ask);
    } else if (message.ok === 'watching') {
      const ask = this.#asks.get(message.id);
      if (ask) ask.since = Date.parse(message.time);
    }
  }

  #refused({ id, error }) {
    const ask = this.#asks.get(id);
    if (KEY_TROUBLE.includes(error.number)) return this.#stop('key', error);
    if (error.number < 5000 && (ask || !this.role)) return this.#stop('refused', error);
    if (error.number >= 5000) this.#drop(error);
  }

  #take(metrics) {
    const time = Date.parse(metrics.time);
    const named = name(Object.keys(metrics).filter((field) => field !== 'time' && field !== 'seconds'));
    const ask = [...this.#asks.values()].find((one) => name(one.fields) === named);
    // The last of a stream that was just ended.
    if (!ask) return;
    const { every } = ask;
    [ask.newest, ask.heard] = [Math.max(ask.newest, time), Date.now()];
    if (ask.once && ask.since && time > ask.since) this.end(ask.id);
    const fresh = every === '1s' && time > this.newest && time > ask.since - FRESH_MS;
    if (fresh) this.#keepTime(time);
    this.dispatchEvent(new CustomEvent('metrics', { detail: { ...metrics, time, every, ask: ask.id } }));
    if (fresh && this.state !== 'live') this.#tell('live');
  }

  // Follows the pace of the stream, not each second's small delay, so that plots glide.
  #keepTime(time) {
    this.newest = time;
    const seen = time - performance.now();
    this.#offset = Math.abs(seen - this.#offset) < 2_000 ? this.#offset + (seen - this.#offset) * 0.1 : seen;
  }
}

const name = (fields) => [...fields].sort().join();
