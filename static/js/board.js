// Dragging a lead to a later stage: what its button does, for several stages at once. Without this script, and without a
// mouse, the buttons and keys of the cards do the same.
(() => {
  "use strict";

  let dragged = null;

  const columnOf = (node) => (node instanceof Element ? node.closest("[data-stage]") : null);

  function unmark() {
    for (const column of document.querySelectorAll("[data-stage].is-target")) column.classList.remove("is-target");
  }

  function send(card, stage) {
    const form = card.querySelector("form");
    const button = document.createElement("button");
    button.name = "to";
    button.value = stage;
    button.hidden = true;
    form.append(button);
    form.requestSubmit(button); // with htmx it swaps the board, without it the page comes anew
    button.remove();
  }

  document.addEventListener("dragstart", (event) => {
    dragged = event.target instanceof Element ? event.target.closest("[data-card]") : null;
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.row);
    dragged.classList.add("is-dragged");
  });

  document.addEventListener("dragover", (event) => {
    const column = columnOf(event.target);
    if (!dragged || !column) return;
    event.preventDefault();
    unmark();
    if (column !== columnOf(dragged)) column.classList.add("is-target");
  });

  document.addEventListener("drop", (event) => {
    const column = columnOf(event.target);
    if (!dragged || !column) return;
    event.preventDefault();
    if (column !== columnOf(dragged)) send(dragged, column.dataset.stage);
  });

  document.addEventListener("dragend", () => {
    dragged?.classList.remove("is-dragged");
    dragged = null;
    unmark();
  });
})();
