/** Choosing the relay before the command begins, and telling how that went. */
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { parseSocketAddress, type SocketAddress } from "../../proto/socket_address.ts";
import type { Clock } from "../../quic/clock.ts";
import type { Transport } from "../../quic/port.ts";
import type { ClientArguments } from "../arguments.ts";
import { ClientError } from "../errors.ts";
import { openWatch } from "../relays/open_watch.ts";
import type { RelayWatch } from "../relays/relay_watch.ts";
import { parseRelayWord } from "../relays/relay_words.ts";
import { visibleText } from "../visible_text.ts";

export interface Chosen {
  readonly watch: RelayWatch;
  readonly address: SocketAddress;
  /** With the pin of the relay that was chosen. */
  readonly args: ClientArguments;
  close(): Promise<void>;
}

interface Surroundings {
  readonly print: (line: string) => void;
  readonly printError: (line: string) => void;
  readonly clock: Clock;
}

/** Whether the user left it to us which relay to use. */
export function chooses(
  { action, choices, registry, region, prefer, relayMap }: ClientArguments,
): boolean {
  return action === "netcheck" || action === "wg-endpoint" ||
    [choices, registry, region, prefer, relayMap].some((given) => given !== undefined);
}

/** Rejects with `ClientError` when there is no relay to begin with. */
export async function choosing(
  given: ClientArguments,
  transport: Transport,
  { print, printError, clock }: Surroundings,
): Promise<Chosen> {
  const args = withWords(given);
  const log = (text: string) => printError(`wzp-relay client: ${visibleText(text, 400)}`);
  // Our own timers let the process end, and between two sockets nothing else keeps it.
  const alive = setInterval(() => {}, 60_000);
  const { watch, close } = openWatch({
    settings: args,
    transport,
    clock,
    crypto: nodeCrypto,
    log,
    onlyUdp: args.action === "wg-endpoint",
    ...args.action === "wg-endpoint" && { wanted: () => watch.wanted },
  });
  const end = async () => {
    clearInterval(alive);
    await close();
  };
  try {
    await watch.start();
    for (const { tier, state, text } of watch.tiers) {
      if (state !== "unused") log(`relays, ${tier}: ${text}`);
    }
    if (args.action === "netcheck" || args.action === "wg-endpoint") {
      await watch.allProbed();
      const reached = watch.relays.filter(({ reachable }) => reachable);
      const addrs = [...reached, ...watch.relays].map(({ relay }) => relay.addr);
      // A socket for one family only is for that of this one; translation is a matter of IPv4.
      const any = addrs.slice(0, reached.length).find((addr) => !addr.startsWith("[")) ??
        addrs[0] ?? "";
      const address = parseSocketAddress(any);
      return { watch, args, close: end, address: address ?? { ip: "127.0.0.1", port: 4433 } };
    }
    const { relay, reason } = await watch.first();
    watch.hold(relay.addr);
    const { addr, name, region, pin } = relay;
    const rtt_ms = watch.map.get(addr)?.rtt_ms ?? null;
    log(
      name === addr
        ? `using ${addr}, because ${reason}`
        : `using ${name} at ${addr}, because ${reason}`,
    );
    if (args.json) {
      const tiers = watch.tiers;
      print(
        JSON.stringify({
          event: "relay",
          at: clock.wall(),
          addr,
          name,
          region,
          rtt_ms,
          reason,
          tiers,
        }),
      );
    }
    const address = parseSocketAddress(addr);
    if (address === null) throw new ClientError("unreachable", `"${addr}" is no address.`);
    return { watch, address, close: end, args: { ...args, ...(pin && { pin }) } };
  } catch (error) {
    watch.stop();
    await end();
    throw error;
  }
}

/** Relays named in their usual place are choices too where several make sense. */
function withWords(args: ClientArguments): ClientArguments {
  if (args.action !== "netcheck" || args.named.length === 0) return args;
  const words = args.named.map((word) => {
    try {
      return parseRelayWord(word);
    } catch (error) {
      throw new ClientError("usage", `${error instanceof Error ? error.message : word}.`);
    }
  });
  return { ...args, choices: [...args.choices ?? [], ...words] };
}
