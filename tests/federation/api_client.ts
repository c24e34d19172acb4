/** The HTTP API of a running relay as a script uses it; every answer and event is held against its `/openapi.json`. */
import assert from "node:assert/strict";
import {
  answerProblem,
  eventProblem,
  type OpenApiDocument,
} from "../../admin/api/testing_document.ts";
import type { MeshNode } from "./mesh_node.ts";
import { within } from "./within.ts";

type Json = ReturnType<typeof JSON.parse>;

/** Only a hang reaches it. */
export const HANG_MS = 60_000;
const POLL_MS = 50;

export interface Told {
  readonly name: string;
  readonly id: string;
  readonly data: Json;
}

export class ApiClient {
  readonly #base: string;
  readonly #token: string;
  readonly document: OpenApiDocument;

  private constructor(base: string, token: string, document: OpenApiDocument) {
    this.#base = base;
    this.#token = token;
    this.document = document;
  }

  static async of({ relay }: MeshNode): Promise<ApiClient> {
    const [, address] = await relay.stdout.match(/http addr=([\d.]+:\d+)/, HANG_MS);
    const [, path] = await relay.stdout.match(
      /admin token (?:generated|loaded) path="([^"]+)"/,
      HANG_MS,
    );
    const token = (await Deno.readTextFile(path!)).trim();
    const base = `http://${address}`;
    return new ApiClient(base, token, await (await fetch(`${base}/openapi.json`)).json());
  }

  /** Reads without a token. */
  async get(path: string): Promise<Json> {
    const { status, body } = await this.#ask("get", path, {});
    assert.equal(status, 200, `${path}: ${JSON.stringify(body)}`);
    return body;
  }

  /** Operates. */
  async operate(method: "POST" | "DELETE", path: string, body: Json = {}, token = this.#token) {
    return await this.#ask(method.toLowerCase(), path, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(method === "POST" ? { body: JSON.stringify(body) } : {}),
    });
  }

  /** Asks again and again until `is` holds. */
  async until(path: string, is: (body: Json) => boolean): Promise<Json> {
    let last: Json;
    return await within(HANG_MS, () => `${path}: ${JSON.stringify(last)}`, async (over) => {
      while (!over.aborted) {
        last = await this.get(path);
        if (is(last)) return last;
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    });
  }

  /** Follows server-sent events until the answer's `close` is called. */
  async follow(path: string, lastEventId?: string): Promise<ApiFeed> {
    const stop = new AbortController();
    const response = await fetch(`${this.#base}${path}`, {
      signal: stop.signal,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
      },
    });
    assert.equal(response.status, 200, path);
    return new ApiFeed(
      response,
      stop,
      (name, data) => eventProblem(this.document, path.split("?", 1)[0]!, name, data),
    );
  }

  async #ask(method: string, path: string, init: RequestInit) {
    const response = await fetch(`${this.#base}${path}`, init);
    const body = await response.json();
    const type = response.headers.get("content-type") ?? "";
    const problem = answerProblem(
      this.document,
      this.#templateOf(path.split("?", 1)[0]!),
      method,
      response.status,
      type,
      body,
    );
    assert.equal(problem, null, `${method} ${path}: ${problem}`);
    return { status: response.status, body };
  }

  #templateOf(path: string): string {
    const fits = (template: string) =>
      new RegExp(`^${template.replace(/\{\w+\}/g, "[^/]+")}$`).test(path);
    const { paths } = this.document;
    return path in paths ? path : Object.keys(paths).find(fits) ?? path;
  }
}

export class ApiFeed {
  /** Everything that was told. */
  readonly told: Told[] = [];
  readonly #stop: AbortController;
  readonly #ended: Promise<void>;
  #problem: string | null = null;

  constructor(
    response: Response,
    stop: AbortController,
    problemOf: (name: string, data: Json) => string | null,
  ) {
    this.#stop = stop;
    this.#ended = this.#read(response, problemOf).catch(() => {});
  }

  /** Waits for an event that was or will be told. */
  async until(name: string, is: (data: Json) => boolean = () => true): Promise<Told> {
    const told = () => this.told.map(({ name }) => name).join(" ");
    return await within(HANG_MS, () => `event ${name}, told: ${told()}`, async (over) => {
      for (;;) {
        assert.equal(this.#problem, null);
        const event = this.told.find((one) => one.name === name && is(one.data));
        if (event !== undefined || over.aborted) return event!;
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    });
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
    assert.equal(this.#problem, null);
  }

  /** Resolves when the relay has ended it. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  async #read(
    response: Response,
    problemOf: (name: string, data: Json) => string | null,
  ): Promise<void> {
    let rest = "";
    for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + text).split("\n\n");
      rest = blocks.pop()!;
      for (const block of blocks) {
        const [, name] = /^event: (.*)$/m.exec(block) ?? [];
        if (name === undefined) continue;
        const [, id = ""] = /^id: (.*)$/m.exec(block) ?? [];
        const data = JSON.parse(/^data: (.*)$/m.exec(block)![1]!);
        this.told.push({ name, id, data });
        this.#problem ??= problemOf(name, data);
      }
    }
  }
}
