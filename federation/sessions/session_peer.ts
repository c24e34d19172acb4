/** A relay link made for sessions: several calls share it, and it is closed when none is left. */
import type { Crypto } from "../../proto/crypto_port.ts";
import { isFromOrigin, LINK_ROOM_AT, validateLinkMedia } from "../../proto/link_datagram.ts";
import { roomHash, roomHashKey, sameRoomHash } from "../../proto/room_hash.ts";
import { callRoomName } from "../../proto/room_name.ts";
import type { Clock, Timer } from "../../quic/clock.ts";
import type { Link } from "../link.ts";
import type { LinkLine } from "../links/link_line.ts";

/** Long enough for the next call of two people who were cut off. */
export const IDLE_MS = 10_000;

/** Why a datagram of a session link is dropped. */
export type SessionDrop = "malformed" | "no_session" | "wrong_origin";

export interface SessionPeerParts {
  readonly clock: Clock;
  readonly crypto: Pick<Crypto, "sha256">;
  readonly link: Link;
  readonly line: LinkLine;
}

interface Session {
  readonly callId: string;
  readonly hash: Uint8Array;
  /** Whether both ends have it. */
  open: boolean;
}

export class SessionPeer {
  readonly link: Link;
  readonly line: LinkLine;
  readonly #parts: SessionPeerParts;
  readonly #sessions = new Map<string, Session>();
  readonly #byHash = new Map<number, Session>();
  readonly #origin: Uint8Array;
  #idle: Timer | null = null;

  constructor(parts: SessionPeerParts) {
    this.#parts = parts;
    this.link = parts.link;
    this.line = parts.line;
    this.#origin = parts.link.fingerprint.subarray(0, 8);
    this.#waitForSessions();
  }

  /** The calls of its sessions, open or asked for. */
  calls(): string[] {
    return [...this.#sessions.keys()];
  }

  has(callId: string): boolean {
    return this.#sessions.has(callId);
  }

  isOpen(callId: string): boolean {
    return this.#sessions.get(callId)?.open ?? false;
  }

  /** One more session; harmless for one that it has. */
  register(callId: string, open: boolean): void {
    const present = this.#sessions.get(callId);
    if (present !== undefined) {
      present.open ||= open;
      return;
    }
    const hash = roomHash(this.#parts.crypto, callRoomName(callId) ?? "");
    const session = { callId, hash, open };
    this.#sessions.set(callId, session);
    this.#byHash.set(roomHashKey(hash), session);
    this.#idle?.cancel();
    this.#idle = null;
  }

  /** Whether it was open. */
  unregister(callId: string): boolean {
    const session = this.#sessions.get(callId);
    if (session === undefined) return false;
    this.#sessions.delete(callId);
    const key = roomHashKey(session.hash);
    if (this.#byHash.get(key) === session) this.#byHash.delete(key);
    if (this.#sessions.size === 0) this.#waitForSessions();
    return session.open;
  }

  /** Null for media of one of its open sessions that began at the relay at its other end. */
  judge(bytes: Uint8Array): SessionDrop | null {
    if (validateLinkMedia(bytes) !== 0) return "malformed";
    const session = this.#byHash.get(roomHashKey(bytes, LINK_ROOM_AT));
    if (session === undefined || !sameRoomHash(bytes, LINK_ROOM_AT, session.hash)) {
      return "no_session";
    }
    if (!session.open) return "no_session";
    return isFromOrigin(bytes, this.#origin) ? null : "wrong_origin";
  }

  /** It is closed: ends its timer. */
  end(): void {
    this.#idle?.cancel();
    this.#idle = null;
  }

  #waitForSessions(): void {
    this.#idle = this.#parts.clock.after(IDLE_MS, () => this.line.close("idle"));
  }
}
