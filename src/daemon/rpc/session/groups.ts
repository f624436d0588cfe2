import type { Group, RpcContext } from '../context.js';
import { type Call, INVALID_PARAMS, RpcFailure } from '../methods.js';
import { Params } from '../params.js';

const KB = 1000;

export function groupGet({ groups }: RpcContext, call: Call): object {
  const { group } = call.params;
  const names = typeof group === 'string' ? [group] : Array.isArray(group) ? group : undefined;
  return {
    group: groups
      .list()
      .filter(({ name }) => names?.includes(name) ?? true)
      .map(({ name, down, up, honorsSessionLimits }) => ({
        name,
        honors_session_limits: honorsSessionLimits,
        speed_limit_down: Math.round(down.value / KB),
        speed_limit_down_enabled: down.on,
        speed_limit_up: Math.round(up.value / KB),
        speed_limit_up_enabled: up.on,
      })),
  };
}

export async function groupSet({ groups, catalog }: RpcContext, call: Call): Promise<void> {
  const params = new Params(call.params);
  const name = params.text('name')?.trim();
  if (!name) throw new RpcFailure(INVALID_PARAMS, 'no group name given');
  const before: Group = groups.list().find(group => group.name === name) ?? {
    name,
    down: { on: false, value: 0 },
    up: { on: false, value: 0 },
    honorsSessionLimits: true,
  };
  const limit = (way: 'down' | 'up') => {
    const value = params.whole(`speed_limit_${way}`, 0);
    return {
      on: params.flag(`speed_limit_${way}_enabled`) ?? before[way].on,
      value: value === undefined ? before[way].value : value * KB,
    };
  };
  groups.set({
    name,
    down: limit('down'),
    up: limit('up'),
    honorsSessionLimits: params.flag('honors_session_limits') ?? before.honorsSessionLimits,
  });
  await catalog.flush();
}
