// The GPUs whose compilers are known here, and the numbers that the estimates are made of.
//
// Sources, by the letters in the comments:
//   W  Wikipedia's tables and the makers' product pages: units, memory, and clocks, of which it is one that holds under load
//   R  AMD's instruction set guides for RDNA 2, 3 and 4: LDS 128 bytes a cycle and CU, 64 bytes of L0, waves a SIMD, registers
//   X  Intel's oneAPI GPU optimization guide, chapter Xe GPU architecture: 8-wide units, threads, registers, SLM, a data port of
//      128 bytes a cycle
//   C  NVIDIA's CUDA programming guide, table of compute capabilities: 8.6
//   A  assumed: nothing found that says it

export interface GpuModel {
  /** The product that the numbers are of. */
  product: string
  /** Compute units of AMD; Xe cores of Intel, on Tiger Lake dual subslices. */
  units: number
  /** The units that run waves or threads, in each of them: SIMDs of AMD, vector engines (EUs) of Intel. */
  engines: number
  gigahertz: number
  /** Of the memory, in GB/s. */
  bandwidth: number
  /** fp32 multiply-adds of an engine in a cycle. */
  lanes: number
  /** The most waves or threads that an engine holds at once. */
  waves: number
  /** Bytes in a cycle and unit, from workgroup memory and from the first cache. */
  sharedBytes: number
  cacheBytes: number
  /** Workgroup memory of a unit, in bytes. */
  sharedMemory: number
  /** Cycles until a load has its data: from memory, from the first cache, from workgroup memory, and by a scalar load. */
  latency: { memory: number; cache: number; shared: number; scalar: number }
}

/** The architecture: 10 is RDNA 2, 11 and 12 are RDNA 3 and 4. */
export type Generation = 10 | 11 | 12

export type IntelGpu = GpuModel & {
  maker: 'Intel'
  /** Whether floats and integers of different threads are computed at the same time. */
  twoPipes: boolean
  /** Whether it is of the second generation of Xe, or later. */
  xe2: boolean
}

export type TimedGpu = (GpuModel & { maker: 'AMD'; generation: Generation }) | IntelGpu

/** GPUs without estimates of time: of them only what the compiler says is known. */
type UntimedGpu = { product: string } & (
  | { maker: 'Qualcomm' }
  /** What a multiprocessor has: bytes of workgroup memory, and places for workgroups. */
  | { maker: 'NVIDIA'; sharedMemory: number; workgroups: number }
)

export type AnyGpu = TimedGpu | UntimedGpu

export const isTimed = (gpu: AnyGpu): gpu is TimedGpu => 'units' in gpu

// Waves, 128 and 64 bytes: R. Latencies: A, from published measurements of RDNA 2 and 3.
const rdna = {
  maker: 'AMD',
  engines: 2,
  waves: 16,
  sharedBytes: 128,
  cacheBytes: 64,
  sharedMemory: 65536,
  latency: { memory: 400, cache: 120, shared: 40, scalar: 100 },
} as const

// The data port of 128 bytes: X. That workgroup memory has as many: A, as one memory is behind the port. Latencies: A.
const xe = {
  maker: 'Intel',
  sharedBytes: 128,
  cacheBytes: 128,
  sharedMemory: 131072,
  latency: { memory: 400, cache: 120, shared: 60, scalar: 100 },
} as const

/** By the name that Mesa knows them by. */
export const gpus = {
  // W. A SIMD of RDNA 3 and 4 does two multiply-adds a lane and cycle where the compiler pairs them, and in waves of 64: R.
  navi21: {
    ...rdna,
    product: 'RX 6900 XT',
    generation: 10,
    units: 80,
    gigahertz: 2.25,
    bandwidth: 512,
    lanes: 32,
  },
  navi31: {
    ...rdna,
    product: 'RX 7900 XTX',
    generation: 11,
    units: 96,
    gigahertz: 2.3,
    bandwidth: 960,
    lanes: 64,
  },
  gfx1201: {
    ...rdna,
    product: 'RX 9070 XT',
    generation: 12,
    units: 64,
    gigahertz: 2.9,
    bandwidth: 645,
    lanes: 64,
  },
  // Units, engines, lanes, threads: X, as are the two pipes since Xe-HPG. The B580's 8 engines of 16 lanes, clocks and bandwidths: W.
  // Iris Xe is with LPDDR4X-4266.
  tgl: {
    ...xe,
    product: 'Iris Xe, 96 EUs',
    units: 6,
    engines: 16,
    gigahertz: 1.35,
    bandwidth: 68,
    lanes: 8,
    waves: 7,
    twoPipes: false,
    xe2: false,
  },
  dg2: {
    ...xe,
    product: 'Arc A770',
    units: 32,
    engines: 16,
    gigahertz: 2.1,
    bandwidth: 560,
    lanes: 8,
    waves: 8,
    twoPipes: true,
    xe2: false,
  },
  bmg: {
    ...xe,
    product: 'Arc B580',
    units: 20,
    engines: 8,
    gigahertz: 2.67,
    bandwidth: 456,
    lanes: 16,
    waves: 8,
    twoPipes: true,
    xe2: true,
  },
  a740: { maker: 'Qualcomm', product: 'Adreno 740' },
  rtx3090: { maker: 'NVIDIA', product: 'RTX 3090', sharedMemory: 102400, workgroups: 16 }, // C
} as const satisfies Record<string, AnyGpu>

export type GpuName = keyof typeof gpus

export const gpuNames = Object.keys(gpus) as GpuName[]
export const timedGpuNames = gpuNames.filter(name => isTimed(gpus[name]))

/** fp32 multiply-adds a second. */
export const peakOf = ({ units, engines, lanes, gigahertz }: GpuModel): number =>
  units * engines * lanes * gigahertz * 1e9
