// DeepLab in one file: from a photo to a mask, and through one training step. Read it from top to bottom: each part names the paper's
// section and the file that does the same for every network. Run it where atrous is installed: node deeplab.mjs
//
// The network is DeepLabv3+ with the weights that come with the package: ResNet-50's bottlenecks with a sixth of the channels, atrous
// spatial pyramid pooling and a decoder, in 2.8 MB. They know boxes, spheres, cylinders, cones and rings of rendered scenes.
// "Section" means Chen et al. 2017 (DeepLabv3, arXiv 1706.05587), "v3+" Chen et al. 2018 (DeepLabv3+, arXiv 1802.02611).

import { readFile } from 'node:fs/promises'
import { openGpu } from 'atrous'
import {
  createPlan,
  Executor,
  GraphBuilder,
  graphParameters,
  ParameterArena,
  planWithin,
  TrainingWeights,
  trainingGraph,
  WeightStore,
} from 'atrous/graph'
import { IMAGENET } from 'atrous/model'
import { ConfusionMatrix, polyLearningRate } from 'atrous/train'
import { readSafetensors } from 'atrous/weights'

// ---------------------------------------------------------------------------------------------------------------------------------
// The photo: RGBA bytes [SIZE, SIZE, 4], and its labels [SIZE, SIZE], a class for each pixel. A file is read by `readImage` of
// 'atrous', which gives the same bytes. This one is drawn, so that its labels are exact: a ball on a chequered floor.

const CLASSES = ['background', 'box', 'sphere', 'cylinder', 'cone', 'ring']
const SPHERE = 2
const SIZE = 258 // its square is a multiple of four, so that the rows of bytes need no padding

/** A ball of radius 60 pixels. */
function drawBall(centreX, centreY) {
  const photo = new Uint8Array(SIZE * SIZE * 4)
  const labels = new Uint8Array(SIZE * SIZE)
  for (let y = 0; y < SIZE; y++)
    for (let x = 0; x < SIZE; x++) {
      const pixel = y * SIZE + x
      const [right, down] = [(x - centreX) / 60, (y - centreY) / 60] // from the ball's centre, in radii
      const towards = 1 - right ** 2 - down ** 2 // the square of the surface's normal towards the viewer
      const depth = 4000 / (y + 20)
      const tile = (Math.floor((x - 128) * depth * 0.002) + Math.floor(depth)) & 1
      const light = 0.35 + 0.65 * Math.max(0, (Math.sqrt(Math.max(0, towards)) - right - 1.5 * down) / 2.1)
      const colour = towards > 0 ? [210, 60, 50].map(value => value * light) : Array(3).fill(tile ? 190 : 150)
      photo.set([...colour, 255], 4 * pixel)
      if (towards > 0) labels[pixel] = SPHERE
    }
  return { photo, labels }
}

// ---------------------------------------------------------------------------------------------------------------------------------
// The layers. A graph is a list of ops; each method of `graph` adds one and returns its output, a tensor [n, h, w, c] of which only
// name and shape are known yet. src/graph/ops has a file for each op: its shape, its kernels and its gradient.

/**
 * relu(batchNorm(convolution(x))): [n, h, w, c] → [n, ⌈h/stride⌉, ⌈w/stride⌉, outChannels]; without outChannels one 3×3 for each channel.
 * As src/model/layers.ts.
 */
function unit(graph, x, [name, norm], { outChannels, kernel = 1, stride = 1, dilation = 1, relu = true }) {
  const window = { name, kernel, stride, dilation }
  const convolved = outChannels
    ? graph.conv2d(x, { ...window, outChannels })
    : graph.depthwiseConv2d(x, window)
  const normalised = graph.batchNorm(convolved, { name: norm, epsilon: 1e-5 })
  return relu ? graph.activation(normalised, 'relu') : normalised
}

/**
 * A bottleneck of ResNet (He et al. 2015): relu(x + branch(x)), where the branch has a 1×1 to few channels, a 3×3, and a 1×1 back.
 * The dilation of the 3×3 is the atrous rate: its nine taps are `dilation` pixels apart, y[i] = Σ x[i + dilation · k] · w[k]
 * (section 3.1). So it sees more of the image without more weights, and without a smaller map.
 */
function bottleneck(graph, x, name, { channels, stride, dilation, first }) {
  const layer = i => [`${name}.conv${i}`, `${name}.bn${i}`]
  const out = { outChannels: 4 * channels, relu: false }
  const reduced = unit(graph, x, layer(1), { outChannels: channels })
  const spatial = unit(graph, reduced, layer(2), { outChannels: channels, kernel: 3, stride, dilation })
  const branch = unit(graph, spatial, layer(3), out)
  const downsample = [`${name}.downsample.0`, `${name}.downsample.1`]
  const shortcut = first ? unit(graph, x, downsample, { ...out, stride }) : x
  return graph.activation(graph.add(branch, shortcut, { name: `${name}.add` }), 'relu')
}

