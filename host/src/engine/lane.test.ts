import { describe, expect, it } from 'vitest';
import { createLane, DOORBELL, type Doorbell, LaneReceiver, LaneSender } from './lane.js';
import { Spin } from './spin.js';

interface Big {
  readonly big: number;
}

/** Both ends in one thread. What is posted waits in `port` until it is delivered, as on the way between two threads. */
function open(ringBytes = 64, spin?: Spin) {
  const lane = createLane(ringBytes);
  const port: (Big | Doorbell)[] = [];
  const got: number[] = [];
  const sender = new LaneSender<Big>(lane, (message) => port.push(message));
  const receiver = new LaneReceiver<Big>(lane, {
    batch: (bytes) => got.push(new Uint8Array(bytes)[0] ?? -1),
    message: ({ big }) => got.push(big),
    spin: () => spin,
  });
  const send = (number: number, size = 4): void =>
    sender.batch(new Uint8Array(size).fill(number), (copy) => ({ big: new Uint8Array(copy)[0] ?? -1 }));
  const deliver = (): void => {
    for (let message = port.shift(); message !== undefined; message = port.shift()) receiver.receive(message);
  };
  return { port, got, sender, receiver, send, deliver };
}

describe('Lane', () => {
  it('rings once for all that is sent while the receiver sleeps, and again when it sleeps again', () => {
    const { port, got, send, deliver } = open();
    send(1);
    send(2);
    expect(port).toEqual([DOORBELL]);
    deliver();
    expect(got).toEqual([1, 2]);
    send(3);
    expect(port).toEqual([DOORBELL]);
    deliver();
    expect(got).toEqual([1, 2, 3]);
  });

  it('asks for the doorbell after it has waited for more in vain', () => {
    const { port, got, send, deliver } = open(64, new Spin(50));
    for (let number = 0; number < 20; number++) {
      send(number);
      expect(port).toEqual([DOORBELL]);
      deliver();
    }
    expect(got).toHaveLength(20);
  });

  it('takes what comes while it waits without a doorbell', () => {
    const { port, got, send, receiver } = open();
    send(0);
    port.length = 0;
    let looks = 0;
    const sending = new Spin(60_000_000);
    const wait = sending.wait.bind(sending);
    sending.wait = (ready) =>
      wait(() => {
        if (++looks === 5) send(1);
        return looks > 5 && ready();
      });
    receiver.wait(sending);
    expect(got).toEqual([0, 1]);
    expect(port).toEqual([]);
  });

  it('sends as messages what the ring has no room for, and all behind it until they are taken, in order', () => {
    const { port, got, send, deliver } = open(64);
    send(1, 30);
    send(2, 1000);
    send(3);
    expect(port).toEqual([DOORBELL, { big: 2 }, { big: 3 }]);
    deliver();
    expect(got).toEqual([1, 2, 3]);
    send(4);
    expect(port).toEqual([DOORBELL]);
    deliver();
    expect(got).toEqual([1, 2, 3, 4]);
  });

  it('keeps messages of their own in their place among the batches', () => {
    const { got, sender, send, deliver } = open();
    send(1);
    sender.message({ big: 2 });
    send(3);
    deliver();
    send(4);
    sender.message({ big: 5 });
    deliver();
    expect(got).toEqual([1, 2, 3, 4, 5]);
  });

  it('gives nothing any more once it is closed, from the batch in which it is closed on', () => {
    const lane = createLane(64);
    const sender = new LaneSender<Big>(lane, () => {});
    let got = 0;
    const receiver = new LaneReceiver<Big>(lane, {
      batch: () => {
        got += 1;
        receiver.close();
      },
      message: () => expect.fail('a message after the close'),
    });
    sender.batch(new Uint8Array(4), () => ({ big: 0 }));
    sender.batch(new Uint8Array(4), () => ({ big: 0 }));
    receiver.receive(DOORBELL);
    receiver.receive({ big: 1 });
    expect(got).toBe(1);
  });

  it('lets the event loop have a turn when batches never end', async () => {
    const { got, sender, receiver } = open(4096);
    const batch = new Uint8Array(4);
    for (let count = 0; count < 200; count++) sender.batch(batch, () => expect.fail('the ring has room'));
    receiver.drain();
    expect(got.length).toBeLessThan(200);
    while (got.length < 200) await new Promise((resolve) => setImmediate(resolve));
  });
});
