// The page about the interface, made from openapi.json.

import { byId, make } from "./dom.js";

const METHODS = ["get", "post", "put", "patch", "delete"];
const DEEPEST = 4;

/** What a reference leads to; anything else as it is. */
function followed(spec, part) {
  if (!part?.$ref) return part ?? {};
  return part.$ref.slice(2).split("/").reduce((found, key) => found[key], spec);
}

/** A type in words. */
function typed(spec, schema) {
  const found = followed(spec, schema);
  if (found.enum) return found.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (found.const !== undefined) return JSON.stringify(found.const);
  if (found.anyOf) return found.anyOf.map((one) => typed(spec, one)).join(" or ");
  if (found.format === "binary") return "file";
  if (found.type === "array") return `list of ${typed(spec, found.items)}`;
  if (found.type === "object" && found.title) return found.title;
  return [found.type ?? "anything"].flat().join(" or ") + bounds(found);
}

function bounds({ minimum, maximum }) {
  if (minimum === undefined && maximum === undefined) return "";
  if (maximum === undefined) return `, at least ${minimum}`;
  return minimum === undefined ? `, at most ${maximum}` : `, ${minimum} to ${maximum}`;
}

/** Text with `code` in it. */
function worded(text = "") {
  return text.split("`").map((part, at) => (at % 2 ? make("code", {}, part) : part));
}

function table(heads, rows) {
  return make("div", { className: "scroll", tabIndex: 0, role: "region", aria: { label: heads[0] } },
    make("table", {},
      make("thead", {}, make("tr", {}, heads.map((head) => make("th", { scope: "col" }, head)))),
      make("tbody", {}, rows.map(([first, ...rest]) => make("tr", {},
        make("th", { scope: "row" }, make("code", {}, first)), rest.map((cell) => make("td", {}, worded(cell))))))));
}

/** The properties of an object, those of the objects in it too. */
function properties(spec, schema, prefix = "", depth = 0) {
  let found = followed(spec, schema);
  if (found.anyOf) found = followed(spec, found.anyOf.find((one) => followed(spec, one).properties));
  if (found.type === "array") return properties(spec, found.items, `${prefix}[].`.replace(".[]", "[]"), depth);
  if (depth >= DEEPEST) return [];
  return Object.entries(found.properties ?? {}).flatMap(([name, one]) => {
    const needed = (found.required ?? []).includes(name);
    const about = followed(spec, one);
    const what = [one.description ?? about.description, needed ? "" : "Optional."].filter(Boolean).join(" ");
    const row = [prefix + name, typed(spec, one), what];
    return [row, ...properties(spec, one, `${prefix}${name}.`, depth + 1)];
  });
}

function contents(spec, content = {}, heading) {
  return Object.entries(content).flatMap(([type, { schema }]) => {
    const rows = properties(spec, schema);
    return rows.length ? [make("h3", {}, `${heading}: ${type}`), table(["Name", "Type", "What it is"], rows)] : [];
  });
}

function answers(spec, responses) {
  const good = Object.entries(responses).filter(([status]) => status < 400);
  const bad = Object.entries(responses).filter(([status]) => status >= 400);
  const files = good.flatMap(([, { content = {} }]) => Object.keys(content));
  return [
    make("h3", {}, "Answer"),
    ...good.map(([status, { description }]) => make("p", {}, make("code", {}, status), " ", worded(description))),
    files.length ? make("p", { className: "dims" }, files.join(", ")) : null,
    ...good.flatMap(([, { content }]) => contents(spec, content, "Fields")),
    make("details", {}, make("summary", {}, `Errors: ${bad.map(([status]) => status).join(", ")}`),
      table(["Status", "When"], bad.map(([status, { description }]) => [status, description]))),
  ];
}

/** Where a parameter stands, or what it is where it is left out. */
function placed({ in: where, required, schema }) {
  if (where === "path") return "In the path.";
  if (required) return "";
  return schema.default === undefined ? "Optional." : `Optional, ${schema.default}.`;
}

function inQuery(spec, parameters = []) {
  if (!parameters.length) return [];
  const rows = parameters.map((one) => {
    const what = [one.description, placed(one)].filter(Boolean).join(" ");
    return [one.name, typed(spec, one.schema), what];
  });
  return [make("h3", {}, "Parameters"), table(["Name", "Type", "What it is"], rows)];
}

function routesOf(spec) {
  return Object.entries(spec.paths).flatMap(([path, methods]) =>
    METHODS.filter((method) => methods[method]).map((method) => {
      const id = `${method}${path.replace(/[^a-z]+/gi, "-")}`.replace(/-$/, "");
      return { path, method: method.toUpperCase(), id, ...methods[method] };
    }),
  );
}

function article(spec, route) {
  return make("article", { aria: { labelledby: route.id } },
    make("h2", { id: route.id }, make("span", { className: "method" }, route.method), make("code", {}, route.path)),
    make("p", {}, worded(route.description)),
    ...inQuery(spec, route.parameters),
    ...contents(spec, route.requestBody?.content, "Body"),
    ...answers(spec, route.responses));
}

async function start() {
  const host = byId("routes");
  try {
    const answer = await fetch("openapi.json");
    if (!answer.ok) throw new Error(`openapi.json: ${answer.status}`);
    const spec = await answer.json();
    const routes = routesOf(spec);
    byId("contents").replaceChildren(make("ul", {}, routes.map(({ id, method, path }) => make("li", {},
      make("a", { href: `#${id}` }, make("span", { className: "method" }, method), make("code", {}, path))))));
    const articles = routes.map((route) => article(spec, route));
    host.replaceChildren(make("p", {}, worded(spec.info.description)), ...articles);
  } catch (error) {
    const why = `The interface could not be read (${error.message}). Is the studio still running?`;
    host.replaceChildren(make("p", { role: "alert" }, why));
  }
  host.removeAttribute("aria-busy");
}

start();
