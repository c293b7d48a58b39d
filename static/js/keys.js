// The keyboard. A control says its own key: <button data-key="h">Hide</button>; "g r" is g, then r.
// In a list, [data-rows] holds [data-row="id"] elements: j and k (or arrows) move, and a key looks first in the row that
// has the focus, then on the page. "/" goes to the search field, "?" lists every key of the page.
// Single keys can be switched off in that list, for people who speak to their computer (WCAG 2.1.4).
(() => {
  "use strict";

  const SEQUENCE_MS = 1200;
  const STORE = "single-keys";
  const EDITABLE = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]";
  let prefix = "";
  let prefixUntil = 0;
  let lastRow = null; // the id of the row that had the focus, to find it again after a swap

  const isOff = () => localStorage.getItem(STORE) === "off";
  const isVisible = (element) => element.checkVisibility?.() ?? element.offsetParent !== null;
  const rows = (list) => [...list.querySelectorAll("[data-row]")].filter(isVisible);

  function currentRow() {
    const focused = document.activeElement?.closest?.("[data-row]");
    if (focused) return focused;
    return lastRow === null ? null : document.querySelector(`[data-row="${CSS.escape(lastRow)}"]`);
  }

  function focusRow(row) {
    if (!row) return;
    for (const other of row.closest("[data-rows]").querySelectorAll("[data-row][tabindex='0']")) other.tabIndex = -1;
    row.tabIndex = 0;
    row.focus();
    row.scrollIntoView({ block: "nearest" });
  }

  function moveRow(step) {
    const current = currentRow();
    const list = current?.closest("[data-rows]") ?? document.querySelector("[data-rows]");
    if (!list) return false;
    const all = rows(list);
    const at = current ? all.indexOf(current) : -1;
    focusRow(all[Math.min(Math.max(at + step, 0), all.length - 1)]);
    return true;
  }

  function find(keys) {
    const selector = `[data-key="${CSS.escape(keys)}"]`;
    const scope = document.querySelector("dialog[open]") ?? document;
    const inRow = scope === document ? currentRow()?.querySelector(selector) : null;
    if (inRow) return inRow;
    return [...scope.querySelectorAll(selector)].find(
      (element) => isVisible(element) && !element.closest("[data-row]") && !element.disabled,
    );
  }

  function act(element) {
    if (element.matches("textarea")) {
      element.focus(); // at the end, nothing selected: the next letter must not replace what was written
      element.setSelectionRange(element.value.length, element.value.length);
    } else if (element.matches("input:not([type=checkbox], [type=radio], [type=submit]), select")) {
      element.focus();
      element.select?.();
    } else {
      element.click();
    }
  }

  function describe(element) {
    const text = element.dataset.keyLabel || element.getAttribute("aria-label") || element.textContent;
    const copy = text.replace(/\s+/g, " ").trim();
    const shown = element.querySelector?.(".kbd")?.textContent.trim();
    return shown && copy.endsWith(shown) ? copy.slice(0, -shown.length).trim() : copy;
  }

  function addHelp(list, keys, text) {
    const term = document.createElement("dt");
    for (const key of keys.split(" ")) {
      const cap = document.createElement("kbd");
      cap.className = "kbd";
      cap.textContent = key;
      term.append(cap, " ");
    }
    const detail = document.createElement("dd");
    detail.textContent = text;
    list.append(term, detail);
  }

  function showHelp() {
    const dialog = document.getElementById("shortcuts");
    if (!dialog || dialog.open) return;
    const list = dialog.querySelector("[data-shortcuts]");
    list.replaceChildren();
    const seen = new Set(["?"]);
    addHelp(list, "?", list.dataset.sayHelp);
    if (document.querySelector("[data-search]")) addHelp(list, "/", list.dataset.saySearch);
    if (document.querySelector("[data-rows]")) addHelp(list, "j k", list.dataset.sayRows);
    for (const element of document.querySelectorAll("[data-key]")) {
      const { key } = element.dataset;
      if (seen.has(key)) continue;
      seen.add(key);
      addHelp(list, key, describe(element));
    }
    const toggle = dialog.querySelector("[data-single-keys]");
    toggle.checked = !isOff();
    dialog.showModal();
  }

  function focusSearch() {
    const field = [...document.querySelectorAll("[data-search]")].find(isVisible);
    field?.focus();
    field?.select();
    return Boolean(field);
  }

  function handle(key) {
    if (key === "/") return focusSearch();
    if (key === "j" || key === "ArrowDown") return moveRow(1);
    if (key === "k" || key === "ArrowUp") return moveRow(-1);
    const keys = prefix && Date.now() < prefixUntil ? `${prefix} ${key}` : key;
    prefix = "";
    const element = find(keys);
    if (element) {
      act(element);
      return true;
    }
    if (document.querySelector(`[data-key^="${CSS.escape(keys)} "]`)) {
      prefix = keys;
      prefixUntil = Date.now() + SEQUENCE_MS;
      return true;
    }
    return false;
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target instanceof Element ? event.target : document.body;
    if (target.matches(EDITABLE)) {
      if (event.key === "Escape") {
        target.blur();
        focusRow(target.closest("[data-row]"));
      }
      return;
    }
    if (event.key === "?") {
      event.preventDefault();
      showHelp();
      return;
    }
    const isArrow = event.key === "ArrowDown" || event.key === "ArrowUp";
    if (isArrow && !target.closest("[data-rows]")) return; // arrows scroll the page unless a row has the focus
    if (!isArrow && isOff()) return;
    if (event.key.length > 1 && !isArrow) return;
    if (target.matches("summary, a, button, input") && event.key === " ") return;
    if (handle(event.key)) event.preventDefault();
  });

  document.addEventListener("focusin", (event) => {
    const row = event.target instanceof Element ? event.target.closest("[data-row]") : null;
    if (row) lastRow = row.dataset.row;
  });

  // After a swap the row is a new element: give it the focus back if the swap took it away.
  document.addEventListener("htmx:after:swap", () => {
    if (lastRow === null || document.activeElement !== document.body) return;
    focusRow(document.querySelector(`[data-row="${CSS.escape(lastRow)}"]`));
  });

  document.addEventListener("change", (event) => {
    if (!(event.target instanceof Element) || !event.target.matches("[data-single-keys]")) return;
    localStorage.setItem(STORE, event.target.checked ? "on" : "off");
  });
})();
