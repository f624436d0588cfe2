#!/usr/bin/python3
"""libtorrent as a process that answers the questions of the suite: a JSON object a line on stdin and stdout.

Its settings are its defaults, but for what makes a transfer between two processes on one machine possible, and for
what would look for peers elsewhere.
"""
import json
import sys
import time

import libtorrent as lt

session = None
handle = None


def open_session(host):
    global session
    if session is not None:
        return
    kinds = lt.alert.category_t
    session = lt.session({
        "listen_interfaces": f"{host}:0",
        "enable_dht": False,
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
        # a transfer by TCP and in the clear, as by all others
        "enable_outgoing_utp": False,
        "enable_incoming_utp": False,
        "in_enc_policy": 2,
        "out_enc_policy": 2,
        "allow_multiple_connections_per_ip": True,
        "alert_mask": kinds.error_notification | kinds.status_notification,
    })


def add(torrent, directory, seed):
    params = lt.add_torrent_params()
    params.ti = lt.torrent_info(torrent)
    params.save_path = directory
    params.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
    params.flags |= lt.torrent_flags.override_trackers
    if seed:
        params.flags |= lt.torrent_flags.seed_mode
    return session.add_torrent(params)


def wait_for(kind):
    while True:
        session.wait_for_alert(1000)
        for alert in session.pop_alerts():
            if isinstance(alert, kind):
                return alert
            if isinstance(alert, (lt.torrent_error_alert, lt.file_error_alert)):
                raise RuntimeError(alert.message())


def seed(torrent, dir, host):
    global handle
    open_session(host)
    handle = add(torrent, dir, True)
    while session.listen_port() == 0:
        time.sleep(0.01)
    return {"host": host, "port": session.listen_port()}


def prepare(torrent, dir, host):
    global handle
    open_session(host)
    handle = add(torrent, dir, False)
    wait_for(lt.torrent_checked_alert)


def download(host, port):
    handle.connect_peer((host, port))
    while handle.status().total_payload_download == 0:
        time.sleep(0.001)
    started = time.monotonic()
    wait_for(lt.torrent_finished_alert)
    return {"seconds": time.monotonic() - started}


def drop():
    session.remove_torrent(handle)
    wait_for(lt.torrent_removed_alert)


def open_idle():
    open_session("127.0.0.1")


def add_idle(dir, count):
    """Until all are seeding."""
    started = time.monotonic()
    handles = [add(f"{dir}/{i}.torrent", dir, True) for i in range(count)]
    while not all(handle.status().is_seeding for handle in handles[-1:]):
        time.sleep(0.01)
    while len(session.get_torrents()) < count:
        time.sleep(0.01)
    session.pop_alerts()
    return {"seconds": time.monotonic() - started}


HANDLERS = {
    "seed": seed,
    "prepare": prepare,
    "download": download,
    "drop": drop,
    "open": open_idle,
    "add": add_idle,
    "close": lambda: None,
}

for line in sys.stdin:
    question = json.loads(line)
    try:
        answer = {"id": question["id"], "result": HANDLERS[question["name"]](**question["args"])}
    except Exception as error:  # whatever it is, the suite must hear of it
        answer = {"id": question["id"], "error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
