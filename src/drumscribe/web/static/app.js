/** The page: home, waiting or the studio, by the id after the address's hash. */

import * as api from "./api.js";
import { byId } from "./dom.js";
import { Home, offerCancel, waitFor } from "./home.js";
import { loadSong } from "./song.js";
import { openStudio } from "./studio.js";
import { titleOf } from "./words.js";

function showOnly(id) {
  for (const main of document.querySelectorAll("main")) main.hidden = main.id !== id;
}

function nameSong(title) {
  byId("song-name").textContent = title;
  byId("song-name").hidden = title === "";
}

/** Wait until a transcription is done, then edit it. */
async function open(id) {
  history.replaceState(null, "", `#${id}`);
  offerCancel(id);
  showOnly("waiting");
  try {
    const status = await api.status(id);
    nameSong(titleOf(status));
    if (status.status !== "done") await waitFor(id);
    const song = await loadSong(id);
    showOnly("studio");
    openStudio({ ...song, name: titleOf(status) });
  } catch (error) {
    showOnly("home");
    history.replaceState(null, "", "/");
    await home.show();
    nameSong("");
    byId("home-error").textContent = error.message;
    if (!(error instanceof api.ApiError)) throw error;
  }
}

const home = new Home(open);
byId("theme").addEventListener("click", () => {
  document.documentElement.dispatchEvent(new Event("theme-toggle"));
});
// A song is taken down with its page: nothing of it is left over for the next.
window.addEventListener("hashchange", () => location.reload());

if (location.hash.length > 1) open(location.hash.slice(1));
else home.show();
