// What happened, by day, as it happens.

import { h } from "./dom.js";
import { app, draft, redraw } from "./store.js";
import { page, empty } from "./parts.js";
import { entryRows } from "./entries.js";
import { dayOf, visible } from "./words.js";

const most = 400;

export function activity() {
  const d = draft("activity", { text: "", folder: "" });
  const wanted = d.text.toLowerCase();
  const hits = app.log.filter((e) => (!d.folder || e.folder === d.folder) &&
    (!wanted || [e.verb, e.folder, e.path, e.device, e.detail].some((s) => s?.toLowerCase().includes(wanted)))).slice(-most).reverse();
  const days = Object.entries(Object.groupBy(hits, (e) => dayOf(e.at)));
  const folders = [...new Set(app.log.map((e) => e.folder).filter(Boolean))].sort();
  return page("Activity", { lead: "What came, went and was decided on this device." },
    app.log.length > 0 && h("div.filters", { key: "filters", role: "search" },
      h("div", null, h("label.unseen", { for: "activity-text" }, "Find in the activity"), h("input", { type: "search", id: "activity-text", placeholder: "File, device…", value: d.text, oninput: (e) => { d.text = e.target.value; redraw(); } })),
      h("div", null, h("label.unseen", { for: "activity-folder" }, "Folder"), h("select", { id: "activity-folder", value: d.folder, onchange: (e) => { d.folder = e.target.value; redraw(); } },
        h("option", { value: "" }, "All folders"), folders.map((f) => h("option", { key: f, value: f }, visible(f)))))),
    hits.length === 0
      ? empty("list", app.log.length ? "Nothing of that kind happened lately" : "Nothing happened yet", app.log.length ? "" : "As soon as files move, it is told here.")
      : days.map(([day, entries]) => h("section.day", { key: day, "aria-label": day }, h("h2", null, day), entryRows(entries, { times: true }))));
}
