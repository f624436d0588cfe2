/** For those who know nothing of the engine. */
export { formatAddress } from '../engine/ids.js';
