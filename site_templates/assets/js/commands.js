// Commands to paste: the site's own address is filled in where the page knows it, and a button copies the line.
import { copyText } from "./copy.js";
import { once } from "./once.js";

const SAID_FOR = 1600;

/**
 * The address of the site's root for a page whose way there is `way` (from the logo's link); empty from the disk.
 * @param {string} page
 * @param {string} way
 */
export function siteAddress(page, way) {
  const url = new URL(way || ".", page);
  if (!/^https?:$/.test(url.protocol)) return "";
  return (url.origin + url.pathname).replace(/\/(?:index\.html)?$/, "");
}

/** @param {ParentNode} root */
export function bootCommands(root) {
  once(root, "[data-pb-site]", "Site", (box) => {
    const logo = document.querySelector("a.md-logo");
    const address = siteAddress(location.href, logo ? logo.getAttribute("href") : "");
    const code = box.querySelector("code");
    box.hidden = !address;
    code.textContent = code.textContent.replace("{site}", address);
  });
  once(root, "[data-pb-copy]", "Copy", (button) => {
    button.addEventListener("click", () => {
      const said = button.textContent;
      copyText(button.parentElement.querySelector("code").textContent).then((isCopied) => {
        button.textContent = isCopied ? "Copied" : "Not copied";
      });
      setTimeout(() => (button.textContent = said), SAID_FOR);
    });
  });
}
