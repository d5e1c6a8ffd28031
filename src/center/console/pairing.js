/* SPDX-License-Identifier: GPL-3.0-or-later */
// Pairing a terminal: for whom, the code with its countdown, and the terminal that appears.

import { api } from './api.js';
import { attempt, openDialog, problemLine } from './dialog.js';
import { button, field, freshId, h, icon, setIcon } from './dom.js';
import { say } from './i18n.js';
import { store } from './store.js';
import { clock } from './time.js';

const SHORT_S = 30;

export function openPairing() {
  new PairingDialog();
}

class PairingDialog {
  #pairing = null;
  #endsAt = 0;
  #timer = 0;
  #stop = new AbortController();

  constructor() {
    this.dialog = openDialog({ id: 'pairing-dialog', title: 'pairing.title', onclose: () => this.#close() });
    store.addEventListener('pairing', ({ detail }) => this.#follow(detail), { signal: this.#stop.signal });
    // What happened while the events were cut off is asked for.
    store.addEventListener('connection', () => store.connected && this.#catchUp(), { signal: this.#stop.signal });
    this.#showForm();
  }

  // A code that nobody looks at any more must not lie around.
  #close() {
    clearInterval(this.#timer);
    this.#stop.abort();
    if (this.#pairing?.state === 'waiting') api.unpair(this.#pairing.id).catch(() => {});
  }

  #showForm() {
    const worker = field('pairing.worker', h('input', { name: 'worker', type: 'text', maxlength: 64, autocomplete: 'off' }), { hint: 'pairing.worker.hint' });
    const line = problemLine();
    const submit = h('button', { type: 'submit', class: 'button primary', id: 'pairing-make' }, icon('qr'), h('span', { t: 'pairing.make' }));
    const form = h('form', { id: 'pairing-form', novalidate: true }, worker.node, line.node,
      h('div', { class: 'dialog-actions' }, button('dialog.cancel', { onclick: this.dialog.close }), submit));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const name = worker.control.value.trim();
      if (!name) {
        worker.fail('form.required');
        worker.control.focus();
        return;
      }
      attempt(submit, line, () => this.#make(name));
    });
    this.dialog.body.replaceChildren(form);
    worker.control.focus();
  }

  async #make(worker) {
    const pairing = await api.pair(worker);
    if (!this.dialog.node.open) {
      api.unpair(pairing.id).catch(() => {});
      return;
    }
    this.#pairing = pairing;
    // Counted here by the monotonic clock: this machine's time of day may be wrong.
    this.#endsAt = performance.now() + pairing.expires_in_ms;
    this.#showCode(pairing);
  }

  #showCode(pairing) {
    const codeId = freshId('code');
    const code = h('input', { id: codeId, type: 'text', readonly: true, value: pairing.code ?? '', data: { role: 'pairing-code' }, onfocus: () => code.select() });
    const copy = button('pairing.copy', { icon: 'copy', onclick: () => this.#copy(code, copy) });
    // As an image, a picture can neither run scripts nor load anything.
    this.qr = h('img', { class: 'qr', id: 'pairing-qr', label: ['pairing.qr', { worker: pairing.worker }], src: `data:image/svg+xml,${encodeURIComponent(pairing.svg ?? '')}` });
    this.left = h('b', { id: 'pairing-left' });
    this.count = h('p', { class: 'pairing-count', role: 'timer' }, h('span', { t: 'pairing.left' }), ' ', this.left);
    this.line = problemLine();
    this.codeBox = h('div', { class: 'pairing-code' }, h('label', { for: codeId, t: 'pairing.code' }), code, copy);
    this.actions = h('div', { class: 'dialog-actions' }, button('dialog.cancel', { onclick: this.dialog.close }));
    this.dialog.body.replaceChildren(h('div', { class: 'pairing', id: 'pairing', data: { state: 'waiting', pairing: pairing.id } },
      h('p', { class: 'pairing-worker', text: pairing.worker }), h('p', { class: 'dialog-text', t: 'pairing.scan' }),
      this.qr, this.count, this.codeBox, this.line.node, this.actions));
    copy.focus();
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#tick(), 250);
    this.#tick();
  }

  async #copy(code, control) {
    try {
      await navigator.clipboard.writeText(code.value);
    } catch {
      // No clipboard for this page: leave it selected for Ctrl+C.
      code.focus();
      return;
    }
    setIcon(control.firstChild, 'check');
    say(control.lastChild, 'text', 'pairing.copied');
  }

  #tick() {
    const seconds = Math.ceil((this.#endsAt - performance.now()) / 1000);
    this.left.textContent = clock(seconds);
    this.count.toggleAttribute('data-short', seconds <= SHORT_S);
    if (seconds <= 0) this.#showDead('expired');
  }

  #follow(pairing) {
    if (pairing.id !== this.#pairing?.id || this.#pairing.state !== 'waiting') return;
    if (pairing.state === 'used') this.#showDone(pairing);
    else if (pairing.state === 'expired' || pairing.state === 'void') this.#showDead(pairing.state);
  }

  async #catchUp() {
    if (this.#pairing?.state !== 'waiting') return;
    try {
      this.#follow(await api.pairing(this.#pairing.id));
    } catch {
      // The countdown and the next event still tell.
    }
  }

  #showDead(state) {
    clearInterval(this.#timer);
    const { worker } = this.#pairing;
    this.#pairing.state = state;
    document.getElementById('pairing').dataset.state = state;
    this.qr.toggleAttribute('data-dead', true);
    this.codeBox.hidden = true;
    this.count.replaceChildren(h('span', { t: `pairing.${state}` }));
    this.count.setAttribute('role', 'alert');
    const again = button('pairing.again', { icon: 'qr', kind: 'primary', id: 'pairing-again', onclick: () => attempt(again, this.line, () => this.#make(worker)) });
    this.actions.append(again);
    again.focus();
  }

  #showDone(pairing) {
    clearInterval(this.#timer);
    this.#pairing.state = 'used';
    const done = button('pairing.close', { kind: 'primary', id: 'pairing-close', onclick: () => {
      this.dialog.close();
      if (pairing.terminal) store.select(pairing.terminal);
    } });
    const device = store.terminals.get(pairing.terminal)?.device;
    this.dialog.body.replaceChildren(h('div', { class: 'pairing', id: 'pairing', role: 'status', data: { state: 'used', terminal: pairing.terminal ?? '' } },
      h('span', { class: 'done-icon' }, icon('check')), h('p', { class: 'pairing-worker', text: pairing.worker }),
      h('p', { class: 'dialog-text', t: 'pairing.used' }), device ? h('p', { text: device }) : null,
      h('div', { class: 'dialog-actions' }, button('pairing.more', { onclick: () => this.#showForm() }), done)));
    done.focus();
  }
}
