import { describe, expect, it } from "vitest";
import { clientName, type Fault, faultFor, parseFault } from "./faults.ts";

const viewerMedia = { media: true, client: "anna" };

describe("a fault", () => {
  it.each([
    [undefined, true],
    [{}, true],
    [{ media: true }, true],
    [{ media: false }, false],
    [{ client: "anna" }, true],
    [{ client: "sealer" }, false],
    [{ clients: ["bert", "anna"] }, true],
    [{ clients: ["bert"] }, false],
    [{ media: true, client: "anna" }, true],
  ])("with filter %o hits anna's segment: %s", (filter, hits) => {
    const fault: Fault = { kind: "status", status: 503, ...(filter && { filter }) };
    expect(faultFor(fault, viewerMedia).kind).toBe(hits ? "status" : "none");
  });

  it.each([
    [{ kind: "none" }],
    [{ kind: "hang", filter: { client: "anna" } }],
    [{ kind: "hang", filter: { clients: ["anna", "bert"] } }],
    [{ kind: "status", status: 503 }],
    [{ kind: "slow", bitsPerSecond: 1, filter: { media: false } }],
  ])("in JSON is taken: %o", (fault) => {
    expect(parseFault(JSON.parse(JSON.stringify(fault)))).toEqual(fault);
  });

  it.each([
    [null, /JSON object/],
    [[], /JSON object/],
    [{}, /The kind of a fault/],
    [{ kind: "status" }, /status from 400/],
    [{ kind: "status", status: 200 }, /status from 400/],
    [{ kind: "slow", bitsPerSecond: 0 }, /bitsPerSecond above 0/],
    [{ kind: "hang", filter: { media: "yes" } }, /filter.media/],
    [{ kind: "hang", filter: { client: 7 } }, /filter.client/],
    [{ kind: "hang", filter: { clients: "anna" } }, /filter.clients/],
  ])("that makes no sense is refused: %o", (fault, message) => {
    expect(() => parseFault(fault)).toThrow(message);
  });
});

it("a client is named by header, else by the sealer's User-Agent, else by the query", () => {
  const query = new URLSearchParams("viewer=anna");
  expect(clientName({}, query)).toBe("anna");
  expect(clientName({ "user-agent": "shoal-sealer/1" }, query)).toBe("sealer");
  expect(clientName({ "x-shoal-client": "bert", "user-agent": "shoal-sealer/1" }, query)).toBe("bert");
  expect(clientName({}, new URLSearchParams())).toBeUndefined();
});
