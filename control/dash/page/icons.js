// Signs, told apart by their shape. They are drawn on a grid of 20.

import { h } from "./dom.js";

const strokes = {
  ok: "M10 2.5a7.5 7.5 0 1 1 0 15a7.5 7.5 0 1 1 0-15M6.6 10.3l2.4 2.4l4.5-5",
  sync: "M3.2 9a7 7 0 0 1 12.2-3.6M16.8 11a7 7 0 0 1-12.2 3.6M15.8 2v3.6h-3.6M4.2 18v-3.6h3.6",
  look: "M9 3a6 6 0 1 1 0 12a6 6 0 1 1 0-12M13.4 13.4l3.6 3.6",
  paused: "M7 4v12M13 4v12",
  held: "M6 9V5.5a1.2 1.2 0 0 1 2.4 0V9V4a1.2 1.2 0 0 1 2.4 0V9V5a1.2 1.2 0 0 1 2.4 0v5.5M13.2 9a1.2 1.2 0 0 1 2.4 0v3a5.5 5.5 0 0 1-10.2 2.8L3.4 11.4a1.2 1.2 0 0 1 2-1.3L6 11",
  away: "M10 2.5a7.5 7.5 0 1 1 0 15a7.5 7.5 0 1 1 0-15",
  bad: "M10 2.8l8 14h-16zM10 8v4M10 14.4v.1",
  you: "M10 2.5a7.5 7.5 0 1 1 0 15a7.5 7.5 0 1 1 0-15M10 6v4.6M10 13.6v.1",
  folder: "M2.5 5.5a1 1 0 0 1 1-1h4l1.8 2h7.2a1 1 0 0 1 1 1v7.5a1 1 0 0 1-1 1h-13a1 1 0 0 1-1-1z",
  file: "M5 2.5h6.5l3.5 3.5v11.5h-10zM11.5 2.5v3.5h3.5",
  device: "M3.5 4h13v9h-13zM1.5 16h17",
  home: "M3 9.5l7-6l7 6M5 8v8.5h10v-8.5",
  conflict: "M4 3v5a3 3 0 0 0 3 3h6a3 3 0 0 1 3 3v3M16 3v5a3 3 0 0 1-3 3M4 17v-3a3 3 0 0 1 3-3",
  clock: "M10 2.5a7.5 7.5 0 1 1 0 15a7.5 7.5 0 1 1 0-15M10 6v4.2l2.8 1.8",
  list: "M3 5h.1M6.5 5h10.5M3 10h.1M6.5 10h10.5M3 15h.1M6.5 15h10.5",
  gear: "M10 7.2a2.8 2.8 0 1 1 0 5.6a2.8 2.8 0 1 1 0-5.6M10 2v2.4M10 15.6v2.4M2 10h2.4M15.6 10h2.4M4.3 4.3l1.7 1.7M14 14l1.7 1.7M15.7 4.3l-1.7 1.7M6 14l-1.7 1.7",
  pulse: "M1.5 10.5h4l2-6l4 11l2.5-7l1 2h3.5",
  plus: "M10 4v12M4 10h12",
  left: "M12.5 4l-6 6l6 6",
  right: "M7.5 4l6 6l-6 6",
  menu: "M3 5.5h14M3 10h14M3 14.5h14",
  close: "M5 5l10 10M15 5l-10 10",
  down: "M10 3v12M5 10.5l5 5l5-5",
  up: "M10 17v-12M5 9.5l5-5l5 5",
  link: "M8 12l4-4M9 6l2-2a3.2 3.2 0 0 1 5 5l-2 2M11 14l-2 2a3.2 3.2 0 0 1-5-5l2-2",
};

export const icon = (which, props) =>
  h("svg.icon", { viewBox: "0 0 20 20", "aria-hidden": "true", focusable: "false", ...props }, h("path", { d: strokes[which] }));
