#!/usr/bin/python3
"""Nodes of libtorrent in a DHT of its own: nothing else finds peers, and all may be on one machine. Commands come by
stdin and events leave by stdout, one JSON object a line each; it ends when stdin ends.

    libtorrent-dht.py HOST COUNT

At first: listening {node, port}, one for each of COUNT nodes. Commands, with the `node` that has to do them (0 if none
is named), and what they lead to:

    bootstrap {host, port}                    it is told of that node
    nodes                                     nodes {counts}: good nodes that each one knows
    get-peers {hash}                          peers {hash, peers}, once for each answer
    put {value}                               put {target}, stored {target, count}
    put-mutable {secret, key, value, salt}    stored {key, count}: `secret` is the key expanded to 64 bytes
    get {target}                              item {target, value}
    get-mutable {key, salt}                   item {key, value, seq, authoritative}
    sample {host, port, target}               samples {hashes, interval, stored}
    seed {torrent, dir}                       announces it
    download {magnet, dir}                    metadata {node, seconds}, complete {node, seconds}
"""
import json
import os
import select
import sys
import time
import warnings

import libtorrent as lt

# `status` is the one way to ask how many nodes are known; what came after it is not in the Python binding.
warnings.simplefilter("ignore", DeprecationWarning)


def tell(event, **facts):
    print(json.dumps({"event": event, **facts}), flush=True)


def dht_session(host):
    kinds = lt.alert.category_t
    return lt.session({
        "listen_interfaces": f"[{host}]:0" if ":" in host else f"{host}:0",
        "enable_dht": True, "dht_bootstrap_nodes": "",
        "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False,
        "enable_incoming_utp": False, "enable_outgoing_utp": False,
        "in_enc_policy": 2, "out_enc_policy": 2,
        # All nodes have one address here, which is not an address of the internet.
        "allow_multiple_connections_per_ip": True,
        "dht_restrict_routing_ips": False, "dht_restrict_search_ips": False,
        "dht_ignore_dark_internet": False, "dht_prefer_verified_node_ids": False,
        "dht_block_ratelimit": 1_000_000, "dht_upload_rate_limit": 10_000_000,
        # A torrent that was announced before anybody was known would have to wait a quarter of an hour.
        "dht_announce_interval": 10,
        "alert_queue_size": 10000,
        "alert_mask": kinds.error_notification | kinds.status_notification | kinds.dht_notification
        | kinds.dht_operation_notification,
    })


def add(session, params, directory):
    params.save_path = directory
    params.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
    params.flags |= lt.torrent_flags.disable_pex | lt.torrent_flags.disable_lsd
    session.add_torrent(params)


def hashed(text):
    return lt.sha1_hash(bytes.fromhex(text))


def run(sessions, command):
    do = command["do"]
    session = sessions[command.get("node", 0)]
    if do == "bootstrap":
        session.add_dht_node((command["host"], command["port"]))
    elif do == "nodes":
        tell("nodes", counts=[one.status().dht_nodes for one in sessions])
    elif do == "get-peers":
        session.dht_get_peers(hashed(command["hash"]))
    elif do == "put":
        tell("put", target=str(session.dht_put_immutable_item(command["value"])))
    elif do == "put-mutable":
        secret, key = bytes.fromhex(command["secret"]), bytes.fromhex(command["key"])
        session.dht_put_mutable_item(secret, key, command["value"].encode(), command["salt"].encode())
    elif do == "get":
        session.dht_get_immutable_item(hashed(command["target"]))
    elif do == "get-mutable":
        session.dht_get_mutable_item(bytes.fromhex(command["key"]), command["salt"].encode())
    elif do == "sample":
        session.dht_sample_infohashes((command["host"], command["port"]), hashed(command["target"]))
    elif do == "seed":
        params = lt.add_torrent_params()
        params.ti = lt.torrent_info(command["torrent"])
        params.flags |= lt.torrent_flags.seed_mode
        add(session, params, command["dir"])
    elif do == "download":
        add(session, lt.parse_magnet_uri(command["magnet"]), command["dir"])


def text(value):
    return value.decode("latin1") if isinstance(value, bytes) else value


def report(node, alert, started):
    if isinstance(alert, lt.listen_succeeded_alert):
        if "UDP" in str(alert.socket_type).upper():
            tell("listening", node=node, port=alert.port)
    elif isinstance(alert, lt.dht_get_peers_reply_alert):
        peers = [f"{host}:{port}" for host, port in alert.peers()]
        tell("peers", node=node, hash=str(alert.info_hash), peers=peers)
    elif isinstance(alert, lt.dht_put_alert):
        mutable = alert.public_key.hex() if any(alert.public_key) else None
        tell("stored", node=node, target=str(alert.target), key=mutable, count=alert.num_success)
    elif isinstance(alert, lt.dht_immutable_item_alert):
        tell("item", node=node, target=str(alert.target), value=text(alert.item["value"]))
    elif isinstance(alert, lt.dht_mutable_item_alert):
        item = alert.item
        tell("item", node=node, key=alert.key.hex(), value=text(item["value"]), seq=item["seq"],
             authoritative=item["authoritative"])
    elif isinstance(alert, lt.dht_sample_infohashes_alert):
        tell("samples", node=node, hashes=[str(one) for one in alert.samples], stored=alert.num_infohashes)
    elif isinstance(alert, lt.metadata_received_alert):
        tell("metadata", node=node, seconds=round(time.monotonic() - started, 3))
    elif isinstance(alert, lt.torrent_finished_alert):
        tell("complete", node=node, seconds=round(time.monotonic() - started, 3))
    elif isinstance(alert, (lt.torrent_error_alert, lt.file_error_alert, lt.listen_failed_alert)):
        tell("error", node=node, message=alert.message())


def main():
    host, count = sys.argv[1], int(sys.argv[2])
    sessions = [dht_session(host) for _ in range(count)]
    started, rest = time.monotonic(), b""
    while True:
        for node, session in enumerate(sessions):
            for alert in session.pop_alerts():
                report(node, alert, started)
        if not select.select([sys.stdin], [], [], 0.02)[0]:
            continue
        chunk = os.read(sys.stdin.fileno(), 65536)
        if not chunk:
            return
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            run(sessions, json.loads(line))


main()
