import { MillraceError } from '../../files.js';
import type { LiveSettings } from '../config/live-settings.js';
import type { Settings } from '../config/settings.js';
import { Door } from './door.js';
import { isLoopback } from './hosts.js';
import type { LoginLimit } from './login-limit.js';
import { Credentials } from './password.js';

/** Whoever can reach the port can do all that clients can. @throws MillraceError ERR_OPTION */
export function checkExposure(settings: Pick<Settings, 'rpc-host' | 'rpc-password'>): void {
  const { 'rpc-host': host, 'rpc-password': password } = settings;
  if (isLoopback(host) || (password !== undefined && password !== '')) return;
  throw new MillraceError(
    'ERR_OPTION',
    `rpc-host is ${host}, which others can reach: rpc-password must be set`,
    {
      option: 'rpc-password',
      value: '',
      bounds: 'a password',
    },
  );
}

/** The door as the settings have it now: it is asked for with each visit. */
export function createDoor(settings: LiveSettings, limit: LoginLimit, nowMs: () => number): () => Door {
  const build = () => {
    const password = settings.get('rpc-password');
    return new Door({
      credentials: password ? new Credentials(settings.get('rpc-user'), password) : undefined,
      limit,
      hosts: settings.get('rpc-hosts'),
      origins: settings.get('rpc-origins'),
      nowMs,
    });
  };
  let door = build();
  settings.watch(['rpc-user', 'rpc-password', 'rpc-hosts', 'rpc-origins'], () => {
    door = build();
  });
  return () => door;
}
