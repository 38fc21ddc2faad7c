// Lets Mesa's Vulkan drivers for Intel (ANV), Qualcomm (Turnip) and NVIDIA (NVK) open a GPU that this machine does not have, so that
// they compile pipelines for it:
//   gcc -O2 -shared -fPIC -fvisibility=hidden -Wall -Wextra -o libgpu_shim.so gpu_shim.c
//   LD_PRELOAD=./libgpu_shim.so ISA_GPU=dg2 VK_ICD_FILENAMES=/usr/share/vulkan/icd.d/intel_icd.json PROGRAM
// ISA_GPU is dg2 (Alchemist: Arc A770), tgl (Tiger Lake: Iris Xe), bmg (Battlemage: Arc B580), a740 (Adreno 740) or rtx3090 (GeForce
// RTX 3090). It needs Linux and glibc.
//
// A driver finds its device through libdrm, and then talks to the kernel's driver by ioctl. This library takes the place of both:
//   1. libdrm's functions that list devices show one PCI device, with the identity of that GPU. By it, or by what it asks the
//      kernel's driver, Mesa's driver knows the instruction set, the registers and the limits: it has a table of all GPUs.
//   2. The device's node is a file in memory (a memfd), so opening and mapping it need no pretence. A buffer of the GPU is a
//      range of this file.
//   3. Requests (ioctl) to this file are answered here. Some ask what the GPU is made of and what its driver can do. The
//      others ask for work: they succeed, and nothing is done. So no command runs, and every wait ends at once.
//
// The kernel's driver is i915, msm or nouveau. A real Battlemage has another, xe, but ANV takes any GPU from either of them, and
// its compiler does not ask which it is. Numbers and layouts are those of the kernel's drm.h, i915_drm.h, msm_drm.h and
// nouveau_drm.h, and of libdrm's xf86drm.h, which never change for programs that are compiled already. They are written out here,
// since not every system has these headers where there is a driver. Mesa 26.2 works, and for Intel 25.0. A request that is not known
// here fails, and stderr says so.

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

/** Answers a request: 0 or an errno. */
typedef int Answer(void *argument);

typedef struct {
  char *name;
  uint16_t vendor;  // of PCI devices
  int major, minor;
  Answer *const *requests;
} Driver;

static const Driver i915, msm, nouveau;

typedef struct {
  const char *name;
  const Driver *driver;
  uint64_t id;    // of the PCI device; Qualcomm's chip
  uint64_t vram;  // in bytes; 0: the GPU shares the host's memory
  int subslices;  // Intel's Xe-cores; dual subslices of Tiger Lake
  int eus;        // execution units of a subslice, at most 16
} Gpu;

static const Gpu gpus[] = {
  {"dg2", &i915, 0x56a0, 16 * GIB, 32, 16},
  {"tgl", &i915, 0x9a49, 0, 6, 16},
  {"bmg", &i915, 0xe20b, 12 * GIB, 20, 8},
  {"a740", &msm, 0x43050a01, 0, 0, 0},
  {"rtx3090", &nouveau, 0x2204, 24 * GIB, 0, 0},
};

static const Gpu *gpu;
static int memory = -1;  // the memfd
static struct stat memory_file;
static char node[32];  // a path that opens the memfd once more

