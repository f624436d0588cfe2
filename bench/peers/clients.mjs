import { aria2 } from './aria2.mjs';
import { libtorrent } from './libtorrent.mjs';
import { transmission } from './transmission.mjs';
import { webtorrent } from './webtorrent.mjs';

/** The engines that millrace is compared with, the fastest first. @type {readonly import('./client.mjs').Client[]} */
export const CLIENTS = [libtorrent, aria2, webtorrent, transmission];
