// The part of ECharts that the charts use. The build replaces this module with a bundle of that part
// (scripts/bundle_echarts.mjs): ECharts takes 68 MB when installed, the part 0.5 MB.

export { BarChart, LineChart, ScatterChart } from 'echarts/charts'
export { GridComponent, TitleComponent } from 'echarts/components'
export { init, use } from 'echarts/core'
export { SVGRenderer } from 'echarts/renderers'
