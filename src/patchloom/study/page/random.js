// Random numbers from a text, the same in every browser: a counter that is hashed.

/** Mix 32 bits so that each bit of the input changes half of the output's. */
function mixed(bits) {
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** A function that gives whole numbers below `limit`, decided by `text` alone. */
function generator(text) {
  let key = 0;
  for (const character of text) key = mixed(key ^ character.codePointAt(0)) + 0x9e3779b9 | 0;
  let counter = 0;
  return (limit) => Math.floor((mixed(key ^ mixed(counter++)) / 2 ** 32) * limit);
}

/** A copy of `list` in random order. */
function shuffled(list, below) {
  const copy = [...list];
  for (let last = copy.length - 1; last > 0; last--) {
    const other = below(last + 1);
    [copy[last], copy[other]] = [copy[other], copy[last]];
  }
  return copy;
}

/** `count` entries, half of each value (one more of either where `count` is odd), in random order. */
function balanced(count, values, below) {
  const odd = values[below(2)];
  const list = Array.from({ length: count }, (_, at) => (at === count - 1 && count % 2 ? odd : values[at % 2]));
  return shuffled(list, below);
}
