import type { DeviceFacts } from "./device.ts";

interface Connection extends Partial<EventTarget> {
  readonly type?: string;
  readonly saveData?: boolean;
  readonly metered?: boolean;
}

interface Battery extends Partial<EventTarget> {
  readonly level: number;
  readonly charging: boolean;
}

/** What not every browser has. */
interface DeviceNavigator {
  readonly userAgent: string;
  readonly connection?: Connection;
  readonly getBattery?: () => Promise<Battery>;
}

const LOW_BATTERY = 0.2;
const BATTERY_EVENTS = ["levelchange", "chargingchange"] as const;

/**
 * Reads the device, and again whenever the browser says that something changed.
 *
 * @param changed called at once, and with what is known then at each change
 * @returns a function that stops it
 */
export function watchDevice(changed: (facts: DeviceFacts) => void): () => void {
  const device = navigator as unknown as DeviceNavigator;
  const { userAgent, connection } = device;
  let battery: Battery | null = null;
  let stopped = false;
  const look = (): void => {
    changed({
      userAgent,
      cellular: connection?.type === "cellular" || connection?.metered === true,
      saveData: connection?.saveData === true,
      lowBattery: battery !== null && !battery.charging && battery.level < LOW_BATTERY,
    });
  };
  connection?.addEventListener?.("change", look);
  device.getBattery?.().then(
    (found) => {
      if (stopped) return;
      battery = found;
      for (const name of BATTERY_EVENTS) battery.addEventListener?.(name, look);
      look();
    },
    // A page may be forbidden to know: then it counts as not low.
    () => {},
  );
  look();
  return () => {
    stopped = true;
    connection?.removeEventListener?.("change", look);
    for (const name of BATTERY_EVENTS) battery?.removeEventListener?.(name, look);
  };
}
