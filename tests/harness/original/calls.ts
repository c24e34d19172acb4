/** Direct calls at a relay of the original kind, within it and across one hop. */
import { fingerprintOf } from "../../../proto/identity.ts";
import { nodeCrypto } from "../../../proto/node_crypto.ts";
import { callIdOf } from "../../../proto/room_name.ts";
import type { KnownSignal, SignalOf } from "../../../proto/signal/mod.ts";
import { formatSocketAddress } from "../../../proto/socket_address.ts";
import type { Clock } from "../../../quic/clock.ts";
import type { Connection } from "../../../quic/port.ts";
import { SignalChannel } from "../../../quic/signal_channel.ts";
import { WireError } from "../../../proto/errors.ts";
import { keyOf, type OriginalLinks } from "./links.ts";
import { decodeAsOriginal, nextMessage } from "./serial_intake.ts";

type Offer = SignalOf<"DirectCallOffer">;
type Answer = SignalOf<"DirectCallAnswer">;
type Addresses = Pick<SignalOf<"CallSetup">, "peer_direct_addr" | "peer_local_addrs">;

interface Call {
  readonly caller: string;
  readonly callee: string;
  readonly callersAddresses: Addresses;
  calleesAddresses: Addresses;
  /** With colons; of the relay the other party is on. */
  peerRelay: string | null;
}

const REGISTER_MS = 10_000;
const NOWHERE: Addresses = { peer_direct_addr: null, peer_local_addrs: [] };

export interface OriginalCallsOptions {
  readonly clock: Clock;
  readonly links: OriginalLinks;
  /** With colons. */
  readonly fingerprint: string;
  readonly advertised: string;
  readonly changed: () => void;
}

export class OriginalCalls {
  readonly #options: OriginalCallsOptions;
  readonly #hub = new Map<string, SignalChannel>();
  readonly #calls = new Map<string, Call>();

  constructor(options: OriginalCallsOptions) {
    this.#options = options;
  }

