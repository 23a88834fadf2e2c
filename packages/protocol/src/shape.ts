import { accept, type Result, refuse } from "./result.ts";

/** A message that was read, and how many of its fields were not known to this version and skipped. */
export interface Read<T> {
  readonly message: T;
  readonly unknownFields: number;
}

export type ShapeError = "bad-message";

/** Reads one value, or returns `undefined` when it is not what it should be. */
export type Field<T> = (value: unknown) => T | undefined;

/** One {@link Field} for every property of `T`. */
export type Fields<T> = { readonly [Key in keyof T]: Field<T[Key]> };

/** A text of at most `maxLength` UTF-16 units. */
export const text =
  (maxLength: number): Field<string> =>
  (value) =>
    typeof value === "string" && value.length <= maxLength ? value : undefined;

/** A whole number from `min` to `max`. */
export const whole =
  (min: number, max: number): Field<number> =>
  (value) =>
    typeof value === "number" && Number.isInteger(value) && value >= min && value <= max ? value : undefined;

export const bool: Field<boolean> = (value) => (typeof value === "boolean" ? value : undefined);

/** One of a fixed set of words. */
export const oneOf =
  <T extends string>(words: readonly T[]): Field<T> =>
  (value) =>
    words.find((word) => word === value);

/** `null` or absent, or what `field` reads. */
export const optional =
  <T>(field: Field<T>): Field<T | null> =>
  (value) =>
    value === null || value === undefined ? null : field(value);

/** What `field` reads, or `fallback` when the property is absent: how a message may grow. */
export const defaulted =
  <T>(field: Field<T>, fallback: T): Field<T> =>
  (value) =>
    value === undefined ? fallback : field(value);

/** A list of at most `maxLength` items. */
export const list =
  <T>(field: Field<T>, maxLength: number): Field<readonly T[]> =>
  (value) => {
    if (!Array.isArray(value) || value.length > maxLength) return undefined;
    const items: T[] = [];
    for (const item of value) {
      const read = field(item);
      if (read === undefined) return undefined;
      items.push(read);
    }
    return items;
  };

/** Two values, as a list of two. */
export const pair =
  <A, B>(first: Field<A>, second: Field<B>): Field<readonly [A, B]> =>
  (value) => {
    if (!Array.isArray(value) || value.length !== 2) return undefined;
    const [a, b] = [first(value[0]), second(value[1])];
    return a === undefined || b === undefined ? undefined : [a, b];
  };

/** A value that passes a type guard. */
export const where =
  <T>(guard: (value: unknown) => value is T): Field<T> =>
  (value) =>
    guard(value) ? value : undefined;

/** An object inside a message. */
export const object =
  <T extends object>(fields: Fields<T>): Field<T> =>
  (value) => {
    const read = readShape("", fields, value);
    return read.ok ? read.value.message : undefined;
  };

/** Reads a whole message. Total: any value gives a message or a refusal that names the first bad field. */
export function readShape<T extends object>(
  name: string,
  fields: Fields<T>,
  value: unknown,
): Result<Read<T>, ShapeError> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return refuse("bad-message", `${name} must be an object.`);
  }
  const message: Partial<T> = {};
  let known = 0;
  for (const key of Object.keys(fields) as (keyof T & string)[]) {
    const present = key in value;
    if (present) known++;
    const read = fields[key](present ? (value as Record<string, unknown>)[key] : undefined);
    if (read === undefined) return refuse("bad-message", `${name}: the field "${key}" is missing or not valid.`);
    message[key] = read;
  }
  return accept({ message: message as T, unknownFields: Object.keys(value).length - known });
}
