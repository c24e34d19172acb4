/**
 * Writes docs/configuration.md and docs/relay.example.toml from the schema; with `--check` it writes
 * nothing and fails when they differ.
 */
import { configReference, exampleConfig } from "../relay/config/mod.ts";

const listenAddr = { ip: "", port: 4433 };
const tlsFingerprint = "the tls_fingerprint this relay logs when it starts";

const documents: readonly (readonly [string, string])[] = [
  ["configuration.md", configReference()],
  ["relay.example.toml", exampleConfig({ listenAddr, ip: null, port: 4433, tlsFingerprint })],
];

const [mode, ...others] = Deno.args;
if (others.length > 0 || (mode !== undefined && mode !== "--check")) {
  console.error("usage: write_reference.ts [--check]");
  Deno.exit(64);
}
for (const [name, text] of documents) {
  const url = new URL(`../docs/${name}`, import.meta.url);
  if (mode === undefined) await Deno.writeTextFile(url, text);
  else if (await current(url) !== text) {
    console.error(`docs/${name} differs from the schema: run tools/write_reference.ts`);
    Deno.exitCode = 1;
  }
}

async function current(url: URL): Promise<string | null> {
  try {
    return await Deno.readTextFile(url);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
