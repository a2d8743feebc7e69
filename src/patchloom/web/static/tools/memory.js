// What was painted on a picture is still there when its task is chosen again.

const MOST = 3; // pictures: what is painted takes hundreds of megabytes; what was sent stays with its run
const kept = new WeakMap();
let latest = [];

/** Whether something is remembered of a picture under a name. */
export const isRemembered = (picture, name) => kept.get(picture)?.has(name) ?? false;

/** Return what is remembered of a picture under a name, made at the first time. */
export function remembered(picture, name, create) {
  if (latest.at(-1)?.deref() !== picture) {
    latest = [...latest.filter((one) => one.deref() && one.deref() !== picture), new WeakRef(picture)];
    for (const old of latest.splice(0, Math.max(0, latest.length - MOST))) kept.delete(old.deref());
  }
  if (!kept.has(picture)) kept.set(picture, new Map());
  const things = kept.get(picture);
  if (!things.has(name)) things.set(name, create());
  return things.get(name);
}
