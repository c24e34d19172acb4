/** Authentication services on loopback for tests, which answer in whatever way the test says. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Question {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly response: ServerResponse;
}

export class TestService {
  readonly questions: Question[] = [];
  url = "";
  /** What the next questions are answered with. */
  answer: (question: Question) => void;
  readonly #server = createServer((request, response) => this.#take(request, response));
  readonly #waiting: (() => void)[] = [];

  private constructor(answer: (question: Question) => void) {
    this.answer = answer;
  }

  static async start(answer: (question: Question) => void): Promise<TestService> {
    const service = new TestService(answer);
    await new Promise<void>((listening) => service.#server.listen(0, "127.0.0.1", listening));
    service.url = `http://127.0.0.1:${(service.#server.address() as AddressInfo).port}/check`;
    return service;
  }

  /** Resolves once so many questions came in all. */
  async asked(count: number): Promise<void> {
    while (this.questions.length < count) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (part: string) => body += part);
    request.on("end", () => {
      const { method = "", url: path = "", headers } = request;
      const question = { method, path, headers, body, response };
      this.questions.push(question);
      this.answer(question);
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }
}

/** Answers with this status and JSON. */
export function json(value: unknown, status = 200): (question: Question) => void {
  return ({ response }) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(value));
  };
}
