// The first run: from nothing to a shared folder, step by step. Each step can be
// skipped, and all of it left and taken up again.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { app, run, draft, redraw, go, say } from "./store.js";
import { button } from "./parts.js";
import { nearbyRow } from "./devices.js";
import { shareForm } from "./share.js";
import { needs } from "./states.js";
import { needRow } from "./needs.js";
import { name } from "./words.js";

const steps = ["Name", "Devices", "Folder", "Done"];

export function start() {
  const d = draft("start", { step: 0, name: undefined, share: { dir: "", name: "", named: false, with: {}, role: "both" }, folder: undefined });
  const to = (step) => { d.step = step; redraw(); queueMicrotask(() => requestAnimationFrame(() => document.querySelector(".start h1")?.focus())); };
  const leave = async () => { await run({ verb: "welcome" }, { quiet: true }); go("#/"); };
  return h("div.page.start", null,
    h("ol.steps", { "aria-label": "Steps" }, steps.map((s, i) => h("li", { key: s, class: i < d.step ? "past" : "", "aria-current": i === d.step ? "step" : undefined }, h("span.dot", null, i < d.step ? icon("ok") : i + 1), h("span", null, s)))),
    [nameStep, devicesStep, folderStep, doneStep][d.step](d, to, leave),
    d.step < 3 && h("p.later", { key: "later" }, h("button.textbutton", { type: "button", onclick: leave }, "Skip this; I know my way")));
}

function nameStep(d, to) {
  const p = app.picture;
  const next = async (e) => {
    e.preventDefault();
    const wanted = (d.name ?? p.device.name).trim();
    if (wanted && wanted !== p.device.name && !(await run({ verb: "rename", name: wanted }, { quiet: true }))) return;
    to(1);
  };
  return h("form.step", { key: "name", onsubmit: next },
    h("h1", { tabindex: "-1" }, "Welcome to Kith"),
    h("p.lead", null, "It keeps folders the same on the computers around you. There is no account and no server: nothing leaves your network."),
    h("div.field", null, h("label", { for: "start-name" }, "What shall this computer be called?"),
      h("input", { type: "text", id: "start-name", maxlength: 32, value: d.name ?? p.device.name, "aria-describedby": "start-name-help", oninput: (e) => { d.name = e.target.value; } }),
      h("p.help", { id: "start-name-help" }, "Others in your network see this name.")),
    h("div.actions", null, h("button.button.primary.large", { type: "submit" }, "Continue")));
}

function devicesStep(d, to) {
  const p = app.picture;
  const paired = p.devices.filter((x) => x.paired);
  const nearby = p.devices.filter((x) => !x.paired);
  const asks = needs(p).filter((n) => n.kind === "pairing");
  return h("div.step", { key: "devices" },
    h("h1", { tabindex: "-1" }, "Find your other devices"),
    h("p.lead", null, "Start Kith on the other computer too. It appears here by itself; press ", h("strong", null, "Pair"), " on one of the two, and compare six digits."),
    asks.length > 0 && h("div.needs", { key: "asks" }, asks.map(needRow)),
    h("div", { key: "found", "aria-live": "polite" },
      paired.length + nearby.length > 0 && h("ul.rows", null,
        paired.map((x) => h("li.row", { key: x.id }, h("div.main", null, h("div.title", null, icon("device"), name(x.name))), h("span.badge.tone-good", null, icon("ok"), "Paired"))),
        nearby.map(nearbyRow)),
      paired.length + nearby.length === 0 && h("div.card.searching", null, h("div.pulse", { "aria-hidden": "true" }, icon("look")),
        h("div", null, h("p", null, h("strong", null, "Looking for devices nearby…")),
          h("ul.hints", null,
            h("li", null, "Is Kith running on the other computer?"),
            h("li", null, "Are both in the same network? Guest Wi-Fi often keeps devices apart."),
            h("li", null, "A firewall may be in the way: the ", h("a", { href: "#/check" }, "connection check"), " finds out."),
            h("li", null, "Or say its address: ", h("a", { href: "#/devices" }, "pair by address"), "."))))),
    h("div.actions", { key: "next" }, button("Back", () => to(0)), button(paired.length ? "Continue" : "Continue without one", () => to(2), { kind: "primary large" })));
}

function folderStep(d, to) {
  const p = app.picture;
  const offers = needs(p).filter((n) => n.kind === "offer");
  return h("div.step", { key: "folder" },
    h("h1", { tabindex: "-1" }, "Choose a folder"),
    h("p.lead", null, "Share one of yours, or take one that is offered to you. Folders that you share with nobody yet simply wait."),
    offers.length > 0 && h("div.needs", { key: "offers" }, offers.map(needRow)),
    p.folders.length > 0 && h("ul.rows", { key: "have" }, p.folders.map((f) => h("li.row", { key: f.id }, h("div.main", null, h("div.title", null, icon("folder"), name(f.name))), h("span.badge.tone-good", null, icon("ok"), "Shared")))),
    shareForm(d.share, (reply) => { d.folder = reply.folder; to(3); }),
    h("div.actions", { key: "next" }, button("Back", () => to(1)), button(p.folders.length ? "Continue" : "Not now", () => to(3))));
}

function doneStep(d, to, leave) {
  const p = app.picture;
  return h("div.step", { key: "done" },
    h("div.emblem", null, icon("ok")),
    h("h1", { tabindex: "-1" }, "That is all"),
    h("p.lead", null, p.folders.length ? "Your folders follow each other from now on, whenever the devices meet." : "Kith is ready. Share a folder whenever you like."),
    p.login && !p.login.reason && !p.login.asked && h("div.card.ask", { key: "login" }, h("p", null, h("strong", null, "Start Kith when you log in?"), " Then your folders are in step without a thought. You can change it in the settings."),
      h("div.actions", null, button("Yes, start it", () => run({ verb: "autostart", on: true }), { kind: "primary" }), button("No", () => run({ verb: "autostart", on: false }, { quiet: true })))),
    h("ul.hints", null,
      h("li", null, "What others replace or delete is kept for a month: look under ", h("strong", null, "Earlier versions"), "."),
      h("li", null, "If two people change the same file, both versions stay until somebody chooses."),
      h("li", null, "Open this page any time from the tray, or with ", h("code", null, "kith open"), ".")),
    h("div.actions", null, button("Back", () => to(2)), button("To the overview", leave, { kind: "primary large" })));
}
