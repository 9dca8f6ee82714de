// What of a folder does not travel: its rules, and what others would change,
// shown while they are typed.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { answer, draft, run, redraw, outdate } from "./store.js";
import { command } from "./net.js";
import { section, button, trouble } from "./parts.js";
import { path, count, bytes, visible } from "./words.js";

const patience = 350; // ms after the last key

export function rulesEditor(f) {
  const d = draft(`rules ${f.id}`, { text: undefined, tried: undefined, at: 0 });
  const stored = answer(`rules ${f.id}`, d.at, async () => (await command({ verb: "ignore", folder: f.id })).rules.text);
  if (stored.error) return null; // paused or away: there is nothing to be read
  const text = d.text ?? stored.value ?? "";
  const changed = d.text !== undefined && d.text !== stored.value;
  const tried = changed && d.tried !== undefined && answer(`try ${f.id}`, d.tried, async () => (await command({ verb: "ignore", folder: f.id, text: d.tried })).rules);
  const type = (e) => {
    d.text = e.target.value;
    clearTimeout(d.timer);
    d.timer = setTimeout(() => { d.tried = d.text; redraw(); }, patience);
    redraw();
  };
  const keep = async () => {
    if (await run({ verb: "ignore", folder: f.id, text: d.text, yes: true }, { key: `rules ${f.id}` })) {
      Object.assign(d, { text: undefined, tried: undefined, at: d.at + 1 });
      outdate(`rules ${f.id}`);
    }
  };
  const dismiss = () => { Object.assign(d, { text: undefined, tried: undefined }); redraw(); };
  return section("What stays at home", { key: "rules", note: ["One pattern a line, as in a .gitignore: ", h("code", null, "*.tmp"), ", ", h("code", null, "build/"), ", ", h("code", null, "!keep.tmp"), ". The rules travel with the folder. Leaving something out never deletes it."] },
    h("div.rulesgrid", null,
      h("div", null,
        h("label.unseen", { for: "rules-text" }, "Patterns of what does not travel"),
        h("textarea", { id: "rules-text", key: f.id, rows: 8, spellcheck: "false", autocapitalize: "off", autocomplete: "off", value: text, oninput: type, placeholder: "Nothing is left out, but for junk such as .DS_Store" }),
        changed && h("div.actions", { key: "act" },
          button("Keep these rules", keep, { kind: "primary", busy: `rules ${f.id}` }), button("Dismiss", dismiss))),
      h("div.preview", { "aria-live": "polite" }, preview(changed, tried))));
}

function preview(changed, tried) {
  if (!changed) return h("p.quiet", null, "Change the patterns, and what they would leave out is listed here before anything happens.");
  if (!tried || (tried.loading && !tried.value)) return h("p.quiet", null, "Looking…");
  if (tried.error) return trouble(tried.error);
  const r = tried.value;
  if (!r) return h("p.quiet", null, "Looking…");
  return [
    r.problems?.map((p) => h("p.problem", { key: p }, icon("bad"), visible(p))),
    part("Would stay at home", r.out, "out"),
    part("Would travel again", r.in, "in"),
    r.out.files + r.in.files + r.out.paths.length + r.in.paths.length === 0 && h("p.quiet", null, "This changes nothing for the files that are here now."),
    r.partly && h("p.quiet", null, "There is more than could be looked at in this moment."),
  ];
}

function part(title, share, key) {
  if (share.paths.length === 0) return null;
  const shown = share.paths.slice(0, 40);
  return h("div.part", { key }, h("h3", null, title), h("p.quiet", null, `${count(share.files, "file")}, ${bytes(share.bytes)}`),
    h("ul", null, shown.map((p) => h("li", { key: p }, path(p)))),
    share.paths.length > shown.length && h("p.quiet", null, "and more"));
}
