// Lets Mesa's Vulkan driver for Intel (ANV) open a GPU that this machine does not have, so that it compiles pipelines for it:
//   gcc -O2 -shared -fPIC -fvisibility=hidden -Wall -Wextra -o libintel_shim.so intel_shim.c
//   LD_PRELOAD=./libintel_shim.so ISA_INTEL_GPU=dg2 VK_ICD_FILENAMES=/usr/share/vulkan/icd.d/intel_icd.json PROGRAM
// ISA_INTEL_GPU is dg2 (Alchemist, Arc A770), tgl (Tiger Lake) or bmg (Battlemage, Arc B580).
//
// ANV finds its device through libdrm and then talks to the kernel's driver by ioctl. This library takes the place of both:
//   1. libdrm's functions that list devices show one PCI device of Intel, with the identity of the GPU asked for. From this
//      identity ANV knows the instruction set, the registers and the limits: it has a table of all GPUs.
//   2. The device's node is a file in memory (a memfd). Opening and mapping it is real, so neither has to be pretended. A
//      buffer of the GPU is a range of this file.
//   3. Requests (ioctl) to that file are answered here. A few ask for facts: what the GPU is made of, and what its driver can
//      do. Most ask for work: these succeed and nothing is done. So commands never run, and waiting for them ends at once.
//
// The kernel's driver is always i915. A Battlemage is really driven by xe, but ANV takes any GPU from either driver, and its
// compiler does not ask which one it is. The layouts and numbers below are those of the kernel's i915_drm.h and drm.h and of
// libdrm's xf86drm.h, which do not change; only the fields that ANV 25.0 reads are named. All sizes are in bytes.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define GIB ((uint64_t)1 << 30)

// ——— The GPUs ———

typedef struct {
  const char *name;
  uint16_t id;    // of the PCI device
  int subslices;  // Xe-cores, or dual subslices of Tiger Lake
  int eus;        // execution units of a subslice, at most 16
  uint64_t vram;  // 0: the GPU shares the host's memory
} Gpu;

static const Gpu gpus[] = {
  {"dg2", 0x56a0, 32, 16, 16 * GIB},
  {"tgl", 0x9a49, 6, 16, 0},
  {"bmg", 0xe20b, 20, 8, 12 * GIB},
};

static const Gpu *gpu;
static int memory = -1;  // the memfd
static struct stat memory_identity;
static char node[32];    // a path that opens the memfd once more
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void choose(void) {
  const char *name = getenv("ISA_INTEL_GPU");
  for (size_t i = 0; i < sizeof gpus / sizeof *gpus; i++)
    if (name && !strcmp(name, gpus[i].name)) gpu = &gpus[i];
  if (!gpu) {
    fprintf(stderr, "ISA_INTEL_GPU is “%s”: set it to dg2, tgl or bmg\n", name ? name : "");
    return;
  }
  memory = memfd_create("intel_shim", MFD_CLOEXEC);
  // The file is sparse: a page takes memory once it is written.
  if (memory < 0 || ftruncate(memory, INT64_MAX & ~0xfff) || fstat(memory, &memory_identity)) {
    perror("intel_shim: no memory for the pretended GPU");
    gpu = NULL;
  }
  snprintf(node, sizeof node, "/proc/self/fd/%d", memory);
}

// ——— What libdrm says ———

typedef struct {
  int major, minor, patch, name_length;
  char *name;
  int date_length;
  char *date;
  int description_length;
  char *description;
} Version;

typedef struct {
  char **nodes;         // the paths of the primary, the control and the render node
  int available_nodes;  // one bit for each
  int bus;              // 0: PCI
  struct { uint16_t domain; uint8_t bus, device, function; } *place;
  struct { uint16_t vendor, device, subvendor, subdevice; uint8_t revision; } *identity;
} Device;

/** The one device, or NULL where ISA_INTEL_GPU names none. Freeing it does nothing. */
static Device *the_device(void) {
  static char *nodes[] = {node, node, node};
  static __typeof__(*((Device *)0)->place) place = {.device = 2};
  static __typeof__(*((Device *)0)->identity) identity = {.vendor = 0x8086};
  static Device device = {nodes, 1 << 2, 0, &place, &identity};
  pthread_once(&once, choose);
  if (gpu) identity.device = gpu->id;
  return gpu ? &device : NULL;
}

