import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { validate } from "dockerfile-utils";
import { afterEach, describe, expect, it } from "vitest";
import { freePort } from "../../tracker/load/src/services.fixture.ts";
import { because, missingBinaries } from "../cluster/binaries.ts";
import { type Container, type Manifest, podsOf, render } from "../test/rendered.fixture.ts";
import { contextFiles } from "./context.ts";
import { execForm, lastOf, readStages, type Stage } from "./instructions.ts";
import { type PlayedImage, playStages } from "./play.ts";
import { productionClosure } from "./production-closure.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const lacks = missingBinaries("helm");
/** As the chart names them, and who uses them there. */
const IMAGES = [
  { image: "tracker", folder: "tracker/server", containers: ["tracker", "sealer"] },
  { image: "autoscaler", folder: "tracker/autoscaler", containers: ["autoscaler"] },
] as const;
const NOBODY = 65_532;
const CHART_WITH_ALL = [
  "--set=tracker.open=true,autoscaling.mode=hpa,autoscaler.enabled=true,redis.mode=off",
  "--set=sealer.mediaBase=http://127.0.0.1:9/,stun.enabled=true,stun.host=stun.example",
];
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const stagesOf = (folder: string): readonly Stage[] => readStages(join(root, folder, "Dockerfile"));
const lastStage = (folder: string): Stage => {
  const stage = stagesOf(folder).at(-1);
  if (!stage) throw new Error(`${folder}/Dockerfile has no stage.`);
  return stage;
};

describe.each(IMAGES)("the image $image", ({ folder }) => {
  const text = readFileSync(join(root, folder, "Dockerfile"), "utf8");
  const stages = stagesOf(folder);
  const final = lastStage(folder);

  it("has nothing that a linter minds", () => {
    expect(validate(text).map(({ message }) => message)).toEqual([]);
  });

  it("stands on exactly the Node that the tests run on, in several stages", () => {
    const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    expect(stages.length).toBeGreaterThan(2);
    for (const { base } of stages) expect(base).toBe(`node:${devDependencies.node}-bookworm-slim`);
  });

  it("is not root's, starts without a shell, and holds neither sources nor tools", () => {
    expect(lastOf(final, "USER")?.args).toEqual([`${NOBODY}:${NOBODY}`]);
    expect(execForm(lastOf(final, "ENTRYPOINT"))[0]).toBe("node");
    const words = final.instructions.map(({ word }) => word);
    for (const word of ["RUN", "ADD", "ARG", "CMD", "VOLUME", "ONBUILD", "SHELL"]) expect(words).not.toContain(word);
    const copied = final.instructions.filter(({ word }) => word === "COPY").flatMap(({ args }) => args.slice(0, -1));
    for (const path of copied) expect(path).not.toMatch(/^\.?$|\/src$/);
  });

  it("runs no script of a dependency while it is built", () => {
    const installs = stages.flatMap(({ instructions }) => instructions.filter(({ text: one }) => /\bnpm\b/.test(one)));
    expect(installs.length).toBe(2);
    for (const { text: one } of installs) expect(one).toMatch(/^npm ci .*--ignore-scripts/);
  });
});

it("a builder is given what images are made of: no tests, no modules, nothing of this machine", () => {
  const files = contextFiles(root);
  expect(files).toEqual(expect.arrayContaining(["package-lock.json", "tracker/server/src/bin.ts"]));
  expect(files.filter((path) => /node_modules|dist\/|\.test\.ts$|^\.git|^helm|^e2e/.test(path))).toEqual([]);
});

it("what is installed for a workspace is what npm would install: what is nested, optional and a peer, and no tools", () => {
  const lock = {
    packages: {
      "node_modules/@x/a": { link: true, resolved: "a" },
      a: { dependencies: { b: "1" }, devDependencies: { tool: "1" } },
      "node_modules/b": { dependencies: { c: "2" }, optionalDependencies: { gone: "1" }, peerDependencies: { d: "1" } },
      "node_modules/b/node_modules/c": {},
      "node_modules/c": {},
      "node_modules/d": {},
      "node_modules/tool": {},
    },
  };
  const found = ["node_modules/@x/a", "node_modules/b", "node_modules/b/node_modules/c", "node_modules/d"];
  expect([...productionClosure(lock, "a")].sort()).toEqual(found);
  expect(() =>
    productionClosure({ packages: { ...lock.packages, "node_modules/b": {}, a: { dependencies: { z: "1" } } } }, "a"),
  ).toThrow("a needs z");
});

