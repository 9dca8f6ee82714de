// What a person can set.

import { h } from "./dom.js";
import { app, run, draft, redraw } from "./store.js";
import { post } from "./net.js";
import { page, section, button, confirm, copyable, field } from "./parts.js";
import { pauseDialog } from "./folder.js";
import { name, visible } from "./words.js";

export function settings() {
  const p = app.picture;
  const d = draft("settings", { name: undefined, address: undefined });
  const paused = p.folders.length > 0 && p.folders.every((f) => f.state === "paused");
  const save = (verb, field, key) => async (e) => {
    e.preventDefault();
    if (await run({ verb, [field]: d[key].trim() })) { d[key] = undefined; redraw(); }
  };
  return page("Settings", {},
    h("form.setting", { key: "name", onsubmit: save("rename", "name", "name") },
      field("Name of this device", h("div.inline", null,
        h("input", { type: "text", id: "self-name", maxlength: 32, value: d.name ?? p.device.name, "aria-describedby": "self-name-help", oninput: (e) => { d.name = e.target.value; redraw(); } }),
        h("button.button", { type: "submit", disabled: d.name === undefined || !d.name.trim() || d.name.trim() === p.device.name }, "Save")),
        { id: "self-name", help: "This is what people at other devices see." })),
    p.login && section("Start", { key: "login" },
      p.login.reason
        ? h("p.note", null, "Whether Kith starts when you log in cannot be told here: ", visible(p.login.reason), ".")
        : h("label.choice.card", null, h("input", { type: "checkbox", checked: p.login.on, onchange: (e) => run({ verb: "autostart", on: e.target.checked }) }),
            h("span", null, "Start Kith when I log in", h("span.under", null, " So that your folders are in step without a thought.")))),
    section("Pause", { key: "pause", note: "For a slow or expensive network, or for peace." },
      paused ? button("Resume everything", () => run({ verb: "resume" }), { kind: "primary" }) : button("Pause everything…", () => pauseDialog(), { disabled: p.folders.length === 0, "aria-haspopup": "dialog" })),
    section("Network", { key: "network" },
      h("form.setting", { onsubmit: save("listen", "addr", "address") },
        field("Listen on", h("div.inline", null,
          h("input", { type: "text", id: "self-address", placeholder: ":22547", autocomplete: "off", spellcheck: "false", value: d.address ?? p.device.address, "aria-describedby": "self-address-help", oninput: (e) => { d.address = e.target.value; redraw(); } }),
          h("button.button", { type: "submit", disabled: d.address === undefined || d.address.trim() === p.device.address }, "Save")),
          { id: "self-address", help: `Now it listens on port ${p.device.port}. Leave this empty for the usual one. A change counts from the next start.` }))),
    p.update && section("Updates", { key: "updates", note: "Kith asks nobody about new versions unless you have it look. It never installs anything by itself." },
      p.update.version && !p.update.newer && h("p.note", null, "The newest release known is ", visible(p.update.version), "."),
      !p.update.able ? h("p.note", null, "This Kith was built without the key of its makers, so it can't verify a release.")
        : h("p.note", null, p.update.address ? ["It looks at ", name(p.update.address), "."] : "No address to look at is set: kith update --from ADDRESS sets one.", " Paired devices hand on what they know."),
      p.update.address && p.update.able && h("div.actions", null, button("Check for updates", () => run({ verb: "update" }))),
      p.update.newer && h("div.card", { key: "newer", style: { "margin-top": "20px" } }, h("p", null, h("strong", null, "Kith ", visible(p.update.version), " is there."), " Verified; heard from ", name(p.update.from), "."), h("p.under", null, "Next: ", visible(p.update.next), "."))),
    section("About", { key: "about" },
      h("dl.facts", null,
        h("div", null, h("dt", null, "Version"), h("dd", null, visible(p.version))),
        h("div", null, h("dt", null, "ID of this device"), h("dd", null, copyable(p.device.id)))),
      h("div.actions", { style: { "margin-top": "20px" } },
        button("Close this page for good", async () => { await post("/logout", {}); sessionStorage.clear(); app.link = "out"; redraw(); }),
        button("Quit Kith", () => confirm("Quit Kith?", "Your folders stop following each other until it is started again. Nothing is lost.", "Quit", () => run({ verb: "quit" }))))));
}
