"""The gRPC server: google.pubsub.v1 on 127.0.0.1."""

from concurrent.futures import ThreadPoolExecutor

import grpc

from deploy.local.pubsub.catalog import Catalog
from deploy.local.pubsub.publisher import Publisher
from deploy.local.pubsub.store import Store
from deploy.local.pubsub.subscriber import Subscriber

MAX_REQUEST_BYTES = 12_000_000
THREADS = 32


class PortInUse(OSError):
    """Another process listens on the wanted port."""


def grpc_server(store: Store, catalog: Catalog, port: int) -> tuple[grpc.Server, int]:
    """Return a server that is not started yet, and its port (a free one for 0). Raises PortInUse."""
    server = grpc.server(
        ThreadPoolExecutor(THREADS, thread_name_prefix="grpc"),
        handlers=[Publisher(store, catalog).handler(), Subscriber(store, catalog).handler()],
        # Without so_reuseport=0 a second emulator on the port would silently get half of the calls.
        options=[("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", MAX_REQUEST_BYTES)],
    )
    try:
        return server, server.add_insecure_port(f"127.0.0.1:{port}")
    except RuntimeError as error:
        raise PortInUse(f"gRPC port {port} is taken: stop its process or choose another port") from error
