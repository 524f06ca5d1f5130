"""docs/pipeline.md says what pipeline.yaml says."""

from deploy.cli.pipeline_page import PAGE, page
from orchestration.pipeline import load_pipeline

PIPELINE = load_pipeline()


def test_the_page_is_what_make_docs_writes() -> None:
    assert PAGE.read_text() == page(PIPELINE), "pipeline.yaml has changed: run `make docs`"


def test_every_topic_subscription_schedule_workflow_and_output_stands_on_the_page() -> None:
    names = [f"`{topic}`" for topic in PIPELINE.topics]
    names += [f"| {each.name} |" for each in (*PIPELINE.subscriptions, *PIPELINE.schedules)]
    names += [f"| `{name}` |" for name in PIPELINE.workflows]
    names += [f"`{name}`" for rule in PIPELINE.phases.values() for name in rule.outputs]
    written = PAGE.read_text()
    assert not [name for name in names if name not in written]


def test_no_cell_breaks_its_row() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("|")]
    assert {row.count("|") for row in rows} == {4, 5, 6, 8}
