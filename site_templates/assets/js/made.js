// Making elements: a text is only ever a text node.

/**
 * @param {string} name
 * @param {Record<string, unknown>} [facts] its properties; what is none becomes an attribute
 * @param {...(Node | string)} inside
 * @returns {HTMLElement}
 */
export function made(name, facts = {}, ...inside) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(facts)) {
    if (key in element) element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...inside);
  return element;
}
