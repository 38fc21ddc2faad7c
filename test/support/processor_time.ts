/** The milliseconds of processor time that work takes in this process. Other programs add nothing to them, however busy the machine is. */
export async function processorMilliseconds(work: () => unknown): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}