EXPORT int drmGetDevices2(uint32_t flags, Device *devices[], int room) {
  (void)flags;
  Device *device = the_device();
  if (device && devices && room > 0) devices[0] = device;
  return device != NULL;
}

EXPORT int drmGetDevice2(int fd, uint32_t flags, Device **device) {
  (void)fd, (void)flags;
  *device = the_device();
  return *device ? 0 : -ENODEV;
}

EXPORT void drmFreeDevices(Device *devices[], int count) { (void)devices, (void)count; }
EXPORT void drmFreeDevice(Device **device) { (void)device; }

EXPORT Version *drmGetVersion(int fd) {
  (void)fd;
  static Version version = {1, 6, 0, 4, "i915", 0, "", 0, ""};
  return &version;
}

EXPORT void drmFreeVersion(Version *version) { (void)version; }

// ——— Requests for facts. Each answers 0 or an errno. ———

static int get_capability(void *argument) {
  struct { uint64_t capability, value; } *asked = argument;
  asked->value = 1;
  return 0;
}

static int get_parameter(void *argument) {
  struct { int32_t parameter; int32_t *value; } *asked = argument;
  switch (asked->parameter) {
    case 4: *asked->value = gpu->id; break;
    case 32: *asked->value = 0; break;         // revision
    case 40: *asked->value = 4; break;         // version of mapping: by an offset into the node
    case 51: *asked->value = 19200000; break;  // Hz of the timestamps
    default: *asked->value = 1; break;         // whether the driver has some feature
  }
  return 0;
}

static int get_context_parameter(void *argument) {
  struct { uint32_t context, size; uint64_t parameter, value; } *asked = argument;
  asked->value = asked->parameter == 3 ? (uint64_t)1 << 48 : 0;  // 3: bytes of the address space
  return 0;
}

/** All subslices in one slice, as i915 has it since Xe-HP. Each has 16 places for execution units. */
static int32_t topology(void *data) {
  struct {
    uint16_t flags, slices, subslices, eus;
    uint16_t subslice_offset, subslice_stride, eu_offset, eu_stride;  // of the masks, in bytes
    uint8_t masks[];
  } *info = data;
  int subslice_bytes = (gpu->subslices + 7) / 8;
  if (info) {
    info->slices = 1;
    info->subslices = gpu->subslices;
    info->eus = 16;
    info->subslice_offset = 1;
    info->subslice_stride = subslice_bytes;
    info->eu_offset = 1 + subslice_bytes;
    info->eu_stride = 2;
    info->masks[0] = 1;
    for (int i = 0; i < gpu->subslices; i++) {
      info->masks[1 + i / 8] |= 1 << i % 8;
      uint16_t eus = (1 << gpu->eus) - 1;
      memcpy(&info->masks[info->eu_offset + 2 * i], &eus, sizeof eus);
    }
  }
  return sizeof *info + 1 + subslice_bytes + 2 * gpu->subslices;
}

/** One engine that renders and computes: instance 0 of class 0. */
static int32_t engines(void *data) {
  struct { uint32_t count, reserved[3]; struct { uint16_t class, instance; uint32_t rest[13]; } engines[1]; } *info = data;
  if (info) info->count = 1;
  return sizeof *info;
}

/** The host's memory (class 0), and the GPU's own (class 1) where it has some. */
static int32_t memory_regions(void *data) {
  struct Region { uint16_t class, instance; uint32_t reserved; uint64_t size, free, rest[8]; };
  struct { uint32_t count, reserved[3]; struct Region regions[]; } *info = data;
  int count = gpu->vram ? 2 : 1;
  if (info) {
    info->count = count;
    for (int i = 0; i < count; i++) {
      uint64_t size = i ? gpu->vram : 16 * GIB;
      info->regions[i] = (struct Region){.class = i, .size = size, .free = size};
    }
  }
  return sizeof *info + count * sizeof(struct Region);
}

/** A list of queries. Each is asked twice: without room for the answer, which asks for its length, and with it. */
static int query(void *argument) {
  struct Item { uint64_t what; int32_t length; uint32_t flags; void *data; };
  struct { uint32_t count, flags; struct Item *items; } *asked = argument;
  for (uint32_t i = 0; i < asked->count; i++) {
    struct Item *item = &asked->items[i];
    void *data = item->length ? item->data : NULL;
    switch (item->what) {
      case 1: case 6: item->length = topology(data); break;  // of all subslices, and of those that render
      case 2: item->length = engines(data); break;
      case 4: item->length = memory_regions(data); break;
      default: item->length = -EINVAL;
    }
  }
  return 0;
}

