/** Elements of the page: finding them, making them, and having them read out. */

/** @returns {any} the element of that id */
export const byId = (id) => document.getElementById(id);

let region = null;

/** Have a screen reader say something, after what it is saying now. */
export function announce(text) {
  region ??= byId("announcer");
  region.textContent = text;
}

/**
 * A new element.
 *
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children strings become text, never markup
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** An icon of the sprite. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `/static/icons.svg#${name}`);
  svg.append(use);
  return svg;
}
