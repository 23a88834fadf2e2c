import { buildPage } from "./support/build-page.ts";

/** Builds the viewer page once for all tests. */
export default buildPage;
