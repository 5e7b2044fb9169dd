/** The server's API: one function for each request, errors as one clear line. */

export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {number} status of HTTP; 0 when no answer came
   */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

const ROOT = "/api/transcriptions";

async function request(url, options) {
  let response;
  try {
    response = await fetch(url, options);
  } catch {
    throw new ApiError("The studio does not answer. Is it still running?", 0);
  }
  if (!response.ok) throw new ApiError(await messageOf(response), response.status);
  return response;
}

async function messageOf(response) {
  try {
    const { detail } = await response.json();
    if (typeof detail === "string") return detail;
  } catch {
    // Not JSON: the status is all there is to say.
  }
  return `The studio answered with an error (${response.status}).`;
}

const json = async (url, options) => (await request(url, options)).json();
const post = (url, body) => json(url, { method: "POST", body });

/** Recordings that are transcribed or being transcribed, newest first. */
export const listTranscriptions = async () => (await json(ROOT)).transcriptions;

/** Send a recording; answers its id. */
export async function upload(file) {
  const form = new FormData();
  form.append("audio", file, file.name);
  return (await post(ROOT, form)).id;
}

/** Begin the bundled example; answers its id. */
export const transcribeExample = async () => (await post(`${ROOT}/example`)).id;

export const status = (id) => json(`${ROOT}/${id}`);
export const cancel = (id) => post(`${ROOT}/${id}/cancel`);
export const remove = (id) => request(`${ROOT}/${id}`, { method: "DELETE" });
export const result = (id) => json(`${ROOT}/${id}/result`, { cache: "no-store" });
export const formats = async () => (await json("/api/formats")).formats;

export const audioUrl = (id) => `${ROOT}/${id}/audio`;
export const exportUrl = (id, format) => `${ROOT}/${id}/export/${format}`;

/** Activations or velocities: bytes of shape (frames, lanes), and their frame rate. */
export async function frames(id, kind) {
  const response = await request(`${ROOT}/${id}/${kind}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const nLanes = Number(response.headers.get("X-Lanes"));
  return { bytes, nLanes, frameRate: Number(response.headers.get("X-Frame-Rate")) };
}

/** @returns {Promise<import("./types.js").Waveform>} */
export async function waveform(id) {
  const response = await request(`${ROOT}/${id}/waveform`);
  const extremes = new Uint8Array(await response.arrayBuffer());
  return { extremes, stepS: Number(response.headers.get("X-Step-Seconds")) };
}

/** Save edits over a revision; answers the new one. Throws status 409 when that one is stale. */
export async function saveEdits(id, body, { isLast = false } = {}) {
  const options = {
    method: "PATCH",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    keepalive: isLast,
  };
  return (await json(`${ROOT}/${id}/events`, options)).revision;
}

/** The file of one format, made from the saved edits, and the name it goes by. */
export async function exported(id, format) {
  const response = await request(exportUrl(id, format.id));
  const disposition = response.headers.get("Content-Disposition") ?? "";
  return { blob: await response.blob(), name: fileName(disposition, `drums.${format.extension}`) };
}

function fileName(disposition, fallback) {
  const encoded = /filename\*=utf-8''([^;]+)/i.exec(disposition);
  if (encoded) return decodeURIComponent(encoded[1]);
  return /filename="([^"]+)"/i.exec(disposition)?.[1] ?? fallback;
}

/**
 * Follow a transcription until it ends.
 *
 * @param {string} id
 * @param {(status: object) => void} onStatus called with every status object
 * @returns {() => void} stops following
 */
export function follow(id, onStatus) {
  const source = new EventSource(`${ROOT}/${id}/progress`);
  let timer = 0;
  let isOver = false;
  const take = (update) => {
    if (isOver) return;
    isOver = ["done", "failed", "cancelled"].includes(update.status);
    if (isOver) source.close();
    onStatus(update);
  };
  const poll = async () => {
    try {
      take(await status(id));
    } catch (error) {
      if (error.status === 404) take({ status: "failed", error: error.message });
    }
    if (!isOver) timer = window.setTimeout(poll, 1000);
  };
  source.onmessage = (event) => take(JSON.parse(event.data));
  source.onerror = () => {
    // A proxy or a restart has cut the stream: ask now and then instead.
    source.close();
    window.clearTimeout(timer);
    if (!isOver) timer = window.setTimeout(poll, 500);
  };
  return () => {
    isOver = true;
    source.close();
    window.clearTimeout(timer);
  };
}
