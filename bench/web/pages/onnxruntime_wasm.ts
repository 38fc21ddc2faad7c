import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm'
import { serveOnnxruntime } from './onnxruntime_page.ts'

serveOnnxruntime({ env, InferenceSession, Tensor }, 'wasm')
