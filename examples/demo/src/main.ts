import { runHeadless } from "./headless.ts";
import { type DemoOptions, PAGE_PORT, parseOptions, USAGE, UsageError } from "./options.ts";
import { type Services, startServices } from "./services.ts";

/** Ctrl-C, a polite kill, or the end of `npm start` itself. */
function untilStopped(): AbortSignal {
  const stopped = new AbortController();
  for (const event of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(event, () => stopped.abort());
  process.once("disconnect", () => stopped.abort());
  // The channel to the starting process must not keep this one alive.
  process.channel?.unref();
  return stopped.signal;
}

async function start(port: number): Promise<Services> {
  const died = (service: string, lastWords: string): void => {
    console.error(`\nThe ${service} ended by itself.\n${lastWords}`);
  };
  try {
    return await startServices(port, died);
  } catch (error) {
    // The remembered port is a convenience; another demo may have it.
    const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    if (taken && port === PAGE_PORT) return startServices(0, died);
    throw error;
  }
}

async function main(options: DemoOptions): Promise<number> {
  if (options.mode === "help") {
    process.stdout.write(USAGE);
    return 0;
  }
  const signal = untilStopped();
  const services = await start(options.port);
  try {
    if (options.mode === "headless") return (await runHeadless(options, services, signal)) ? 0 : 1;
    const stopped = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    console.log(`\n  Shoal  ${services.origin.url}/\n\n  Ctrl-C ends it.\n`);
    if (!signal.aborted) await stopped;
    return 0;
  } catch (error) {
    if (signal.aborted) return 130;
    throw error;
  } finally {
    await services.close();
  }
}

try {
  process.exitCode = await main(parseOptions(process.argv.slice(2)));
} catch (error) {
  const wrongUse = error instanceof UsageError;
  console.error(error instanceof Error ? error.message : error);
  if (wrongUse) console.error("\nnpm start -- --help says how it is used.");
  process.exitCode = wrongUse ? 2 : 1;
}
