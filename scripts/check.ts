// `npm run check`: what a published package promises: publint's rules, and the size budget.
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { publishedPackages, root } from "./packages.ts";

let failed = 0;
for (const folder of publishedPackages) {
  const pkgDir = join(root, folder);
  const { messages, pkg } = await publint({ pkgDir, strict: true });
  for (const message of messages) console.log(`publint ${folder}: ${formatMessage(message, pkg)}`);
  failed += messages.length;
}
console.log(`publint  ${publishedPackages.length} packages, ${failed} findings`);
await import("./size.ts");
if (failed > 0) process.exitCode = 1;
