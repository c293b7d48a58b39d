// Passkeys: shows what needs script, and says in words what went wrong; allauth only logs it.
(() => {
  const failed = document.currentScript.dataset.failed;
  for (const part of document.querySelectorAll('[data-needs-script]')) {
    part.hidden = !window.PublicKeyCredential;
  }
  document.addEventListener('allauth.error', (event) => {
    event.preventDefault();
    const main = document.getElementById('main');
    const note = main.querySelector('[data-passkey-error]') || main.insertBefore(document.createElement('p'), main.querySelector('form'));
    note.dataset.passkeyError = '';
    note.setAttribute('role', 'alert');
    note.className = 'field__error';
    note.textContent = `${failed} ${event.detail.exception.message}`;
  });
})();
