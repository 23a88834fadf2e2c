import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { applyCut, type Cut, cutFor } from "./cut.ts";

const CODE = `class Peer {
  constructor () {
    this.tracks = []
    this.kind = Kind.DATA
  }

  addTrack (track) {
    if (track) {
      this.tracks.push(track)
    }
  }

  close () {
    this.kind = Kind.NONE
  }
}
`;
const cut: Cut = { package: "some-peer", version: "1.2.3", file: "index.js" };
const home = mkdtempSync(join(tmpdir(), "cut-"));
afterEach(() => rmSync(home, { recursive: true, force: true }));

describe("leaving out of a dependency what nobody needs", () => {
  it("takes out methods, passages and long words, and nothing else", () => {
    const left = applyCut(CODE, {
      ...cut,
      methods: ["addTrack"],
      changes: [["    this.tracks…kind", "    this.kind"]],
      everywhere: { "Kind.DATA": "1", "Kind.NONE": "0" },
    });
    expect(left).toBe(`class Peer {
  constructor () {
    this.kind = 1
  }


  close () {
    this.kind = 0
  }
}
`);
  });

  it("fails the build where a method or passage is not there, or is there twice", () => {
    expect(() => applyCut(CODE, { ...cut, methods: ["removeTrack"] })).toThrow("0 times");
    expect(() => applyCut(CODE, { ...cut, changes: [["this.kind = ", ""]] })).toThrow("2 times");
    expect(() => applyCut(CODE, { ...cut, everywhere: { "Kind.MEDIA": "2" } })).toThrow("Kind.MEDIA");
  });

  it("fails the build where somebody still calls what was taken out", () => {
    const code = CODE.replace("Kind.NONE", "this.addTrack(null)");
    expect(() => applyCut(code, { ...cut, methods: ["addTrack"] })).toThrow("still calls addTrack()");
  });

  it("fails the build where the dependency has another version", () => {
    const folder = join(home, "node_modules/some-peer");
    mkdirSync(folder, { recursive: true });
    const installed = (version: string): void =>
      writeFileSync(join(folder, "package.json"), JSON.stringify({ version }));
    installed("1.2.3");
    expect(cutFor(join(folder, "index.js"), [cut])).toBe(cut);
    expect(cutFor(join(folder, "other.js"), [cut])).toBeNull();
    installed("1.2.4");
    expect(() => cutFor(join(folder, "index.js"), [cut])).toThrow("some-peer is 1.2.4");
  });
});