describe.skipIf(lacks.length > 0)(`with the chart's environment${because(lacks)}`, () => {
  const manifests = lacks.length > 0 ? [] : render(CHART_WITH_ALL);
  const containers = podsOf(manifests).flatMap(({ spec }) => spec.containers);
  const containerOf = (name: string): Container => {
    const found = containers.find((container) => container.name === name);
    if (!found) throw new Error(`The chart has no container ${name}.`);
    return found;
  };

  it.each(IMAGES)("$image has the chart's name, user and ports", ({ image, folder, containers: names }) => {
    const exposed = (lastOf(lastStage(folder), "EXPOSE")?.args ?? []).map((port) => Number(port.split("/")[0]));
    const asked = names.flatMap((name) => (containerOf(name).ports ?? []).map(({ containerPort }) => containerPort));
    expect(exposed.toSorted()).toEqual([...new Set(asked)].toSorted());
    for (const name of names) {
      expect(containerOf(name).image).toMatch(new RegExp(`^ghcr\\.io/shoal/${image}:`));
      const pod = podsOf(manifests).find(({ spec }) => spec.containers.some((one) => one.name === name));
      expect(pod?.spec.securityContext).toMatchObject({ runAsUser: NOBODY, runAsGroup: NOBODY });
    }
  });

  it.each(IMAGES)("$image is built, starts from its own files alone, is ready, and ends when asked", async (one) => {
    const within = mkdtempSync(join(tmpdir(), "shoal-image-"));
    cleanups.push(() => rmSync(within, { recursive: true, force: true }));
    // Else only who made it may look into it.
    chmodSync(within, 0o755);
    const image = playStages(root, stagesOf(one.folder), within);
    // What the base brings.
    const node = join(image.folder, "usr/local/bin/node");
    mkdirSync(join(image.folder, "usr/local/bin"), { recursive: true });
    cpSync(process.execPath, node, { dereference: true });
    expect(existsSync(join(image.folder, image.workdir, "node_modules/typescript"))).toBe(false);

    for (const name of one.containers) {
      const container = containerOf(name);
      const { child, port, said } = await startContainer(image, node, lastStage(one.folder), container);
      const isUp = () =>
        fetch(`http://127.0.0.1:${port}/readyz`).then(
          ({ status }) => (child.exitCode === null ? status : said()),
          () => (child.exitCode === null ? 0 : said()),
        );
      await expect.poll(isUp, { timeout: 30_000, interval: 100 }).toBe(200);
      const ended = new Promise((resolve) => child.once("exit", (code) => resolve(code)));
      child.kill("SIGTERM");
      expect(await ended, said()).toBe(0);
    }
  });

  async function startContainer(image: PlayedImage, node: string, stage: Stage, container: Container) {
    const port = await freePort();
    const home = mkdtempSync(join(tmpdir(), "shoal-home-"));
    cleanups.push(() => rmSync(home, { recursive: true, force: true }));
    const kubeconfig = join(home, "kubeconfig");
    // Nobody listens there: one that does not reach the API does not lead, and waits.
    writeFileSync(kubeconfig, JSON.stringify(UNREACHABLE));
    chmodSync(home, 0o755);
    const environment = {
      ...image.environment,
      ...valuesOf(container, manifests),
      // Ports of this machine that are free, and no minutes to wait for viewers who are not there.
      ...{ SHOAL_PORT: String(port), SHOAL_SEALER_PORT: String(port), SHOAL_AUTOSCALER_PORT: String(port) },
      ...{ SHOAL_METRICS_PORT: String(await freePort()), SHOAL_DRAIN_DELAY_MS: "0", SHOAL_DRAIN_WINDOW_MS: "0" },
      ...{ SHOAL_STUN_PORTS: `${await freePort()},${await freePort()}`, KUBECONFIG: kubeconfig },
    };
    const [, ...words] = execForm(lastOf(stage, "ENTRYPOINT"));
    const child = spawn(node, [...words, ...(container.args ?? [])], {
      cwd: join(image.folder, image.workdir),
      env: environment,
      stdio: ["ignore", "pipe", "pipe"],
      // Files are root's: whoever is not cannot write them, as on a root filesystem that is read only.
      ...(process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}),
    });
    cleanups.push(() => kill(child));
    let text = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        text += chunk.toString("utf8");
      });
    }
    return { child, port, said: () => text };
  }
});

const UNREACHABLE = {
  ...{ apiVersion: "v1", kind: "Config", "current-context": "none" },
  clusters: [{ name: "none", cluster: { server: "https://127.0.0.1:9" } }],
  users: [{ name: "none", user: { token: "none" } }],
  contexts: [{ name: "none", context: { cluster: "none", user: "none" } }],
};

/** A container's variables as a kubelet would give them, Secrets filled in. */
function valuesOf(container: Container, manifests: readonly Manifest[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    (container.env ?? []).map(({ name, value, valueFrom }) => {
      const key = valueFrom?.secretKeyRef;
      if (!key) return [name, value ?? "pod-0"];
      const secret = manifests.find(({ kind, metadata }) => kind === "Secret" && metadata.name === key.name);
      return [name, Buffer.from(secret?.data?.[key.key] ?? "", "base64").toString("utf8")];
    }),
  );
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
}
