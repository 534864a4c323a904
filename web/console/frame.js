// What both pages have around them: the key, the stream, how it stands, and the notice when it is cut off.
//
// Responsible for: opening the stream with a key, and telling how it stands.
// Not responsible for: the key (key.js), what the page shows.

import { Feed } from '/console/feed.js';
import { clock } from '/console/format.js';
import { gate } from '/console/key.js';
import { make } from '/console/make.js';

const $ = (id) => document.getElementById(id);

/**
 * Opens the stream as soon as there is a key, and hands it to `begin(feed, key)`. The page has `#gate`,
 * `#status`, `#notice` and `main`.
 */
export function open(begin) {
  let feed = null;

  const start = (key) => {
    $('status').textContent = 'Connecting';
    feed = new Feed(key);
    feed.addEventListener('state', ({ detail }) => show(detail));
    begin(feed, key);
  };

  const show = ({ state, asOf, retryAt, error }) => {
    if (state === 'key' || state === 'refused') return ask(error);
    document.body.dataset.state = state;
    const cut = state === 'cut';
    $('status').textContent = { connecting: 'Connecting', live: 'Live', cut: 'Cut off' }[state];
    $('notice').hidden = !cut;
    if (!cut) return;
    const since = asOf ? `Cut off. You see what was known as of ${clock(asOf)}, reconnecting.` : 'The server is out of reach, trying again.';
    const number = error ? make('a', { class: 'number', href: `/errors/${error.number}`, text: `${error.number}` }) : '';
    $('notice-text').replaceChildren(since, error ? ` ${error.message} ` : '', number);
    $('hurry').hidden = !retryAt;
  };

  $('hurry').onclick = () => feed?.hurry();
  const ask = gate('operations, analyst or admin', start);
}

/** The clock of the page's head: the engine's time, or when it stopped; and whether the page is held. */
export function tick(feed, paused) {
  const text = clock(paused || (feed.state === 'live' ? feed.now() : feed.newest));
  if ($('clock').textContent !== text) $('clock').textContent = text;
  if (document.body.dataset.state !== 'live') return;
  const standing = paused ? 'Paused' : 'Live';
  if ($('status').textContent !== standing) $('status').textContent = standing;
}
