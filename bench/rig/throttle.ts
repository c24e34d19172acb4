/** A share of a core for one process, through a cgroup of its own; version 1 or 2, whichever this machine lets us write. */

/** Short, so that a throttled process stands still for milliseconds and not for a tenth of a second. */
const PERIOD_US = 10_000;

export interface Throttle extends AsyncDisposable {
  /** Which cgroup does it. */
  readonly path: string;
}

/** Null where no cgroup with a CPU quota can be made: that takes root, and a writable /sys/fs/cgroup. */
export async function throttle(pid: number, cores: number): Promise<Throttle | null> {
  const quotaUs = Math.max(1_000, Math.round(cores * PERIOD_US));
  const name = `wzp-bench-${pid}`;
  return await make(`/sys/fs/cgroup/cpu/${name}`, pid, [
    ["cpu.cfs_period_us", String(PERIOD_US)],
    ["cpu.cfs_quota_us", String(quotaUs)],
  ]) ?? await make(`/sys/fs/cgroup/${name}`, pid, [["cpu.max", `${quotaUs} ${PERIOD_US}`]]);
}

async function make(
  path: string,
  pid: number,
  settings: readonly (readonly [file: string, value: string])[],
): Promise<Throttle | null> {
  try {
    await Deno.mkdir(path);
  } catch {
    return null;
  }
  try {
    for (const [file, value] of settings) await write(`${path}/${file}`, value);
    await write(`${path}/cgroup.procs`, String(pid));
  } catch {
    await Deno.remove(path);
    return null;
  }
  return {
    path,
    async [Symbol.asyncDispose]() {
      // Empty once the process has ended or moved back to where it came from.
      await write(`${path}/../cgroup.procs`, String(pid)).catch(() => {});
      await Deno.remove(path).catch(() => {});
    },
  };
}

/** Files of a cgroup are there or not: creating one would hide that. */
async function write(file: string, value: string): Promise<void> {
  await Deno.writeTextFile(file, value, { create: false });
}
