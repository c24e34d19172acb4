/** Installs the Debian packages a suite needs, where that is possible without asking anybody. */

/** What each suite calls, and the package it is in. */
const NEEDS: Readonly<Record<string, readonly (readonly [command: string, name: string])[]>> = {
  namespace: [
    ["ip", "iproute2"],
    ["unshare", "util-linux"],
    ["wireguard-go", "wireguard-go"],
    ["wg", "wireguard-tools"],
  ],
  browser: [["chromium", "chromium"]],
};

/** Says what it does and what it could not do; tests that miss something say so themselves. */
export async function installPackages(suites: readonly string[]): Promise<void> {
  const needed = suites.flatMap((suite) => NEEDS[suite] ?? []);
  const missing = await Promise.all(
    needed.map(async ([command]) => !await succeeds("which", command)),
  );
  const names = [...new Set(needed.filter((_, index) => missing[index]).map(([, name]) => name))];
  if (names.length === 0) return;
  const list = names.join(" ");
  const become = await asRoot();
  if (become === null || !await succeeds("which", "apt-get")) {
    console.log(
      `Missing packages: ${list}. Installing them needs apt-get and root or sudo without a password.`,
    );
    return;
  }
  console.log(`Installing ${list} ...`);
  const install = () => apt(become, "install", "-y", "--no-install-recommends", ...names);
  const problem = await install() && (await apt(become, "update"), await install());
  if (problem) console.log(`Could not install ${list}: ${problem}`);
}

/** The words that make a command run as root, or null. */
async function asRoot(): Promise<string[] | null> {
  if (Deno.uid() === 0) return [];
  return await succeeds("sudo", "-n", "true") ? ["sudo", "-n"] : null;
}

const LIMIT_MS = 240_000;

/** Runs apt-get without questions; the answer is what went wrong, or the empty string. */
async function apt(become: readonly string[], ...args: string[]): Promise<string> {
  const words = [...become, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", ...args];
  const { success, stderr } = await output(words, LIMIT_MS);
  return success ? "" : new TextDecoder().decode(stderr).trim().split("\n").at(-1) || "no message";
}

async function succeeds(...words: string[]): Promise<boolean> {
  try {
    return (await output(words, 10_000)).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function output([program = "", ...args]: readonly string[], limitMs: number) {
  return new Deno.Command(program, { args, stdin: "null", signal: AbortSignal.timeout(limitMs) })
    .output();
}
