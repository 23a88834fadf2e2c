import { handleOf, resolveOptions, type ShoalHandle, type ShoalOptions } from "@shoal/core";
import type Hls from "hls.js";
import type { HlsConfig } from "hls.js";
import type { BaseLoader, BaseLoaderClass } from "./base-loader.ts";
import { fragmentLoaderClass } from "./fragment-loader.ts";
import { HlsPlugIn } from "./plug-in.ts";

/** hls.js' options, and Shoal's. */
export type HlsConfigWithShoal = Partial<HlsConfig> & { readonly shoal?: ShoalOptions };

/** A subclass of the given hls.js class whose instances share what they play when their options say `shoal`. */
export type WithShoal<Base extends typeof Hls> = Omit<Base, "prototype"> & {
  new (config?: HlsConfigWithShoal): Hls & { readonly shoal: ShoalHandle | null };
};

/**
 * Makes an hls.js class that shares. The given class stays untouched; it may be hls.js or `hls.js/light`, 1.5 or later.
 *
 * ```ts
 * const HlsWithShoal = withShoal(Hls);
 * const hls = new HlsWithShoal({ shoal: { tracker: "https://tracker.example" } });
 * ```
 *
 * @throws ShoalError `bad-option` from the constructor, naming the option
 */
export function withShoal<Base extends typeof Hls>(HlsClass: Base): WithShoal<Base> {
  const Parent = HlsClass as typeof Hls;
  class HlsWithShoal extends Parent {
    /** Null where the options did not ask for Shoal. */
    readonly shoal: ShoalHandle | null;
    readonly #plugIn: HlsPlugIn | null;

    constructor(userConfig: HlsConfigWithShoal = {}) {
      const { shoal, ...config } = userConfig;
      // Before there is a player that nobody would destroy.
      if (shoal) resolveOptions(shoal);
      let plugIn: HlsPlugIn | null = null;
      const given = "fLoader" in config ? config.fLoader : Parent.DefaultConfig.fLoader;
      const openBase = (of: HlsConfig): BaseLoader => new ((given ?? of.loader) as unknown as BaseLoaderClass)(of);
      const Loader = fragmentLoaderClass(() => plugIn, openBase) as unknown as NonNullable<HlsConfig["fLoader"]>;
      super(shoal ? { ...config, fLoader: Loader } : config);
      plugIn = shoal ? new HlsPlugIn(this, shoal, openBase) : null;
      this.#plugIn = plugIn;
      this.shoal = plugIn && handleOf(plugIn.session);
    }

    override destroy(): void {
      try {
        super.destroy();
      } finally {
        // After hls.js has ended its loads: before, they would be handed to the CDN.
        this.#plugIn?.close();
      }
    }
  }
  return HlsWithShoal as unknown as WithShoal<Base>;
}
