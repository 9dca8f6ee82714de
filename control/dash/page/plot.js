// How much moved lately, from and to whom: a picture that Kith draws. As an image
// it is inert, whatever stands in it.

import { h } from "./dom.js";
import { app, answer, draft, redraw } from "./store.js";
import { raw } from "./net.js";
import { section } from "./parts.js";

const spans = [["10m", "10 minutes"], ["1h", "1 hour"], ["1d", "1 day"]];
const fresh = { "10m": 5e3, "1h": 30e3, "1d": 120e3 };

async function load(query) {
  const svg = await (await raw("/v1/plot", query)).text();
  return "data:image/svg+xml;base64," + btoa(String.fromCharCode(...new TextEncoder().encode(svg)));
}

export function plotOf(about = {}) {
  const d = draft(`plot ${JSON.stringify(about)}`, { span: "10m" });
  const room = Math.min(1118, app.width - (app.width > 900 ? 248 + 130 : 42));
  const width = Math.max(280, Math.round(room / 20) * 20);
  const height = app.width > 700 ? 230 : 200;
  const query = { ...about, span: d.span, width, height, theme: "auto" };
  const a = answer(`plot ${JSON.stringify(about)}`, `${d.span} ${width} ${Math.floor(Date.now() / fresh[d.span])}`, () => load(query));
  if (a.value) d.shown = a.value;
  clearTimeout(d.timer);
  d.timer = setTimeout(redraw, fresh[d.span]);
  return section("How much moved", {
    key: "plot",
    actions: h("div.tabs", { role: "group", "aria-label": "Time shown" }, spans.map(([key, words]) =>
      h("button.tab", { key, type: "button", "aria-pressed": String(d.span === key), onclick: () => { d.span = key; redraw(); } }, words))),
  }, h("div.card.plot", null, d.shown && h("img", { src: d.shown, width, height, alt: `Bytes a second that came in and went out, by device, over the last ${spans.find((s) => s[0] === d.span)[1]}` })));
}
