// <figure-tile>: one number to be read across the room, what it goes with, and its last five minutes.

import { make, write } from '/console/make.js';
import '/console/spark-line.js';

/** Made with `label`, `about` (the id of its meaning), `unit`; then `show(value, note, tone)`. */
export class FigureTile extends HTMLElement {
  #value = make('b');
  #note = make('small');
  spark = make('spark-line');

  connectedCallback() {
    if (this.firstChild) return;
    const label = this.getAttribute('label');
    this.setAttribute('role', 'group');
    this.setAttribute('aria-label', label);
    this.setAttribute('waiting', '');
    this.append(
      make('a', { href: `#${this.getAttribute('about')}`, text: label }),
      make('p', {}, this.#value, make('span', { class: 'unit', text: this.getAttribute('unit') ?? '' })),
      this.#note, this.spark);
  }

  show(value, note = '', tone = '') {
    this.removeAttribute('waiting');
    write(this.#value, value);
    write(this.#note, note, false);
    this.setAttribute('tone', tone);
  }
}

customElements.define('figure-tile', FigureTile);
