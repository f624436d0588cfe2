import type { RpcContext } from '../context.js';

export function sessionStats({ catalog, totals, clock }: RpcContext): object {
  let [active, down, up] = [0, 0, 0];
  for (const { torrent, record } of catalog.all()) {
    if (record.running) active++;
    const light = torrent?.light();
    down += light?.downRate ?? 0;
    up += light?.upRate ?? 0;
  }
  const { uploaded, downloaded, filesAdded } = totals.thisRun;
  const { earlier } = totals;
  return {
    active_torrent_count: active,
    paused_torrent_count: catalog.size - active,
    torrent_count: catalog.size,
    download_speed: Math.round(down),
    upload_speed: Math.round(up),
    cumulative_stats: {
      uploaded_bytes: earlier.uploaded + uploaded,
      downloaded_bytes: earlier.downloaded + downloaded,
      files_added: earlier.filesAdded + filesAdded,
      seconds_active: Math.floor(clock.seconds),
      session_count: earlier.sessions + 1,
    },
    current_stats: {
      uploaded_bytes: uploaded,
      downloaded_bytes: downloaded,
      files_added: filesAdded,
      seconds_active: Math.floor(clock.thisRun),
      session_count: 1,
    },
  };
}
