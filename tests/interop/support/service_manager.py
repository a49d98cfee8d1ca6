# A service manager that opens a port, and passes it to the processes that it starts.
#
#   service_manager.py [--unix PATH] PROGRAM ARGUMENTS…
#
# It writes "port N" (0: a Unix socket), and obeys the lines of its standard input: "start" starts the program with the
# socket as descriptor 3 and writes "started PID"; "stop PID" sends SIGTERM, waits, and writes "ended PID STATUS". What
# the program tells (sd_notify) is written as "told TEXT". At the end of input all programs are killed.
import os
import select
import signal
import socket
import sys
import tempfile

words = sys.argv[1:]
if words[0] == "--unix":
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(words[1])
    words = words[2:]
    port = 0
else:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.bind(("127.0.0.1", 0))
    port = listening.getsockname()[1]
listening.listen(1024)
folder = tempfile.mkdtemp(prefix="cosio-notify-")
place = os.path.join(folder, "notify")
hearing = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
hearing.bind(place)
running = set()


def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def start():
    pid = os.fork()
    if pid == 0:
        copy = os.dup(listening.fileno())
        os.dup2(copy, 3, inheritable=True)
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", LISTEN_FDNAMES="web", NOTIFY_SOCKET=place)
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(null, 1)
        os.execv(words[0], words)
    running.add(pid)
    say(f"started {pid}")


def stop(pid):
    os.kill(pid, signal.SIGTERM)
    status = os.waitpid(pid, 0)[1]
    running.discard(pid)
    say(f"ended {pid} {os.waitstatus_to_exitcode(status)}")


say(f"port {port}")
pending = b""
while True:
    ready = select.select([0, hearing], [], [])[0]
    if hearing in ready:
        for line in hearing.recv(4096).decode().split("\n"):
            say(f"told {line}")
    if 0 in ready:
        got = os.read(0, 4096)
        if not got:
            break
        pending += got
        while b"\n" in pending:
            line, pending = pending.split(b"\n", 1)
            order = line.decode().split()
            if order[0] == "start":
                start()
            else:
                stop(int(order[1]))
for pid in running:
    os.kill(pid, signal.SIGKILL)
os.unlink(place)
os.rmdir(folder)
