// The server, as the page speaks to it. All addresses are relative, so that the studio may live under any path.

import { state, update } from "./state.js";

/** What the server refused or could not do, in its own words. */
export class ApiError extends Error {
  constructor({ message, code = "unknown", status = 0, field = null }, retryAfter = null) {
    super(message);
    Object.assign(this, { code, status, field, retryAfter });
  }
}

const GONE =
  "The studio does not answer. If it was stopped, start it again with: patchloom studio. This page goes on by itself.";

async function request(path, options = {}) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    lost();
    throw new ApiError({ message: GONE, code: "offline" });
  }
  if (response.ok) return response;
  const body = await response.json().catch(() => null);
  const told = body?.error ?? {
    message: `The studio answered ${response.status} ${response.statusText}`,
    status: response.status,
  };
  throw new ApiError(told, Number(response.headers.get("Retry-After")) || null);
}

const json = async (path, options) => (await request(path, options)).json();
const unfinished = new Set(); // ids of this page's jobs that wait or run

/** Send a job. A signal gives that up, but not once the server has begun to answer: there is a job then, to cancel. */
export async function submit(form, signal) {
  const sending = new AbortController();
  const giveUp = () => sending.abort();
  signal?.addEventListener("abort", giveUp);
  const answer = await request("api/jobs", { method: "POST", body: form, signal: sending.signal });
  signal?.removeEventListener("abort", giveUp);
  const job = await answer.json();
  unfinished.add(job.id);
  return job;
}

export function cancel(id) {
  unfinished.delete(id);
  return json(`api/jobs/${id}`, { method: "DELETE", keepalive: true });
}

// Nobody waits for the results of a page that is closed or loaded again.
addEventListener("pagehide", ({ persisted }) => {
  if (!persisted) for (const id of [...unfinished]) cancel(id).catch(() => {});
});

export const tasks = () => json("api/tasks");
export const examples = () => json("api/examples");
export const job = (id) => json(`api/jobs/${id}`);
export const metadata = (id, index) => json(`api/jobs/${id}/metadata?index=${index}`);
export const blobAt = async (path) => (await request(path)).blob();

/** A file and the name that the server gives it. */
export async function fileAt(path) {
  const response = await request(path);
  return { blob: await response.blob(), name: named(response.headers.get("Content-Disposition") ?? "") };
}

/** The name in a header; with letters beyond ASCII it stands there a second time, encoded. */
function named(header) {
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(header)?.[1];
  return encoded ? decodeURIComponent(encoded) : (/filename="([^"]+)"/.exec(header)?.[1] ?? "patchloom.png");
}

export const imagePath = (id, index, format = "") =>
  `api/jobs/${id}/image?index=${index}${format && `&format=${format}`}`;
export const previewPath = (id, index, side = null) =>
  `api/jobs/${id}/preview?index=${index}${side ? `&side=${side}` : ""}`;
export const fieldPath = (id, index) => `api/jobs/${id}/field?index=${index}`;
export const mapPath = (id, index, name) => `api/jobs/${id}/maps/${encodeURIComponent(name)}?index=${index}`;

/** A picture that browsers cannot show, as 8-bit PNG; its channels of colour and the range of its values. */
export async function shown(blob, name) {
  const form = new FormData();
  form.append("image", blob, name);
  const response = await request("api/preview", { method: "POST", body: form });
  return {
    shown: await response.blob(),
    channels: Number(response.headers.get("Patchloom-Channels")),
    range: response.headers.get("Patchloom-Range").split(" ").map(Number),
  };
}

const ENDING = 700; // milliseconds from the last event to the last answer of a server that ends
const ENDS = ["done", "failed", "cancelled"];
const SOON = 500; // milliseconds until a job that waits behind others is asked about again
const SELDOM = 10_000; // and in a window that nobody looks at
const GONE_FOR_GOOD = [404, 410]; // the server knows the job no longer

/** Whether a job waits behind others that wait: it cannot run before it is first. */
const isBehind = ({ state: is, position }) => is === "queued" && position > 1;

/**
 * Follow a job as an answer tells of it; `on` has a function per kind of event, and `lost(error)` if the server no
 * longer knows the job. Returns a function that stops following.
 *
 * A stream of events holds a connection, and browsers have six for all windows together: who waits behind others asks
 * now and then instead. Nothing is missed in between, as a stream begins with how things stand and all results.
 */
export function follow(job, on) {
  const following = new AbortController();
  untilNear(job, on, following.signal).then((near) => {
    if (near) stream(job.id, on, following.signal);
  }, on.lost);
  return () => following.abort();
}

/** Ask about a job until it waits behind no others; false once nobody follows it any more. */
async function untilNear(job, on, signal) {
  for (let known = job; isBehind(known); ) {
    on.state?.(known);
    await pause(signal);
    if (signal.aborted) return false;
    try {
      known = await json(`api/jobs/${job.id}`, { signal });
    } catch (error) {
      if (signal.aborted) return false;
      if (GONE_FOR_GOOD.includes(error.status)) throw error; // all else may pass
    }
  }
  return !signal.aborted;
}

/** Wait until it is time to ask again: soon, or as soon as somebody looks at the window. */
function pause(signal) {
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", over);
      signal?.removeEventListener("abort", over);
      resolve();
    };
    const timer = setTimeout(over, document.hidden ? SELDOM : SOON);
    document.addEventListener("visibilitychange", over);
    signal?.addEventListener("abort", over);
  });
}

/** Hear of a job at once, to its end. */
function stream(id, on, signal) {
  const source = new EventSource(`api/jobs/${id}/events`);
  signal?.addEventListener("abort", () => source.close());
  for (const kind of ["state", "step", "result", ...ENDS]) {
    source.addEventListener(kind, (event) => {
      if (!state.online) update({ online: true });
      if (ENDS.includes(kind)) {
        source.close();
        unfinished.delete(id);
      }
      on[kind]?.(JSON.parse(event.data));
    });
  }
  source.addEventListener("error", async () => {
    if (source.readyState !== EventSource.CLOSED) return watch(); // the browser tries again by itself
    try {
      const found = await job(id);
      if (ENDS.includes(found.state)) on[found.state]?.(found);
      else on.lost?.(new ApiError({ message: "The connection to the studio ended early; run again", code: "offline" }));
    } catch (error) {
      on.lost?.(error);
    }
  });
}

const answers = () =>
  fetch("api/tasks", { cache: "no-store" }).then(
    () => true,
    () => false,
  );

/** See whether the server is still there, and say so if not. */
async function watch() {
  const well = await answers();
  if (!well) lost();
  return well;
}

/** Whether the server is still there once it has had the time to end. */
export async function there() {
  await new Promise((resolve) => {
    setTimeout(resolve, ENDING);
  });
  return watch();
}

let waiting = false;

/** The server is gone: say so, and look for it until it is back. */
function lost() {
  update({ online: false });
  if (waiting) return;
  waiting = true;
  const look = async () => {
    waiting = !(await answers());
    if (waiting) setTimeout(look, 1500);
    else update({ online: true });
  };
  setTimeout(look, 1500);
}
