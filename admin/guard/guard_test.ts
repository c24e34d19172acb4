import assert from "node:assert/strict";
import { Problem, type ProblemCode } from "../problem.ts";
import { TestingRelay } from "../testing_host.ts";
import { Guard, type RequestFacts } from "./guard.ts";
import { parseTokens, type Tokens } from "./tokens.ts";

const TOKEN = "operate-".repeat(5);
const READ = "readonly".repeat(5);
const HERE = { ip: "127.0.0.1", port: 50_000 };
const THERE = { ip: "203.0.113.9", port: 50_000 };

interface Asked extends Partial<Omit<RequestFacts, "headers">> {
  readonly headers?: Readonly<Record<string, string>>;
}

function guard(settings: Partial<TestingRelay["settings"]> = {}) {
  const relay = new TestingRelay();
  relay.settings = { ...relay.settings, hosts: ["relay.example.org"], ...settings };
  const guard = new Guard(
    relay.host(),
    parseTokens(`${TOKEN}\nread ${READ}`) as Tokens,
  );
  const admit = ({ headers = {}, ...facts }: Asked) =>
    guard.admit({
      method: "GET",
      path: "/presence",
      remote: HERE,
      local: { ip: "127.0.0.1", port: 4433 },
      headers: new Map(Object.entries({ host: "localhost:4433", ...headers })),
      ...facts,
    });
  const outcome = (asked: Asked): string => {
    try {
      return admit(asked).scope;
    } catch (error) {
      if (error instanceof Problem) return error.code;
      throw error;
    }
  };
  return { relay, admit, outcome };
}

