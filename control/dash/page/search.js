// Finding files by name, in all folders, wherever they lie; and looking into
// folders, directory by directory.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { app, answer, draft, url, folderOf, deviceName, run, redraw, outdate } from "./store.js";
import { command, get } from "./net.js";
import { page, section, button, link, empty, loading, trouble, badge } from "./parts.js";
import { single } from "./compare.js";
import { name, path, visible, bytes, when, count, fileName } from "./words.js";

const patience = 250; // ms after the last key

// search finds files; with a device, only what that one holds.
export function search(device) {
  const d = draft(`search ${device ?? ""}`, { text: "", asked: "" });
  const type = (e) => {
    d.text = e.target.value;
    clearTimeout(d.timer);
    d.timer = setTimeout(() => { d.asked = d.text.trim(); redraw(); }, patience);
  };
  const found = d.asked ? answer(`search ${device ?? ""}`, d.asked, () => command({ verb: "search", query: d.asked, limit: 500 })) : undefined;
  const holds = (e) => !device || e.holders.some((x) => x.device === device) || (device === app.picture.device.id && e.here === "yes");
  const hits = found?.value?.entries?.filter(holds) ?? [];
  const shared = app.picture.folders.filter((f) => !device || f.members.some((m) => m.device === device));
  return page(device ? ["Files of ", name(deviceName(device))] : "Search", { lead: "By name, in every folder you take part in: also what lies only on devices that are asleep." },
    h("form.find", { key: "find", role: "search", onsubmit: (e) => { e.preventDefault(); d.asked = d.text.trim(); redraw(); } },
      h("label.unseen", { for: "search-text" }, "Part of a file's name"),
      h("input", { type: "search", id: "search-text", placeholder: "Part of a name", autocomplete: "off", spellcheck: "false", value: d.text, oninput: type })),
    found?.error && trouble(found.error),
    d.asked && found?.loading && !found.value && loading("Searching…"),
    d.asked && found?.value && h("div", { key: "hits", "aria-live": "polite" },
      hits.length === 0
        ? empty("look", "Nothing has that in its name", "Search looks at names, not into files.")
        : [h("p.note", null, found.value.more ? `The first ${hits.length}; there are more.` : count(hits.length, "file")), h("ul.rows", null, hits.map((e) => row(e, true)))]),
    !d.asked && section("Or look around", { key: "folders" },
      shared.length === 0 ? h("p.note", null, "There is no folder to look into yet.")
        : h("ul.rows", null, shared.map((f) => h("li.row", { key: f.id }, h("a.main.title", { href: url("browse", f.id) }, icon("folder"), name(f.name)), h("span.under", null, `${count(f.files, "file")} here, ${bytes(f.bytes)}`))))));
}

function row(e, whole) {
  const dir = e.kind === "directory";
  return h("li.row.found", { key: `${e.folder_id} ${e.path}` },
    h("div.main", null,
      h("a.title", { href: url("browse", e.folder_id, ...e.path.split("/")) }, icon(dir ? "folder" : "file"), whole ? path(e.path) : name(fileName(e.path))),
      h("div.under", null, [whole && name(e.folder), !dir && bytes(e.size), e.modified && when(e.modified)].filter(Boolean).map((x, i) => [i > 0 && " · ", x]))),
    !dir && whereabouts(e),
    keeping(e));
}

// keeping offers to bring an entry of a browsed folder here, or to leave it to the
// others again.
function keeping(e) {
  if (!folderOf(e.folder_id)?.browse) return null;
  const key = `keep ${e.folder_id} ${e.path}`;
  const act = async (verb) => {
    if (await run({ verb, folder: e.folder_id, path: e.path }, { key })) outdate("browse");
  };
  return [
    e.here !== "yes" && button("Get", () => act("get"), { kind: "small", sign: "down", busy: key, "aria-label": `Get ${visible(e.path)}` }),
    (e.here === "yes" || e.kind === "directory") && button("Drop", () => act("drop"), { kind: "small", busy: key, "aria-label": `Drop ${visible(e.path)} from this disk` }),
  ];
}

// whereabouts tells on which devices a file lies.
function whereabouts(e) {
  const here = e.here === "yes";
  const others = e.holders.map((x, i) => [i > 0 && ", ", h("span.holder", { class: x.connected ? "" : "asleep" }, name(x.name), !x.connected && h("span.unseen", null, " (not here now)"))]);
  if (here) return h("span.badge.tone-good", null, icon("ok"), h("span", null, "here", e.holders.length > 0 && [h("span.also", null, " and on "), h("span.also", null, others)]));
  const reach = e.holders.some((x) => x.connected);
  return h("span.badge", { class: reach ? "tone-busy" : "tone-still" }, icon(reach ? "device" : "away"),
    h("span", null, e.here === "older" ? "an older one is here; this one on " : e.holders.length ? "on " : "on no device that is known", others));
}

// browse shows a directory of a folder, or one file.
export function browse(id, ...rest) {
  const f = folderOf(id);
  if (!f) return page("Files", {}, empty("folder", "This folder is not here", "", link("Search", "#/search", { kind: "button" })));
  const p = rest.join("/");
  const d = draft(`browse ${id} ${p}`, { after: [] });
  const list = answer(`browse ${id} ${p}`, `${f.files} ${f.need_files} ${f.conflicts}`, async () => (await command({ verb: "ls", folder: id, ...(p && { path: p }), limit: 1000 })));
  const entries = list.value?.entries ?? [];
  const file = p && entries.length === 1 && entries[0].path === p && entries[0].kind !== "directory" ? entries[0] : undefined;
  const up = rest.length ? (rest.length > 1 ? [name(rest.at(-2)), url("browse", id, ...rest.slice(0, -1))] : [name(f.name), url("browse", id)]) : ["Search", "#/search"];
  return page(name(rest.at(-1) ?? f.name), {
    back: up, lead: p ? [path(p), " in ", name(f.name)] : "All that is known to lie in this folder, on any device.",
    actions: [f.browse && !rest.length && button("Get all of it", () => run({ verb: "get", folder: id }), { sign: "down" }), !rest.length && link("About this folder", url("folder", id), { kind: "button" }), file && link("Earlier versions", url("versions", id, ...rest), { kind: "button", sign: "clock" })],
  },
    list.error && trouble(list.error),
    list.loading && !list.value && loading(),
    file ? aFile(f, file) : list.value && (entries.length === 0 ? empty("folder", "Nothing is in here", "") : h("ul.rows", { key: "list" }, inOrder(entries).map((e) => row(e, false)))),
    list.value?.more && h("p.note", null, "There is more: search by name to find it."));
}

const inOrder = (entries) => entries.toSorted((a, b) => (b.kind === "directory") - (a.kind === "directory") || a.path.localeCompare(b.path));

function aFile(f, e) {
  const content = e.here !== "no" && answer(`content ${f.id} ${e.path}`, e.modified, () => get("/v1/content", { folder: f.id, path: e.path }));
  return h("div", { key: "file" },
    h("p.whereabouts", null, whereabouts(e), keeping(e), h("span.under", null, bytes(e.size), e.modified && [" · saved ", when(e.modified)])),
    content && (content.error ? trouble(content.error) : content.value ? single(content.value, fileName(e.path)) : loading()));
}
