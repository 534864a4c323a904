// What both pages have around them: the key, the stream, how it stands, and the notice when it is cut off.
//
// Responsible for: getting a key, keeping it for the tab, telling what a refusal means and what to do.
// Not responsible for: what the page shows.

import { Feed } from '/console/feed.js';
import { clock } from '/console/format.js';
import { make } from '/console/make.js';

const SHELF = 'onhand key';

const TROUBLE = {
  4001: ['No key was given.', 'Give a key of the role operations, analyst or admin.'],
  4002: ['This server does not know that key.', 'Check that it was copied whole, and that it is a key of this server.'],
  4003: ['That key was revoked.', 'Ask whoever runs the server for a new one.'],
  4004: ['That key’s role may not see this.', 'Use a key of the role operations, analyst or admin.'],
  4005: ['This address is not on the server’s list.', 'Start the server with --origin and this page’s address.'],
  4006: ['The key’s time is over.', 'Ask whoever runs the server for a new one.'],
};

const $ = (id) => document.getElementById(id);

/** The key: from the address, which then forgets it, or from this tab's session. */
function knownKey() {
  const given = new URLSearchParams(location.hash.slice(1)).get('key');
  if (given) {
    history.replaceState(null, '', location.pathname + location.search);
    keep(given);
  }
  return given ?? sessionStorage.getItem(SHELF);
}

function keep(key) {
  if (key) sessionStorage.setItem(SHELF, key);
  else sessionStorage.removeItem(SHELF);
}

/**
 * Opens the stream as soon as there is a key, and hands it to `begin(feed, key)`. The page has `#gate`,
 * `#status`, `#notice` and `main`.
 */
export function open(begin) {
  let feed = null;

  const start = (key) => {
    keep(key);
    $('trouble').hidden = true;
    $('gate').hidden = true;
    $('content').hidden = false;
    document.body.dataset.state = 'connecting';
    $('status').textContent = 'Connecting';
    feed = new Feed(key);
    feed.addEventListener('state', ({ detail }) => show(detail));
    begin(feed, key);
  };

  const ask = (error) => {
    $('gate').hidden = false;
    $('content').hidden = true;
    document.body.dataset.state = 'key';
    $('status').textContent = '';
    $('notice').hidden = true;
    const [what, mend] = TROUBLE[error?.number] ?? [error?.message, 'Look up the number, or ask whoever runs the server.'];
    $('trouble').hidden = !error;
    if (error) {
      $('trouble').replaceChildren(make('b', { text: what }), ` ${mend} `,
        make('a', { class: 'number', href: `/errors/${error.number}`, text: `${error.number}` }));
    }
    $('key').focus();
  };

  const show = ({ state, asOf, retryAt, error }) => {
    if (state === 'key' || state === 'refused') {
      keep(null);
      return ask(error);
    }
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
  $('ask').onsubmit = (event) => {
    event.preventDefault();
    const key = $('key').value.trim();
    $('key').value = '';
    if (key) start(key);
  };
  const key = knownKey();
  if (key) start(key);
  else ask();
}

/** The clock of the page's head: the engine's time, or when it stopped; and whether the page is held. */
export function tick(feed, paused) {
  const text = clock(paused || (feed.state === 'live' ? feed.now() : feed.newest));
  if ($('clock').textContent !== text) $('clock').textContent = text;
  if (document.body.dataset.state !== 'live') return;
  const standing = paused ? 'Paused' : 'Live';
  if ($('status').textContent !== standing) $('status').textContent = standing;
}
