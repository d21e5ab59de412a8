// Pieces of the page: elements, tables, dates.

export const $ = (id) => document.getElementById(id);
export const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on")
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
};

export const tag = (text, kind) => make("span", { class: `tag ${kind}` }, text);
export const time = (value) => new Date(value).toLocaleTimeString([], { hour12: false });

export function table(columns, rows, empty) {
  if (rows.length === 0) return make("p", { class: "empty" }, empty);
  const head = make("tr", {}, ...columns.map((name) => make("th", { scope: "col" }, name)));
  return make(
    "div",
    { class: "table" },
    make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)),
  );
}

export function row(cells, open) {
  const listeners = {
    click: (event) => event.target.closest("button") === null && open(),
    keydown: (event) => event.key === "Enter" && event.target === event.currentTarget && open(),
  };
  const made = cells.map(([content, kind = ""]) => make("td", { class: kind }, content));
  return make("tr", { tabindex: "0", on: listeners }, ...made);
}

/** Swaps a panel's content only when it changed, so that focus and selection stay. */
const drawn = new Map();
export function draw(id, data, build) {
  const print = JSON.stringify(data);
  if (drawn.get(id) === print) return;
  drawn.set(id, print);
  $(id).replaceChildren(build());
}

export function pretty(body) {
  if (!/^[[{]/.test(body)) return body;
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    // Cut or spoilt on purpose by a fault: shown as it went out.
    return body;
  }
}