// ResNet's four blocks. Block 4 would halve the map a third time. It keeps its size instead, so that the features are 16 and not 32
// times smaller than the image (output stride 16), and its rate 2 takes the stride's place (section 3.2). Multi-grid multiplies the
// rates of its three units by 1, 2 and 4 (section 3.2.1).
const BLOCKS = [
  { channels: 12, stride: 1, rates: [1, 1] },
  { channels: 20, stride: 2, rates: [1, 1] },
  { channels: 44, stride: 2, rates: [1, 1, 1] },
  { channels: 84, stride: 1, rates: [2, 4, 8] },
]

/** Image [n, h, w, 3] → the maps of stride 4, [n, h/4, w/4, 48], and 16, [n, h/16, w/16, 336]. As src/model/backbones/resnet_graph.ts. */
function backbone(graph, image) {
  const stem = { outChannels: 12, kernel: 7, stride: 2 }
  const convolved = unit(graph, image, ['backbone.conv1', 'backbone.bn1'], stem)
  let x = graph.maxPool(convolved, { name: 'backbone.maxpool', kernel: 3, stride: 2, padding: 1 })
  const ends = BLOCKS.map(({ channels, stride, rates }, block) => {
    for (const [i, dilation] of rates.entries()) {
      const options = { channels, stride: i === 0 ? stride : 1, dilation, first: i === 0 }
      x = bottleneck(graph, x, `backbone.layer${block + 1}.${i}`, options)
    }
    return x
  })
  return { lowLevel: ends[0], features: ends[3] }
}

/**
 * Atrous spatial pyramid pooling (section 3.3 and Figure 5): features [n, h, w, 336] → [n, h, w, 44]. A 1×1 convolution, 3×3 ones
 * at rates 6, 12 and 18, and the mean of the whole image, side by side, and a 1×1 convolution over all of them. Each 3×3 is
 * depthwise separable: one 3×3 for each channel, then a 1×1 across them (v3+, section 3.1). As src/model/heads/deeplab_head.ts.
 */
function aspp(graph, features) {
  const name = 'classifier.0'
  const branch = i => [`${name}.convs.${i}.0`, `${name}.convs.${i}.1`]
  const outChannels = 44
  const branches = [unit(graph, features, branch(0), { outChannels })]
  for (const [i, dilation] of [6, 12, 18].entries()) {
    const [convolution, norm] = branch(i + 1)
    const depthwise = [`${convolution}.depthwise`, `${convolution}.depthwise_norm`]
    const spatial = unit(graph, features, depthwise, { kernel: 3, dilation })
    branches.push(unit(graph, spatial, [`${convolution}.pointwise`, norm], { outChannels }))
  }
  const mean = graph.globalAveragePool(features, { name: `${name}.convs.4.0` }) // [n, 1, 1, 336]
  const image = unit(graph, mean, [`${name}.convs.4.1`, `${name}.convs.4.2`], { outChannels })
  const [, height, width] = features.shape
  branches.push(graph.resize(image, { name: `${name}.convs.4.resize`, height, width, alignCorners: true }))
  const all = graph.concat(branches, { name: `${name}.concat` }) // [n, h, w, 5 · 44]
  return unit(graph, all, [`${name}.project.0`, `${name}.project.1`], { outChannels })
}

/**
 * The decoder (v3+, section 3.1 and Figure 2): ASPP's output, upsampled to stride 4, beside the low-level features of few channels, and
 * two 3×3 convolutions over both: [n, h, w, 44] and [n, h', w', 48] → [n, h', w', 44]. As src/model/heads/deeplab_head.ts.
 */
function decoder(graph, encoded, lowLevel) {
  const layer = part => [`decoder.${part}.0`, `decoder.${part}.1`]
  const [, height, width] = lowLevel.shape
  const reduced = unit(graph, lowLevel, layer('project'), { outChannels: 48 })
  const upsampled = graph.resize(encoded, { name: 'decoder.upsample', height, width, alignCorners: true })
  let x = graph.concat([upsampled, reduced], { name: 'decoder.concat' })
  for (const part of ['convs.0', 'convs.1']) x = unit(graph, x, layer(part), { outChannels: 44, kernel: 3 })
  return x
}

/**
 * RGBA photos [n, SIZE, SIZE, 4] → logits [n, SIZE/4, SIZE/4, 6], a score for each class. The first op resizes and
 * normalises: (x/255 − mean)/std. All but that op is `deepLab(graph, image, preset('scenes').config)` of atrous/model.
 */
