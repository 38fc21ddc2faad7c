// Advice for a Linux machine without a usable GPU. `atrous doctor` prints it; scripts/setup.mjs installs the packages if allowed.

/** Packages of Mesa's drivers, including lavapipe, which runs on the CPU, and of the Vulkan loader, by package manager. */
export const softwareDriver = {
  apt: 'mesa-vulkan-drivers libvulkan1',
  dnf: 'mesa-vulkan-drivers vulkan-loader',
  pacman: 'vulkan-swrast vulkan-icd-loader',
}

/** Mesa 22.3 of Debian 12 is too old for Dawn; the version in its backports works. Newer releases need no backports. */
export const backports = { codename: 'bookworm', suite: 'bookworm-backports' }

/** One line of advice if no WebGPU adapter is found. */
export const driverAdvice =
  process.platform === 'linux'
    ? `WebGPU finds no GPU: install its Vulkan driver, or a software one with "apt install ${softwareDriver.apt}" (Debian 12: from ${backports.suite}), "dnf install ${softwareDriver.dnf}" or "pacman -S ${softwareDriver.pacman}"`
    : 'WebGPU finds no GPU: update the graphics driver'
