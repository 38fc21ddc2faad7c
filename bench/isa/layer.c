// A Vulkan layer for drivers that compile for a GPU which the machine does not have: radv's null device, and ANV on a pretended device.
//
// Such a driver has no memory, and cannot record or run commands. The layer gives it memory of the host, records nothing, and says
// of every submit that it is done. It leaves in the folder $ATROUS_ISA_OUT:
//
//   pipeline_<n>   of each compute pipeline, in the order of their creation: a line `subgroup <lanes>`, a line `stat <value> <name>`
//                  for each statistic of the driver, a line `assembly`, and the assembly. `failed <VkResult>` if there is none.
//   dispatches     a line `<n> <x> <y> <z>` for each dispatch, in the order of the submits: the pipeline and the workgroups

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <vulkan/vk_layer.h>
#include <vulkan/vulkan.h>

// One instance and one device at a time, as Dawn has them.
static PFN_vkGetInstanceProcAddr next_instance_function;
static PFN_vkGetDeviceProcAddr next_device_function;
static VkInstance the_instance;
static VkDevice the_device;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define INSTANCE(name) ((PFN_##name)next_instance_function(the_instance, #name))
#define DEVICE(name) ((PFN_##name)next_device_function(the_device, #name))
#define CALL static VKAPI_ATTR
#define COUNT(array) (sizeof(array) / sizeof *(array))

static FILE *open_file(const char *name, const char *mode) {
  const char *folder = getenv("ATROUS_ISA_OUT");
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder ? folder : ".", name);
  return fopen(path, mode);
}

// ——— pipelines ———

// The numbers of pipelines, by their handles. A handle may come again: the later entry counts.
static struct { VkPipeline pipeline; int number; } *pipelines;
static int pipeline_count;

static int number_of(VkPipeline pipeline) {
  for (int i = pipeline_count - 1; i >= 0; i--) if (pipelines[i].pipeline == pipeline) return pipelines[i].number;
  return -1;
}

static void write_statistics(FILE *file, const VkPipelineExecutableInfoKHR *executable) {
  uint32_t count = 0;
  DEVICE(vkGetPipelineExecutableStatisticsKHR)(the_device, executable, &count, NULL);
  VkPipelineExecutableStatisticKHR *found = calloc(count, sizeof *found);
  for (uint32_t i = 0; i < count; i++) found[i].sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_STATISTIC_KHR;
  DEVICE(vkGetPipelineExecutableStatisticsKHR)(the_device, executable, &count, found);
  for (uint32_t i = 0; i < count; i++) {
    int is_float = found[i].format == VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_FLOAT64_KHR;
    fprintf(file, "stat %.15g %s\n", is_float ? found[i].value.f64 : (double)found[i].value.u64, found[i].name);
  }
  free(found);
}

static void write_assembly(FILE *file, const VkPipelineExecutableInfoKHR *executable) {
  uint32_t count = 0;
  PFN_vkGetPipelineExecutableInternalRepresentationsKHR get = DEVICE(vkGetPipelineExecutableInternalRepresentationsKHR);
  get(the_device, executable, &count, NULL);
  VkPipelineExecutableInternalRepresentationKHR *found = calloc(count, sizeof *found);
  for (uint32_t i = 0; i < count; i++) found[i].sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INTERNAL_REPRESENTATION_KHR;
  get(the_device, executable, &count, found); // their sizes
  for (uint32_t i = 0; i < count; i++) found[i].pData = malloc(found[i].dataSize);
  get(the_device, executable, &count, found);
  for (uint32_t i = 0; i < count; i++) {
    // `Assembly` of radv, `GEN Assembly` of ANV.
    if (strstr(found[i].name, "Assembly")) fprintf(file, "assembly\n%.*s", (int)found[i].dataSize, (char *)found[i].pData);
    free(found[i].pData);
  }
  free(found);
}

// A compute pipeline has one executable.
static void write_pipeline(VkPipeline pipeline, VkResult result, int number) {
  char name[64];
  snprintf(name, sizeof name, "pipeline_%d", number);
  FILE *file = open_file(name, "w");
  if (!file) return;
  if (result != VK_SUCCESS) {
    fprintf(file, "failed %d\n", result);
  } else {
    VkPipelineInfoKHR of = {VK_STRUCTURE_TYPE_PIPELINE_INFO_KHR, NULL, pipeline};
    VkPipelineExecutablePropertiesKHR properties = {VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_PROPERTIES_KHR};
    uint32_t count = 1;
    DEVICE(vkGetPipelineExecutablePropertiesKHR)(the_device, &of, &count, &properties);
    fprintf(file, "subgroup %u\n", properties.subgroupSize);
    VkPipelineExecutableInfoKHR executable = {VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR, NULL, pipeline, 0};
    write_statistics(file, &executable);
    write_assembly(file, &executable);
  }
  fclose(file);
}

CALL VkResult VKAPI_CALL create_compute_pipelines(VkDevice device, VkPipelineCache cache, uint32_t count,
    const VkComputePipelineCreateInfo *infos, const VkAllocationCallbacks *allocator, VkPipeline *made) {
  VkResult worst = VK_SUCCESS;
  for (uint32_t i = 0; i < count; i++) {
    VkComputePipelineCreateInfo info = infos[i];
    info.flags |= VK_PIPELINE_CREATE_CAPTURE_STATISTICS_BIT_KHR | VK_PIPELINE_CREATE_CAPTURE_INTERNAL_REPRESENTATIONS_BIT_KHR;
    // No cache: it may hold a pipeline without its assembly.
    VkResult result = DEVICE(vkCreateComputePipelines)(device, VK_NULL_HANDLE, 1, &info, allocator, made + i);
    pthread_mutex_lock(&lock);
    int number = pipeline_count++;
    pipelines = realloc(pipelines, pipeline_count * sizeof *pipelines);
    pipelines[number].pipeline = made[i];
    pipelines[number].number = number;
    write_pipeline(made[i], result, number);
    pthread_mutex_unlock(&lock);
    if (result != VK_SUCCESS) worst = result;
  }
  return worst;
}

// ——— commands: dispatches are noted, nothing is recorded ———

typedef struct Recording {
  VkCommandBuffer buffer;
  int bound;
  size_t count, room;
  struct { int pipeline; uint32_t x, y, z; } *dispatches;
  struct Recording *next;
} Recording;
static Recording *recordings;

static Recording *recording_of(VkCommandBuffer buffer) {
  for (Recording *each = recordings; each; each = each->next) if (each->buffer == buffer) return each;
  Recording *made = calloc(1, sizeof *made);
  made->buffer = buffer;
  made->next = recordings;
  return recordings = made;
}

CALL VkResult VKAPI_CALL begin_commands(VkCommandBuffer buffer, const VkCommandBufferBeginInfo *info) {
  pthread_mutex_lock(&lock);
  recording_of(buffer)->count = 0;
  pthread_mutex_unlock(&lock);
  return VK_SUCCESS;
}

CALL void VKAPI_CALL bind_pipeline(VkCommandBuffer buffer, VkPipelineBindPoint point, VkPipeline pipeline) {
  pthread_mutex_lock(&lock);
  recording_of(buffer)->bound = number_of(pipeline);
  pthread_mutex_unlock(&lock);
}

CALL void VKAPI_CALL dispatch(VkCommandBuffer buffer, uint32_t x, uint32_t y, uint32_t z) {
  pthread_mutex_lock(&lock);
  Recording *to = recording_of(buffer);
  if (to->count == to->room) to->dispatches = realloc(to->dispatches, sizeof *to->dispatches * (to->room = 2 * to->room + 64));
  to->dispatches[to->count].pipeline = to->bound;
  to->dispatches[to->count].x = x;
  to->dispatches[to->count].y = y;
  to->dispatches[to->count++].z = z;
  pthread_mutex_unlock(&lock);
}

static void write_dispatches(VkCommandBuffer buffer) {
  pthread_mutex_lock(&lock);
  static FILE *file;
  if (!file) file = open_file("dispatches", "w");
  Recording *from = recording_of(buffer);
  for (size_t i = 0; file && i < from->count; i++)
    fprintf(file, "%d %u %u %u\n", from->dispatches[i].pipeline, from->dispatches[i].x, from->dispatches[i].y, from->dispatches[i].z);
  if (file) fflush(file);
  pthread_mutex_unlock(&lock);
}

CALL VkResult VKAPI_CALL submit(VkQueue queue, uint32_t count, const VkSubmitInfo *infos, VkFence fence) {
  for (uint32_t i = 0; i < count; i++)
    for (uint32_t b = 0; b < infos[i].commandBufferCount; b++) write_dispatches(infos[i].pCommandBuffers[b]);
  return VK_SUCCESS;
}

CALL VkResult VKAPI_CALL submit2(VkQueue queue, uint32_t count, const VkSubmitInfo2 *infos, VkFence fence) {
  for (uint32_t i = 0; i < count; i++)
    for (uint32_t b = 0; b < infos[i].commandBufferInfoCount; b++) write_dispatches(infos[i].pCommandBufferInfos[b].commandBuffer);
  return VK_SUCCESS;
}

// A fence is signalled from the start, and a semaphore need not be known outside of the driver.
CALL VkResult VKAPI_CALL create_fence(VkDevice device, const VkFenceCreateInfo *info, const VkAllocationCallbacks *allocator, VkFence *fence) {
  *fence = (VkFence)malloc(1);
  return VK_SUCCESS;
}

CALL void VKAPI_CALL destroy_fence(VkDevice device, VkFence fence, const VkAllocationCallbacks *allocator) { free((void *)fence); }

CALL VkResult VKAPI_CALL create_semaphore(VkDevice device, const VkSemaphoreCreateInfo *info, const VkAllocationCallbacks *allocator, VkSemaphore *made) {
  VkSemaphoreCreateInfo plain = *info;
  plain.pNext = NULL;
  return DEVICE(vkCreateSemaphore)(device, &plain, allocator, made);
}

CALL VkResult VKAPI_CALL get_file(VkDevice device, const void *info, int *file) {
  *file = -1; // stands for a fence that is signalled
  return VK_SUCCESS;
}

// In place of every command and every wait. It ignores its arguments, as the calling conventions of x86-64 and Arm allow.
CALL VkResult VKAPI_CALL nothing(void) { return VK_SUCCESS; }

// ——— memory of the host; a page before it keeps its size ———

#define PAGE 4096

CALL VkResult VKAPI_CALL allocate_memory(VkDevice device, const VkMemoryAllocateInfo *info, const VkAllocationCallbacks *allocator, VkDeviceMemory *memory) {
  size_t size = info->allocationSize + PAGE;
  void *made = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (made == MAP_FAILED) return VK_ERROR_OUT_OF_DEVICE_MEMORY;
  *(size_t *)made = size;
  *memory = (VkDeviceMemory)made;
  return VK_SUCCESS;
}

CALL void VKAPI_CALL free_memory(VkDevice device, VkDeviceMemory memory, const VkAllocationCallbacks *allocator) {
  if (memory) munmap((void *)memory, *(size_t *)memory);
}

CALL VkResult VKAPI_CALL map_memory(VkDevice device, VkDeviceMemory memory, VkDeviceSize offset, VkDeviceSize size, VkMemoryMapFlags flags, void **data) {
  *data = (char *)memory + PAGE + offset;
  return VK_SUCCESS;
}

// Found when the instance is created: the loader asks for memory's properties before its chain of layers is complete.
static PFN_vkGetPhysicalDeviceMemoryProperties next_memory_properties;

CALL void VKAPI_CALL memory_properties(VkPhysicalDevice adapter, VkPhysicalDeviceMemoryProperties *found) {
  next_memory_properties(adapter, found);
  if (found->memoryTypeCount) return;
  VkMemoryPropertyFlags visible = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
  VkMemoryPropertyFlags local = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, cached = VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
  found->memoryHeapCount = 1;
  found->memoryHeaps[0] = (VkMemoryHeap){24ull << 30, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT};
  found->memoryTypeCount = 4;
  found->memoryTypes[0] = (VkMemoryType){local, 0};
  found->memoryTypes[1] = (VkMemoryType){visible, 0};
  found->memoryTypes[2] = (VkMemoryType){local | visible, 0};
  found->memoryTypes[3] = (VkMemoryType){visible | cached, 0};
}

CALL void VKAPI_CALL memory_properties2(VkPhysicalDevice adapter, VkPhysicalDeviceMemoryProperties2 *found) {
  memory_properties(adapter, &found->memoryProperties);
}

// A device without memory has no type of memory that a resource may be in.
#define REQUIREMENTS(name, function, Of, Found, of_found)                \
  CALL void name(VkDevice device, Of of, Found *found) {                  \
    DEVICE(function)(device, of, found);                                  \
    if (!(of_found)->memoryTypeBits) (of_found)->memoryTypeBits = 15;     \
  }
REQUIREMENTS(buffer_needs, vkGetBufferMemoryRequirements, VkBuffer, VkMemoryRequirements, found)
REQUIREMENTS(image_needs, vkGetImageMemoryRequirements, VkImage, VkMemoryRequirements, found)
#define REQUIREMENTS2(name, function, Of) REQUIREMENTS(name, function, const Of *, VkMemoryRequirements2, &found->memoryRequirements)
REQUIREMENTS2(buffer_needs2, vkGetBufferMemoryRequirements2, VkBufferMemoryRequirementsInfo2)
REQUIREMENTS2(image_needs2, vkGetImageMemoryRequirements2, VkImageMemoryRequirementsInfo2)
REQUIREMENTS2(device_buffer_needs, vkGetDeviceBufferMemoryRequirements, VkDeviceBufferMemoryRequirements)
REQUIREMENTS2(device_image_needs, vkGetDeviceImageMemoryRequirements, VkDeviceImageMemoryRequirements)

// ——— which functions are the layer's; those with the suffix KHR are the same ———

static const struct { const char *name; void *function; } functions[] = {
  {"vkCreateComputePipelines", create_compute_pipelines}, {"vkBeginCommandBuffer", begin_commands},
  {"vkCmdBindPipeline", bind_pipeline}, {"vkCmdDispatch", dispatch}, {"vkQueueSubmit", submit}, {"vkQueueSubmit2", submit2},
  {"vkCreateFence", create_fence}, {"vkDestroyFence", destroy_fence}, {"vkGetFenceFd", get_file}, {"vkGetSemaphoreFd", get_file},
  {"vkCreateSemaphore", create_semaphore}, {"vkAllocateMemory", allocate_memory}, {"vkFreeMemory", free_memory},
  {"vkMapMemory", map_memory}, {"vkGetPhysicalDeviceMemoryProperties", memory_properties},
  {"vkGetPhysicalDeviceMemoryProperties2", memory_properties2}, {"vkGetBufferMemoryRequirements", buffer_needs},
  {"vkGetImageMemoryRequirements", image_needs}, {"vkGetBufferMemoryRequirements2", buffer_needs2},
  {"vkGetImageMemoryRequirements2", image_needs2}, {"vkGetDeviceBufferMemoryRequirements", device_buffer_needs},
  {"vkGetDeviceImageMemoryRequirements", device_image_needs},
};
static const char *const ignored[] = {
  "vkEndCommandBuffer", "vkResetCommandBuffer", "vkResetCommandPool", "vkQueueWaitIdle", "vkDeviceWaitIdle", "vkGetFenceStatus",
  "vkWaitForFences", "vkResetFences", "vkWaitSemaphores", "vkGetQueryPoolResults", "vkQueueBindSparse", "vkUnmapMemory",
  "vkFlushMappedMemoryRanges", "vkInvalidateMappedMemoryRanges", "vkBindBufferMemory", "vkBindBufferMemory2", "vkBindImageMemory",
  "vkBindImageMemory2", "vkUpdateDescriptorSets",
};

static int is(const char *name, const char *known) {
  size_t length = strlen(known);
  return !strncmp(name, known, length) && (!name[length] || !strcmp(name + length, "KHR"));
}

static PFN_vkVoidFunction layer_function(const char *name) {
  for (size_t i = 0; i < COUNT(functions); i++) if (is(name, functions[i].name)) return (PFN_vkVoidFunction)functions[i].function;
  for (size_t i = 0; i < COUNT(ignored); i++) if (is(name, ignored[i])) return (PFN_vkVoidFunction)nothing;
  return strncmp(name, "vkCmd", 5) ? NULL : (PFN_vkVoidFunction)nothing;
}

CALL PFN_vkVoidFunction VKAPI_CALL device_function(VkDevice device, const char *name) {
  if (!strcmp(name, "vkGetDeviceProcAddr")) return (PFN_vkVoidFunction)device_function;
  PFN_vkVoidFunction next = next_device_function(device, name);
  PFN_vkVoidFunction own = next ? layer_function(name) : NULL;
  return own ? own : next;
}

// ——— the loader's chain ———

// The entry of the chain that names the next layer's functions. Instances and devices have them at the same place.
static void *link_of(const void *info, VkStructureType type) {
  VkLayerInstanceCreateInfo *each = (VkLayerInstanceCreateInfo *)((const VkBaseInStructure *)info)->pNext;
  while (each && (each->sType != type || each->function != VK_LAYER_LINK_INFO)) each = (VkLayerInstanceCreateInfo *)each->pNext;
  return each;
}

CALL VkResult VKAPI_CALL create_instance(const VkInstanceCreateInfo *info, const VkAllocationCallbacks *allocator, VkInstance *instance) {
  VkLayerInstanceCreateInfo *link = link_of(info, VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO);
  if (!link) return VK_ERROR_INITIALIZATION_FAILED;
  next_instance_function = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  PFN_vkCreateInstance create = (PFN_vkCreateInstance)next_instance_function(NULL, "vkCreateInstance");
  VkResult result = create(info, allocator, instance);
  if (result != VK_SUCCESS) return result;
  the_instance = *instance;
  next_memory_properties = INSTANCE(vkGetPhysicalDeviceMemoryProperties);
  return VK_SUCCESS;
}

// The device also gets the extension that tells of pipelines; radv and ANV have it.
CALL VkResult VKAPI_CALL create_device(VkPhysicalDevice adapter, const VkDeviceCreateInfo *info, const VkAllocationCallbacks *allocator, VkDevice *device) {
  VkLayerDeviceCreateInfo *link = link_of(info, VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO);
  if (!link) return VK_ERROR_INITIALIZATION_FAILED;
  next_device_function = link->u.pLayerInfo->pfnNextGetDeviceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  uint32_t count = info->enabledExtensionCount;
  const char **names = calloc(count + 1, sizeof *names);
  memcpy(names, info->ppEnabledExtensionNames, count * sizeof *names);
  names[count] = VK_KHR_PIPELINE_EXECUTABLE_PROPERTIES_EXTENSION_NAME;
  VkPhysicalDevicePipelineExecutablePropertiesFeaturesKHR feature = {
    VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PIPELINE_EXECUTABLE_PROPERTIES_FEATURES_KHR, (void *)info->pNext, VK_TRUE};
  VkDeviceCreateInfo wanted = *info;
  wanted.enabledExtensionCount = count + 1;
  wanted.ppEnabledExtensionNames = names;
  wanted.pNext = &feature;
  VkResult result = INSTANCE(vkCreateDevice)(adapter, &wanted, allocator, device);
  free(names);
  the_device = *device;
  return result;
}

CALL PFN_vkVoidFunction VKAPI_CALL instance_function(VkInstance instance, const char *name) {
  if (!strcmp(name, "vkGetInstanceProcAddr")) return (PFN_vkVoidFunction)instance_function;
  if (!strcmp(name, "vkGetDeviceProcAddr")) return (PFN_vkVoidFunction)device_function;
  if (!strcmp(name, "vkCreateInstance")) return (PFN_vkVoidFunction)create_instance;
  if (!strcmp(name, "vkCreateDevice")) return (PFN_vkVoidFunction)create_device;
  if (!next_instance_function) return NULL;
  PFN_vkVoidFunction next = next_instance_function(instance, name);
  PFN_vkVoidFunction own = next ? layer_function(name) : NULL;
  return own ? own : next;
}

__attribute__((visibility("default"))) VKAPI_ATTR VkResult VKAPI_CALL vkNegotiateLoaderLayerInterfaceVersion(VkNegotiateLayerInterface *version) {
  version->loaderLayerInterfaceVersion = 2;
  version->pfnGetInstanceProcAddr = instance_function;
  version->pfnGetDeviceProcAddr = device_function;
  version->pfnGetPhysicalDeviceProcAddr = NULL;
  return VK_SUCCESS;
}
