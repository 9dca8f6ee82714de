// An offer: a folder that another device invites this one to.

import { h } from "./dom.js";
import { app, run, url, draft, go, redraw } from "./store.js";
import { page, button, link, empty } from "./parts.js";
import { placeField } from "./places.js";
import { name, count } from "./words.js";

export function offer(id) {
  const o = app.picture.offers.find((x) => x.id === id);
  if (!o) return page("This offer is gone", {}, empty("folder", "It was accepted, declined or taken back", "", link("Overview", "#/", { kind: "button" })));
  const d = draft(`offer ${id}`, { dir: o.dir, browse: false });
  const accept = async (e) => {
    e.preventDefault();
    const reply = await run({ verb: "accept", folder: o.id, dir: d.dir.trim(), ...(d.browse && { browse: true }) }, { key: o.id });
    if (reply) go(url("folder", reply.folder));
  };
  return page([name(o.from), " offers ", name(o.name)], {
    lead: [count(o.members, "device"), " would have it, this one included. ", o.role === "receive" ? "You would only receive: your own changes stay here." : "Changes travel both ways."],
  },
    h("form", { onsubmit: accept },
      placeField("Where it shall go", d, "dir", { fresh: true, help: "An empty folder is best. If there are files in it, they become part of the shared folder." }),
      h("fieldset.field.plain", null, h("legend", null, "Keep here"),
        choice(d, false, "All of it", "Every file comes, and stays in step."),
        choice(d, true, "Only what I ask for", "Look through it and search it; get the files you want.")),
      h("div.actions", { style: { "margin-top": "24px" } },
        h("button.button.primary", { type: "submit", disabled: !d.dir.trim() }, "Accept"),
        button("Decline", async () => { if (await run({ verb: "decline", folder: o.id }, { key: o.id })) go("#/"); }))));
}

const choice = (d, browse, title, under) =>
  h("label.choice", null, h("input", { type: "radio", name: "browse", checked: d.browse === browse, onchange: () => { d.browse = browse; redraw(); } }), h("span", null, title, h("span.under", null, ` ${under}`)));
