/** Every rule for documents, with an example that breaks it. */
import assert from "node:assert/strict";
import { documentBreaches } from "./document_rules.ts";

/** What is said about a document, as `line: message`. */
function check(text: string, path = "README.md"): string[] {
  const documents = new Map([[path, text], [
    "docs/guide.md",
    "# The guide\n\n## UDP, `ports` & more\n",
  ]]);
  return documentBreaches(documents, {
    paths: new Set([
      ...["README.md", "main.ts", "docs/", "docs/guide.md", "relay/", "relay/relay.ts"],
      ...["relay/config/", ".ci/", ".ci/run", "tests/", "tests/run"],
    ]),
    flags: new Map([
      ["wzp-relay", new Set(["--listen", "--config"])],
      ["wzp-relay client", new Set(["--ping"])],
      ["tests/run", new Set(["--soak"])],
    ]),
    keys: new Set(["listen_addr", "peers", "wzp_relay_handshakes_total", "over_limit"]),
    variables: new Set(["WZP_CONFIG", "WZP_LISTEN_ADDR"]),
  }).map(({ line, message }) => `${line}: ${message}`);
}

const fenced = (language: string, ...lines: string[]) =>
  ["```" + language, ...lines, "```", ""].join("\n");

Deno.test("a document that names only what exists passes", () => {
  const text = [
    "[guide](docs/guide.md) [ports](docs/guide.md#udp-ports--more) [here](#a-heading) [out](https://example.org/x)",
    "",
    "## A heading",
    "",
    "`main.ts`, `relay.ts`, `relay/config/`, `relay/config`, `./tests/run`, `.ci/run`, `./wzp-relay`,",
    "`/etc/x/y`, `~/.wzp/relay-identity`, `wzp-relay-<uid>`, `4433:4433/udp`, `deno task test relay/config`,",
    "`--listen`, `--ping`, `wzp-relay --listen :1`, `WZP_LISTEN_ADDR`, `listen_addr`, `over_limit`,",
    '`listen_addr = ":1"`, `wzp_relay_handshakes_total`, `net.core.rmem_default`, `tls_fingerprint=`',
    "",
    fenced(
      "sh",
      "ls --all",
      "systemctl enable --now wzp-relay",
      "WZP_CONFIG=a ./wzp-relay client --ping",
    ),
    fenced("toml", 'listen_addr = ":1"', "#peers = []"),
  ].join("\n");
  assert.deepEqual(check(text), []);
});

const BREACHES: readonly (readonly [string, string])[] = [
  ["[x](docs/gone.md)", "1: link to docs/gone.md: there is no docs/gone.md"],
  ["\n[x](docs/guide.md#gone)", "2: link to docs/guide.md#gone: no such heading"],
  ["[x](#gone)", "1: link to #gone: no such heading"],
  ["`relay/gone.ts`", "1: there is no relay/gone.ts"],
  ["`gone/`", "1: there is no gone/"],
  ["`gone.ts`", "1: there is no file gone.ts"],
  ["`cat relay/gone.ts`", "1: there is no relay/gone.ts"],
  [fenced("sh", "cat ./docs/gone.md"), "2: there is no docs/gone.md"],
  ["`--gone`", "1: no program of ours has --gone"],
  ["`wzp-relay --ping`", "1: wzp-relay does not have --ping"],
  [
    fenced("sh", "", "./wzp-relay client --listen :1"),
    "3: wzp-relay client does not have --listen",
  ],
  ["`wzp-relay client --ping; ./tests/run --ping`", "1: tests/run does not have --ping"],
  ['`["/bin/wzp-relay", "--gone"]`', "1: wzp-relay does not have --gone"],
  ["`WZP_GONE`", "1: there is no variable WZP_GONE"],
  [fenced("sh", "WZP_GONE=1 make"), "2: there is no variable WZP_GONE"],
  ["a\n`gone_key`", "2: there is no key or metric gone_key"],
  ["`gone = 5`", "1: there is no key or metric gone"],
  [fenced("toml", "gone = 5"), "2: there is no key or metric gone"],
];

for (const [text, message] of BREACHES) {
  Deno.test(`said of ${JSON.stringify(text)}: ${message}`, () => {
    assert.deepEqual(check(text), [message]);
  });
}

Deno.test("links of a document start at its folder", () => {
  assert.deepEqual(check("[x](../README.md) [y](guide.md) `relay/relay.ts`", "docs/a.md"), []);
  assert.deepEqual(check("[x](README.md)", "docs/a.md"), [
    "1: link to README.md: there is no docs/README.md",
  ]);
});

Deno.test("flags, variables and keys are checked where operators read", () => {
  assert.deepEqual(check("`--gone` `WZP_GONE` `gone_key`", "docs/a.md"), []);
});
