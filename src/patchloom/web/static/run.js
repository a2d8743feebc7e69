// Runs: sent, followed from the first preview to the last result, cancelled at once.

import * as api from "./api.js";
import { announce, byId, counted } from "./dom.js";
import { clearErrors } from "./form.js";
import { forget, keep } from "./keep.js";
import { hold, release } from "./pictures.js";
import { clearNotices, notice, report } from "./report.js";
import { asForm, collect, problem } from "./request.js";
import { state, tell, update } from "./state.js";

const WIDE = 900; // from this width on, picture and variations stand side by side
const ANSWERED = 1000; // milliseconds to wait for the answer to a request that is given up: it has the job to cancel

/** Run what the form and the tool say. */
export async function runNow() {
  if (state.active && !state.active.live) return;
  clearNotices();
  clearErrors();
  const why = problem();
  if (why) {
    notice(why, { kind: "info" });
    return;
  }
  await start(collect);
}

/**
 * Make a request, send it and follow it; gives the run, or null if it was refused or cancelled on its way. `again` is
 * the result that it should come out like, `live` says that the live mode asked for it, `replaces` is the run of the
 * live mode whose place in the history it takes. One run at a time: its place is taken before anything is waited for.
 */
export async function start(making, { again = null, replaces = null, live = false } = {}) {
  if (state.active?.live && !live) cancelNow({ quiet: true });
  if (state.active) {
    if (!live) notice("Another run is not finished: wait for it, or cancel it first", { kind: "info" });
    return null;
  }
  const run = newRun({ again, live });
  const before = { run: state.run, view: state.view };
  run.leave = () => goBack(run, before);
  update({ active: run });
  let job;
  try {
    const request = await making();
    if (run.ended) return null;
    fill(run, request);
    hold(run.picture);
    update({ run, cell: null, view: viewFor() });
    job = await send(run, request);
    if (!job) {
      release(run.picture);
      return null;
    }
  } catch (error) {
    if (run.picture) release(run.picture);
    if (run.ended) return null;
    run.ended = true;
    goBack(run, before);
    if (state.active === run) update({ active: null });
    report(error, { focus: !live });
    return null;
  }
  if (replaces && state.runs.at(-1) === replaces) forget(replaces);
  keep(run);
  track(run, job);
  return run;
}

/** Send a run; gives the job, or null if it was cancelled before that was heard of. */
async function send(run, request) {
  const job = await api.submit(asForm(request), run.sending.signal);
  if (run.ended) {
    api.cancel(job.id).catch(() => {});
    return null;
  }
  run.id = job.id;
  (job.seeds ?? []).forEach((own, index) => {
    if (run.cells[index]) run.cells[index].seed = own;
  });
  clearErrors();
  return job;
}

/** Show what was shown before a run that came to nothing. */
function goBack(run, before) {
  if (state.run !== run) return;
  update({
    run: state.runs.includes(before.run) ? before.run : null,
    view: before.view === "welcome" ? "picture" : before.view,
  });
}

function newRun({ again, live }) {
  return {
    task: state.task,
    picture: null,
    files: [],
    values: {},
    live,
    sending: new AbortController(),
    id: null,
    state: "sending",
    position: 0,
    progress: 0,
    error: null,
    again,
    began: performance.now(),
    time: new Date(),
    seconds: null,
    cells: [],
  };
}

function fill(run, { task, picture, files, drawn, parameters: values }) {
  const { count = 1, seed } = values;
  Object.assign(run, { task, picture, files, drawn, values: { ...values } });
  run.cells = Array.from({ length: Math.min(count, state.schema.limits.count) }, (_, index) =>
    newCell(run, index, seed + index),
  );
}

const newCell = (run, index, seed) => ({
  run,
  index,
  seed,
  state: "waiting",
  preview: null,
  level: null,
  result: null,
  blob: null,
  url: null,
  thumb: null,
  paint: null,
});

function viewFor() {
  if (state.live) return state.view;
  if (state.view === "results") return "results";
  return byId("work").clientWidth >= WIDE ? "both" : "results";
}

