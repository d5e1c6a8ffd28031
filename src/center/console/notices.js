/* SPDX-License-Identifier: GPL-3.0-or-later */
// Short messages in the corner, spoken by screen readers; and the banner when the center is gone.

import { button, h, icon } from './dom.js';
import { store } from './store.js';

const SHOWN_MS = 6000;
const MOST = 4;
// A short break is mended before anybody needs to know.
const PATIENCE_MS = 1500;

// `message` is a dictionary key and its parameters.
export function notify(kind, ...message) {
  const area = document.getElementById('notices');
  const node = h('p', { class: `notice ${kind}` }, icon(kind === 'bad' ? 'alert' : 'check'), h('span', { t: message }));
  area.append(node);
  while (area.children.length > MOST) area.firstElementChild.remove();
  setTimeout(() => node.remove(), SHOWN_MS);
}

export function showBanner(...message) {
  const banner = document.getElementById('banner');
  if (banner.firstChild) return;
  banner.append(icon('alert'), h('span', { t: message }), button('connection.retry', { id: 'retry', onclick: () => retry() }));
}

export function hideBanner() {
  document.getElementById('banner').replaceChildren();
}

let retry = () => store.retry();

// Shows the banner until `work` succeeds; the button tries at once.
export async function untilReachable(work) {
  for (;;) {
    try {
      const result = await work();
      hideBanner();
      return result;
    } catch (problem) {
      if (problem.status !== 0 && problem.status < 500) throw problem;
      showBanner('connection.unreachable');
      await new Promise((resolve) => {
        retry = resolve;
        setTimeout(resolve, 3000);
      });
      retry = () => store.retry();
    }
  }
}

export function watchConnection() {
  let timer = 0;
  store.addEventListener('connection', () => {
    document.documentElement.toggleAttribute('data-offline', !store.connected);
    if (store.connected) {
      clearTimeout(timer);
      timer = 0;
      hideBanner();
    } else if (!timer) {
      timer = setTimeout(() => store.user && !store.connected && showBanner('connection.lost'), PATIENCE_MS);
    }
  });
}
