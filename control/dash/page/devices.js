// The devices around: those that are trusted, those that are nearby, and how to
// come to trust one.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { app, run, url, draft, isBusy } from "./store.js";
import { page, section, button, link, badge, confirm, dialog, copyable } from "./parts.js";
import { needs } from "./states.js";
import { needRow, codeText } from "./needs.js";
import { name, visible, when, count } from "./words.js";

export function devices() {
  const p = app.picture;
  const paired = p.devices.filter((d) => d.paired);
  const vouched = p.devices.filter((d) => d.vouched_by);
  const nearby = p.devices.filter((d) => !d.paired && !d.vouched_by);
  const asks = needs(p).filter((n) => n.kind === "pairing" || n.kind === "offer");
  return page("Devices", { lead: ["This one is called ", h("strong", null, name(p.device.name)), ". ", h("a", { href: "#/settings" }, "Change that")] },
    asks.length > 0 && h("div.needs", { key: "asks" }, asks.map(needRow)),
    section("Paired", { key: "paired", note: paired.length ? null : "No device is paired yet. Pair one below: both screens show six digits, and both people say yes." },
      paired.length > 0 && h("ul.rows", null, paired.map(pairedRow))),
    vouched.length > 0 && section("Vouched for", { key: "vouched", note: "Not paired with this device, but members of a folder that is shared with it. They reach that folder and nothing else." },
      h("ul.rows", null, vouched.map(vouchedRow))),
    section("Nearby", { key: "nearby", note: "Devices that run Kith in this network. Being seen means nothing yet: you decide." },
      nearby.length ? h("ul.rows", null, nearby.map(nearbyRow)) : h("div.card.quiet", null, icon("look"), h("div", null,
        h("p", null, h("strong", null, "Looking… "), "no other device shows itself."),
        h("p", null, "Is Kith running there, and in the same network? Some networks, above all guest Wi-Fi, keep devices apart. ", h("a", { href: "#/check" }, "Check the connection"))))),
    byAddress());
}

// device is one of them.
export function device(id) {
  const d = app.picture.devices.find((x) => x.id === id);
  if (!d) return page("This device is not known", {}, link("Devices", "#/devices", { kind: "button" }));
  const shared = app.picture.folders.filter((f) => f.members.some((m) => m.device === id));
  const ask = needs(app.picture).filter((n) => n.kind === "pairing" && n.pairing.device === id);
  return page(name(d.name), {
    back: ["Devices", "#/devices"],
    state: d.connected ? { icon: "ok", tone: "good", word: "Here" } : { icon: "away", tone: "still", word: d.paired || d.vouched_by ? "Not here" : "Nearby, not paired", line: d.vouched_by ? `Vouched for by ${visible(d.vouched_by)}` : d.reason },
    actions: d.paired ? [link("Browse its files", url("search", id), { kind: "button", sign: "look" }), unpairButton(d)] : button("Pair", () => pair({ device: d.id }, d.name), { kind: "primary", busy: `pair ${d.id}` }),
  },
    ask.map(needRow),
    (d.paired || d.vouched_by) && section("Folders with it", { key: "folders" },
      shared.length === 0 ? h("p.note", null, "None yet.") : h("ul.rows", null, shared.map((f) => {
        const m = f.members.find((x) => x.device === id);
        return h("li.row", { key: f.id }, h("a.main.title", { href: url("folder", f.id) }, icon("folder"), name(f.name)),
          h("span.under", null, !m.connected ? "not here" : m.in_step ? "in step" : m.need_files ? `lacks ${count(m.need_files, "file")}` : "comparing", m.role === "receive" && " · only receives"));
      }))),
    h("dl.facts", { key: "facts" },
      h("div.broad", null, h("dt", null, "ID"), h("dd", null, copyable(d.id))),
      d.last_seen && h("div", null, h("dt", null, "Last seen"), h("dd", null, when(d.last_seen))),
      d.addresses.length > 0 && h("div", null, h("dt", null, "Addresses"), h("dd", null, d.addresses.map((a) => h("div", { key: a }, visible(a)))))));
}

const unpairButton = (d, kind = "") => button("Unpair", () => confirm(["Unpair ", name(d.name), "?"], "It can no longer reach this device, and leaves the folders that you shared with it. Nobody's files are touched.", "Unpair", () => run({ verb: "unpair", device: d.id })), { kind, "aria-label": `Unpair ${visible(d.name)}` });

