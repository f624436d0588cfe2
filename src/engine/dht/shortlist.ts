import { bytesEqual } from '../bytes.js';
import type { DhtContact } from '../protocol/dht/messages.js';
import { compareDistance, sharedBits } from './distance.js';
import { mayTellOf, type Place, placeOf } from './place.js';

/** Nodes that a lookup keeps in mind; the farthest that nobody was asked for give way. */
const MAX_CANDIDATES = 128;

/** Those of them whose ids do not fit their addresses: they can be as close as they like, and there are any number. */
const MAX_UNFIT = 32;

/** Nodes taken of one answer: BEP 5 gives 8, some clients 16 and more. */
const MAX_TOLD = 16;

/** Nodes of one /24 or /64 in a lookup. */
const MAX_SUBNET = 2;

/** Ids told of one address: a liar who gives an honest node a wrong one must not keep the right one out. */
const MAX_IDS = 2;

/** Nodes that told of a candidate, as far as they are remembered. */
const MAX_TELLERS = 4;

/** A teller of whose nodes so many more failed than answered is not believed; three of ten real ones are dead. */
const DISCREDIT = 4;

/** Ids that share so many bits more with the target than the nodes near us do with us are rare: one of 256 lookups. */
const IMPLAUSIBLE_BITS = 11;

/** `late`: the short time-out has passed; */
export type CandidateState = 'fresh' | 'asked' | 'late' | 'answered' | 'failed';

export class Candidate implements DhtContact {
  state: CandidateState = 'fresh';
  /** Queries sent to it. */
  attempts = 0;
  /** What it gave for an announce or put. */
  token: Uint8Array | undefined;
  /** Who told of it; nobody when it is from our own table. */
  readonly tellers: Candidate[] = [];
  /** Of the nodes that it told of. */
  #failed = 0;
  #answered = 0;
  #blamed = false;

  constructor(
    readonly id: Uint8Array,
    readonly host: string,
    readonly port: number,
    readonly place: Place,
    /** Its answer is the so many-th in a chain of answers. */
    readonly hops: number,
    /** Its address may have this id (BEP 42), which it could not choose then. */
    readonly fits: boolean,
    /** It does, or the id is not suspiciously near. */
    readonly plausible: boolean,
  ) {}

  get credible(): boolean {
    return this.#failed - this.#answered < DISCREDIT;
  }

  /** Somebody who may be believed told of it. */
  get trusted(): boolean {
    if (!this.plausible) return false;
    return this.tellers.length === 0 || this.tellers.some(teller => teller.credible);
  }

  /** It can still be of the closest that answered. */
  get alive(): boolean {
    return this.state === 'fresh' || this.state === 'asked' || this.state === 'answered';
  }

  /** The query is on its way. */
  ask(): void {
    this.state = 'asked';
    this.attempts++;
  }

