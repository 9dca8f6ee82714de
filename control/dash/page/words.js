// How things are said. Everything that came from another device or a disk goes
// through name() or visible().

import { h } from "./dom.js";
import { app } from "./store.js";

// visible spells out what would not be seen or would turn the writing around. The
// joiners that some scripts and pictures need stay.
export function visible(text) {
  return String(text).toWellFormed().replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (c) => {
    const n = c.codePointAt(0);
    if (n === 0x200c || n === 0x200d || n === 0xfe0f) return c;
    if (n < 0x20) return String.fromCodePoint(0x2400 + n);
    return `⟨U+${n.toString(16).toUpperCase().padStart(4, "0")}⟩`;
  });
}

// name is text from elsewhere, in a direction of its own.
export const name = (text, props) => h("bdi.name", props, visible(text));

// path is name for a path: its directories stand back.
export function path(text) {
  const at = text.lastIndexOf("/") + 1;
  return h("bdi.path", { title: visible(text) }, at > 0 && h("span.dir", null, visible(text.slice(0, at))), visible(text.slice(at)));
}

// place is path for a place on this disk: what lies in the home directory is said
// from there.
export function place(text) {
  const home = app.picture.device.home;
  const inHome = home && (text === home || text.startsWith(home + "/") || text.startsWith(home + "\\"));
  return path(inHome ? "~" + text.slice(home.length) : text);
}

const units = ["B", "KB", "MB", "GB", "TB", "PB"];

export function bytes(n) {
  let i = 0;
  while (n >= 999.5 && i < units.length - 1) {
    n /= 1000;
    i++;
  }
  return `${i === 0 || n >= 99.5 ? Math.round(n) : n.toPrecision(n < 10 ? 2 : 3)} ${units[i]}`;
}

export const rate = (n) => `${bytes(n)}/s`;

const plain = new Intl.NumberFormat("en");
export const number = (n) => plain.format(n);

export const count = (n, noun, plural = noun + "s") => `${number(n)} ${n === 1 ? noun : plural}`;

// span says how long some seconds are.
export function span(s) {
  if (s < 60) return `${Math.max(1, Math.round(s))} s`;
  if (s < 3600) return `${Math.round(s / 60)} min`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.round((s % 3600) / 60)} min`;
  return count(Math.round(s / 86400), "day");
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" });
const year = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

export function when(at) {
  const d = new Date(at);
  if (Number.isNaN(d.getTime())) return null;
  return h("time", { datetime: d.toISOString(), title: full.format(d) }, ago(d));
}

const second = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" });

// stamp is when for things that may lie seconds apart.
export const stamp = (at) => h("time", { datetime: at, title: exact(at) }, second.format(new Date(at)));

export const exact = (at) => full.format(new Date(at));

function ago(d, now = new Date()) {
  const s = (now - d) / 1000;
  if (s >= -5 && s < 45) return "just now";
  if (s >= 0 && s < 3600) return `${Math.max(1, Math.round(s / 60))} min ago`;
  if (d.toDateString() === now.toDateString()) return clock.format(d);
  if (d.getFullYear() === now.getFullYear()) return `${day.format(d)}, ${clock.format(d)}`;
  return year.format(d);
}

export function dayOf(at, now = new Date()) {
  const d = new Date(at);
  if (d.toDateString() === now.toDateString()) return "Today";
  if (d.toDateString() === new Date(now - 86400e3).toDateString()) return "Yesterday";
  return (d.getFullYear() === now.getFullYear() ? day : year).format(d);
}

export const timeOf = (at) => h("time", { datetime: at, title: exact(at) }, clock.format(new Date(at)));

export function fileName(p) {
  return p.slice(p.lastIndexOf("/") + 1);
}

// and joins names as a person would.
export const and = (list) => (list.length < 2 ? list.join("") : `${list.slice(0, -1).join(", ")} and ${list.at(-1)}`);
