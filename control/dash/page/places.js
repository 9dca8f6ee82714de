// Choosing a directory on this computer.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { answer, redraw } from "./store.js";
import { get } from "./net.js";
import { dialog, button, field, loading, trouble } from "./parts.js";
import { name, place } from "./words.js";

// placeField is a field for a place, with a button to look for one. d[key] holds
// what was chosen.
export function placeField(label, d, key, { help, fresh = false, onchange } = {}) {
  const id = `place-${key}`;
  const take = (dir) => {
    d[key] = dir;
    onchange?.(dir);
    redraw();
  };
  return field(label, h("div.inline", null,
    h("input", { type: "text", id, value: d[key] ?? "", autocomplete: "off", spellcheck: "false", "aria-describedby": help ? `${id}-help` : undefined, oninput: (e) => take(e.target.value) }),
    button("Choose…", () => choose(take, fresh), { sign: "folder", "aria-haspopup": "dialog" })), { id, help });
}

function choose(take, fresh) {
  const at = { dir: "", fresh: "" };
  dialog("Choose a folder", (close) => {
    const list = answer("places", at.dir, () => get("/v1/places", { dir: at.dir }));
    if (list.error) return [trouble(list.error), h("div.actions", null, button("Back to my files", () => { at.dir = ""; redraw(); }))];
    const v = list.value;
    if (!v) return loading();
    const enter = (dir) => { at.dir = dir; redraw(); };
    const chosen = fresh && at.fresh.trim() ? `${v.dir}/${at.fresh.trim()}` : v.dir;
    return [
      h("p.where", null, place(v.dir)),
      h("ul.places", { "aria-label": "Folders in it" },
        v.parent && h("li", { key: "up" }, h("button", { type: "button", onclick: () => enter(v.parent) }, icon("left"), "One up")),
        v.entries.map((e) => h("li", { key: e.dir }, h("button", { type: "button", onclick: () => enter(e.dir) }, icon("folder"), name(e.name), e.shared && h("span.under", null, "shared already")))),
        v.entries.length === 0 && h("li.quiet", { key: "none" }, "No folders in here")),
      v.more && h("p.quiet", null, "There are more than are listed."),
      fresh && field("New folder in here (optional)", h("input", { type: "text", id: "place-fresh", value: at.fresh, oninput: (e) => { at.fresh = e.target.value; redraw(); } }), { id: "place-fresh" }),
      h("div.actions.end", null, button("Cancel", close), button("Use this folder", () => { close(); take(chosen); }, { kind: "primary", disabled: list.loading || (!v.parent && !at.fresh.trim()) })),
    ];
  });
}
