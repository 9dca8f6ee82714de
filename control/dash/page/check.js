// The connection check: why devices do not see each other, in plain words, with
// what to do.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { answer, draft, redraw } from "./store.js";
import { command } from "./net.js";
import { page, button, trouble, copyable } from "./parts.js";
import { visible, count } from "./words.js";

const levels = { error: ["bad", "bad", "Wrong"], warning: ["you", "you", "Look at this"], note: ["list", "still", "Good to know"], ok: ["ok", "good", "Well"] };
const order = ["error", "warning", "note", "ok"];

const stale = 60e3; // ms since it was looked at last

export function check() {
  const d = draft("check", { round: 0, at: 0 });
  if (Date.now() - d.at > stale) d.round++;
  d.at = Date.now(); // as long as it is looked at, a person says when to check again
  const a = answer("check", d.round, async () => (await command({ verb: "doctor" })).findings ?? []);
  const found = a.value && a.value.toSorted((x, y) => order.indexOf(x.level) - order.indexOf(y.level));
  const wrong = found?.filter((f) => f.level === "error" || f.level === "warning").length;
  return page("Connection check", {
    lead: "Looks at this computer's network, asks the devices around, and says what keeps them apart.",
    actions: button(a.loading ? "Checking…" : "Check again", () => { d.round++; redraw(); }, { sign: "pulse", disabled: a.loading }),
  },
    a.error && !a.loading && trouble(a.error),
    a.loading && !found && h("div.card.searching", { key: "busy", role: "status" }, h("div.pulse", { "aria-hidden": "true" }, icon("pulse")), h("div", null, h("p", null, h("strong", null, "Checking…")), h("p.quiet", null, "This takes a few seconds."))),
    found && h("div", { key: "found", "aria-live": "polite" },
      h("p.verdict", { class: wrong ? "tone-you" : "tone-good" }, icon(wrong ? "you" : "ok"), h("span", null, wrong ? `${count(wrong, "thing")} to look at` : "Nothing is wrong")),
      h("ul.rows.findings", null, found.map(finding))));
}

function finding(f, i) {
  const [which, tone, word] = levels[f.level] ?? levels.note;
  return h("li", { key: `${i} ${f.what}`, class: `tone-${tone}` }, icon(which), h("div", null,
    h("p", null, h("span.unseen", null, `${word}: `), h("strong", null, visible(f.what))),
    f.why && h("p.under", null, visible(f.why)),
    f.next && h("p.next", null, visible(f.next)),
    f.command && copyable(f.command)));
}
