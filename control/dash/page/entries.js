// What happened, as lines for people.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { app, url } from "./store.js";
import { name, path, place, timeOf, when, visible } from "./words.js";

// Each verb has a sign, and words; true: the detail tells a person nothing more.
const verbs = {
  received: ["down", (e) => [file(e), " came", by(e, " from ")]],
  deleted: ["close", (e) => [file(e), " was deleted", by(e, " by ")]],
  moved: ["right", (e) => [file(e), " was moved", by(e, " by ")]],
  "sent-changes": ["up", (e) => ["Sent changes", by(e, " to ")]],
  conflict: ["conflict", (e) => [file(e), " was changed in two places", by(e, ", also by ")]],
  resolved: ["ok", (e) => ["Decided about ", file(e)]],
  restored: ["clock", (e) => ["Brought back ", file(e)]],
  held: ["held", () => ["Held back deletions or replacements"]],
  released: ["ok", () => ["Let go on what was held back"]],
  approved: ["ok", () => ["Approved what was held back"]],
  unavailable: ["bad", () => ["The folder cannot be reached"]],
  back: ["ok", () => ["The folder is back"]],
  paired: ["link", (e) => ["Paired with ", dev(e)], true],
  unpaired: ["link", (e) => ["Unpaired ", dev(e)], true],
  shared: ["folder", (e) => ["Shared", e.path ? [" from ", place(e.path)] : ""]],
  accepted: ["folder", (e) => ["Accepted", by(e, " from ")]],
  offered: ["folder", (e) => [dev(e), " offers it"]],
  declined: ["close", () => ["Declined"]],
  left: ["close", (e) => (e.device ? [dev(e), " left"] : ["Left; the files stay"])],
  "took-off": ["close", (e) => ["Took ", dev(e), " off the folder"]],
  rules: ["gear", () => ["Changed what stays at home"]],
  getting: ["down", (e) => ["Getting ", e.path ? path(e.path) : "all of it"]],
  dropped: ["close", (e) => ["Left ", file(e), " to the others"]],
  removed: ["close", (e) => [dev(e), " took this device off the folder; the files stay"]],
  paused: ["paused", () => ["Paused"]],
  resumed: ["sync", () => ["Resumed"]],
  release: ["down", (e) => [name(e.detail || "A newer Kith"), " is there; told by ", dev(e)], true],
  "new-epoch": ["clock", () => ["Kith's index came from a backup or another machine; everything is compared anew"], true],
  stopped: ["bad", () => ["Another machine uses the key of this device"]],
  "page-login-twice": ["bad", () => ["A link to this page was used twice"]],
};

const file = (e) => (e.path ? path(e.path) : "A file");
const dev = (e) => name(e.device || "A device");
const by = (e, word) => e.device && [word, name(e.device)];

function line(e) {
  const known = verbs[e.verb];
  if (known) return { sign: known[0], words: known[1](e) };
  return { sign: "list", words: [visible(e.verb.replaceAll("-", " ")), e.path && [" ", path(e.path)], by(e, " · ")] };
}

// entryRows shows entries, the first on top. With times set they have the time of
// day only.
export function entryRows(entries, { times = false } = {}) {
  return h("ol.entries", null, entries.map((e, i) => {
    const l = line(e);
    const folder = app.picture.folders.find((f) => f.name === e.folder);
    return h("li", { key: `${e.at} ${e.verb} ${e.path ?? ""} ${i}` }, icon(l.sign),
      h("span.words", null, h("span", null, l.words), e.detail && !verbs[e.verb]?.[2] && h("span.detail", null, visible(e.detail))),
      h("span.meta", null, e.folder && (folder ? h("a", { href: url("folder", folder.id) }, name(e.folder)) : name(e.folder)), times ? timeOf(e.at) : when(e.at)));
  }));
}
