/** What the command line takes of the seed box. */
export type { Configuration, Mistake } from './config/layers.js';
export { loadConfiguration } from './config/load.js';
export { describeConfiguration, printConfiguration, printMistakes } from './config/print.js';
export { SETTING_KEYS, SETTINGS, type Setting, type SettingKey } from './config/settings.js';
export { Daemon } from './daemon.js';
export { hashPassword } from './http/password.js';
export { type DaemonLog, openLog } from './log/log.js';
export { Systemd } from './notify/systemd.js';
