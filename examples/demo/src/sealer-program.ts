import { sealerOptionsFrom, startSealer } from "@shoal/sealer";
import { serveAsChild } from "./child-service.ts";

await serveAsChild(() => startSealer(sealerOptionsFrom(process.env)));
