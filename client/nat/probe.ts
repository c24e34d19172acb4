/** Asks relays where they see our socket come from. */
import { formatSocketAddress, type SocketAddress } from "../../proto/socket_address.ts";
import type { Clock } from "../../quic/clock.ts";
import { QuicError } from "../../quic/errors.ts";
import { register, type SignalSessionOptions } from "../calls/signal_session.ts";
import { ClientError } from "../errors.ts";
import { visibleText } from "../visible_text.ts";
import { classifyNat, type NatVerdict } from "./classify.ts";

/** For one relay, from the first packet to its answer. */
export const PROBE_TIMEOUT_MS = 1_500;

export type ProbeOptions = Pick<
  SignalSessionOptions,
  "endpoint" | "clock" | "crypto" | "token" | "pin"
>;

export interface Probe {
  readonly observed: SocketAddress;
  /** From the question to the answer. */
  readonly latencyMs: number;
}

/**
 * One relay's answer. Rejects with `ClientError` or `QuicError`, at the latest when the time is over; the relay may
 * take `reflectTimeoutMs` of it for the question itself.
 */
export async function probe(
  options: ProbeOptions,
  address: SocketAddress,
  timeoutMs = PROBE_TIMEOUT_MS,
  reflectTimeoutMs = timeoutMs,
): Promise<Probe> {
  const { clock } = options;
  const silent = (ms: number) =>
    new ClientError(
      "silent",
      `The relay at ${formatSocketAddress(address)} did not answer within ${ms} ms.`,
    );
  return await inTime(clock, timeoutMs, silent(timeoutMs), async (signal) => {
    const session = await register({
      ...options,
      address,
      identity: null,
      dialTimeoutMs: timeoutMs,
      ackTimeoutMs: timeoutMs,
      signal,
    }).catch((error) => {
      throw isSilence(error) ? silent(timeoutMs) : error;
    });
    const close = () => session.close();
    signal.addEventListener("abort", close);
    if (signal.aborted) close();
    try {
      const asked = clock.now();
      const observed = await session.reflect(reflectTimeoutMs).catch((error) => {
        throw isSilence(error) ? silent(reflectTimeoutMs) : error;
      });
      return { observed, latencyMs: clock.now() - asked };
    } finally {
      close();
    }
  });
}

/** Who was asked is not known where the time is measured. */
function isSilence(error: unknown): boolean {
  return error instanceof ClientError && error.code === "silent" ||
    error instanceof QuicError && error.code === "timeout";
}

/** What became of one relay's probe. */
export interface RelayProbe {
  /** As the user named it. */
  readonly relay: string;
  readonly address: SocketAddress | null;
  /** Null when it failed. */
  readonly probe: Probe | null;
  readonly problem: string | null;
}

export interface NatReport {
  readonly relays: readonly RelayProbe[];
  readonly verdict: NatVerdict;
}

/** Probes all relays at the same time through one socket, and judges. Never rejects for what a relay does. */
export async function probeNat(
  options: ProbeOptions,
  names: readonly string[],
  resolve: (name: string) => Promise<SocketAddress>,
): Promise<NatReport> {
  const relays = await Promise.all(names.map(async (relay): Promise<RelayProbe> => {
    let address: SocketAddress | null = null;
    try {
      address = await resolve(relay);
      return { relay, address, probe: await probe(options, address), problem: null };
    } catch (error) {
      if (!(error instanceof ClientError || error instanceof QuicError)) throw error;
      return { relay, address, probe: null, problem: error.message };
    }
  }));
  const observed = relays.flatMap(({ probe }) => probe === null ? [] : [probe.observed]);
  return { relays, verdict: classifyNat(observed) };
}

/** The report for people, a line each. */
export function natLines({ relays, verdict }: NatReport): string[] {
  const width = Math.max(...relays.map(({ relay }) => relay.length));
  return [
    ...relays.map(({ relay, probe, problem }) => {
      const answer = probe === null
        ? `failed: ${visibleText(problem ?? "", 200)}`
        : `${formatSocketAddress(probe.observed)}  ${probe.latencyMs.toFixed(1)} ms`;
      return `${relay.padEnd(width)}  ${answer}`;
    }),
    `NAT: ${verdict.type}, ${explain(verdict)}`,
  ];
}

function explain({ type, address, counted }: NatVerdict): string {
  switch (type) {
    case "Unknown":
      return `because ${counted} ${
        counted === 1 ? "relay" : "relays"
      } saw a public address and it takes two`;
    case "Cone":
      return `all see ${formatSocketAddress(address!)}`;
    case "SymmetricPort":
      return "each relay sees another port, so direct calls will rarely work";
    case "Multiple":
      return "relays see different addresses, so direct calls will rarely work";
  }
}

/** The report for scripts. */
export function natJson({ relays, verdict }: NatReport): string {
  return JSON.stringify({
    nat: verdict.type,
    address: verdict.address && formatSocketAddress(verdict.address),
    relays: relays.map(({ relay, address, probe, problem }) => ({
      relay,
      addr: address && formatSocketAddress(address),
      observed_addr: probe && formatSocketAddress(probe.observed),
      latency_ms: probe && Math.round(probe.latencyMs * 1000) / 1000,
      error: problem,
    })),
  });
}

/** Aborts the work when its time is over, and rejects then even if the work does not. */
async function inTime<T>(
  clock: Clock,
  ms: number,
  tooLate: ClientError,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const late = Promise.withResolvers<never>();
  const timer = clock.after(ms, () => {
    late.reject(tooLate);
    controller.abort();
  });
  const working = work(controller.signal);
  // What the work says after its time is over is nobody's business any more.
  working.catch(() => {});
  try {
    return await Promise.race([working, late.promise]);
  } finally {
    timer.cancel();
  }
}
