/** How one environment variable is read. */
export interface Variable<T> {
  /** Its name, such as `SHOAL_PORT`. */
  readonly name: string;
  /** What a right value looks like, as a phrase that follows "must be". */
  readonly expected: string;
  readonly fallback: T;
  readonly meaning: string;
  /** Reads a text; `undefined` where it is not what is expected. */
  readonly read: (text: string) => T | undefined;
}

/** A table of variables by the option that each of them sets. */
export type Variables = { readonly [option: string]: Variable<unknown> };

/** The options that a table of variables describes. */
export type OptionsOf<Table extends Variables> = {
  readonly [Option in keyof Table]: Table[Option] extends Variable<infer T> ? T : never;
};

/** A variable has a value that cannot be meant. The message names it and says what is expected. */
export class ConfigError extends Error {
  readonly code = "bad-config";
  override readonly name = "ConfigError";
}

type Reader<T> = Pick<Variable<T>, "expected" | "read">;

/** One row of a table. */
export function variable<T>(name: string, reader: Reader<T>, fallback: T, meaning: string): Variable<T> {
  return { name, fallback, meaning, ...reader };
}

export const wholeNumber = (min: number, max: number): Reader<number> => ({
  expected: `a whole number from ${min} to ${max}`,
  read: (text) => {
    const value = Number(text);
    return /^\d+$/.test(text) && value >= min && value <= max ? value : undefined;
  },
});

export const anyText: Reader<string> = { expected: "a text", read: (text) => text };

export const flag: Reader<boolean> = {
  expected: "1 or 0",
  read: (text) => (text === "1" ? true : text === "0" ? false : undefined),
};

export const oneOfWords = <T extends string>(words: readonly T[]): Reader<T> => ({
  expected: `one of ${words.join(", ")}`,
  read: (text) => words.find((word) => word === text),
});

export const commaList: Reader<readonly string[]> = {
  expected: "a list with commas between",
  read: (text) =>
    text
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== ""),
};

/** JSON that `check` accepts; `undefined` from it refuses. */
export const json = <T>(expected: string, check: (value: unknown) => T | undefined): Reader<T> => ({
  expected,
  read: (text) => {
    try {
      return check(JSON.parse(text));
    } catch {
      return undefined;
    }
  },
});

/** Options from environment variables; an empty variable counts as not set. @throws ConfigError */
export function readEnvironment<Table extends Variables>(
  table: Table,
  environment: Readonly<Record<string, string | undefined>>,
): OptionsOf<Table> {
  const options: Record<string, unknown> = {};
  for (const [option, row] of Object.entries(table)) {
    const text = environment[row.name];
    const value = text === undefined || text === "" ? row.fallback : row.read(text);
    if (value === undefined) throw new ConfigError(`${row.name} must be ${row.expected}.`);
    options[option] = value;
  }
  return options as OptionsOf<Table>;
}

/** The defaults of a table. */
export function defaultsOf<Table extends Variables>(table: Table): OptionsOf<Table> {
  return readEnvironment(table, {});
}

/** A table of variables in Markdown, for `--help` and the README. */
export function describeVariables(table: Variables): string {
  const rows = Object.values(table).map((row) => [
    `\`${row.name}\``,
    row.expected,
    showDefault(row.fallback),
    row.meaning,
  ]);
  return markdownTable([["variable", "value", "default", "meaning"], ...rows]);
}

/** Rows as a Markdown table with aligned columns; the first row is its head. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`);
  return [lines[0], `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...lines.slice(1)].join("\n");
}

function showDefault(value: unknown): string {
  if (value === null || value === "" || (Array.isArray(value) && value.length === 0)) return "none";
  if (typeof value === "boolean") return value ? "`1`" : "`0`";
  return `\`${typeof value === "object" ? JSON.stringify(value) : String(value)}\``;
}
