/**
 * The pointer on the lane view.
 *
 * A mouse selects, drags, draws frames and adds by double click; the wheel scrolls and, with Ctrl,
 * zooms. A finger scrolls, two fingers zoom, a tap selects.
 */

import { changed, movement } from "./edits.js";
import { hitsBetween } from "./hits.js";

const GRAB_PX = 7;
const DRAG_PX = 3;
const WHEEL_LINE_PX = 30;

export class LanePointer {
  #pointers = new Map();
  #drag = null;

  /**
   * @param {import("./lanes.js").LaneView} lanes
   * @param {import("./actions.js").Actions} actions
   */
  constructor(lanes, actions) {
    this.lanes = lanes;
    this.actions = actions;
    this.store = lanes.store;
    this.view = lanes.view;
    const canvas = lanes.overlay;
    const on = (type, listener) => canvas.addEventListener(type, listener);
    on("pointerdown", (event) => this.#down(event));
    on("pointermove", (event) => this.#move(event));
    on("pointerup", (event) => this.#up(event));
    on("pointercancel", (event) => this.#up(event));
    on("pointerleave", () => this.#setHover(null));
    on("dblclick", (event) => this.#doubleClick(event));
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
  }

  #wheel(event) {
    event.preventDefault();
    const factor = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? WHEEL_LINE_PX : 1;
    const deltaPx = (event.deltaY || event.deltaX) * factor;
    if (event.ctrlKey || event.metaKey) {
      this.view.zoom(Math.exp(-deltaPx / 240), this.view.toS(event.offsetX));
    } else {
      this.view.scrollBy(deltaPx / this.view.pxPerS);
    }
  }

  /** The hit under a point of the canvas, the nearest first. */
  hitAt(xPx, yPx) {
    const row = this.lanes.rowAt(yPx);
    if (row < 0) return undefined;
    const hits = this.store.state.lanes[this.store.rows[row]];
    const timeS = this.view.toS(xPx);
    const reachS = GRAB_PX / this.view.pxPerS;
    const near = hitsBetween(hits, timeS - reachS, timeS + reachS);
    const distance = (hit) => Math.abs(hit.onsetS - timeS);
    return near.sort((a, b) => distance(a) - distance(b))[0];
  }

  #down(event) {
    this.lanes.overlay.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, { xPx: event.offsetX, yPx: event.offsetY });
    this.#setHover(null);
    const start = { xPx: event.offsetX, yPx: event.offsetY };
    if (event.pointerType === "touch") this.#drag = { kind: "pan", ...start };
    else if (event.button === 0) this.#drag = { ...this.#begin(event), ...start };
  }

  /** What a press of the mouse begins, by where it is. */
  #begin(event) {
    const { offsetX, offsetY } = event;
    if (offsetY < this.lanes.rulerPx) return { kind: "loop" };
    if (this.lanes.rowAt(offsetY) < 0) return { kind: "seek" };
    const hit = this.hitAt(offsetX, offsetY);
    if (!hit) return { kind: "frame", kept: event.shiftKey ? [...this.store.selection] : [] };
    this.#press(hit, event.shiftKey);
    return { kind: event.altKey ? "velocity" : "move", hit, state: this.store.state };
  }

  #press(hit, isAdding) {
    const { selection } = this.store;
    if (isAdding) {
      const ids = new Set(selection);
      if (!ids.delete(hit.id)) ids.add(hit.id);
      this.store.select(ids, hit.lane);
    } else {
      this.store.select(selection.has(hit.id) ? selection : [hit.id], hit.lane);
    }
    this.actions.player.preview(hit.lane, hit.velocity);
  }

  #move(event) {
    const place = { xPx: event.offsetX, yPx: event.offsetY };
    if (!this.#drag) {
      if (event.pointerType === "mouse") this.#hoverAt(place);
      return;
    }
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    if (this.#pointers.size === 2) this.#pinch(event.pointerId, place);
    this.#pointers.set(event.pointerId, place);
    if (this.#pointers.size > 1) return;
    const { xPx, yPx } = this.#drag;
    const isFar = Math.hypot(place.xPx - xPx, place.yPx - yPx) > DRAG_PX;
    this.#drag.hasMoved ||= isFar;
    if (this.#drag.hasMoved) this.#follow(place, event, before);
  }

  /** What a drag does, by what its press has begun. */
  #follow(place, event, before) {
    const kinds = {
      pan: () => this.#panTo(place, before),
      seek: () => this.#seekTo(place),
      loop: () => this.#loopTo(place),
      frame: () => this.#frameTo(place),
      move: () => this.#moveTo(place, event),
      velocity: () => this.#velocityTo(place),
    };
    kinds[this.#drag.kind]();
  }

  #panTo(place, before) {
    this.view.scrollBy((before.xPx - place.xPx) / this.view.pxPerS);
  }

  #seekTo({ xPx }) {
    this.actions.player.seek(this.view.toS(xPx));
  }

  #loopTo({ xPx }) {
    const snap = (timeS) => this.store.state.tempo.snapped(timeS, 1);
    const [fromS, toS] = [this.#drag.xPx, xPx].map((px) => snap(this.view.toS(px)));
    if (fromS === toS) return;
    const span = { startS: Math.min(fromS, toS), endS: Math.max(fromS, toS) };
    this.actions.player.setLoop(span);
  }

  #frameTo(place) {
    const { xPx, yPx, kept } = this.#drag;
    const [left, right] = [Math.min(xPx, place.xPx), Math.max(xPx, place.xPx)];
    const [top, bottom] = [Math.min(yPx, place.yPx), Math.max(yPx, place.yPx)];
    this.lanes.frame = [left, top, right - left, bottom - top];
    const rows = [Math.max(0, this.lanes.rowAt(top)), this.lanes.rowAt(bottom)];
    const inFrame = this.store.rows
      .slice(rows[0], rows[1] + 1)
      .flatMap((lane) =>
        hitsBetween(this.store.state.lanes[lane], this.view.toS(left), this.view.toS(right)),
      );
    this.store.select([...kept, ...inFrame.map((hit) => hit.id)]);
  }