// sharedWith names the folders of which a device is a member.
function sharedWith(d) {
  const folders = app.picture.folders.filter((f) => f.members.some((m) => m.device === d.id));
  return folders.length > 0 && [" · ", folders.map((f, i) => [i > 0 && ", ", h("a", { href: url("folder", f.id) }, name(f.name))])];
}

function pairedRow(d) {
  return h("li.row", { key: d.id },
    h("div.main", null, h("a.title", { href: url("device", d.id) }, icon("device"), name(d.name)),
      h("div.under", null, d.connected ? "Here" : d.last_seen ? ["Last here ", when(d.last_seen)] : "Not met yet",
        sharedWith(d),
        !d.connected && d.reason && [" · ", visible(d.reason)])),
    badge(d.connected ? { icon: "ok", tone: "good", word: "Here" } : { icon: "away", tone: "still", word: "Not here" }),
    unpairButton(d, "small"));
}

function vouchedRow(d) {
  return h("li.row", { key: d.id },
    h("div.main", null, h("a.title", { href: url("device", d.id) }, icon("device"), name(d.name)), h("div.under", null, "Vouched for by ", name(d.vouched_by), sharedWith(d))),
    badge(d.connected ? { icon: "ok", tone: "good", word: "Here" } : { icon: "away", tone: "still", word: "Not here" }),
    button("Pair", () => pair({ device: d.id }, d.name), { kind: "small", busy: `pair ${d.id}`, "aria-label": `Pair with ${visible(d.name)}` }));
}

export function nearbyRow(d) {
  return h("li.row", { key: d.id },
    h("div.main", null, h("div.title", null, icon("device"), name(d.name)), h("div.under", null, visible(d.addresses[0] ?? ""))),
    button("Pair", () => pair({ device: d.id }, d.name), { kind: "primary", busy: `pair ${d.id}`, "aria-label": `Pair with ${visible(d.name)}` }));
}

// pair asks a device, and shows the code as soon as there is one.
export async function pair(whom, label) {
  const key = `pair ${whom.device ?? whom.addr}`;
  const reply = await run({ verb: "pair", ...whom }, { key });
  if (reply?.pairing) pairDialog(reply.pairing, label);
}

function pairDialog(id, label) {
  dialog(["Pair with ", name(label)], (close) => {
    const x = app.picture.pairings.find((p) => p.id === id);
    const answer = (yes) => run({ verb: "answer", pairing: id, yes }, { key: id });
    if (!x || x.state === "asking") return [h("p", null, "Asking…")];
    switch (x.state) {
      case "waiting":
        return [h("p", null, "Does ", name(x.name), " show the same six digits?"), h("p.bigcode", null, codeText(x.code)),
          h("div.actions", null, button("Yes, the same", () => answer(true), { kind: "primary", busy: id }), button("No", () => { answer(false); close(); }))];
      case "confirmed-here":
        return [h("p", null, "Now the person at ", name(x.name), " has to say yes too."), h("p.bigcode", null, codeText(x.code)), h("div.actions", null, button("Cancel", () => { answer(false); close(); }))];
      case "done":
        return [h("p", null, name(x.name), " and this device trust each other now."), h("div.actions", null, link("Share a folder with it", "#/share", { kind: "button primary", onclick: close }), button("Done", close))];
    }
    return [h("p", null, "It did not work: ", visible(x.reason || "the other side said no"), "."), h("div.actions.end", null, button("Close", close))];
  });
}

function byAddress() {
  const d = draft("address", { text: "" });
  const ask = (e) => {
    e.preventDefault();
    if (d.text.trim()) pair({ addr: d.text.trim() }, d.text.trim());
  };
  return section("By address", { key: "address", note: "If a device does not show itself, say where it is: its address in this network, or in a VPN." },
    h("form", { onsubmit: ask },
      h("label.unseen", { for: "pair-address" }, "Address of the other device"),
      h("div.inline", null,
        h("input", { type: "text", id: "pair-address", placeholder: "10.0.0.7", autocomplete: "off", spellcheck: "false", value: d.text, oninput: (e) => { d.text = e.target.value; } }),
        h("button.button", { type: "submit", disabled: isBusy(`pair ${d.text.trim()}`) }, "Pair"))));
}
