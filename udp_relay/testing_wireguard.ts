/** Made-up WireGuard for tests: messages built from the format alone, and a relay to send them through. */
import { formatSocketAddress } from "../relay/ports/addresses.ts";
import type { UdpGroup, UdpRelayView } from "../relay/ports/udp_relay.ts";
import { blake2s } from "./blake2s.ts";
import { Forwarder, type ForwarderOptions } from "./forwarder.ts";
import type { Endpoint } from "./peer.ts";

const LABEL = new TextEncoder().encode("mac1----");

/** A key by number, as groups name it. */
export function keyOf(seed: number): string {
  const key = new Uint8Array(32).fill(seed & 255);
  new DataView(key.buffer).setUint32(0, seed);
  return key.toBase64();
}

/** Puts the first code for this key at its place, 32 bytes before the end. */
export function sign(message: Uint8Array, key: string): Uint8Array {
  const covered = message.length - 32;
  const secret = blake2s(concat(LABEL, Uint8Array.fromBase64(key)));
  message.set(blake2s(message.subarray(0, covered), 16, secret), covered);
  return message;
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

function header(type: number, length: number, ...words: number[]): Uint8Array {
  const message = new Uint8Array(length);
  message[0] = type;
  const view = new DataView(message.buffer);
  words.forEach((word, place) => view.setUint32(4 + 4 * place, word, true));
  return message;
}

export function initiation(to: string, index: number, fill = 7): Uint8Array {
  const message = header(1, 148, index);
  message.fill(fill, 8, 116);
  return sign(message, to);
}

export function response(to: string, index: number, receiver: number): Uint8Array {
  return sign(header(2, 92, index, receiver), to);
}

export function cookieReply(receiver: number): Uint8Array {
  return header(3, 64, receiver);
}

export function transport(receiver: number, counter: number, length = 128): Uint8Array {
  return header(4, length, receiver, counter >>> 0, Math.floor(counter / 2 ** 32));
}

export const LIMITS: ForwarderOptions = {
  maxPeers: 100,
  packetsPerSecond: 100_000,
  bytesPerSecond: 100_000_000,
};

/** A forwarder and its time; what it forwards is written down. */
export class TestRelay {
  now = 1_000;
  readonly forwarder: Forwarder;

  constructor(groups: readonly UdpGroup[], options: Partial<ForwarderOptions> = {}) {
    this.forwarder = new Forwarder({ ...LIMITS, ...options }, this.now);
    this.forwarder.groups("own", groups, this.now);
  }

  /** Where it goes, as text, or why it went nowhere. */
  send(from: string, bytes: Uint8Array): string {
    const before = { ...this.view().drops };
    const { ip, port } = endpointOf(from);
    const to = this.forwarder.receive(bytes, ip, port, this.now);
    if (to !== null) return textOf(to);
    const after = this.view().drops;
    return Object.keys(after).filter((reason) => after[reason] !== before[reason]).join();
  }

  /** Time goes on, and every second is swept. */
  pass(ms: number): void {
    for (const end = this.now + ms; this.now < end;) {
      this.now = Math.min(end, this.now + 1_000);
      this.forwarder.sweep(this.now);
    }
  }

  view(): UdpRelayView {
    return this.forwarder.view({ ip: "", port: 51820 }, this.now, this.now);
  }

  peer(at: string) {
    return this.view().peers.find(({ endpoint }) => endpoint === at);
  }

  /** A whole handshake, with the first use of its session. Where each of the three messages went. */
  handshake(
    initiator: { at: string; key: string; index: number },
    responder: { at: string; key: string; index: number },
  ): string[] {
    return [
      this.send(initiator.at, initiation(responder.key, initiator.index)),
      this.send(responder.at, response(initiator.key, responder.index, initiator.index)),
      this.send(initiator.at, transport(responder.index, 0, 32)),
    ];
  }
}

export function endpointOf(text: string): Endpoint {
  const at = text.lastIndexOf(":");
  return { ip: text.slice(0, at).replace(/^\[(.*)\]$/, "$1"), port: Number(text.slice(at + 1)) };
}

export function textOf(endpoint: Endpoint): string {
  return formatSocketAddress(endpoint);
}
