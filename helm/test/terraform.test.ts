import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { getExpressionAst, parse, type TFExpressionSyntaxTree } from "@cdktf/hcl2json";
import { beforeAll, describe, expect, it } from "vitest";
import { parse as parseYaml, stringify } from "yaml";
import { because, missingBinaries } from "../cluster/binaries.ts";
import { CHART, render } from "./rendered.fixture.ts";

type Ast = TFExpressionSyntaxTree.ExpressionType;
interface Variable {
  readonly type: string;
  readonly description: string;
  readonly default?: unknown;
}
interface Schema {
  readonly type?: string;
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
}

const MODULE = fileURLToPath(new URL("../terraform", import.meta.url));
/** About the release, not about what the chart is told. */
const OF_THE_RELEASE = ["namespace", "chart", "chart_version", "values", "timeout_seconds"];
const GIVEN: Readonly<Record<string, unknown>> = { media_base: "https://cdn.example/live/" };
const lacks = missingBinaries("helm");
const schema = JSON.parse(readFileSync(join(CHART, "values.schema.json"), "utf8")) as Schema;
const values: unknown = parseYaml(readFileSync(join(CHART, "values.yaml"), "utf8"));

const read = (name: string): Promise<Readonly<Record<string, unknown>>> =>
  parse(name, readFileSync(join(MODULE, name), "utf8"));
const at = (value: unknown, path: readonly string[]): unknown =>
  path.reduce((of, name) => (of as Readonly<Record<string, unknown>> | undefined)?.[name], value);
/** A part of the schema, or what it points to. */
const meant = (part: Schema | undefined): Schema | undefined =>
  part?.$ref ? (at(schema, part.$ref.replace("#/", "").split("/")) as Schema | undefined) : part;
const schemaAt = (path: readonly string[]): Schema | undefined =>
  path.reduce<Schema | undefined>((of, name) => meant(of?.properties?.[name]), schema);

