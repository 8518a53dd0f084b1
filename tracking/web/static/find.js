"use strict";
// "/" leads to the search from every page of the console, but not from where it is typed as itself.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select")) return;
  event.preventDefault();
  document.querySelector("#find").click();
});
