/** Tries a freshly built executable the way a newcomer's machine will; the build counts only if all of it works. */

/** Throws an `Error` with one sentence when `executable` is not a working wzp-relay of this `version`. */
export async function smoke(executable: string, version: string): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "wzp-smoke-" });
  const readOnly = `${dir}/read only`;
  const copy = `${readOnly}/wzp relay`;
  const fallback = await fallbackCache();
  try {
    await Deno.mkdir(readOnly);
    await Deno.copyFile(executable, copy);
    await Deno.chmod(copy, 0o555);
    await Deno.chmod(readOnly, 0o555);
    const relay = { path: copy, cwd: readOnly };

    await answersVersion(relay, version);
    await refusesBadFlag(relay);
    await passesSelfTest(relay);
    await servesAndStops(relay, `${dir}/identity`);
  } finally {
    await Deno.chmod(readOnly, 0o755).catch(() => {});
    await Deno.remove(dir, { recursive: true });
    await fallback.restore();
  }
}

interface Subject {
  readonly path: string;
  readonly cwd: string;
}

async function answersVersion(relay: Subject, version: string): Promise<void> {
  const { stdout, code, stderr } = await run(relay, ["--version"]);
  if (/^deno \d/.test(stdout)) {
    throw new Error(
      "the result is the Deno command line, not the relay: DENORT_BIN (or Deno's cache) holds the ordinary deno where denort belongs",
    );
  }
  expect(
    code === 0 && stdout.trim() === `wzp-relay ${version}`,
    `--version did not answer "wzp-relay ${version}" (exit ${code}): ${stdout}${stderr}`,
  );
}

async function refusesBadFlag(relay: Subject): Promise<void> {
  const { code, stderr } = await run(relay, ["--no-such-flag"]);
  expect(code === 64 && stderr !== "", `a bad flag gave exit ${code} instead of 64: ${stderr}`);
}

async function passesSelfTest(relay: Subject): Promise<void> {
  const { code, stdout, stderr } = await run(relay, ["--self-test"]);
  expect(code === 0, `--self-test gave exit ${code}: ${stdout}${stderr}`);
}

/** Starts it, connects as the ping service's clients do, stops it. */
async function servesAndStops(relay: Subject, identity: string): Promise<void> {
  const child = command(relay, ["--listen", "127.0.0.1:0", "-i", identity]).spawn();
  const stderr = new Response(child.stderr).text();
  const deadline = setTimeout(() => child.kill("SIGKILL"), START_LIMIT_MS);
  try {
    let output = "";
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    while (!output.includes("Listening for connections...")) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`it did not get ready: ${output}${await stderr}`);
      output += value;
    }
    const drained = (async () => {
      while (!(await reader.read()).done);
    })();
    await ping(output);
    child.kill("SIGTERM");
    const { code, signal } = await child.status;
    await drained;
    expect(code === 0, `SIGTERM gave exit ${code} (${signal}) instead of 0: ${await stderr}`);
  } finally {
    clearTimeout(deadline);
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended, as it should have.
    }
    await child.status;
  }
}

/** Joins the relay's socket with SNI `ping`; the relay closes at once with code 0. */
async function ping(output: string): Promise<void> {
  const port = output.match(/\baddr=\S*:(\d+)/)?.[1];
  const pin = output.match(/\btls_fingerprint="?([0-9a-f:]{95})/)?.[1];
  if (port === undefined || pin === undefined) {
    throw new Error(`addr= or tls_fingerprint= is missing in its output: ${output}`);
  }
  // The type declarations lack this option.
  const trust: { serverCertificateHashes: { algorithm: string; value: Uint8Array }[] } = {
    serverCertificateHashes: [{
      algorithm: "sha-256",
      value: Uint8Array.from(pin.split(":"), (octet) => parseInt(octet, 16)),
    }],
  };
  const connection = await Deno.connectQuic({
    hostname: "127.0.0.1",
    port: Number(port),
    serverName: "ping",
    alpnProtocols: ["wzp"],
    ...trust,
  });
  const { closeCode } = await connection.closed;
  expect(closeCode === 0, `a ping was closed with code ${closeCode} instead of 0`);
}

async function run(relay: Subject, args: string[]) {
  const { code, stdout, stderr } = await command(relay, args, AbortSignal.timeout(START_LIMIT_MS))
    .output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** An empty environment in a read-only directory: nothing may be taken for granted. */
function command({ path, cwd }: Subject, args: string[], signal?: AbortSignal): Deno.Command {
  return new Deno.Command(path, {
    args,
    cwd,
    clearEnv: true,
    env: {},
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    ...(signal && { signal }),
  });
}

/** Far above the second a first start takes; a busy machine must not fail the build. */
const START_LIMIT_MS = 60_000;

function expect(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise.trim());
}

/** Without any environment a packed executable unpacks under /var/tmp; what was not there before goes again. */
async function fallbackCache(): Promise<{ restore(): Promise<void> }> {
  const dir = `/var/tmp/wzp-relay-${Deno.uid()}`;
  const before = await entries(dir);
  return {
    async restore() {
      for (const name of await entries(dir)) {
        if (!before.includes(name)) await Deno.remove(`${dir}/${name}`, { recursive: true });
      }
      if (before.length === 0) await Deno.remove(dir).catch(() => {});
    },
  };
}

async function entries(dir: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(dir))).map(({ name }) => name);
  } catch {
    return [];
  }
}
