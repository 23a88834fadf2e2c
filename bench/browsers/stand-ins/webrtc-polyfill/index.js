// A browser has WebRTC itself, and the WebTorrent tracker passes offers on without opening any.
export const { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate } = globalThis;
