/** Asks the nearest relays where they see our socket, and judges the translation between. */
import {
  formatSocketAddress,
  parseSocketAddress,
  type SocketAddress,
} from "../../proto/socket_address.ts";
import { QuicError } from "../../quic/errors.ts";
import type { CommandContext } from "../commands/command.ts";
import { ClientError } from "../errors.ts";
import { classifyNat, isIpv6, type NatVerdict } from "../nat/classify.ts";
import { probe } from "../nat/probe.ts";
import { ownAddresses, reaches } from "../socket.ts";
import type { RelayState } from "./relay_states.ts";

export interface Reflexive {
  readonly verdict: NatVerdict;
  /** Address of the relay, and what it saw. */
  readonly observed: ReadonlyMap<string, SocketAddress>;
  /** In the words of the registry. */
  readonly natType: "open" | "cone" | "symmetric" | "unknown";
}

/** Of each family; more would say the same. */
const ASKED = 4;

/** Never rejects for what relays do; those that do not tell are left out. */
export async function reflexive(
  { endpoint, clock, crypto, args }: Pick<CommandContext, "endpoint" | "clock" | "crypto" | "args">,
  states: readonly RelayState[],
): Promise<Reflexive> {
  const { token } = args;
  const reached = states.filter(({ reachable }) => reachable)
    .map(({ relay: { addr, pin }, rttMs }) => {
      return { addr, pin, address: parseSocketAddress(addr)!, rttMs: rttMs ?? Infinity };
    })
    .filter(({ address: { ip } }) => reaches(endpoint, ip))
    .sort((a, b) => a.rttMs - b.rttMs);
  const nearest = [false, true].flatMap((ipv6) =>
    reached.filter(({ address: { ip } }) => isIpv6(ip) === ipv6).slice(0, ASKED)
  );
  const answers = await Promise.all(nearest.map(async ({ addr, pin, address }) => {
    const options = { endpoint, clock, crypto, ...(token !== undefined && { token }) };
    try {
      const { observed } = await probe({ ...options, ...(pin && { pin }) }, address);
      return [[addr, observed] as const];
    } catch (error) {
      if (!(error instanceof ClientError || error instanceof QuicError)) throw error;
      return [];
    }
  }));
  const observed = new Map(answers.flat());
  const verdict = classifyNat([...observed.values()]);
  return { verdict, observed, natType: natTypeOf(verdict) };
}

/** A public address that is our own is no translation. */
function natTypeOf({ type, address }: NatVerdict): Reflexive["natType"] {
  if (type === "Unknown") return "unknown";
  if (address === null) return "symmetric";
  return ownAddresses().includes(address.ip) ? "open" : "cone";
}

/** As text, each once. */
export function addressesSeen({ observed }: Reflexive): string[] {
  return [...new Set([...observed.values()].map(formatSocketAddress))];
}
