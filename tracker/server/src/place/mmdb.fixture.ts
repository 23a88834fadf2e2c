/** A value as MMDB files hold it; numbers are unsigned 32-bit ones. */
export type MmdbValue = string | number | readonly MmdbValue[] | { readonly [key: string]: MmdbValue };

const MARKER = Buffer.from("\xab\xcd\xefMaxMind.com", "latin1");
const SEPARATOR_BYTES = 16;
const RECORD_BYTES = 4;

type Node = [Node | number | null, Node | number | null];

/** Writes a small MMDB file (format 2.0, records of 32 bits, IPv6 tree) from records by CIDR. */
export function writeMmdb(records: Readonly<Record<string, MmdbValue>>): Buffer {
  const data: Buffer[] = [];
  let dataBytes = 0;
  const root: Node = [null, null];
  for (const [cidr, value] of Object.entries(records)) {
    const bytes = encode(value);
    insert(root, bitsOf(cidr), dataBytes);
    data.push(bytes);
    dataBytes += bytes.length;
  }
  const nodes: Node[] = [];
  const number = (node: Node): void => {
    nodes.push(node);
    for (const child of node) if (Array.isArray(child)) number(child);
  };
  number(root);
  const tree = Buffer.alloc(nodes.length * 2 * RECORD_BYTES);
  for (const [at, node] of nodes.entries()) {
    for (const [side, child] of node.entries()) {
      const pointer = Array.isArray(child)
        ? nodes.indexOf(child)
        : child === null
          ? nodes.length
          : nodes.length + SEPARATOR_BYTES + child;
      tree.writeUInt32BE(pointer, (at * 2 + side) * RECORD_BYTES);
    }
  }
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_700_000_000,
    database_type: "Shoal-Test",
    description: { en: "test" },
    ip_version: 6,
    languages: ["en"],
    node_count: nodes.length,
    record_size: 8 * RECORD_BYTES,
  });
  return Buffer.concat([tree, Buffer.alloc(SEPARATOR_BYTES), ...data, MARKER, metadata]);
}

function insert(root: Node, bits: readonly number[], data: number): void {
  let node = root;
  for (const [at, bit] of bits.entries()) {
    if (at === bits.length - 1) {
      node[bit] = data;
      return;
    }
    const child = node[bit];
    const next: Node = Array.isArray(child) ? child : [null, null];
    node[bit] = next;
    node = next;
  }
}

/** IPv4 lies at ::/96. */
function bitsOf(cidr: string): number[] {
  const [address = "", length = "0"] = cidr.split("/");
  const v4 = address.includes(".");
  const bytes = v4
    ? [...new Array<number>(12).fill(0), ...address.split(".").map(Number)]
    : wordsOf(address).flatMap((word) => [word >> 8, word & 255]);
  const bits = bytes.flatMap((byte) => Array.from({ length: 8 }, (_, at) => (byte >> (7 - at)) & 1));
  return bits.slice(0, Number(length) + (v4 ? 96 : 0));
}

function wordsOf(address: string): number[] {
  const [head = "", tail = ""] = address.split("::");
  const read = (text: string) => (text === "" ? [] : text.split(":").map((word) => Number.parseInt(word, 16)));
  const [front, back] = [read(head), read(tail)];
  return [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
}

function encode(value: MmdbValue): Buffer {
  if (typeof value === "string") {
    const text = Buffer.from(value, "utf8");
    return Buffer.concat([control(2, text.length), text]);
  }
  if (typeof value === "number") {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([control(6, 4), bytes]);
  }
  if (Array.isArray(value)) return Buffer.concat([control(11, value.length), ...value.map((item) => encode(item))]);
  const entries = Object.entries(value);
  return Buffer.concat([control(7, entries.length), ...entries.flatMap(([key, item]) => [encode(key), encode(item)])]);
}

/** Types above 7 take a second byte. */
function control(type: number, size: number): Buffer {
  const long = size >= 29;
  const first = ((type > 7 ? 0 : type) << 5) | (long ? 29 : size);
  return Buffer.from([first, ...(type > 7 ? [type - 7] : []), ...(long ? [size - 29] : [])]);
}
