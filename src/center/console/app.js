/* SPDX-License-Identifier: GPL-3.0-or-later */
// Starts the console: which page to show, and the panels on it.

import { openAudit } from './audit.js';
import { noLinkPage, loginPage, setupPage } from './access.js';
import { api, Problem, signedOut } from './api.js';
import { h } from './dom.js';
import { header } from './header.js';
import { apply } from './i18n.js';
import { mapPanel } from './map.js';
import { hideBanner, notify, untilReachable, watchConnection } from './notices.js';
import { openPairing } from './pairing.js';
import { applyTheme } from './preferences.js';
import { sosBand } from './sos.js';
import { store } from './store.js';
import { guardDrops } from './task-attachments.js';
import { tasksPanel } from './tasks.js';
import { terminalsPanel } from './terminals.js';
import { wallPanel } from './wall.js';
import { watchNews } from './news.js';

const root = document.getElementById('app');

let closeConsole = null;

function show(page) {
  root.replaceChildren(page);
  (page.querySelector('input') ?? page.querySelector('h1'))?.focus();
}

function showLogin(reason = null) {
  closeConsole?.();
  show(loginPage(reason, enter));
}

async function logOut() {
  try {
    await api.logout();
  } catch (problem) {
    if (problem.status !== 401) {
      notify('bad', 'notice.failed', { text: problem.text });
      return;
    }
  }
  showLogin('access.left');
}

function showConsole() {
  const map = mapPanel();
  const panels = [map, terminalsPanel(), wallPanel(), tasksPanel(map)];
  const band = sosBand();
  const top = header({ logOut, pair: openPairing, audit: openAudit });
  const page = h('div', { class: 'console', id: 'console' },
    h('a', { class: 'skip', href: '#terminals', t: 'skip.terminals' }),
    top.node, band.node,
    h('main', { class: 'panels' }, panels.map((panel) => panel.node)));
  root.replaceChildren(page);
  for (const panel of panels) panel.attached?.();
  closeConsole = () => {
    closeConsole = null;
    for (const dialog of document.querySelectorAll('dialog[open]')) dialog.close();
    for (const panel of [...panels, top, band]) panel.remove?.();
    store.stop();
    hideBanner();
  };
}

async function enter() {
  const { user } = await untilReachable(api.session);
  if (location.hash) history.replaceState(null, '', location.pathname);
  showConsole();
  store.start(user);
}

async function start() {
  applyTheme();
  apply();
  watchConnection();
  watchNews();
  guardDrops();
  store.config = await untilReachable(api.config);
  if (store.config.name) document.title = store.config.name;
  signedOut.addEventListener('signed-out', () => closeConsole && showLogin('access.ended'));
  const token = new URLSearchParams(location.hash.slice(1)).get('setup');
  if (store.config.setup_needed) {
    show(token ? setupPage(token, enter) : noLinkPage());
    return;
  }
  try {
    await enter();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    showLogin(token ? 'access.setup.used' : null);
  }
}

// The one-time link may be opened in a tab that already shows the console's first page.
window.addEventListener('hashchange', () => {
  if (location.hash.startsWith('#setup=')) location.reload();
});

start();
