/** The stylesheet's colours, for canvases. */

const NAMES = [
  "ink",
  "muted",
  "line",
  "line-strong",
  "surface",
  "sunken",
  "wave",
  "playhead",
  "loop",
];

/**
 * @param {import("./types.js").Lane[]} lanes
 * @returns {Record<string, any> & {lanes: string[]}} colours of the current theme
 */
export function readPalette(lanes) {
  const style = getComputedStyle(document.documentElement);
  const value = (name) => style.getPropertyValue(`--${name}`).trim();
  const colours = Object.fromEntries(NAMES.map((name) => [name, value(name)]));
  return { ...colours, lanes: lanes.map((lane) => value(`lane-${lane.name}`) || colours.ink) };
}

/**
 * Size a canvas for its place on the page and the screen's pixels, and empty it.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {string} [ground] colour of a canvas that nothing shines through, which is drawn faster;
 *   always or never given for one canvas
 * @returns {CanvasRenderingContext2D} its context in CSS pixels
 */
export function sizedContext(canvas, ground = "") {
  const { clientWidth, clientHeight } = canvas;
  const ratio = Math.min(3, window.devicePixelRatio || 1);
  const [width, height] = [Math.round(clientWidth * ratio), Math.round(clientHeight * ratio)];
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d", { alpha: ground === "" });
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = ground;
  if (ground === "") context.clearRect(0, 0, clientWidth, clientHeight);
  else context.fillRect(0, 0, clientWidth, clientHeight);
  return context;
}
