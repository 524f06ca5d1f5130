"""Text that would end a statement is refused, or stored as it was sent, and touches no table."""

import itertools
import os
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow.parquet as pq
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from typer.testing import CliRunner

from deploy.chaos.contents import read_contents
from deploy.cli.main import app
from deploy.gcp.records import Records
from deploy.local.driver import Driver
from deploy.local.environment import variable
from deploy.local.stack import PROJECT
from deploy.registry import services
from deploy.replay.archive import ReplayArchive
from deploy.replay.replay import ReplayOptions, replay
from predictions.training.models import promote, read_walked
from shared.dead_letters import DeadLetter, WarehouseDeadLetters
from shared.messages import AsOf
from shared.outcomes import PermanentError
from shared.warehouse.specs import all_specs

Field = tuple[str, ...]
MARK = "zq7"
TIMES = int(os.environ.get("NBA_PROPS_FUZZ", "1"))


@pytest.fixture(scope="module")
def day(driver: Driver, hostile_league: Path) -> date:
    """The last date of the league, as its providers know it when it is over."""
    last = ReplayArchive(hostile_league).dates[-1]
    knowledge = AsOf(lead_minutes=60)
    driver.scrape("schedule", last, last)
    driver.settle()
    for source in ("player_index", "rosters", "injury_report", "odds", "box_scores"):
        driver.scrape(source, last, last, knowledge)
    driver.settle()
    return last


def tables(driver: Driver) -> dict[str, list[str]]:
    """Every table that there is, with its columns."""
    client = driver.stack.warehouse.client
    found = [table for dataset in client.list_datasets() for table in client.list_tables(dataset.reference)]
    kept = [each for each in found if each.dataset_id != "nba_staging"]
    return {
        f"{each.dataset_id}.{each.table_id}": [column.name for column in client.get_table(each).schema]
        for each in kept
    }


def statements(driver: Driver) -> list[str]:
    """The text of the newest thousand jobs: what was sent as a parameter is not in it."""
    jobs = driver.stack.warehouse.client.list_jobs(all_users=True, page_size=1000, max_results=1000)
    return [job.query for job in jobs if job.job_type == "query"]


def assert_untouched(driver: Driver, before: dict[str, list[str]]) -> None:
    assert tables(driver) == before
    assert {spec.table for spec in all_specs().values()} <= before.keys()
    assert not [text for text in statements(driver) if MARK in text]


def said(hostile_league: Path, file: str, column: str, day: date) -> set[str]:
    """The hostile texts of a date in the archive."""
    rows = pq.read_table(hostile_league / f"{file}.parquet").to_pylist()
    return {row[column] for row in rows if row["game_date"] == day and MARK in (row[column] or "")}


def assert_said(driver: Driver, hostile_league: Path, day: date, table: str, file: str, column: str) -> None:
    texts = said(hostile_league, file, column, day)
    stored = driver.stack.warehouse.read(table, [column], day, day)[column].to_pylist()
    assert texts
    assert {text for text in stored if MARK in (text or "")} == texts


@pytest.mark.parametrize(
    ("table", "file", "column"),
    [
        ("nba_players", "player_box", "player_name"),
        ("espn_rosters", "player_box", "player_name"),
        ("nba_player_boxscores", "player_box", "player_name"),
        ("player_game_summary", "player_box", "player_name"),
        ("odds_player_props", "prop_lines", "bookmaker"),
        ("nba_injury_report", "injuries", "reason"),
    ],
)
def test_what_a_provider_says_is_stored_as_it_was_said(
    driver: Driver, day: date, hostile_league: Path, table: str, file: str, column: str
) -> None:
    assert_said(driver, hostile_league, day, table, file, column)
    assert_untouched(driver, tables(driver))


@pytest.mark.slow
def test_players_and_books_of_any_name_are_predicted(driver: Driver, day: date, hostile_league: Path) -> None:
    """All five phases, on the history before the date."""
    there = tables(driver)
    options = ReplayOptions(ReplayArchive(hostile_league), day, day, bulk_until=day)
    replay(driver, options, lambda *_: None)
    assert_said(driver, hostile_league, day, "player_prop_predictions", "player_box", "player_name")
    assert_said(driver, hostile_league, day, "player_prop_predictions", "prop_lines", "bookmaker")
    assert_said(driver, hostile_league, day, "prediction_accuracy", "prop_lines", "bookmaker")
    assert_untouched(driver, there)


