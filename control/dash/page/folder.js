// One folder: how far it is, what is under way, what is not in step and why, who
// takes part.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { app, run, url, folderOf, deviceName, go } from "./store.js";
import { page, section, button, link, badge, bar, dialog, confirm, empty } from "./parts.js";
import { stateOf, progress } from "./states.js";
import { name, path, place, visible, bytes, count, number, rate, span, when, fileName } from "./words.js";
import { entryRows } from "./entries.js";
import { rulesEditor } from "./rules.js";
import { plotOf } from "./plot.js";

export function folder(id) {
  const f = folderOf(id);
  if (!f) return page("This folder is not here", {}, empty("folder", "It was left, or taken away by its owner", "Its files, if there were any, are still where they were.", link("Overview", "#/", { kind: "button" })));
  const state = stateOf(f);
  return page(name(f.name), { state, actions: actions(f), wide: true },
    f.state === "held" && heldBack(f),
    underWay(f),
    notInStep(f),
    facts(f),
    members(f),
    plotOf({ folder: f.id }),
    rulesEditor(f),
    lately(f),
    leaving(f));
}

function actions(f) {
  return [
    f.conflicts > 0 && link(count(f.conflicts, "conflict"), url("conflicts", f.id), { kind: "button primary", sign: "conflict" }),
    f.state === "paused"
      ? button("Resume", () => run({ verb: "resume", folder: f.id }), { sign: "sync", busy: "resume" })
      : button("Pause", () => pauseDialog(f), { sign: "paused", "aria-haspopup": "dialog" }),
    f.state !== "paused" && button("Look now", () => run({ verb: "scan", folder: f.id }, { key: `scan ${f.id}` }), { sign: "look", busy: `scan ${f.id}` }),
    link("Files", url("browse", f.id), { kind: "button", sign: "folder" }),
    link("Earlier versions", url("versions", f.id), { kind: "button", sign: "clock" }),
  ];
}

// pauseDialog asks for how long; without a folder it is about all of them.
export function pauseDialog(f) {
  const tomorrow = new Date();
  tomorrow.setDate(tomorrow.getDate() + 1);
  tomorrow.setHours(8, 0, 0, 0);
  const choices = [["30 minutes", 1800], ["1 hour", 3600], ["Until tomorrow, 8:00", Math.round((tomorrow - Date.now()) / 1000)], ["Until I resume", 0]];
  dialog(f ? ["Pause ", name(f.name)] : "Pause everything", (close) => [
    h("p", null, "Nothing is sent or fetched meanwhile. Changes are noticed and travel afterwards."),
    h("div.choices", null, choices.map(([label, s]) => button(label, () => { close(); run({ verb: "pause", ...(f && { folder: f.id }), ...(s && { for_s: s }) }); }))),
  ]);
}

function heldBack(f) {
  return h("div.callout.tone-you", { key: "held" }, icon("held"), h("div", null,
    h("p", null, h("strong", null, `${count(f.held, "deletion or replacement", "deletions and replacements")} held back. `), visible(f.reason)),
    h("p", null, "Such a large change can be an accident. New files go on meanwhile."),
    h("div.actions", null,
      button("Undo it", () => run({ verb: "undo", folder: f.id }, { key: f.id }), { kind: "primary", busy: f.id }),
      button("Let it happen", () => confirm("Let it happen?", "What is replaced or deleted stays among the earlier versions for at least 30 days.", "Let it happen", () => run({ verb: "approve", folder: f.id }, { key: f.id })), { busy: f.id }))));
}

function underWay(f) {
  const share = progress(f);
  if (share === undefined && f.active.length === 0) return null;
  const sources = [...new Set(f.active.flatMap((t) => t.sources))];
  const largest = f.active.find((t) => t.pieces);
  return section("On its way", { key: "active" },
    h("div.card.transfer", null,
      share !== undefined && [
        h("div.amounts", null,
          h("strong", null, `${Math.floor(share * 100)} %`),
          h("span", null, `${bytes(f.need_bytes)} in ${count(f.need_files, "file")} to come`),
          f.down_bps > 0 && h("span.speed", null, icon("down"), rate(f.down_bps)),
          f.up_bps > 0 && h("span.speed", null, icon("up"), rate(f.up_bps)),
          f.eta_s > 0 && h("span", null, `about ${span(f.eta_s)} left`)),
        bar(share, `${f.name}: how much is here`),
      ],
      sources.length > 0 && h("p.from", null, "From ", sources.map((d, i) => [i > 0 && (i === sources.length - 1 ? " and " : ", "), name(deviceName(d))])),
      largest && pieces(largest)),
    f.active.length > 0 && h("ul.rows.files", null, f.active.slice(0, 30).map((t) =>
      h("li", { key: t.path },
        h("div.amounts", null, h("span.file", null, path(t.path)), h("span", null, `${bytes(t.done)} of ${bytes(t.size)}`), t.bps > 0 && h("span", null, rate(t.bps))),
        bar(t.size ? t.done / t.size : 0, fileName(t.path))))),
    f.active.length > 30 && h("p.note", null, `and ${number(f.active.length - 30)} more`));
}

