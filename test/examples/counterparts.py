"""Upper case over UDP and TCP as the lecture has it: one receive of 2048 bytes, no time-outs, no care for bad bytes.

Usage: counterparts.py udp-server | tcp-server | udp-client PORT | tcp-client PORT
"""
import socket
import sys

HOST = '127.0.0.1'
BUFFER = 2048


def udp_server():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((HOST, 0))
    announce(server)
    while True:
        message, client = server.recvfrom(BUFFER)
        server.sendto(message.decode().upper().encode(), client)


def tcp_server():
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.bind((HOST, 0))
    server.listen(1)
    announce(server)
    while True:
        connection, _ = server.accept()
        connection.send(connection.recv(BUFFER).decode().upper().encode())
        connection.close()


def udp_client(port):
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.sendto(input().encode(), (HOST, port))
    answer, _ = client.recvfrom(BUFFER)
    print(answer.decode())


def tcp_client(port):
    client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    client.connect((HOST, port))
    # The order of the lecture: connected first, typed then.
    client.send(input().encode())
    print(client.recv(BUFFER).decode())
    client.close()


def announce(server):
    print('port', server.getsockname()[1], flush=True)


roles = {'udp-server': udp_server, 'tcp-server': tcp_server, 'udp-client': udp_client, 'tcp-client': tcp_client}
roles[sys.argv[1]](*map(int, sys.argv[2:]))
