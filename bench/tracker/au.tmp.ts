import { audience } from "./audience.ts";
console.log(JSON.stringify(await audience(2000), null, 1));
