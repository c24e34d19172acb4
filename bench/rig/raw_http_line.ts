/** One connection over which prepared requests go one after the other, and answers are only counted: it costs next to nothing. */

const HEAD_END = "\r\n\r\n";

export interface RawAnswer {
  readonly status: number;
  readonly bodyBytes: number;
  /** The beginning of it. */
  readonly body: string;
}

export class RawHttpLine {
  readonly #address: Deno.ConnectOptions;
  readonly #buffer = new Uint8Array(1 << 20);
  readonly #decoder = new TextDecoder();
  #connection: Deno.TcpConn | null = null;

  constructor(base: string) {
    const { hostname, port } = new URL(base);
    this.#address = { hostname, port: Number(port) };
  }

  /** A server ends a connection that was idle or has had many requests; then another one is made. */
  async ask(request: Uint8Array): Promise<RawAnswer> {
    for (let attempt = 0;; attempt++) {
      try {
        return await this.#askOnce(request);
      } catch (error) {
        this.#drop();
        if (attempt > 0) throw error;
      }
    }
  }

  #drop(): void {
    try {
      this.#connection?.close();
    } catch {
      // Closed already.
    }
    this.#connection = null;
  }

  async #askOnce(request: Uint8Array): Promise<RawAnswer> {
    const connection = this.#connection ??= await Deno.connect(this.#address);
    for (let at = 0; at < request.length;) at += await connection.write(request.subarray(at));
    let head = await this.#read(connection);
    while (!head.includes(HEAD_END)) head += await this.#read(connection);
    const bodyAt = head.indexOf(HEAD_END) + HEAD_END.length;
    const status = Number(head.slice(9, 12));
    const announced = /^content-length: (\d+)/im.exec(head)?.[1];
    const body = head.slice(bodyAt);
    let bodyBytes = body.length;
    if (announced !== undefined) {
      while (bodyBytes < Number(announced)) bodyBytes += await this.#count(connection);
    } else {
      for (let text = body; !text.endsWith(`0${HEAD_END}`);) {
        text = await this.#read(connection);
        bodyBytes += text.length;
      }
    }
    if (/^connection: close/im.test(head)) {
      this.#drop();
    }
    return { status, bodyBytes, body };
  }

  async #read(connection: Deno.TcpConn): Promise<string> {
    const bytes = await this.#count(connection);
    return this.#decoder.decode(this.#buffer.subarray(0, bytes));
  }

  async #count(connection: Deno.TcpConn): Promise<number> {
    const bytes = await connection.read(this.#buffer);
    if (bytes === null) throw new Error("The connection ended before the answer did");
    return bytes;
  }
}

/** A request as bytes; `base` as for the line. */
export function rawRequest(
  base: string,
  method: string,
  path: string,
  body?: unknown,
): Uint8Array {
  const text = body === undefined ? "" : JSON.stringify(body);
  const length = new TextEncoder().encode(text).length;
  const more = body === undefined
    ? ""
    : `content-type: application/json\r\ncontent-length: ${length}\r\n`;
  return new TextEncoder().encode(
    `${method} ${path} HTTP/1.1\r\nhost: ${new URL(base).host}\r\n${more}\r\n${text}`,
  );
}
