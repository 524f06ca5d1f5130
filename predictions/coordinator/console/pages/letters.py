"""Dead letters: listed, shown, published again or set aside, by the functions of the API's routes."""

from http import HTTPStatus

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from orchestration.platform import Platform
from predictions.coordinator.console.questions import asked, link, turned
from predictions.coordinator.letter_routes import (
    DiscardRequest,
    LetterPath,
    LettersPage,
    discard_letter,
    read_letter,
    read_letters,
    replay_letter,
)


def add_letters(console: Blueprint, platform: Platform) -> None:
    """GET /console/letters[/{id}], POST .../{id}/replay and .../{id}/discard."""

    @console.get("/letters")
    def letters() -> str:
        question = asked(LettersPage)
        rows = read_letters(platform, None, question.every, **question.bounds)
        return render_template(
            "console/letters.html",
            question=question,
            **turned(question, rows, lambda offset: _link(question, offset)),
        )

    @console.get("/letters/<dead_letter_id>")
    def letter(dead_letter_id: str) -> str:
        return render_template("console/letter.html", letter=read_letter(platform, _id(dead_letter_id)))

    @console.post("/letters/<dead_letter_id>/replay")
    def replay(dead_letter_id: str) -> Response:
        replay_letter(platform, _id(dead_letter_id))
        return _back(dead_letter_id)

    @console.post("/letters/<dead_letter_id>/discard")
    def discard(dead_letter_id: str) -> Response:
        reason = DiscardRequest(reason=request.form.get("reason", "").strip()).reason
        discard_letter(platform, _id(dead_letter_id), reason)
        return _back(dead_letter_id)


def _id(text: str) -> str:
    return LetterPath(dead_letter_id=text).dead_letter_id


def _back(dead_letter_id: str) -> Response:
    return redirect(url_for("console.letter", dead_letter_id=dead_letter_id), HTTPStatus.SEE_OTHER)


def _link(question: LettersPage, offset: int) -> str:
    return link(url_for("console.letters"), {"every": question.every, "offset": offset})
