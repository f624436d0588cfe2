/**
 * The part of echarts that is used: its own types need those of a browser. One file, because loading it takes 60 ms of
 * CPU time and the package's entry, which is some hundred modules, 650 ms (Node 20.20).
 */
declare module 'echarts/dist/echarts.esm.min.mjs' {
  export interface Chart {
    setOption(option: object): void;
    renderToSVGString(): string;
    dispose(): void;
  }
  export function init(
    dom: null,
    theme: null,
    options: {
      readonly renderer: 'svg';
      readonly ssr: true;
      readonly width: number;
      readonly height: number;
    },
  ): Chart;
}
