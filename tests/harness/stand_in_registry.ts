/** A registry for tests: serves signed records of what it is told, and can be down, slow, or lie. */
import { nodeCrypto } from "../../proto/node_crypto.ts";
import {
  recordTranscript,
  type RelayAnnouncement,
  type RelayRecord,
} from "../../proto/registry_record.ts";

export class StandInRegistry implements AsyncDisposable {
  relays: readonly RelayRecord[] = [];
  /** Paths that were asked for. */
  readonly asked: string[] = [];
  /** Answers everything else. */
  answer: (request: Request) => Response | Promise<Response> = () =>
    new Response(null, { status: 404 });
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
      const { pathname } = new URL(request.url);
      this.asked.push(`${request.method} ${pathname}`);
      const [, list, region] = /^\/(relays)(?:\/(.+))?$/.exec(pathname) ?? [];
      if (list === undefined) return this.answer(request);
      const relays = this.relays.filter((relay) =>
        !region || relay.region === decodeURIComponent(region)
      );
      return Response.json({ relays });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  close(): Promise<void> {
    return this.#server.shutdown();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** A record with a good signature, by a key made up for it. */
export function signedRecord(
  relay: Partial<RelayAnnouncement> & Pick<RelayAnnouncement, "addr" | "tls_fingerprint">,
): RelayRecord {
  const seed = nodeCrypto.random(32);
  const statement = {
    name: relay.addr,
    region: "",
    capacity: 100,
    load: 0,
    draining: false,
    udp_port: null,
    issued_at: Date.now(),
    nonce: nodeCrypto.random(16).toHex(),
    ...relay,
  };
  return {
    ...statement,
    public_key: nodeCrypto.ed25519Public(seed).toHex(),
    signature: nodeCrypto.ed25519Sign(seed, recordTranscript(statement)).toHex(),
  };
}
