import { describeVariables } from "@shoal/sealer";
import { AUTOSCALER_VARIABLES } from "./config.ts";

/** What `shoal-autoscaler --help` prints and the README holds. */
export function manual(): string {
  return `# autoscaler

Raises the least number of trackers on Kubernetes before an event starts: it reads LiveEvents (or a ConfigMap), computes
the pods that their viewers need, and moves \`minReplicas\` of an HPA or \`minReplicaCount\` of a ScaledObject. All reaction to
measured load stays with them. The chart installs two replicas; one leads. How an event is run:
[docs/operate.md](../../docs/operate.md).

- **Up at once, a lead ahead**; while an event is under way nothing is lowered; afterwards a step a minute, never below open
  sockets, and not at all while any ready pod does not say how many it has.
- **Trackers with fewest viewers go first**: while there are more of them than the floor, each is marked by its viewers, once in the
  time of a step and before each step. The HPA and KEDA take pods by these marks as well.
- **It holds no state**: the floor and the moment of the last step are in the HPA itself. Whoever leads next goes on there.
- **It asks and does not watch**: a request each \`SHOAL_AUTOSCALER_INTERVAL_MS\`. There is no watch that could be lost.
- **Clocks**: events go by the API's clock; leadership by how long a Lease was seen unchanged, whatever time it names.

${describeVariables(AUTOSCALER_VARIABLES)}
`;
}