/** The schema's word for a type of Terraform. */
function typeOf(text: string): string {
  if (/^\$\{list\(/.test(text)) return "array";
  if (/^\$\{(?:map|object)\(/.test(text)) return "object";
  return { "${string}": "string", "${bool}": "boolean", "${number}": "number" }[text] ?? text;
}

/** Parts of `object({ name = optional(type, default) })`. */
function attributesOf(
  text: string,
): readonly { readonly name: string; readonly type: string; readonly fallback: unknown }[] {
  const rows = text.matchAll(/(\w+)\s*=\s*optional\((string|bool|number),\s*([^)]+)\)/g);
  return [...rows].map(([, name = "", type = "", fallback = ""]) => ({
    ...{ name, type: typeOf(`\${${type}}`), fallback: JSON.parse(fallback) as unknown },
  }));
}

const isSame = (wanted: string | undefined, type: string): boolean =>
  wanted === type || (wanted === "integer" && type === "number");

/** What an object holds: every second child, the others are its keys. */
const partsOf = (node: Ast): readonly Ast[] => node.children.filter((_, index) => index % 2 === 1);

/** Keys of an object in the order of its parts, found by the text of each part: of two with one text either will do. */
function ownKeys(node: Ast): readonly string[] {
  const left = Object.entries((node.meta as TFExpressionSyntaxTree.ObjectExpressionMeta).items);
  return partsOf(node).map((part) => {
    const { value } = part.meta as { readonly value?: string };
    const [[name = ""] = []] = left.splice(
      left.findIndex(([, text]) => text === value),
      1,
    );
    return name;
  });
}

describe("the Terraform module", () => {
  const variables: Record<string, Variable> = {};
  /** What the chart is told: path and expression. */
  const told: { readonly path: readonly string[]; readonly node: Ast }[] = [];

  beforeAll(async () => {
    const found = (await read("variables.tf")).variable as Readonly<Record<string, readonly [Variable]>>;
    for (const [name, [variable]] of Object.entries(found)) variables[name] = variable;
    const { helm_release: release } = (await read("main.tf")).resource as {
      readonly helm_release: { readonly shoal: readonly [{ readonly values: string }] };
    };
    const [shoal] = release.shoal;
    const ast = await getExpressionAst("main.tf", shoal.values.replace(/^\$\{|\}$/g, ""));
    // concat([yamlencode({ … })], var.values)
    const encoded = ast?.children[0]?.children[0];
    expect(encoded?.meta).toMatchObject({ name: "yamlencode" });
    const visit = (node: Ast | undefined, path: readonly string[]): void => {
      if (node?.type !== "object") {
        if (node) told.push({ path, node });
        return;
      }
      const names = ownKeys(node);
      for (const [index, part] of partsOf(node).entries()) visit(part, [...path, names[index] ?? ""]);
    };
    visit(encoded?.children[0], []);
  });

  const variableOf = (node: Ast): readonly string[] =>
    (node.meta as { readonly fullAccessor?: string } | undefined)?.fullAccessor?.split(".").slice(1) ?? [];

  it("says nothing that values.schema.json does not know, in the schema's types", () => {
    expect(told.length).toBeGreaterThan(10);
    for (const { path, node } of told) {
      const wanted = schemaAt(path);
      expect(wanted, path.join(".")).toBeDefined();
      const [name] = variableOf(node);
      if (name === undefined) continue;
      expect(isSame(wanted?.type, typeOf(variables[name]?.type ?? "")), `${name}: ${variables[name]?.type}`).toBe(true);
      for (const { name: part, type, fallback } of attributesOf(variables[name]?.type ?? "")) {
        expect(isSame(schemaAt([...path, part])?.type ?? type, type), `${name}.${part}`).toBe(true);
        expect(fallback, `${name}.${part}`).toEqual(at(values, [...path, part]));
      }
    }
  });

  it("has a description for each variable, names the value that it sets, and uses each", () => {
    const text = readFileSync(join(MODULE, "main.tf"), "utf8");
    for (const [name, { description }] of Object.entries(variables)) {
      expect(description, name).toMatch(/\.$/);
      expect(text, name).toMatch(new RegExp(`var\\.${name}\\b`));
      if (OF_THE_RELEASE.includes(name)) continue;
      for (const { path, node } of told.filter((one) => variableOf(one.node).join() === name)) {
        if (path.at(-1) === "enabled" || name === "name") continue;
        expect(description.split(":")[0], String(node.type)).toBe(path.join("."));
      }
    }
  });

  it("asks for the helm provider of the syntax that it is written in", async () => {
    const { terraform } = (await read("versions.tf")) as {
      readonly terraform: readonly [{ readonly required_providers: readonly [Readonly<Record<string, object>>] }];
    };
    expect(terraform[0].required_providers[0].helm).toMatchObject({ source: "hashicorp/helm" });
    expect(Object.keys((await read("outputs.tf")).output ?? {}).sort()).toEqual([
      "keys_secret",
      "namespace",
      "service",
      "status",
    ]);
  });

  it.skipIf(lacks.length > 0)(
    `by its defaults is taken by the chart, under the names of its outputs${because(lacks)}`,
    () => {
      const settingOf = (name: string): unknown => {
        const { type = "", default: fallback } = variables[name] ?? {};
        const parts = attributesOf(type).map((part) => [part.name, part.fallback]);
        return GIVEN[name] ?? (parts.length > 0 ? Object.fromEntries(parts) : fallback);
      };
      const evaluate = (node: Ast): unknown => {
        const [name, ...rest] = variableOf(node);
        if (name !== undefined) return at(settingOf(name), rest);
        if (node.type === "literalValue") return JSON.parse((node.meta as { readonly value: string }).value);
        if (node.type === "for") return [];
        if (node.type === "function" && (node.meta as { readonly name: string }).name === "max") {
          return Math.max(...node.children.map((child) => Number(evaluate(child))));
        }
        throw new Error(`The test does not know ${node.type}.`);
      };
      const made: Record<string, unknown> = {};
      for (const { path, node } of told) {
        let here = made;
        for (const part of path.slice(0, -1)) {
          here[part] ??= {};
          here = here[part] as Record<string, unknown>;
        }
        here[path.at(-1) ?? ""] = evaluate(node);
      }
      const folder = mkdtempSync(join(tmpdir(), "shoal-terraform-"));
      try {
        const file = join(folder, "values.yaml");
        writeFileSync(file, stringify(made));
        const names = render(["-f", file]).map(({ kind, metadata }) => `${kind}/${metadata.name}`);
        expect(names).toEqual(expect.arrayContaining(["Service/shoal-haproxy", "Secret/shoal-keys"]));
        made.tracker = { ...(made.tracker as object), replica: 2 };
        writeFileSync(file, stringify(made));
        expect(() => render(["-f", file])).toThrow("'replica' not allowed");
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});
