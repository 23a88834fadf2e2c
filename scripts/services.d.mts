export function hasProgram(name: string): boolean;
export function ensureServices(): void;