def resolved(document: Any, schema: Any) -> Iterator[Any]:
    """A schema without references, and each of its alternatives."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    alternatives = [each for kind in ("anyOf", "oneOf", "allOf") for each in schema.get(kind, [])]
    for each in alternatives:
        yield from resolved(document, each)
    if not alternatives:
        yield schema


def fields(document: Any, schema: Any, at: Field = ()) -> Iterator[Field]:
    """Where a body has a value; `[]` is an element of a list."""
    for part in resolved(document, schema):
        if "properties" in part:
            for name, inner in part["properties"].items():
                yield from fields(document, inner, (*at, name))
        elif "items" in part:
            yield from fields(document, part["items"], (*at, "[]"))
        elif at:
            yield at


def put(value: Any, at: Field, text: str) -> Any:
    """The value with a text at a place."""
    if not at:
        return text
    if at[0] == "[]":
        return [put(None, at[1:], text)]
    inside = dict(value) if isinstance(value, dict) else {}
    return inside | {at[0]: put(inside.get(at[0]), at[1:], text)}


class Asked:
    """A route as its document has it, with an example of what it takes."""

    def __init__(self, document: Any, operation: Any) -> None:
        described = document["paths"][operation.path][operation.method]
        self.label, self.method, self.path = operation.label, operation.method, operation.path
        named = described.get("parameters", [])
        self.path_names, self.query_names = (
            [each["name"] for each in named if each["in"] == where] for where in ("path", "query")
        )
        content = described.get("requestBody", {}).get("content", {}).get("application/json", {})
        self.fields = sorted(set(fields(document, content.get("schema", {})))) if content else []
        self.example = example_of(operation)

    def requests(self, texts: Iterator[str]) -> Iterator[dict[str, Any]]:
        """A request with a text in each place of it, and elsewhere what the document allows."""
        path = {name: str(self.example.path_parameters[name]) for name in self.path_names}
        query = dict(self.example.query or {})
        body = self.example.body if self.fields else None
        for name in self.path_names:
            yield self.request(path | {name: next(texts)}, query, body)
        for name in self.query_names:
            yield self.request(path, query | {name: next(texts)}, body)
        for at in self.fields:
            yield self.request(path, query, put(body, at, next(texts)))

    def request(self, path: dict[str, str], query: Any, body: Any) -> dict[str, Any]:
        url = self.path.format(**{name: quote(value, safe="") for name, value in path.items()})
        return {"method": self.method, "url": url, "params": query, "json": body}


def example_of(operation: Any) -> Any:
    found: list[Any] = []

    @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    @settings(
        max_examples=1,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def note(case: Any) -> None:
        found.append(case)

    note()
    return found[0]


def test_no_field_of_a_request_reaches_a_statement(
    driver: Driver, day: date, corpus: tuple[str, ...]
) -> None:
    """Each field with a word that its pattern may let through, and with one of the corpus in turn.

    NBA_PROPS_FUZZ asks for more of it.
    """
    there, rows = tables(driver), read_contents(driver.stack.warehouse)
    passes = [itertools.repeat(MARK), *[itertools.cycle(corpus)] * TIMES]
    for service in services():
        seen, url = 0, driver.stack.url(service)
        with requests.Session() as session:
            session.headers["X-API-Key"] = driver.stack.keys[service]
            document = session.get(f"{url}/openapi.json", timeout=30).json()
            for operation in schemathesis.openapi.from_dict(document).get_all_operations():
                asked = Asked(document, operation.ok())
                for request in (each for texts in passes for each in asked.requests(texts)):
                    answer = session.request(**request | {"url": url + request["url"]}, timeout=60)
                    told = f"{request}: {answer.status_code} {answer.text[:300]}"
                    assert answer.status_code < 500, told
                    assert "duckdb" not in answer.text.lower(), told
                    seen += 1
        assert seen >= 4, service
        assert_untouched(driver, there)
    driver.settle()
    assert read_contents(driver.stack.warehouse) == rows


@pytest.fixture
def operator(driver: Driver) -> Iterator[requests.Session]:
    """Somebody who has logged in to the console."""
    url = f"{driver.stack.url('coordinator')}/console/login"
    with requests.Session() as session:
        token = re.search(r'name="csrf_token" value="([^"]+)"', session.get(url, timeout=30).text)
        assert token
        form = {"key": driver.stack.keys["coordinator"], "csrf_token": token[1]}
        assert session.post(url, data=form, timeout=30).ok
        yield session


def test_no_question_to_the_console_reaches_a_statement(
    driver: Driver, day: date, corpus: tuple[str, ...], operator: requests.Session
) -> None:
    there, url = tables(driver), driver.stack.url("coordinator")
    key = {"X-API-Key": driver.stack.keys["coordinator"]}
    document = requests.get(f"{url}/openapi.json", headers=key, timeout=30).json()
    names = {
        each["name"]
        for path in document["paths"].values()
        for operation in path.values()
        for each in operation.get("parameters", [])
    }
    texts = itertools.cycle(corpus)
    pages = ["", "/predictions", "/record", "/sources", "/runs", "/letters"]
    statuses = set()
    for page, name in itertools.product(pages, sorted(names)):
        answer = operator.get(f"{url}/console{page}", params={name: next(texts)}, timeout=60)
        assert answer.status_code in (200, 404, 422), (page, name, answer.status_code)
        statuses.add(answer.status_code)
    for text in corpus:
        for page in ("dates", "letters"):
            answer = operator.get(f"{url}/console/{page}/{quote(text, safe='')}", timeout=60)
            # A line break is in no path of the console: what is left is the API's gate.
            assert answer.status_code in (401, 404, 422), (page, text)
    assert statuses >= {200, 422}
    assert_untouched(driver, there)


def test_what_is_said_of_a_letter_is_kept_as_it_was_said(driver: Driver, corpus: tuple[str, ...]) -> None:
    """By the API and the command line; origin, id, reason and payload of a letter are free text, too."""
    there, warehouse = tables(driver), driver.stack.warehouse
    letters = {text: DeadLetter(text, text, text, text, text) for text in corpus}
    WarehouseDeadLetters(lambda: warehouse, "raw").record(*letters.values())
    for number, (text, letter) in enumerate(letters.items()):
        (stored,) = warehouse.read(
            "dead_letters",
            ["origin", "message_id", "reason", "payload"],
            dead_letter_id=letter.dead_letter_id,
        ).to_pylist()
        assert set(stored.values()) == {text}
        if number % 2:
            path = f"/api/v1/dead-letters/{letter.dead_letter_id}/discard"
            driver.post("coordinator", path, {"reason": text})
        else:
            state = ("--state", str(driver.stack.options.folder))
            words = ["dead-letters", "discard", letter.dead_letter_id, "--reason", text, *state]
            result = CliRunner().invoke(app, words)
            assert result.exit_code == 0, result.output
        said = warehouse.rows(
            "SELECT reason FROM nba_orchestration.dead_letter_decisions WHERE dead_letter_id = @id",
            id=letter.dead_letter_id,
        )
        assert said == [{"reason": text}]
    assert_untouched(driver, there)


@pytest.mark.parametrize(
    "words",
    [
        *(("status", "{}"), ("dead-letters", "show", "{}"), ("dead-letters", "replay", "{}")),
        ("reprocess", "--source", "{}", "--from", "2024-10-30", "--to", "2024-10-30"),
    ],
)
def test_no_word_of_a_command_reaches_a_statement(
    driver: Driver, corpus: tuple[str, ...], words: tuple[str, ...]
) -> None:
    there, state = tables(driver), ("--state", str(driver.stack.options.folder))
    for text in corpus:
        result = CliRunner().invoke(app, [*(word.format(text) for word in words), *state])
        # Of status 2 would say that a date has failed.
        assert result.exit_code in ((3,) if words[0] == "status" else (1, 2)), result.output
        assert "Traceback" not in result.output
        assert result.exception is None or isinstance(result.exception, SystemExit)
    assert_untouched(driver, there)


def test_no_model_and_no_service_is_found_under_a_statement(driver: Driver, corpus: tuple[str, ...]) -> None:
    """What the commands about models and releases ask the warehouse itself."""
    there, warehouse = tables(driver), driver.stack.warehouse
    models = warehouse.read("ml_models", ["model_id", "status"]).to_pylist()
    rest, grpc = driver.stack.url("bigquery-rest"), driver.stack.address("bigquery-grpc")
    for text in corpus:
        assert read_walked(warehouse, text) is None
        assert Records(warehouse).newest(text) == []
        with pytest.raises(PermanentError, match="no model"):
            promote(warehouse, text, text)
        with variable("BIGQUERY_EMULATOR_HOST", rest), variable("BIGQUERY_STORAGE_EMULATOR_HOST", grpc):
            result = CliRunner().invoke(app, ["models", "compare", text, "--project", PROJECT])
        assert result.exit_code == 1, result.output
    assert warehouse.read("ml_models", ["model_id", "status"]).to_pylist() == models
    assert_untouched(driver, there)
