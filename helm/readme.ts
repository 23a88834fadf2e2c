import { isMap, isScalar, type Node, type Pair, parseDocument } from "yaml";
import { markdownTable } from "../tracker/sealer/src/environment.ts";

/** One documented value of the chart. */
export interface ChartValue {
  /** Path such as `tracker.replicas`. */
  readonly path: string;
  readonly fallback: unknown;
  readonly meaning: string;
}

/**
 * The values that `values.yaml` documents: each one with a comment that begins with `-- ` before it.
 *
 * @throws Error that names a value without such a comment
 */
export function chartValues(text: string): readonly ChartValue[] {
  const found: ChartValue[] = [];
  const visit = (node: unknown, path: string): void => {
    if (!isMap(node)) throw new Error(`${path} has no comment that begins with "-- ".`);
    for (const pair of node.items as readonly Pair<Node, Node>[]) {
      const name = isScalar(pair.key) ? String(pair.key.value) : "";
      const at = path === "" ? name : `${path}.${name}`;
      // What stands before the first key of a map belongs to the map.
      const before = pair.key.commentBefore ?? (pair === node.items[0] ? node.commentBefore : undefined);
      const meaning = /(?:^|\n) *-- ([\s\S]*)$/.exec(before ?? "")?.[1];
      if (meaning === undefined) visit(pair.value, at);
      else found.push({ path: at, fallback: pair.value?.toJSON(), meaning: meaning.trim() });
    }
  };
  visit(parseDocument(text).contents, "");
  return found;
}

/** The chart's README: what it installs, and every value from the comments of `values.yaml`. */
export function chartReadme(text: string): string {
  const rows = chartValues(text).map(({ path, fallback, meaning }) => [
    `\`${path}\``,
    `\`${JSON.stringify(fallback).replaceAll("|", "\\|")}\``,
    meaning.replaceAll("|", "\\|"),
  ]);
  return `# The chart shoal

Installs the tracker, the sealer, HAProxy with consistent hashing, Redis where there are several trackers, and the autoscaler
that raises their number before an event. The defaults run on one small node; \`values-event.yaml\` is for a million viewers.

\`\`\`sh
helm install shoal helm/shoal -n video --create-namespace \\
  --set tracker.open=true --set sealer.mediaBase=https://cdn.example/live/
helm test shoal -n video
\`\`\`

How it is operated, upgraded and made ready for an event: [docs/operate.md](../../docs/operate.md). A wrong value is named
and nothing is installed (\`values.schema.json\`).

${markdownTable([["value", "default", "meaning"], ...rows])}
`;
}
