// SPDX-License-Identifier: GPL-3.0-or-later
// What the dispatcher's browser does with a stream, and a note of each picture that it shows.

const BITS = 32;
const STRIP_SHARE = 45; // one of the strip's two rows is this part of the picture's height
const STATS_MS = 250;
const PICTURE_MS = 1000;
const CLOCK_ROUNDS = 20;

const video = document.querySelector('video');
const socket = new WebSocket(`ws://${location.host}/page`);
socket.binaryType = 'arraybuffer';
let connection = null;
let lastPicture = -Infinity;

function tell(message) {
  socket.send(JSON.stringify(message));
}

// --- the clock: the server knows CLOCK_MONOTONIC, which the camera draws into the picture ---

function askForClock() {
  tell({ kind: 'clock', page: performance.now() });
}

let rounds = 0;
let best = Infinity;

function onClock(message) {
  const now = performance.now();
  const trip = now - message.page;
  if (trip < best) {
    best = trip;
    tell({ kind: 'offset', ms: message.server - (message.page + now) / 2, trip });
  }
  rounds += 1;
  if (rounds < CLOCK_ROUNDS) askForClock();
  else if (rounds === CLOCK_ROUNDS) tell({ kind: 'ready' });
}

// --- the connection ---

function gathered(peer) {
  return new Promise((resolve) => {
    const look = () => peer.iceGatheringState === 'complete' && resolve();
    peer.addEventListener('icegatheringstatechange', look);
    look();
  });
}

async function onOffer(message) {
  connection?.close();
  connection = new RTCPeerConnection();
  const peer = connection;
  peer.addEventListener('track', (event) => {
    // As the console's player sets it.
    event.receiver.jitterBufferTarget = 0;
    if (event.track.kind === 'video') video.srcObject = new MediaStream([event.track]);
  });
  peer.addEventListener('connectionstatechange', () => {
    tell({ kind: 'connection', state: peer.connectionState });
  });
  try {
    await peer.setRemoteDescription({ type: 'offer', sdp: message.sdp });
    await peer.setLocalDescription();
    await gathered(peer);
    tell({ kind: 'answer', id: message.id, sdp: peer.localDescription.sdp });
  } catch (error) {
    tell({ kind: 'answer', id: message.id, error: String(error) });
  }
}

socket.addEventListener('open', askForClock);
socket.addEventListener('message', (event) => {
  const message = JSON.parse(event.data);
  if (message.kind === 'clock') onClock(message);
  else if (message.kind === 'offer') onOffer(message);
});

// --- what is shown ---

function readRow(luma, stride, width, height, row) {
  const blockWidth = width / BITS;
  const blockHeight = height / STRIP_SHARE;
  const means = [];
  for (let column = 0; column < BITS; column += 1) {
    const left = Math.round((column + 0.25) * blockWidth);
    const right = Math.max(left + 1, Math.round((column + 0.75) * blockWidth));
    const top = Math.round((row + 0.25) * blockHeight);
    const bottom = Math.max(top + 1, Math.round((row + 0.75) * blockHeight));
    let sum = 0;
    for (let y = top; y < bottom; y += 1) {
      for (let x = left; x < right; x += 1) sum += luma[y * stride + x];
    }
    means.push(sum / ((right - left) * (bottom - top)));
  }
  // The camera draws 48 and 208.
  return means.reduce((word, mean) => (word * 2 + (mean > 128 ? 1 : 0)), 0);
}

async function sendPicture(frame, word) {
  const bytes = new ArrayBuffer(8 + frame.allocationSize());
  const view = new DataView(bytes);
  view.setUint32(0, word);
  view.setUint16(4, frame.visibleRect.width);
  view.setUint16(6, frame.visibleRect.height);
  const layout = await frame.copyTo(new Uint8Array(bytes, 8));
  if (frame.format === 'I420' && layout[0].offset === 0) socket.send(bytes);
}

async function readFrame(frame, times) {
  const { width, height } = frame.visibleRect;
  const rows = Math.min(height, 2 * Math.ceil(height / STRIP_SHARE));
  const rect = { x: 0, y: 0, width, height: rows };
  const luma = new Uint8Array(frame.allocationSize({ rect }));
  const layout = await frame.copyTo(luma, { rect });
  const stride = layout[0].stride;
  const words = [0, 1].map((row) => readRow(luma.subarray(layout[0].offset), stride, width, height, row));
  tell({ kind: 'frame', ...times, words, width, height });
  if (times.shown - lastPicture >= PICTURE_MS) {
    lastPicture = times.shown;
    await sendPicture(frame, words[0]);
  }
}

function onFrame(now, metadata) {
  video.requestVideoFrameCallback(onFrame);
  const times = {
    now,
    shown: metadata.presentationTime,
    expected: metadata.expectedDisplayTime,
    received: metadata.receiveTime ?? null,
    count: metadata.presentedFrames,
  };
  const frame = new VideoFrame(video);
  readFrame(frame, times)
    .catch((error) => tell({ kind: 'error', text: String(error) }))
    .finally(() => {
      frame.close();
    });
}

video.requestVideoFrameCallback(onFrame);

setInterval(async () => {
  if (!connection) return;
  const stats = await connection.getStats();
  for (const entry of stats.values()) {
    if (entry.type === 'inbound-rtp' && entry.kind === 'video') {
      const codec = stats.get(entry.codecId)?.mimeType ?? null;
      tell({ kind: 'stats', at: performance.now(), codec, entry });
    }
  }
}, STATS_MS);
