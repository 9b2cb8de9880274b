"use strict";
document.documentElement.classList.add("js");

document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("filters");
  const output = document.getElementById("shown");
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
    output.value = `${shown} of ${requirements.length} requirements`;
    form.classList.toggle("active", shown < requirements.length);
  };

  // The filter is in the address as `#?verdict=failed&text=id`, so that it can be shared; an id has no `?`.
  const remember = () => {
    const chosen = [...new FormData(form)].filter(([, value]) => value);
    const [page] = location.href.split("#");
    const hash = chosen.length ? `#?${new URLSearchParams(chosen)}` : "";
    if (hash || location.hash.startsWith("#?")) history.replaceState(null, "", page + hash);
  };

  const recall = () => {
    const chosen = new URLSearchParams(location.hash.slice(2));
    form.reset();
    for (const box of form.querySelectorAll("[name=verdict]")) box.checked = chosen.getAll("verdict").includes(box.value);
    for (const name of ["level", "endpoint", "text"]) {
      const field = form.elements[name];
      const value = chosen.get(name) ?? "";
      if (field.type === "search" || [...field.options].some((option) => option.value === value)) field.value = value;
    }
    filter();
  };

  const change = () => {
    filter();
    remember();
  };
  form.addEventListener("input", change);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.querySelector("[type=reset]").addEventListener("click", () => setTimeout(change));

  const openAll = (open) => requirements.forEach((item) => (item.open = open));
  document.getElementById("unfold").addEventListener("click", () => openAll(true));
  document.getElementById("fold").addEventListener("click", () => openAll(false));

  const named = () => {
    try {
      return document.getElementById(decodeURIComponent(location.hash.slice(1)));
    } catch {
      return null;
    }
  };
  const follow = () => {
    if (location.hash.startsWith("#?")) return recall();
    const item = named();
    if (!item || !item.matches("details.requirement")) return;
    if (item.hidden) {
      form.reset();
      filter();
    }
    item.open = true;
    item.scrollIntoView();
  };
  addEventListener("hashchange", follow);
  filter();
  follow();

  // On paper nothing unfolds: what failed or wasn't judged is printed whole, what passed as its line.
  let unfolded = [];
  addEventListener("beforeprint", () => {
    const whole = "details.v-failed, details.v-inconclusive, details[data-print]";
    unfolded = [...document.querySelectorAll(whole)].filter((item) => !item.open);
    unfolded.forEach((item) => (item.open = true));
  });
  addEventListener("afterprint", () => unfolded.forEach((item) => (item.open = false)));

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
      await copy(button.closest(".command").querySelector("pre"));
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy"), 2000);
    });
  }
});
