// An offer: a folder that another device invites this one to.

import { h } from "./dom.js";
import { app, run, url, draft, go } from "./store.js";
import { page, button, link, empty } from "./parts.js";
import { placeField } from "./places.js";
import { name, count } from "./words.js";

export function offer(id) {
  const o = app.picture.offers.find((x) => x.id === id);
  if (!o) return page("This offer is gone", {}, empty("folder", "It was accepted, declined or taken back", "", link("Overview", "#/", { kind: "button" })));
  const d = draft(`offer ${id}`, { dir: o.dir });
  const accept = async (e) => {
    e.preventDefault();
    const reply = await run({ verb: "accept", folder: o.id, dir: d.dir.trim() }, { key: o.id });
    if (reply) go(url("folder", reply.folder));
  };
  return page([name(o.from), " offers ", name(o.name)], {
    lead: [count(o.members, "device"), " would have it, this one included. ", o.role === "receive" ? "You would only receive: your own changes stay here." : "Changes travel both ways."],
  },
    h("form", { onsubmit: accept },
      placeField("Where it shall go", d, "dir", { fresh: true, help: "An empty folder is best. If there are files in it, they become part of the shared folder." }),
      h("div.actions", { style: { "margin-top": "24px" } },
        h("button.button.primary", { type: "submit", disabled: !d.dir.trim() }, "Accept"),
        button("Decline", async () => { if (await run({ verb: "decline", folder: o.id }, { key: o.id })) go("#/"); }))));
}
