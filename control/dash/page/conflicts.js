// Files that were changed in two places: both versions side by side, and which
// one keeps the name.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { app, answer, run, draft, url, folderOf, redraw, say } from "./store.js";
import { command, get } from "./net.js";
import { page, button, empty, loading, trouble, confirm } from "./parts.js";
import { compare } from "./compare.js";
import { name, path, visible, bytes, when, count } from "./words.js";

const keyOf = (c) => `${c.folder_id} ${c.copy}`;

export function conflicts(id) {
  const p = app.picture;
  const folders = p.folders.filter((f) => f.conflicts > 0 && (!id || f.id === id));
  const d = draft("conflicts", { open: undefined, settled: 0 });
  const version = folders.map((f) => `${f.id}${f.conflicts}`).join() + d.settled;
  const list = answer(`conflicts ${id ?? ""}`, version, async () =>
    (await Promise.all(folders.map((f) => command({ verb: "conflicts", folder: f.id })))).flatMap((r) => r.conflicts ?? []));
  const all = list.value ?? [];
  const f = id && folderOf(id);
  return page("Conflicts", {
    wide: true, back: f && [name(f.name), url("folder", f.id)],
    lead: all.length > 0 ? "Somebody else changed the same file before your devices met. Nothing was lost: choose which version keeps the name. The other one stays among the earlier versions." : undefined,
    actions: all.length > 1 && [
      button("Keep mine everywhere", () => everywhere(all, "mine"), { busy: "resolve all" }),
      button("Keep theirs everywhere", () => everywhere(all, "theirs"), { busy: "resolve all" })],
  },
    list.error && trouble(list.error),
    list.loading && !list.value && folders.length > 0 && loading(),
    !all.length && !(list.loading && folders.length) && empty("ok", "No conflicts", "When the same file is changed in two places before they meet, both versions wait for you here."),
    all.map((c, i) => conflict(c, d, (d.open ?? keyOf(all[0])) === keyOf(c) || !all.some((x) => keyOf(x) === d.open) && i === 0)));
}

function conflict(c, d, open) {
  const toggle = () => { d.open = open ? "none" : keyOf(c); redraw(); };
  return h("article.conflict.card", { key: keyOf(c), "aria-label": `Conflict about ${visible(c.path)}` },
    h("h2", null, h("button.fold", { type: "button", "aria-expanded": String(open), onclick: toggle }, icon(open ? "unfold" : "right"), path(c.path), h("span.under", null, name(c.folder)))),
    open && body(c, d));
}

function body(c, d) {
  const version = `${c.modified} ${c.file?.modified}`;
  const left = answer(`content ${keyOf(c)} file`, version, () => (c.file ? get("/v1/content", { folder: c.folder_id, path: c.path }) : Promise.resolve({ kind: "other", size: 0 })));
  const right = answer(`content ${keyOf(c)} copy`, version, () => get("/v1/content", { folder: c.folder_id, path: c.copy }));
  const whose = (device) => (device === app.picture.device.name ? "this device" : device);
  const restored = c.copy_mine && c.file?.device === app.picture.device.name;
  const names = [restored ? "the other version" : c.file ? `${whose(c.file.device)}'s version` : "nothing", `${whose(c.device)}'s version`];
  const keep = (what) => resolve(c, what, d);
  const busy = `resolve ${keyOf(c)}`;
  const mineFirst = !c.copy_mine;
  return [
    h("div.versions", { key: "who" },
      side(c.file ? c.file : { device: "", size: 0 }, "Has the name now", c.file && mineFirst, () => keep(mineFirst ? "mine" : "theirs"), busy, c.file),
      side(c, "Set aside as a copy", c.copy_mine, () => keep(c.copy_mine ? "mine" : "theirs"), busy, true)),
    (left.error || right.error) ? trouble(left.error ?? right.error) : left.value && right.value ? h("div", { key: "what" }, compare(left.value, right.value, names)) : loading(),
    h("div.actions", { key: "both" }, button("Keep both", () => keep("both"), { busy }), h("span.quiet", null, "The copy becomes a file of its own beside the other.")),
  ];
}

function side(v, title, mine, keep, busy, there) {
  // A version that was brought back is written by this device, whoever made it.
  const who = v.device !== app.picture.device.name ? v.device : mine ? "This device" : "The other version";
  return h("div.version", { class: mine ? "mine" : "" },
    h("p.kicker", null, title),
    there ? [h("p.author", null, name(who), mine && h("span.chip", null, "mine")), h("p.under", null, when(v.modified), " · ", bytes(v.size))] : h("p.author", null, "Deleted there"),
    button(there ? (mine ? "Keep mine" : "Keep theirs") : "Leave it deleted", keep, { busy, "aria-label": there ? `${mine ? "Keep mine" : "Keep theirs"}: ${visible(who)}'s version` : undefined }));
}

const again = () => {
  draft("conflicts").settled++;
  redraw();
};

async function takeBack(all) {
  for (const c of all) await run({ verb: "unresolve", folder: c.folder_id, path: c.copy }, { key: "resolve all", quiet: all.length > 1 });
  again();
}

async function resolve(c, keep, d) {
  if (await run({ verb: "resolve", folder: c.folder_id, path: c.copy, keep }, { key: `resolve ${keyOf(c)}`, undo: () => takeBack([c]) })) {
    d.open = undefined;
    again();
  }
}

function everywhere(all, keep) {
  confirm(`Keep ${keep} everywhere?`, `${count(all.length, "conflict")} would be settled that way. The other versions stay among the earlier versions.`, `Keep ${keep}`, async () => {
    const done = [];
    for (const c of all) {
      if (!(await run({ verb: "resolve", folder: c.folder_id, path: c.copy, keep }, { key: "resolve all", quiet: true }))) break;
      done.push(c);
    }
    again();
    if (done.length) say(`Settled ${count(done.length, "conflict")}: kept ${keep}.`, { undo: () => takeBack(done) });
  }, { danger: false });
}
