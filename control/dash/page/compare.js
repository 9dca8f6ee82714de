// Two contents side by side: texts by what differs, pictures as pictures.

import { h } from "./dom.js";
import { app } from "./store.js";
import { diff } from "./diff.js";
import { visible, bytes, number } from "./words.js";

const around = 3; // equal lines shown beside a difference
const mostRows = 2000;
const memory = new WeakMap();

// compare shows two contents; a name for each side is for those who hear it.
export function compare(left, right, names) {
  if (!left || !right) return null;
  if (left.kind === "image" || right.kind === "image") {
    return h("div.sides", null, single(left, names[0]), single(right, names[1]));
  }
  if (left.kind === "text" && right.kind === "text") return textDiff(left, right, names);
  return h("div.sides", null, single(left, names[0]), single(right, names[1]));
}

// single shows one content.
export function single(c, label) {
  switch (c.kind) {
    case "image":
      return h("figure.picture", null, h("img", { src: `data:${c.type};base64,${c.image}`, alt: `Picture: ${visible(label)}` }));
    case "text":
      return h("figure.content", null, h("pre", { tabindex: "0", "aria-label": visible(label) }, shown(c.text ?? "")), c.cut && h("figcaption", null, "Only the beginning is shown."));
  }
  return h("figure.content.none", null, h("p", null, `${bytes(c.size)} that cannot be shown here.`));
}

const shown = (text) => text.split("\n").map(visible).join("\n").replaceAll("␉", "\t").replaceAll("␍", "");

function textDiff(left, right, names) {
  if ((left.text ?? "") === (right.text ?? "")) return h("p.quiet", null, left.cut || right.cut ? "The beginnings are the same; what follows is not shown." : "Both have the same text.");
  let rows = memory.get(left)?.get(right);
  if (!rows) {
    rows = diff(left.text ?? "", right.text ?? "") ?? "different";
    memory.set(left, (memory.get(left) ?? new WeakMap()).set(right, rows));
  }
  if (rows === "different") return [h("p.quiet", null, "The two have little in common."), h("div.sides", null, single(left, names[0]), single(right, names[1]))];
  const narrow = app.width < 760;
  const all = fold(rows).slice(0, mostRows);
  return h("div.difftable", { class: narrow ? "one" : "two", tabindex: "0", role: "region", "aria-label": `Differences between ${visible(names[0])} and ${visible(names[1])}` },
    h("table", null,
      h("caption.unseen", null, `Left: ${visible(names[0])}. Right: ${visible(names[1])}.`),
      h("tbody", null, all.map((r, i) => (narrow ? oneColumn(r, i) : twoColumns(r, i))))),
    (left.cut || right.cut || all.length === mostRows) && h("p.quiet", null, "There is more than is shown."));
}

// fold takes out long stretches of equal lines.
function fold(rows) {
  const out = [];
  for (let i = 0; i < rows.length; ) {
    if (rows[i][0] !== "same") {
      out.push(rows[i++]);
      continue;
    }
    let end = i;
    while (end < rows.length && rows[end][0] === "same") end++;
    const before = i === 0 ? 0 : around;
    const after = end === rows.length ? 0 : around;
    if (end - i > before + after + 1) {
      out.push(...rows.slice(i, i + before), ["fold", end - i - before - after], ...rows.slice(end - after, end));
    } else {
      out.push(...rows.slice(i, end));
    }
    i = end;
  }
  return out;
}

const foldRow = (n, i, columns) => h("tr.fold", { key: i }, h("td", { colspan: columns }, n === 1 ? "1 line the same" : `${number(n)} lines the same`));

function twoColumns([kind, a, b], i) {
  if (kind === "fold") return foldRow(a, i, 2);
  const [l, r] = kind === "changed" ? words(a, b) : [a, b];
  return h("tr", { key: i, class: kind }, h("td", { class: a === undefined ? "blank" : kind === "same" ? "" : "was" }, lineOf(l)), h("td", { class: b === undefined ? "blank" : kind === "same" ? "" : "now" }, lineOf(r)));
}

function oneColumn([kind, a, b], i) {
  if (kind === "fold") return foldRow(a, i, 1);
  if (kind === "same") return h("tr", { key: i }, h("td", null, lineOf(a)));
  const [l, r] = kind === "changed" ? words(a, b) : [a, b];
  return [a !== undefined && h("tr", { key: `${i}a` }, h("td.was", null, lineOf(l))), b !== undefined && h("tr", { key: `${i}b` }, h("td.now", null, lineOf(r)))];
}

const lineOf = (l) => (l === undefined ? "" : typeof l === "string" ? shown(l) || " " : l);

// words marks what differs within a line: all between its equal ends.
function words(a, b) {
  const x = [...a];
  const y = [...b];
  let start = 0;
  while (start < x.length && start < y.length && x[start] === y[start]) start++;
  let end = 0;
  while (end < x.length - start && end < y.length - start && x[x.length - 1 - end] === y[y.length - 1 - end]) end++;
  const cut = (s) => [shown(s.slice(0, start).join("")), h("mark", null, shown(s.slice(start, s.length - end).join(""))), shown(s.slice(s.length - end).join(""))];
  return start + end < Math.min(x.length, y.length) / 4 ? [a, b] : [cut(x), cut(y)];
}
