// The weight of a transposed convolution that upsamples each channel by bilinear interpolation (Long et al. 2015, section 3.3).

/** [channels, channels, kernel, kernel] for a stride of half the kernel's size. */
export function bilinearKernel([channels, , height, width]: readonly number[]): Float32Array {
  const values = new Float32Array(channels * channels * height * width)
  const along = (size: number, i: number) => 1 - Math.abs(i - (size - 1) / 2) / (size / 2)
  for (let channel = 0; channel < channels; channel++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        values[((channel * channels + channel) * height + y) * width + x] = along(height, y) * along(width, x)
  return values
}
