/** A registry for tests: serves signed records of what it is told, and can be down, slow, or lie. */
import type { RelayRecord } from "../../proto/registry_record.ts";

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
