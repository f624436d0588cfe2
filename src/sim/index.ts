/** `millrace/sim`: distribution-time bounds. */
export {
  type ClientServerSwarm,
  clientServerSeconds,
  type DiscreteSwarm,
  discreteSeconds,
  type PeerRates,
  type PeerToPeerSwarm,
  peerToPeerSeconds,
} from './bounds.js';
