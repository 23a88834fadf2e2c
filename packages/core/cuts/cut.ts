import { readFileSync } from "node:fs";

/** What a file of a dependency loses because Shoal never comes there. Known for one version alone. */
export interface Cut {
  readonly package: string;
  readonly version: string;
  /** Path inside the package. */
  readonly file: string;
  /** Methods and accessors of its class that nobody calls. */
  readonly methods?: readonly string[];
  /** Lines to leave out, wherever they stand. */
  readonly lines?: RegExp;
  /** What stands there once, and what takes its place; `…` stands for all up to where the rest comes next. */
  readonly changes?: readonly (readonly [from: string, to: string])[];
  /** What is written shorter, wherever it stands. */
  readonly everywhere?: Readonly<Record<string, string>>;
}

/** `code` without what `cut` names; throws where something is not there exactly once, or is still called. */
export function applyCut(code: string, cut: Cut): string {
  let left = cut.lines ? code.replace(new RegExp(cut.lines, "gm"), "") : code;
  const replaceOnce = (pattern: RegExp, by: string, what: string): void => {
    const found = left.match(new RegExp(pattern, "gm"))?.length ?? 0;
    if (found !== 1) throw new Error(`${cut.package}/${cut.file} has ${found} times, not once: ${what}`);
    left = left.replace(new RegExp(pattern, "m"), () => by);
  };
  for (const method of cut.methods ?? []) {
    const head = `^( +)(?:static |get |/\\* private \\*/ )?${escaped(method)} ?\\(.*\\) \\{`;
    replaceOnce(new RegExp(`${head}(?: ?\\}|$[\\s\\S]*?^\\1\\})$\\n`), "", `${method}()`);
  }
  for (const [from, to] of cut.changes ?? []) {
    replaceOnce(new RegExp(from.split("…").map(escaped).join("[\\s\\S]*?")), to, from);
  }
  for (const [from, to] of Object.entries(cut.everywhere ?? {})) {
    if (!left.includes(from)) throw new Error(`${cut.package}/${cut.file} has no ${from}`);
    left = left.replaceAll(from, to);
  }
  for (const method of cut.methods ?? []) {
    if (new RegExp(`\\bthis\\.${method}\\b`).test(left)) throw new Error(`${cut.file} still calls ${method}()`);
  }
  return left;
}

/** The cut of the module `id`, if there is one; throws where the package has another version than the cut is for. */
export function cutFor(id: string, cuts: readonly Cut[]): Cut | null {
  const path = id.replaceAll("\\", "/");
  for (const cut of cuts) {
    const tail = `/node_modules/${cut.package}/${cut.file}`;
    if (!path.endsWith(tail)) continue;
    const home = path.slice(0, -cut.file.length);
    const { version } = JSON.parse(readFileSync(`${home}package.json`, "utf8")) as { version: string };
    if (version !== cut.version) {
      throw new Error(`${cut.package} is ${version}; what Shoal leaves out of it is known for ${cut.version}.`);
    }
    return cut;
  }
  return null;
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
