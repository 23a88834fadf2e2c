import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Paths that a builder is given, from a tree and its `.dockerignore`: of the lines that match, the last one counts. */
export function contextFiles(root: string): readonly string[] {
  const rules = readFileSync(join(root, ".dockerignore"), "utf8")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => ({ isIgnored: !line.startsWith("!"), pattern: line.replace(/^!/, ""), matches: matcherOf(line) }));
  const isIgnored = (path: string): boolean =>
    rules.findLast(({ matches }) => parentsOf(path).some((one) => matches.test(one)))?.isIgnored ?? false;
  const mayHold = (folder: string): boolean =>
    !isIgnored(folder) || rules.some((rule) => !rule.isIgnored && rule.pattern.startsWith(`${folder}/`));
  const files: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (mayHold(path)) walk(path);
      } else if (entry.isFile() && !isIgnored(path)) files.push(path);
    }
  };
  walk("");
  return files;
}

/** A path and every folder above it. */
function parentsOf(path: string): readonly string[] {
  const parts = path.split("/");
  return parts.map((_, at) => parts.slice(0, at + 1).join("/"));
}

/** Here an asterisk takes names that begin with a dot too, unlike in a shell. */
function matcherOf(line: string): RegExp {
  const parts = line.replace(/^!/, "").split(/(\*\*\/|\*)/);
  const text = parts.map((part) =>
    part === "**/" ? "(?:.*/)?" : part === "*" ? "[^/]*" : part.replace(/[.+^${}()|[\]\\]/g, "\\$&"),
  );
  return new RegExp(`^${text.join("")}$`);
}
