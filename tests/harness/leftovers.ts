/** Finds processes a test run left behind: all its children carry its mark in their environment. */

/** Name of the variable that carries the mark. */
export const MARK = "RELAY_TEST_RUN";

/** Ends marked processes by their ids and returns what they were. Linux only; elsewhere it finds nothing. */
export async function endLeftovers(mark: string): Promise<string[]> {
  const found = await marked(mark);
  for (const { pid } of found) {
    try {
      Deno.kill(pid, "SIGKILL");
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return found.map(({ pid, command }) => `${pid} (${command})`);
}

async function marked(mark: string): Promise<{ pid: number; command: string }[]> {
  const found: { pid: number; command: string }[] = [];
  const text = async (path: string) => {
    try {
      return await Deno.readTextFile(path);
    } catch {
      return ""; // Gone meanwhile, or another user's.
    }
  };
  if (Deno.build.os !== "linux") return found;
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const environment = await text(`/proc/${name}/environ`);
    if (!environment.split("\0").includes(`${MARK}=${mark}`)) continue;
    const command = (await text(`/proc/${name}/cmdline`)).replaceAll("\0", " ").trim();
    found.push({ pid: Number(name), command: command.slice(0, 120) });
  }
  return found;
}
