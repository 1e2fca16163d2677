// Copying text, also where the clipboard interface is missing (plain http, the disk).
import { once } from "./once.js";

const SAID_FOR = 1600;

/** @param {string} text @returns {Promise<boolean>} whether the browser allowed it */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "pb-hidden";
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    return copied;
  }
}

/** A button copies the command beside it, else the address of the page; where that is forbidden it is there to be copied by hand. */
async function copyFor(button) {
  const text = button.parentElement.querySelector(":scope > code")?.textContent ?? location.href;
  const said = (button.dataset.pbCopy ||= button.textContent);
  if (!(await copyText(text))) return void prompt(said, text);
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = said), SAID_FOR);
}

/** Buttons come later too. @param {HTMLElement} root */
export function bootCopying(root) {
  once(root.ownerDocument, "body", "Copy", (body) => {
    body.addEventListener("click", ({ target }) => target.matches("[data-pb-copy]") && copyFor(target));
  });
}
