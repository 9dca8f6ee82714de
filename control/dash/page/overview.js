// The overview: is all well, what waits for this person, and who holds what.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { app } from "./store.js";
import { headline, needs } from "./states.js";
import { page, section, empty, link, sign } from "./parts.js";
import { needRow } from "./needs.js";
import { map } from "./map.js";
import { entryRows } from "./entries.js";
import { rate } from "./words.js";
import { plotOf } from "./plot.js";

export function overview() {
  const p = app.picture;
  const top = headline(p);
  const down = p.folders.reduce((n, f) => n + f.down_bps, 0);
  const up = p.folders.reduce((n, f) => n + f.up_bps, 0);
  const waiting = needs(p);
  return page(h("span.headline", { class: `tone-${top.tone}` }, icon(top.icon), h("span", null, top.text)), {
    wide: true,
    lead: h("span.glance", null, top.more && h("span", null, top.more),
      down > 0 && h("span.flow", null, icon("down"), h("span.unseen", null, "Receiving "), rate(down)),
      up > 0 && h("span.flow", null, icon("up"), h("span.unseen", null, "Sending "), rate(up))),
  },
    waiting.length > 0 && h("section.needs", { key: "needs", "aria-label": "What waits for you" }, waiting.map(needRow)),
    p.folders.length === 0
      ? h("div", { key: "none" }, empty("folder", "Share your first folder",
          "Choose a folder on this computer and the devices that shall have it. It then stays the same on all of them, and nothing leaves your network.",
          link("Share a folder", "#/share", { kind: "button primary", sign: "plus" }), link("Walk me through it", "#/start", { kind: "button" })))
      : section("Who holds what", { key: "map", actions: link("Share a folder", "#/share", { kind: "button small", sign: "plus" }) }, map(p)),
    p.folders.length > 0 && plotOf(),
    app.log.length > 0 && section("Lately", { key: "lately", actions: link("All activity", "#/activity", { kind: "button small" }) }, entryRows(app.log.slice(-6).reverse())));
}
