// <hour-bars>: a bar for each hour of the day, the highest with its amount, each one's when it is pointed at.
//
// Responsible for: drawing, and saying the same to a screen reader. Not responsible for: what is counted.

import { make } from '/console/make.js';

const pad = (hour) => `${hour}`.padStart(2, '0');

/** Set `hours`, a value for each of the 24, after `text`, which writes one. */
export class HourBars extends HTMLElement {
  text = String;

  set hours(values) {
    const most = Math.max(...values, 0);
    const first = values.indexOf(most);
    const bar = (value, hour) => {
      const told = `${pad(hour)}:00 to ${pad((hour + 1) % 24)}:00, ${this.text(value)}`;
      const item = make('li', { 'aria-label': told, class: most > 0 && hour === first ? 'most' : '' },
        make('i', { 'aria-hidden': true }), make('b', { 'aria-hidden': true, text: this.text(value) }));
      item.style.setProperty('--share', most > 0 ? Math.max(value, 0) / most : 0);
      return item;
    };
    const marks = [0, 3, 6, 9, 12, 15, 18, 21].map((hour) => make('span', { text: `${pad(hour)}:00` }));
    this.replaceChildren(
      make('ol', { 'aria-label': 'Sold in each hour' }, ...values.map(bar)),
      make('div', { class: 'scale', 'aria-hidden': true }, ...marks));
  }
}

customElements.define('hour-bars', HourBars);
