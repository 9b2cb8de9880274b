"use strict";
document.documentElement.classList.add("js");

document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("filters");
  const requirements = [...document.querySelectorAll("details.requirement")];
  const haystacks = new Map();
  const text = (item) => {
    if (!haystacks.has(item)) haystacks.set(item, item.textContent.toLowerCase());
    return haystacks.get(item);
  };

  const filter = () => {
    const wanted = new FormData(form);
    const verdicts = wanted.getAll("verdict");
    const words = wanted.get("text").toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const item of requirements) {
      const { verdict, level, endpoint } = item.dataset;
      const keep =
        (!verdicts.length || verdicts.includes(verdict)) &&
        (!wanted.get("level") || wanted.get("level") === level) &&
        (!wanted.get("endpoint") || wanted.get("endpoint") === endpoint) &&
        words.every((word) => text(item).includes(word));
      item.hidden = !keep;
      shown += keep;
    }
    for (const section of document.querySelectorAll("section.endpoint")) {
      section.hidden = !section.querySelector("details.requirement:not([hidden])");
    }
    document.getElementById("none").hidden = shown > 0;
    document.getElementById("shown").value = `${shown} of ${requirements.length} requirements`;
  };

  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  filter();

  const openAll = (open) => requirements.forEach((item) => (item.open = open));
  document.getElementById("unfold").addEventListener("click", () => openAll(true));
  document.getElementById("fold").addEventListener("click", () => openAll(false));

  const reveal = () => {
    const item = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!item || !item.matches("details.requirement")) return;
    if (item.hidden) {
      form.reset();
      filter();
    }
    item.open = true;
    item.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();

  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    folded.forEach((item) => (item.open = true));
  });
  addEventListener("afterprint", () => folded.forEach((item) => (item.open = false)));

  const copy = async (block) => {
    try {
      await navigator.clipboard.writeText(block.textContent);
    } catch {
      // A page opened from a file may have no clipboard; the selection still works everywhere.
      getSelection().selectAllChildren(block);
      document.execCommand("copy");
      getSelection().removeAllRanges();
    }
  };
  for (const button of document.querySelectorAll("button.copy")) {
    button.addEventListener("click", async () => {
      await copy(button.closest(".curl").querySelector("pre"));
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy"), 2000);
    });
  }
});
