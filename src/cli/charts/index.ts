/**
 * Charts as SVG. Whoever draws imports this module when it is time to draw, because it loads echarts; other commands do
 * not wait for that.
 */
export { type BarChart, type BarValue, barChart } from './bar-chart.js';
export { type CdfChart, cdfChart, cdfPoints, type Sample } from './cdf-chart.js';
export { type Axis, type Line, type LineChart, lineChart, type Point, type Range } from './line-chart.js';
export { stack } from './stack.js';
export { label } from './style.js';
export { timeUnit } from './time-unit.js';
