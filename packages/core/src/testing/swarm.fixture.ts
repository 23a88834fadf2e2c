import { type PeerId, type SegmentId, type SwarmId, segmentIdOf } from "@shoal/protocol";
import type { ShoalOptions } from "../options.ts";
import {
  MemoryCdn,
  MemoryNetwork,
  MemoryTracker,
  ScriptedViewer,
  TestSealer,
  TestStream,
  VirtualClock,
} from "./index.ts";

export const SWARM = "/test" as SwarmId;

/** A whole swarm in one process, sealed as the real sealer does: each segment, 300 ms after it exists. */
export class TestSwarm {
  readonly clock = new VirtualClock();
  readonly stream: TestStream;
  readonly cdn: MemoryCdn;
  readonly network = new MemoryNetwork(this.clock);
  readonly tracker = new MemoryTracker(this.clock, SWARM);
  readonly sealer = new TestSealer();
  readonly viewers: ScriptedViewer[] = [];
  sealing = true;
  #sealed = 0;

  constructor(stream: ConstructorParameters<typeof TestStream>[1] = {}) {
    this.stream = new TestStream(this.clock, { segmentBytes: 300_000, ...stream });
    this.cdn = new MemoryCdn(this.clock, (url) => this.stream.bytesOf(url));
    this.tracker.sealKeys = [this.sealer.key];
    if (this.stream.live) this.#sealNext();
    else this.tracker.onNews = ({ segmentId }) => this.#sealKnown(segmentId);
  }

  peerId(index: number): PeerId {
    return (segmentIdOf(`peer ${index}`) + segmentIdOf(`${index} more`)) as PeerId;
  }

  join(options: ShoalOptions = {}): ScriptedViewer {
    const peerId = this.peerId(this.viewers.length);
    const { clock, stream, cdn } = this;
    const transport = this.network.transport(peerId);
    const viewer = new ScriptedViewer(
      { clock, stream, cdn, transport, tracker: this.tracker.connector },
      peerId,
      options,
    );
    this.viewers.push(viewer);
    return viewer.start();
  }

  /** Viewers join `everyMs` apart. */
  async joinMany(count: number, everyMs: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      this.join();
      await this.clock.pass(everyMs);
    }
  }

  /** CDN copies of the segments from one number to another. */
  copies(from: number, to: number): number {
    let bytes = 0;
    for (let number = from; number <= to; number++)
      bytes += this.cdn.servedBytesOf.get(this.stream.segment(number).url) ?? 0;
    return bytes / ((to - from + 1) * this.stream.segmentBytes);
  }

  stop(): void {
    for (const viewer of this.viewers) viewer.stop();
  }

  /** On demand the sealer reads what viewers speak of. */
  #sealKnown(id: SegmentId): void {
    for (let number = 0; number <= this.stream.newest; number++) {
      if (!this.sealing || this.stream.id(number) !== id) continue;
      const seal = this.sealer.seal(SWARM, this.stream.segment(number), this.stream.bytes(number), this.clock.wallMs());
      this.clock.after(100, () => this.tracker.pushSeal(seal));
    }
  }

  #sealNext(): void {
    while (this.sealing && this.#sealed <= this.stream.newest) {
      const number = this.#sealed++;
      const segment = this.stream.segment(number);
      const seal = this.sealer.seal(SWARM, segment, this.stream.bytes(number), this.clock.wallMs());
      this.tracker.pushSeal(seal);
      this.tracker.keep(seal);
    }
    this.clock.after(300, () => this.#sealNext());
  }
}
