/** What may stand in a URL template. */
export interface TemplateValues {
  readonly id: string;
  readonly bandwidth: number;
  readonly number: number;
  /** In units of the timescale. */
  readonly time: number;
}

/** Fills a URL template, ISO/IEC 23009-1, 5.3.9.4.4: `$Number%05d$` and its like. */
export function fillTemplate(template: string, { id, bandwidth, number, time }: TemplateValues): string {
  const values: Readonly<Record<string, string | number>> = {
    RepresentationID: id,
    Bandwidth: bandwidth,
    Number: number,
    Time: time,
  };
  return template.replace(/\$(?:([A-Za-z]+)(?:%0(\d+)[diu])?)?\$/g, (all, name?: string, width?: string) => {
    if (name === undefined) return "$";
    const value = values[name];
    if (value === undefined) return all;
    const digits = String(value);
    return "0".repeat(Math.max(0, Number(width ?? 0) - digits.length)) + digits;
  });
}
