"""A model as bytes: a zip of one JSON document and its binary parts. Nothing in it is ever executed."""

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# ml_models keeps the artifact in a row; BigQuery allows 10 MiB a row, with room for the rest of it.
MAX_BYTES = 8 * 1024 * 1024
_MAX_UNPACKED = 64 * 1024 * 1024
_DOCUMENT = "model.json"
# The same model gives the same bytes: no time of packing in them.
_EPOCH = (1980, 1, 1, 0, 0, 0)
# What zipfile and json raise of other bytes: a spoilt structure, compressed part or text, one that is
# encrypted, packed by another method, or nested too deeply (all three RuntimeErrors), or that ends early.
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    KeyError,
    ValueError,
    RuntimeError,
    EOFError,
    OSError,
)


class ArtifactError(ValueError):
    """The bytes are no model, or not one of this layout; the text says what is wrong."""


@dataclass(frozen=True)
class Artifact:
    """What a model consists of.

    Args:
        document: everything but the parts, as JSON values.
        parts: name -> a booster in its library's binary form, or arrays in numpy's.
    """

    document: Mapping[str, Any]
    parts: Mapping[str, bytes]

    def pack(self) -> bytes:
        """The artifact as bytes, equal for equal models."""
        body = io.BytesIO()
        with zipfile.ZipFile(body, "w") as archive:
            parts = {_DOCUMENT: json.dumps(self.document, sort_keys=True).encode(), **self.parts}
            for name in sorted(parts):
                entry = zipfile.ZipInfo(name, _EPOCH)
                archive.writestr(entry, parts[name], zipfile.ZIP_DEFLATED, compresslevel=9)
        return body.getvalue()

    @classmethod
    def unpack(cls, packed: bytes) -> "Artifact":
        """The model in some bytes.

        Raises:
            ArtifactError: they are no artifact.
        """
        try:
            with zipfile.ZipFile(io.BytesIO(packed)) as archive:
                if sum(entry.file_size for entry in archive.infolist()) > _MAX_UNPACKED:
                    raise ArtifactError(f"the artifact unpacks to more than {_MAX_UNPACKED:,} bytes")
                parts = {entry.filename: archive.read(entry) for entry in archive.infolist()}
            document = json.loads(parts.pop(_DOCUMENT))
        except ArtifactError:
            raise
        except _UNREADABLE as error:
            raise ArtifactError(f"the artifact cannot be read: {error!r}") from error
        if not isinstance(document, dict):
            raise ArtifactError(f"{_DOCUMENT} of the artifact is no JSON object")
        return cls(document, parts)
