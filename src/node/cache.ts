import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * The folder for files that can be downloaded or computed again: $ATROUS_CACHE, else `atrous` in the system's cache folder
 * (%LOCALAPPDATA% on Windows, $XDG_CACHE_HOME or ~/.cache elsewhere). The folder may not exist yet.
 */
export function cacheFolder(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const { ATROUS_CACHE, LOCALAPPDATA, XDG_CACHE_HOME } = environment
  if (ATROUS_CACHE) return ATROUS_CACHE
  const ofSystem = platform === 'win32' ? LOCALAPPDATA : XDG_CACHE_HOME
  return join(ofSystem || join(homedir(), '.cache'), 'atrous')
}
