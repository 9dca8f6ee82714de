// Earlier versions: what was replaced or deleted, when, and the way back.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { app, answer, run, draft, url, folderOf, redraw, outdate } from "./store.js";
import { command, get } from "./net.js";
import { page, button, empty, loading, trouble } from "./parts.js";
import { compare, single } from "./compare.js";
import { name, path, bytes, when, stamp, count, fileName } from "./words.js";

const mostFiles = 300;

export function versions(id, ...rest) {
  const f = folderOf(id);
  if (!f) return page("Earlier versions", {}, chooseFolder());
  return rest.length ? ofFile(f, rest.join("/")) : ofFolder(f);
}

function chooseFolder() {
  return h("ul.rows", null, app.picture.folders.map((f) => h("li.row", { key: f.id }, h("a.title", { href: url("versions", f.id) }, icon("folder"), name(f.name)))));
}

const load = (f, p, d) => answer(`versions ${f.id} ${p}`, d.at, async () => (await command({ verb: "versions", folder: f.id, path: p || "." })).versions ?? []);

function ofFolder(f) {
  const d = draft(`versions ${f.id}`, { at: 0, text: "" });
  const list = load(f, "", d);
  const wanted = d.text.toLowerCase();
  const files = list.value && Object.entries(Object.groupBy(list.value, (v) => v.path)).filter(([p]) => !wanted || p.toLowerCase().includes(wanted));
  return page("Earlier versions", { back: [name(f.name), url("folder", f.id)], lead: "What other devices replaced or deleted here. It is kept for at least 30 days, deleted files too." },
    list.error && trouble(list.error),
    list.loading && !list.value && loading(),
    list.value?.length === 0 && empty("clock", "Nothing was replaced or deleted yet", "As soon as another device replaces or deletes a file here, the earlier one is kept."),
    list.value?.length > 0 && [
      h("div.filters", { key: "filter", role: "search" }, h("div", null, h("label.unseen", { for: "versions-text" }, "Find a file"),
        h("input", { type: "search", id: "versions-text", placeholder: "Find a file…", value: d.text, oninput: (e) => { d.text = e.target.value; redraw(); } }))),
      h("ul.rows", { key: "files" }, files.slice(0, mostFiles).map(([p, all]) =>
        h("li.row", { key: p }, h("a.main.title", { href: url("versions", f.id, ...p.split("/")) }, icon("file"), path(p)), h("span.under", null, count(all.length, "version"), ", the latest replaced ", when(all[0].replaced))))),
      files.length > mostFiles && h("p.note", null, `${files.length - mostFiles} more: say a part of the name to find them.`),
    ]);
}

function ofFile(f, p) {
  const d = draft(`versions ${f.id} ${p}`, { at: 0, chosen: undefined });
  const list = load(f, p, d);
  const now = answer(`content ${f.id} ${p}`, d.at, () => get("/v1/content", { folder: f.id, path: p }));
  const all = (list.value ?? []).filter((v) => v.path === p);
  const chosen = all.find((v) => v.id === d.chosen) ?? all[0];
  return page(name(fileName(p)), { wide: true, back: ["Earlier versions", url("versions", f.id)], lead: [path(p), " in ", name(f.name), now.error && !now.loading && h("span", null, " · it is not there any more")] },
    list.error && trouble(list.error),
    list.loading && !list.value && loading(),
    list.value && all.length === 0 && empty("clock", "No earlier version is kept", "Nobody else has replaced this file lately."),
    chosen && h("div.history", { key: "history" },
      h("ol.timeline", { "aria-label": "Versions, the latest first" },
        now.value && h("li.now", { key: "now" }, h("span.dot", { "aria-hidden": "true" }), h("div", null, h("p", null, h("strong", null, "Now")), h("p.under", null, "saved ", stamp(now.value.modified), " · ", bytes(now.value.size)))),
        all.map((v) => h("li", { key: v.id }, h("button", { type: "button", "aria-pressed": String(v === chosen), onclick: () => { d.chosen = v.id; redraw(); } },
          h("span.dot", { "aria-hidden": "true" }), h("span", null, h("strong", null, "Saved ", stamp(v.modified)), h("span.under", null, "replaced ", when(v.replaced), " · ", bytes(v.size))))))),
      h("div.look", { key: chosen.id }, preview(f, p, chosen, now, d))));
}

function preview(f, p, v, now, d) {
  const then = answer(`content ${f.id} ${p} ${v.id}`, 0, () => get("/v1/content", { folder: f.id, path: p, version: v.id }));
  const restore = async () => {
    if (await run({ verb: "restore", folder: f.id, path: p, version: v.id }, { key: "restore" })) {
      d.at++;
      d.chosen = undefined;
      outdate(`versions ${f.id}`);
    }
  };
  return [
    h("div.actions.bar2", { key: "act" }, button("Bring this version back", restore, { kind: "primary", sign: "clock", busy: "restore" }),
      h("span.quiet", null, now.value ? "What is there now becomes an earlier version itself." : "The file comes back to where it was.")),
    then.error ? trouble(then.error) : !then.value ? loading() : now.value ? [h("p.kicker", { key: "k" }, "What changed from this version to now"), compare(then.value, now.value, ["This version", "Now"])] : single(then.value, fileName(p)),
  ];
}
