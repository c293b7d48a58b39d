// How many words a field has, of how many it may: <textarea id="verdict" data-most-words="30">, told in an element with
// data-words-of="verdict". The server counts the same way, and refuses; this only says so while one writes.
(() => {
  "use strict";

  function tell(field) {
    const teller = document.querySelector(`[data-words-of="${CSS.escape(field.id)}"]`);
    if (!teller) return;
    const most = Number(field.dataset.mostWords);
    const count = field.value.split(/\s+/u).filter(Boolean).length;
    const sentence = count > most ? teller.dataset.sayOver : teller.dataset.sayCount;
    teller.textContent = sentence.replace("%n", count).replace("%m", most);
    teller.classList.toggle("field__error", count > most);
  }

  document.addEventListener("input", (event) => {
    if (event.target instanceof Element && event.target.matches("[data-most-words]")) tell(event.target);
  });
  document.querySelectorAll("[data-most-words]").forEach(tell);
})();
