/** The studio: puts one song's parts together and draws them once a frame. */

import { Actions } from "./actions.js";
import * as api from "./api.js";
import { announce, byId } from "./dom.js";
import { Exporter } from "./export.js";
import { Highway } from "./highway.js";
import { countHits } from "./hits.js";
import { Inspector } from "./inspector.js";
import { LaneHeaders } from "./lane_headers.js";
import { LanePointer } from "./lane_pointer.js";
import { LaneView } from "./lanes.js";
import { Overview } from "./overview.js";
import { Player } from "./player.js";
import { presetThresholds } from "./presets.js";
import { Saver } from "./save.js";
import { listenForShortcuts, shortcutTable, writeHelp } from "./shortcuts.js";
import { Store } from "./store.js";
import { TempoPanel } from "./tempo_panel.js";
import { Transport } from "./transport.js";
import { Viewport } from "./viewport.js";
import { counted } from "./words.js";

const ZOOM_STEP = 1.5;

/**
 * Show a song to listen to and edit.
 *
 * @param {import("./types.js").Song} song
 */
export function openStudio(song) {
  const store = new Store(song);
  const player = new Player(api.audioUrl(song.id), store);
  const view = new Viewport(song.durationS);
  const actions = new Actions(store, player, view);
  const canvases = (name) => ({ base: byId(`${name}-base`), overlay: byId(`${name}-overlay`) });
  const drawn = {
    lanes: new LaneView({ ...canvases("lanes"), playhead: byId("playhead") }, store, view, player),
    overview: new Overview(canvases("overview"), store, view, player),
    highway: new Highway(byId("highway"), store, player),
  };
  new LanePointer(drawn.lanes, actions);
  new LaneHeaders(byId("lane-headers"), store, player);
  new Inspector(actions);
  const transport = new Transport(actions);
  const tempoPanel = new TempoPanel(actions);
  const saver = new Saver(store, showSaving, chooseEdits);
  connectButtons(actions, new Exporter(byId("formats"), saver, song.id));
  const parts = { actions, transport, tempoPanel, showView, showHelp };
  const table = shortcutTable(parts);
  listenForShortcuts(table);
  writeHelp(byId("help-keys"), table);
  watch(store, player, drawn);
  announce(`${song.name}, ${counted(countHits(store.state.lanes), "hit")}`);
  drawForever(drawn, player, view, transport);
}

/** The buttons that are not of any panel. */
function connectButtons(actions, exporter) {
  const { view } = actions;
  for (const each of document.querySelectorAll(".for-song")) each.hidden = false;
  const click = (id, listener) => byId(id).addEventListener("click", listener);
  const middle = () => view.startS + view.spanS / 2;
  click("undo", () => actions.undo());
  click("redo", () => actions.redo());
  click("help", showHelp);
  click("zoom-in", () => view.zoom(ZOOM_STEP, middle()));
  click("zoom-out", () => view.zoom(1 / ZOOM_STEP, middle()));
  click("fit", () => view.fit());
  click("reset-sensitivity", () => actions.applyPreset("balanced"));
  click("export", () => {
    exporter.show();
    byId("export-dialog").showModal();
  });
  for (const button of document.querySelectorAll("[data-preset]")) {
    button.addEventListener("click", () => actions.applyPreset(button.dataset.preset));
  }
  for (const button of document.querySelectorAll("[data-view]")) {
    button.addEventListener("click", () => showView(button.dataset.view));
  }
  // After a click the keys belong to the lanes again; after a press of a key they stay.
  byId("studio").addEventListener("click", (event) => {
    if (event.detail > 0 && event.target.closest("button"))
      byId("stage").focus({ preventScroll: true });
  });
}

/** Keep what is shown beside the canvases up to date. */
function watch(store, player, drawn) {
  const show = () => {
    byId("total").textContent = countHits(store.state.lanes).toLocaleString("en");
    byId("undo").disabled = !store.canUndo;
    byId("redo").disabled = !store.canRedo;
    for (const button of document.querySelectorAll("[data-preset]")) {
      button.setAttribute("aria-pressed", String(isPreset(store, button.dataset.preset)));
    }
  };
  store.addEventListener("change", show);
  player.addEventListener("state", () => drawn.lanes.invalidate());
  for (const type of ["state", "seek"]) {
    player.addEventListener(type, () => {
      drawn.lanes.view.isFollowing = true;
    });
  }
  document.documentElement.addEventListener("theme", () => {
    for (const each of Object.values(drawn)) each.measure();
  });
  document.title = `${store.song.name} – drumscribe studio`;
  byId("song-name").textContent = store.song.name;
  show();
}

/** Whether the sliders are where a preset puts them. */
function isPreset(store, name) {
  const wanted = presetThresholds(store.song, name);
  return wanted.every(
    (threshold, lane) => Math.abs(threshold - store.state.thresholds[lane]) < 1e-6,
  );
}

function drawForever({ lanes, overview, highway }, player, view, transport) {
  let shownS = -1;
  const frame = () => {
    const { positionS } = player;
    if (positionS !== shownS) {
      shownS = positionS;
      if (player.isPlaying) view.follow(positionS);
      lanes.invalidateOverlay();
      transport.showPosition();
    }
    if (byId("highway-view").hidden) lanes.draw();
    else highway.draw();
    overview.draw();
    requestAnimationFrame(frame);
  };
  transport.showPosition();
  requestAnimationFrame(frame);
}

/** Show "lanes" or "highway"; without a name, the other one. */
function showView(name) {
  const wanted = name || (byId("highway-view").hidden ? "highway" : "lanes");
  byId("highway-view").hidden = wanted !== "highway";
  byId("lanes-view").hidden = wanted !== "lanes";
  byId("studio").dataset.view = wanted;
  for (const button of document.querySelectorAll("[data-view]")) {
    button.setAttribute("aria-pressed", String(button.dataset.view === wanted));
  }
  if (wanted === "lanes") byId("stage").focus({ preventScroll: true });
}

function showHelp() {
  byId("help-dialog").showModal();
}

function showSaving(text, kind) {
  byId("save-state").textContent = text;
  byId("save-state").dataset.kind = kind;
}

/** @returns {Promise<"mine" | "theirs">} which of two edits the user keeps */
function chooseEdits() {
  const dialog = byId("conflict-dialog");
  dialog.returnValue = "mine";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true });
  });
}
