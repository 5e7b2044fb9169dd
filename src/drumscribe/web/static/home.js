/** Before there is a song: choosing a recording, and waiting for its transcription. */

import * as api from "./api.js";
import { byId, element, icon } from "./dom.js";
import { clock, roughly, titleOf } from "./words.js";

const STATUS_WORDS = {
  queued: "waiting",
  running: "being transcribed",
  failed: "failed",
  cancelled: "cancelled",
};

export class Home {
  /** @param {(id: string) => void} open shows the transcription of that id */
  constructor(open) {
    this.open = open;
    byId("file").addEventListener("change", () => this.#send(byId("file").files[0]));
    byId("example").addEventListener("click", () => this.#start(api.transcribeExample()));
    const drop = byId("drop");
    document.addEventListener("dragover", (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
    document.addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) drop.classList.remove("over");
    });
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      drop.classList.remove("over");
      if (!byId("home").hidden) this.#send(event.dataTransfer.files[0]);
    });
  }

  async show() {
    byId("home").hidden = false;
    document.title = "drumscribe studio";
    await this.#list();
  }

  #send(file) {
    if (file) this.#start(api.upload(file), `Sending ${file.name}…`);
  }

  async #start(begun, text = "") {
    byId("home-error").textContent = "";
    byId("drop").classList.add("busy");
    byId("drop").querySelector("strong").textContent = text || "One moment…";
    try {
      this.open(await begun);
    } catch (error) {
      byId("home-error").textContent = error.message;
    } finally {
      byId("drop").classList.remove("busy");
      byId("drop").querySelector("strong").textContent = "Drop a recording here";
      byId("file").value = "";
    }
  }

  async #list() {
    try {
      const jobs = await api.listTranscriptions();
      byId("recent").hidden = jobs.length === 0;
      byId("recent-list").replaceChildren(...jobs.slice(0, 30).map((job) => this.#row(job)));
    } catch (error) {
      byId("home-error").textContent = error.message;
    }
  }

  #row(job) {
    const link = element(
      "a",
      { href: `#${job.id}` },
      element("span", { class: "name" }, titleOf(job)),
    );
    const facts = [
      job.duration_s ? clock(job.duration_s, 0) : "",
      STATUS_WORDS[job.status] ?? "",
      new Date(job.created_at).toLocaleDateString(undefined, { day: "numeric", month: "short" }),
    ];
    link.append(element("span", { class: "facts" }, facts.filter(Boolean).join(" · ")));
    const remove = element("button", { type: "button", class: "icon-button small" }, icon("close"));
    remove.setAttribute("aria-label", `Delete ${titleOf(job)}`);
    remove.title = "Delete";
    remove.addEventListener("click", async () => {
      if (!window.confirm(`Delete “${titleOf(job)}” and its edits?`)) return;
      await api.remove(job.id).catch((error) => (byId("home-error").textContent = error.message));
      await this.#list();
    });
    return element("li", {}, link, remove);
  }
}

/**
 * Let the button cancel this transcription; to be called before the button is seen.
 *
 * @param {string} id
 */
export function offerCancel(id) {
  byId("cancel").onclick = () => api.cancel(id).catch((error) => failed(error.message));
}

/**
 * Show how far a transcription is; done when it is ready, or never when it fails.
 *
 * @param {string} id
 * @returns {Promise<void>}
 */
export function waitFor(id) {
  byId("waiting").hidden = false;
  return new Promise((resolve) => {
    const stop = api.follow(id, (status) => {
      showProgress(status);
      if (status.status === "done") {
        stop();
        resolve();
      } else if (status.status === "failed") failed(status.error);
      else if (status.status === "cancelled") failed("Cancelled.");
    });
  });
}

function showProgress(status) {
  byId("waiting-name").textContent = titleOf(status);
  byId("waiting-bar").value = status.progress ?? 0;
  const stages = [...byId("stages").children];
  const here = stages.findIndex((stage) => stage.dataset.stage === status.stage);
  stages.forEach((stage, index) => {
    stage.classList.toggle("past", status.stage === "done" || index < here);
    if (index === here) stage.setAttribute("aria-current", "step");
    else stage.removeAttribute("aria-current");
  });
  const left = status.seconds_left;
  byId("waiting-text").textContent =
    left === null || left === undefined ? " " : `Ready in ${roughly(left)}`;
}

function failed(message) {
  byId("waiting-error").textContent = message;
  byId("waiting-text").textContent = "";
  byId("cancel").hidden = true;
  byId("back").hidden = false;
}
