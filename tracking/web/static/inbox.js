"use strict";
(() => {
  const EVERY = 5e3;
  const say = document.querySelector("#say");

  async function refresh() {
    if (document.hidden) return;
    const answer = await fetch(location.href, { cache: "no-store" }).catch(() => 0);
    if (!answer.ok) return;
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    let changed = false;
    for (const old of document.querySelectorAll("[data-part]")) {
      const fresh = next.getElementById(old.id);
      // An open mail is being read: its frame would begin anew.
      if (old.querySelector("iframe") || old.innerHTML === fresh?.innerHTML) continue;
      const focus = old.contains(document.activeElement) && document.activeElement.getAttribute("href");
      if (fresh) old.replaceChildren(...fresh.childNodes);
      else old.remove();
      if (focus) old.querySelector(`[href="${CSS.escape(focus)}"]`)?.focus({ preventScroll: true });
      changed ||= old.id !== "waiting";
    }
    say.textContent = changed ? say.dataset.new : "";
  }

  setInterval(refresh, EVERY);
})();
