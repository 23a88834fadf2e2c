import type { Cut } from "./cut.ts";

const engine = { package: "engine.io-client", version: "6.6.8" };
const client = { package: "socket.io-client", version: "4.8.4" };
const parser = { package: "socket.io-parser", version: "4.2.7" };
const engineParser = { package: "engine.io-parser", version: "5.2.3" };

const PACKET_TYPES = {
  "PacketType.CONNECT_ERROR": "4",
  "PacketType.CONNECT": "0",
  "PacketType.DISCONNECT": "1",
  "PacketType.EVENT": "2",
};

const TIMERS = { "this.setTimeoutFn(": "setTimeout(", "this.clearTimeoutFn(": "clearTimeout(" };

/**
 * socket.io-client as Shoal uses it: WebSocket alone, from an absolute URL, one namespace, text, no acknowledgements, no
 * queue of what was said while away. When to try again is Shoal's own decision.
 */
export const socketIoCuts: readonly Cut[] = [
  {
    ...client,
    file: "build/esm/index.js",
    changes: [
      ["const cache = {};\n", ""],
      ['    if (typeof uri === "object") {…    opts = opts || {};\n', ""],
      ['    const parsed = url(uri, opts.path || "/socket.io");', "    const parsed = url(uri);"],
      [
        "    const source = parsed.source;…    return io.socket(",
        "    return new Socket(new Manager(parsed.source, opts), ",
      ],
      ["Object.assign(lookup, {…});\n", ""],
    ],
  },
  {
    ...client,
    file: "build/esm/url.js",
    changes: [['export function url(uri, path = "", loc) {…    return obj;\n}', "export const url = parse;"]],
  },
  {
    ...client,
    file: "build/esm/manager.js",
    methods: [
      "reconnection",
      "reconnectionAttempts",
      "reconnectionDelay",
      "randomizationFactor",
      "reconnectionDelayMax",
      "timeout",
      "maybeReconnectOnOpen",
      "connect",
      "onping",
      "disconnect",
      "reconnect",
      "onreconnect",
      "socket",
      "_destroy",
    ],
    changes: [
      ['import { Backoff } from "./contrib/backo2.js";\n', ""],
      ["        var _a;\n        super();", "        super();"],
      [
        '        if (uri && "object" === typeof uri) {…        opts.path = opts.path || "/socket.io";\n',
        '        opts.path = "/socket.io";\n',
      ],
      [
        '        this.reconnection(opts.reconnection !== false);…        this._readyState = "closed";\n        this.uri',
        '        this._readyState = "closed";\n        this.uri',
      ],
      ["        const _parser = opts.parser || parser;\n", ""],
      ["new _parser.Encoder()", "new parser.Encoder()"],
      ["new _parser.Decoder()", "new parser.Decoder()"],
      ["        this._autoConnect = opts.autoConnect…            this.open();\n", ""],
      [
        '        const self = this;\n        this._readyState = "opening";\n        this.skipReconnect = false;\n',
        '        this._readyState = "opening";\n',
      ],
      ["            self.onopen();\n            fn && fn();", "            this.onopen();"],
      ['"open", function () {', '"open", () => {'],
      ["            if (fn) {…                this.maybeReconnectOnOpen();\n            }\n", ""],
      ["        if (false !== this._timeout) {\n            const timeout = this._timeout;", "        {"],
      [
        "            }, timeout);\n            if (this.opts.autoUnref) {\n                timer.unref();\n            }",
        "            }, 20000);",
      ],
      ['on(socket, "ping", this.onping.bind(this)), ', ""],
      ["        this.nsps = {};\n", ""],
      ["        this.decoder.destroy();\n", ""],
      ["import { Socket as Engine, installTimerFunctions, nextTick, }", "import { Socket as Engine, nextTick }"],
      ['import { Socket } from "./socket.js";\n', ""],
      ["        installTimerFunctions(this, opts);\n", ""],
      [", this.setTimeoutFn);", ");"],
      ["(_a = this.engine) === null || _a === void 0 ? void 0 : _a.close()", "this.engine.close()"],
      ["        var _a;\n        this.cleanup();", "        this.cleanup();"],
      [
        '        this.skipReconnect = true;\n        this._reconnecting = false;\n        this.onclose("forced close")',
        '        this.onclose("forced close")',
      ],
      ["        this.backoff.reset();\n", ""],
      ["        if (this._reconnection && !this.skipReconnect) {\n            this.reconnect();\n        }\n", ""],
    ],
    everywhere: TIMERS,
  },
  {
    ...client,
    file: "build/esm/socket.js",
    methods: [
      "disconnected",
      "open",
      "send",
      "_registerAckCallback",
      "emitWithAck",
      "_addToQueue",
      "_drainQueue",
      "_clearAcks",
      "ack",
      "onack",
      "emitBuffered",
      "compress",
      "volatile",
      "timeout",
      "onAny",
      "prependAny",
      "offAny",
      "listenersAny",
      "onAnyOutgoing",
      "prependAnyOutgoing",
      "offAnyOutgoing",
      "listenersAnyOutgoing",
      "notifyOutgoingListeners",
    ],
    changes: [
      ["const RESERVED_EVENTS = Object.freeze({…});\n", ""],
      ["        this.recovered = false;\n", ""],
      ["        this.receiveBuffer = [];\n        /**", "        /**"],
      ["        this.sendBuffer = [];\n        /**", "        /**"],
      ["        this._queue = [];\n", ""],
      ["        this._queueSeq = 0;\n        this.ids = 0;\n", ""],
      ["        this.acks = {};\n        this.flags = {};\n", ""],
      ["        if (opts && opts.auth) {…            this.open();\n", "        this.auth = opts.auth;\n"],
      ['        if (!this.io["_reconnecting"])\n            this.io.open(); // ensure open', "        this.io.open();"],
      [
        "        var _a, _b, _c;\n        if (RESERVED_EVENTS.hasOwnProperty(ev)) {…        args.unshift(ev);",
        "        args.unshift(ev);",
      ],
      ["        if (this._opts.retries && …        const packet = {", "        const packet = {"],
      ["        packet.options = {};\n…        const isConnected = ", "        const isConnected = "],
      [
        "this.connected && !((_c = this.io.engine) === null || _c === void 0 ? void 0 : _c._hasPingExpired())",
        "this.connected",
      ],
      [
        "        const discardPacket = this.flags.volatile && !isTransportWritable;\n        if (discardPacket) {\n        }\n        else if (isConnected) {\n            this.notifyOutgoingListeners(packet);\n",
        "        if (isConnected) {\n",
      ],
      ["        else {\n            this.sendBuffer.push(packet);\n        }\n        this.flags = {};\n", ""],
      [
        '        if (typeof this.auth == "function") {\n            this.auth((data) => {\n                this._sendConnectPacket(data);\n            });\n        }\n        else {\n            this._sendConnectPacket(this.auth);\n        }',
        "        this.auth((data) => this._sendConnectPacket(data));",
      ],
      [
        "            data: this._pid\n                ? Object.assign({ pid: this._pid, offset: this._lastOffset }, data)\n                : data,",
        "            data,",
      ],
      ["        this._clearAcks();\n", ""],
      ["            case PacketType.BINARY_EVENT:\n", ""],
      [
        "            case PacketType.ACK:\n            case PacketType.BINARY_ACK:\n                this.onack(packet);\n                break;\n",
        "",
      ],
      [
        "                if (packet.data && packet.data.sid) {\n                    this.onconnect(packet.data.sid, packet.data.pid);\n                }\n                else {…                }\n                break;",
        '                if (packet.data)\n                    this.onconnect();\n                else\n                    this.emitReserved("connect_error", new Error());\n                break;',
      ],
      [
        "        if (null != packet.id) {…        if (this.connected) {\n            this.emitEvent(args);\n        }\n        else {\n            this.receiveBuffer.push(Object.freeze(args));\n        }",
        "        this.emitEvent(args);",
      ],
      [
        "        if (this._anyListeners && this._anyListeners.length) {…        super.emit.apply(this, args);\n        if (this._pid && …        }\n",
        "        super.emit.apply(this, args);\n",
      ],
      [
        "        this.recovered = pid && this._pid === pid;\n        this._pid = pid; // defined only if connection state recovery is enabled\n",
        "",
      ],
      ["    onconnect(id, pid) {\n        this.id = id;\n", "    onconnect() {\n"],
      ["        delete this.id;\n", ""],
      ["        this.emitBuffered();\n        this._drainQueue(true);\n", ""],
      ['        this.io["_destroy"](this);', "        this.io._close();"],
    ],
    everywhere: PACKET_TYPES,
  },
  {
    ...parser,
    file: "build/esm/index.js",
    methods: ["encodeAsBinary", "destroy"],
    changes: [
      [
        'import { deconstructPacket, reconstructPacket } from "./binary.js";\nimport { isBinary, hasBinary } from "./is-binary.js";\n',
        "",
      ],
      [
        "export var PacketType;\n(function (PacketType) {…})(PacketType || (PacketType = {}));\n",
        "export const PacketType = {};\n",
      ],
      [
        "        if (obj.type === PacketType.EVENT || obj.type === PacketType.ACK) {\n            if (hasBinary(obj)) {…        return [this.encodeAsString(obj)];",
        "        return [this.encodeAsString(obj)];",
      ],
      [
        '        if (obj.type === PacketType.BINARY_EVENT ||\n            obj.type === PacketType.BINARY_ACK) {\n            str += obj.attachments + "-";\n        }\n',
        "",
      ],
      ["        if (null != obj.id) {\n            str += obj.id;\n        }\n", ""],
      [", this.replacer);\n        }\n        return str;", ");\n        }\n        return str;"],
      ["    constructor(replacer) {\n        this.replacer = replacer;\n    }\n", ""],
      ["        this.opts = Object.assign({\n            reviver: …opts);\n", ""],
      [
        '            if (this.reconstructor) {\n                throw new Error("got plaintext data when reconstructing a packet");\n            }\n',
        "",
      ],
      [
        '            const isBinaryEvent = …                super.emitReserved("decoded", packet);\n            }\n        }\n        else if (isBinary(obj) || obj.base64) {…        else {\n            throw new Error("Unknown type: " + obj);',
        '            super.emitReserved("decoded", packet);\n        }\n        else {\n            throw new Error("Unknown type: " + obj);',
      ],
      ["        if (PacketType[p.type] === undefined) {", "        if (!(p.type < 5)) {"],
      [
        "        if (p.type === PacketType.BINARY_EVENT ||\n            p.type === PacketType.BINARY_ACK) {\n            const start…            p.attachments = n;\n        }\n",
        "",
      ],
      [", this.opts.reviver)", ")"],
      // No acknowledgements, so no packet has an id; a tracker that tells of a socket's own events fools only itself.
      ["        // look up id\n…        // look up json data", "        // look up json data"],
      ["const RESERVED_EVENTS = […];\n", ""],
      [
        '(typeof payload[0] === "number" ||\n…RESERVED_EVENTS.indexOf(payload[0]) === -1)));\n            case PacketType.ACK:\n            case PacketType.BINARY_ACK:',
        'typeof payload[0] === "string");\n            case PacketType.ACK:\n            case PacketType.BINARY_ACK:',
      ],
      [
        "            case PacketType.EVENT:\n            case PacketType.BINARY_EVENT:\n                return",
        "            case PacketType.EVENT:\n                return",
      ],
      [
        "            case PacketType.ACK:\n            case PacketType.BINARY_ACK:\n                return Array.isArray(payload);\n        }",
        "        }",
      ],
      ["class BinaryReconstructor {…function isNamespaceValid(nsp) {", "function isNamespaceValid(nsp) {"],
      [
        'function isNamespaceValid(nsp) {\n    return typeof nsp === "string";\n}\n…// see https://stackoverflow',
        "// see https://stackoverflow",
      ],
      ["function isDataValid(type, payload) {…export function isPacketValid(packet) {…\n}\n", ""],
    ],
    everywhere: PACKET_TYPES,
  },
  {
    ...engine,
    file: "build/esm/contrib/parseuri.js",
    changes: [
      ["const re = …const parts = […];\n", ""],
      [
        "    if (str.length > 8000) {…    return uri;\n",
        "    const { protocol, hostname, port, pathname, search } = new URL(str);\n    return { source: str, protocol: protocol.slice(0, -1), host: hostname, port, path: pathname, query: search.slice(1) };\n",
      ],
      ["function pathNames(obj, path) {…    return data;\n}", ""],
    ],
  },
  {
    ...engine,
    file: "build/esm/contrib/parseqs.js",
    changes: [
      [
        "    let str = '';\n    for (let i in obj) {…    return str;\n",
        "    return String(new URLSearchParams(obj));\n",
      ],
    ],
  },
  {
    ...engine,
    file: "build/esm/globals.js",
    changes: [
      [
        "export const nextTick = (() => {…})();\nexport const globalThisShim",
        "export const nextTick = (cb) => Promise.resolve().then(cb);\nexport const globalThisShim",
      ],
      ["export const globalThisShim = (() => {…})();\n", "export const globalThisShim = self;\n"],
    ],
  },
  {
    ...engine,
    file: "build/esm/transport.js",
    methods: ["pause", "_hostname", "_port", "_query"],
    changes: [
      ['import { installTimerFunctions } from "./util.js";\n', ""],
      ["export class TransportError extends Error {…\n}\n", "export const TransportError = Error;\n"],
      ["        installTimerFunctions(this, opts);\n", ""],
      ["this._hostname() +\n            this._port() +", 'this.opts.hostname + ":" + this.opts.port +'],
      ["            this._query(query));", '            "?" + encode(query));'],
      ["        this.supportsBinary = !opts.forceBase64;\n", ""],
      [
        "        else {\n            // this might happen if the transport was silently closed in the beforeunload event handler\n        }\n",
        "",
      ],
    ],
  },
  {
    ...engine,
    file: "build/esm/transports/websocket.js",
    changes: [
      ['import { pick, randomString } from "../util.js";\n', ""],
      ['const isReactNative = …"reactnative";\n', ""],
      [
        "        const protocols = this.opts.protocols;\n…        try {\n            this.ws = this.createSocket(uri, protocols, opts);",
        "        try {\n            this.ws = this.createSocket(uri);",
      ],
      ["            if (this.opts.autoUnref) {\n                this.ws._socket.unref();\n            }\n", ""],
      ["                    }, this.setTimeoutFn);", "                    });"],
      ["encodePacket(packet, this.supportsBinary, (data)", "encodePacket(packet, true, (data)"],
      [
        "        const query = this.query || {};\n…        return this.createUri(schema, query);",
        "        return this.createUri(schema, this.query);",
      ],
      ["globalThis.WebSocket || globalThis.MozWebSocket", "globalThis.WebSocket"],
      [
        'this.onClose({\n            description: "websocket connection closed",\n            context: closeEvent,\n        })',
        "this.onClose()",
      ],
      ['this.onError("websocket error", e)', "this.onError(e)"],
      [
        "    createSocket(uri, protocols, opts) {\n…    doWrite",
        "    createSocket(uri) {\n        return new WebSocketCtor(uri);\n    }\n    doWrite",
      ],
    ],
  },
  {
    ...engine,
    file: "build/esm/socket.js",
    methods: ["_probe", "_hasPingExpired", "_getWritablePackets", "_filterUpgrades", "send"],
    changes: [
      [
        'import { transports as DEFAULT_TRANSPORTS } from "./transports/index.js";\nimport { installTimerFunctions, byteLength } from "./util.js";\nimport { decode } from "./contrib/parseqs.js";',
        'import { WS } from "./transports/websocket.js";',
      ],
      ["        installTimerFunctions(this, opts);\n", ""],
      ["createCookieJar, ", ""],
      ["        var _a, _b;\n        super();", "        super();"],
      ["        this._upgrades = [];\n", ""],
      ["        this._maxPayload = -1;\n", ""],
      [
        '        if (uri && "object" === typeof uri) {…        if (uri) {\n            const parsedUri',
        "        {\n            const parsedUri",
      ],
      [
        "            if (parsedUri.query)\n                opts.query = parsedUri.query;\n        }\n        else if (opts.host) {\n            opts.hostname = parse(opts.host).host;\n        }",
        "        }",
      ],
      [
        '        this.secure =\n            null != opts.secure…"https:" === location.protocol;',
        "        this.secure = opts.secure;",
      ],
      [
        "        this.hostname =\n            opts.hostname ||…        this.opts = Object.assign({",
        "        this.hostname = opts.hostname;\n        this.port = opts.port;\n        this.opts = Object.assign({",
      ],
      [
        'Object.assign({\n            path: "/engine.io",…            closeOnBeforeunload: false,\n        }, opts);',
        "Object.assign({}, opts);",
      ],
      [
        '        this.opts.path =\n            this.opts.path.replace(/\\/$/, "") +\n                (this.opts.addTrailingSlash ? "/" : "");\n        if (typeof this.opts.query === "string") {\n            this.opts.query = decode(this.opts.query);\n        }',
        '        this.opts.path += "/";',
      ],
      // A lost network closes the socket or misses its pings; nothing is in haste to come back.
      [
        "        if (withEventListeners) {\n            if (this.opts.closeOnBeforeunload) {…        if (this.opts.withCredentials) {",
        "        if (this.opts.withCredentials) {",
      ],
      [
        "const withEventListeners = …OFFLINE_EVENT_LISTENERS.forEach((listener) => listener());\n    }, false);\n}\n",
        "",
      ],
      [
        "            if (withEventListeners) {\n                if (this._beforeunload…            // set ready state",
        "            // set ready state",
      ],
      ["        this._pingTimeoutTime = Date.now() + delay;\n", ""],
      ["        if (this.opts.withCredentials) {\n            this._cookieJar = createCookieJar();\n        }\n", ""],
      ["        if (this.id)\n            query.sid = this.id;\n", ""],
      [
        ", this.opts.transportOptions[name]);\n        return new this._transportsByName[name](opts);",
        ");\n        return new WS(opts);",
      ],
      [
        '        if (this.transports.length === 0) {…        this.readyState = "opening";\n        const transport = this.createTransport(transportName);',
        '        this.readyState = "opening";\n        const transport = this.createTransport("websocket");',
      ],
      [
        "        if (this.transport) {\n            this.transport.removeAllListeners();\n        }\n        // set up transport\n",
        "",
      ],
      [
        '        Socket.priorWebsocketSuccess = "websocket" === this.transport.name;\n        this.emitReserved("open");',
        '        this.emitReserved("open");',
      ],
      [
        '        if ("open" === this.readyState && this.opts.upgrade) {\n            for (…        }\n    }\n    /**\n     * Handles a packet.',
        "    }\n    /**\n     * Handles a packet.",
      ],
      ['            // Socket is live - any packet counts\n            this.emitReserved("heartbeat");\n', ""],
      ['                    this.emitReserved("ping");\n                    this.emitReserved("pong");\n', ""],
      ['                    this.emitReserved("message", packet.data);\n', ""],
      ['        this.emitReserved("handshake", data);\n', ""],
      ["        this._upgrades = this._filterUpgrades(data.upgrades);\n", ""],
      ["        this._maxPayload = data.maxPayload;\n", ""],
      ["        if (this.opts.autoUnref) {\n            this._pingTimeoutTimer.unref();\n        }\n", ""],
      ["            !this.upgrading &&\n", ""],
      ["this._getWritablePackets()", "this.writeBuffer"],
      ['            this.emitReserved("flush");\n', ""],
      [
        '    write(msg, options, fn) {\n        this._sendPacket("message", msg, options, fn);\n        return this;',
        '    write(msg) {\n        this._sendPacket("message", msg);',
      ],
      [
        '    _sendPacket(type, data, options, fn) {\n…        if ("closing" === ',
        '    _sendPacket(type, data) {\n        if ("closing" === ',
      ],
      ["        options = options || {};\n        options.compress = false !== options.compress;\n", ""],
      ["            data: data,\n            options: options,\n", "            data: data,\n"],
      ['        this.emitReserved("packetCreate", packet);\n', ""],
      ['        if (fn)\n            this.once("flush", fn);\n        this.flush();', "        this.flush();"],
      [
        '        const cleanupAndClose = () => {…        if ("opening" === this.readyState || "open" === this.readyState) {\n            this.readyState = "closing";',
        '        if ("opening" === this.readyState || "open" === this.readyState) {\n            this.readyState = "closing";',
      ],
      [
        'this.once("drain", () => {\n                    if (this.upgrading) {\n                        waitForUpgrade();\n                    }\n                    else {\n                        close();\n                    }\n                });',
        'this.once("drain", close);',
      ],
      [
        "            else if (this.upgrading) {\n                waitForUpgrade();\n            }\n            else {\n                close();",
        "            else {\n                close();",
      ],
      [
        '        Socket.priorWebsocketSuccess = false;\n        if (this.opts.tryAllTransports &&…        this.emitReserved("error", err);',
        '        this.emitReserved("error", err);',
      ],
    ],
    everywhere: TIMERS,
  },
  {
    ...engineParser,
    file: "build/esm/decodePacket.browser.js",
    changes: [
      ['import { decode } from "./contrib/base64-arraybuffer.js";\nconst withNativeArrayBuffer = …;\n', ""],
      [
        '        return {\n            type: "message",\n            data: mapBinary(encodedPacket, binaryType),\n        };',
        "        return ERROR_PACKET;",
      ],
      ['    if (type === "b") {…    const packetType = ', "    const packetType = "],
      ["const decodeBase64Packet = …    }\n};\nconst mapBinary = …    }\n};\n", ""],
    ],
  },
  {
    ...engineParser,
    file: "build/esm/commons.js",
    changes: [
      [
        'PACKET_TYPES["open"] = "0";…PACKET_TYPES_REVERSE = Object.create(null);\nObject.keys(PACKET_TYPES).forEach((key) => {…});\n',
        'const PACKET_TYPES_REVERSE = ["open", "close", "ping", "pong", "message"];\nPACKET_TYPES_REVERSE.forEach((name, type) => {\n    PACKET_TYPES[name] = type;\n});\n',
      ],
    ],
  },
  {
    ...engineParser,
    file: "build/esm/encodePacket.browser.js",
    changes: [
      ["const withNativeBlob = …const encodePacket = ", "const encodePacket = "],
      ["    if (withNativeBlob && data instanceof Blob) {…    // plain string\n", ""],
      [
        "const encodeBlobAsBase64 = …export { encodePacket };",
        "export { encodePacket, encodePacket as encodePacketToBinary };",
      ],
    ],
  },
  {
    package: "@socket.io/component-emitter",
    version: "3.1.2",
    file: "lib/esm/index.js",
    changes: [
      ["export function Emitter(obj) {\n  if (obj) return mixin(obj);\n}", "export function Emitter() {}"],
      ["function mixin(obj) {…  return obj;\n}\n", ""],
      ["Emitter.prototype.on =\nEmitter.prototype.addEventListener = ", "Emitter.prototype.on = "],
      ["Emitter.prototype.removeListener =\n", ""],
      ["Emitter.prototype.removeEventListener = ", ""],
      ["Emitter.prototype.listeners = …\n};\n", ""],
      ["Emitter.prototype.hasListeners = …\n};\n", ""],
    ],
  },
];
