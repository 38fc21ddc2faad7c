// The part of ECharts that our charts use. The build replaces this module by a bundle of that part (scripts/bundle_echarts.mjs):
// ECharts is 68 MB installed, of which a chart needs 0.5.

export { BarChart, LineChart, ScatterChart } from 'echarts/charts'
export { GridComponent, TitleComponent } from 'echarts/components'
export { init, use } from 'echarts/core'
export { SVGRenderer } from 'echarts/renderers'
