import { env, InferenceSession, Tensor } from 'onnxruntime-web/webgpu'
import { serveOnnxruntime } from './onnxruntime_page.ts'

serveOnnxruntime({ env, InferenceSession, Tensor }, 'webgpu')
