"""The web server's own settings; WEB_BIND and WEB_WORKERS come from the environment."""

import multiprocessing
import os

bind = os.environ.get("WEB_BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_WORKERS") or multiprocessing.cpu_count() + 1)
threads = 4
timeout = 60
# Longer than whoever is before it leaves a connection unused: with the usual two seconds it closes some just as the
# next request comes in, and that one is lost.
keepalive = 75
graceful_timeout = 30
max_requests = 5000  # a worker that leaks is replaced before anybody notices
max_requests_jitter = 500
worker_tmp_dir = "/dev/shm"  # noqa: S108  (a heartbeat file; on a disk it can stall)
# Who speaks TLS for us says so in a header. What an address is worth is judged by TRUSTED_PROXIES, not here.
forwarded_allow_ips = "*"
# No log of requests: the address of a proposal's link is its key. The server before this one keeps one without them.
accesslog = None
