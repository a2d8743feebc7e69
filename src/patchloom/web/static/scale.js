// Between a slider's way, 0 to 1000, and the numbers that a parameter may have.

export const STEPS = 1000;

/** A number as JSON says it, or "inf". */
export const isInfinite = (value) => value === "inf" || value === Infinity;

/**
 * The slider of a parameter: `value(position)`, `position(value)`. Wide ranges are bent, so that small numbers get most
 * of the way; ranges that end at infinity have it at the far end.
 */
export function scaleOf(parameter, { most = Infinity } = {}) {
  const low = Number(parameter.low ?? 0);
  const endless = parameter.high === "inf" || parameter.high === null || parameter.high === undefined;
  const whole = parameter.kind === "integer";
  const step = parameter.odd ? 2 : whole ? 1 : 0;
  const high = endless ? 1 : Math.max(low + (step || 1e-6), Math.min(Number(parameter.high), most));
  const logarithmic = endless && low > 0;
  const bend = !endless && high - low > 300 ? 3 : !endless && !whole && high - low > 5 ? 2 : 1;

  const value = (position) => {
    const part = position / STEPS;
    if (endless && part > 0.98) return "inf";
    const way = endless ? part / 0.98 : part;
    const raw = logarithmic ? low * (high / low) ** way : low + (high - low) * way ** bend;
    return rounded(raw, low, high, step);
  };
  const position = (number) => {
    if (isInfinite(number)) return STEPS;
    const inside = Math.min(high, Math.max(low, Number(number)));
    const way = logarithmic
      ? Math.log(inside / low) / Math.log(high / low)
      : ((inside - low) / (high - low)) ** (1 / bend);
    return Math.round(way * STEPS * (endless ? 0.98 : 1));
  };
  return { value, position, endless, step };
}

function rounded(raw, low, high, step) {
  if (step) return low + Math.round((raw - low) / step) * step;
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(raw), (high - low) / 100, 1e-9))));
  return Number(raw.toFixed(Math.min(digits, 8)));
}

/** A number as people read it. */
export function told(value) {
  if (isInfinite(value)) return "∞";
  return typeof value === "number" ? String(Number(value.toPrecision(6))) : String(value);
}

/** Why a number cannot be sent, or "": thousands of variations would freeze the page before the server refused them. */
export function outside({ kind, low, high }, value) {
  if (isInfinite(value)) return "";
  const whole = kind === "integer";
  if (value >= Number(low ?? -Infinity) && !(value > Number(high ?? Infinity)) && (!whole || Number.isInteger(value)))
    return "";
  const range = high === "inf" || high === null || high === undefined ? `at least ${low}` : `${low} to ${high}`;
  return `Must be ${whole ? "a whole number, " : ""}${range}`;
}