function network(graph, n) {
  const photo = graph.input('photo', [n, SIZE, SIZE, 4], 'rgba8')
  const { mean, std } = IMAGENET
  const image = graph.preprocess(photo, { name: 'image', height: SIZE, width: SIZE, mean, std })
  const { lowLevel, features } = backbone(graph, image)
  const decoded = decoder(graph, aspp(graph, features), lowLevel)
  return graph.conv2d(decoded, { name: 'classifier.4', outChannels: 6, kernel: 1, bias: true })
}

// ---------------------------------------------------------------------------------------------------------------------------------
// From the photo to a mask. `createPlan` folds batch norms into convolutions, fuses ReLUs and sums (src/graph/passes), chooses a kernel for
// each convolution (src/graph/convolution), and gives each tensor a place in memory (src/graph/plan). An executor is that plan on a GPU.

const gpu = await openGpu()
const file = new URL(import.meta.resolve('atrous/weights/scenes/model.safetensors'))
const checkpoint = readSafetensors(await readFile(file)) // { dtype, shape, data } by name, as PyTorch lays it out: [out, in, kh, kw]
const values = new Map([...checkpoint].map(([name, { data }]) => [name, data]))
const [first, second] = [drawBall(128, 150), drawBall(80, 120)]

async function segment(parameters) {
  const graph = new GraphBuilder()
  // Logits are upsampled bilinearly to the photo's size, and each pixel takes the class of its best score (section 4.1).
  const upsampling = { name: 'mask', height: SIZE, width: SIZE, alignCorners: true }
  const model = graph.build([graph.upsampleArgmax(network(graph, 1), upsampling)])
  const weights = new WeightStore(gpu, parameters)
  const executor = await Executor.create(gpu, createPlan(model, { device: gpu }), weights)
  const { mask } = await executor.run({ photo: first.photo }) // SIZE · SIZE class ids
  await executor.destroy()
  weights.destroy()
  return mask
}

function report(mask) {
  const confusion = new ConfusionMatrix(CLASSES.length)
  confusion.add(first.labels, mask)
  const { iou } = confusion.scores()
  console.log(`IoU of the ${CLASSES[SPHERE]}: ${(100 * iou[SPHERE]).toFixed(1)} %`)
}

const mask = await segment(values)
for (let y = 8; y < SIZE; y += 16) {
  const row = Array.from({ length: 32 }, (_, i) => CLASSES[mask[y * SIZE + 8 * i + 4]])
  console.log(row.map(name => (name === 'background' ? '·' : name[0])).join(''))
}
report(mask)

// ---------------------------------------------------------------------------------------------------------------------------------
// One training step, on a batch of two photos and their labels. `trainingGraph` walks the graph backwards and adds the loss, the mean
// cross entropy of the upsampled logits, and the gradient of each parameter (src/graph/autodiff). Batch norm takes the batch's
// statistics, and its running ones follow with a decay of 0.9997. Both are as in section 4.1.

const graph = new GraphBuilder()
const training = trainingGraph(graph.build([network(graph, 2)]), {
  labels: { height: SIZE, width: SIZE },
  alignCorners: true,
  ignoreIndex: 255, // pixels of this label do not count
  batchNorm: { mode: 'batch', momentum: 1 - 0.9997 },
})

// Three buffers of one layout hold all values, gradients and velocities. Running statistics have no gradient, so they have rate 0.
const parameters = graphParameters(training)
const rateOf = ({ name }) => (/running_(mean|var)$/.test(name) ? 0 : 1)
const arena = await ParameterArena.create(gpu, parameters, { rateOf, host: values })
const weights = await TrainingWeights.create(gpu, arena, { momentum: 0.9, weightDecay: 1e-4 })
const executor = await Executor.create(gpu, planWithin(training, { device: gpu }), weights)

// A step is one run of the plan: it packs the weights, runs forward, loss and backward, and ends with the update
// v ← 0.9 · v + gradient + 0.0001 · w; w ← w − rate · v. The rate is poly's, 0.007 · (1 − step/steps)^0.9 (section 4.1).
const photo = Buffer.concat([first.photo, second.photo])
const labels = Buffer.concat([first.labels, second.labels])
for (const step of [0, 1]) {
  weights.begin(polyLearningRate(0.007, step, 30_000))
  const { loss } = await executor.run({ photo, labels }) // before the update
  console.log(`step ${step}: loss ${loss[0].toFixed(4)}`)
}
const gradient = (await arena.readGradients()).get('classifier.4.bias')
console.log(`gradient of classifier.4.bias: ${[...gradient].map(value => value.toFixed(4)).join(', ')}`)
report(await segment(await arena.read()))

await executor.destroy()
weights.destroy()
arena.destroy()
gpu.destroy()
