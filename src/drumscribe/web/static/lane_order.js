/**
 * The lanes of a song in an order of the eight; another lane comes after its stand-in.
 *
 * @param {import("./types.js").Lane[]} lanes
 * @param {string[]} standIns names of the eight in the order that is wanted
 * @returns {number[]} every lane's index once
 */
export const laneOrder = (lanes, standIns) =>
  standIns.flatMap((standIn) =>
    lanes.flatMap((lane, index) => (lane.standIn === standIn ? [index] : [])),
  );
