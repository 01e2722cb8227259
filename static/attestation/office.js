"use strict";
// Small helps; every page works without them.

// The skin answers to a mouse in places where it has no button, and its icons are English words to a reader of
// screens. Before its own scripts see the page.
document.addEventListener("DOMContentLoaded", () => {
  for (const icon of document.querySelectorAll(".material-symbols-outlined")) icon.setAttribute("aria-hidden", "true");
  const words = document.getElementById("words-of-the-skin")?.dataset;
  if (!words) return;
  if (window.SimpleBar) window.SimpleBar.defaultOptions.ariaLabel = words.scrolls;
  document.getElementById("searchbar-submit")?.setAttribute("aria-label", words.search);
  for (const place of document.querySelectorAll(":is(a:not([href]), span, .cursor-pointer)[x-on\\:click]")) {
    place.setAttribute("role", "button");
    place.tabIndex = 0;
    place.removeAttribute("aria-hidden");
    const icons = [place, ...place.querySelectorAll("*")].filter((one) => one.matches(".material-symbols-outlined"));
    const text = icons.reduce((whole, icon) => whole.replace(icon.textContent, ""), place.textContent);
    if (!text.trim()) place.setAttribute("aria-label", words.menu);
    place.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      place.click();
    });
  }
});

// The way back to a list leads to it as it was left in this tab: its search, filters and page. An IIN is none of them.
document.addEventListener("DOMContentLoaded", () => {
  const account = document.getElementById("draft-back")?.dataset.account;
  if (!account) return;
  const own = `list:${account}:`;
  const list = document.querySelector("#changelist, form.sift[method=get]");
  if (list) sessionStorage.setItem(own + location.pathname, location.search);
  for (const back of document.querySelectorAll("#header-inner a[href], form a.btn[href]")) {
    const left = sessionStorage.getItem(own + back.pathname);
    if (left && !back.search && back.pathname !== location.pathname) back.search = left;
  }
  document.getElementById("logout-form")?.addEventListener("submit", () => {
    for (const name of Object.keys(sessionStorage)) if (name.startsWith(own)) sessionStorage.removeItem(name);
  });
});

document.addEventListener("DOMContentLoaded", () => {
  // One more question of an appeal.
  for (const button of document.querySelectorAll("[data-add-row]")) {
    const list = document.querySelector(button.dataset.addRow);
    const counter = document.querySelector(button.dataset.counter);
    button.hidden = false;
    button.addEventListener("click", () => {
      const rows = list.querySelectorAll("[data-row]");
      const copy = rows[rows.length - 1].cloneNode(true);
      const place = rows.length;
      for (const field of copy.querySelectorAll("[name]")) {
        const name = field.name.replace(/_\d+$/, `_${place}`);
        field.name = name;
        field.id = `id_${name}`;
        field.value = "";
      }
      for (const label of copy.querySelectorAll("label[for]")) {
        label.htmlFor = label.htmlFor.replace(/_\d+$/, `_${place}`);
      }
      for (const error of copy.querySelectorAll(".errorlist")) error.remove();
      list.append(copy);
      counter.value = place + 1;
      copy.querySelector("[name]").focus();
    });
  }

  // Keys 1, 2 and 3 choose a vote, Enter on the chosen one casts it.
  const ballot = document.querySelector(".ballot");
  if (ballot) {
    document.addEventListener("keydown", (event) => {
      const choice = ballot.querySelectorAll("button")[Number(event.key) - 1];
      if (!choice || event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, textarea, select")) return;
      choice.focus();
    });
  }

  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }

  // A file that is too large is said so before it is sent.
  for (const input of document.querySelectorAll("input[type=file][data-max-bytes]")) {
    input.addEventListener("change", () => {
      const tooLarge = [...input.files].find((file) => file.size > Number(input.dataset.maxBytes));
      input.setCustomValidity(tooLarge ? input.dataset.tooLarge.replace("{name}", tooLarge.name) : "");
      input.reportValidity();
    });
  }

  // A page that tells how far some work is asks again until the work is done, ten minutes long.
  const far = document.querySelector("[data-refresh]");
  let asks = far ? 600 / Number(far.dataset.refresh) : 0;
  const ask = async () => {
    try {
      const answer = await fetch(window.location.href, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = page.querySelector("[data-refresh]");
      if (!now || now.dataset.state !== far.dataset.state) return window.location.reload();
      far.innerHTML = now.innerHTML;
    } catch {
      // No network for a moment: the next time.
    }
    asks -= 1;
    if (asks > 0) window.setTimeout(ask, 1000 * Number(far.dataset.refresh));
  };
  if (far) window.setTimeout(ask, 1000 * Number(far.dataset.refresh));

  // A table narrowed down as one types, and one tick for all rows that are shown.
  for (const input of document.querySelectorAll("[data-narrows]")) {
    const rows = [...document.querySelectorAll(`${input.dataset.narrows} tbody tr`)];
    input.addEventListener("input", () => {
      const words = input.value.toLocaleLowerCase("kk").split(/\s+/);
      for (const row of rows) {
        const text = row.textContent.toLocaleLowerCase("kk");
        row.hidden = !words.every((word) => text.includes(word));
      }
    });
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault();
    });
  }
  for (const input of document.querySelectorAll("[data-ticks]")) {
    input.addEventListener("change", () => {
      const boxes = document.querySelectorAll(`${input.dataset.ticks} tbody tr:not([hidden]) input[type=checkbox]`);
      for (const box of boxes) box.checked = input.checked;
    });
  }

  // A second press while the first is under way sends nothing.
  for (const form of document.querySelectorAll("form[data-once]")) {
    form.addEventListener("submit", (event) => {
      // A file is saved beside the page, which stays.
      if (event.submitter?.value === "file") return;
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "1";
    });
  }
});

window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-once]")) delete form.dataset.sent;
});
