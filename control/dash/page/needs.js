// What waits for this person, each with what can be done about it.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { run, url } from "./store.js";
import { button, link, confirm } from "./parts.js";
import { name, visible, count, path, place } from "./words.js";

const rows = { pairing, offer, held, conflicts, trouble, problem };

export const needRow = (need) => rows[need.kind](need);

function row(key, which, tone, title, text, ...actions) {
  return h("article.need", { key, class: `tone-${tone}` }, icon(which), h("div.words", null, h("h2", null, title), text), h("div.actions", null, actions));
}

export const codeText = (code) => h("span.code", { "aria-label": [...code].join(" ") }, h("span", null, code.slice(0, 3)), h("span", null, code.slice(3)));

function pairing({ pairing: x }) {
  const answer = (yes) => run({ verb: "answer", pairing: x.id, yes }, { key: x.id });
  if (!x.code) return row(`pairing ${x.id}`, "device", "you", [name(x.name), " wants to pair"], h("p", null, "One moment: the code is on its way."));
  return row(`pairing ${x.id}`, "device", "you", [x.incoming ? [name(x.name), " wants to pair"] : ["Pairing with ", name(x.name)]],
    [h("p", null, "Does ", name(x.name), " show the same six digits?"), codeText(x.code)],
    button("Yes, the same", () => answer(true), { kind: "primary", busy: x.id }),
    button("No", () => answer(false), { busy: x.id }));
}

function offer({ offer: o }) {
  return row(`offer ${o.id}`, "folder", "you", [name(o.from), " offers ", name(o.name)],
    h("p", null, o.role === "receive" ? "You would receive it; your own changes would stay here." : "Changes would travel both ways.", " It would go to ", place(o.dir), "."),
    button("Accept", () => run({ verb: "accept", folder: o.id }, { key: o.id }), { kind: "primary", busy: o.id }),
    link("Choose a place", url("offer", o.id), { kind: "button" }),
    button("Decline", () => run({ verb: "decline", folder: o.id }, { key: o.id }), { busy: o.id }));
}

function held({ folder: f }) {
  return row(`held ${f.id}`, "held", "you", [name(f.name), ": held back"],
    h("p", null, f.reason ? visible(f.reason) : `${count(f.held, "file")} would be deleted or replaced.`, " Nothing of it happens until you decide. New files go on."),
    button("Let it happen", () => confirm("Let the deletions and replacements happen?", `${count(f.held, "file")} would go. What is replaced or deleted stays among the earlier versions for at least 30 days.`, "Let it happen",
      () => run({ verb: "approve", folder: f.id }, { key: f.id })), { busy: f.id }),
    button("Undo it", () => run({ verb: "undo", folder: f.id }, { key: f.id }), { kind: "primary", busy: f.id }));
}

function conflicts({ folder: f }) {
  return row(`conflicts ${f.id}`, "conflict", "you", [count(f.conflicts, "conflict"), " in ", name(f.name)],
    h("p", null, "Somebody else changed the same file. Both versions are kept until you choose."),
    link("Look at them", url("conflicts", f.id), { kind: "button primary" }));
}

function trouble({ folder: f }) {
  return row(`trouble ${f.id}`, "bad", "bad", [name(f.name), f.state === "unavailable" ? " cannot be reached" : " is not all in step"],
    h("p", null, visible(f.reason || "Some files could not be brought in step.")),
    link("Details", url("folder", f.id), { kind: "button" }));
}

function problem({ problem: x }) {
  return row(`problem ${x.path} ${x.reason}`, "bad", "bad", visible(x.reason), [x.path && h("p", null, path(x.path)), h("p", null, visible(x.next))]);
}