function problemOf(run: () => unknown, code: ProblemCode): Problem {
  try {
    run();
  } catch (error) {
    assert(error instanceof Problem);
    assert.equal(error.code, code);
    return error;
  }
  throw new Error("was admitted");
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

Deno.test("this machine reads without a token by any of its own names with the right port", () => {
  const { outcome } = guard();
  for (const host of ["localhost:4433", "LOCALHOST:4433", "127.0.0.1:4433", "[::1]:4433"]) {
    assert.equal(outcome({ headers: { host } }), "read", host);
  }
  const v6 = { remote: { ip: "::1", port: 5 }, local: { ip: "::1", port: 4433 } };
  assert.equal(outcome({ ...v6, headers: { host: "[::1]:4433" } }), "read");
});

Deno.test("another port, another name of the machine and another machine need the token", () => {
  const { outcome } = guard();
  for (const host of ["localhost", "localhost:8080", "127.0.0.1:1", "relay.example.org:4433"]) {
    assert.equal(outcome({ headers: { host } }), "unauthorized", host);
    assert.equal(outcome({ headers: { host, ...bearer(TOKEN) } }), "operate", host);
  }
  const remote = { remote: THERE, local: { ip: "192.0.2.7", port: 4433 } };
  for (const host of ["192.0.2.7:4433", "localhost:4433", "127.0.0.1:4433"]) {
    assert.equal(outcome({ ...remote, headers: { host } }), "unauthorized", host);
    assert.equal(outcome({ ...remote, headers: { host, ...bearer(READ) } }), "read", host);
  }
});

Deno.test("what a proxy passed on needs the token, whoever connected", () => {
  const { outcome } = guard();
  for (
    const name of [
      "forwarded",
      "x-forwarded-for",
      "x-forwarded-host",
      "x-forwarded-proto",
      "x-forwarded-anything",
      "x-forwarded",
      "x-real-ip",
      "via",
    ]
  ) {
    assert.equal(outcome({ headers: { [name]: "" } }), "unauthorized", name);
    assert.equal(outcome({ headers: { [name]: "1", ...bearer(TOKEN) } }), "operate", name);
  }
});

Deno.test("foreign names are turned away before anything else, with the right token too", () => {
  const { outcome } = guard();
  const foreign = ["evil.example", "evil.example:4433", "127.0.0.1.evil.example:4433", "10.0.0.1"];
  for (const host of foreign) {
    assert.equal(outcome({ headers: { host } }), "foreign_host", host);
    assert.equal(outcome({ headers: { host, ...bearer(TOKEN) } }), "foreign_host", host);
    assert.equal(outcome({ path: "/healthz", headers: { host } }), "foreign_host", host);
  }
  for (const host of ["", "a b", "localhost:x", "a@localhost:4433"]) {
    assert.equal(outcome({ headers: { host } }), "bad_host", host);
  }
});

Deno.test("elsewhere only health is for everybody, and metrics where the operator says so", () => {
  const far = { remote: THERE, local: { ip: "192.0.2.7", port: 4433 } };
  const headers = { host: "192.0.2.7:4433" };
  const shut = guard();
  const open = guard({ metricsPublic: true });
  assert.equal(shut.outcome({ ...far, headers, path: "/healthz" }), "none");
  assert.equal(open.outcome({ ...far, headers, path: "/metrics" }), "none");
  for (const path of ["/metrics", "/", "/readyz", "/version", "/healthz/", "/metrics/x", "/nope"]) {
    assert.equal(shut.outcome({ ...far, headers, path }), "unauthorized", path);
  }
});

Deno.test("a public registry is for everybody, and nothing beside it", () => {
  const far = { remote: THERE, local: { ip: "192.0.2.7", port: 4433 } };
  const headers = { host: "192.0.2.7:4433" };
  const shut = guard();
  const open = guard({ registryPublic: true });
  const asked = (method: string, path: string) => ({ ...far, headers, method, path });
  for (
    const [method, path] of [
      ["GET", "/relays"],
      ["HEAD", "/relays/eu"],
      ["POST", "/relays"],
      ["DELETE", `/relays/${"ab".repeat(32)}`],
      ["POST", "/parties"],
      ["POST", "/parties/p/join"],
      ["GET", "/parties/p/peers"],
    ] as const
  ) {
    assert.equal(open.outcome(asked(method, path)), "none", path);
    assert.equal(shut.outcome(asked(method, path)), "unauthorized", path);
    const shown = { ...asked(method, path), headers: { ...headers, ...bearer(READ) } };
    assert.equal(shut.outcome(shown), "read", path);
    const wrong = { ...asked(method, path), headers: { ...headers, ...bearer("x") } };
    assert.equal(open.outcome(wrong), "unauthorized", path);
  }
  for (
    const [method, path] of [
      ["GET", "/parties"],
      ["GET", "/relays/"],
      ["GET", "/relays/a/b"],
      ["GET", "/%72elays"],
      ["GET", "/api/v1/registry"],
      ["POST", "/api/v1/drain"],
      ["PUT", "/relays"],
      ["GET", "/"],
    ] as const
  ) {
    assert.equal(open.outcome(asked(method, path)), "unauthorized", path);
  }
});

Deno.test("a wrong token is wrong where none is needed, too", () => {
  const { outcome, admit } = guard();
  for (const authorization of ["Bearer x", "Bearer", "", "Token " + TOKEN, "Basic !", TOKEN]) {
    const problem = problemOf(() => admit({ headers: { authorization } }), "unauthorized");
    assert(!problem.body.includes(TOKEN));
    assert.match(problem.headers["www-authenticate"]!, /^Bearer /);
  }
  assert.equal(outcome({ headers: { authorization: `bearer  ${TOKEN}` } }), "operate");
});

Deno.test("a browser may give the token as password, for reading only", () => {
  const { outcome, admit } = guard();
  const basic = (text: string) => ({ authorization: `Basic ${btoa(text)}` });
  for (const user of ["", "admin"]) {
    assert.equal(outcome({ headers: basic(`${user}:${TOKEN}`) }), "read");
  }
  assert.equal(outcome({ headers: basic(TOKEN) }), "unauthorized");
  const far = { remote: THERE, headers: { accept: "text/html", "sec-fetch-mode": "navigate" } };
  const { headers } = problemOf(() => admit(far), "unauthorized");
  assert.match(headers["www-authenticate"]!, /^Basic /);
  const byScript = { remote: THERE, headers: { accept: "text/html", "sec-fetch-mode": "cors" } };
  const script = problemOf(() => admit(byScript), "unauthorized");
  assert.match(script.headers["www-authenticate"]!, /^Bearer /);
});

Deno.test("a source that keeps showing wrong tokens waits, who shows the right one does not", () => {
  const { relay, outcome, admit } = guard();
  for (let n = 0; n < 10; n += 1) assert.equal(outcome({ headers: bearer("x") }), "unauthorized");
  const { headers } = problemOf(() => admit({ headers: bearer("x") }), "too_many_attempts");
  assert.equal(headers["retry-after"], "60");
  assert.equal(outcome({}), "read", "who shows no token is not concerned");
  assert.equal(outcome({ headers: bearer(TOKEN) }), "operate", "nobody locks the operator out");
  assert.equal(outcome({ headers: bearer("x") }), "too_many_attempts");
  const far = { remote: THERE, headers: bearer(TOKEN) };
  assert.equal(outcome(far), "operate");
  relay.clock.advance(60_000);
  assert.equal(outcome({ headers: bearer("x") }), "unauthorized");
});

Deno.test("who asks again and again without a token is limited, and may still show one", () => {
  const { outcome } = guard();
  const far = { remote: THERE };
  for (let n = 0; n < 100; n += 1) assert.equal(outcome(far), "unauthorized");
  assert.equal(outcome(far), "too_many_attempts");
  assert.equal(outcome({ ...far, headers: bearer(TOKEN) }), "operate");
  assert.equal(outcome({ ...far, path: "/healthz" }), "none");
});
