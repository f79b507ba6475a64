/* After signing in: the visitor's conversations come along only when the person says so. */

import { t } from "./dom.js";
import { post } from "./http.js";
import { recall, remember } from "./dom.js";

const DECLINED = "claim:declined";

export function offerClaim(banner, boot, { done, failed }) {
  if (!boot.claimable || !boot.signed_in || recall(sessionStorage, DECLINED)) return;
  const [words, yes, no] = banner.querySelectorAll("p, button");
  words.textContent = t(boot.claimable === 1 ? "claim.one" : "claim.many", { n: boot.claimable });
  banner.hidden = false;
  yes.addEventListener("click", async () => {
    try {
      await post(boot.urls.claim);
      banner.hidden = true;
      done();
    } catch (error) {
      failed(error);
    }
  });
  no.addEventListener("click", () => {
    remember(sessionStorage, DECLINED, "1");
    banner.hidden = true;
  });
}
