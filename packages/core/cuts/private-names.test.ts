import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { shortenPrivateNames } from "./private-names.ts";

test("private names are one letter each, alike wherever they stand in the file", () => {
  const code = "class A { #clock; #all = 1; now() { return this.#clock.now() + this.#all; } }";
  expect(shortenPrivateNames(code)).toBe("class A { a; b = 1; now() { return this.a.now() + this.b; } }");
});

test("a class that extends another keeps clear of that one's names", () => {
  expect(shortenPrivateNames("class B extends A { #mine = 1; }")).toBe("class B extends A { _a = 1; }");
});

test("a file of more private names than letters still gives each its own", () => {
  const names = Array.from({ length: 60 }, (_, at) => `#name${at};`);
  const short = shortenPrivateNames(names.join(" ")).split(" ");
  expect(new Set(short).size).toBe(60);
  expect(short.every((name) => !name.includes("#"))).toBe(true);
});

test("the tree keeps what short names rest on: no third generation, no public member of one letter", () => {
  const packages = fileURLToPath(new URL("../..", import.meta.url));
  const sources = readdirSync(packages, { recursive: true, encoding: "utf8" })
    .filter((file) => /^[^/]+\/src\/.*(?<!\.test)\.ts$/.test(file.replaceAll("\\", "/")))
    .map((file) => readFileSync(`${packages}/${file}`, "utf8"));
  const all = sources.join("\n");
  const parents = new Map(
    Array.from(all.matchAll(/\bclass (\w+)(?:<.*>)? extends (\w+)/g), ([, child, parent]) => [child, parent]),
  );
  expect([...parents.keys()]).toContain("Session");
  expect([...parents.values()].filter((parent) => parents.has(parent))).toEqual([]);
  const classes = sources.filter((code) => code.includes("#"));
  const members = classes.flatMap(
    (code) => code.match(/^ {2}(?:readonly |get |set |async )*[a-zA-Z]\b(?=[(:;= ]).*/gm) ?? [],
  );
  expect(members).toEqual([]);
});
