import { TRACKER_EVENTS } from "@shoal/protocol";
import type { Swarm } from "../swarm.ts";
import type { OperatorConfig } from "./operator-config.ts";
import { policyFor, toldOf } from "./steering.ts";

/**
 * Puts a configuration in force for everybody in a swarm, and tells those for whom it says something new.
 *
 * @returns how many were told, and whether what the sealer should know has changed
 */
export function steer(
  swarm: Swarm,
  config: OperatorConfig,
  nowMs: number,
): { readonly viewers: number; readonly changed: boolean } {
  const { contentId, tenant } = swarm;
  let viewers = 0;
  let changed = false;
  for (const viewer of [...swarm.viewers()]) {
    const { peerId, isp, country, device, policy: before } = viewer;
    const policy = policyFor(config, { peerId, tenant, contentId, isp, country, device });
    const isTold = JSON.stringify(toldOf(policy)) !== JSON.stringify(toldOf(before));
    if (!isTold && policy.inside === before.inside) continue;
    if (swarm.setPolicy(viewer, policy, nowMs)) changed = true;
    if (!isTold) continue;
    viewer.send(TRACKER_EVENTS.config, toldOf(policy));
    viewers++;
  }
  return { viewers, changed };
}
