import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { contextFiles } from "./context.ts";
import type { Instruction, Stage } from "./instructions.ts";
import { type LockFile, productionClosure } from "./production-closure.ts";

/** What an image would be: its files in a folder, and how it is started. */
export interface PlayedImage {
  /** Stands for `/`. */
  readonly folder: string;
  readonly workdir: string;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Does in folders what a builder does in containers: COPY by the same lists of files, RUN for real, but that `npm ci` takes
 * from this tree's `node_modules` what the lock file says, since a test has no registry.
 *
 * @param root the tree
 * @param within an empty folder
 * @returns the last stage
 * @throws Error for an instruction that is not known, a file that is not there, a command that fails
 */
export function playStages(root: string, stages: readonly Stage[], within: string): PlayedImage {
  const folders = new Map<string, string>();
  let image: PlayedImage = { folder: within, workdir: "/", environment: {} };
  for (const [at, stage] of stages.entries()) {
    const folder = join(within, String(at));
    mkdirSync(folder);
    if (stage.name !== "") folders.set(stage.name, folder);
    image = { folder, workdir: "/", environment: {} };
    for (const instruction of stage.instructions) image = play(root, instruction, image, folders);
  }
  return image;
}

const NO_FILES = ["USER", "EXPOSE", "LABEL", "ENTRYPOINT", "CMD"];

function play(
  root: string,
  instruction: Instruction,
  image: PlayedImage,
  folders: ReadonlyMap<string, string>,
): PlayedImage {
  const { word, args, flags, text } = instruction;
  const here = join(image.folder, image.workdir);
  if (NO_FILES.includes(word)) return image;
  if (word === "WORKDIR") {
    mkdirSync(join(image.folder, args[0] ?? ""), { recursive: true });
    return { ...image, workdir: args[0] ?? "" };
  }
  if (word === "ENV") {
    const set = Object.fromEntries(args.map((one) => one.split("=", 2)));
    return { ...image, environment: { ...image.environment, ...set } };
  }
  if (word === "COPY") copy(root, args, flags.from === undefined ? null : folders.get(flags.from), here);
  else if (word === "RUN" && text.startsWith("npm ci ")) install(root, text.split(" ").slice(2), here);
  else if (word === "RUN") {
    const path = `${join(root, "node_modules/.bin")}:${process.env.PATH}`;
    const { status, stdout, stderr } = spawnSync("sh", ["-c", text], {
      ...{ cwd: here, encoding: "utf8", env: { ...process.env, NODE_OPTIONS: "", ...image.environment, PATH: path } },
    });
    if (status !== 0) throw new Error(`RUN ${text} ended with ${status}: ${stdout}${stderr}`);
  } else throw new Error(`${word} is an instruction that this does not know.`);
  return image;
}

function copy(root: string, args: readonly string[], stage: string | null | undefined, here: string): void {
  const to = join(here, args.at(-1) ?? "");
  const isInto = /\/$|^\.$/.test(args.at(-1) ?? "");
  for (const given of args.slice(0, -1)) {
    if (stage !== null) {
      if (stage === undefined) throw new Error(`COPY ${args.join(" ")} names a stage that is not there.`);
      const from = join(stage, given);
      const isFolder = statSync(from).isDirectory();
      cpSync(from, isFolder || !isInto ? to : join(to, basename(given)), { recursive: true, verbatimSymlinks: true });
      continue;
    }
    const files = contextFiles(root).filter((path) => given === "." || path === given || path.startsWith(`${given}/`));
    if (files.length === 0) throw new Error(`COPY ${given}: .dockerignore leaves nothing of it.`);
    for (const path of files) {
      const target = path === given ? (isInto ? join(to, basename(path)) : to) : join(to, relative(given, path));
      mkdirSync(dirname(target), { recursive: true });
      cpSync(join(root, path), target);
    }
  }
}

function install(root: string, flags: readonly string[], here: string): void {
  const lock = JSON.parse(readFileSync(join(here, "package-lock.json"), "utf8")) as LockFile;
  const workspace = flags.find((flag) => flag.startsWith("--workspace="))?.slice("--workspace=".length) ?? "";
  const links = Object.entries(lock.packages).filter(([, { link }]) => link);
  const isProduction = flags.includes("--omit=dev");
  const wanted = isProduction ? productionClosure(lock, workspace) : new Set(links.map(([path]) => path));
  const place = (path: string, how: (to: string) => void): void => {
    const to = join(here, path);
    mkdirSync(dirname(to), { recursive: true });
    if (!existsSync(to)) how(to);
  };
  for (const [path, { link, resolved = "" }] of Object.entries(lock.packages)) {
    if (!wanted.has(path)) continue;
    if (link) place(path, (to) => symlinkSync(relative(dirname(to), join(here, resolved)), to));
    else if (existsSync(join(root, path))) {
      const isNested = (from: string): boolean => relative(join(root, path), from).split("/").includes("node_modules");
      place(path, (to) => cpSync(join(root, path), to, { recursive: true, filter: (from) => !isNested(from) }));
    }
  }
  if (isProduction) return;
  // What only builds is not copied: it is looked up where it is.
  for (const name of readdirSync(join(root, "node_modules"))) {
    if (name !== "@shoal") place(`node_modules/${name}`, (to) => symlinkSync(join(root, "node_modules", name), to));
  }
}
