"use strict";
// Nothing typed is lost. What is typed into a form with a text of more than a line is kept in this tab, under the
// account and the address, and put back where the form comes without it. It is forgotten once the server says that
// it took the form (the cookie `taken`), when the account logs out, after 12 hours, and with the tab.

document.addEventListener("DOMContentLoaded", () => {
  const LONGEST = 12 * 60 * 60 * 1000; // as a session
  const drafts = () => Object.keys(sessionStorage).filter((name) => name.startsWith("draft:"));
  for (const name of drafts()) {
    if (!(JSON.parse(sessionStorage.getItem(name)).at > Date.now() - LONGEST)) sessionStorage.removeItem(name);
  }

  // The login page says that a text is kept.
  const kept = document.getElementById("draft-kept");
  if (kept) kept.hidden = !drafts().length;

  const words = document.getElementById("draft-back");
  if (!words) return; // nobody is logged in
  const own = `draft:${words.dataset.account}:`;

  const taken = document.cookie.split("; ").find((one) => one.startsWith("taken="));
  if (taken) {
    sessionStorage.removeItem(own + decodeURIComponent(taken.slice("taken=".length)));
    document.cookie = "taken=; path=/; max-age=0";
  }

  // Logging out forgets the account's texts, in every tab.
  const forget = () => drafts().filter((name) => name.startsWith(own)).forEach((name) => sessionStorage.removeItem(name));
  const tabs = new BroadcastChannel("logout");
  tabs.addEventListener("message", (event) => event.data === own && forget());
  for (const form of document.querySelectorAll("form[action*='logout']")) {
    form.addEventListener("submit", () => {
      forget();
      tabs.postMessage(own);
    });
  }

  const form = [...document.forms].find((one) => one.method === "post" && one.querySelector("textarea"));
  if (!form) return;
  const name = own + location.pathname + location.search;
  // A form that was sent comes back with what was typed: there all of it is kept, else what was changed.
  const fresh = "fresh" in words.dataset;
  const LEFT_OUT = ["hidden", "file", "password", "submit", "button"];
  const fields = () => [...form.elements].filter((field) => field.name && !LEFT_OUT.includes(field.type));
  const ticked = (field) => ["checkbox", "radio"].includes(field.type);

  function changed(field) {
    if (ticked(field)) return field.checked !== field.defaultChecked;
    if (!field.options) return field.value !== field.defaultValue;
    const options = [...field.options];
    const first = field.type === "select-one" && !options.some((option) => option.defaultSelected);
    return options.some((option, place) => option.selected !== (option.defaultSelected || (first && place === 0)));
  }

  function valueOf(field) {
    if (ticked(field)) return { name: field.name, value: field.value, checked: field.checked };
    if (!field.options) return { name: field.name, value: field.value };
    return { name: field.name, chosen: [...field.selectedOptions].map((option) => [option.value, option.text]) };
  }

  function putBack(one) {
    const field = fields().find((other) => other.name === one.name && (!("checked" in one) || other.value === one.value));
    if (!field) return;
    if ("checked" in one) field.checked = one.checked;
    else if (one.chosen) {
      for (const [value, text] of one.chosen) {
        // Rows found by searching are not in the page.
        const missing = ![...field.options].some((option) => option.value === value);
        if (missing && field.classList.contains("admin-autocomplete")) field.add(new Option(text, value));
      }
      for (const option of field.options) option.selected = one.chosen.some(([value]) => value === option.value);
    } else field.value = one.value;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  const draft = JSON.parse(sessionStorage.getItem(name) || "null");
  if (draft && fresh) {
    const button = form.querySelector("[data-add-row]");
    const wanted = Math.max(0, ...draft.values.map((one) => Number(one.name.split("_").pop()) + 1 || 0));
    for (let rows = form.querySelectorAll("[data-row]").length; button && rows < wanted; rows += 1) button.click();
    draft.values.forEach(putBack);
    const note = words.content.firstElementChild.cloneNode(true);
    note.querySelector("button").addEventListener("click", () => {
      sessionStorage.removeItem(name);
      location.reload();
    });
    form.prepend(note);
  }

  function keep() {
    const values = fields().filter((field) => !fresh || changed(field)).map(valueOf);
    if (values.length) sessionStorage.setItem(name, JSON.stringify({ at: Date.now(), values }));
    else sessionStorage.removeItem(name);
  }
  for (const event of ["input", "change", "submit"]) form.addEventListener(event, keep);
});
