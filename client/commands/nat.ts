/** `--nat`: several relays' views of one socket, and what kind of translation they tell of. */
import { formatSocketAddress, type SocketAddress } from "../../proto/socket_address.ts";
import { ClientError } from "../errors.ts";
import { isIpv6 } from "../nat/classify.ts";
import { natJson, natLines, probeNat } from "../nat/probe.ts";
import { resolveRelayAddress } from "../relay_address.ts";
import { type ClientSocket, reaches } from "../socket.ts";
import type { CommandContext } from "./command.ts";

export async function runNat(context: CommandContext): Promise<void> {
  const { endpoint, clock, crypto, args, print } = context;
  const { token } = args;
  const options = { endpoint, clock, crypto, ...(token !== undefined && { token }) };
  const report = await probeNat(options, args.relays, (name) => resolveFrom(endpoint, name));
  for (const line of args.json ? [natJson(report)] : natLines(report)) print(line);
}

async function resolveFrom(socket: ClientSocket, name: string): Promise<SocketAddress> {
  const address = await resolveRelayAddress(name);
  if (reaches(socket, address.ip)) return address;
  const family = isIpv6(address.ip) ? "IPv6" : "IPv4";
  throw new ClientError(
    "unreachable",
    `The relay at ${
      formatSocketAddress(address)
    } is not reached over ${family} from the same socket as the first one; ask it alone.`,
  );
}
