/** One machine of a test network that does not reach another one. */
import assert from "node:assert/strict";
import type { Network } from "../harness/namespaces.ts";

/** What this machine sends to the other one is lost without a word. */
export async function deafen(network: Network, from: string, to: string): Promise<void> {
  await deafenIpv4(network, from, to);
  await lose(network, from, `${network.address6(to)}/128`);
}

/** The same, and IPv6 goes on. */
export function deafenIpv4(network: Network, from: string, to: string): Promise<void> {
  return lose(network, from, `${network.address(to)}/32`);
}

async function lose(network: Network, from: string, prefix: string): Promise<void> {
  const family = prefix.includes(":") ? "-6" : "-4";
  const words = ["ip", family, "route", "add", "blackhole", prefix];
  const [program = "", ...args] = network.command(from, ...words);
  const { success, stderr } = await new Deno.Command(program, { args, stdin: "null" }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}
