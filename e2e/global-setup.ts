import { buildPage } from "./fixture/page.ts";

/** Builds the viewer page once for all tests. */
export default buildPage;
