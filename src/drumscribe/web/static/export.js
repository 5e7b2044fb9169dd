/** The export dialog: a button for each format, made from the edits as they are now. */

import * as api from "./api.js";
import { announce, element } from "./dom.js";

const REVOKE_MS = 60_000;

export class Exporter {
  /**
   * @param {HTMLElement} list
   * @param {import("./save.js").Saver} saver
   * @param {string} songId
   */
  constructor(list, saver, songId) {
    this.list = list;
    this.saver = saver;
    this.songId = songId;
  }

  /** Offer the formats that the server writes. */
  async show() {
    try {
      const formats = await api.formats();
      this.list.replaceChildren(...formats.map((format) => this.#item(format)));
    } catch (error) {
      this.list.replaceChildren(element("li", { class: "error" }, error.message));
    }
  }

  #item(format) {
    const name = element("span", { class: "format-name" }, format.name);
    const extension = element("span", { class: "format-extension" }, `.${format.extension}`);
    const attributes = { type: "button", class: "format", "data-format": format.id };
    const button = element("button", attributes, name, extension);
    button.addEventListener("click", () => this.#download(format, button));
    return element("li", {}, button);
  }

  async #download(format, button) {
    button.querySelector(".error")?.remove();
    button.disabled = true;
    button.setAttribute("aria-busy", "true");
    announce(`Writing ${format.name}`);
    try {
      await this.saver.flush();
      if (this.saver.hasUnsaved) throw new Error("Your last edits are not saved yet.");
      const { blob, name } = await api.exported(this.songId, format);
      offer(blob, name);
      announce(`${name} is ready`);
    } catch (error) {
      button.append(element("span", { class: "error" }, error.message));
    } finally {
      button.disabled = false;
      button.removeAttribute("aria-busy");
    }
  }
}

/** Have the browser save a file. */
function offer(blob, name) {
  const url = URL.createObjectURL(blob);
  element("a", { href: url, download: name }).click();
  window.setTimeout(() => URL.revokeObjectURL(url), REVOKE_MS);
}