/** Leaves `gpu` NULL if the environment names none. */
static void choose_gpu(void) {
  const char *name = getenv("ISA_GPU");
  for (size_t i = 0; i < sizeof gpus / sizeof *gpus; i++)
    if (name && !strcmp(name, gpus[i].name)) gpu = &gpus[i];
  if (!gpu) {
    fprintf(stderr, "ISA_GPU is “%s”: set it to dg2, tgl, bmg, a740 or rtx3090\n", name ? name : "");
    return;
  }
  memory = memfd_create("gpu_shim", MFD_CLOEXEC);
  // The file is sparse: a page takes memory once it is written.
  if (memory < 0 || ftruncate(memory, INT64_MAX) || fstat(memory, &memory_file)) {
    perror("gpu_shim: no file for the memory of the GPU");
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
  static Identity identity;
  static Device device = {nodes, 1 << 2, 0, &place, &identity};
  pthread_once(&once, choose_gpu);
  if (!gpu) return NULL;
  identity.vendor = gpu->driver->vendor;
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

EXPORT int drmGetDeviceFromDevId(dev_t id, uint32_t flags, Device **device) {
  return drmGetDevice2((int)id, flags, device);
}

EXPORT void drmFreeDevices(Device *devices[], int count) { (void)devices, (void)count; }
EXPORT void drmFreeDevice(Device **device) { (void)device; }

EXPORT Version *drmGetVersion(int fd) {
  (void)fd;
  static Version version = {.date = "", .description = ""};
  if (!gpu) return NULL;
  const Driver *driver = gpu->driver;
  version.major = driver->major;
  version.minor = driver->minor;
  version.name = driver->name;
  version.name_length = strlen(driver->name);
  return &version;
}

EXPORT void drmFreeVersion(Version *version) { (void)version; }

// ——— Requests that all drivers have. Each answers 0 or an errno. ———

/** Of graphics drivers in general; the drivers ask only for semaphores that count. */
static int get_capability(void *argument) {
  struct { uint64_t capability, value; } *asked = argument;
  asked->value = 1;
  return 0;
}

// The memfd has 2^27 ranges of 64 GiB. A buffer's handle is the number of its range.
#define RANGE_BITS 36

static int new_handle(uint64_t size, uint32_t *handle) {
  static uint32_t handles;
  if (size > (uint64_t)1 << RANGE_BITS) return ENOMEM;
  *handle = __atomic_add_fetch(&handles, 1, __ATOMIC_RELAXED);
  return *handle >> (63 - RANGE_BITS) ? ENOMEM : 0;
}

/** Of a buffer's range in the node. */
static uint64_t offset_of(uint32_t handle) { return (uint64_t)handle << RANGE_BITS; }

/** Gives the range's memory back. */
static int close_buffer(void *argument) {
  const uint32_t *handle = argument;
  off_t offset = offset_of(*handle), size = (off_t)1 << RANGE_BITS;
  return fallocate(memory, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, size) ? errno : 0;
}

/** A context or a semaphore: any number but 0 will do, since nothing waits. */
static int create_something(void *argument) {
  *(uint32_t *)argument = 1;
  return 0;
}

static int nothing(void *argument) {
  (void)argument;
  return 0;
}

/** By number: DRM_IOCTL_… in drm.h. From 0x40 on, each driver has its own. */
#define COMMON_REQUESTS \
  [0x09] = close_buffer,      /* GEM_CLOSE */ \
  [0x0c] = get_capability,    /* GET_CAP */ \
  [0xbf] = create_something,  /* SYNCOBJ_CREATE */ \
  [0xc0 ... 0xcd] = nothing   /* SYNCOBJ_DESTROY, …_WAIT, …_SIGNAL and others */

// ——— Intel: i915_drm.h ———

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
  asked->offset = offset_of(asked->handle);
  return 0;
}

static Answer *const i915_requests[256] = {
  COMMON_REQUESTS,
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
};

static const Driver i915 = {"i915", 0x8086, 1, 6, i915_requests};

// ——— Qualcomm: msm_drm.h ———

static int msm_parameter(void *argument) {
  struct { uint32_t pipe, parameter; uint64_t value; } *asked = argument;
  switch (asked->parameter) {
    case 2: asked->value = 3 << 20; break;       // bytes of the tile memory
    case 3: asked->value = gpu->id; break;
    case 6: asked->value = 1 << 20; break;       // where the tile memory starts
    case 7: asked->value = 1; break;             // priorities
    case 14: case 15: asked->value = 4 * GIB; break;  // the address space: where it starts, and its size
    case 16: asked->value = 15; break;           // highest bit of a bank of memory
    case 18: asked->value = 6; break;            // of compressed images: levels of swizzling
    case 1: case 4: case 5: case 9: case 10: case 19: asked->value = 1; break;
    default: return EINVAL;  // as a kernel that does not know it
  }
  return 0;
}

static int msm_create_buffer(void *argument) {
  struct { uint64_t size; uint32_t flags, handle; } *asked = argument;
  return new_handle(asked->size, &asked->handle);
}

/** Of a buffer: 0 is the offset to map, 1 the GPU's address; others set what is not kept. */
static int msm_buffer(void *argument) {
  struct { uint32_t handle, what; uint64_t value; } *asked = argument;
  if (asked->what < 2) asked->value = offset_of(asked->handle);
  return 0;
}

static Answer *const msm_requests[256] = {
  COMMON_REQUESTS,
  [0x40] = msm_parameter,      // MSM_GET_PARAM
  [0x41] = nothing,            // MSM_SET_PARAM
  [0x42] = msm_create_buffer,  // MSM_GEM_NEW
  [0x43] = msm_buffer,         // MSM_GEM_INFO
  [0x44 ... 0x48] = nothing,   // MSM_GEM_CPU_PREP, …_CPU_FINI, …_SUBMIT: commands, MSM_WAIT_FENCE, MSM_GEM_MADVISE
  [0x4a ... 0x4e] = nothing,   // MSM_SUBMITQUEUE_NEW, …_CLOSE, …_QUERY, MSM_VM_BIND and others
};

static const Driver msm = {"msm", 0x5143, 1, 12, msm_requests};

// ——— NVIDIA: nouveau_drm.h ———

static int nouveau_parameter(void *argument) {
  struct { uint64_t parameter, value; } *asked = argument;
  switch (asked->parameter) {
    case 3: asked->value = gpu->driver->vendor; break;
    case 4: asked->value = gpu->id; break;
    case 5: asked->value = 2; break;                    // PCI Express
    case 8: case 18: asked->value = gpu->vram; break;   // memory, and what of it can be mapped
    case 11: asked->value = 0x172; break;
    case 13: asked->value = 41 << 8 | 7; break;         // texture clusters of two multiprocessors, and clusters of those
    case 17: asked->value = 512; break;                 // commands of a submit
    default: asked->value = 0;
  }
  return 0;
}

/** NVIDIA's interface to objects within the driver: of the device, its classes and what it is. */
static int nouveau_object(void *argument) {
  struct { uint8_t version, type, rest[22], data[]; } *asked = argument;
  struct { uint8_t version, count, rest[6]; struct { int32_t class; int16_t least, most; } classes[]; } *list = (void *)asked->data;
  struct {
    uint8_t version, method, rest[6];
    uint8_t info_version, platform;
    uint16_t chipset;
    uint8_t revision, family, pad[2];
    uint64_t ram, user_ram;
    char chip[16], name[64];
  } *call = (void *)asked->data;
  // Data within commands, copies, 2D, 3D and compute.
  static const int32_t classes[] = {0xa140, 0xc6b5, 0x902d, 0xc797, 0xc7c0};
  if (asked->type == 1) {
    for (int i = 0; i < 5 && i < list->count; i++) list->classes[i].class = classes[i];
    list->count = 5;
  } else if (asked->type == 4 && call->method == 0) {
    call->platform = 3;  // PCI Express
    call->chipset = 0x172;
    call->ram = call->user_ram = gpu->vram;
    strcpy(call->name, gpu->name);
  }
  return 0;
}

static int nouveau_create_buffer(void *argument) {
  struct { uint32_t handle, domain; uint64_t size, address, offset; } *asked = argument;
  int error = new_handle(asked->size, &asked->handle);
  asked->offset = asked->address = offset_of(asked->handle);
  return error;
}

static Answer *const nouveau_requests[256] = {
  COMMON_REQUESTS,
  [0x40] = nouveau_parameter,      // NOUVEAU_GETPARAM
  [0x42 ... 0x43] = nothing,       // NOUVEAU_CHANNEL_ALLOC, …_FREE
  [0x47] = nouveau_object,         // NOUVEAU_NVIF
  [0x50 ... 0x53] = nothing,       // NOUVEAU_VM_INIT, …_VM_BIND, …_EXEC: commands, …_GET_ZCULL_INFO
  [0x80] = nouveau_create_buffer,  // NOUVEAU_GEM_NEW
  [0x81 ... 0x83] = nothing,       // NOUVEAU_GEM_PUSHBUF, …_CPU_PREP, …_CPU_FINI
};

static const Driver nouveau = {"nouveau", 0x10de, 1, 4, nouveau_requests};

// ——— The device's node ———

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
  Answer *answer = gpu->driver->requests[number];
  if (!answer) fprintf(stderr, "gpu_shim: cannot answer request 0x%02x of the Vulkan driver\n", number);
  int error = answer ? answer(argument) : EINVAL;
  if (error) errno = error;
  return error ? -1 : 0;
}
