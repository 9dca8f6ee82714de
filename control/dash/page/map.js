// Who holds what, and who feeds whom, as a map of lines: a column for each
// device, a line for each folder, a station where a device holds the folder. A
// filled station holds all of it; one that is filling shows how far it is; an
// open one is not here. Dashes move along a line in the direction of the bytes.

import { h } from "./dom.js";
import { app, url, deviceName } from "./store.js";
import { stateOf, progress } from "./states.js";
import { visible, count, rate, bytes } from "./words.js";

const rowHeight = 74;
const head = 62;
const colours = 6;

// columns returns the devices that have a place on the map: this one first, then
// those that are here, then the rest.
function columns(p) {
  const ids = new Set(p.devices.filter((d) => d.paired).map((d) => d.id));
  for (const f of p.folders) for (const m of f.members) ids.add(m.device);
  const here = (id) => p.devices.find((d) => d.id === id)?.connected ?? false;
  const rest = [...ids].map((id) => ({ id, name: deviceName(id), here: here(id) }));
  rest.sort((a, b) => b.here - a.here || a.name.localeCompare(b.name));
  return [{ id: p.device.id, name: p.device.name, here: true, self: true }, ...rest];
}

export function map(p) {
  const devices = columns(p);
  const room = Math.min(1120, app.width - (app.width > 900 ? 248 + 128 : 64));
  const labels = app.width > 700 ? 230 : 0;
  const step = Math.max(labels ? 116 : 86, Math.min(300, (room - labels - 40) / devices.length));
  const width = Math.max(room, labels + step * devices.length + 20);
  const height = head + rowHeight * p.folders.length + 8;
  const x = (i) => labels + step * (i + 0.5);
  return h("div.map", { tabindex: width > room ? "0" : undefined, role: width > room ? "region" : undefined, "aria-label": width > room ? "Map of devices and folders" : undefined },
    h("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": summary(p, devices) },
      devices.map((d, i) => column(d, x(i), height, step)),
      p.folders.map((f, i) => line(f, i, devices, x, labels, width))));
}

const summary = (p, devices) => `${count(p.folders.length, "folder")} on ${count(devices.length, "device")}. The same follows as links, one for each folder.`;

function clip(text, room) {
  const all = [...visible(text)];
  const most = Math.max(4, Math.floor(room / 9));
  return all.length > most ? all.slice(0, most - 1).join("") + "…" : all.join("");
}

function column(d, x, height, step) {
  return h("g.column", { key: d.id, class: d.here ? "here" : "gone" },
    h("title", null, visible(d.name)),
    h("line.rail", { x1: x, x2: x, y1: head - 8, y2: height - 6 }),
    h("text.device", { x, y: 24, "text-anchor": "middle", direction: "ltr" }, clip(d.name, step - 12)),
    h("text.where", { x, y: 42, "text-anchor": "middle" }, d.self ? "this device" : d.here ? "here" : "not here"));
}

function line(f, i, devices, x, labels, width) {
  const y = head + rowHeight * i + (labels ? 34 : 48);
  const on = devices.map((d, k) => ({ d, x: x(k), m: f.members.find((m) => m.device === d.id) })).filter(({ d, m }) => d.self || m);
  const flows = flowsOf(f, on);
  const state = stateOf(f);
  return h("a.line", { key: f.id, href: url("folder", f.id), class: `colour${i % colours}`, "aria-label": spoken(f, state, on) },
    h("rect.hit", { x: 0, y: head + rowHeight * i, width, height: rowHeight, rx: 10 }),
    on.length > 1 && h("line.track", { x1: on[0].x, x2: on.at(-1).x, y1: y, y2: y }),
    flows.map((flow) => h("g.flow", { key: flow.key },
      h("line.dashes", { x1: flow.from, x2: flow.to, y1: y, y2: y }),
      flow.bps > 0 && h("text.rate", { x: (flow.from + flow.to) / 2, y: y - 12, "text-anchor": "middle" }, rate(flow.bps)))),
    on.map((s) => station(f, s, y)),
    labels
      ? [h("text.folder", { x: 14, y: y - 2 }, clip(f.name, labels - 24)), h("text.state", { x: 14, y: y + 16, class: `tone-${state.tone}` }, clip(stateLine(f, state), labels + 20))]
      : h("text.folder", { x: 8, y: y - 24 }, clip(`${f.name} · ${stateLine(f, state)}`, width - 16)));
}

const stateLine = (f, state) => {
  const share = progress(f);
  return share !== undefined && f.state === "syncing" ? `${Math.floor(share * 100)} % · ${bytes(f.need_bytes)} to come` : state.word;
};

function station(f, { d, x, m }, y) {
  const share = d.self ? progress(f) : m.need_files > 0 && f.bytes > 0 ? Math.max(0, 1 - m.need_bytes / f.bytes) : undefined;
  const away = !d.self && !m.connected;
  const r = 9;
  const round = 2 * Math.PI * r;
  const full = d.self ? share === undefined : m.in_step || (m.connected && m.need_files === 0);
  const partly = share !== undefined;
  return h("g.station", { key: d.id, class: [away ? "away" : "", full ? "full" : "", partly ? "partly" : ""].join(" ") },
    h("circle.ring", { cx: x, cy: y, r }),
    partly && h("circle.arc", { cx: x, cy: y, r, "stroke-dasharray": `${round * share} ${round}`, transform: `rotate(-90 ${x} ${y})` }),
    full && h("circle.dot", { cx: x, cy: y, r: away ? 3.5 : 5 }),
    (d.self ? f.role : m.role) === "receive" && h("text.only", { x, y: y + 26, "text-anchor": "middle" }, "receives"),
    partly && !d.self && h("text.only", { x, y: y + 26, "text-anchor": "middle" }, `lacks ${bytes(m.need_bytes)}`));
}

// flowsOf tells where bytes move now: from the sources of the files under way to
// us, and from us to members who lack something.
function flowsOf(f, on) {
  const self = on.find((s) => s.d.self);
  const out = [];
  const sources = new Set(f.active.flatMap((t) => t.sources));
  const feeding = on.filter((s) => !s.d.self && sources.has(s.d.id));
  for (const s of feeding) out.push({ key: `from ${s.d.id}`, from: s.x, to: self.x, bps: s === feeding.at(-1) ? f.down_bps : 0 });
  if (f.up_bps > 0) {
    const taking = on.filter((s) => s.m?.connected && s.m.need_files > 0);
    for (const s of taking) out.push({ key: `to ${s.d.id}`, from: self.x, to: s.x, bps: s === taking.at(-1) && !feeding.length ? f.up_bps : 0 });
  }
  return out;
}

function spoken(f, state, on) {
  const members = on.filter((s) => !s.d.self).map(({ d, m }) =>
    `${visible(d.name)} ${!m.connected ? "is not here" : m.in_step || m.need_files === 0 ? "has all of it" : `lacks ${count(m.need_files, "file")}`}`);
  return [`${visible(f.name)}: ${state.word}`, state.line, ...members].filter(Boolean).join(". ");
}
