import assert from "node:assert/strict";
import { Hono } from "hono";
import { StartError } from "../relay/ports/start_error.ts";
import type { Routes } from "./app.ts";
import type { AdminEnv } from "./guard/caller.ts";
import { healthRoutes } from "./health.ts";
import { greet } from "./greeting.ts";
import { openServer } from "./server.ts";
import { startAdmin } from "./testing_server.ts";
import { TestingRelay } from "./testing_host.ts";

const LOOPBACK = ["127.0.0.1", "::1"].map((ip) => ({ ip, port: 0 }));

async function inFolder(run: (relay: TestingRelay) => Promise<void>): Promise<void> {
  const stateDir = await Deno.makeTempDir({ prefix: "wzp-admin-" });
  const relay = new TestingRelay();
  relay.settings = { ...relay.settings, stateDir };
  try {
    await run(relay);
  } finally {
    await Deno.remove(stateDir, { recursive: true });
  }
}

/** Empty at the end. */
async function readText(connection: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(4_096);
  return new TextDecoder().decode(buffer.subarray(0, await connection.read(buffer) ?? 0));
}

async function statusOf(port: number, path: string, hostname = "127.0.0.1"): Promise<number> {
  const response = await fetch(`http://${hostname}:${port}${path}`);
  await response.body?.cancel();
  return response.status;
}

Deno.test("a free port is the same for both address families, and says 503 until the relay is there", async () => {
  await inFolder(async (relay) => {
    const admin = await openServer({ listen: LOOPBACK, implied: true }, [healthRoutes]);
    try {
      const [v4, v6] = admin.addresses;
      assert(v4 !== undefined && v4.port > 0);
      // A machine may have no IPv6.
      if (v6 !== undefined) assert.equal(v6.port, v4.port);
      assert.equal(await statusOf(v4.port, "/healthz"), 503);
      admin.serve(relay.host(), greet(relay.host(), admin.addresses));
      assert.equal(await statusOf(v4.port, "/healthz"), 200);
      if (v6 !== undefined) assert.equal(await statusOf(v4.port, "/healthz", "[::1]"), 200);
      const token = Deno.readTextFileSync(`${relay.settings.stateDir}/admin-token`).trim();
      assert(!JSON.stringify(relay.lines).includes(token));
      assert(
        relay.lines.some(({ fields }) =>
          fields["path"] === `${relay.settings.stateDir}/admin-token`
        ),
      );
    } finally {
      await admin.close();
    }
  });
});

Deno.test("a port that is taken is a StartError that names the flag, and frees what was taken before", async () => {
  using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = other.addr;
  const listen = [{ ip: "127.0.0.2", port }, { ip: "127.0.0.1", port }];
  await assert.rejects(openServer({ listen, implied: true }, []), (error) => {
    assert(error instanceof StartError);
    assert.deepEqual([error.code, error.exitCode], ["http_address_in_use", 69]);
    assert.match(error.message, /follows from the QUIC port.*--http-listen/);
    return true;
  });
  Deno.listen({ hostname: "127.0.0.2", port }).close();
});

Deno.test("an address that the machine does not have is left out beside another, and refused alone", async () => {
  const absent = { ip: "192.0.2.1", port: 0 };
  const listen = [{ ip: "127.0.0.1", port: 0 }, absent];
  const admin = await openServer({ listen, implied: true }, []);
  assert.deepEqual(admin.addresses.map(({ ip }) => ip), ["127.0.0.1"]);
  await admin.close();
  const nowhere = await openServer({ listen: [absent, absent], implied: true }, []);
  assert.deepEqual(nowhere.addresses, []);
  await assert.rejects(openServer({ listen: [absent], implied: false }, []), (error) => {
    assert(error instanceof StartError);
    assert.match(
      error.message,
      /^Cannot listen for HTTP on 192\.0\.2\.1:0: this machine .*--http-listen/,
    );
    return true;
  });
});

Deno.test("all addresses are all of both families, however many sockets that takes", async () => {
  const listen = ["::", "0.0.0.0"].map((ip) => ({ ip, port: 0 }));
  const admin = await openServer({ listen, implied: false }, []);
  try {
    const { port } = admin.addresses[0]!;
    assert.equal(await statusOf(port, "/healthz"), 503);
    if (admin.addresses[0]!.ip === "::") {
      assert.equal(await statusOf(port, "/healthz", "[::1]"), 503);
    }
  } finally {
    await admin.close();
  }
});

Deno.test("without TLS in front an address that others reach is warned of, unless the operator says it is there", async () => {
  for (const behindTls of [false, true]) {
    await inFolder(async (relay) => {
      relay.settings = { ...relay.settings, listen: [{ ip: "0.0.0.0", port: 0 }], behindTls };
      const admin = await startAdmin(relay.host(), [healthRoutes]);
      await admin.close();
      const warned = relay.lines.some(({ level, message }) =>
        level === "warn" && /behind_tls/.test(message)
      );
      assert.equal(warned, !behindTls);
    });
  }
});

Deno.test("a feed learns that its viewer left, and that the server closes", async () => {
  await inFolder(async (relay) => {
    const ended: string[] = [];
    const heard = Promise.withResolvers<void>();
    const feeds: Routes = () => {
      const app = new Hono<AdminEnv>();
      app.get("/feed", ({ req }) => {
        const end = (how: string) => {
          if (ended.push(how) === 2) heard.resolve();
        };
        req.raw.signal.addEventListener("abort", () => end("signal"));
        const body = new ReadableStream({
          start: (controller) => controller.enqueue(new TextEncoder().encode("data: 1\n\n")),
          cancel: () => end("cancel"),
        });
        return new Response(body, { headers: { "content-type": "text/event-stream" } });
      });
      return app;
    };
    const admin = await startAdmin(relay.host(), [feeds]);
    const { port } = admin.addresses[0]!;
    const view = async () => {
      const viewer = await Deno.connect({ hostname: "127.0.0.1", port });
      const request = `GET /feed HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
      await viewer.write(new TextEncoder().encode(request));
      let text = "";
      while (!text.includes("data: 1")) text += await readText(viewer);
      return viewer;
    };
    (await view()).close();
    await heard.promise;
    assert.deepEqual(ended.toSorted(), ["cancel", "signal"]);
    using second = await view();
    await admin.close();
    // Cut off or ended: there is no more of it.
    assert.equal(await readText(second).catch(() => ""), "");
    assert.equal(ended.length, 4);
  });
});

Deno.test("a sender that breaks off in the middle of a body is no fault to log", async () => {
  await inFolder(async (relay) => {
    const admin = await startAdmin(relay.host(), [healthRoutes]);
    try {
      const { port } = admin.addresses[0]!;
      const head = `POST /healthz HTTP/1.1\r\nHost: localhost:${port}\r\n`;
      for (
        const rest of ["Content-Length: 20\r\n\r\n{}", "Transfer-Encoding: chunked\r\n\r\n2\r\n{}"]
      ) {
        const connection = await Deno.connect({ port });
        await connection.write(new TextEncoder().encode(head + rest));
        await connection.closeWrite();
        try {
          await readText(connection);
        } catch {
          // Cut off.
        }
        connection.close();
      }
      assert.equal(await statusOf(port, "/healthz"), 200);
    } finally {
      await admin.close();
    }
    assert.deepEqual(relay.lines.filter(({ level }) => level === "error"), []);
  });
});
