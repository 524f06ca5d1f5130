"""What the emulator refuses, each with the gRPC status that Pub/Sub answers in the same case."""

import grpc


class PubsubError(Exception):
    """A request that is answered with a status; the text names the field or resource and the remedy."""

    code = grpc.StatusCode.UNKNOWN


class InvalidArgument(PubsubError):
    """A field's value is malformed or out of range."""

    code = grpc.StatusCode.INVALID_ARGUMENT


class NotFound(PubsubError):
    """The topic or subscription does not exist."""

    code = grpc.StatusCode.NOT_FOUND


class AlreadyExists(PubsubError):
    """The topic or subscription exists already."""

    code = grpc.StatusCode.ALREADY_EXISTS


class Unavailable(PubsubError):
    """Pub/Sub is away for a while."""

    code = grpc.StatusCode.UNAVAILABLE


class FailedPrecondition(PubsubError):
    """The resource is not of the kind that this call needs."""

    code = grpc.StatusCode.FAILED_PRECONDITION
