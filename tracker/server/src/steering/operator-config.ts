import {
  accept,
  DEVICE_CLASSES,
  type DeviceClass,
  NO_REMOTE_CONFIG,
  type RemoteConfig,
  type Result,
  refuse,
  SHARING_MODES,
  type SharingMode,
} from "@shoal/protocol";

/** Which viewers a rule is for: all that every given list names. A text that ends with `*` stands for all that start like it. */
export interface RuleMatch {
  readonly tenant: readonly string[] | null;
  readonly content: readonly string[] | null;
  /** ISP groups, such as `as:64500` or `op:my-telco`. */
  readonly isp: readonly string[] | null;
  /** ISO 3166-1, two letters. */
  readonly country: readonly string[] | null;
  readonly device: readonly DeviceClass[] | null;
  /** Share of viewers, 0 to 100, drawn by peer id: the same viewers each time, and more of them when it rises. */
  readonly percent: number | null;
}

const INSIDES = ["site", "isp", "country", "anywhere"] as const;

/** What a rule sets; `null` leaves what earlier rules said. */
export interface RuleSetting {
  readonly sharing: SharingMode | null;
  readonly maxPeers: number | null;
  readonly memoryBytes: number | null;
  /** Whom they may meet: only viewers of their own site, ISP or country, or anybody. */
  readonly inside: (typeof INSIDES)[number] | null;
}

export interface Rule {
  /** For people; logged where the rule is put in force. */
  readonly name: string;
  readonly when: RuleMatch;
  readonly set: RuleSetting;
}

/** What an operator says to all viewers, and to some of them. */
export interface OperatorConfig extends RemoteConfig {
  /** In order: what a later one sets overrules what earlier ones set. */
  readonly rules: readonly Rule[];
}

export const NO_CONFIG: OperatorConfig = { ...NO_REMOTE_CONFIG, rules: [] };

const MAX_RULES = 200;
const MAX_NAMES = 1_000;

/** Reads a configuration. The refusal names the rule and the field, and says what it must be. */
export function readOperatorConfig(value: unknown): Result<OperatorConfig, "bad-config"> {
  try {
    const { sharing, maxPeers, memoryBytes, rules, ...rest } = fields(value, "The configuration");
    noOthers(rest, "The configuration");
    if (rules !== undefined && rules !== null && !Array.isArray(rules)) throw new Misread(`"rules" must be a list.`);
    if ((rules ?? []).length > MAX_RULES) throw new Misread(`There may be ${MAX_RULES} rules.`);
    return accept({
      sharing: word("sharing", sharing, SHARING_MODES),
      maxPeers: number("maxPeers", maxPeers, 255),
      memoryBytes: number("memoryBytes", memoryBytes, 2 ** 32),
      rules: (rules ?? []).map(readRule),
    });
  } catch (error) {
    if (error instanceof Misread) return refuse("bad-config", error.message);
    throw error;
  }
}

class Misread extends Error {}

function readRule(value: unknown, at: number): Rule {
  const label = `Rule ${at + 1}`;
  const { name = label, when = {}, set, ...rest } = fields(value, label);
  noOthers(rest, label);
  if (typeof name !== "string" || name.length > 100) throw new Misread(`${label}: "name" must be a short text.`);
  const { tenant, content, isp, country, device, percent, ...otherWhen } = fields(when, `${label}: "when"`);
  noOthers(otherWhen, `${label}: "when"`);
  const { sharing, maxPeers, memoryBytes, inside, ...others } = fields(set, `${label}: "set"`);
  noOthers(others, `${label}: "set"`);
  const of = (field: string): string => `${label}: "${field}"`;
  return {
    name,
    when: {
      tenant: texts(of("tenant"), tenant),
      content: texts(of("content"), content),
      isp: texts(of("isp"), isp),
      country: texts(of("country"), country)?.map((code) => code.toUpperCase()) ?? null,
      device: texts(of("device"), device)?.map((text) => word(of("device"), text, DEVICE_CLASSES) ?? "other") ?? null,
      percent: number(of("percent"), percent, 100, false),
    },
    set: {
      sharing: word(of("sharing"), sharing, SHARING_MODES),
      maxPeers: number(of("maxPeers"), maxPeers, 255),
      memoryBytes: number(of("memoryBytes"), memoryBytes, 2 ** 32),
      inside: word(of("inside"), inside, INSIDES),
    },
  };
}

function fields(value: unknown, label: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw new Misread(`${label} must be an object.`);
}

/** A misspelt kill switch must not look as if it worked. */
function noOthers(rest: Readonly<Record<string, unknown>>, label: string): void {
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw new Misread(`${label} has a field "${unknown}" that there is not.`);
}

function word<T extends string>(label: string, value: unknown, words: readonly T[]): T | null {
  if (value === undefined || value === null) return null;
  const known = words.find((candidate) => candidate === value);
  if (known === undefined) throw new Misread(`${label} must be one of ${words.join(", ")}.`);
  return known;
}

function number(label: string, value: unknown, most: number, isWhole = true): number | null {
  if (value === undefined || value === null) return null;
  const fits = typeof value === "number" && value >= 0 && value <= most && (!isWhole || Number.isInteger(value));
  if (!fits) throw new Misread(`${label} must be a ${isWhole ? "whole " : ""}number from 0 to ${most}.`);
  return value;
}

/** One text or a list of them. */
function texts(label: string, value: unknown): readonly string[] | null {
  if (value === undefined || value === null) return null;
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const isList = list.length > 0 && list.length <= MAX_NAMES;
  if (!isList || !list.every((item) => typeof item === "string" && item !== "" && item.length <= 512)) {
    throw new Misread(`${label} must be a text or a list of texts that are not empty.`);
  }
  return list as readonly string[];
}
