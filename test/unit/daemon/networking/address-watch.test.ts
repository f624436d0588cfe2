import { describe, expect, it } from 'vitest';
import { AddressWatch } from '../../../../src/daemon/networking/address-watch.js';

/** A machine whose addresses a test changes, and a clock that it turns by hand. */
class Machine {
  readonly changes: boolean[] = [];
  broken = false;
  everyMs = 0;
  tick = () => {};
  readonly watch: AddressWatch;

  constructor(
    address: string,
    public addresses: string[],
  ) {
    this.watch = new AddressWatch({
      address,
      onChange: present => this.changes.push(present),
      interfaces: () => {
        if (this.broken) throw new Error('EMFILE');
        return { lo: [{ address: '127.0.0.1' }], tun0: this.addresses.map(one => ({ address: one })) };
      },
      repeat: (call, everyMs) => {
        this.tick = call;
        this.everyMs = everyMs;
        return () => {
          this.tick = () => {};
        };
      },
    });
  }

  see(...addresses: string[]): this {
    this.addresses = addresses;
    this.tick();
    return this;
  }
}

describe('AddressWatch', () => {
  it('tells when the address goes and when it is back, once each', () => {
    const machine = new Machine('10.8.0.2', ['10.8.0.2']);
    expect(machine.everyMs).toBe(1000);
    machine.see('10.8.0.2');
    expect(machine.changes).toEqual([]);
    machine.see().see().see('10.8.0.3');
    expect(machine.changes).toEqual([false]);
    expect(machine.watch.present).toBe(false);
    machine.see('10.8.0.3', '10.8.0.2').see('10.8.0.2');
    expect(machine.changes).toEqual([false, true]);
  });

  it('knows of an address that is not there at first, and tells when it comes', () => {
    const machine = new Machine('10.8.0.2', []);
    expect(machine.watch.present).toBe(false);
    machine.see('10.8.0.2');
    expect(machine.changes).toEqual([true]);
  });

  it('knows IPv6 addresses in any spelling, with and without zone', () => {
    const machine = new Machine('FD00:0::1', ['fd00::1%tun0']);
    expect(machine.watch.present).toBe(true);
    machine.see('fd00::2');
    expect(machine.changes).toEqual([false]);
  });

  it.each(['*', '0.0.0.0', '::', '127.0.0.1', '127.4.5.6', '::1', '0:0:0:0:0:0:0:1'])(
    '%s never goes',
    address => {
      const machine = new Machine(address, []);
      machine.see();
      expect(machine.watch.present).toBe(true);
      expect(machine.changes).toEqual([]);
      expect(machine.everyMs).toBe(0);
    },
  );

  it('takes no failure to ask for an answer', () => {
    const machine = new Machine('10.8.0.2', ['10.8.0.2']);
    machine.broken = true;
    machine.see();
    expect(machine.changes).toEqual([]);
  });

  it('is silent when it is closed', () => {
    const machine = new Machine('10.8.0.2', ['10.8.0.2']);
    machine.watch.close();
    machine.see();
    expect(machine.changes).toEqual([]);
  });

  it('asks the system by default', () => {
    const watch = new AddressWatch({ address: '192.0.2.1', onChange: () => {} });
    expect(watch.present).toBe(false);
    watch.close();
  });
});
