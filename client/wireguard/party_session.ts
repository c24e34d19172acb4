/** A peer's stay in a party of a registry: joins, tells where it is, reads the others, leaves. */
import { ClientError } from "../errors.ts";
import { askRegistry, type RegistryAccess } from "../relays/registry_http.ts";
import type { NatKind, Side } from "./endpoint_choice.ts";

export interface PartyMember {
  readonly party: string;
  readonly token: string;
  readonly name: string;
  /** WireGuard key, base64. */
  readonly publicKey: string;
}

/** Another peer, as it describes itself. */
export interface OtherPeer extends Side {
  readonly publicKey: string;
}

const TIMEOUT_MS = 4_000;
const MAX_PEERS = 64;
const MAX_ITEMS = 32;
const MAX_TEXT = 128;
const NAT_KINDS: readonly NatKind[] = ["open", "cone", "symmetric", "unknown"];

export class PartySession {
  readonly #access: RegistryAccess;
  readonly #member: PartyMember;
  readonly #peer: string;
  readonly #token: string;
  #peers: readonly OtherPeer[];

  /** Rejects with `ClientError`. */
  static async join(
    access: RegistryAccess,
    member: PartyMember,
    side: Side,
  ): Promise<PartySession> {
    const answer = await askRegistry(access, {
      method: "POST",
      path: `/parties/${encodeURIComponent(member.party)}/join`,
      headers: { "x-party-token": member.token },
      body: { name: member.name, public_key: member.publicKey, ...sideJson(side) },
      timeoutMs: TIMEOUT_MS,
    });
    const { peer, token } = (answer ?? {}) as Record<string, unknown>;
    if (typeof peer !== "string" || typeof token !== "string") {
      throw new ClientError("refused", `The registry ${access.url} did not say who we are there.`);
    }
    return new PartySession(access, member, peer, token, readPeers(answer));
  }

  private constructor(
    access: RegistryAccess,
    member: PartyMember,
    peer: string,
    token: string,
    peers: readonly OtherPeer[],
  ) {
    this.#access = access;
    this.#member = member;
    this.#peer = peer;
    this.#token = token;
    this.#peers = peers;
  }

  /** As of the last answer, without ourselves. */
  get peers(): readonly OtherPeer[] {
    return this.#peers.filter(({ publicKey }) => publicKey !== this.#member.publicKey);
  }

  /** Rejects with `ClientError`. */
  async beat(side: Side): Promise<void> {
    this.#peers = readPeers(await this.#post("heartbeat", sideJson(side)));
  }

  /** Rejects with `ClientError`. */
  async leave(): Promise<void> {
    await this.#post("leave", {});
  }

  #post(what: "heartbeat" | "leave", body: unknown): Promise<unknown> {
    const [party, peer] = [this.#member.party, this.#peer].map(encodeURIComponent);
    return askRegistry(this.#access, {
      method: "POST",
      path: `/parties/${party}/peers/${peer}/${what}`,
      headers: { "x-party-token": this.#token },
      body,
      timeoutMs: TIMEOUT_MS,
    });
  }
}

function sideJson({ endpoints, natType, rtts }: Side) {
  return { endpoints, nat_type: natType, rtts };
}

/** What others say of themselves; whatever is not of the right form counts as not said. */
export function readPeers(answer: unknown): OtherPeer[] {
  const { peers } = (answer ?? {}) as { peers?: unknown };
  if (!Array.isArray(peers)) return [];
  return peers.slice(0, MAX_PEERS).flatMap((value: unknown): OtherPeer[] => {
    const { public_key, endpoints, nat_type, rtts } = (value ?? {}) as Record<string, unknown>;
    if (typeof public_key !== "string" || public_key.length > MAX_TEXT) return [];
    return [{
      publicKey: public_key,
      endpoints: Array.isArray(endpoints) ? endpoints.slice(0, MAX_ITEMS).filter(isText) : [],
      natType: NAT_KINDS.find((kind) => kind === nat_type) ?? "unknown",
      rtts: readRtts(rtts),
    }];
  });
}

function readRtts(value: unknown): Record<string, number> {
  if (typeof value !== "object" || value === null) return {};
  const entries = Object.entries(value as Record<string, unknown>).slice(0, MAX_ITEMS)
    .filter((entry): entry is [string, number] =>
      isText(entry[0]) && typeof entry[1] === "number" && entry[1] >= 0 && entry[1] < 60_000
    );
  return Object.fromEntries(entries);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_TEXT;
}
