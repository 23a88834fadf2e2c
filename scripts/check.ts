// `npm run check`: what a published package promises: publint's rules, and the size budget.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { publishedPackages, root, scripts } from "./packages.ts";

let failed = 0;
for (const folder of publishedPackages) {
  const pkgDir = join(root, folder);
  const { messages, pkg } = await publint({ pkgDir, strict: true });
  for (const message of messages) console.log(`publint ${folder}: ${formatMessage(message, pkg)}`);
  failed += messages.length;
}
console.log(`publint  ${publishedPackages.length} packages, ${failed} findings`);
for (const [edition, files] of Object.entries(scripts)) {
  // These two came with ES2016 and ES2017, and are in Chrome 47 and 54.
  const known = ["--ignore", "ArrayPrototypeIncludes,ObjectEntries"];
  const found = spawnSync(
    join(root, "node_modules/.bin/es-check"),
    [edition, ...files, "--checkFeatures", ...known, "--noColor"],
    { cwd: root, encoding: "utf8" },
  );
  if (found.status !== 0) {
    console.log(found.stdout + found.stderr);
    failed++;
  }
  console.log(
    `${edition.padEnd(8)} ${files.length} scripts, ${found.status === 0 ? "nothing newer in them" : "NEWER THAN THAT"}`,
  );
}
await import("./size.ts");
if (failed > 0) process.exitCode = 1;
