// Sharing a folder: which, under what name, with whom.

import { h } from "./dom.js";
import { app, run, url, draft, forget, folderOf, redraw, go } from "./store.js";
import { page, button, link, field } from "./parts.js";
import { placeField } from "./places.js";
import { name } from "./words.js";

const baseName = (dir) => dir.replace(/[/\\]+$/, "").split(/[/\\]/).at(-1) ?? "";

export function share(id) {
  const f = id && folderOf(id);
  if (f) return shareMore(f);
  const d = draft("share", { dir: "", name: "", named: false, with: {}, role: "both" });
  return page("Share a folder", { lead: "It stays where it is. The devices you choose get the same files, and keep getting each other's changes." },
    shareForm(d, async (reply) => { forget("share"); go(url("folder", reply.folder)); }));
}

// shareForm is what has to be said about a new folder.
export function shareForm(d, done, { label = "Share" } = {}) {
  const submit = async (e) => {
    e.preventDefault();
    const reply = await run({ verb: "share", dir: d.dir.trim(), make: true, ...(d.name.trim() && { name: d.name.trim() }), with: chosen(d), role: d.role }, { key: "share" });
    if (reply) done(reply);
  };
  return h("form", { key: "share", onsubmit: submit },
    placeField("Folder on this computer", d, "dir", { fresh: true, onchange: (dir) => { if (!d.named) d.name = baseName(dir); } }),
    field("Name, as the others see it", h("input", { type: "text", id: "share-name", maxlength: 64, value: d.name, oninput: (e) => { d.name = e.target.value; d.named = true; } }), { id: "share-name" }),
    withWhom(d, app.picture.devices.filter((x) => x.paired)),
    h("div.actions", { style: { "margin-top": "24px" } },
      h("button.button.primary", { type: "submit", disabled: !d.dir.trim() }, label)));
}

export const chosen = (d) => Object.keys(d.with).filter((id) => d.with[id]);

function withWhom(d, devices) {
  return [
    h("fieldset.field.plain", { key: "with" }, h("legend", null, "With"),
      devices.length === 0 && h("p.help", null, "No device is paired yet. You can share now and add devices later. ", h("a", { href: "#/devices" }, "Pair one")),
      devices.map((x) => h("label.choice", { key: x.id }, h("input", { type: "checkbox", checked: !!d.with[x.id], onchange: (e) => { d.with[x.id] = e.target.checked; redraw(); } }),
        h("span", null, name(x.name), h("span.under", null, x.connected ? " here" : " not here now; gets the offer when it comes"))))),
    chosen(d).length > 0 && h("fieldset.field.plain", { key: "role" }, h("legend", null, "They may"),
      role(d, "both", "Send and receive", "Changes travel both ways."),
      role(d, "receive", "Only receive", "What they change themselves stays with them.")),
  ];
}

const role = (d, value, title, under) =>
  h("label.choice", null, h("input", { type: "radio", name: "role", value, checked: d.role === value, onchange: () => { d.role = value; redraw(); } }), h("span", null, title, h("span.under", null, ` ${under}`)));

function shareMore(f) {
  const d = draft(`share ${f.id}`, { with: {}, role: "both" });
  const others = app.picture.devices.filter((x) => x.paired && !f.members.some((m) => m.device === x.id));
  const submit = async (e) => {
    e.preventDefault();
    if (await run({ verb: "share", dir: f.path, with: chosen(d), role: d.role }, { key: "share" })) {
      forget(`share ${f.id}`);
      go(url("folder", f.id));
    }
  };
  return page(["Share ", name(f.name), " with more"], { back: [name(f.name), url("folder", f.id)] },
    others.length === 0
      ? h("div.card", { key: "none" }, h("p", null, "Every paired device has it already."), h("div.actions", { style: { "margin-top": "14px" } }, link("Pair another device", "#/devices", { kind: "button" })))
      : h("form", { key: "form", onsubmit: submit }, withWhom(d, others),
          h("div.actions", { style: { "margin-top": "24px" } }, h("button.button.primary", { type: "submit", disabled: chosen(d).length === 0 }, "Offer it"))));
}
