"use strict";
// Answers as one types, by POST: what is typed may be an IIN, which stands in no address. Without this script the
// form of the box is sent, and a page answers.

// Before the selects are made: their own words, in the reader's language.
document.addEventListener("DOMContentLoaded", () => {
  const words = document.getElementById("words-of-selects");
  const jQuery = window.django && window.django.jQuery;
  if (!words || !jQuery || !jQuery.fn.select2) return;
  const said = Object.entries(words.dataset).map(([name, text]) => [name, () => text]);
  jQuery.fn.select2.defaults.set("language", Object.fromEntries(said));
  // Once they are made, each is named by its label and by what is chosen, and its box by its label.
  jQuery(() => {
    for (const select of document.querySelectorAll("select.select2-hidden-accessible")) {
      const [label] = select.labels;
      const shown = select.nextElementSibling?.querySelector(".select2-selection__rendered");
      if (!label || !shown?.id) continue;
      label.id ||= `${shown.id}-label`;
      for (const part of [shown, shown.closest("[role=combobox]")])
        part?.setAttribute("aria-labelledby", `${label.id} ${shown.id}`);
    }
  });
  jQuery(document).on("select2:open", (event) => {
    const box = document.querySelector(".select2-container--open .select2-search__field");
    box?.setAttribute("aria-label", event.target.labels[0]?.textContent.trim() ?? words.dataset.searching);
  });
  // Their questions are POSTs as well.
  const token = document.querySelector("[name=csrfmiddlewaretoken]");
  if (token) jQuery.ajaxSetup({ headers: { "X-CSRFToken": token.value } });
}, true);

document.addEventListener("DOMContentLoaded", () => {
  const PAUSE = 200;
  const TWELVE_DIGITS = /(?<!\d)(?:\d[\s-]?){11}\d(?!\d)/;
  const forms = [...document.querySelectorAll("[data-find]")];

  for (const form of forms) {
    const box = form.querySelector("[role=combobox]");
    const list = form.querySelector("[role=listbox]");
    const said = form.querySelector("[role=status]");
    let waits = 0;
    let asked = null;

    const options = () => [...list.querySelectorAll("[role=option]")];
    const chosen = () => list.querySelector("[aria-selected=true]");

    function show(open) {
      list.hidden = !open;
      box.setAttribute("aria-expanded", String(open));
      if (!open) choose(null);
    }

    function choose(option) {
      for (const one of options()) one.setAttribute("aria-selected", String(one === option));
      if (!option) return box.removeAttribute("aria-activedescendant");
      box.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    }

    function forget() {
      window.clearTimeout(waits);
      if (asked) asked.abort();
    }

    async function ask() {
      forget();
      if (box.value.trim().length < 2) return show(false);
      asked = new AbortController();
      const body = new FormData(form);
      body.append("typed", "1");
      try {
        const answer = await fetch(form.action, { method: "POST", body, signal: asked.signal, redirect: "error" });
        if (!answer.ok) return show(false);
        list.innerHTML = await answer.text();
      } catch {
        // No network, logged out, or asked anew: the form can still be sent.
        return;
      }
      options().forEach((option, place) => { option.id = `${list.id}-${place}`; });
      said.textContent = options().length ? "" : list.textContent.trim();
      show(document.activeElement === box);
    }

    box.addEventListener("input", () => {
      window.clearTimeout(waits);
      waits = window.setTimeout(ask, PAUSE);
    });
    box.addEventListener("keydown", (event) => {
      const all = options();
      const place = all.indexOf(chosen());
      if (event.key === "Escape") {
        event.preventDefault();
        forget();
        if (list.hidden) box.value = "";
        show(false);
      } else if (event.key === "Enter" && !list.hidden && chosen()) {
        event.preventDefault();
        window.location.assign(chosen().href);
      } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && all.length) {
        event.preventDefault();
        show(true);
        const step = event.key === "ArrowDown" ? 1 : -1;
        choose(all[place < 0 && step < 0 ? all.length - 1 : (place + step + all.length) % all.length]);
      }
    });
    // A press on an answer must not take the focus first, or the list is gone before the click.
    list.addEventListener("mousedown", (event) => event.preventDefault());
    box.addEventListener("blur", () => show(false));
    // The skin hides the page until its own scripts have run; what is hidden takes no focus.
    const focus = () => (box.offsetParent ? box.focus() : window.requestAnimationFrame(focus));
    if (box.autofocus) focus();
    // Typed before this script ran.
    if (box.value !== box.defaultValue) ask();
  }

  // Ctrl+K leads to the box; on a narrow screen, where it is not in the header, to its page.
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" && event.code !== "KeyK") return;
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    const form = forms.find((one) => one.offsetParent !== null);
    const box = form?.querySelector("[role=combobox]");
    box?.focus();
    box?.select();
    if (!form) document.querySelector("a.tofind")?.click();
  });

  // Twelve digits in the search of a list go the same way.
  document.getElementById("changelist-search")?.addEventListener("submit", (event) => {
    const field = event.target.querySelector("[name=q]");
    if (!forms.length || !TWELVE_DIGITS.test(field.value)) return;
    event.preventDefault();
    forms[0].querySelector("[role=combobox]").value = field.value;
    field.value = "";
    forms[0].submit();
  });
});
