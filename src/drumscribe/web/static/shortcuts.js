/** Keys and what they do: the one table behind the keyboard and the help. */

import { element } from "./dom.js";

/**
 * @typedef {object} Shortcut
 * @property {string} group heading in the help
 * @property {string} keys as the help shows them
 * @property {string[]} codes as `codeOf` writes them
 * @property {string} does
 * @property {(index: number) => void} run gets the place of the code that was pressed
 */

/**
 * @param {object} parts
 * @param {import("./actions.js").Actions} parts.actions
 * @param {import("./transport.js").Transport} parts.transport
 * @param {import("./tempo_panel.js").TempoPanel} parts.tempoPanel
 * @param {(name: string) => void} parts.showView
 * @param {() => void} parts.showHelp
 * @returns {Shortcut[]}
 */
export function shortcutTable({ actions, transport, tempoPanel, showView, showHelp }) {
  const { player, view, store } = actions;
  const either = (step) => (index) => step(index === 0 ? -1 : 1);
  const extending = { isExtending: true };
  const centre = () => {
    const { positionS } = player;
    return positionS > view.startS && positionS < view.endS
      ? positionS
      : view.startS + view.spanS / 2;
  };
  const digits = store.rows.slice(0, 9).map((_, row) => String(row + 1));
  const isWhole = digits.length === store.rows.length;
  const lastDigit = `${digits.length}${isWhole ? " (bottom)" : ""}`;
  const entry = (group, keys, codes, does, run) => ({ group, keys, codes, does, run });
  return [
    entry("Playing", "Space", [" "], "Play or pause", () => player.toggle()),
    entry("Playing", "Home  End", ["Home", "End"], "To the start, to the end", (index) =>
      player.seek(index === 0 ? 0 : player.durationS),
    ),
    entry(
      "Playing",
      ",  .",
      [",", "."],
      "A beat back, a beat on",
      either((step) => actions.seekBeats(step)),
    ),
    entry("Playing", "[  ]", ["[", "]"], "Loop from here, loop to here", (index) =>
      actions.setLoopEdge(index === 0 ? "startS" : "endS"),
    ),
    entry("Playing", "L", ["l"], "Loop on or off", () => actions.toggleLoop()),
    entry("Playing", "M", ["m"], "Metronome on or off", () => transport.toggleMetronome()),
    entry(
      "Selecting",
      "←  →",
      ["ArrowLeft", "ArrowRight"],
      "Hit before, hit after",
      either((step) => actions.selectNext(step)),
    ),
    entry(
      "Selecting",
      "↑  ↓",
      ["ArrowUp", "ArrowDown"],
      "Lane above, lane below",
      either((step) => actions.selectRow(step)),
    ),
    entry(
      "Selecting",
      "Shift ← →",
      ["Shift+ArrowLeft", "Shift+ArrowRight"],
      "Add the hit before or after",
      either((step) => actions.selectNext(step, extending)),
    ),
    entry(
      "Selecting",
      "Shift ↑ ↓",
      ["Shift+ArrowUp", "Shift+ArrowDown"],
      "Add the hit above or below",
      either((step) => actions.selectRow(step, extending)),
    ),
    entry("Selecting", "Ctrl A", ["Ctrl+a"], "Select everything", () => actions.selectAll()),
    entry("Selecting", "Esc", ["Escape"], "Select nothing", () => actions.clearSelection()),
    entry("Editing", "Enter", ["Enter", "a"], "Add a hit at the playhead", () =>
      actions.addAtPlayhead(),
    ),
    entry(
      "Editing",
      `1 – ${digits.length}`,
      digits,
      `Add a hit to lane 1 (top) to ${lastDigit}`,
      (index) => actions.addAtPlayhead(store.rows[index]),
    ),
    entry("Editing", "Delete", ["Delete", "Backspace"], "Delete the selected hits", () =>
      actions.removeSelected(),
    ),
    entry(
      "Editing",
      "Alt ← →",
      ["Alt+ArrowLeft", "Alt+ArrowRight"],
      "Move by a step of the grid",
      either((step) => actions.nudge(step)),
    ),
    entry(
      "Editing",
      "Alt Shift ← →",
      ["Alt+Shift+ArrowLeft", "Alt+Shift+ArrowRight"],
      "Move by 2 ms",
      either((step) => actions.nudge(step, { isFine: true })),
    ),
    entry(
      "Editing",
      "Alt ↑ ↓",
      ["Alt+ArrowUp", "Alt+ArrowDown"],
      "To the lane above or below",
      either((step) => actions.shiftLane(step)),
    ),
    entry("Editing", "−  +", ["-", "+", "="], "Softer, louder", (index) =>
      actions.addVelocity(index === 0 ? -8 : 8),
    ),
    entry("Editing", "Q", ["q"], "Move the selected hits to the grid", () => actions.quantise()),
    entry("Editing", "Ctrl Z", ["Ctrl+z"], "Undo", () => actions.undo()),
    entry("Editing", "Ctrl Shift Z", ["Ctrl+Shift+z", "Ctrl+y"], "Redo", () => actions.redo()),
    entry("Tempo", "T", ["t"], "Tap the beat (four times or more)", () => tempoPanel.tap()),
    entry("Tempo", "B", ["b"], "A bar begins at the playhead", () => tempoPanel.setDownbeat()),
    entry("Tempo", "G", ["g"], "Next step of the grid", () => tempoPanel.cycleGrid()),
    entry("View", "Z  X", ["z", "x"], "Zoom out, zoom in", (index) =>
      view.zoom(index === 0 ? 1 / 1.4 : 1.4, centre()),
    ),
    entry(
      "View",
      "PgUp  PgDn",
      ["PageUp", "PageDown"],
      "A page back, a page on",
      either((step) => view.scrollBy(step * 0.8 * view.spanS)),
    ),
    entry("View", "F", ["f"], "The whole song", () => view.fit()),
    entry("View", "H", ["h"], "Lanes or highway", () => showView("")),
    entry("View", "?", ["?"], "These shortcuts", showHelp),
  ];
}

