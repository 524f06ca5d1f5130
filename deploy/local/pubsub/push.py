"""Delivers the messages of push subscriptions: one loop that hands out, one thread a delivery."""

import logging
import sqlite3
import threading
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor, wait

import requests
from google.pubsub_v1 import types

from deploy.local.pubsub.catalog import Catalog
from deploy.local.pubsub.envelope import Delivery, push_body
from deploy.local.pubsub.errors import NotFound
from deploy.local.pubsub.oidc import TokenIssuer
from deploy.local.pubsub.resources import is_push
from deploy.local.pubsub.store import Store

logger = logging.getLogger(__name__)

ACKNOWLEDGING = frozenset({102, 200, 201, 202, 204})
PUSHES_PER_SUBSCRIPTION = 8
MAX_THREADS = 128
HOUSEKEEPING_SECONDS = 60.0


class PushLoop:
    """Pushes what is due, at most eight messages of a subscription at once."""

    def __init__(self, store: Store, catalog: Catalog, issuer: TokenIssuer) -> None:
        self._store, self._catalog, self._issuer = store, catalog, issuer
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._in_flight: Counter[str] = Counter()
        self._futures: set[Future[None]] = set()
        self._pool = ThreadPoolExecutor(MAX_THREADS, thread_name_prefix="push")
        self._thread = threading.Thread(target=self._run, name="push-loop", daemon=True)
        self._housekeeping_at = 0.0

    def start(self) -> None:
        """Begin to push."""
        self._thread.start()

    def stop(self, grace: float) -> None:
        """Begin no more pushes and wait up to `grace` seconds for those in flight.

        What is still in flight then stays unacknowledged, and is pushed again by the next process.
        """
        self._stopping.set()
        self._store.bell.ring()
        self._thread.join(grace)
        self._pool.shutdown(wait=False, cancel_futures=True)
        wait(set(self._futures), timeout=grace)

    def _run(self) -> None:
        while not self._stopping.is_set():
            seen, since = self._store.bell.rings, self._store.now()
            try:
                self._round()
                pause = self._store.seconds_to_next(since, HOUSEKEEPING_SECONDS)
            except sqlite3.OperationalError:
                logger.exception("the data folder refuses; trying again in a second")
                seen, pause = self._store.bell.rings, 1.0
            self._store.bell.wait(seen, pause)

    def _round(self) -> None:
        self._store.end_leases()
        if time.monotonic() >= self._housekeeping_at:
            self._store.forget_old()
            self._housekeeping_at = time.monotonic() + HOUSEKEEPING_SECONDS
        for subscription in filter(is_push, self._catalog.subscriptions()):
            room = PUSHES_PER_SUBSCRIPTION - self._in_flight[subscription.name]
            for delivery in self._claim(subscription.name, room):
                self._submit(subscription, delivery)

    def _claim(self, name: str, room: int) -> list[Delivery]:
        try:
            return self._store.claim(name, room) if room > 0 else []
        except NotFound:
            return []  # deleted in this moment

    def _submit(self, subscription: types.Subscription, delivery: Delivery) -> None:
        self._count(delivery, 1)
        future = self._pool.submit(self._deliver, subscription, delivery)
        self._futures.add(future)
        future.add_done_callback(self._futures.discard)

    def _deliver(self, subscription: types.Subscription, delivery: Delivery) -> None:
        try:
            self._settle(delivery, self._is_accepted(subscription, delivery))
        finally:
            self._count(delivery, -1)
            self._store.bell.ring()

    def _settle(self, delivery: Delivery, accepted: bool) -> None:
        """Notes the answer, as soon as the data folder takes it: else the message would stay leased."""
        while True:
            try:
                if accepted:
                    return self._store.ack_push(delivery)
                return self._store.nack(delivery.subscription, [(delivery.message_id, delivery.attempt)])
            except sqlite3.OperationalError:
                logger.exception("the data folder refuses; trying again in a second")
                if self._stopping.wait(1.0):
                    return None

    def _is_accepted(self, subscription: types.Subscription, delivery: Delivery) -> bool:
        message = f"{delivery.subscription}: message {delivery.message_id}, attempt {delivery.attempt}"
        try:
            status = post(subscription, delivery, self._issuer)
        except requests.RequestException as error:
            logger.warning("%s: %s", message, error)
            return False
        except Exception:  # a thread's entry point: an unforeseen error must not keep the message leased
            logger.exception("%s: cannot be pushed", message)
            return False
        if status not in ACKNOWLEDGING:
            logger.warning("%s: answer %s", message, status)
        return status in ACKNOWLEDGING

    def _count(self, delivery: Delivery, change: int) -> None:
        with self._lock:
            self._in_flight[delivery.subscription] += change


def post(subscription: types.Subscription, delivery: Delivery, issuer: TokenIssuer) -> int:
    """Push one message and return the HTTP status.

    Raises requests.RequestException: no connection, or no answer within ackDeadlineSeconds.
    """
    with requests.Session() as session:
        # The environment's proxies are not for this machine, and a .netrc would replace the token.
        session.trust_env = False
        response = session.post(
            subscription.push_config.push_endpoint,
            json=push_body(subscription, delivery),
            headers=_headers(subscription.push_config, issuer),
            timeout=subscription.ack_deadline_seconds,
            allow_redirects=False,
            stream=True,
        )
        response.close()
    return response.status_code


def _headers(config: types.PushConfig, issuer: TokenIssuer) -> dict[str, str]:
    headers = {"User-Agent": "CloudPubSub-Google", "Connection": "close"}
    if "oidc_token" in config:
        audience = config.oidc_token.audience or config.push_endpoint
        headers["Authorization"] = f"Bearer {issuer.token(audience, config.oidc_token.service_account_email)}"
    return headers
