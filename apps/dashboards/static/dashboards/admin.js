"use strict";

// Names for what the theme's own scripts draw without one, and charts that lead somewhere.
(() => {
  let made = 0;

  const idOf = (element) => (element.id ||= `named-${++made}`);

  // A select2 box and the text in it are named by their content, and an empty one has none.
  function nameBox(box) {
    const select = box.closest(".select2")?.previousElementSibling;
    const text = box.querySelector(".select2-selection__rendered");
    const title = select?.labels?.[0];
    if (!text) return;
    if (title) text.setAttribute("aria-labelledby", idOf(title));
    else if (select?.ariaLabel) text.ariaLabel = select.ariaLabel;
    box.setAttribute("aria-labelledby", `${title ? idOf(title) : ""} ${idOf(text)}`.trim());
  }

  function nameAll(root) {
    for (const box of root.querySelectorAll(".select2-selection[role=combobox]:not([data-named])")) {
      box.dataset.named = "";
      nameBox(box);
    }
  }

  // Before simplebar starts, which calls everything that it scrolls "scrollable content".
  function nameScrolling() {
    for (const part of document.querySelectorAll("[data-simplebar]")) {
      const title = part.closest("fieldset")?.querySelector("h2") ?? document.querySelector("h1");
      const name = part.closest("nav")?.getAttribute("aria-label") ?? title?.textContent.replace(/\s+/g, " ").trim();
      if (name) part.dataset.simplebarAriaLabel = name;
    }
  }

  // On a phone a cell names its column, in the words of the head of the list.
  function nameCells() {
    for (const cell of document.querySelectorAll("#result_list [data-label]")) {
      const [first, ...rest] = cell.dataset.label;
      if (first) cell.dataset.label = first.toLocaleUpperCase(document.documentElement.lang) + rest.join("");
    }
  }

  // A bar leads to the rows behind it; its day and number are links in the table below it.
  function barUnder(event) {
    const chart = Chart.getChart(event.target);
    const [bar] = chart?.getElementsAtEventForMode(event, "nearest", { intersect: true }, false) ?? [];
    return bar && chart.data.datasets[bar.datasetIndex].links?.[bar.index];
  }

  document.addEventListener("click", (event) => {
    const link = event.target.matches?.("canvas.chart") && barUnder(event);
    if (link) window.location.assign(link);
  });
  document.addEventListener("mousemove", (event) => {
    if (event.target.matches?.("canvas.chart")) event.target.style.cursor = barUnder(event) ? "pointer" : "";
  });

  // Whoever may do something to a kind of object may see it: the right to see is ticked along.
  function tickSeeing(event) {
    const seeing = event.target.closest?.("[data-right]")?.querySelector('[data-verb="view"] input');
    if (seeing && event.target.checked) seeing.checked = true;
  }

  document.addEventListener("change", tickSeeing);
  document.addEventListener("DOMContentLoaded", () => {
    nameScrolling();
    nameCells();
    nameAll(document);
    new MutationObserver(() => nameAll(document)).observe(document.body, { childList: true, subtree: true });
  });
})();
