// Lets Mesa's Vulkan driver for Intel (ANV) open a GPU that this machine does not have, so that it compiles pipelines for it:
//   gcc -O2 -shared -fPIC -fvisibility=hidden -Wall -Wextra -o libintel_shim.so intel_shim.c
//   LD_PRELOAD=./libintel_shim.so ISA_INTEL_GPU=dg2 VK_ICD_FILENAMES=/usr/share/vulkan/icd.d/intel_icd.json PROGRAM
// ISA_INTEL_GPU is dg2 (Alchemist: Arc A770), tgl (Tiger Lake: Iris Xe) or bmg (Battlemage: Arc B580). It needs Linux and glibc.
//
// ANV finds its device through libdrm, and then talks to the kernel's driver by ioctl. This library takes the place of both:
//   1. libdrm's functions that list devices show one PCI device of Intel, with the identity of that GPU. By it ANV knows the
//      instruction set, the registers and the limits: it has a table of all of Intel's GPUs.
//   2. The device's node is a file in memory (a memfd), so opening and mapping it need no pretence. A buffer of the GPU is a
//      range of this file.
//   3. Requests (ioctl) to this file are answered here. Some ask what the GPU is made of and what its driver can do. The
//      others ask for work: they succeed, and nothing is done. So no command runs, and every wait ends at once.
//
// The kernel's driver is always i915. A real Battlemage has another, xe, but ANV takes any GPU from either of them, and its
// compiler does not ask which it is. Numbers and layouts are those of the kernel's drm.h and i915_drm.h, and of libdrm's
// xf86drm.h, which never change for programs that are compiled already. They are written out here, since not every system has
// these headers where there is a driver. Mesa 25.0 and 26.2 work. A request that is not known here fails, and stderr says so.

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
  int subslices;  // Xe-cores; dual subslices of Tiger Lake
  int eus;        // execution units of a subslice, at most 16
  uint64_t vram;  // in bytes; 0: the GPU shares the host's memory
} Gpu;

static const Gpu gpus[] = {
  {"dg2", 0x56a0, 32, 16, 16 * GIB},
  {"tgl", 0x9a49, 6, 16, 0},
  {"bmg", 0xe20b, 20, 8, 12 * GIB},
};

static const Gpu *gpu;
static int memory = -1;  // the memfd
static struct stat memory_file;
static char node[32];  // a path that opens the memfd once more

/** Leaves `gpu` NULL if the environment names none. */
static void choose_gpu(void) {
  const char *name = getenv("ISA_INTEL_GPU");
  for (size_t i = 0; i < sizeof gpus / sizeof *gpus; i++)
    if (name && !strcmp(name, gpus[i].name)) gpu = &gpus[i];
  if (!gpu) {
    fprintf(stderr, "ISA_INTEL_GPU is “%s”: set it to dg2, tgl or bmg\n", name ? name : "");
    return;
  }
  memory = memfd_create("intel_shim", MFD_CLOEXEC);
  // The file is sparse: a page takes memory once it is written.
  if (memory < 0 || ftruncate(memory, INT64_MAX) || fstat(memory, &memory_file)) {
    perror("intel_shim: no file for the memory of the GPU");
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
  uint16_t domain;
  uint8_t bus, device, function;
} Place;

typedef struct {
  uint16_t vendor, device, subvendor, subdevice;
  uint8_t revision;
} Identity;

typedef struct {
  char **nodes;         // paths of the primary (it has displays), the control and the render node
  int available_nodes;  // a bit for each
  int bus;              // 0: PCI
  Place *place;
  Identity *identity;
} Device;

/** The one device, which is never freed; NULL if the environment names none. */
static Device *the_device(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  static char *nodes[] = {"", "", node};
  static Place place = {.device = 2};
  static Identity identity = {.vendor = 0x8086};
  static Device device = {nodes, 1 << 2, 0, &place, &identity};
  pthread_once(&once, choose_gpu);
  if (!gpu) return NULL;
  identity.device = gpu->id;
  return &device;
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

/** Of graphics drivers in general; ANV asks only for semaphores that count. */
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
    case 51: *asked->value = 19200000; break;  // of the timestamps, in Hz
    default: *asked->value = 1;                // whether the driver has some feature
  }
  return 0;
}

static int get_context_parameter(void *argument) {
  struct { uint32_t context, size; uint64_t parameter, value; } *asked = argument;
  asked->value = asked->parameter == 3 ? (uint64_t)1 << 48 : 0;  // 3: bytes of the address space
  return 0;
}

/** All subslices in one slice, as i915 tells it since Alchemist, with places for 16 execution units each. */
static int32_t topology(void *data) {
  struct {
    uint16_t flags, slices, subslices, eus;
    uint16_t subslice_offset, subslice_stride, eu_offset, eu_stride;  // of the masks, in bytes
    uint8_t masks[];
  } *info = data;
  int subslice_bytes = (gpu->subslices + 7) / 8;
  uint16_t eus = (1 << gpu->eus) - 1;
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
      memcpy(&info->masks[info->eu_offset + 2 * i], &eus, sizeof eus);
    }
  }
  return sizeof *info + 1 + subslice_bytes + 2 * gpu->subslices;
}

/** One engine, which renders and computes: instance 0 of class 0. */
static int32_t engines(void *data) {
  struct Engine { uint16_t class, instance; uint32_t rest[13]; };
  struct { uint32_t count, reserved[3]; struct Engine engines[1]; } *info = data;
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

/** ANV asks twice: first without room for the answer, for its length in bytes; then with room, filled with zeros. */
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

// ——— Requests about buffers ———

// The memfd has 2^27 ranges of 64 GiB. A buffer's handle is the number of its range.
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

/** A buffer in the program's own memory. Its range stays empty. */
static int wrap_memory(void *argument) {
  struct { uint64_t address, size; uint32_t flags, handle; } *asked = argument;
  return new_handle(asked->size, &asked->handle);
}

static int map_buffer(void *argument) {
  struct { uint32_t handle, pad; uint64_t offset; } *asked = argument;
  asked->offset = (uint64_t)asked->handle << RANGE_BITS;
  return 0;
}

/** Gives the range's memory back. */
static int close_buffer(void *argument) {
  const uint32_t *handle = argument;
  off_t offset = (off_t)*handle << RANGE_BITS, size = (off_t)1 << RANGE_BITS;
  return fallocate(memory, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, size) ? errno : 0;
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
  if (memory < 0 || fstat(fd, &file)) return 0;
  return file.st_dev == memory_file.st_dev && file.st_ino == memory_file.st_ino;
}

EXPORT int ioctl(int fd, unsigned long request, ...) {
  va_list rest;
  va_start(rest, request);
  void *argument = va_arg(rest, void *);
  va_end(rest);
  // Bits 8 to 15 tell kinds of devices apart: “d” is graphics. Bits 0 to 7 are the number.
  if ((request >> 8 & 0xff) != 'd' || !is_ours(fd)) return syscall(SYS_ioctl, fd, request, argument);
  int number = request & 0xff;
  if (!requests[number]) fprintf(stderr, "intel_shim: cannot answer request 0x%02x of the Vulkan driver\n", number);
  int error = requests[number] ? requests[number](argument) : EINVAL;
  if (error) errno = error;
  return error ? -1 : 0;
}