  /** Drag the selected hits in time and over lanes; the grabbed one keeps to the grid. */
  #moveTo({ xPx, yPx }, event) {
    const { hit, state, xPx: fromPx } = this.#drag;
    const { rows } = this.store;
    const wantedS = hit.onsetS + (xPx - fromPx) / this.view.pxPerS;
    const snappedS = event.ctrlKey ? wantedS : this.actions.snapped(wantedS);
    const row = Math.max(0, this.lanes.rowAt(yPx));
    const selected = state.lanes.flat().filter((each) => this.store.selection.has(each.id));
    if (selected.length === 0) return;
    // A hit that stays in its column keeps its own time, on the grid or not.
    const deltaS = Math.abs(xPx - fromPx) > DRAG_PX ? snappedS - hit.onsetS : 0;
    const wanted = { deltaS, laneStep: row - rows.indexOf(hit.lane) };
    const step = movement(selected, wanted, rows, this.store.song.durationS);
    const change = ({ onsetS, lane }) => ({
      onsetS: onsetS + step.deltaS,
      lane: rows[rows.indexOf(lane) + step.laneStep],
    });
    const next = changed(state, this.store.selection, change, this.store.song);
    this.store.apply(next, "move", "drag");
  }

  #velocityTo({ yPx }) {
    const { yPx: fromPx, state } = this.#drag;
    const change = ({ velocity }) => ({ velocity: velocity + (fromPx - yPx) });
    const next = changed(state, this.store.selection, change, this.store.song);
    this.store.apply(next, "change velocity", "drag");
  }

  /** Zoom and scroll so that both fingers stay on what they hold. */
  #pinch(pointerId, place) {
    const [otherId] = [...this.#pointers.keys()].filter((id) => id !== pointerId);
    const other = this.#pointers.get(otherId);
    const before = this.#pointers.get(pointerId);
    const beforePx = Math.max(10, Math.abs(before.xPx - other.xPx));
    const nowPx = Math.max(10, Math.abs(place.xPx - other.xPx));
    this.view.zoom(nowPx / beforePx, this.view.toS(other.xPx));
    this.#drag.hasMoved = true;
  }

  #up(event) {
    this.#pointers.delete(event.pointerId);
    const drag = this.#drag;
    if (this.#pointers.size > 0 || !drag) return;
    this.#drag = null;
    this.lanes.frame = null;
    this.store.endGesture();
    this.lanes.invalidateOverlay();
    if (!drag.hasMoved && event.type === "pointerup") this.#tap(drag, event);
  }

  #tap(drag, event) {
    const hit = this.hitAt(event.offsetX, event.offsetY);
    const row = this.lanes.rowAt(event.offsetY);
    if (event.pointerType === "touch" && hit) {
      this.#press(hit, false);
    } else if (drag.kind === "move" && !event.shiftKey) {
      this.store.select([drag.hit.id], drag.hit.lane);
    } else if (drag.kind !== "move" && drag.kind !== "velocity") {
      this.actions.player.seek(this.view.toS(event.offsetX));
      if (row >= 0 && !event.shiftKey) this.store.select([], this.store.rows[row]);
    }
  }

  #doubleClick(event) {
    const row = this.lanes.rowAt(event.offsetY);
    if (row < 0) {
      if (event.offsetY < this.lanes.rulerPx) this.actions.player.setLoop(null);
      return;
    }
    if (this.hitAt(event.offsetX, event.offsetY)) return;
    const timeS = this.view.toS(event.offsetX);
    this.actions.add(timeS, this.store.rows[row], { isFree: event.ctrlKey });
  }

  #hoverAt({ xPx, yPx }) {
    const row = this.lanes.rowAt(yPx);
    const hit = this.hitAt(xPx, yPx);
    this.lanes.overlay.classList.toggle("on-hit", hit !== undefined);
    if (row < 0 || hit) this.#setHover(null);
    else {
      const timeS = this.actions.snapped(this.view.toS(xPx));
      this.#setHover({ timeS, lane: this.store.rows[row] });
    }
  }

  #setHover(hover) {
    if (!hover && !this.lanes.hover) return;
    this.lanes.hover = hover;
    this.lanes.invalidateOverlay();
  }
}
