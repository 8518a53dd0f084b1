"use strict";
// The page is loaded anew by the form of the second factor: a question half written waits meanwhile.
(() => {
  const KEY = `klat-ask ${location.pathname.split("/")[2]}`;
  const unlock = document.querySelector("#unlock");
  const text = document.querySelector("#text");
  const topic = document.querySelector("#topic");
  if (!text) return;
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY));
    sessionStorage.removeItem(KEY);
    if (kept && !text.value) [text.value, topic.value] = kept;
    unlock?.addEventListener("submit", () => {
      if (text.value) sessionStorage.setItem(KEY, JSON.stringify([text.value, topic.value]));
    });
  } catch {
    // Where nothing may be stored, it is lost as without a script.
  }
})();
