import { Copies } from "../mesh/copies.ts";
import { SealBook } from "../mesh/seal-book.ts";
import { MemoryStore } from "../mesh/segment-store.ts";
import { SWARM } from "./swarm.fixture.ts";
import { testIntegrity } from "./test-sealer.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** A shelf of copies that believes peers and tells nobody anything. */
export function quietCopies(clock: VirtualClock, budgetBytes: number): Copies {
  const ignore = (): void => {};
  const seals = new SealBook(testIntegrity, SWARM, () => 0);
  return new Copies(
    { store: new MemoryStore(), integrity: testIntegrity, seals, clock, heard: () => [] },
    { budgetBytes, trustsPeers: true },
    { changed: ignore, dropped: ignore, convict: ignore, wasted: ignore, contradicted: ignore },
  );
}