  answered(): void {
    this.state = 'answered';
    for (const teller of this.tellers) teller.#answered++;
    if (!this.#blamed) return;
    this.#blamed = false;
    for (const teller of this.tellers) teller.#failed--;
  }

  /** Nothing came, or something wrong; those who told of it are to blame, as far as it is known by now. */
  failed(state: 'late' | 'failed'): void {
    this.state = state;
    if (this.#blamed) return;
    this.#blamed = true;
    for (const teller of this.tellers) teller.#failed++;
  }
}

export interface ShortlistOptions {
  readonly target: Uint8Array;
  /** Never a candidate. */
  readonly ownId: Uint8Array;
  /** Bits that the nodes nearest to us share with our id: how dense ids are. */
  readonly density: number;
  readonly fits: (id: Uint8Array, host: string) => boolean;
}

/** Candidates of a lookup in the order of their distance, within limits that hostile nodes cannot get round. */
export class Shortlist {
  readonly #options: ShortlistOptions;
  /** Closest first. */
  readonly #candidates: Candidate[] = [];
  readonly #places = new Map<string, Candidate[]>();
  readonly #subnets = new Map<string, number>();
  #unfit = 0;

  constructor(options: ShortlistOptions) {
    this.#options = options;
  }

  get candidates(): readonly Candidate[] {
    return this.#candidates;
  }

  /** Nodes of our own table. */
  seed(contacts: Iterable<DhtContact>): void {
    for (const contact of contacts) this.#add(contact, undefined);
  }

  /** Nodes that somebody told of in an answer. */
  told(contacts: readonly DhtContact[], teller: Candidate): void {
    for (const contact of contacts.length > MAX_TOLD ? contacts.slice(0, MAX_TOLD) : contacts)
      this.#add(contact, teller);
  }

  /** Another id than this answered at its address: the right one may still be told. */
  drop(candidate: Candidate): void {
    candidate.failed('failed');
    const at = this.#candidates.indexOf(candidate);
    if (at < 0) return;
    this.#candidates.splice(at, 1);
    this.#free(candidate);
  }

  #add(contact: DhtContact, teller: Candidate | undefined): void {
    const { target, ownId, density, fits } = this.#options;
    const { host, port } = contact;
    const there = this.#places.get(host) ?? this.#places.get(`${host} ${port}`) ?? [];
    const known = there.find(({ id }) => bytesEqual(id, contact.id));
    if (known !== undefined) this.#confirm(known, contact, teller);
    if (known !== undefined || there.length >= MAX_IDS || bytesEqual(contact.id, ownId)) return;
    const fitting = fits(contact.id, host);
    const full = this.#candidates.length >= MAX_CANDIDATES || (!fitting && this.#unfit >= MAX_UNFIT);
    const last = full ? this.#candidates.findLast(candidate => fitting || !candidate.fits) : undefined;
    if (last !== undefined && compareDistance(target, contact.id, last.id) >= 0) return;
    const place = placeOf(contact);
    if (place === undefined || (teller !== undefined && !mayTellOf(teller, host))) return;
    if (place.subnet !== undefined && (this.#subnets.get(place.subnet) ?? 0) >= MAX_SUBNET) return;
    if (full && !this.#makeRoom(fitting)) return;
    const plausible =
      fitting || teller === undefined || sharedBits(contact.id, target) < density + IMPLAUSIBLE_BITS;
    const hops = teller === undefined ? 1 : teller.hops + 1;
    const candidate = new Candidate(contact.id.slice(), host, port, place, hops, fitting, plausible);
    if (teller !== undefined) candidate.tellers.push(teller);
    this.#places.set(place.key, [...there, candidate]);
    if (place.subnet !== undefined)
      this.#subnets.set(place.subnet, (this.#subnets.get(place.subnet) ?? 0) + 1);
    this.#insert(candidate);
  }

  /** One more tells of it: worth something when he is of another network, and nobody has asked yet. */
  #confirm(known: Candidate, contact: DhtContact, teller: Candidate | undefined): void {
    const { state, tellers } = known;
    if (teller === undefined || state !== 'fresh' || known.port !== contact.port) return;
    if (tellers.length === 0 || tellers.length >= MAX_TELLERS) return;
    const { subnet, key } = teller.place;
    if (tellers.some(({ place }) => place.key === key || (subnet && place.subnet === subnet))) return;
    tellers.push(teller);
  }

  #insert(candidate: Candidate): void {
    const { target } = this.#options;
    let low = 0;
    let high = this.#candidates.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareDistance(target, this.#candidates[middle].id, candidate.id) <= 0) low = middle + 1;
      else high = middle;
    }
    this.#candidates.splice(low, 0, candidate);
    if (!candidate.fits) this.#unfit++;
  }

  /** The farthest that nobody waits for goes. */
  #makeRoom(forFitting: boolean): boolean {
    const at = this.#candidates.findLastIndex(
      ({ state, fits }) => (state === 'fresh' || state === 'failed') && (forFitting || !fits),
    );
    if (at < 0) return false;
    const [gone] = this.#candidates.splice(at, 1);
    this.#free(gone);
    return true;
  }

  #free(gone: Candidate): void {
    const { key, subnet } = gone.place;
    if (!gone.fits) this.#unfit--;
    const left = this.#places.get(key)!.filter(candidate => candidate !== gone);
    if (left.length > 0) this.#places.set(key, left);
    else this.#places.delete(key);
    if (subnet !== undefined) this.#subnets.set(subnet, this.#subnets.get(subnet)! - 1);
  }
}
