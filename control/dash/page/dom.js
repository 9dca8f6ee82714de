// A view is a function that returns what shall be seen; draw makes it so, and
// touches only what is different, so that focus, selection and what is being
// typed stay. Text only ever becomes text: there is no way from a string to
// markup in here.

const svgSpace = "http://www.w3.org/2000/svg";

// h describes an element: h("button.plain", {onclick, key}, children…). Children
// are descriptions, strings, numbers, arrays of them, or nothing.
export function h(tag, props, ...kids) {
  const [name, ...classes] = tag.split(".");
  const all = { ...props };
  if (classes.length) all.class = [...classes, all.class].filter(Boolean).join(" ");
  const { key, ...rest } = all;
  return { name, key, props: rest, kids: flat(kids) };
}

function flat(kids) {
  const out = [];
  for (const kid of kids.flat(Infinity)) {
    if (kid === null || kid === undefined || kid === false || kid === true) continue;
    out.push(typeof kid === "object" ? kid : { text: String(kid) });
  }
  return out;
}

// draw makes the content of an element what is described.
export function draw(element, ...kids) {
  const next = flat(kids);
  reconcile(element, element.drawn ?? clear(element), next, false);
  element.drawn = next;
}

function clear(element) {
  element.replaceChildren();
  return [];
}

function make(v, inSVG) {
  if (v.text !== undefined) return (v.node = document.createTextNode(v.text));
  const svg = inSVG || v.name === "svg";
  const node = (v.node = svg ? document.createElementNS(svgSpace, v.name) : document.createElement(v.name));
  for (const [name, value] of Object.entries(v.props)) set(node, name, undefined, value);
  reconcile(node, [], v.kids, svg);
  if (v.props.value !== undefined) node.value = v.props.value; // of a select: once it has options
  v.props.made?.(node);
  return node;
}

function set(node, name, before, value) {
  if (before === value || name === "made") return;
  if (name.startsWith("on")) {
    (node.handlers ??= {})[name] = value;
    if (!before && value) node.addEventListener(name.slice(2), (e) => node.handlers[name]?.(e));
  } else if (name === "style") {
    for (const [k, v] of Object.entries(value ?? {})) node.style.setProperty(k, v);
  } else if (["value", "checked", "selected", "disabled", "open", "indeterminate", "readOnly"].includes(name) && name in node) {
    node[name] = value ?? (typeof node[name] === "boolean" ? false : "");
  } else if (value === undefined || value === null || value === false) {
    node.removeAttribute(name);
  } else {
    node.setAttribute(name, value === true ? "" : value);
  }
}

const same = (a, b) => a.key === b.key && a.name === b.name && (a.text === undefined) === (b.text === undefined);

function reconcile(parent, before, next, inSVG) {
  const pool = new Map();
  before.forEach((v, i) => pool.set(identity(v, i), v));
  let at = parent.firstChild;
  next.forEach((v, i) => {
    const id = identity(v, i);
    const old = pool.get(id);
    let node;
    if (old && same(old, v)) {
      pool.delete(id);
      node = update(old, v, inSVG);
    } else {
      node = make(v, inSVG);
    }
    if (node === at) at = at.nextSibling;
    else parent.insertBefore(node, at);
  });
  for (const v of pool.values()) v.node.remove();
}

function identity(v, i) {
  return v.key !== undefined ? `key ${v.key}` : `${i}`;
}

function update(old, v, inSVG) {
  const node = (v.node = old.node);
  if (v.text !== undefined) {
    if (v.text !== old.text) node.data = v.text;
    return node;
  }
  const svg = inSVG || v.name === "svg";
  for (const name of Object.keys(old.props)) if (!(name in v.props)) set(node, name, old.props[name], undefined);
  for (const [name, value] of Object.entries(v.props)) set(node, name, old.props[name], value);
  reconcile(node, old.kids, v.kids, svg);
  return node;
}
