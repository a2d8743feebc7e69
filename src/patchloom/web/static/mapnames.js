// What a map is called: by its file's name, as the makers of materials write it.

const WORDS = {
  normal: ["normal", "normals", "normalgl", "normaldx", "normalmap", "nmap", "nrm", "nor", "n"],
  roughness: ["roughness", "rough", "r"],
  gloss: ["gloss", "glossiness", "smoothness"],
  height: ["height", "heightmap", "displacement", "disp", "h"],
  bump: ["bump"],
  metalness: ["metalness", "metallic", "metal"],
  occlusion: ["occlusion", "ambientocclusion", "ao"],
  albedo: ["albedo", "basecolor", "basecolour", "color", "colour", "col", "diffuse", "diff"],
  opacity: ["opacity", "alpha"],
  emissive: ["emissive", "emission"],
};
const NAMES = new Map(Object.entries(WORDS).flatMap(([name, words]) => words.map((word) => [word, name])));
const LONGEST = 40;

/** A name as the studio takes it. */
export const tidied = (text) =>
  text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, "_")
    .replace(/^[_-]+|[_-]+$/g, "")
    .slice(0, LONGEST);

/** The name that a file suggests, which none of `taken` has: "Bricks_2K_NormalGL.png" is a normal map. */
export function nameOf(file, taken = []) {
  const stem = file.replace(/\.[^.]+$/, "");
  const words = stem
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z]+/)
    .concat(stem.toLowerCase().split(/[^a-z]+/)) // "NormalGL" in one word comes first
    .reverse();
  const known = words.find((word) => NAMES.has(word));
  const last = stem.split(/[^\p{L}]+/u).findLast((word) => word.length > 2 && word.toLowerCase() !== "map");
  const name = NAMES.get(known) ?? (tidied(last ?? "") || "map");
  let free = name;
  for (let number = 2; taken.includes(free); number += 1) free = `${name}${number}`;
  return free;
}