// pieces is the map of one file: which parts of it are here.
function pieces(t) {
  const cells = [...t.pieces];
  const here = cells.filter((c) => c === "9").length;
  const w = 1000 / cells.length;
  return h("figure.pieces", null,
    h("figcaption", null, "Pieces of ", name(fileName(t.path)), `: they come in any order, from all who have them`),
    h("svg", { viewBox: "0 0 1000 26", preserveAspectRatio: "none", role: "img", "aria-label": `${here} of ${cells.length} parts are here` },
      cells.map((c, i) => h("rect", { key: i, class: c === "9" ? "here" : c === "0" ? "none" : "partly", x: i * w + 0.6, y: 0, width: w - 1.2, height: 26, rx: 1.5 }))));
}

function notInStep(f) {
  if (!f.problems.length) return null;
  return section("Not in step", { key: "problems", note: "Everything else goes on. Each line says why, and what helps." },
    h("ul.rows", null, f.problems.map((x, i) =>
      h("li.row", { key: `${i} ${x.path}` }, icon("bad", { class: "icon tone-bad coloured" }),
        h("div.main", null, h("div.title", null, x.path ? path(x.path) : name(f.name)), h("div.under", null, visible(x.reason), x.next && [" — ", visible(x.next)]))))));
}

function facts(f) {
  return h("dl.facts", { key: "facts" },
    fact("Here", `${count(f.files, "file")}, ${bytes(f.bytes)}`),
    fact("Place", place(f.path), "broad"),
    fact("Shared by", f.owner === app.picture.device.id ? "this device" : name(deviceName(f.owner))),
    fact("You", f.browse ? "browse; only what you get is here" : f.role === "receive" ? "only receive" : "send and receive"),
    f.until && f.state === "paused" && fact("Paused until", when(f.until)));
}

const fact = (term, value, size) => h("div", { key: term, class: size }, h("dt", null, term), h("dd", null, value));

function members(f) {
  const mine = f.owner === app.picture.device.id;
  return section("Members", {
    key: "members",
    note: mine ? null : ["Only ", name(deviceName(f.owner)), " can change who takes part, because it shared the folder first."],
    actions: mine && link("Share with more", url("share", f.id), { kind: "button small", sign: "plus" }),
  },
    f.members.length === 0
      ? h("p.note", null, "Nobody else has this folder yet.")
      : h("ul.rows", null, f.members.map((m) => member(f, m, mine))));
}

function member(f, m, mine) {
  const how = !m.connected ? { tone: "still", icon: "away", word: "Not here" } : m.in_step ? { tone: "good", icon: "ok", word: m.browses ? "Here; keeps a part" : "In step" }
    : m.need_files > 0 ? { tone: "busy", icon: "sync", word: `Lacks ${count(m.need_files, "file")}, ${bytes(m.need_bytes)}` } : { tone: "busy", icon: "sync", word: f.need_files > 0 ? "Has files for you" : "Comparing" };
  const share = m.need_files > 0 && f.bytes > 0 ? 1 - Math.min(1, m.need_bytes / f.bytes) : undefined;
  return h("li.row.member", { key: m.device },
    h("div.main", null, h("div.title", null, icon("device"), name(m.name)), share !== undefined && m.connected && bar(share, `${m.name}: how much it has`)),
    badge(how),
    mine
      ? [h("label.unseen", { for: `role-${m.device}` }, `What ${visible(m.name)} may do`),
        h("select.role", { id: `role-${m.device}`, value: m.role, onchange: (e) => run({ verb: "share", dir: f.path, with: [m.device], role: e.target.value }) },
          h("option", { value: "both" }, "sends and receives"), h("option", { value: "receive" }, "only receives")),
        button("Remove", () => confirm(["Take ", name(m.name), " out of ", name(f.name), "?"], "It gets no more changes from then on. The files that it has stay there.", "Take it out", () => run({ verb: "remove", folder: f.id, device: m.device })), { kind: "small", "aria-label": `Remove ${visible(m.name)}` })]
      : h("span.under", null, m.role === "receive" ? "only receives" : "sends and receives"));
}

function lately(f) {
  const mine = app.log.filter((e) => e.folder === f.name).slice(-8).reverse();
  if (!mine.length) return null;
  return section("Lately", { key: "lately" }, entryRows(mine));
}

function leaving(f) {
  return section("Leave", { key: "leave", note: "This device stops taking part. No file is deleted, here or elsewhere." },
    button("Leave this folder", () => confirm(["Leave ", name(f.name), "?"], ["The files stay in ", place(f.path), ", but no longer change with the others."], "Leave", async () => {
      if (await run({ verb: "leave", folder: f.id })) go("#/");
    })));
}