/** "Ctrl+Shift+z": a key press as the table writes it. */
function codeOf(event) {
  const isLetter = /^[a-z]$/i.test(event.key);
  const hasShift = event.shiftKey && (isLetter || event.key.length > 1);
  const parts = [
    event.ctrlKey || event.metaKey ? "Ctrl" : "",
    event.altKey ? "Alt" : "",
    hasShift ? "Shift" : "",
    isLetter ? event.key.toLowerCase() : event.key,
  ];
  return parts.filter(Boolean).join("+");
}

/** Whether a key belongs to the control that has the focus. */
function belongsToControl(event) {
  const { target } = event;
  if (document.querySelector("dialog[open]")) return true;
  if (target.matches("select, textarea, input:not([type=range])")) return true;
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
  const moves = /^(Arrow|Home|End|Page)/.test(event.key);
  if (target.matches("input[type=range]")) return isPlain && moves;
  const presses = [" ", "Enter"].includes(event.key);
  return target.matches("button, a, summary") && isPlain && presses;
}

/** Listen for the table's keys. */
export function listenForShortcuts(table) {
  const byCode = new Map();
  for (const shortcut of table) {
    shortcut.codes.forEach((code, index) => byCode.set(code, () => shortcut.run(index)));
  }
  const onKey = (event) => {
    const run = belongsToControl(event) ? undefined : byCode.get(codeOf(event));
    if (!run) return;
    event.preventDefault();
    run();
  };
  document.addEventListener("keydown", onKey);
}

/** Write the table into the help. */
export function writeHelp(place, table) {
  const groups = [...new Set(table.map((shortcut) => shortcut.group))];
  const sections = groups.map((group) => {
    const rows = table.filter((shortcut) => shortcut.group === group);
    const items = rows.flatMap(({ keys, does }) => {
      const caps = keys.split(/\s+/).map((key) => element("kbd", {}, key));
      return [element("dt", {}, ...caps), element("dd", {}, does)];
    });
    return element("section", {}, element("h3", {}, group), element("dl", {}, ...items));
  });
  place.replaceChildren(...sections);
}
