/** Machines of a test network: network namespaces on one bridge, made and removed with `ip`. */

/** Why namespaces cannot be made here, or null. For `testUnless`. */
export async function namespaceObstacle(): Promise<string | null> {
  if (Deno.build.os !== "linux") return "network namespaces need Linux";
  try {
    await withNamespaces(["probe"], async (network) => {
      await run(...network.command("probe", "ip", "address", "show", "dev", "eth0"));
    });
    return null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return "the command ip (package iproute2) is missing";
    }
    return `network namespaces cannot be made: ${error instanceof Error ? error.message : error}`;
  }
}

export interface Network {
  /** IPv4 address of a machine. */
  address(name: string): string;
  /** IPv6 address of a machine. */
  address6(name: string): string;
  /** Words that run a command on a machine. */
  command(name: string, ...words: string[]): string[];
  /** Cuts a machine's cable or mends it. */
  setLink(name: string, up: boolean): Promise<void>;
}

/** Makes a network with these machines, calls `use`, and removes all of it whatever happens. */
export async function withNamespaces<T>(
  names: readonly string[],
  use: (network: Network) => Promise<T>,
): Promise<T> {
  const id = `wzp-${Deno.pid}-${crypto.randomUUID().slice(0, 8)}`;
  const hub = `${id}-hub`;
  const space = (name: string) => {
    if (!names.includes(name)) throw new RangeError(`There is no machine ${name}`);
    return `${id}-${name}`;
  };
  const host = (name: string) => names.indexOf(name) + 1;
  const network: Network = {
    address: (name) => `10.77.0.${host(name)}`,
    address6: (name) => `fd77::${host(name)}`,
    command: (name, ...words) => ["ip", "netns", "exec", space(name), ...words],
    setLink: (name, up) =>
      run("ip", "-n", hub, "link", "set", `port${host(name)}`, up ? "up" : "down"),
  };
  const made: string[] = [];
  const add = async (name: string) => {
    await run("ip", "netns", "add", name);
    made.push(name);
  };
  try {
    await add(hub);
    await run("ip", "-n", hub, "link", "add", "bridge", "type", "bridge");
    await run("ip", "-n", hub, "link", "set", "bridge", "up");
    for (const name of names) {
      const own = space(name);
      const port = `port${host(name)}`;
      await add(own);
      await run(
        "ip",
        "-n",
        own,
        "link",
        "add",
        "eth0",
        "type",
        "veth",
        "peer",
        "name",
        port,
        "netns",
        hub,
      );
      await run("ip", "-n", hub, "link", "set", port, "master", "bridge", "up");
      await run("ip", "-n", own, "link", "set", "lo", "up");
      await run("ip", "-n", own, "address", "add", `${network.address(name)}/24`, "dev", "eth0");
      // Without duplicate address detection the address can be used at once.
      await run(
        "ip",
        "-n",
        own,
        "address",
        "add",
        `${network.address6(name)}/64`,
        "dev",
        "eth0",
        "nodad",
      );
      await run("ip", "-n", own, "link", "set", "eth0", "up");
    }
    return await use(network);
  } finally {
    for (const name of made) await run("ip", "netns", "delete", name);
  }
}

async function run(...[program = "", ...args]: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args, stdin: "null" }).output();
  if (!success) {
    throw new Error(`${program} ${args.join(" ")}: ${new TextDecoder().decode(stderr).trim()}`);
  }
}
