/** `--netcheck`: our addresses, the NAT, which families work, and how far every relay is. */
import { formatSocketAddress } from "../../proto/socket_address.ts";
import type { ProbeProblem } from "../relays/prober.ts";
import { addressesSeen, type Reflexive, reflexive } from "../relays/reflexive.ts";
import type { RelayState } from "../relays/relay_states.ts";
import type { TierOutcome } from "../relays/discovery.ts";
import { ClientError } from "../errors.ts";
import { visibleText } from "../visible_text.ts";
import type { CommandContext } from "./command.ts";

type Usable = "yes" | "no" | "unknown";

interface Netcheck {
  readonly reflexive: Reflexive;
  readonly ipv4: Usable;
  readonly ipv6: Usable;
  /** The relay that would be chosen; null when none can be. */
  readonly preferred: string | null;
  /** The nearest first. */
  readonly relays: readonly RelayState[];
  readonly tiers: readonly TierOutcome[];
}

/** Rejects with `ClientError` when no relay can be used, after it has told all the rest. */
export async function runNetcheck(context: CommandContext): Promise<void> {
  const watch = context.relays!;
  const picked = await watch.first().catch((error) => {
    if (error instanceof ClientError) return error;
    throw error;
  });
  const relays = watch.relays.toSorted((a, b) =>
    (a.rttMs ?? Infinity) - (b.rttMs ?? Infinity) || 0
  );
  const result: Netcheck = {
    reflexive: await reflexive(context, relays),
    ipv4: usable(relays.filter(({ relay }) => !relay.addr.startsWith("["))),
    ipv6: usable(relays.filter(({ relay }) => relay.addr.startsWith("["))),
    preferred: picked instanceof ClientError ? null : picked.relay.addr,
    relays,
    tiers: watch.tiers,
  };
  for (const line of context.args.json ? [json(result)] : table(result)) context.print(line);
  if (picked instanceof ClientError) throw picked;
}

/** Nothing can be said of a family in which no relay is known. */
function usable(relays: readonly RelayState[]): Usable {
  if (relays.length === 0) return "unknown";
  return relays.some(({ reachable }) => reachable) ? "yes" : "no";
}

const PROBLEMS: Readonly<Record<ProbeProblem, string>> = {
  silent: "does not answer",
  certificate: "has another certificate than expected",
  no_route: "cannot be reached from this machine",
  refused: "refuses",
};

function table({ reflexive, ipv4, ipv6, preferred, relays }: Netcheck): string[] {
  const seen = addressesSeen(reflexive);
  const rows = relays.map((state) => {
    const { relay, rttMs, problem, full } = state;
    const rtt = rttMs === null ? "-" : `${rttMs.toFixed(1)} ms`;
    const notes = [
      ...problem === null ? [] : [PROBLEMS[problem]],
      ...full ? ["takes nobody now"] : [],
    ];
    const mark = relay.addr === preferred ? "*" : " ";
    const name = visibleText(relay.name, 30);
    return [mark, name, relay.addr, visibleText(relay.region ?? "-", 32), rtt, notes.join(", ")];
  });
  const header = ["", "relay", "address", "region", "rtt", ""];
  return [
    `NAT      ${reflexive.natType} (${reflexive.verdict.type})`,
    `seen at  ${seen.length === 0 ? "unknown: no relay tells" : seen.join(", ")}`,
    `IPv4     ${ipv4}`,
    `IPv6     ${ipv6}`,
    "",
    ...aligned([header, ...rows]),
    "",
    preferred === null ? "No relay can be used." : `* would be chosen.`,
  ];
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const width = (column: number) => Math.max(...rows.map((row) => row[column]!.length));
  const widths = rows[0]!.map((_, column) => width(column));
  return rows.map((row) =>
    row.map((cell, column) =>
      column === 4 ? cell.padStart(widths[4]!) : cell.padEnd(widths[column]!)
    )
      .join("  ").trimEnd()
  );
}

function json({ reflexive, ipv4, ipv6, preferred, relays, tiers }: Netcheck): string {
  const { verdict, observed, natType } = reflexive;
  return JSON.stringify({
    nat_type: natType,
    nat: verdict.type,
    address: verdict.address && formatSocketAddress(verdict.address),
    observed_addrs: addressesSeen(reflexive),
    ipv4,
    ipv6,
    preferred,
    relays: relays.map(({ relay, rttMs, reachable, problem, full }) => ({
      name: relay.name,
      addr: relay.addr,
      region: relay.region,
      source: relay.source,
      rtt_ms: rttMs === null ? null : Math.round(rttMs * 1000) / 1000,
      reachable,
      problem,
      takes_clients: !full,
      udp_port: relay.udpPort,
      observed_addr: observed.has(relay.addr)
        ? formatSocketAddress(observed.get(relay.addr)!)
        : null,
      preferred: relay.addr === preferred,
    })),
    tiers,
  });
}
