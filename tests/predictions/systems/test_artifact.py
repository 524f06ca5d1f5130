"""A model is bytes that say all of it and execute nothing."""

import io
import zipfile

import pytest

from predictions.systems.artifact import Artifact, ArtifactError

MODEL = Artifact({"version": 1, "weights": [0.25, 0.75]}, {"minutes.ubj": b"\x00\x01", "points.ubj": b"\x02"})


def test_what_is_packed_is_unpacked() -> None:
    assert Artifact.unpack(MODEL.pack()) == MODEL


def test_equal_models_are_equal_bytes() -> None:
    again = Artifact(
        {"weights": [0.25, 0.75], "version": 1}, {"points.ubj": b"\x02", "minutes.ubj": b"\x00\x01"}
    )
    assert again.pack() == MODEL.pack()


@pytest.mark.parametrize("body", [b"", b"PK", b"\x80\x04pickle", MODEL.pack()[:-30]])
def test_other_bytes_are_refused(body: bytes) -> None:
    with pytest.raises(ArtifactError, match="cannot be read"):
        Artifact.unpack(body)


@pytest.mark.parametrize(
    ("name", "content"), [("other.json", b"{}"), ("model.json", b"{"), ("model.json", b"[]")]
)
def test_a_zip_without_a_document_is_refused(name: str, content: bytes) -> None:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr(name, content)
    with pytest.raises(ArtifactError):
        Artifact.unpack(body.getvalue())


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.json", b" " * (65 * 1024 * 1024))
    with pytest.raises(ArtifactError, match="unpacks to more"):
        Artifact.unpack(body.getvalue())
