"use strict";
document.documentElement.classList.add("js");

document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("filters");
  const items = [...document.querySelectorAll("details.requirement")];
  const haystacks = new Map();
  const text = (item) => {
    if (!haystacks.has(item)) haystacks.set(item, item.textContent.toLowerCase());
    return haystacks.get(item);
  };
  const reveal = () => {
    const item = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!item || !item.matches("details.requirement")) return;
    item.hidden = false;
    item.open = true;
    item.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  if (form) {
    const filter = () => {
      const wanted = new FormData(form);
      const verdicts = wanted.getAll("verdict");
      const words = wanted.get("text").toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const item of items) {
        const keep =
          (!verdicts.length || verdicts.includes(item.dataset.verdict)) &&
          words.every((word) => text(item).includes(word));
        item.hidden = !keep;
        shown += keep;
      }
      for (const section of document.querySelectorAll("section.endpoint")) {
        section.hidden = !section.querySelector("details.requirement:not([hidden])");
      }
      document.getElementById("shown").value = `${shown} of ${items.length} defects`;
    };
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(filter));
    filter();
  }
  reveal();
});
