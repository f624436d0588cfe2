import { describe, expect, it } from 'vitest';
import { Account, type Counters } from '../../../../src/engine/session/account.js';

function countersOf(sentBytes: number, receivedBytes: number, wastedBytes = 0, failedPieces = 0): Counters {
  return {
    core: { downloads: { receivedBytes, wastedBytes }, failedPieces },
    neighbours: { uploader: { sentBytes } },
  };
}

describe('what a torrent has moved', () => {
  it('is nothing before anybody counts', () => {
    const account = new Account({ working: undefined });
    expect(account.tally).toEqual({ uploaded: 0, downloaded: 0, wasted: 0, failedPieces: 0 });
    expect(account.ever).toEqual({ uploaded: 0, downloaded: 0 });
  });

  it('adds up over rests, at each of which others begin to count', () => {
    const torrent = { working: countersOf(10, 20, 3, 1) as Counters | undefined };
    const account = new Account(torrent);
    account.keep();
    torrent.working = undefined;
    expect(account.tally).toEqual({ uploaded: 10, downloaded: 20, wasted: 3, failedPieces: 1 });
    torrent.working = countersOf(1, 2, 4, 1);
    expect(account.tally).toEqual({ uploaded: 11, downloaded: 22, wasted: 7, failedPieces: 2 });
  });

  it('is more by what earlier sessions moved', () => {
    const account = new Account({ working: countersOf(1, 2) });
    account.earlier = { uploaded: 100, downloaded: 200 };
    expect(account.ever).toEqual({ uploaded: 101, downloaded: 202 });
    expect(account.tally).toMatchObject({ uploaded: 1, downloaded: 2 });
  });
});
