/** What a player page needs before playback: ids and names. The rest of the protocol loads later, with the mesh. */
export * from "./ids.ts";
export { type ByteRange, contentIdOf, mediaBaseOf, pathOf, segmentName } from "./segment-name.ts";
