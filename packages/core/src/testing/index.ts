export { DESKTOP, desktopMesh } from "./desktop.ts";
export { type CdnMood, MemoryCdn } from "./memory-cdn.ts";
export { MemoryTracker } from "./memory-tracker.ts";
export { type LinkQuality, MemoryNetwork } from "./memory-transport.ts";
export { ScriptedViewer, type ScriptedWorld } from "./scripted-viewer.ts";
export { TestSealer, testIntegrity } from "./test-sealer.ts";
export { TestStream } from "./test-stream.ts";
export { VirtualClock } from "./virtual-clock.ts";
