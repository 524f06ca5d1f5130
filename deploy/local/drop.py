"""Ends the connection of the request at hand without an answer."""

import socket

from flask import Response, request


def drop_connection() -> Response:
    """The response is never seen where there is a connection; 502 where there is none (a test client)."""
    connection = request.environ.get("werkzeug.socket")
    if connection is not None:
        connection.shutdown(socket.SHUT_RDWR)
    return Response("connection dropped", 502)
