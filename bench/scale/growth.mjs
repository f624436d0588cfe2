// The large simulated swarms: `node bench/scale/growth.mjs`, some minutes and up to 8 GB.
import { renderText } from '../lib/table.mjs';
import { growSwarms, LARGE } from './simulation.mjs';

const { table } = await growSwarms(LARGE, { progress: text => console.error(text) });
console.log(renderText(table));
