/** Times and counts of the swarm core, each with where it was seen. */

/** A peer that owes us blocks and sent none for so long is snubbed: libtorrent `piece_timeout`. */
export const SNUB_MS = 20_000;

/** A single request that is older than this is given up: libtorrent `request_timeout`. */
export const REQUEST_TIMEOUT_MS = 60_000;

/** Silence after which a connection is dead: libtorrent `peer_timeout`; BEP 3 speaks of two minutes. */
export const PEER_TIMEOUT_MS = 120_000;

/** Silence of ours after which a keep-alive goes out, well inside the other side's two minutes. */
export const KEEP_ALIVE_MS = 90_000;

/** Without a block from a peer for a minute it counts as not uploading to us: BEP 3, anti-snubbing. */
export const ANTI_SNUB_MS = 60_000;

/** How often peers are looked over for the times above. */
export const TICK_MS = 1_000;

/** Requests that we hold for one peer, told as `reqq` (BEP 10): libtorrent and Transmission 2000. */
export const MAX_INCOMING_REQUESTS = 2_000;

/**
 * Adjacent blocks are asked for in one request while it is answered within this time: a choke or a cancel takes effect
 * no later than that.
 */
export const MAX_REQUEST_SECONDS = 0.1;

/**
 * Of a peer that takes several blocks a request, blocks are asked for once so many of the window are free, or this share
 * of it: the window is twice what the way to the peer holds. What is asked for together travels in one write and is read
 * from the peer's disk in one go.
 */
export const REFILL_BLOCKS = 64;
export const REFILL_SHARE = 1 / 4;

/** Pieces that a peer may have while it still gets an allowed-fast set, and the size of that set: BEP 6. */
export const ALLOWED_FAST_COUNT = 10;
/** How often a choked peer may ask for all of such a piece: libtorrent, three times its blocks. */
export const ALLOWED_FAST_TIMES = 3;

/** Allowed-fast and suggested pieces remembered for one peer; more are ignored. */
export const MAX_HINTS = 64;

/** Blocks nobody asked for that a peer may send before it is cut off. Cancels cross with blocks, so some are normal. */
export const MAX_UNASKED_BLOCKS = 512;
/** Of these, so many a second are forgiven, so that a connection of days does not add them up. */
export const UNASKED_BLOCKS_PER_TICK = 8;

/** How often a peer may have the whole info dictionary (BEP 9): once more than it needs, as connections break. */
export const METADATA_TIMES = 2;
/** Requests for it that are rejected before the peer is cut off: those that a client may have under way at once. */
export const MAX_METADATA_REJECTS = 1_000;

/** A part of an info dictionary that did not come within this time is asked of somebody else; it is taken if it comes. */
export const METADATA_PART_TIMEOUT_MS = 10_000;
/** A peer that did not send one, or rejected it, is left alone for so long; libtorrent waits up to a minute. */
export const METADATA_QUIET_MS = 10_000;
/** Assemblies of an info dictionary that others wait for have so long: 10 MB at 170 kB/s. */
export const METADATA_TURN_MS = 60_000;
/** Parts, rejects and requests without reason, before we have the info dictionary, until a peer is cut off. */
export const MAX_METADATA_NUISANCES = 1_000;

/** A peer so fast that it gives a whole piece within this time gets pieces for itself: libtorrent `whole_pieces_threshold`. */
export const WHOLE_PIECE_SECONDS = 20;

/**
 * Slots of memory a torrent may hold for pieces that are not yet verified, as a share of the budget. Of the default
 * 128 MiB that is the 64 MiB which a killed process may have to fetch twice, at any rate.
 */
export const MAX_SLOT_SHARE = 0.5;

/**
 * Complete pieces that may wait to be hashed and written before no further ones are begun, whichever is more. Workers
 * that fall behind are not helped by a longer queue, only pieces leave the processor's caches before their turn.
 */
export const MAX_VERIFYING_BYTES = 16 * 1024 * 1024;
export const MAX_VERIFYING_PIECES = 8;

/** A peer is told of others once a minute at most (BEP 11), for the first time so long after its handshake. */
export const PEX_INTERVAL_MS = 60_000;
export const PEX_FIRST_MS = 1_000;
/** Peers that one peer has been told of and that are still here; some 50 bytes each. It has them from others, too. */
export const MAX_PEX_TOLD = 200;
/** What comes sooner after the last message than this is not read: a minute, less what clocks and queues do to it. */
export const PEX_LEAST_MS = 45_000;
/** So many of these in a row end the connection: libtorrent `num_pex_timers`, six messages within a minute. */
export const MAX_PEX_TOO_SOON = 6;
