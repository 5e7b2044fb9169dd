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

// Hues between those of the eight, for lanes that the stylesheet does not name.
const OTHER_HUES = [66, 118, 320, 222, 170, 272, 4];

const otherHue = (lane) => OTHER_HUES[lane % OTHER_HUES.length];

/** A lane's colour as the stylesheet says it, of whatever theme. */
export const laneColour = (name, lane) =>
  `var(--lane-${name}, oklch(var(--other-lane) ${otherHue(lane)}))`;

/**
 * @param {import("./types.js").Lane[]} lanes
 * @returns {Record<string, any> & {lanes: string[]}} colours of the current theme
 */
export function readPalette(lanes) {
  const style = getComputedStyle(document.documentElement);
  const value = (name) => style.getPropertyValue(`--${name}`).trim();
  const colours = Object.fromEntries(NAMES.map((name) => [name, value(name)]));
  const other = (lane) => `oklch(${value("other-lane")} ${otherHue(lane)})`;
  const ofLanes = lanes.map(({ name }, lane) => value(`lane-${name}`) || other(lane));
  return { ...colours, lanes: ofLanes };
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
