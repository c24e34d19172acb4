/** Long lists as answers: in pieces, a few at a time, and none to a reader who has it already. */
import type { AdminHost } from "../../relay/ports/admin.ts";
import type { RegistryList } from "../../relay/ports/registry.ts";
import { SourceLimit } from "../../relay/ports/source_limit.ts";
import { TooSlow } from "../bridge.ts";
import type { Caller } from "../guard/caller.ts";
import { isLoopbackIp } from "../guard/host_header.ts";
import { tooMany } from "./source_rates.ts";

/** Copying a piece takes 0.1 ms, so that others are answered in between. */
const PIECE_BYTES = 524_288;
/** Lists that are being sent; each has a piece or two in buffers. */
const MAX_SENDING = 24;
const MAX_PER_SOURCE = 2;
/** Everybody behind a proxy on this machine is one source. */
const MAX_FOR_LOOPBACK = 16;
/** Whoever reads more slowly than this holds a place that others need. */
const SENDING_MS = 60_000;
const RETRY_S = 1;

export class LongLists {
  readonly #clock: AdminHost["clock"];
  readonly #elsewhere = new SourceLimit(MAX_PER_SOURCE);
  readonly #loopback = new SourceLimit(MAX_FOR_LOOPBACK);
  #sending = 0;

  constructor(clock: AdminHost["clock"]) {
    this.#clock = clock;
  }

  get sending(): number {
    return this.#sending;
  }

  /** Throws `Problem` when too many are being sent. */
  answer({ json, tag }: RegistryList, { source }: Caller, ifNoneMatch = ""): Response {
    const etag = `"${tag}"`;
    const headers = { etag, "cache-control": "no-cache" };
    if (names(ifNoneMatch, etag)) return new Response(null, { status: 304, headers });
    const release = this.#take(source.ip);
    return new Response(this.#pieces(json, release), {
      headers: {
        ...headers,
        "content-type": "application/json",
        "content-length": String(json.length),
      },
    });
  }

  #take(ip: string): () => void {
    const places = isLoopbackIp(ip) ? this.#loopback : this.#elsewhere;
    const release = this.#sending < MAX_SENDING ? places.take(ip) : null;
    if (release === null) throw tooMany(RETRY_S, "Too many lists are being sent");
    this.#sending += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#sending -= 1;
      release();
    };
  }

  #pieces(json: Uint8Array, release: () => void): ReadableStream<Uint8Array> {
    const until = this.#clock.now() + SENDING_MS;
    let at = 0;
    return new ReadableStream<Uint8Array>({
      pull: (controller) => {
        if (at >= json.length) {
          release();
          return controller.close();
        }
        if (this.#clock.now() > until) {
          release();
          return controller.error(new TooSlow());
        }
        // Sockets take no memory that threads share.
        controller.enqueue(json.slice(at, at += PIECE_BYTES));
      },
      cancel: release,
    }, { highWaterMark: 0 });
  }
}

/** Whether `If-None-Match` names this tag. */
function names(ifNoneMatch: string, etag: string): boolean {
  return ifNoneMatch.split(",").map((text) => text.trim().replace(/^W\//, ""))
    .some((text) => text === etag || text === "*");
}
