import { expect, it } from "vitest";
import { parseRange } from "./range.ts";

it.each([
  ["bytes=0-9", { kind: "part", first: 0, last: 9 }],
  ["bytes=90-", { kind: "part", first: 90, last: 99 }],
  ["bytes=-10", { kind: "part", first: 90, last: 99 }],
  ["bytes=-1000", { kind: "part", first: 0, last: 99 }],
  ["bytes=95-1000", { kind: "part", first: 95, last: 99 }],
  ["bytes=100-", { kind: "unsatisfiable" }],
  ["bytes=100-200", { kind: "unsatisfiable" }],
  ["bytes=-0", { kind: "unsatisfiable" }],
  ["bytes=9-0", { kind: "whole" }],
  ["bytes=0-1,5-6", { kind: "whole" }],
  ["bytes=-", { kind: "whole" }],
  ["items=0-9", { kind: "whole" }],
  [undefined, { kind: "whole" }],
])("%s of 100 bytes", (header, answer) => {
  expect(parseRange(header, 100)).toEqual(answer);
});
