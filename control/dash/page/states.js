// What a folder's state is called and how it looks.

import { app } from "./store.js";
import { count, span, number } from "./words.js";

export const states = {
  "in-step": { icon: "ok", tone: "good", word: "In step" },
  scanning: { icon: "look", tone: "busy", word: "Looking at the files" },
  syncing: { icon: "sync", tone: "busy", word: "Syncing" },
  paused: { icon: "paused", tone: "still", word: "Paused" },
  held: { icon: "held", tone: "you", word: "Waits for you" },
  unavailable: { icon: "bad", tone: "bad", word: "Unavailable" },
  error: { icon: "bad", tone: "bad", word: "Not all in step" },
};

// stateOf tells how a folder is, in a word and a line.
export function stateOf(f) {
  const base = states[f.state] ?? { icon: "you", tone: "you", word: f.state };
  if (f.state === "in-step" && f.conflicts > 0) return { icon: "conflict", tone: "you", word: count(f.conflicts, "conflict"), line: "Both versions are kept until you decide." };
  const here = f.members.filter((m) => m.connected);
  if (f.state === "in-step" && f.members.length > 0 && here.length === 0) {
    return { icon: "away", tone: "still", word: "Nobody else is here", line: "All of it is here; changes go out when a member comes." };
  }
  if (f.state === "in-step" && f.members.length === 0) return { icon: "away", tone: "still", word: "Shared with nobody yet" };
  const behind = here.filter((m) => !m.in_step);
  if (f.state === "in-step" && behind.length > 0) {
    return { icon: "sync", tone: "busy", word: f.up_bps > 0 ? "Sending" : "In step here", line: behind.map((m) => `${m.name} lacks ${count(m.need_files, "file")}`).join(" · ") };
  }
  return { ...base, line: lineOf(f) };
}

function lineOf(f) {
  switch (f.state) {
    case "syncing":
      return [f.need_files > 0 && `${count(f.need_files, "file")} to come`, f.eta_s != null && f.eta_s > 0 && `${span(f.eta_s)} left`, f.reason].filter(Boolean).join(" · ");
    case "held":
      return `${count(f.held, "deletion or replacement", "deletions and replacements")} wait for a decision`;
    case "in-step":
      return "";
  }
  return f.reason;
}

// progress returns how much of a folder is here, from 0 to 1, or nothing when all is.
export function progress(f) {
  if (f.need_files === 0) return undefined;
  const come = f.active.reduce((n, t) => n + t.done, 0); // of files that are not whole yet
  const all = f.bytes + come + f.need_bytes;
  return all > 0 ? (f.bytes + come) / all : f.files / (f.files + f.need_files);
}

// needs lists what waits for this person, the most urgent first.
export function needs(p = app.picture) {
  const out = [];
  for (const x of p.pairings) if (x.state === "waiting" || (x.state === "asking" && x.incoming)) out.push({ kind: "pairing", pairing: x });
  for (const o of p.offers) out.push({ kind: "offer", offer: o });
  for (const f of p.folders) {
    if (f.state === "held") out.push({ kind: "held", folder: f });
    if (f.conflicts > 0) out.push({ kind: "conflicts", folder: f });
    if (f.state === "unavailable" || f.state === "error") out.push({ kind: "trouble", folder: f });
  }
  for (const x of p.problems) out.push({ kind: "problem", problem: x });
  return out;
}

// headline answers "is all well?".
export function headline(p = app.picture) {
  const trusted = p.devices.filter((d) => d.paired || d.vouched_by);
  const here = trusted.filter((d) => d.connected).length;
  const bad = p.folders.filter((f) => f.state === "unavailable" || f.state === "error");
  const busy = p.folders.filter((f) => f.state === "syncing");
  const waiting = needs(p);
  const who = here > 0 ? `${count(here, "other device")} here` : trusted.length > 0 ? "No other device is here now" : "";
  if (bad.length) return { icon: "bad", tone: "bad", text: bad.length === 1 ? "One folder needs a look" : `${bad.length} folders need a look`, more: who };
  if (waiting.length) return { icon: "you", tone: "you", text: waiting.length === 1 ? "One thing waits for you" : `${waiting.length} things wait for you`, more: who };
  if (p.folders.length && p.folders.every((f) => f.state === "paused")) return { icon: "paused", tone: "still", text: "Paused", more: "Nothing is sent or fetched until you resume." };
  if (busy.length) {
    const files = busy.reduce((n, f) => n + f.need_files, 0);
    const eta = Math.max(...busy.map((f) => f.eta_s ?? 0));
    return { icon: "sync", tone: "busy", text: files > 0 ? `Syncing ${count(files, "file")}` : "Syncing", more: [eta > 0 && `${span(eta)} left`, who].filter(Boolean).join(" · ") };
  }
  if (p.folders.some((f) => f.state === "scanning")) return { icon: "look", tone: "busy", text: "Looking at the files", more: who };
  const behind = p.folders.flatMap((f) => f.members.filter((m) => m.connected && !m.in_step));
  if (behind.length) {
    const files = behind.reduce((n, m) => n + m.need_files, 0);
    return { icon: "sync", tone: "busy", text: files > 0 ? `Handing over ${number(files)} ${files === 1 ? "file" : "files"}` : "Almost in step", more: who };
  }
  if (!p.folders.length) return { icon: "away", tone: "still", text: "Nothing is shared yet", more: who };
  if (!here) return { icon: "away", tone: "still", text: "All is here, nobody else is", more: "Changes travel when a paired device comes near." };
  return { icon: "ok", tone: "good", text: "Everything is in step", more: who };
}
