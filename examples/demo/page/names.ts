/** Viewers are named after fish, in the order they join. */
const NAMES = [
  "Anchovy",
  "Bream",
  "Cod",
  "Dab",
  "Eel",
  "Flounder",
  "Gurnard",
  "Herring",
  "Ide",
  "Jack",
  "Kipper",
  "Ling",
  "Mackerel",
  "Nase",
  "Orfe",
  "Perch",
];

/** The two access networks that viewers are said to be in. */
export const ISPS: readonly string[] = ["Atlantic", "Baltic"];

/** Name and network of the nth viewer, from 0. */
export function viewerIdentity(index: number): { readonly name: string; readonly isp: string } {
  const round = Math.floor(index / NAMES.length);
  const name = NAMES[index % NAMES.length] ?? "Fish";
  return { name: round === 0 ? name : `${name} ${round + 1}`, isp: ISPS[index % ISPS.length] ?? "" };
}
