import { readFileSync } from "node:fs";
import { DockerfileParser, type Flag } from "dockerfile-ast";

/** One instruction of a Dockerfile. */
export interface Instruction {
  /** In capitals. */
  readonly word: string;
  readonly args: readonly string[];
  /** Flags such as `--from=build`, by name. */
  readonly flags: Readonly<Record<string, string>>;
  readonly text: string;
}

/** What begins with one FROM. */
export interface Stage {
  readonly base: string;
  /** Empty for one that nobody copies from. */
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

/** Stages of a Dockerfile, in order. @throws Error for an instruction before the first FROM */
export function readStages(path: string): readonly Stage[] {
  const stages: { readonly base: string; readonly name: string; readonly instructions: Instruction[] }[] = [];
  for (const parsed of DockerfileParser.parse(readFileSync(path, "utf8")).getInstructions()) {
    const args = parsed.getArguments().map((argument) => argument.getValue());
    const word = parsed.getKeyword();
    const given: readonly Flag[] =
      "getFlags" in parsed && typeof parsed.getFlags === "function" ? parsed.getFlags() : [];
    const flags = Object.fromEntries(given.map((flag) => [flag.getName(), flag.getValue() ?? ""]));
    if (word === "FROM") {
      const [base = "", as = "", name = ""] = args;
      stages.push({ base, name: as.toUpperCase() === "AS" ? name : "", instructions: [] });
      continue;
    }
    const stage = stages.at(-1);
    if (!stage) throw new Error(`${path}: ${word} stands before the first FROM.`);
    stage.instructions.push({ word, args, flags, text: parsed.getArgumentsContent() ?? "" });
  }
  return stages;
}

/** An instruction as it counts where it is said more than once. */
export function lastOf(stage: Stage, word: string): Instruction | undefined {
  return stage.instructions.findLast((instruction) => instruction.word === word);
}

/** A command in the form that needs no shell. @throws Error where it is not in that form */
export function execForm(instruction: Instruction | undefined): readonly string[] {
  const list: unknown = JSON.parse(instruction?.text ?? "null");
  if (Array.isArray(list) && list.every((item) => typeof item === "string")) return list;
  throw new Error(
    `${instruction?.word ?? "The command"} must be a JSON list of words: a shell does not pass signals on.`,
  );
}
