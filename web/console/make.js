// Small helpers for building what the pages show.

/** An element by tag with attributes (`text` for its content, `onclick` and such) and children. */
export function make(tag, { text, ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element[name] = value;
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children);
  return element;
}

const still = matchMedia('(prefers-reduced-motion: reduce)');

/** Whether this person asked for little motion. */
export const calm = () => still.matches;

/** Writes a text where it differs, with a soft flash unless it is the first. */
export function write(element, text, flash = true) {
  if (element.textContent === text) return;
  const first = element.textContent === '';
  element.textContent = text;
  if (flash && !first && !calm()) element.animate({ backgroundColor: ['var(--flash-soft)', 'transparent'] }, 300);
}

/** A colour of the style sheet, in this moment's scheme. */
export const colour = (element, name) => getComputedStyle(element).getPropertyValue(name).trim();

/** Calls back when the colours may have changed: the scheme is another. */
export function onScheme(work) {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', work);
}
