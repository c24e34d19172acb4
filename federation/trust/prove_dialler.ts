/** Finds out who dialled a connection, and lets nobody in who does not prove it. */
import type { Clock } from "../../quic/clock.ts";
import type { Connection } from "../../quic/port.ts";
import type { Counters } from "../../relay/ports/counters.ts";
import type { RelayKey } from "../link.ts";
import { AcceptorHandshake, type AcceptorParts, type AcceptorStep } from "./acceptor_handshake.ts";
import type { ProvenRelay } from "./proven_relay.ts";
import type { Refused } from "./refusal.ts";
import { type ChannelCounters, RelayChannel } from "./relay_channel.ts";

/** For the whole of hello, challenge, proof and the word that it is accepted. */
export const HANDSHAKE_MS = 5_000;

export interface ProveDiallerParts extends AcceptorParts {
  readonly clock: Clock;
  readonly counters: ChannelCounters & Pick<Counters, "federationRefusals">;
}

export type Dialler =
  | { readonly is: "proven"; readonly relay: ProvenRelay; readonly channel: RelayChannel }
  /** Of the original kind, which proves nothing: whoever takes it in does so at the operator's word. */
  | { readonly is: "original"; readonly hello: string; readonly channel: RelayChannel }
  /** Counted and closed. `relay` is set when it has proven that it is that one. */
  | { readonly is: "refused"; readonly relay: RelayKey | null } & Refused;

/**
 * The accepting side of the challenge on a fresh connection, for SNI `_federation` and `_relay` alike. Whoever is
 * proven has been told so and may be sent anything. Never rejects; datagrams that come meanwhile are not looked at.
 */
export async function proveDialler(
  connection: Connection,
  parts: ProveDiallerParts,
): Promise<Dialler> {
  const { clock, counters } = parts;
  const channel = new RelayChannel(connection, clock, counters);
  const handshake = new AcceptorHandshake(parts);
  connection.onDatagram(ignore);
  let late = false;
  const limit = clock.after(HANDSHAKE_MS, () => {
    late = true;
    connection.close(0, "timeout");
  });
  try {
    for (;;) {
      const message = await channel.receive();
      const step = message === null || late ? ended(late, connection) : handshake.receive(message);
      switch (step.then) {
        case "challenge":
          channel.send(step.message);
          break;
        case "accept":
          channel.send({ type: "FederationReady" });
          channel.trust();
          return { is: "proven", relay: step.relay, channel };
        case "original":
          return { is: "original", hello: step.hello, channel };
        case "refuse": {
          const { refusal, detail, relay } = step;
          counters.federationRefusals.add(refusal);
          connection.close(0, refusal);
          return { is: "refused", refusal, detail, relay };
        }
      }
    }
  } finally {
    limit.cancel();
  }
}

function ended(late: boolean, { closeInfo }: Connection): AcceptorStep {
  return late
    ? {
      then: "refuse",
      refusal: "timeout",
      detail: `it had not proven itself after ${HANDSHAKE_MS} ms`,
      relay: null,
    }
    : { then: "refuse", refusal: "gone", detail: closeInfo?.reason ?? "", relay: null };
}

function ignore(): void {}
