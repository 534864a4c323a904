// <spark-line>: the last minutes of one number, without axes.

import { colour, onScheme } from '/console/make.js';

/** Set `source`, `name`, `how`, `seconds`; call `draw(now)` when there is something new. */
export class SparkLine extends HTMLElement {
  source = null;
  seconds = 300;
  how = 'mean';
  #now = NaN;

  connectedCallback() {
    if (this.firstChild) return;
    this.setAttribute('aria-hidden', 'true');
    this.append(document.createElement('canvas'));
    new ResizeObserver(() => this.draw(this.#now)).observe(this);
    onScheme(() => this.draw(this.#now));
  }

  draw(now) {
    this.#now = now;
    const canvas = this.firstChild;
    const [width, height] = [this.clientWidth, this.clientHeight];
    if (!this.source || !width || !Number.isFinite(now)) return;
    const scale = devicePixelRatio || 1;
    [canvas.width, canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
    const pen = canvas.getContext('2d');
    pen.scale(scale, scale);
    const from = now - this.seconds * 1000;
    const step = this.source.step(from, now, width / 2);
    const points = this.source.points(this.name, from, now - step, step, this.how);
    const known = points.filter(([time, value]) => Number.isFinite(value) && time <= now);
    if (!known.length) return;
    const most = Math.max(...known.map(([, value]) => value));
    const least = Math.min(...known.map(([, value]) => value));
    // From zero, unless the number hardly moves: then its own range, with room.
    const low = this.range ? Math.max(0, least - (most - least || most * 0.1) * 0.6) : 0;
    const top = (most > low ? most : low + 1) * (this.range ? 1 : 1.05);
    const x = (time) => ((time - from) / (now - from)) * (width - 3);
    const y = (value) => height - 2 - ((value - low) / (top - low)) * (height - 5);
    const line = new Path2D();
    known.forEach(([time, value], at) => line[at ? 'lineTo' : 'moveTo'](x(time), y(value)));
    const ink = colour(this, 'color');
    const area = new Path2D(line);
    area.lineTo(x(known.at(-1)[0]), height);
    area.lineTo(x(known[0][0]), height);
    pen.fillStyle = pen.strokeStyle = ink;
    pen.globalAlpha = 0.1;
    pen.fill(area);
    pen.globalAlpha = 0.9;
    pen.lineWidth = 1.5;
    pen.lineJoin = 'round';
    pen.stroke(line);
    pen.globalAlpha = 1;
    pen.beginPath();
    pen.arc(x(known.at(-1)[0]), y(known.at(-1)[1]), 2, 0, 2 * Math.PI);
    pen.fill();
  }
}

customElements.define('spark-line', SparkLine);