  registered(): string[] {
    return [...this.#hub.keys()];
  }

  /** Whether this is a party of the call whose room it is. */
  mayJoin(room: string, fingerprint: string): boolean {
    const call = this.#calls.get(callIdOf(room) ?? "");
    return call !== undefined && (call.caller === fingerprint || call.callee === fingerprint);
  }

  /** Serves one client of `_signal` until it goes. */
  async serve(connection: Connection): Promise<void> {
    const { clock, changed } = this.#options;
    const channel = new SignalChannel(connection, { clock, maxQueued: 10_000 });
    const limit = clock.after(REGISTER_MS, () => connection.close(0, ""));
    const first = await nextMessage(connection).then((body) => body && decodeAsOriginal(body))
      .catch(() => null).finally(() => limit.cancel());
    if (first === null || first.type !== "RegisterPresence") return connection.close(0, "");
    const fingerprint = fingerprintOf(nodeCrypto, first.identity_pub);
    this.#hub.set(fingerprint, channel);
    channel.send({
      type: "RegisterPresenceAck",
      success: true,
      error: null,
      relay_build: "9377a90",
      relay_region: null,
      available_relays: [],
      ext: null,
    });
    changed();
    for (
      let body = await nextMessage(connection).catch(() => null);
      body !== null;
      body = await nextMessage(connection).catch(() => null)
    ) {
      const signal = readable(body);
      if (signal !== null) this.#said(fingerprint, channel, connection, signal);
      changed();
    }
    // Whoever is registered under this fingerprint by now.
    this.#hangUp(fingerprint, null);
    this.#hub.delete(fingerprint);
    connection.close(0, "normal close");
    changed();
  }

  /** A call signal of another relay. */
  forwarded({ inner, origin_relay_fp }: SignalOf<"FederatedSignalForward">): void {
    if (origin_relay_fp === this.#options.fingerprint) return;
    switch (inner.type) {
      case "DirectCallOffer": {
        const callee = this.#hub.get(inner.target_fingerprint);
        if (callee === undefined) return;
        this.#begin(inner, origin_relay_fp);
        return void callee.send(inner);
      }
      case "DirectCallAnswer": {
        const call = this.#calls.get(inner.call_id);
        if (call === undefined) return;
        if (inner.accept_mode === "Reject") {
          this.#calls.delete(inner.call_id);
          return void this.#hub.get(call.caller)?.send(hangup(null));
        }
        call.peerRelay = origin_relay_fp;
        call.calleesAddresses = calleesAddresses(inner);
        this.#hub.get(call.caller)?.send(inner);
        return void this.#hub.get(call.caller)?.send(this.#setup(inner.call_id, "caller"));
      }
      case "CallRinging":
        return void this.#hub.get(this.#calls.get(inner.call_id)?.caller ?? "")?.send(inner);
      case "MediaPathReport": {
        const call = this.#calls.get(inner.call_id);
        const local = [call?.caller, call?.callee].find((one) => this.#hub.has(one ?? ""));
        return void this.#hub.get(local ?? "")?.send(inner);
      }
      default:
        // A hangup among them.
        return;
    }
  }

  #said(me: string, channel: SignalChannel, { remoteAddress }: Connection, signal: KnownSignal) {
    switch (signal.type) {
      case "DirectCallOffer":
        return this.#offer(me, channel, signal);
      case "DirectCallAnswer":
        return this.#answer(signal);
      case "Hangup":
        return this.#hangUp(me, signal.call_id, signal);
      case "MediaPathReport":
        return this.#report(me, signal);
      case "Ping":
        return void channel.send({ type: "Pong", timestamp_ms: signal.timestamp_ms });
      case "Reflect": {
        const observed_addr = formatSocketAddress(remoteAddress);
        return void channel.send({ type: "ReflectResponse", observed_addr });
      }
    }
  }

  #offer(me: string, channel: SignalChannel, offer: Offer): void {
    const callee = this.#hub.get(offer.target_fingerprint);
    if (callee === undefined) {
      const links = this.#options.links.all();
      // To everybody, since it does not know who has the callee.
      for (const link of links) link.channel.send(this.#forward(offer));
      if (links.length === 0) return void channel.send(hangup(null));
    }
    this.#begin({ ...offer, caller_fingerprint: me }, null);
    callee?.send(offer);
    channel.send({ type: "CallRinging", call_id: offer.call_id });
  }

  #begin(offer: Offer, peerRelay: string | null): void {
    this.#calls.set(offer.call_id, {
      caller: offer.caller_fingerprint,
      callee: offer.target_fingerprint,
      callersAddresses: {
        peer_direct_addr: offer.caller_reflexive_addr,
        peer_local_addrs: offer.caller_local_addrs,
      },
      calleesAddresses: NOWHERE,
      peerRelay,
    });
  }

  #answer(answer: Answer): void {
    const id = answer.call_id;
    const call = this.#calls.get(id);
    if (call === undefined) return;
    const far = call.peerRelay;
    if (answer.accept_mode === "Reject") {
      this.#calls.delete(id);
      if (far === null) this.#hub.get(call.caller)?.send(hangup(id));
      else this.#sendTo(far, hangup(id));
      return;
    }
    call.calleesAddresses = calleesAddresses(answer);
    if (far === null) {
      this.#hub.get(call.caller)?.send(answer);
      this.#hub.get(call.caller)?.send(this.#setup(id, "caller"));
    } else this.#sendTo(far, answer);
    this.#hub.get(call.callee)?.send(this.#setup(id, "callee"));
  }

  /** Ends one call, or all of this client. The other party hears of it if it is here. */
  #hangUp(me: string, id: string | null, said?: SignalOf<"Hangup">): void {
    const ended = id === null
      ? [...this.#calls].filter(([, { caller, callee }]) => caller === me || callee === me)
      : [...this.#calls].filter(([other]) => other === id);
    for (const [call, { caller, callee }] of ended) {
      this.#hub.get(caller === me ? callee : caller)?.send(said ?? hangup(call));
      this.#calls.delete(call);
    }
  }

  #report(me: string, report: SignalOf<"MediaPathReport">): void {
    const call = this.#calls.get(report.call_id);
    if (call === undefined) return;
    if (call.peerRelay !== null) return this.#sendTo(call.peerRelay, report);
    this.#hub.get(call.caller === me ? call.callee : call.caller)?.send(report);
  }

  #setup(id: string, party: "caller" | "callee"): KnownSignal {
    const call = this.#calls.get(id)!;
    return {
      type: "CallSetup",
      call_id: id,
      room: `call-${id}`,
      relay_addr: this.#options.advertised,
      ...party === "caller" ? call.calleesAddresses : call.callersAddresses,
      ext: null,
    };
  }

  #sendTo(relay: string, inner: KnownSignal): void {
    this.#options.links.find(keyOf(relay))?.channel.send(this.#forward(inner));
  }

  #forward(inner: KnownSignal): SignalOf<"FederatedSignalForward"> {
    const origin_relay_fp = this.#options.fingerprint;
    return { type: "FederatedSignalForward", inner, origin_relay_fp, ext: null };
  }
}

/** Here, and only here, what cannot be understood is passed over. */
function readable(body: Uint8Array): KnownSignal | null {
  try {
    return decodeAsOriginal(body);
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

function calleesAddresses(answer: Answer): Addresses {
  return {
    peer_direct_addr: answer.callee_reflexive_addr,
    peer_local_addrs: answer.callee_local_addrs,
  };
}

function hangup(call_id: string | null): SignalOf<"Hangup"> {
  return { type: "Hangup", reason: "Normal", call_id };
}
