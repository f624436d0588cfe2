/** What torrent-get of 3.00 tells of a torrent, asked or not by the clients we know. */
export const FIELDS: readonly string[] = [
  ...['activityDate', 'addedDate', 'bandwidthPriority', 'comment', 'corruptEver', 'creator', 'dateCreated'],
  ...['desiredAvailable', 'doneDate', 'downloadDir', 'downloadLimit', 'downloadLimited', 'downloadedEver'],
  ...['editDate', 'error', 'errorString', 'eta', 'etaIdle', 'fileStats', 'files', 'hashString'],
  ...['haveUnchecked', 'haveValid', 'honorsSessionLimits', 'id', 'isFinished', 'isPrivate', 'isStalled'],
  ...['labels', 'leftUntilDone', 'magnetLink', 'manualAnnounceTime', 'maxConnectedPeers'],
  ...['metadataPercentComplete', 'name', 'peer-limit', 'peers', 'peersConnected', 'peersFrom'],
  ...['peersGettingFromUs', 'peersSendingToUs', 'percentDone', 'pieceCount', 'pieceSize', 'pieces'],
  ...['priorities', 'queuePosition', 'rateDownload', 'rateUpload', 'recheckProgress', 'secondsDownloading'],
  ...['secondsSeeding', 'seedIdleLimit', 'seedIdleMode', 'seedRatioLimit', 'seedRatioMode', 'sizeWhenDone'],
  ...['startDate', 'status', 'torrentFile', 'totalSize', 'trackerStats', 'trackers', 'uploadLimit'],
  ...['uploadLimited', 'uploadRatio', 'uploadedEver', 'wanted', 'webseeds', 'webseedsSendingToUs'],
];

/** What later ones tell, and clients of today ask for. */
export const LATER_FIELDS: Readonly<Record<string, string>> = {
  availability: 'array',
  bytesCompleted: 'array',
  'file-count': 'number',
  group: 'string',
  percentComplete: 'number',
  'primary-mime-type': 'string',
  sequential_download: 'boolean',
  trackerList: 'string',
};

/** Keys of session-get that later ones have. */
export const LATER_SESSION: Readonly<Record<string, string>> = {
  'default-trackers': 'string',
  'rpc-version-semver': 'string',
  'script-torrent-added-enabled': 'boolean',
  'script-torrent-added-filename': 'string',
  'script-torrent-done-seeding-enabled': 'boolean',
  'script-torrent-done-seeding-filename': 'string',
};

/** Keys of a row of `trackerStats`, 3.00; 28 since 4.0. */
export const TRACKER_STATS: Readonly<Record<string, string>> = {
  announce: 'string',
  announceState: 'number',
  downloadCount: 'number',
  hasAnnounced: 'boolean',
  hasScraped: 'boolean',
  host: 'string',
  id: 'number',
  isBackup: 'boolean',
  lastAnnouncePeerCount: 'number',
  lastAnnounceResult: 'string',
  lastAnnounceStartTime: 'number',
  lastAnnounceSucceeded: 'boolean',
  lastAnnounceTime: 'number',
  lastAnnounceTimedOut: 'boolean',
  lastScrapeResult: 'string',
  lastScrapeStartTime: 'number',
  lastScrapeSucceeded: 'boolean',
  lastScrapeTime: 'number',
  leecherCount: 'number',
  nextAnnounceTime: 'number',
  nextScrapeTime: 'number',
  scrape: 'string',
  scrapeState: 'number',
  seederCount: 'number',
  tier: 'number',
};

/** Keys of a row of `peers`, 3.00. */
export const PEER: Readonly<Record<string, string>> = {
  address: 'string',
  clientIsChoked: 'boolean',
  clientIsInterested: 'boolean',
  clientName: 'string',
  flagStr: 'string',
  isDownloadingFrom: 'boolean',
  isEncrypted: 'boolean',
  isIncoming: 'boolean',
  isUTP: 'boolean',
  isUploadingTo: 'boolean',
  peerIsChoked: 'boolean',
  peerIsInterested: 'boolean',
  port: 'number',
  progress: 'number',
  rateToClient: 'number',
  rateToPeer: 'number',
};
