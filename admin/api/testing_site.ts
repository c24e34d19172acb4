/** The API of a made-up relay, asked without sockets; every answer is checked against `/openapi.json`. */
import assert from "node:assert/strict";
import { buildApp } from "../app.ts";
import type { Scope } from "../guard/caller.ts";
import { healthRoutes } from "../health.ts";
import { originalRoutes } from "../original/routes.ts";
import { registryRoutes } from "../registry/routes.ts";
import { type TestingHost, TestingRelay } from "../testing_host.ts";
import { openApi } from "./openapi.ts";
import { apiRoutes } from "./routes.ts";
import { answerProblem, eventProblem, type OpenApiDocument } from "./testing_document.ts";

export interface Ask {
  readonly body?: unknown;
  readonly scope?: Scope;
  readonly headers?: Readonly<Record<string, string>>;
  /** Of who asks; loopback unless it says otherwise. */
  readonly from?: string;
}

/** Server-sent events, one after the other. */
export interface Feed {
  /** Lets time pass, and reads whatever is told meanwhile; comments are left out. */
  during(ms: number): Promise<FeedItem[]>;
  /** The next chunk as it is; null when the feed has ended. */
  raw(): Promise<string | null>;
  close(): Promise<void>;
}

export interface FeedItem {
  readonly name: string;
  readonly id: string | null;
  readonly data: ReturnType<typeof JSON.parse>;
}

export class TestingSite {
  readonly relay = new TestingRelay();
  readonly document: OpenApiDocument;
  readonly #app: ReturnType<typeof buildApp>;

  /** `changes` may set up the relay, too. */
  constructor(changes: (relay: TestingRelay) => Partial<TestingHost> | void = () => {}) {
    const more = changes(this.relay) ?? {};
    const host = this.relay.host(more);
    this.#app = buildApp(host, [
      healthRoutes,
      originalRoutes,
      registryRoutes,
      apiRoutes,
    ]);
    this.document = openApi("test") as unknown as OpenApiDocument;
  }

  /** `path` may have a query. Operating unless the scope says otherwise. */
  async fetch(method: string, path: string, ask: Ask = {}): Promise<Response> {
    const { body } = ask;
    return await this.send(method, path, body === undefined ? null : JSON.stringify(body), ask);
  }

  /** The same with a body as it is. */
  async send(
    method: string,
    path: string,
    body: string | Uint8Array<ArrayBuffer> | null,
    { scope = "operate", headers = {}, from = "127.0.0.1" }: Omit<Ask, "body"> = {},
  ): Promise<Response> {
    const posts = method !== "GET" && method !== "HEAD";
    return await this.#app.request(`http://localhost:4433${path}`, {
      method,
      headers: { ...(posts ? { "content-type": "application/json" } : {}), ...headers },
      body,
    }, { caller: { source: { ip: from, port: 5 }, scope } });
  }

  /** Asks, and holds the answer against its description. */
  async ask(method: string, path: string, ask: Ask = {}) {
    const response = await this.fetch(method, path, ask);
    const type = response.headers.get("content-type") ?? "";
    const body = JSON.parse(await response.text());
    const template = this.#templateOf(path.split("?", 1)[0]!);
    const problem = answerProblem(
      this.document,
      template,
      method.toLowerCase(),
      response.status,
      type,
      body,
    );
    assert.equal(problem, null, `${method} ${path}: ${problem}`);
    return { status: response.status, body, headers: response.headers };
  }

  async get(path: string) {
    const { status, body } = await this.ask("GET", path, { scope: "read" });
    assert.equal(status, 200, `${path}: ${JSON.stringify(body)}`);
    return body;
  }

  /** Follows server-sent events, each held against its description. */
  async feed(path: string, ask: Ask = {}): Promise<Feed> {
    const response = await this.fetch("GET", path, ask);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "text/event-stream");
    const reader = response.body!.getReader();
    const decoder = new TextDecoder();
    const raw = async () => {
      const { value, done } = await reader.read();
      return done ? null : decoder.decode(value);
    };
    let waiting: Promise<string | null> | null = null;
    const during = async (ms: number) => {
      const items: FeedItem[] = [];
      let asks = true;
      const read = async () => {
        while (asks) {
          const text = await (waiting ??= raw());
          if (!asks) return;
          waiting = null;
          if (text === null) return;
          const blocks = text.split("\n\n");
          items.push(...blocks.flatMap((block) => this.#event(path.split("?", 1)[0]!, block)));
        }
      };
      const reading = read();
      for (let passed = 0; passed < ms; passed += STEP_MS) {
        this.relay.clock.advance(Math.min(STEP_MS, ms - passed));
        await settle();
      }
      asks = false;
      reading.catch(() => {});
      return items;
    };
    return { raw: () => waiting ?? raw(), during, close: () => reader.cancel() };
  }

  #event(path: string, block: string): FeedItem[] {
    const fields = new Map(
      block.split("\n").flatMap((line) => {
        const [, name, value] = /^(\w+): (.*)$/.exec(line) ?? [];
        return name === undefined ? [] : [[name, value!] as const];
      }),
    );
    const name = fields.get("event");
    if (name === undefined) return [];
    const data = JSON.parse(fields.get("data")!);
    const problem = eventProblem(this.document, path, name, data);
    assert.equal(problem, null, `${path}: ${problem}`);
    return [{ name, id: fields.get("id") ?? null, data }];
  }

  #templateOf(path: string): string {
    if (Object.hasOwn(this.document.paths, path)) return path;
    return Object.keys(this.document.paths).find((template) =>
      new RegExp(`^${template.replace(/\{\w+\}/g, "[^/]+")}$`).test(path)
    ) ?? path;
  }
}

/** Short enough to meet every timer of the feeds. */
const STEP_MS = 50;

/** Lets everything that waits for promises and short turns happen. */
export const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
