"use strict";
(() => {
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const text = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(text.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(text); // a page from a file may not write; the reader copies
      button.textContent = document.execCommand("copy") ? "Copied" : "Selected";
    }
  });
  addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll(".report details")) details.open = true;
  });
})();
