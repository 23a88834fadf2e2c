import { describe, expect, it } from "vitest";
import { type Homes, natOf, networkCommands } from "./plan.ts";

const open: Homes = { access: ["fibre", "dsl"], nat: ["none"] };
const behind: Homes = { access: ["fibre"], nat: ["cone", "symmetric"] };
const text = (homes: Homes, viewers: number): readonly string[] =>
  networkCommands(homes, viewers).map((command) => command.join(" "));

describe("the network of a run", () => {
  it("gives each home a line of its own, shaped at both ends as its access says", () => {
    const lines = text(open, 3);
    const shaped = lines.filter((line) => line.includes(" tbf "));
    expect(shaped).toHaveLength(6);
    expect(shaped[0]).toContain("tc -n home-0 qdisc add dev eth0 root tbf rate 6000000bit");
    expect(shaped[1]).toContain("tc qdisc add dev line-0 root tbf rate 15000000bit");
    expect(shaped[2]).toContain("rate 720000bit");
    expect(shaped[4]).toContain("rate 6000000bit");
    expect(lines.filter((line) => line.includes("nft"))).toEqual([]);
  });

  it("lets no two homes share a name or an address", () => {
    for (const homes of [open, behind]) {
      const lines = text(homes, 12);
      const added = lines.filter((line) => / (netns add|addr add|link add) /.test(line));
      const own = added.map((line) => line.replace(/peer name eth0 /, ""));
      expect(new Set(own).size).toBe(own.length);
      const addresses = lines.flatMap((line) => / addr add (\S+) /.exec(line)?.[1] ?? []);
      expect(new Set(addresses).size).toBe(addresses.length);
    }
  });

  it("puts a router before a home behind NAT, and only a symmetric one draws its ports", () => {
    const lines = text(behind, 2);
    const rules = lines.filter((line) => line.includes(" nft "));
    expect(rules[0]).toMatch(/^ip netns exec router-0 nft [\s\S]*masquerade persistent/);
    expect(rules[1]).toMatch(/^ip netns exec router-1 nft [\s\S]*masquerade fully-random/);
    expect(lines).toContain("ip -n home-1 route add default via 192.168.2.1");
    expect([natOf(0, behind), natOf(1, behind), natOf(2, behind)]).toEqual(["cone", "symmetric", "cone"]);
  });

  it("names a namespace only after it was made", () => {
    const made = new Set<string>();
    for (const command of networkCommands(behind, 4)) {
      const [, , verb, name] = command;
      if (command[1] === "netns" && verb === "add" && name) made.add(name);
      else for (const word of command) if (/^(home|router)-\d+$/.test(word)) expect(made).toContain(word);
    }
    expect(made.size).toBe(8);
  });
});
