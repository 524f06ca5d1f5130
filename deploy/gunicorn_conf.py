"""gunicorn's configuration for every service: SERVICE says which one this process is."""

import os

from deploy.registry import service_named

_SERVICE = service_named(os.environ.get("SERVICE"))

wsgi_app = _SERVICE.factory
bind = f"{os.environ.get('BIND_HOST', '0.0.0.0')}:{os.environ.get('PORT', '8080')}"
workers = 1
# A service that cannot start must end the process: in a worker it would be started again for ever.
preload_app = True
worker_class = "gthread"
threads = _SERVICE.threads
timeout = _SERVICE.timeout_seconds
# What is cut off is delivered again; Ctrl-C on one machine should take seconds.
graceful_timeout = 5
keepalive = 75
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None
control_socket_disable = True
