/* SPDX-License-Identifier: GPL-3.0-or-later */
// Publishes Chromium's own test picture and beeps by WHIP, and watches by WHEP, as window.peers.

window.peers = (() => {
  const connections = new Map();

  async function exchange(name, peer, path, headers) {
    await peer.setLocalDescription(await peer.createOffer());
    await new Promise((resolve) => {
      if (peer.iceGatheringState === 'complete') resolve();
      peer.onicegatheringstatechange = () => peer.iceGatheringState === 'complete' && resolve();
    });
    const response = await fetch(path, {
      method: 'POST', body: peer.localDescription.sdp, headers: { 'Content-Type': 'application/sdp', ...headers },
    });
    const answer = await response.text();
    if (response.status !== 201) throw new Error(`${response.status}: ${answer}`);
    connections.set(name, peer);
    await peer.setRemoteDescription({ type: 'answer', sdp: answer });
    return { offer: peer.localDescription.sdp, answer };
  }

  async function publish(name, codec, audio) {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 }, audio });
    const peer = new RTCPeerConnection();
    for (const track of stream.getTracks()) {
      const transceiver = peer.addTransceiver(track, { direction: 'sendonly' });
      if (track.kind !== 'video') continue;
      const { codecs } = RTCRtpSender.getCapabilities('video');
      transceiver.setCodecPreferences(codecs.filter(({ mimeType, sdpFmtpLine }) => mimeType === 'video/rtx'
        || (mimeType === `video/${codec}` && (codec !== 'H264' || sdpFmtpLine.includes('packetization-mode=1')))));
    }
    return exchange(name, peer, '/whip/s', { Authorization: 'Bearer t' });
  }

  async function watch(name) {
    const peer = new RTCPeerConnection();
    const stream = new MediaStream();
    const video = document.body.appendChild(document.createElement('video'));
    video.autoplay = true;
    video.srcObject = stream;
    peer.ontrack = ({ track }) => stream.addTrack(track);
    peer.addTransceiver('video', { direction: 'recvonly' });
    peer.addTransceiver('audio', { direction: 'recvonly' });
    return exchange(name, peer, '/whep/s', { 'X-Viewer': name });
  }

  async function statistics(name) {
    const result = { video: { frames: 0 }, audio: { energy: 0 }, silence_ms: Infinity };
    const report = await connections.get(name).getStats();
    for (const item of report.values()) {
      if (item.type !== 'inbound-rtp') continue;
      const codec = report.get(item.codecId)?.mimeType;
      result.silence_ms = Math.min(result.silence_ms, item.timestamp - item.lastPacketReceivedTimestamp);
      result[item.kind] = item.kind === 'video'
        ? { codec, frames: item.framesDecoded, width: item.frameWidth, height: item.frameHeight }
        : { energy: item.totalAudioEnergy };
    }
    return result;
  }

  async function outgoingBps(name) {
    for (const item of (await connections.get(name).getStats()).values()) {
      if (item.type === 'candidate-pair' && item.availableOutgoingBitrate) return item.availableOutgoingBitrate;
    }
    return 0;
  }

  return {
    publish, watch, statistics,
    frames: async (name) => (await statistics(name)).video.frames,
    outgoing_bps: outgoingBps,
    leave: (name) => connections.get(name).close(),
  };
})();
