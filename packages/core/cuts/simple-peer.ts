import type { Cut } from "./cut.ts";

const known = { package: "simple-peer", version: "9.11.1" };

/**
 * simple-peer for data channels alone, with trickling candidates and one negotiation: no tracks, no writable stream, no
 * log, no search for the addresses in use, no default STUN servers.
 */
export const simplePeerCuts: readonly Cut[] = [
  {
    ...known,
    file: "index.js",
    lines: /^\s*(?:this\._)?debug\((?:\n[\s\S]*?\n +\)|.*\))$/,
    methods: [
      "address",
      "addTransceiver",
      "addStream",
      "addTrack",
      "replaceTrack",
      "removeTrack",
      "removeStream",
      "_needsNegotiation",
      "negotiate",
      "_read",
      "_write",
      "_onFinish",
      "_startIceCompleteTimeout",
      "_requestMissingTransceivers",
      "getStats",
      "_onInterval",
      "_onSignalingStateChange",
      "_onChannelBufferedAmountLow",
      "_onTrack",
      "_debug",
    ],
    changes: [
      // As an ES module it needs none of a bundler's own code for CommonJS.
      [
        "const debug = require('debug')('simple-peer')…const { Buffer } = require('buffer')\n",
        "import { Duplex } from 'readable-stream'\nimport { errCode } from 'err-code'\n",
      ],
      ["class Peer extends stream.Duplex {", "class Peer extends Duplex {"],
      ["queueMicrotask(() => { // allow events", "Promise.resolve().then(() => { // allow events"],
      ["    let data = event.data\n…    this.push(data)", "    this.push(new Uint8Array(event.data))"],
      ["const MAX_BUFFERED_AMOUNT = 64 * 1024\nconst ICECOMPLETE_TIMEOUT = 5 * 1000\n", ""],
      ["// HACK: Filter trickle lines…/**\n * WebRTC peer connection", "/**\n * WebRTC peer connection"],
      ["    opts = Object.assign({…    super(opts)", "    super()"],
      [
        "    this._id = randombytes(4)…    this.initiator = ",
        "    this.channelName = opts.channelName\n    this.initiator = ",
      ],
      [
        "    this.channelConfig = …    try {\n      this._pc = new (this._wrtc.RTCPeerConnection)(this.config)",
        "    this._pendingCandidates = []\n    try {\n      this._pc = new RTCPeerConnection(opts.config)",
      ],
      ["    // We prefer feature detection whenever possible…'number'\n", ""],
      ["    this._pc.onsignalingstatechange = () => {\n      this._onSignalingStateChange()\n    }\n", ""],
      ["    // HACK: Fix for odd Firefox behavior…    // Other spec events", "    // Other spec events"],
      ["if (this.initiator || this.channelNegotiated) {", "if (this.initiator) {"],
      ["createDataChannel(this.channelName, this.channelConfig)", "createDataChannel(this.channelName)"],
      [
        "    if (this.streams) {…    this.once('finish', this._onFinishBound)\n",
        "    if (this.initiator) setTimeout(() => this._createOffer(), 0)\n",
      ],
      ["    if (typeof data === 'string') {…    if (data.candidate) {", "    if (data.candidate) {"],
      ["new (this._wrtc.RTCSessionDescription)(data)", "new RTCSessionDescription(data)"],
      [" && !data.renegotiate && !data.transceiverRequest", ""],
      ["new this._wrtc.RTCIceCandidate(candidate)", "new RTCIceCandidate(candidate)"],
      [
        "if (!iceCandidateObj.address || iceCandidateObj.address.endsWith('.local')) {\n          warn('Ignoring unsupported ICE candidate.')\n        } else {",
        "if (iceCandidateObj.address && !iceCandidateObj.address.endsWith('.local')) {",
      ],
      ["    this._destroy(err, () => {})\n  }\n\n  _destroy (err, cb) {\n", ""],
      ["      this.readable = this.writable = false…      this._connected = false", "      this._connected = false"],
      [
        "      this._remoteTracks = null…      clearInterval(this._closingInterval)",
        "      clearInterval(this._closingInterval)",
      ],
      [
        "      this._closingInterval = null\n\n      clearInterval(this._interval)…      if (this._channel) {",
        "      if (this._channel) {",
      ],
      ["        this._pc.onsignalingstatechange = null\n", ""],
      ["        this._pc.ontrack = null\n", ""],
      ["      this.emit('close')\n      cb()", "      this.emit('close')"],
      ["    if (!event.channel) {…    this._channel = event.channel", "    this._channel = event.channel"],
      [
        "    if (typeof this._channel.bufferedAmountLowThreshold === 'number') {…    this._channel.onmessage = ",
        "    this._channel.onmessage = ",
      ],
      ["    this._channel.onbufferedamountlow = () => {\n      this._onChannelBufferedAmountLow()\n    }\n", ""],
      [
        "      const err = event.error instanceof Error\n…      this.destroy(errCode(err, 'ERR_DATA_CHANNEL'))",
        "      this.destroy(errCode(event.error || new Error(), 'ERR_DATA_CHANNEL'))",
      ],
      ["createOffer(this.offerOptions)", "createOffer()"],
      ["        if (!this.trickle && !this.allowHalfTrickle) offer.sdp = …sdpTransform(offer.sdp)\n", ""],
      [
        "          if (this.trickle || this._iceComplete) sendOffer()\n          else this.once('_iceComplete', sendOffer) // wait for candidates",
        "          sendOffer()",
      ],
      ["createAnswer(this.answerOptions)", "createAnswer()"],
      ["        if (!this.trickle && !this.allowHalfTrickle) answer.sdp = …sdpTransform(answer.sdp)\n", ""],
      [
        "          if (this.trickle || this._iceComplete) sendAnswer()\n          else this.once('_iceComplete', sendAnswer)",
        "          sendAnswer()",
      ],
      ["          if (!this.initiator) this._requestMissingTransceivers()\n", ""],
      ["this._connected || this._connecting ||", "this._connected ||"],
      [
        "    this._connecting = true\n…        this.emit('connect')\n      })\n    }\n    findCandidatePair()\n",
        "    this._connected = true\n    this.emit('connect')\n",
      ],
      ["event.candidate && this.trickle", "event.candidate"],
      [
        "    } else if (!event.candidate && !this._iceComplete) {…      this._startIceCompleteTimeout()\n    }\n",
        "    }\n",
      ],
      ["Peer.WEBRTC_SUPPORT = …module.exports = Peer", "export default Peer"],
    ],
    // Each error has a code.
    everywhere: {
      "'cannot signal after peer is destroyed'": "",
      "'signal() called with invalid signal data'": "",
      "'cannot send after peer is destroyed'": "",
      "'Connection failed.'": "",
      "'Ice connection failed.'": "",
      "'Ice connection closed.'": "",
    },
  },
];