function track(run, job) {
  run.leave = api.follow(job, {
    state: (now) => take(run, now),
    step: (step) => takeStep(run, step),
    result: (result) => takeResult(run, result),
    done: (now) => end(run, now),
    failed: (now) => end(run, now),
    cancelled: (now) => stopped(run, now),
    lost: (error) => {
      if (error.status === 404) stopped(run, { state: "cancelled" });
      else end(run, { state: "failed", error: { message: error.message, code: error.code } });
    },
  });
}

function take(run, job) {
  run.state = job.state;
  run.position = job.position ?? 0;
  run.progress = Math.max(run.progress, job.progress ?? 0);
  for (const result of job.results ?? []) takeResult(run, result);
  tell(["active"]);
}

function takeStep(run, step) {
  const cell = run.cells[step.index];
  if (!cell || cell.result) return;
  cell.state = "running";
  cell.level = `level ${step.levels - step.level} of ${step.levels}`;
  cell.preview = step.preview ?? cell.preview;
  cell.share = step.progress;
  run.state = "running";
  run.progress = Math.max(run.progress, step.progress ?? 0);
  cell.paint?.();
  tell(["active"]);
}

function takeResult(run, result) {
  const cell = run.cells[result.index];
  if (!cell || cell.result) return;
  cell.result = result;
  cell.seed = result.seed;
  cell.state = "done";
  keep(run, cell).then(() => {
    cell.paint?.();
    tell(["runs"]);
  }, report);
  const done = run.cells.filter((one) => one.result).length;
  if (done === run.cells.length) announce(`${counted(done, "variation")} done`);
  else if (done === 1) announce(`Variation 1 of ${run.cells.length} done`);
  tell(["active"]);
}

function end(run, job) {
  if (run.ended) return;
  for (const result of job.results ?? []) takeResult(run, result);
  run.ended = true;
  run.state = job.state;
  run.seconds = (performance.now() - run.began) / 1000;
  run.error = job.error ?? null;
  for (const cell of run.cells) if (!cell.result) cell.state = "cancelled";
  if (state.active === run) update({ active: null });
  if (job.state === "failed") report(job.error ?? { message: "The run failed; try again" });
  if (run.again && job.state === "done") {
    const same = run.cells[0].result?.sha256_of_pixels === run.again.result?.sha256_of_pixels;
    notice(
      same
        ? `Seed ${run.cells[0].seed} was made again: the same to the last bit.`
        : "This came out differently: the engine or the picture changed in between.",
      { kind: same ? "info" : "danger" },
    );
  }
  for (const cell of run.cells) cell.paint?.();
  tell(["run", "runs"]);
}

/** A run was cancelled, and not by this page: the studio was stopped, or another window did it. */
async function stopped(run, job) {
  end(run, job);
  const done = run.cells.filter((cell) => cell.result).length;
  const told = `${done} of ${counted(run.cells.length, "variation")} ${done === 1 ? "was" : "were"} finished`;
  const there = job.id && (await api.there());
  notice(`${there ? "The run was cancelled, not from this window" : "The studio was stopped"}; ${told}.`);
}

/** Cancel what runs; what is done stays. The live mode does so without a word. */
export function cancelNow({ quiet = false } = {}) {
  const run = state.active;
  if (!run) return;
  run.leave();
  if (run.id) api.cancel(run.id).catch(report);
  else setTimeout(() => run.sending.abort(), ANSWERED);
  end(run, { state: "cancelled" });
  if (!quiet) announce("Cancelled");
}

/** The same seed and settings once more. */
export const rerun = (cell) =>
  start(() => ({ ...cell.run, parameters: { ...cell.run.values, seed: cell.seed, count: 1 } }), {
    again: cell.result ? cell : null,
  });

/** As many more of the same kind, with the seeds that follow. */
export function moreLike(cell) {
  const seeds = cell.run.cells.map((one) => one.seed);
  const count = Math.max(4, seeds.length);
  const last = Math.max(...seeds);
  const seed = last + count < Number.MAX_SAFE_INTEGER ? last + 1 : 0; // beyond, numbers lose their last digits
  return start(() => ({ ...cell.run, parameters: { ...cell.run.values, seed, count } }));
}
