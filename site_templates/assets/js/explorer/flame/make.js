/** Create an element with properties and children; strings become text nodes. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Write a text that is not there yet: what has not changed costs no layout. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
