// Which view shows which place.

import { overview } from "./overview.js";
import { start } from "./start.js";
import { folder } from "./folder.js";
import { share } from "./share.js";
import { offer } from "./offer.js";
import { conflicts } from "./conflicts.js";
import { versions } from "./versions.js";
import { activity } from "./activity.js";
import { devices, device } from "./devices.js";
import { search, browse } from "./search.js";
import { check } from "./check.js";
import { settings } from "./settings.js";
import { page, empty, link } from "./parts.js";

export const views = {
  "": overview,
  start, folder, share, offer, conflicts, versions, activity, devices, device, search, browse, check, settings,
  lost: () => page("Nothing is here", {}, empty("look", "This place is not known", "The folder or file may be gone since the link was made.", link("Overview", "#/", { kind: "button" }))),
};
