// What a Linux machine without a usable GPU needs. `atrous doctor` says it, scripts/setup.mjs does it where it may.

/** Mesa's drivers, among them lavapipe, which runs on the CPU, and the Vulkan loader that finds them: by package manager. */
export const softwareDriver = {
  apt: 'mesa-vulkan-drivers libvulkan1',
  dnf: 'mesa-vulkan-drivers vulkan-loader',
  pacman: 'vulkan-swrast vulkan-icd-loader',
}

/** Debian 12's own Mesa, 22.3, is too old for Dawn; the one of its backports works. Newer releases need none. */
export const backports = { codename: 'bookworm', suite: 'bookworm-backports' }

/** One line for a machine on which no WebGPU adapter is found. */
export const driverAdvice =
  process.platform === 'linux'
    ? `WebGPU finds no GPU: install its Vulkan driver, or a software one with "apt install ${softwareDriver.apt}" (Debian 12: from ${backports.suite}), "dnf install ${softwareDriver.dnf}" or "pacman -S ${softwareDriver.pacman}"`
    : 'WebGPU finds no GPU: update the graphics driver'
