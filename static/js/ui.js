// Small manners for pages that work without it: dialogs, menus, toasts, copying, scrolling regions. No inline handlers:
// everything hangs on data attributes, so that a strict CSP holds and htmx may swap what it likes.
(() => {
  "use strict";

  const TOAST_MS = 6000;

  function openDialog(id) {
    const dialog = document.getElementById(id);
    if (dialog && !dialog.open) dialog.showModal();
  }

  function closeMenus(except) {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (menu !== except) menu.open = false;
    }
  }

  /** Show a toast. tone: good, warn, bad or nothing. Errors stay until dismissed. */
  function toast(text, tone) {
    const tray = document.getElementById("toasts");
    const template = document.getElementById("toast-template");
    if (!tray || !template) return;
    const item = template.content.firstElementChild.cloneNode(true);
    if (tone) item.classList.add(`toast--${tone}`);
    item.querySelector(".toast__text").textContent = text;
    tray.append(item);
    if (tone !== "bad") setTimeout(() => item.remove(), TOAST_MS);
  }

  async function copy(button) {
    const source = document.getElementById(button.dataset.copy);
    if (!source) return;
    try {
      await navigator.clipboard.writeText(source.textContent.trim());
      toast(button.dataset.copied || "Copied", "good");
    } catch {
      getSelection().selectAllChildren(source); // no permission: at least Ctrl-C is one key away
    }
  }

  document.addEventListener("click", (event) => {
    const { target } = event;
    if (!(target instanceof Element)) return;
    const opener = target.closest("[data-dialog-open]");
    if (opener) {
      event.preventDefault();
      openDialog(opener.dataset.dialogOpen);
    }
    if (target.closest("[data-dialog-close]")) target.closest("dialog")?.close();
    if (target instanceof HTMLDialogElement) target.close(); // a click on the backdrop
    if (target.closest("[data-dismiss]")) target.closest("[data-dismissible]")?.remove();
    const copier = target.closest("[data-copy]");
    if (copier) copy(copier);
    closeMenus(target.closest("details.menu"));
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector("details.menu[open]");
    if (!menu) return;
    closeMenus();
    menu.querySelector("summary").focus();
  });

  // A filter that submits its form when changed; without this script its button does.
  document.addEventListener("change", (event) => {
    if (event.target instanceof Element && event.target.matches("[data-submit-on-change]")) {
      event.target.form.requestSubmit();
    }
  });

  // The server speaks up after an htmx request with the header HX-Trigger: {"toast": {"text": "…", "tone": "good"}}.
  document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.tone));
  for (const name of ["htmx:error", "htmx:timeout"]) {
    document.addEventListener(name, () => {
      const tray = document.getElementById("toasts");
      if (tray?.dataset.offline) toast(tray.dataset.offline, "bad");
    });
  }

  // A report says that it was read once it is really looked at; without this script its button does.
  const receipt = document.querySelector("form[data-receipt]");
  async function sendReceipt() {
    if (document.visibilityState !== "visible") return;
    document.removeEventListener("visibilitychange", sendReceipt);
    const answer = await fetch(receipt.action, { method: "POST", body: new FormData(receipt), headers: { "X-Receipt": "1" } });
    if (!answer.ok) return;
    receipt.hidden = true;
    document.querySelector("[data-receipt-told]")?.removeAttribute("hidden");
  }
  if (receipt) {
    document.addEventListener("visibilitychange", sendReceipt);
    sendReceipt();
  }

  // A table region is a tab stop only while it scrolls sideways.
  const watch = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const scrolls = target.scrollWidth > target.clientWidth + 1 || target.scrollHeight > target.clientHeight + 1;
      if (scrolls) target.setAttribute("tabindex", "0");
      else target.removeAttribute("tabindex");
    }
  });
  const watchRegions = () => document.querySelectorAll(".table-region").forEach((region) => watch.observe(region));
  watchRegions();
  document.addEventListener("htmx:after:swap", watchRegions);

  // Browsers pass over `autofocus` where the address names a part of the page (#entry-…), so we see to it ourselves. At
  // their first frame, which may come after us, they also move the focus to that part or to nothing: take it back, once.
  const first = document.querySelector("[data-autofocus]") ?? document.querySelector("[autofocus]");
  if (first) {
    first.focus();
    const takeBack = () => setTimeout(() => first.focus());
    const letGo = () => first.removeEventListener("blur", takeBack);
    if (location.hash) first.addEventListener("blur", takeBack, { once: true });
    for (const deed of ["keydown", "pointerdown"]) document.addEventListener(deed, letGo, { once: true, capture: true });
  }
})();
