export type { ListenOptions, TrackerOptions } from './options.js';
export { createTracker, type Tracker, type TrackerStats } from './tracker.js';
