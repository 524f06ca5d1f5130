"""The whole emulator in one object: what `python -m deploy.local.pubsub` runs."""

from pathlib import Path

from deploy.local.pubsub.catalog import Catalog
from deploy.local.pubsub.database import Database
from deploy.local.pubsub.http import HttpServer, create_app
from deploy.local.pubsub.oidc import TokenIssuer
from deploy.local.pubsub.push import PushLoop
from deploy.local.pubsub.server import grpc_server
from deploy.local.pubsub.store import Store

# Both together leave a stop within two seconds.
GRPC_GRACE = 0.3
PUSH_GRACE = 1.2


class Emulator:
    """Holds the data folder and both ports from the start; answers after `start`.

    Raises DataFolderInUse, or OSError (PortInUse) when a wanted port is taken.
    """

    def __init__(
        self, data_dir: Path, grpc_port: int = 0, http_port: int = 0, time_scale: float = 1.0
    ) -> None:
        self._database = Database(data_dir)
        catalog = Catalog(self._database)
        issuer = TokenIssuer(self._database)
        store = Store(self._database, catalog, time_scale=time_scale)
        self._push_loop = PushLoop(store, catalog, issuer)
        self._grpc, port = grpc_server(store, catalog, grpc_port)
        self._http = HttpServer(create_app(store, issuer), http_port)
        self.addresses = {"grpc": f"127.0.0.1:{port}", "http": self._http.url}

    def start(self) -> None:
        """Serve both ports and begin to push."""
        self._http.start()
        self._grpc.start()
        self._push_loop.start()

    def stop(self) -> None:
        """Stop within two seconds; pushes still in flight then are pushed again by the next process."""
        stopped = self._grpc.stop(GRPC_GRACE)
        self._push_loop.stop(PUSH_GRACE)
        stopped.wait()
        self._http.stop()
        self._database.close()
