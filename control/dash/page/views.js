// Which view shows which place.

import { overview } from "./overview.js";
import { page, empty, link } from "./parts.js";

export const views = {
  "": overview,
  lost: () => page("Nothing is here", {}, empty("look", "This place is not known", "The folder or file may be gone since the link was made.", link("Overview", "#/", { kind: "button" }))),
};
