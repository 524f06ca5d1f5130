"""Turns plain methods into gRPC handlers, and lists into pages."""

from collections.abc import Callable, Sequence
from typing import Any

import grpc
from google.protobuf import empty_pb2

from deploy.local.pubsub.errors import PubsubError

Method = Callable[[Any, grpc.ServicerContext], Any]
PAGE_SIZE = 100


def handlers(service: str, methods: dict[str, tuple[Any, Any, Method]]) -> grpc.GenericRpcHandler:
    """Return the handler of a service from {RPC: (request type, response type, method)}.

    A response type of None stands for google.protobuf.Empty.
    """
    unary = {name: _handler(*method) for name, method in methods.items()}
    return grpc.method_handlers_generic_handler(service, unary)


def page(names: Sequence[str], page_size: int, page_token: str) -> tuple[list[str], str]:
    """Return one page of the sorted names and the token of the next page ("" when it is the last)."""
    size = page_size if page_size > 0 else PAGE_SIZE
    left = sorted(name for name in names if name > page_token)
    return left[:size], left[size - 1] if len(left) > size else ""


def _handler(request_type: Any, response_type: Any, method: Method) -> grpc.RpcMethodHandler:
    def answer(request: Any, context: grpc.ServicerContext) -> Any:
        try:
            response = method(request, context)
        except PubsubError as error:
            context.abort(error.code, str(error))
        return empty_pb2.Empty() if response_type is None else response

    serialize = empty_pb2.Empty.SerializeToString if response_type is None else response_type.serialize
    return grpc.unary_unary_rpc_method_handler(answer, request_type.deserialize, serialize)
