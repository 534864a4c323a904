// <time-plot>: panes of lines over time that glide with the stream, one cursor through all of them.
//
// Responsible for: drawing, the cursor by pointer and keyboard, saying in words what the cursor is on.
// Not responsible for: the values; they come from its `source` (see series.js).

import { calm, colour, make, onScheme } from '/console/make.js';
import { clock } from '/console/format.js';
import { linearTicks, logEnds, logTicks, roundUp, timeTicks } from '/console/scale.js';

const GUTTER = 52;
const TOP = 10;
const AXIS = 24;
const RIGHT = 14;
/** The right edge is this far behind the stream, so that the newest point slides in. */
const BEHIND_MS = 1_000;
const FRAME_MS = 33;

/**
 * Set `panes`, each `{ title, about, unit, log, height, scale, lines }` with lines `{ name, label, colour, how, width, fill,
 * dash, write }`; `source` with `step` and `points`; `time`, a function that gives the moment now; and
 * `window`, in seconds. Fires `cursor` (detail: the time, or nothing) and `pause` when space is pressed.
 */
export class TimePlot extends HTMLElement {
  window = 300;
  source = null;
  time = () => NaN;
  #panes = []; #drawn = {}; #cursor = null; #pointer = null; #asked = 0; #colours = {};

  connectedCallback() {
    this.tabIndex = 0;
    this.setAttribute('role', 'slider');
    this.setAttribute('aria-orientation', 'horizontal');
    this.addEventListener('keydown', (event) => this.#press(event));
    this.addEventListener('pointermove', (event) => this.#point(event));
    this.addEventListener('pointerdown', (event) => this.#point(event));
    this.addEventListener('pointerleave', () => this.#leave());
    this.addEventListener('blur', () => this.#leave());
    new ResizeObserver(() => this.refresh()).observe(this);
    onScheme(() => this.refresh(true));
    this.#say();
    const frame = (now) => {
      if (this.isConnected) requestAnimationFrame(frame);
      if (now - this.#asked >= FRAME_MS && this.#due()) [this.#asked] = [now, this.#draw()];
    };
    requestAnimationFrame(frame);
  }

  set panes(panes) {
    this.#panes = panes.map((pane) => {
      const lines = pane.lines.map((line) => ({ ...line, value: make('b') }));
      const keys = lines.map((line) => {
        const swatch = make('i', { 'aria-hidden': true, class: line.dash ? 'dashed' : '' });
        swatch.style.setProperty('--key', `var(${line.colour})`);
        return make('span', { class: 'key' }, swatch, `${line.label} `, line.value);
      });
      const canvas = make('canvas', { 'aria-hidden': true });
      const head = make('p', { class: 'keys' }, make('a', { class: 'pane-title', href: pane.about && `#${pane.about}`, text: pane.title }), ...keys);
      return { ...pane, lines, canvas, head, top: 0, low: 0 };
    });
    this.replaceChildren(...this.#panes.flatMap(({ head, canvas }) => [head, canvas]));
    this.style.gridTemplateRows = this.#panes.map(({ height = 1 }) => `auto minmax(3rem, ${height}fr)`).join(' ');
    this.refresh(true);
  }

  /** Draws anew with the next frame: the data, the window or the size are others. */
  refresh(colours) {
    if (colours) this.#colours = {};
    this.#drawn = {};
  }

  get cursor() { return this.#cursor; }

  get #step() { return this.source?.step(...this.#span(), this.#inner()) ?? 1000; }

  #span() {
    const to = this.time() - BEHIND_MS;
    return [to - this.window * 1000, to];
  }

  #inner() { return Math.max(50, this.clientWidth - GUTTER - RIGHT); }

  // Every frame would be a waste when a pixel stands for half a minute.
  #due() {
    const now = this.time();
    if (!this.source || !Number.isFinite(now) || !this.clientWidth) return false;
    const moved = ((now - this.#drawn.now) / 1000 / this.window) * this.#inner();
    return !(moved < (calm() ? Infinity : 0.4)) || this.#drawn.easing;
  }

  #draw() {
    const now = this.time();
    const [from, to] = this.#span();
    this.#drawn = { now, easing: false };
    if (this.#pointer !== null) this.#cursor = this.#timeAt(this.#pointer);
    const step = this.#step;
    for (const pane of this.#panes) this.#pane(pane, from, to, step, pane === this.#panes.at(-1));
    this.#readOut();
    return performance.now();
  }

  #timeAt(x) {
    const [from, to] = this.#span();
    const share = Math.min(1, Math.max(0, (x - GUTTER) / this.#inner()));
    const step = this.#step;
    return Math.min(Math.floor(to / step) * step, Math.round((from + share * (to - from)) / step) * step);
  }

  #ink(name) { return (this.#colours[name] ??= colour(this, name)); }

  #pane(pane, from, to, step, last) {
    const { canvas } = pane;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    const scale = devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      [canvas.width, canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
    }
    const pen = canvas.getContext('2d');
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.font = `${this.#ink('--plot-text')} ${this.#ink('--font')}`;
    const { lines } = pane;
    for (const line of lines) line.points = this.source.points(line.name, from, to, step, line.how ?? 'mean');
    const bottom = height - (last ? AXIS : 6);
    this.#fit(pane, lines);
    const x = (time) => GUTTER + ((time - from) / (to - from)) * (width - GUTTER - RIGHT);
    const y = pane.log
      ? (value) => bottom - (Math.log(Math.max(value, pane.low) / pane.low) / Math.log(pane.top / pane.low)) * (bottom - TOP)
      : (value) => bottom - (value / pane.top) * (bottom - TOP);
    this.#grid(pen, pane, { width, bottom, x, y, from, to, last });
    pen.save();
    pen.beginPath();
    pen.rect(GUTTER, 0, width - GUTTER - RIGHT, bottom + 1);
    pen.clip();
    for (const line of lines) this.#line(pen, line, x, y, bottom);
    pen.restore();
    if (this.#cursor !== null && this.#cursor >= from && this.#cursor <= to + step) {
      this.#mark(pen, lines, { x, y, bottom, width, first: pane === this.#panes[0], step });
    }
  }

  // The axis follows the highest point by easing, so that a spike does not make it jump.
  #fit(pane, lines) {
    let [low, high] = [Infinity, 0];
    for (const { points } of lines) {
      for (const [, value] of points) {
        if (value > high) high = value;
        if (value > 0 && value < low) low = value;
      }
    }
    const goal = pane.log ? logEnds(low, high) : { low: 0, top: roundUp(high * 1.08) };
    for (const end of ['low', 'top']) {
      const close = Math.abs(pane[end] - goal[end]) < 0.004 * goal[end];
      if (close || !pane[end] || calm()) pane[end] = goal[end];
      else {
        pane[end] += (goal[end] - pane[end]) * 0.18;
        this.#drawn.easing = true;
      }
    }
  }

  #grid(pen, pane, { width, bottom, x, y, from, to, last }) {
    pen.lineWidth = 1;
    pen.strokeStyle = this.#ink('--line');
    pen.fillStyle = this.#ink('--muted');
    pen.textAlign = 'right';
    pen.textBaseline = 'middle';
    const ticks = pane.log ? logTicks(pane.low, pane.top, (bottom - TOP) / 14) : linearTicks(pane.top, (bottom - TOP) / 45);
    for (const tick of ticks) {
      const at = Math.round(y(tick)) + 0.5;
      pen.beginPath();
      pen.moveTo(GUTTER, at);
      pen.lineTo(width - RIGHT, at);
      pen.stroke();
      pen.fillText(short(tick / (pane.scale ?? 1)), GUTTER - 8, at);
    }
    pen.textAlign = 'center';
    pen.textBaseline = 'alphabetic';
    const { ticks: times, seconds } = timeTicks(from, to, Math.max(2, Math.floor((width - GUTTER) / 84)));
    for (const tick of times) {
      const at = Math.round(x(tick)) + 0.5;
      pen.beginPath();
      pen.moveTo(at, bottom);
      pen.lineTo(at, bottom + 4);
      if (last) pen.stroke();
      const inside = at + pen.measureText(clock(tick, seconds)).width / 2 < width;
      if (last && inside) pen.fillText(clock(tick, seconds), at, bottom + AXIS - 5);
    }
  }

  #line(pen, line, x, y, bottom) {
    pen.lineJoin = 'round';
    pen.strokeStyle = this.#ink(line.colour);
    pen.lineWidth = line.width ?? 2;
    pen.setLineDash(line.dash ?? []);
    for (const run of runs(line.points)) {
      const path = new Path2D();
      run.forEach(([time, value], at) => path[at ? 'lineTo' : 'moveTo'](x(time), y(value)));
      // A moment alone between gaps is still to be seen.
      if (run.length === 1) path.lineTo(x(run[0][0]) + 0.5, y(run[0][1]));
      if (line.fill) {
        const area = new Path2D(path);
        area.lineTo(x(run.at(-1)[0]), bottom);
        area.lineTo(x(run[0][0]), bottom);
        pen.fillStyle = this.#ink(line.colour);
        pen.globalAlpha = line.fill;
        pen.fill(area);
        pen.globalAlpha = 1;
      }
      pen.stroke(path);
    }
    pen.setLineDash([]);
  }

  #mark(pen, lines, { x, y, bottom, width, first, step }) {
    const at = Math.round(x(this.#cursor)) + 0.5;
    pen.strokeStyle = this.#ink('--muted');
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(at, 0);
    pen.lineTo(at, bottom);
    pen.stroke();
    if (first) {
      const text = clock(this.#cursor, step < 60_000);
      const half = pen.measureText(text).width / 2 + 6;
      const middle = Math.max(GUTTER + half, Math.min(width - half, at));
      pen.fillStyle = this.#ink('--ink');
      pen.beginPath();
      pen.roundRect(middle - half, 0, 2 * half, 20, 5);
      pen.fill();
      pen.fillStyle = this.#ink('--surface');
      pen.textAlign = 'center';
      pen.textBaseline = 'middle';
      pen.fillText(text, middle, 10.5);
    }
    for (const { points, colour: name } of lines) {
      const value = points.find(([time]) => time === this.#cursor)?.[1];
      if (!Number.isFinite(value)) continue;
      pen.beginPath();
      pen.arc(at, y(value), 4, 0, 2 * Math.PI);
      pen.fillStyle = this.#ink(name);
      pen.strokeStyle = this.#ink('--surface');
      pen.lineWidth = 2;
      pen.fill();
      pen.stroke();
    }
  }

  // The values at the cursor, or the newest ones.
  #readOut() {
    for (const pane of this.#panes) {
      for (const line of pane.lines) {
        const at = this.#cursor === null
          ? line.points.findLast(([, value]) => !Number.isNaN(value))
          : line.points.find(([time]) => time === this.#cursor);
        const text = `${line.write(at?.[1])}${pane.unit}`;
        if (line.value.textContent !== text) line.value.textContent = text;
      }
    }
    this.classList.toggle('at-cursor', this.#cursor !== null);
    if (this.#drawn.cursor !== this.#cursor) this.#say();
  }

  #say() {
    this.#drawn.cursor = this.#cursor;
    const steps = Math.round((this.window * 1000) / this.#step);
    const [, to] = this.#span();
    const behind = this.#cursor ? Math.round((to - this.#cursor) / this.#step) : 0;
    this.setAttribute('aria-valuemin', 0);
    this.setAttribute('aria-valuemax', steps);
    this.setAttribute('aria-valuenow', Math.max(0, Math.min(steps, steps - behind)));
    const values = this.#panes.flatMap((pane) => pane.lines.map((line) => `${line.label} ${line.value.textContent}`));
    this.setAttribute('aria-valuetext', `${this.#cursor ? clock(this.#cursor) : 'now'}: ${values.join(', ')}`);
    this.dispatchEvent(new CustomEvent('cursor', { detail: this.#cursor }));
  }

  #point({ clientX }) {
    this.#pointer = clientX - this.getBoundingClientRect().left - this.#panes[0].canvas.offsetLeft;
    this.refresh();
  }

  #leave() {
    [this.#pointer, this.#cursor] = [null, null];
    this.refresh();
  }

  #press(event) {
    const step = this.#step;
    const [from, to] = this.#span();
    const end = Math.floor(to / step) * step;
    const at = this.#cursor ?? end;
    const goal = {
      ArrowLeft: at - step, ArrowRight: at + step, ArrowDown: at - step, ArrowUp: at + step,
      PageDown: at - step * 10, PageUp: at + step * 10, Home: Math.ceil(from / step) * step, End: end,
    }[event.key];
    if (goal !== undefined) {
      this.#pointer = null;
      this.#cursor = Math.max(Math.ceil(from / step) * step, Math.min(end, goal));
    } else if (event.key === 'Escape') this.#leave();
    else if (event.key === ' ') this.dispatchEvent(new CustomEvent('pause'));
    else return;
    event.preventDefault();
    this.refresh();
  }
}

/** Runs of points without a gap between them. */
function runs(points) {
  const found = [];
  let run = null;
  for (const point of points) {
    if (Number.isNaN(point[1])) run = null;
    else if (run) run.push(point);
    else found.push((run = [point]));
  }
  return found;
}

function short(value) {
  if (value >= 1e6) return `${value / 1e6}M`;
  if (value >= 1e4) return `${value / 1e3}k`;
  return value >= 1 || value === 0 ? value.toLocaleString('en') : `${Number(value.toPrecision(1))}`;
}

customElements.define('time-plot', TimePlot);