// ——— Buffers. The memfd has 2^27 ranges of 64 GiB: a buffer's handle is the number of its range. ———

#define RANGE_BITS 36

static int new_handle(uint64_t size, uint32_t *handle) {
  static uint32_t handles;
  if (size > (uint64_t)1 << RANGE_BITS) return ENOMEM;
  *handle = __atomic_add_fetch(&handles, 1, __ATOMIC_RELAXED);
  return *handle >> (63 - RANGE_BITS) ? ENOMEM : 0;
}

static int create_buffer(void *argument) {
  struct { uint64_t size; uint32_t handle; } *asked = argument;
  return new_handle(asked->size, &asked->handle);
}

/** A buffer of the program's own memory: nothing reads it through its handle. */
static int wrap_memory(void *argument) {
  struct { uint64_t address, size; uint32_t flags, handle; } *asked = argument;
  return new_handle(asked->size, &asked->handle);
}

static int map_buffer(void *argument) {
  struct { uint32_t handle, pad; uint64_t offset; } *asked = argument;
  asked->offset = (uint64_t)asked->handle << RANGE_BITS;
  return 0;
}

static int close_buffer(void *argument) {
  off_t offset = (off_t) * (uint32_t *)argument << RANGE_BITS;
  return fallocate(memory, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, (off_t)1 << RANGE_BITS) ? errno : 0;
}

// ——— Requests for work ———

/** A context or a semaphore: any number but 0 will do, since nothing waits. */
static int create_something(void *argument) {
  *(uint32_t *)argument = 1;
  return 0;
}

static int nothing(void *argument) {
  (void)argument;
  return 0;
}

// ——— All requests ———

/** By number: DRM_IOCTL_… in drm.h, and those of i915_drm.h from 0x40 on. */
static int (*const requests[256])(void *argument) = {
  [0x09] = close_buffer,           // GEM_CLOSE
  [0x0c] = get_capability,         // GET_CAP
  [0x46] = get_parameter,          // I915_GETPARAM
  [0x5b] = create_buffer,          // I915_GEM_CREATE
  [0x62] = nothing,                // I915_GEM_GET_TILING
  [0x63] = nothing,                // I915_GEM_GET_APERTURE
  [0x64] = map_buffer,             // I915_GEM_MMAP_OFFSET
  [0x69] = nothing,                // I915_GEM_EXECBUFFER2: commands
  [0x6d] = create_something,       // I915_GEM_CONTEXT_CREATE, …_CREATE_EXT
  [0x6e] = nothing,                // I915_GEM_CONTEXT_DESTROY
  [0x71] = nothing,                // I915_REG_READ: the clock
  [0x72] = nothing,                // I915_GET_RESET_STATS: whether the GPU hung
  [0x73] = wrap_memory,            // I915_GEM_USERPTR
  [0x74] = get_context_parameter,  // I915_GEM_CONTEXT_GETPARAM
  [0x75] = nothing,                // I915_GEM_CONTEXT_SETPARAM
  [0x79] = query,                  // I915_QUERY
  [0x7c] = create_buffer,          // I915_GEM_CREATE_EXT
  [0xbf] = create_something,       // SYNCOBJ_CREATE
  [0xc0 ... 0xcd] = nothing,       // SYNCOBJ_DESTROY, …_WAIT, …_SIGNAL and others
};

static int is_ours(int fd) {
  struct stat file;
  return memory >= 0 && !fstat(fd, &file) && file.st_dev == memory_identity.st_dev &&
         file.st_ino == memory_identity.st_ino;
}

EXPORT int ioctl(int fd, unsigned long request, ...) {
  va_list rest;
  va_start(rest, request);
  void *argument = va_arg(rest, void *);
  va_end(rest);
  // Bits 8 to 15 say whose request it is: “d” is that of graphics drivers.
  if ((request >> 8 & 0xff) != 'd' || !is_ours(fd)) return syscall(SYS_ioctl, fd, request, argument);
  int (*answer)(void *) = requests[request & 0xff];
  if (!answer) fprintf(stderr, "intel_shim: request 0x%02lx of the driver is not known here, and fails\n", request & 0xff);
  int error = answer ? answer(argument) : EINVAL;
  if (error) errno = error;
  return error ? -1 : 0;
}
