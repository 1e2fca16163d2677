// Building elements: attributes and text; a text is only ever a text node.

/**
 * Make an element. An attribute that is false is left out, true is set empty, a function listens to the event it names.
 * @param {string} tag @param {Record<string, unknown>} [attributes] @param {...(Node | string)} children
 * @returns {HTMLElement}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, String(value));
  }
  made.append(...children);
  return made;
}

/**
 * Make a choice with its label.
 * @param {string} text @param {[string, string][]} options value and text @param {(value: string) => void} chosen
 * @returns {{label: HTMLElement, select: HTMLSelectElement}}
 */
export function choice(text, options, chosen) {
  const select = element("select", { class: "pbx-input", change: () => chosen(select.value) });
  fillChoice(select, options, "");
  return { label: element("label", { class: "pbx-field" }, element("span", {}, text), select), select };
}

/** Give a choice other options; the chosen value stays when it is among them. */
export function fillChoice(select, options, value) {
  select.replaceChildren(...options.map(([key, text]) => element("option", { value: key }, text)));
  select.value = value;
}

/**
 * Make a button that opens and closes a part of the page. Narrow screens fold more than wide ones: style sheets follow
 * the button's `aria-expanded`.
 * @param {string} name class of the button @param {string} text @param {HTMLElement} part what it opens; has an id
 * @returns {{button: HTMLElement, open: (isOpen: boolean) => void}}
 */
export function disclosure(name, text, part) {
  const open = (isOpen) => {
    button.setAttribute("aria-expanded", String(isOpen));
    part.toggleAttribute("data-open", isOpen);
  };
  const toggle = () => open(!part.hasAttribute("data-open"));
  const button = element("button", { type: "button", class: name, "aria-controls": part.id, click: toggle }, text);
  open(false);
  return { button, open };
}
