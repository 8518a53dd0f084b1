"use strict";
(() => {
  const main = document.querySelector("main"), say = document.querySelector("#say");
  const base = `${main.dataset.page}/push`, { lang } = document.documentElement;
  const { serviceWorker } = navigator;
  const can = serviceWorker && "PushManager" in window && "Notification" in window;
  const ask = (path, options) => fetch(base + path, { cache: "no-store", ...options });
  let state = "none";

  const section = () => main.querySelector("#push");
  const key = () => section().dataset.key;

  // Every text is in the page; a state shows its own.
  function show() {
    const card = section();
    if (!card) return;
    for (const part of card.children) part.hidden = !part.dataset.when.split(" ").includes(state);
    card.hidden = state === "none";
  }

  function become(next) {
    const focused = section()?.contains(document.activeElement);
    state = next;
    show();
    const shown = [...section()?.querySelectorAll("[data-when]:not([hidden])") ?? []];
    if (focused) shown.map((part) => part.querySelector("button")).find(Boolean)?.focus();
    say.textContent = shown.map((part) => part.querySelector("span")?.textContent).filter(Boolean).join(" ");
  }

  function base64url(buffer) {
    const text = btoa(String.fromCharCode(...new Uint8Array(buffer)));
    return text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  async function device({ endpoint }) {
    return base64url(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint)));
  }

  // One for all parcels of this place, as a browser has it; made with a key of before it is none.
  async function subscription() {
    const found = await (await serviceWorker.getRegistration("/t/"))?.pushManager.getSubscription();
    const { applicationServerKey } = found?.options ?? {};
    if (!applicationServerKey || base64url(applicationServerKey) === key()) return found;
    await found.unsubscribe();
  }

  async function tell(found) {
    const headers = { "Content-Type": "application/json" };
    const answer = await ask(`?lang=${lang}`, { method: "POST", headers, body: JSON.stringify(found) });
    if (!answer.ok) throw answer;
  }

  async function isTold(found) {
    const answer = await ask(`/${await device(found)}`);
    const { language } = answer.ok ? await answer.json() : {};
    if (language && language !== lang) await tell(found);
    return language;
  }

  async function look() {
    if (!can) return navigator.standalone === false ? "home" : "none";
    if (Notification.permission !== "granted") return Notification.permission === "denied" ? "denied" : "off";
    const found = await subscription();
    return found && await isTold(found) ? "on" : "off";
  }

  async function start() {
    const answer = await Notification.requestPermission();
    if (answer !== "granted") return answer === "denied" ? "denied" : "off";
    await serviceWorker.register("/sw.js", { scope: "/t/" });
    const { pushManager } = await serviceWorker.ready;
    const options = { userVisibleOnly: true, applicationServerKey: key() };
    await tell(await subscription() ?? await pushManager.subscribe(options));
    return "on";
  }

  async function stop() {
    const found = await subscription();
    const answer = found && await ask(`/${await device(found)}`, { method: "DELETE" });
    if (answer && !answer.ok) throw answer;
    return "off";
  }

  main.addEventListener("click", async ({ target }) => {
    const wish = { notify: start, mute: stop }[target.closest("button")?.id];
    if (!wish || state === "asking") return;
    const before = state;
    if (wish === start) become("asking");
    become(await wish().catch(() => before === "on" ? "stuck" : "error"));
  });
  main.addEventListener("shown", show);
  look().catch(() => "off").then((found) => {
    state = found;
    show();
  });
})();
