/** What documents quote as said by the program, against sources that say it or do not. */
import assert from "node:assert/strict";
import { Messages, quoteBreaches } from "./quote_rules.ts";

const SOURCE = [
  "/** Says: this sentence is only a comment. */",
  "const a = `Cannot listen on ${where}: ${why}. ` +",
  '  "Choose another address with --listen";',
  'const b = "permission denied";',
  "const c = `The directory ${dir} is in use by ${pid ? `another relay (process ${pid})` : b}. Stop it`;",
  'log.info("incoming connection", { addr });',
  "const d = `unknown key ${name}; the nearest known key is ${best}`;",
  "const e = `must be ${EXPECTED}, not ${show(value)}`;",
  'const f = "a number of seconds";',
  'const g = "is not in this version yet";',
  "const h = `${place}: ${text}`;",
].join("\n");
const messages = new Messages([SOURCE]);

const fenced = (line: string) => `\`\`\`text\n${line}\n\`\`\`\n`;
const cell = (span: string) =>
  `| you see | why |\n| ------- | --- |\n| \`${span}\`, exit 1 | so |\n`;
const said = (document: string) =>
  quoteBreaches("a.md", document, messages).map(({ line, message }) => `${line}: ${message}`);

const TRUE = [
  fenced(
    '2026-11-20T03:49:50.217000Z  INFO accept: incoming connection conn="a-2" addr=127.0.0.1:1',
  ),
  fenced("INFO accept: incoming connection"),
  fenced('ts=2026 level=info area=accept msg="incoming connection" conn=a'),
  fenced("wzp-relay: p.toml:2: unknown key listen_adr; the nearest known key is listen_addr"),
  fenced('wzp-relay: p.toml:3: drain_timeout must be a number of seconds, not "soon"'),
  fenced("wzp-relay: peers is not in this version yet"),
  fenced('INFO relay:   url = "192.0.2.2:4433"'),
  fenced("$ any command that is not a quote"),
  cell("Cannot listen on 127.0.0.1:80: permission denied. Choose another address with --listen"),
  cell("Cannot listen on ...: permission denied"),
  cell("The directory ... is in use by another relay (process ...)"),
  cell("incoming connection name=... reason=..."),
  "`only prose`\n",
];

const FALSE = [
  [fenced("INFO accept: incomming connection"), '2: nothing says "incomming connection"'],
  [fenced("wzp-relay: p.toml:2: unknown key x; the closest key is y"), "2: nothing says "],
  [fenced("wzp-relay: drain_timeout must be a number of minutes, not 3"), "2: nothing says "],
  [cell("Cannot listen on ...: Cannot bind: permission denied"), "3: nothing says "],
  [
    cell(
      "Cannot listen on 127.0.0.1:80: Cannot bind: denied. Choose another address with --listen",
    ),
    "3: nothing says ",
  ],
  [cell("this sentence is only a comment"), "3: nothing says "],
] as const;

Deno.test("what the sources say, with gaps filled or left open, may be quoted", () => {
  for (const document of TRUE) assert.deepEqual(said(document), [], document);
});

Deno.test("a quote that differs from what the sources say is a breach with its line", () => {
  for (const [document, message] of FALSE) {
    const found = said(document);
    assert.equal(found.length, 1, document);
    assert.ok(found[0]!.startsWith(message), found[0]);
  }
});
