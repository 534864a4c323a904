// The key of a page: from its address, which then forgets it, from this tab's session, or from whoever looks.
//
// Responsible for: getting a key, keeping it for the tab, telling what a refusal means and what to do.
// Not responsible for: what the page does with it.

import { make } from '/console/make.js';

const SHELF = 'onhand key';

const $ = (id) => document.getElementById(id);

function trouble(roles) {
  return {
    4001: ['No key was given.', `Give a key of the role ${roles}.`],
    4002: ['This server does not know that key.', 'Check that it was copied whole, and that it is a key of this server.'],
    4003: ['That key was revoked.', 'Ask whoever runs the server for a new one.'],
    4004: ['That key’s role may not see this.', `Use a key of the role ${roles}.`],
    4005: ['This address is not on the server’s list.', 'Start the server with --origin and this page’s address.'],
    4006: ['The key’s time is over.', 'Ask whoever runs the server for a new one.'],
  };
}

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
 * Hands a key to `start(key)` as soon as there is one. Gives what asks for another, with why: a refusal with its
 * number. `roles` says which keys will do. The page has `#gate`, `#ask`, `#key`, `#trouble`, `#status`, `#notice` and
 * `#content`.
 */
export function gate(roles, start) {
  const ask = (error) => {
    keep(null);
    $('gate').hidden = false;
    $('content').hidden = true;
    document.body.dataset.state = 'key';
    $('status').textContent = '';
    $('notice').hidden = true;
    const [what, mend] = trouble(roles)[error?.number] ?? [error?.message, 'Look up the number, or ask whoever runs the server.'];
    $('trouble').hidden = !error;
    if (error) {
      $('trouble').replaceChildren(make('b', { text: what }), ` ${mend} `,
        make('a', { class: 'number', href: `/errors/${error.number}`, text: `${error.number}` }));
    }
    $('key').focus();
  };
  const begin = (key) => {
    keep(key);
    $('trouble').hidden = true;
    $('gate').hidden = true;
    $('content').hidden = false;
    document.body.dataset.state = 'connecting';
    start(key);
  };
  $('ask').onsubmit = (event) => {
    event.preventDefault();
    const key = $('key').value.trim();
    $('key').value = '';
    if (key) begin(key);
  };
  const key = knownKey();
  if (key) begin(key);
  else ask();
  return ask;
}
