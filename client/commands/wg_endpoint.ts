/** `--wg-endpoint`: the endpoint at which WireGuard should reach a peer now, and again whenever that changes. */
import { formatSocketAddress } from "../../proto/socket_address.ts";
import { ClientError } from "../errors.ts";
import { comparable, isIpv6 } from "../nat/classify.ts";
import { hostCandidates } from "../nat/host_candidates.ts";
import { RegistryRefusal } from "../relays/registry_http.ts";
import { type Reflexive, reflexive } from "../relays/reflexive.ts";
import type { RelayWatch } from "../relays/relay_watch.ts";
import { ownAddresses } from "../socket.ts";
import { chooseEndpoint, type EndpointChoice, type Side } from "../wireguard/endpoint_choice.ts";
import { PartySession } from "../wireguard/party_session.ts";
import { PublishedRtts } from "../wireguard/published_rtts.ts";
import type { CommandContext } from "./command.ts";
import { pause, stopped } from "./media.ts";

const WIREGUARD_PORT = 51_820;
const LOOK_MS = 2_000;
/** A tenth of what the registry waits for a peer. */
const BEAT_MS = 30_000;
/** While the peer is missing. */
const ASK_MS = 4_000;
/** Without `--watch`, how long the peer may take to join ... */
const PEER_MS = 10_000;
/** ... and how long one that was there before may take to ask who has joined. */
const STAY_MS = ASK_MS + LOOK_MS + 1_000;
const NOT_FOUND = 404;

/** Rejects with `ClientError`. */
export async function runWireguardEndpoint(context: CommandContext): Promise<void> {
  const { args, clock, stopSignal, printError } = context;
  const watch = context.relays!;
  const stop = stopSignal();
  const published = new PublishedRtts();
  published.update(measured(watch), clock.now());
  const seen = await reflexive(context, watch.relays);
  const side = (): Side => ({
    natType: args.natType ?? seen.natType,
    endpoints: args.endpoints ?? endpointsOf(context, seen),
    rtts: published.rtts,
  });
  let session = await join(context, side());
  let isFirstLook = true;
  const until = clock.now() + PEER_MS;
  let told: EndpointChoice | null = null;
  let beatAt = clock.now();
  try {
    while (!stop.aborted) {
      const peer = session.peers.find(({ publicKey }) => publicKey === args.peer);
      if (peer !== undefined) {
        watch.want(Object.keys(peer.rtts));
        const choice = chooseEndpoint(side(), peer, udpRelays(watch));
        if (choice !== null && choice.endpoint !== told?.endpoint) tell(context, told = choice);
        if (choice === null && !args.watch) {
          throw new ClientError("unreachable", "There is no direct way and no UDP relay in reach.");
        }
        if (!args.watch) {
          if (isFirstLook) await Promise.race([pause(context, STAY_MS), stopped(stop)]);
          return;
        }
      } else if (!args.watch && clock.now() >= until) {
        throw new ClientError("silent", "The peer has not joined the party.");
      }
      isFirstLook = false;
      await Promise.race([pause(context, LOOK_MS), stopped(stop)]);
      const fresh = published.update(measured(watch), clock.now());
      const wait = peer === undefined ? ASK_MS : BEAT_MS;
      if (stop.aborted || !fresh && clock.now() - beatAt < wait) continue;
      beatAt = clock.now();
      try {
        await session.beat(side());
      } catch (error) {
        if (!(error instanceof ClientError)) throw error;
        // The registry has forgotten us, or is down: the endpoint stays what it was.
        if (error instanceof RegistryRefusal && error.status === NOT_FOUND) {
          session = await join(context, side());
        } else printError(error.message);
      }
    }
  } finally {
    await session.leave().catch(() => {});
  }
}

function join({ args, clock }: CommandContext, side: Side): Promise<PartySession> {
  const { registry: url = "", registryToken, party = "", partyToken = "", key = "" } = args;
  const access = { url, clock, ...(registryToken !== undefined && { token: registryToken }) };
  const member = { party, token: partyToken, name: key.slice(0, 8), publicKey: key };
  return PartySession.join(access, member, side);
}

/** Round trips to relays that pass on WireGuard packets. */
function measured(watch: RelayWatch): Map<string, number> {
  return new Map(
    watch.relays.flatMap(({ relay, reachable, rttMs }) =>
      reachable && rttMs !== null && relay.udpPort !== null ? [[relay.addr, rttMs] as const] : []
    ),
  );
}

function udpRelays(watch: RelayWatch) {
  return watch.relays.flatMap(({ relay: { addr, udpPort, draining } }) =>
    udpPort === null ? [] : [{ addr, udpPort, draining }]
  );
}

/** Where relays see this machine, with the port of WireGuard, which a translation usually keeps; then its own addresses. */
function endpointsOf({ args, address }: CommandContext, { observed }: Reflexive): string[] {
  const port = args.wireguardPort ?? WIREGUARD_PORT;
  const seen = comparable([...observed.values()]);
  // The peer takes the first one, by the kind of NAT we tell: so they are of the family that was judged.
  const ipv6 = isIpv6((seen[0] ?? address).ip);
  const own = hostCandidates(ownAddresses(), port, (ip) => isIpv6(ip) === ipv6);
  const told = seen.map(({ ip }) => formatSocketAddress({ ip, port }));
  return [...new Set([...told, ...own])].slice(0, 16);
}

function tell({ args, print }: CommandContext, choice: EndpointChoice): void {
  const { endpoint, via, relay, reason } = choice;
  print(args.json ? JSON.stringify({ endpoint, via, relay, reason }) : endpoint);
}
