import type { MediaPlayerClass as Player52 } from "dashjs";
import type { MediaPlayerClass as Player50 } from "dashjs-5.0";
import type { MediaPlayerClass as Player51 } from "dashjs-5.1";
import { expectTypeOf, it } from "vitest";
import type { DashPlayer } from "./dash-types.ts";

it("players of every supported version can be given as they are declared", () => {
  expectTypeOf<Player50>().toExtend<DashPlayer>();
  expectTypeOf<Player51>().toExtend<DashPlayer>();
  expectTypeOf<Player52>().toExtend<DashPlayer>();
});
