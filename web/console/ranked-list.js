// <ranked-list>: rows of name and numbers in order, as many as fit, each number aligned.
//
// Responsible for: rows that keep their place in the page while they change, soft flashes, how many fit.
// Not responsible for: the order and the text; both are given.

import { calm, make, write } from '/console/make.js';

/**
 * Set `columns`, each `{ label, name }`, the first one being what the row is about; then `rows`, each
 * `{ id, item, place, cells: { name: text }, share, tone }`. `empty` is said when there are none.
 */
export class RankedList extends HTMLElement {
  empty = '';
  most = 12;
  #columns = [];
  #rows = []; #known = new Map(); #body; #note; #fits = Infinity;

  set columns(columns) {
    this.#columns = columns;
    this.setAttribute('role', 'table');
    const head = make('div', { role: 'row', class: 'row head' },
      ...columns.map(({ label }) => make('span', { role: 'columnheader', text: label })));
    this.#body = make('div', { role: 'rowgroup', class: 'rows' });
    this.#note = make('p', { class: 'empty', hidden: true });
    this.replaceChildren(make('div', { role: 'rowgroup' }, head), this.#body, this.#note);
    this.style.setProperty('--columns', columns.length - 1);
    this.#wait();
    new ResizeObserver(() => this.#measure()).observe(this.#body);
  }

  /** Whether all rows are shown, however long that is. */
  set all(all) {
    this.toggleAttribute('all', all);
    this.#measure();
  }

  set rows(rows) {
    this.#rows = rows;
    this.removeAttribute('waiting');
    this.#note.hidden = rows.length > 0;
    this.#note.textContent = this.empty;
    this.#show();
  }

  #wait() {
    this.setAttribute('waiting', '');
    this.#body.replaceChildren(...Array.from({ length: 6 }, () =>
      make('div', { class: 'row skeleton', 'aria-hidden': true }, make('i'), make('i'))));
  }

  #measure() {
    const row = this.#body.firstElementChild?.offsetHeight;
    const fixed = getComputedStyle(this.#body).overflowY === 'hidden' && !this.hasAttribute('all');
    const fits = fixed && row ? Math.max(1, Math.floor((this.#body.clientHeight + 1) / row)) : Infinity;
    if (fits === this.#fits) return;
    this.#fits = fits;
    if (!this.hasAttribute('waiting')) this.#show();
  }

  #show() {
    const shown = this.#rows.slice(0, Math.min(this.#fits, this.hasAttribute('all') ? 50 : this.most));
    const before = new Map([...this.#body.children].map((row) => [row, row.offsetTop]));
    const kept = new Map();
    const rows = shown.map((row) => {
      const element = this.#known.get(row.id) ?? this.#row(row);
      kept.set(row.id, element);
      this.#fill(element, row);
      return element;
    });
    this.#known = kept;
    if (rows.length !== this.#body.children.length || rows.some((row, at) => row !== this.#body.children[at])) {
      this.#body.replaceChildren(...rows);
      this.#glide(rows, before);
    }
    this.dispatchEvent(new CustomEvent('shown', { detail: { shown: shown.length, all: this.#rows.length } }));
    if (this.#fits === Infinity) this.#measure();
  }

  // A row that moves up is seen moving.
  #glide(rows, before) {
    if (calm()) return;
    for (const row of rows) {
      const moved = before.has(row) ? before.get(row) - row.offsetTop : 0;
      if (moved) row.animate({ transform: [`translateY(${moved}px)`, 'none'] }, { duration: 250, easing: 'ease-out' });
      else if (!before.has(row) && before.size) row.animate({ opacity: [0, 1] }, 250);
    }
  }

  #row() {
    const item = make('span', { role: 'cell', class: 'item' }, make('b'), make('small'));
    const cells = this.#columns.slice(1).map(() => make('span', { role: 'cell', class: 'figure' }));
    return make('div', { role: 'row', class: 'row' }, item, ...cells);
  }

  #fill(element, { item, place = '', cells, share, tone = '' }) {
    const [first, ...rest] = element.children;
    write(first.firstChild, item, false);
    write(first.lastChild, place, false);
    first.title = `${item} ${place}`;
    this.#columns.slice(1).forEach(({ name }, at) => write(rest[at], cells[name] ?? ''));
    element.dataset.tone = tone;
    element.style.setProperty('--share', share ?? 0);
  }
}

customElements.define('ranked-list', RankedList);
