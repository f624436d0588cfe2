#!/usr/bin/python3
"""libtorrent as a partner in tests: tells what happens as one JSON object a line, ends when stdin ends.

    libtorrent-peer.py peer TORRENT|MAGNET DIR [--seed] [--dial HOST:PORT]... [--up BYTES_PER_S] [--trackers]
        [--lsd HOST]
    libtorrent-peer.py create PATH OUT PIECE_LENGTH [--pads]

A peer prints the events: listening {port}, checked {done, pieces}, complete {bytes, seconds},
peer-error {peer, reason}, disconnected {peer, reason}, hash-failed {piece}, tracker {url, peers},
tracker-error {url, message}, error {message}. It goes on serving after complete.
"""
import argparse
import json
import os
import select
import sys
import time

import libtorrent as lt


def tell(event, **facts):
    print(json.dumps({"event": event, **facts}), flush=True)


def endpoint(text):
    host, port = text.rsplit(":", 1)
    return host.strip("[]"), int(port)


def quiet_session(lsd=None, host="127.0.0.1"):
    """Loopback, TCP, no encryption, and nothing that looks for peers by itself but local discovery at an address."""
    kinds = lt.alert.category_t
    return lt.session({
        "listen_interfaces": f"{lsd or host}:0",
        "enable_dht": False, "enable_lsd": lsd is not None, "enable_upnp": False, "enable_natpmp": False,
        "enable_incoming_utp": False, "enable_outgoing_utp": False,
        "in_enc_policy": 2, "out_enc_policy": 2,
        "allow_multiple_connections_per_ip": True,
        "ssrf_mitigation": False,
        "alert_queue_size": 10000,
        "alert_mask": kinds.error_notification | kinds.peer_notification | kinds.status_notification
        | kinds.tracker_notification | kinds.connect_notification,
    })


def report(alert, state):
    if isinstance(alert, lt.listen_succeeded_alert):
        tell("listening", port=alert.port)
    elif isinstance(alert, lt.torrent_checked_alert):
        status = alert.handle.status()
        tell("checked", done=status.num_pieces, pieces=alert.handle.torrent_file().num_pieces())
    elif isinstance(alert, lt.peer_error_alert):
        tell("peer-error", peer=str(alert.ip), reason=alert.error.message())
    elif isinstance(alert, lt.peer_disconnected_alert):
        tell("disconnected", peer=str(alert.ip), reason=alert.error.message())
    elif isinstance(alert, lt.hash_failed_alert):
        tell("hash-failed", piece=alert.piece_index)
    elif isinstance(alert, lt.tracker_reply_alert):
        tell("tracker", url=alert.tracker_url(), peers=alert.num_peers)
    elif isinstance(alert, lt.tracker_error_alert):
        tell("tracker-error", url=alert.tracker_url(), message=alert.message())
    elif isinstance(alert, (lt.torrent_error_alert, lt.file_error_alert, lt.listen_failed_alert)):
        tell("error", message=alert.message())
    elif isinstance(alert, lt.torrent_finished_alert) and not state["seed"]:
        size = alert.handle.torrent_file().total_size()
        tell("complete", bytes=size, seconds=round(time.monotonic() - state["started"], 3))


def run_peer(args):
    session = quiet_session(args.lsd, args.host)
    if args.torrent.startswith("magnet:"):
        params = lt.parse_magnet_uri(args.torrent)
    else:
        params = lt.add_torrent_params()
        params.ti = lt.torrent_info(args.torrent)
    params.save_path = args.dir
    params.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
    if args.seed:
        params.flags |= lt.torrent_flags.seed_mode
    if not args.trackers:
        params.flags |= lt.torrent_flags.override_trackers
    handle = session.add_torrent(params)
    handle.set_upload_limit(args.up)  # one of the session would not hold for loopback
    for address in args.dial:
        handle.connect_peer(endpoint(address))
    state = {"seed": args.seed, "started": time.monotonic()}
    while not select.select([sys.stdin], [], [], 0)[0]:
        if session.wait_for_alert(100):
            for alert in session.pop_alerts():
                report(alert, state)
    if args.trackers:
        leave_trackers(session, handle)


def leave_trackers(session, handle):
    """A session that is merely dropped often loses its `stopped` to trackers over UDP."""
    session.pop_alerts()
    handle.pause()
    deadline = time.monotonic() + 4
    while time.monotonic() < deadline:
        session.wait_for_alert(100)
        for alert in session.pop_alerts():
            if isinstance(alert, (lt.tracker_reply_alert, lt.tracker_error_alert)):
                return


def run_create(args):
    storage = lt.file_storage()
    lt.add_files(storage, args.path)
    flags = lt.create_torrent.v1_only
    if args.pads:
        flags |= lt.create_torrent.canonical_files
    torrent = lt.create_torrent(storage, args.piece_length, flags)
    lt.set_piece_hashes(torrent, os.path.dirname(args.path))
    with open(args.out, "wb") as out:
        out.write(lt.bencode(torrent.generate()))
    tell("created")


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    peer = commands.add_parser("peer")
    peer.add_argument("torrent")
    peer.add_argument("dir")
    peer.add_argument("--seed", action="store_true", help="trust the files")
    peer.add_argument("--dial", action="append", default=[])
    peer.add_argument("--up", type=int, default=0)
    peer.add_argument("--trackers", action="store_true", help="announce to the trackers of the torrent")
    peer.add_argument("--host", default="127.0.0.1", help="where to listen, IPv6 in brackets")
    peer.add_argument("--lsd", metavar="HOST", help="listen there, and look for peers in its network")
    create = commands.add_parser("create")
    create.add_argument("path")
    create.add_argument("out")
    create.add_argument("piece_length", type=int)
    create.add_argument("--pads", action="store_true", help="align files to pieces by pad files")
    args = parser.parse_args()
    run_peer(args) if args.command == "peer" else run_create(args)


main()
