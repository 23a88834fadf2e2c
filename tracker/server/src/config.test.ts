import { sealerOptionsFrom } from "@shoal/sealer";
import { describe, expect, it } from "vitest";
import { TRACKER_DEFAULTS, trackerOptionsFrom } from "./config.ts";
import { manual } from "./manual.ts";

describe("environment variables", () => {
  it("may all be missing or empty", () => {
    expect(trackerOptionsFrom({ SHOAL_PORT: "" })).toEqual(TRACKER_DEFAULTS);
  });

  it("are named with what they must be where they cannot be meant", () => {
    expect(() => trackerOptionsFrom({ SHOAL_PORT: "http" })).toThrow(
      "SHOAL_PORT must be a whole number from 0 to 65535.",
    );
    expect(() => trackerOptionsFrom({ SHOAL_PORT: "70000" })).toThrow("SHOAL_PORT");
    expect(() => trackerOptionsFrom({ SHOAL_OPEN: "yes" })).toThrow("SHOAL_OPEN must be 1 or 0.");
    expect(() => trackerOptionsFrom({ SHOAL_ICE_SERVERS: "{" })).toThrow("SHOAL_ICE_SERVERS");
    expect(() => trackerOptionsFrom({ SHOAL_REMOTE_CONFIG: '{"sharing":"maybe"}' })).toThrow("SHOAL_REMOTE_CONFIG");
    expect(() => sealerOptionsFrom({ SHOAL_MEDIA_BASE: "cdn/live" })).toThrow("SHOAL_MEDIA_BASE must be a URL");
    expect(() => sealerOptionsFrom({ SHOAL_STREAMS: '{"a":{"manifests":["x"]}}' })).toThrow("SHOAL_STREAMS");
    expect(() => sealerOptionsFrom({ SHOAL_STREAMS: "/no/such/file" })).toThrow("SHOAL_STREAMS");
  });

  it("take ICE servers as browsers write them", () => {
    const { iceServers } = trackerOptionsFrom({ SHOAL_ICE_SERVERS: '[{"urls":"stun:a:3478"}]' });
    expect(iceServers).toEqual([{ urls: ["stun:a:3478"], username: null, credential: null }]);
  });

  it("are all in the README, as the tables have them (npx vitest run -u tracker/server writes it)", async () => {
    await expect(manual()).toMatchFileSnapshot("../README.md");
  });
});
