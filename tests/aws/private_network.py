"""Runs a server that has no option for its address in a network namespace of its own, and relays
connections to it from a free port of 127.0.0.1.

    python3 private_network.py PORT COMMAND ...     PORT is the server's, inside

A socket stays in the namespace that it was made in, whatever its process does later. So this process
first listens outside, then moves itself into a new namespace, where it starts the server and connects
to it: no address, no virtual interface, and nothing is left over when it ends. It prints the port
outside, and ends, with the server, when its standard input does.

Needs root, or user namespaces without root, which Debian allows; otherwise it prints so and exits with 3.
"""

import ctypes
import errno
import fcntl
import selectors
import socket
import struct
import subprocess
import sys

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
CHUNK = 64 * 1024


def enter_new_network():
    libc = ctypes.CDLL(None, use_errno=True)
    # Root needs no user namespace; others get the right to make a network with one.
    for flags in (CLONE_NEWNET, CLONE_NEWUSER | CLONE_NEWNET):
        if libc.unshare(flags) == 0:
            break
        if ctypes.get_errno() != errno.EPERM:
            break
    else:
        sys.stderr.write("this needs root, or user namespaces (kernel.unprivileged_userns_clone=1)\n")
        sys.exit(3)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh14x", b"lo", 0)
        flags, = struct.unpack_from("h", fcntl.ioctl(control, SIOCGIFFLAGS, request), 16)
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


class Relay:
    """Passes bytes both ways. What one side sends while the other does not read waits in its kernel
    buffers: a chunk is written whole before the next is read, and requests and answers are short."""

    def __init__(self, listener, port_inside):
        self.listener, self.port_inside = listener, port_inside
        self.selector = selectors.DefaultSelector()
        self.selector.register(listener, selectors.EVENT_READ, self.accept)
        self.selector.register(sys.stdin.buffer, selectors.EVENT_READ, lambda _: sys.exit(0))

    def run(self):
        while True:
            for key, _ in self.selector.select():
                # An earlier event of this round may have closed it.
                if key.fileobj.fileno() != -1:
                    key.data(key.fileobj)

    def accept(self, listener):
        outside, _ = listener.accept()
        inside = socket.socket()
        try:
            inside.connect(("127.0.0.1", self.port_inside))
        except OSError:  # not up yet, or gone
            inside.close(), outside.close()
            return
        for one, other in ((outside, inside), (inside, outside)):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.selector.register(one, selectors.EVENT_READ, lambda _, a=one, b=other: self.pass_on(a, b))

    def pass_on(self, source, target):
        try:
            data = source.recv(CHUNK)
            target.sendall(data)
        except OSError:
            data = b""
        if not data:
            for sock in (source, target):
                self.selector.unregister(sock)
                sock.close()


def main():
    port_inside, command = int(sys.argv[1]), sys.argv[2:]
    listener = socket.create_server(("127.0.0.1", 0))
    enter_new_network()
    server = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *command], stdin=subprocess.DEVNULL)
    try:
        print(listener.getsockname()[1], flush=True)
        Relay(listener, port_inside).run()
    finally:
        server.kill()
        server.wait()


if __name__ == "__main__":
    main()
