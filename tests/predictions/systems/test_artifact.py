"""A model is bytes that say all of it and execute nothing."""

import io
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


@settings(deadline=None)
@given(st.data())
def test_spoilt_bytes_are_refused_or_say_the_same(data: st.DataObject) -> None:
    """Whatever the zip's own structure, its compression or the document has become."""
    raw = bytearray(MODEL.pack())
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with suppress(ArtifactError):
        assert isinstance(Artifact.unpack(bytes(raw)).document, dict)


@pytest.mark.parametrize("document", [b"[" * 100_000, b"\xff", b"1"])
def test_a_document_that_is_none_is_refused(document: bytes) -> None:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("model.json", document)
    with pytest.raises(ArtifactError):
        Artifact.unpack(body.getvalue())


def test_parts_with_the_names_of_other_files_are_written_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts are bytes by name, whatever the name: there is no folder that they would be put into."""
    (inner := tmp_path / "inner").mkdir()
    monkeypatch.chdir(inner)
    names = ["../evil", str(tmp_path / "evil"), "a/../../evil", "..\\evil", "evil/", "C:evil"]
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("model.json", b"{}")
        for name in names:
            archive.writestr(name, b"evil")
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    read = Artifact.unpack(body.getvalue())
    assert read.parts["link"] == b"/etc/passwd"
    assert sorted(tmp_path.rglob("*")) == [inner]
